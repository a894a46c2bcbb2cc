"""What a server with the OpenAI transcription API answers: read into a transcript, or into what is wrong with it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
AGAIN = (408, 425, 429)
"""Too slow, too early, too many; with 500 and above, what may be better in a moment."""


class UnreadableAnswerError(ValueError):
    """An answer that is no transcript, and why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The text as it came, without white space at its ends, with the confidence and the numbers that came with it."""

    text: str
    confidence: float | None
    extra: dict[str, float]


def read_answer(body: bytes, content_type: str) -> Answer:
    """Return the transcript in the body of an answer with status 200.

    Confidence: the exponential of the mean log probability per token, from ``logprobs`` or from the ``segments`` of
    ``verbose_json``; none where the server gives neither.

    Raises
    ------
    UnreadableAnswerError : not JSON, cut off, without a text, or a text that is not Unicode
    """
    try:
        content = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UnreadableAnswerError(f"the answer is not UTF-8 (byte {error.start})") from None
    except (json.JSONDecodeError, RecursionError):
        kind = content_type.partition(";")[0].strip() or "no content type"
        begins = f", and begins {_short(body)!r}" if body.strip() else ", and is empty"
        raise UnreadableAnswerError(f"the answer is not JSON ({kind}){begins}") from None
    if not isinstance(content, Mapping) or not isinstance(content.get("text"), str):
        raise UnreadableAnswerError(f"the answer holds no text: {_short(body)!r}")
    text = content["text"].strip()
    if "\0" in text or not _is_unicode(text):
        raise UnreadableAnswerError("the text is not Unicode (it holds a lone surrogate or a NUL)")
    mean, extra = _mean_logprob(content)
    return Answer(text, None if mean is None else min(1.0, math.exp(mean)), extra)


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _mean_logprob(content: Mapping[str, Any]) -> tuple[float | None, dict[str, float]]:
    """Return the mean log probability per token, and the numbers by the names that the whisper engine has for them."""
    tokens = [_number(one.get("logprob")) for one in _maps(content.get("logprobs"))]
    if tokens and all(value is not None for value in tokens):
        mean = math.fsum(value for value in tokens if value is not None) / len(tokens)
        return mean, {"avg_logprob": mean}
    segments = _maps(content.get("segments"))
    weighed = [(_number(one.get("avg_logprob")), _weight(one)) for one in segments]
    total = math.fsum(weight for _, weight in weighed)
    if not weighed or total <= 0.0 or any(value is None for value, _ in weighed):
        return None, {}
    mean = math.fsum(value * weight for value, weight in weighed if value is not None) / total
    extra = {"avg_logprob": mean}
    for name in ("no_speech_prob", "compression_ratio"):
        found = [value for one in segments if (value := _number(one.get(name))) is not None]
        if found:
            extra[name] = max(found)
    return mean, extra


def _maps(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _weight(segment: Mapping[str, Any]) -> float:
    """Return the number of tokens of a segment, or its seconds where the server does not give the tokens."""
    tokens = segment.get("tokens")
    if isinstance(tokens, list) and tokens:
        return float(len(tokens))
    start, end = _number(segment.get("start")), _number(segment.get("end"))
    return max(0.0, end - start) if start is not None and end is not None else 0.0


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def server_says(body: bytes) -> tuple[str, str]:
    """Return the code of a server's error message and its words, each ``""`` if there is none."""
    try:
        content = json.loads(body.decode("utf-8", errors="replace"))
    except (json.JSONDecodeError, RecursionError):
        return "", _short(body)
    error = content.get("error", content) if isinstance(content, Mapping) else content
    if not isinstance(error, Mapping):
        return "", _short(str(error).encode(errors="replace"))
    words = next((error[name] for name in ("message", "detail") if isinstance(error.get(name), str)), "")
    return str(error.get("code") or error.get("type") or ""), _short(words.encode(errors="replace"))


def _short(body: bytes) -> str:
    flat = " ".join("".join(c if c.isprintable() else " " for c in body[:4000].decode(errors="replace")).split())
    return flat if len(flat) <= SHOWN else f"{flat[: SHOWN - 3]}..."


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server asks to wait, None if it says nothing that can be read.

    A date is taken relative to the server's own ``Date``, not to this machine's clock.

    Source: RFC 9110, 10.2.3.
    """
    given = headers.get("Retry-After", "").strip()
    if given.isdigit():
        return float(given)
    try:
        wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())


def nearest(given: str, names: Sequence[str]) -> str:
    """Return which of a server's models was perhaps meant, and up to 20 of them."""
    from difflib import get_close_matches

    close = get_close_matches(given, names, n=1, cutoff=0.6)
    listed = ", ".join(sorted(names)[:20]) + (" ..." if len(names) > 20 else "")
    return (f"did you mean {close[0]!r}? " if close else "") + f"It has: {listed}"
