"""What an engine promises of itself and of each answer, as sentences about what it breaks.

The contract test kit asks for all of it; the runner looks at every answer before it is kept, so that an adapter with a fault
costs its rows, each with the reason, and neither the run nor the store.
"""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workbench.engines.protocol import EngineFailure, Transcript
from workbench.engines.remote import Price


def description_faults(engine: Any) -> Iterator[str]:
    """Yield what is wrong with how an engine describes itself."""
    for name in ("engine", "model_id", "version", "digest"):
        value = getattr(engine, name, None)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            yield f"{name} is {value!r}, not a printable text"
    digest = str(getattr(engine, "digest", ""))
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        yield f"digest is {digest!r}, not a SHA-256 in hex"
    if not isinstance(getattr(engine, "needs_audio", None), bool):
        yield "needs_audio is neither true nor false"
    conditions = getattr(engine, "conditions", None)
    if conditions is not None and not (
        isinstance(conditions, frozenset) and all(isinstance(condition, str) for condition in conditions)
    ):
        yield "conditions is neither None nor a frozenset of texts"
    yield from _extras(engine)
    try:
        options = dict(engine.options)
        if json.loads(json.dumps(options, allow_nan=False)) != options:
            yield "options do not come back from JSON as they were (tuples, keys that are no texts?)"
    except (TypeError, ValueError) as error:
        yield f"options are no JSON: {error}"


def _extras(engine: Any) -> Iterator[str]:
    """Yield what is wrong with the attributes that an engine need not have."""
    for name in ("audio_goes_to", "warning"):
        if not isinstance(getattr(engine, name, ""), str):
            yield f"{name} is not a text"
    size = getattr(engine, "batch_size", 1)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        yield f"batch_size is {size!r}, not a whole number from 1"
    if not isinstance(price := getattr(engine, "price", None), Price | None):
        yield f"price is {price!r}, neither None nor a workbench.engines.remote.Price"


def answer_faults(answer: object) -> Iterator[str]:
    """Yield what is wrong with an answer to one waveform."""
    if isinstance(answer, EngineFailure):
        if not isinstance(answer.error, str) or not answer.error.strip():
            yield "a failure without a reason"
    elif isinstance(answer, Transcript):
        yield from _transcript_faults(answer)
    else:
        yield f"an answer is {type(answer).__name__}, neither Transcript nor EngineFailure"
        return
    if not _is_time(answer.decode_s):
        yield f"decode_s is {answer.decode_s!r}, not seconds"


def _transcript_faults(answer: Transcript) -> Iterator[str]:
    if not isinstance(answer.text, str):
        yield f"a text is {type(answer.text).__name__}"
    elif answer.text != answer.text.strip():
        yield f"a text has white space at its ends: {answer.text[:40]!r}"
    elif answer.text.encode("utf-8", errors="replace").decode() != answer.text or "\0" in answer.text:
        yield f"a text is not Unicode: {answer.text[:40]!r}"
    trust = answer.confidence
    if trust is not None and not (isinstance(trust, float | int) and 0.0 <= trust <= 1.0):
        yield f"a confidence is {trust!r}, neither None nor from 0 to 1"
    for name, value in answer.extra.items():
        if (
            not isinstance(name, str)
            or isinstance(value, bool)
            or not isinstance(value, float | int)
            or not math.isfinite(value)
        ):
            yield f"extra[{name!r}] is {value!r}, not a finite number under a text"


def _is_time(seconds: object) -> bool:
    return isinstance(seconds, int | float) and math.isfinite(seconds) and seconds >= 0.0


def kept(answer: object) -> Transcript | EngineFailure:
    """Return an answer as it can be kept, or a failure that says why it cannot be.

    What means the same is made the same: white space at a text's ends goes, numbers of other libraries become Python's, extra
    ones that are not finite go, and a time that a clock made impossible is NaN.
    """
    try:
        if isinstance(answer, Transcript | EngineFailure):
            answer = _plain(answer)
        faults = [fault for fault in answer_faults(answer) if not fault.startswith("decode_s is nan")]
    except Exception as error:  # an adapter's own mapping may raise anything
        faults = [f"{type(error).__name__}: {error}"]
    if faults or not isinstance(answer, Transcript | EngineFailure):
        return EngineFailure(f"the engine's answer cannot be kept: {'; '.join(faults)}", math.nan)
    return answer


def _plain(answer: Transcript | EngineFailure) -> Transcript | EngineFailure:
    seconds = _number(answer.decode_s)
    seconds = seconds if _is_time(seconds) else math.nan
    if isinstance(answer, EngineFailure):
        return EngineFailure(storable(answer.error), seconds)
    numbers_only = {name: _number(value) for name, value in answer.extra.items()}
    extra = {
        name: value for name, value in numbers_only.items() if not isinstance(value, float) or math.isfinite(value)
    }
    text = str(answer.text).strip() if isinstance(answer.text, str) else answer.text
    return replace(answer, text=text, decode_s=seconds, confidence=_number(answer.confidence), extra=extra)


def _number(value: Any) -> Any:
    """Return a number as Python's own; anything else as it is."""
    return float(value) if isinstance(value, numbers.Real) and not isinstance(value, bool) else value


def storable(text: Any) -> Any:
    """Return a message in characters that every database keeps; what is no text as it is."""
    if not isinstance(text, str):
        return text
    return text.encode("utf-8", errors="backslashreplace").decode().replace("\0", "\\0")
