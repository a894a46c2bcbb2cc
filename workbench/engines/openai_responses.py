"""What a server with the OpenAI transcription API answers: read into a transcript, or into what is wrong with it."""

from __future__ import annotations

import codecs
import json
import math
import re
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
LONGEST_TEXT = 1_000_000
"""Characters; a day of speech has fewer."""
_ROUNDING = 1e-3
"""A mean log probability may lie so far above 0; what lies further is none."""
LARGEST = 1e9
"""A server's number beyond this is none that could be meant: neither its sum nor its power is to be taken."""
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
AGAIN = (408, 425, 429)
"""Too slow, too early, too many; with 500 and above, what may be better in a moment."""


_PASSING = ("loading", "busy", "overload", "try again", "timed out", "timeout", "unavailable", "rate limit", "too many")
"""Words in a server's message that say that it may be better in a moment."""
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


class UnreadableAnswerError(ValueError):
    """An answer that is no transcript, and why; ``words`` are the server's own, in which a key may stand.

    ``final``: it is an error message that asking again would only repeat.
    """

    def __init__(self, what: str, body: bytes = b"", *, words: str = "", final: bool = False) -> None:
        super().__init__(what)
        self.words = words or flat(body)
        self.final = final


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

    Servers also answer with a JSON string, as plain text, and as a stream of events (``text/event-stream``, of which the
    final text or all pieces are taken); a byte order mark and the ``charset`` of the content type are heeded. Where there is no
    ``text``, those of the ``segments`` are joined.

    Raises
    ------
    UnreadableAnswerError : none of these, cut off, an error message, without a text, or a text that is not Unicode
    """
    kind, _, parameters = content_type.partition(";")
    kind = kind.strip().lower()
    written = _decoded(body, parameters)
    if kind == "text/event-stream" or written.startswith(("data:", "event:")):
        content: object = _streamed(written, body)
    else:
        try:
            content = json.loads(written)
        except (ValueError, RecursionError):  # a number of more than 4300 digits is a plain ValueError
            content = _plain(written, kind, body)
    if isinstance(content, str):
        return Answer(_usable(content), None, {})
    if isinstance(content, Mapping) and content.get("error") and not isinstance(content.get("text"), str):
        words = server_says(body)[1]
        final = not any(word in words.lower() for word in _PASSING)
        raise UnreadableAnswerError("the server answered 200 with an error:", words=words, final=final)
    text = _text_of(content)
    if text is None or not isinstance(content, Mapping):
        raise UnreadableAnswerError("the answer holds no text:", body)
    mean, extra = _mean_logprob(content)
    trusted = mean is not None and mean <= _ROUNDING
    return Answer(_usable(text), math.exp(min(0.0, mean)) if mean is not None and trusted else None, extra)


def _decoded(body: bytes, parameters: str) -> str:
    """Return the body as text: UTF-8 with or without its mark, or what the content type says."""
    declared = parameters.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    try:
        encoding = codecs.lookup(declared or "utf-8").name
    except LookupError:
        encoding = "utf-8"
    try:
        return body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        raise UnreadableAnswerError(f"the answer is not {encoding.upper()} (byte {error.start})") from None


def _plain(written: str, kind: str, body: bytes) -> str:
    """Return a transcript that came as plain text; it is one only where the server says so and nothing else stands there."""
    text = written.strip()
    if kind == "text/plain" and text and not text.startswith(("<", "{", "[{", "WEBVTT")) and "-->" not in text:
        return text
    named = flat(kind.encode()) or "no content type"
    begins = ", and begins" if body.strip() else ", and is empty"
    raise UnreadableAnswerError(f"the answer is not JSON ({named}){begins}", body)


def _streamed(written: str, body: bytes) -> object:
    """Return the text of a stream of events: that of its last event, or all pieces.

    Source: OpenAI API reference, "Transcription stream event"; chat chunks as vLLM streams them; WHATWG HTML, 9.2.
    """
    pieces: list[str] = []
    ended = False
    for line in written.splitlines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            ended = True
            continue
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            raise UnreadableAnswerError("an event of the stream is not JSON:", data.encode()) from None
        if not isinstance(event, Mapping):
            continue
        if event.get("error"):
            return event
        if isinstance(event.get("text"), str):
            return event
        if isinstance(event.get("delta"), str):
            pieces.append(event["delta"])
        for choice in _maps(event.get("choices")):
            delta = choice.get("delta")
            if isinstance(delta, Mapping) and isinstance(delta.get("content"), str):
                pieces.append(delta["content"])
            ended = ended or bool(choice.get("finish_reason"))
    if not pieces or not ended:
        raise UnreadableAnswerError("the stream of events ended without a whole text:", body)
    return "".join(pieces)


def _text_of(content: object) -> str | None:
    """Return the text of an answer, or those of its segments; None if it holds neither."""
    if not isinstance(content, Mapping):
        return None
    if isinstance(content.get("text"), str):
        return str(content["text"])
    parts = [segment.get("text") for segment in _maps(content.get("segments"))] if "text" not in content else []
    return (
        " ".join(part.strip() for part in parts if isinstance(part, str))
        if parts and all(isinstance(part, str) for part in parts)
        else None
    )


def _usable(written: str) -> str:
    text = written.strip()
    if len(text) > LONGEST_TEXT:
        raise UnreadableAnswerError(f"a text of {len(text):,} characters is no transcript")
    if "\0" in text or not _is_unicode(text):
        raise UnreadableAnswerError("the text is not Unicode (it holds a lone surrogate or a NUL)")
    return text


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _mean_logprob(content: Mapping[str, Any]) -> tuple[float | None, dict[str, float]]:
    """Return the mean log probability per token, and the numbers by the names that the whisper engine has for them."""
    tokens = [_number(item.get("logprob")) for item in _maps(content.get("logprobs"))]
    if tokens and all(value is not None for value in tokens) and any(tokens):
        mean = math.fsum(value for value in tokens if value is not None) / len(tokens)
        return mean, {"avg_logprob": mean}
    segments = _maps(content.get("segments"))
    weighed = [(_number(segment.get("avg_logprob")), _weight(segment)) for segment in segments]
    total = math.fsum(weight for _, weight in weighed)
    if not weighed or total <= 0.0 or any(value is None for value, _ in weighed):
        return None, {}
    if not any(value for value, _ in weighed):  # zeros in every segment are a form that was not filled in
        return None, {}
    mean = math.fsum(value * weight for value, weight in weighed if value is not None) / total
    extra = {"avg_logprob": mean}
    for name in ("no_speech_prob", "compression_ratio"):
        results = [value for segment in segments if (value := _number(segment.get(name))) is not None]
        if results:
            extra[name] = max(results)
    return mean, extra


def _maps(found: object) -> list[Mapping[str, Any]]:
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _weight(segment: Mapping[str, Any]) -> float:
    """Return the number of tokens of a segment, or its seconds where the server does not give the tokens."""
    tokens = segment.get("tokens")
    if isinstance(tokens, list) and tokens:
        return float(len(tokens))
    start, end = _number(segment.get("start")), _number(segment.get("end"))
    return max(0.0, end - start) if start is not None and end is not None else 0.0


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        return None
    return float(value)


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
    for item in _maps(details):
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


def nearest(given: str, names: Sequence[str]) -> str:
    """Return which of a server's models was perhaps meant, and up to 20 of them."""
    from difflib import get_close_matches

    close = get_close_matches(given, names, n=1, cutoff=0.6)
    listed = ", ".join(sorted(names)[:20])
    more = " ..." if len(names) > 20 else ""
    return (f"did you mean {close[0]!r}? " if close else "") + f"It has: {listed}{more}"
