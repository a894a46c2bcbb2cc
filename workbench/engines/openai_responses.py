"""What a server with the OpenAI transcription API answers: read into a transcript, or into what is wrong with it."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Mapping
from typing import Any

from workbench.engines.answers import Answer, UnreadableAnswerError, usable_text
from workbench.engines.server_errors import flat, maps, server_says

_ROUNDING = 1e-3
"""A mean log probability may lie so far above 0; what lies further is none."""
LARGEST = 1e9
"""A server's number beyond this is none that could be meant: neither its sum nor its power is to be taken."""
_PASSING = ("loading", "busy", "overload", "try again", "timed out", "timeout", "unavailable", "rate limit", "too many")
"""Words in a server's message that say that it may be better in a moment."""


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
        return Answer(usable_text(content), None, {})
    if isinstance(content, Mapping) and content.get("error") and not isinstance(content.get("text"), str):
        words = server_says(body)[1]
        final = not any(word in words.lower() for word in _PASSING)
        raise UnreadableAnswerError("the server answered 200 with an error:", words=words, final=final)
    text = _text_of(content)
    if text is None or not isinstance(content, Mapping):
        raise UnreadableAnswerError("the answer holds no text:", body)
    mean, extra = _mean_logprob(content)
    trusted = mean is not None and mean <= _ROUNDING
    return Answer(usable_text(text), math.exp(min(0.0, mean)) if mean is not None and trusted else None, extra)


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
        for choice in maps(event.get("choices")):
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
    parts = [segment.get("text") for segment in maps(content.get("segments"))] if "text" not in content else []
    return (
        " ".join(part.strip() for part in parts if isinstance(part, str))
        if parts and all(isinstance(part, str) for part in parts)
        else None
    )


def _mean_logprob(content: Mapping[str, Any]) -> tuple[float | None, dict[str, float]]:
    """Return the mean log probability per token, and the numbers by the names that the whisper engine has for them."""
    tokens = [_number(item.get("logprob")) for item in maps(content.get("logprobs"))]
    if tokens and all(value is not None for value in tokens) and any(tokens):
        mean = math.fsum(value for value in tokens if value is not None) / len(tokens)
        return mean, {"avg_logprob": mean}
    segments = maps(content.get("segments"))
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
