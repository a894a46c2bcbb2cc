"""What a server over HTTP says where it gives no transcript: its words, whether to ask again, and when."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

SHOWN = 160
"""Characters of a server's own words that a message repeats."""
REFUSED = {
    401: "the server does not accept the key",
    402: "the server wants to be paid",
    403: "the server does not allow this",
    404: "the server has no such address or model",
    405: "this address is not one of transcriptions",
}
"""What concerns every utterance alike: to ask again would not help."""
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
AGAIN = (408, 425, 429)
"""Too slow, too early, too many; with 500 and above, what may be better in a moment."""
_LASTING = (
    "too short",
    "too long",
    "minimum audio",
    "maximum clip",
    "could not be decoded",
    "invalid file format",
    "corrupt",
)
"""Words that say that the audio itself is not taken, whatever the status."""


def server_says(body: bytes) -> tuple[str, str]:
    """Return the code of a server's error message and its words, each ``""`` if there is none."""
    try:
        content = json.loads(body.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return "", flat(body)
    error = content.get("error", content) if isinstance(content, Mapping) else content
    if not isinstance(error, Mapping):
        return "", flat(str(error).encode(errors="replace"))
    words = next(
        (error[name] for name in ("message", "detail", "err_msg", "error") if isinstance(error.get(name), str)), ""
    )
    words = words or _listed(error.get("detail") or error.get("message"))
    return str(error.get("code") or error.get("type") or error.get("err_code") or ""), flat(
        words.encode(errors="replace")
    )


def _listed(details: object) -> str:
    """Return the words of a list of faults: each with the field that it concerns, as FastAPI and pydantic write them."""
    faults = []
    for item in maps(details):
        place = item.get("loc")
        field = ".".join(str(part) for part in place) if isinstance(place, list) else ""
        message = item.get("msg") or item.get("message") or ""
        faults.append(": ".join(filter(None, [field, str(message)])))
    return "; ".join(filter(None, faults))


def concerns_the_audio(code: str, words: str) -> bool:
    """Return whether an error says that this audio is not taken, so that asking again would not help whatever the status."""
    return code == "audio_too_short" or any(word in words.lower() for word in _LASTING)


def flat(body: bytes) -> str:
    """Return the beginning of what a server wrote, on one line, without what a terminal would not print."""
    return " ".join("".join(c if c.isprintable() else " " for c in body[:4000].decode(errors="replace")).split())


def shortened(text: str) -> str:
    """Return so much of a text as a message repeats. Keys are taken out before: half a key is one still."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server asks to wait, None if it says nothing that can be read.

    Fractions and ``retry-after-ms`` are read, although the standard has whole seconds only. A date is taken relative to the
    server's own ``Date``, not to this machine's clock.

    Source: RFC 9110, 10.2.3.
    """
    given = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(given):
        return float(given)
    if not given and _SECONDS.fullmatch(thousandths := headers.get("retry-after-ms", "").strip()):
        return float(thousandths) / 1000.0
    try:
        wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())


def maps(found: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list of JSON values; none where it is no list."""
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
