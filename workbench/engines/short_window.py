"""Whisper windows shorter than 30 s: how short one may be, and which texts are decoded again in the full window.

Whisper was trained on windows of 30 s. In a window that ends with the utterance it writes on in loops; from 15 s on, trained
weights wrote no more errors than in the full window (docs/engines.md has the figures and their command). The window is never
shorter than the utterance, and a text that looks invented is decoded again in the full window.

Source: Radford et al. 2023, section 4.5 (the thresholds of compression ratio and log probability).
"""

from __future__ import annotations

import math
from dataclasses import replace

from workbench.audio import SAMPLE_RATE
from workbench.engines.protocol import EngineFailure, Transcript
from workbench.engines.spec import Spec

FULL_S = 30.0
"""Seconds of the window that Whisper was trained on."""
SAFE_S = 15.0
"""Seconds below which no window is offered."""
DECODED_AGAIN = "decoded_again"
"""Name of the number that says whether a text is from the full window after all: 1, else 0."""

_SPARE_S = 0.5
"""Seconds of window behind the utterance, at least."""
_POSITIONS_PER_S = 50
_COMPRESSION_RATIO, _LOGPROB = 2.4, -1.0
_TOKENS_PER_S, _TOKENS_ANYWAY = 10.0, 10.0
"""More tokens than this no utterance holds: five words a second, of up to two tokens each, are fast speech."""


def window_seconds(spec: Spec) -> float:
    """Return what the option ``window`` says, in seconds; 30 where it is ``full`` or not given.

    Raises
    ------
    EngineError : no number, or none from 15 to 30
    """
    given = spec.options.get("window", "full")
    if given == "full":
        return FULL_S
    write = f"write window={SAFE_S:g} (or more, up to {FULL_S:g}), or leave the option out for the full window"
    if given == "fit":
        raise spec.error(
            "window=fit was withdrawn: with trained weights a window cut to the utterance invents text in loops (word error "
            "rates of 229 and 250 % where the full window has 20 %)",
            remedy=f"{write}; transcripts made with window=fit should not be used",
        )
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not SAFE_S <= seconds <= FULL_S:
        why = ": in shorter windows Whisper invents text" if seconds < SAFE_S else ""
        raise spec.error(f"window={given} is not a number of seconds from {SAFE_S:g} to {FULL_S:g}{why}", remedy=write)
    return seconds


def window_option(seconds: float) -> float | str:
    """Return how the window stands among an engine's options: a number of seconds, or ``full``."""
    return "full" if seconds >= FULL_S else seconds


def positions(n_samples: int, window_s: float) -> int:
    """Return how many positions the encoder gives an utterance of up to 30 s, sampled at 16 kHz.

    >>> positions(5 * 16_000, 15.0), positions(20 * 16_000, 15.0), positions(5 * 16_000, 30.0)
    (750, 1050, 1500)
    """
    seconds = max(window_s, math.ceil(n_samples / SAMPLE_RATE + _SPARE_S))
    return round(min(FULL_S, seconds) * _POSITIONS_PER_S)


def looks_invented(answer: Transcript, *, tokens: int, seconds: float) -> bool:
    """Return whether a text repeats itself, is unlikely to the model itself, or is longer than ``seconds`` of speech can be."""
    figures = answer.extra
    return (
        figures.get("compression_ratio", 0.0) > _COMPRESSION_RATIO
        or figures.get("avg_logprob", 0.0) < _LOGPROB
        or tokens > _TOKENS_PER_S * seconds + _TOKENS_ANYWAY
    )


def marked(answer: Transcript | EngineFailure, again: Transcript | EngineFailure | None) -> Transcript | EngineFailure:
    """Return the answer of the full window if there is one, else the first one; either says which it is."""
    final = answer if again is None else again
    decode_s = answer.decode_s + (0.0 if again is None else again.decode_s)
    if isinstance(final, EngineFailure):
        return replace(final, decode_s=decode_s)
    return replace(final, decode_s=decode_s, extra={**final.extra, DECODED_AGAIN: float(again is not None)})


def warning(window_s: float) -> str:
    """Return what a reader of results must know of a shorter window; empty for the full one."""
    if window_s >= FULL_S:
        return ""
    return (
        f"The window is {window_s:g} s, or as long as the utterance (window={window_s:g}). Whisper was trained on windows of "
        f"{FULL_S:g} s, so this is another model: its text may differ from the full window's, for some accents more than for "
        "others. Texts that looked invented were decoded again in the full window; engine_decoded_again counts them."
    )
