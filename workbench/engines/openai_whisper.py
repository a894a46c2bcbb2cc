"""openai-whisper: the reference implementation, one utterance at a time, through its own ``transcribe``.

``whisper:NAME`` is one of its model names, ``whisper:FILE.pt`` a checkpoint in its format. Decoding is pinned: greedy (or
``?beam_size=N``), temperature 0 with no fallback to sampling, no conditioning on previous text, the language fixed to the
corpus', half precision on CUDA only. Audio up to 30 s is one window and decoded without timestamps; longer audio goes
through whisper's own sequential algorithm, which needs them to move from window to window. A window that whisper takes
for silence (its own thresholds, pinned too) is left out.

What is missing to 30 s, ``whisper.transcribe`` fills with zeros in the spectrogram, and so does this engine. Those zeros
are not silence, and a model that was trained on audio filled with silence may write words for them. With ``?pad=audio``
silence is put behind the audio instead, as ``whisper.pad_or_trim`` does for ``whisper.decode``.

Confidence: the exponential of the mean log probability per token. ``extra``: that mean (avg_logprob), and the greatest
no_speech_prob and compression_ratio of any window.

Source: Radford et al. 2023, Robust Speech Recognition via Large-Scale Weak Supervision; whisper/transcribe.py.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from threading import Lock
from typing import Any

import numpy as np

from workbench.audio import SAMPLE_RATE, Waveform, resample
from workbench.engines.base import EngineFailure, Readiness, Transcript, content_digest, file_digest
from workbench.engines.spec import Spec, model_id
from workbench.engines.whisper_weights import cached_models, find_weights, load_checkpoint
from workbench.errors import choices

DESCRIPTION = "OpenAI's Whisper, the reference implementation: many languages, CPU or CUDA; named models or a .pt file."
SPEC_EXAMPLE = "whisper:tiny.en"
INSTALL = "pip install openai-whisper"
WINDOW_S = 30.0
_WINDOW = round(WINDOW_S * SAMPLE_RATE)

_ADAPTER = 1
_OPTIONS = ("device", "beam_size", "pad")
_PINNED: dict[str, Any] = {
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


@dataclass(frozen=True)
class WhisperEngine:
    """One loaded checkpoint. ``decoding`` are the arguments of ``whisper.transcribe``, but for ``without_timestamps``."""

    model_id: str
    version: str
    digest: str
    options: Mapping[str, Any]
    decoding: Mapping[str, Any]
    model: Any = field(repr=False)
    engine: str = "whisper"
    conditions: frozenset[str] | None = None
    needs_audio: bool = True
    _lock: Lock = field(default_factory=Lock, repr=False)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform; each depends on its own samples only."""
        return [self._answer(wave) for wave in batch]

    def _answer(self, wave: Waveform) -> Transcript | EngineFailure:
        began = time.perf_counter()
        try:
            if len(wave.samples) == 0:
                raise ValueError("the audio holds no samples")
            samples = resample(wave.samples, orig_sr=wave.sample_rate, target_sr=SAMPLE_RATE)
            one_window = len(samples) <= _WINDOW
            if one_window and self.options["pad"] == "audio":
                samples = np.pad(samples, (0, _WINDOW - len(samples)))
            with self._lock, self._quiet():
                said = self.model.transcribe(samples, without_timestamps=one_window, **self.decoding)
        except Exception as error:  # out of memory, a fault in the weights: a row with its reason
            return EngineFailure(f"{type(error).__name__}: {error}", time.perf_counter() - began)
        confidence, extra = _trust(said["segments"])
        return Transcript(str(said["text"]).strip(), time.perf_counter() - began, confidence, extra)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Leave out the remark that there is a CUDA device when the CPU was asked for."""
        if self.options["device"] == "cpu" and _has_cuda():
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Performing inference on CPU when CUDA is available")
                yield
        else:
            yield


def _has_cuda() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _trust(segments: Sequence[Mapping[str, Any]]) -> tuple[float | None, dict[str, float]]:
    """Return the confidence and further figures of the segments, weighted by their tokens."""
    heard = [segment for segment in segments if segment["tokens"]]
    tokens = sum(len(segment["tokens"]) for segment in heard)
    if not tokens:
        return None, {}
    mean = math.fsum(segment["avg_logprob"] * len(segment["tokens"]) for segment in heard) / tokens
    extra = {
        "avg_logprob": mean,
        "no_speech_prob": max(float(segment["no_speech_prob"]) for segment in heard),
        "compression_ratio": max(float(segment["compression_ratio"]) for segment in heard),
    }
    return min(1.0, math.exp(mean)), {name: value for name, value in extra.items() if math.isfinite(value)}


def readiness() -> Readiness:
    """Tell whether the package is installed, and which of its named models are on this machine."""
    if find_spec("whisper") is None or find_spec("torch") is None:
        return Readiness(False, "the package openai-whisper is not installed", INSTALL)
    here = cached_models()
    models = f"on this machine: {', '.join(here)}" if here else "none of its named models is on this machine"
    need = (
        "other named models are fetched on first use"
        if here
        else "a .pt file, or network on first use of a named model"
    )
    return Readiness(True, f"version {version('openai-whisper')}; {models}", need)


def load(spec: Spec) -> WhisperEngine:
    """Return the engine for a named model or a checkpoint; a named model that is not here is fetched by whisper itself.

    Raises
    ------
    EngineError : not installed, unknown name, weights that are neither here nor to be had, a file that is no Whisper
        checkpoint, a language that the model does not have, a device that is not there
    """
    spec.only(_OPTIONS)
    if find_spec("whisper") is None:
        raise spec.error("openai-whisper is not installed", remedy=INSTALL)
    if not spec.target:
        raise spec.error("no model is named", remedy=f"write {SPEC_EXAMPLE!r} or 'whisper:FILE.pt'")
    beam = spec.number("beam_size", 1, low=1, high=32, unit="beams; 1 is greedy")
    if beam != int(beam):
        raise spec.error(f"beam_size={beam:g} is not a whole number", remedy="correct it")
    device = _device(spec)
    pad = spec.one_of("pad", "spectrogram", ("spectrogram", "audio"))
    path, name = find_weights(spec)
    model = load_checkpoint(spec, path, device)
    decoding = _PINNED | {
        "language": _language(spec, model),
        "beam_size": None if beam == 1 else int(beam),
        "fp16": device == "cuda",
    }
    options = decoding | {"device": device, "pad": pad, "without_timestamps": f"up to {WINDOW_S:g} s"}
    installed = version("openai-whisper")
    digest = content_digest(
        {
            "engine": "whisper",
            "adapter": _ADAPTER,
            "version": installed,
            "weights": file_digest(path),
            "options": options,
        }
    )
    usual = {"beam_size": beam == 1, "pad": pad == "spectrogram"}
    told = {key: value for key, value in spec.options.items() if not usual.get(key, False)}
    return WhisperEngine(model_id("whisper", name, told, digest), installed, digest, options, decoding, model)


def _device(spec: Spec) -> str:
    """Return where the model runs: what the spec says, else CUDA if it is there."""
    there = _has_cuda()
    device = spec.one_of("device", "cuda" if there else "cpu", ("cpu", "cuda"))
    if device == "cuda" and not there:
        raise spec.error("device=cuda, and torch finds no CUDA device", remedy="leave the option out")
    return device


def _language(spec: Spec, model: Any) -> str:
    """Return whisper's code for the corpus' language, if the model has it."""
    from whisper.tokenizer import LANGUAGES, get_tokenizer

    code = spec.language.lower().replace("_", "-").partition("-")[0]
    if code not in LANGUAGES:
        raise spec.error(f"whisper has no language {spec.language!r}", remedy=choices(code, LANGUAGES))
    if code != "en" and not model.is_multilingual:
        raise spec.error(f"an English-only model, the corpus is {spec.language!r}", remedy="name a model without '.en'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its vocabulary file to be closed later
        get_tokenizer(model.is_multilingual, num_languages=model.num_languages, language=code, task="transcribe")
    return code
