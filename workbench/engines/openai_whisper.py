"""openai-whisper: the reference implementation; utterances in batches, each with the text of ``whisper.transcribe``.

``whisper:NAME`` is one of its model names (from its cache, an installed package of weights, or fetched), ``whisper:FILE.pt`` a
checkpoint in its format. Decoding is pinned: greedy (or
``?beam_size=N``, one utterance at a time), temperature 0 with no fallback to sampling (``?fallback=yes`` takes whisper's
temperatures and thresholds, its sampling seeded by the audio), no conditioning on previous text, the language fixed to the
corpus', half precision on CUDA only. Audio up to 30 s is one window and decoded without timestamps (``?timestamps=yes``: with
them, as whisper does by default); longer audio goes through whisper's own sequential algorithm, which needs them to move from
window to window. A window that whisper takes for silence (its own thresholds, pinned too) is left out.

What is missing to 30 s, ``whisper.transcribe`` fills with zeros in the spectrogram, and so does this engine. Those zeros
are not silence, and a model that was trained on audio filled with silence may write words for them. With ``?pad=audio``
silence is put behind the audio instead, as ``whisper.pad_or_trim`` does for ``whisper.decode``.

``?window=fit`` cuts the window to the utterance, to the next 1 s with at least .5 s to spare. That is several times faster and
another model: Whisper was trained on windows of 30 s.

Confidence: the exponential of the mean log probability per token. ``extra``: that mean (avg_logprob), and the greatest
no_speech_prob and compression_ratio of any window. Figures of whisper itself differ in the sixth digit.

Source: Radford et al. 2023, Robust Speech Recognition via Large-Scale Weak Supervision; whisper/transcribe.py.
"""

from __future__ import annotations

import math
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.audio import SAMPLE_RATE, Waveform
from workbench.engines.local_audio import samples_at
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest
from workbench.engines.spec import Spec, model_id
from workbench.engines.weights_packages import ready_packages
from workbench.engines.whisper_weights import cached_models, find_weights
from workbench.errors import choices
from workbench.extras import install_command

if TYPE_CHECKING:
    from workbench.engines.whisper_batches import Batches
    from workbench.engines.whisper_windows import Heard, Samples

DESCRIPTION = "OpenAI's Whisper, the reference implementation: many languages, CPU or CUDA; named models or a .pt file."
SPEC_EXAMPLE = "whisper:tiny.en"
INSTALL = install_command("whisper")
WINDOW_S = 30.0
_WINDOW = round(WINDOW_S * SAMPLE_RATE)
_LEAST = SAMPLE_RATE // 100
"""Samples of one frame; of less, whisper decodes nothing."""

