"""What ``whisper.transcribe`` is told: the arguments behind the options of an engine's name.

``decoding=greedy`` is pinned to what can be repeated to the letter; ``decoding=library`` is what ``whisper.transcribe`` does when
it is told nothing, read from its own signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.engines.short_window import FULL_S, window_option, window_seconds
from workbench.engines.spec import Spec

OPTIONS = (
    "device", "decoding", "beam_size", "pad", "window", "timestamps", "fallback", "max_tokens", "batch_size",
)  # fmt: skip
USUAL = {
    "beam_size": "1", "pad": "spectrogram", "window": "full", "timestamps": "no", "fallback": "no", "decoding": "greedy",
}  # fmt: skip
"""What the options have if nothing is said."""
_BATCH = {"cpu": 32, "cuda": 64, "mps": 16}
_SHORT_BATCH = 64
_FALLBACK: dict[str, Any] = {"temperature": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), "compression_ratio_threshold": 2.4}
_SAMPLING = "seeded by the audio and the number of the window"
_GREEDY: dict[str, Any] = {
    "task": "transcribe",
    "temperature": 0.0,
    "best_of": None,
    "patience": None,
    "length_penalty": None,
    "sample_len": None,
    "compression_ratio_threshold": None,
    "logprob_threshold": -1.0,
    "no_speech_threshold": 0.6,
    "condition_on_previous_text": False,
    "initial_prompt": None,
    "word_timestamps": False,
    "suppress_tokens": "-1",
    "suppress_blank": True,
    "max_initial_timestamp": 1.0,
}
_OF_LIBRARY = (
    "temperature", "compression_ratio_threshold", "logprob_threshold", "no_speech_threshold", "condition_on_previous_text",
    "initial_prompt", "word_timestamps",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoding:
    """The options of an engine's name, read: ``settings`` are arguments of ``whisper.transcribe`` but for timestamps.

    ``options`` say the same in JSON, with what is not an argument; ``told`` are those that differ from the usual.
    """

    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    told: Mapping[str, str]
    timestamps: bool
    window_s: float
    batch_size: int


def read_options(spec: Spec, *, device: str, language: str, most_tokens: int) -> Decoding:
    """Return what an engine's name says about decoding, completed.

    Raises
    ------
    EngineError : an unknown value, or two options that exclude each other
    """
    decoding = spec.one_of("decoding", "greedy", ("greedy", "library"))
    beam = spec.whole("beam_size", 1, low=1, high=32, unit="beams; 1 is greedy")
    pad = spec.one_of("pad", "spectrogram", ("spectrogram", "audio"))
    timestamps = spec.one_of("timestamps", "no", ("no", "yes")) == "yes"
    fallback = spec.one_of("fallback", "no", ("no", "yes")) == "yes"
    window_s = window_seconds(spec)
    _check_together(spec, window_s)
    max_tokens = spec.whole("max_tokens", most_tokens, low=1, high=most_tokens, unit="tokens")
    size = _SHORT_BATCH if window_s < FULL_S else _BATCH[device]
    settings = _GREEDY | {
        "language": language,
        "beam_size": None if beam == 1 else beam,
        "sample_len": max_tokens if "max_tokens" in spec.options else None,
        "fp16": device == "cuda",
    }
    settings |= _FALLBACK if fallback else {}
    if decoding == "library":
        timestamps, fallback = True, True
        settings |= library_defaults()
    options = settings | {
        "temperature": list(settings["temperature"]) if fallback else settings["temperature"],
        "device": device,
        "pad": pad,
        "window": window_option(window_s),
        "without_timestamps": "never" if timestamps else f"up to {FULL_S:g} s",
        "timestamps": "yes" if timestamps else "no",
    }
    options |= {"sampling": _SAMPLING} if fallback else {}
    options |= {"decoding": decoding} if decoding != "greedy" else {}
    given = {key: value for key, value in spec.options.items() if key != "batch_size" and USUAL.get(key) != value}
    told = given | ({"window": f"{window_s:g}"} if window_s < FULL_S else {})
    if window_s >= FULL_S:
        told.pop("window", None)
    batch_size = spec.whole("batch_size", size, low=1, high=1024, unit="utterances")
    return Decoding(settings, options, told, timestamps, window_s, batch_size)


def library_defaults() -> dict[str, Any]:
    """Return what ``whisper.transcribe`` does if it is told nothing, as far as it decides what is written."""
    from whisper.transcribe import transcribe

    parameters = inspect.signature(transcribe).parameters
    return {name: parameters[name].default for name in _OF_LIBRARY}


def _check_together(spec: Spec, window_s: float) -> None:
    """Raise for options that cannot be had together, all of them at once."""
    differ = [name for name in USUAL if spec.options.get(name, USUAL[name]) != USUAL[name]]
    if window_s < FULL_S and (others := [name for name in differ if name not in ("window", "pad")]):
        raise spec.error(
            f"window={window_s:g} decodes greedily and without timestamps, for that is how it was measured",
            remedy=f"leave out {', '.join(others)}, or window",
        )
    fixed = [name for name in ("beam_size", "timestamps", "fallback") if name in spec.options]
    if "decoding" in differ and fixed:
        raise spec.error(
            f"decoding=library is what whisper.transcribe does by itself, and decides on {', '.join(fixed)} too",
            remedy=f"leave out {', '.join(fixed)}, or decoding",
        )