_ADAPTER = 1
_OPTIONS = ("device", "beam_size", "pad", "window", "timestamps", "fallback", "max_tokens", "batch_size")
_POSITIONS_PER_S = 50
FIT_WARNING = (
    "The window is cut to the utterance (window=fit). Whisper was trained on windows of 30 s, so this is another model: "
    "its text may differ from the full window's, for some accents more than for others."
)
_BATCH = {"cpu": 32, "cuda": 64, "mps": 16}
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
    batches: Batches | None = field(default=None, repr=False)
    batch_size: int = 1
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def warning(self) -> str:
        """What a reader of its results must know; empty if there is nothing."""
        return FIT_WARNING if self.options["window"] == "fit" else ""

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform; each depends on its own samples only."""
        answers: dict[int, Transcript | EngineFailure] = {}
        together: dict[int, list[tuple[int, Samples]]] = defaultdict(list)
        for number, wave in enumerate(batch):
            began = time.perf_counter()
            try:
                samples = samples_at(wave, SAMPLE_RATE)
            except Exception as error:
                answers[number] = EngineFailure(f"{type(error).__name__}: {error}", time.perf_counter() - began)
                continue
            if self.batches is None or not _LEAST <= len(samples) <= _WINDOW:
                answers[number] = self._alone(samples)
            else:
                together[0 if self.batches.any_length else self._positions(samples)].append((number, samples))
        for waiting in together.values():
            waiting.sort(key=lambda one: len(one[1]))
            for at in range(0, len(waiting), self.batch_size):
                some = waiting[at : at + self.batch_size]
                found = self._together([samples for _, samples in some])
                answers |= dict(zip((number for number, _ in some), found, strict=True))
        return [answers[number] for number in range(len(batch))]

    def _positions(self, samples: Samples) -> int:
        """Return how many positions the encoder gives the window of an utterance of up to 30 s."""
        if self.options["window"] == "full":
            return round(WINDOW_S * _POSITIONS_PER_S)
        return round(min(WINDOW_S, math.ceil(len(samples) / SAMPLE_RATE + 0.5)) * _POSITIONS_PER_S)

    def _together(self, some: Sequence[Samples]) -> list[Transcript | EngineFailure]:
        """Decode utterances of up to 30 s as one batch; what is not settled by that, one by one."""
        from workbench.engines.whisper_windows import spectrogram

        began = time.perf_counter()
        try:
            with self._lock, self._quiet():
                windows = [(self._filled(samples, n), 2 * n) for samples in some for n in [self._positions(samples)]]
                results = self._decoded([spectrogram(filled, self.model.dims.n_mels, n) for filled, n in windows])
        except Exception:  # out of memory, say: each alone may do
            return [self._alone(samples) for samples in some]
        each = (time.perf_counter() - began) / len(some)
        return [self._alone(samples, first, each) for samples, first in zip(some, results, strict=True)]

    def _decoded(self, mels: Sequence[Any]) -> Sequence[Any]:
        return [None] * len(mels) if self.batches is None else self.batches.decode(mels)

    def _filled(self, samples: Samples, positions: int) -> Samples:
        if self.options["pad"] == "spectrogram":
            return samples
        return np.pad(samples, (0, positions * SAMPLE_RATE // _POSITIONS_PER_S - len(samples)))

    def _alone(self, samples: Samples, first: Any = None, spent_s: float = 0.0) -> Transcript | EngineFailure:
        """Return what ``whisper.transcribe`` makes of an utterance, given what is decoded of it already, if anything."""
        began = time.perf_counter()
        try:
            with self._lock, self._quiet():
                said = self._heard(samples, first)
        except Exception as error:  # out of memory, a fault in the weights: a row with its reason
            return EngineFailure(f"{type(error).__name__}: {error}", spent_s + time.perf_counter() - began)
        confidence, extra = _trust(said.segments)
        return Transcript(said.text.strip(), spent_s + time.perf_counter() - began, confidence, extra)

    def _heard(self, samples: Samples, first: Any) -> Heard:
        from workbench.engines.whisper_windows import near_a_threshold, settled, transcribe

        if first is not None and self.batches is not None:
            if near_a_threshold(first, self.decoding, self.batches.tolerance):
                first = None
            elif (said := settled(first, self.batches.tokenizer, self.decoding)) is not None:
                return said
        one_window = len(samples) <= _WINDOW
        plain = one_window and self.options["timestamps"] == "no"
        fit = one_window and self.options["window"] == "fit"
        positions = self._positions(samples) if fit else 0
        if one_window:
            samples = self._filled(samples, positions or round(WINDOW_S * _POSITIONS_PER_S))
        settings = dict(self.decoding) | {"without_timestamps": plain}
        encoder = self.batches.encoder if self.batches is not None else None
        return transcribe(self.model, samples, settings, first=first, encoder=encoder, positions=positions)

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
    here = sorted({*cached_models(), *ready_packages()})
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
    beam = _whole(spec, "beam_size", 1, high=32, unit="beams; 1 is greedy")
    device = _device(spec)
    pad = spec.one_of("pad", "spectrogram", ("spectrogram", "audio"))
    window = spec.one_of("window", "full", ("full", "fit"))
    timestamps = spec.one_of("timestamps", "no", ("no", "yes"))
    fallback = spec.one_of("fallback", "no", ("no", "yes"))
    batch_size = _whole(spec, "batch_size", 64 if window == "fit" else _BATCH[device], high=1024, unit="utterances")
    if window == "fit" and beam > 1:
        raise spec.error("window=fit decodes greedily", remedy="leave out beam_size")
    weights = find_weights(spec)
    model = weights.model(device)
    max_tokens = _whole(spec, "max_tokens", model.dims.n_text_ctx // 2, high=model.dims.n_text_ctx // 2, unit="tokens")
    decoding = _PINNED | {
        "language": _language(spec, model),
        "beam_size": None if beam == 1 else beam,
        "sample_len": max_tokens if "max_tokens" in spec.options else None,
        "fp16": device == "cuda",
    }
    if fallback == "yes":
        decoding |= {"temperature": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), "compression_ratio_threshold": 2.4}
    options = decoding | {
        "temperature": _listed(decoding["temperature"]),
        "device": device,
        "pad": pad,
        "window": window,
    }
    options |= {
        "without_timestamps": f"up to {WINDOW_S:g} s" if timestamps == "no" else "never",
        "timestamps": timestamps,
    }
    installed = version("openai-whisper")
    digest = content_digest(
        {
            "engine": "whisper",
            "adapter": _ADAPTER,
            "version": installed,
            "weights": weights.digest,
            "options": options,
        }
    )
    usual = {"beam_size": "1", "pad": "spectrogram", "window": "full", "timestamps": "no", "fallback": "no"}
    told = {key: value for key, value in spec.options.items() if usual.get(key) != value and key != "batch_size"}
    named = model_id("whisper", weights.name, told, digest)
    batches = _batches(model, decoding, plain=timestamps == "no") if beam == 1 else None
    return WhisperEngine(named, installed, digest, options, decoding, model, batches=batches, batch_size=batch_size)


def _batches(model: Any, decoding: Mapping[str, Any], *, plain: bool) -> Batches:
    """Return what decodes utterances of one window in batches."""
    from whisper import DecodingOptions

    from workbench.engines.whisper_batches import Batches

    own = {name: value for name, value in decoding.items() if name in DecodingOptions.__dataclass_fields__}
    return Batches(model, own | {"without_timestamps": plain})


def _whole(spec: Spec, name: str, default: int, *, high: int, unit: str) -> int:
    """Return an option's value as a whole number from 1."""
    value = spec.number(name, default, low=1, high=high, unit=unit)
    if value != int(value):
        raise spec.error(f"{name}={value:g} is not a whole number", remedy="correct it")
    return int(value)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _device(spec: Spec) -> str:
    """Return where the model runs: what the spec says, else CUDA if it is there (Apple's MPS only if asked for)."""
    import torch

    there = {"cpu": True, "cuda": _has_cuda(), "mps": torch.backends.mps.is_available()}
    device = spec.one_of("device", "cuda" if there["cuda"] else "cpu", tuple(there))
    if not there[device]:
        raise spec.error(f"device={device}, and torch finds no {device.upper()} device", remedy="leave the option out")
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
