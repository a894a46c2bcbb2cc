"""openai-whisper: the reference implementation; utterances in batches, each with the text of ``whisper.transcribe``.

``whisper:NAME`` is one of its model names (from its cache, an installed package of weights, or fetched), ``whisper:FILE.pt`` a
checkpoint in its format. Decoding is pinned: greedy (or ``?beam_size=N``, one utterance at a time), temperature 0 with no fallback
to sampling, no conditioning on previous text, the language fixed to the corpus', half precision on CUDA only. Audio up to 30 s is
one window and decoded without timestamps (``?timestamps=yes``: with them); longer audio goes through whisper's own sequential
algorithm, which needs them to move from window to window. A window that whisper takes for silence (its own thresholds, pinned
too) is left out.

``?decoding=library`` is what ``whisper.transcribe`` does when it is told nothing, as most who deploy it do: timestamps,
temperatures from 0 to 1 on the thresholds of compression ratio and log probability, conditioning on previous text. (``?fallback=yes``:
the temperatures alone.) Sampling is seeded by the audio.

What is missing to 30 s, ``whisper.transcribe`` fills with zeros in the spectrogram, and so does this engine. Those zeros
are not silence, and a model that was trained on audio filled with silence may write words for them. With ``?pad=audio``
silence is put behind the audio instead, as ``whisper.pad_or_trim`` does for ``whisper.decode``.

``?window=SECONDS``, from 15, shortens the window; ``short_window`` says what that costs. It is another model.

Confidence: the exponential of the mean log probability per token. ``extra``: that mean (avg_logprob), and the greatest
no_speech_prob and compression_ratio of any window; temperature, the highest of any, where it may be above 0; decoded_again.
Figures of whisper itself differ in the sixth digit.

Source: Radford et al. 2023, Robust Speech Recognition via Large-Scale Weak Supervision; whisper/transcribe.py.
"""

from __future__ import annotations

import math
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.audio import SAMPLE_RATE, Waveform
from workbench.engines import short_window
from workbench.engines.local_audio import samples_at
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest
from workbench.engines.spec import Spec, model_id
from workbench.engines.weights_packages import ready_packages
from workbench.engines.whisper_options import OPTIONS as _OPTIONS
from workbench.engines.whisper_options import read_options
from workbench.engines.whisper_weights import cached_models, find_weights
from workbench.errors import choices
from workbench.extras import install_command

if TYPE_CHECKING:
    from workbench.engines.whisper_batches import Batches
    from workbench.engines.whisper_transcription import Utterance
    from workbench.engines.whisper_windows import Heard, Samples

DESCRIPTION = "OpenAI's Whisper, the reference implementation: many languages, CPU or CUDA; named models or a .pt file."
SPEC_EXAMPLE = "whisper:tiny.en"
INSTALL = install_command("whisper")
WINDOW_S = short_window.FULL_S
_WINDOW = round(WINDOW_S * SAMPLE_RATE)
_LEAST = SAMPLE_RATE // 100
"""Samples of one frame; of less, whisper decodes nothing."""
_POSITIONS_PER_S = 50
_ADAPTER = 1


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
    window_s: float = WINDOW_S
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def warning(self) -> str:
        """What a reader of its results must know; empty if there is nothing."""
        return short_window.warning(self.window_s)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform; each depends on its own samples only."""
        answers: dict[int, Transcript | EngineFailure] = {}
        waiting: dict[int, Samples] = {}
        for number, wave in enumerate(batch):
            began = time.perf_counter()
            try:
                waiting[number] = samples_at(wave, SAMPLE_RATE)
            except Exception as error:
                answers[number] = EngineFailure(f"{type(error).__name__}: {error}", time.perf_counter() - began)
        answers |= self._answers(waiting, self.window_s)
        if self.window_s < WINDOW_S:
            answers |= self._in_full(waiting, answers)
        return [answers[number] for number in range(len(batch))]

    def _in_full(
        self, waiting: Mapping[int, Samples], answers: Mapping[int, Transcript | EngineFailure]
    ) -> dict[int, Transcript | EngineFailure]:
        """Return the answers to a shorter window, those that look invented replaced by those of the full one."""
        invented = {}
        for number, samples in waiting.items():
            answer = answers[number]
            if isinstance(answer, Transcript) and self._positions(samples, self.window_s) < _positions(WINDOW_S):
                tokens = len(self._batches.tokenizer.encode(answer.text))
                if short_window.looks_invented(answer, tokens=tokens, seconds=len(samples) / SAMPLE_RATE):
                    invented[number] = samples
        again = self._answers(invented, WINDOW_S)
        return {number: short_window.marked(answers[number], again.get(number)) for number in waiting}

    def _answers(self, waiting: Mapping[int, Samples], window_s: float) -> dict[int, Transcript | EngineFailure]:
        """Return the answers to utterances; those that can be decoded together are, shorter ones first."""
        together: dict[int, list[int]] = defaultdict(list)
        for number, samples in waiting.items():
            if len(samples) > _WINDOW:
                together[-1].append(number)
            else:
                any_length = self.batches is None or self.batches.any_length
                together[0 if any_length else self._positions(samples, window_s)].append(number)
        answers: dict[int, Transcript | EngineFailure] = {}
        for numbers in together.values():
            numbers.sort(key=lambda number: len(waiting[number]))
            for at in range(0, len(numbers), self.batch_size):
                some = numbers[at : at + self.batch_size]
                result = self._together([waiting[number] for number in some], window_s)
                answers |= dict(zip(some, result, strict=True))
        return answers

    def _positions(self, samples: Samples, window_s: float) -> int:
        """Return how many positions the encoder gives the window of an utterance of up to 30 s."""
        return short_window.positions(len(samples), window_s)

    def _together(self, some: Sequence[Samples], window_s: float) -> list[Transcript | EngineFailure]:
        """Decode utterances that all are of up to 30 s, or all longer, as one batch; if that breaks, one by one."""
        began = time.perf_counter()
        try:
            with self._lock, self._quiet():
                result = self._heard(some, window_s)
        except Exception as error:  # out of memory, say: each alone may do
            if len(some) == 1:
                return [EngineFailure(f"{type(error).__name__}: {error}", time.perf_counter() - began)]
            return [answer for samples in some for answer in self._together([samples], window_s)]
        each = (time.perf_counter() - began) / len(some)
        return [self._answer(item, each) for item in result]

    def _answer(self, found: Heard | Exception, decode_s: float) -> Transcript | EngineFailure:
        if isinstance(found, Exception):  # out of memory, a fault in the weights: a row with its reason
            return EngineFailure(f"{type(found).__name__}: {found}", decode_s)
        confidence, extra = _trust(found.segments, sampled="sampling" in self.options)
        return Transcript(found.text.strip(), decode_s, confidence, extra)

    def _heard(self, some: Sequence[Samples], window_s: float) -> list[Heard | Exception]:
        """Return what ``whisper.transcribe`` makes of each utterance."""
        from workbench.engines.whisper_transcription import Utterance, transcribe, transcribe_together
        from workbench.engines.whisper_windows import Heard

        one_window = len(some[0]) <= _WINDOW
        settings = dict(self.decoding) | {"without_timestamps": one_window and self.options["timestamps"] == "no"}
        positions = [self._positions(samples, window_s) if one_window else 0 for samples in some]
        filled = [self._filled(samples, n) for samples, n in zip(some, positions, strict=True)]
        if self.batches is None:
            return [_tried(partial(transcribe, self.model, samples, settings)) for samples in filled]
        results: list[Heard | Exception | None] = [
            None if len(samples) >= _LEAST else Heard("", []) for samples in filled
        ]
        cut = [n if one_window and n < _positions(WINDOW_S) else 0 for n in positions]
        asked = [Utterance(samples, n) for samples, n in zip(filled, cut, strict=True)]
        if one_window:
            self._first_windows(asked, positions, results)
        left = [number for number, heard in enumerate(results) if heard is None]
        for number, heard in zip(
            left, transcribe_together(self.batches, [asked[n] for n in left], settings), strict=True
        ):
            results[number] = heard
        return [heard for heard in results if heard is not None]

    def _first_windows(
        self, asked: Sequence[Utterance], positions: Sequence[int], found: list[Heard | Exception | None]
    ) -> None:
        """Decode the first window of each utterance; note in ``found`` what is settled by that, in ``asked`` the rest."""
        from workbench.engines.whisper_windows import near_a_threshold, settled, spectrogram

        numbers = [number for number, heard in enumerate(found) if heard is None]
        mels = [spectrogram(asked[n].samples, self.model.dims.n_mels, 2 * positions[n]) for n in numbers]
        windows = [self._batches.window(mel) for mel in mels]
        try:
            results = self._batches.decode(windows)
        except Exception:  # out of memory, say: each alone may do, and the last resort is whisper itself
            if len(windows) > 1:
                raise
            results = [None] * len(windows)
        for number, window, first in zip(numbers, windows, results, strict=True):
            utterance = asked[number]
            utterance.encoded = window.encoded
            utterance.narrow = first is None or near_a_threshold(first, self.decoding, self._batches.tolerance)
            if first is not None and not utterance.narrow:
                utterance.first = first
                found[number] = settled(first, self._batches.tokenizer, self.decoding)

    @property
    def _batches(self) -> Batches:
        if self.batches is None:
            raise RuntimeError("several beams are not decoded in batches")
        return self.batches

    def _filled(self, samples: Samples, positions: int) -> Samples:
        if self.options["pad"] == "spectrogram" or not positions:
            return samples
        return np.pad(samples, (0, positions * SAMPLE_RATE // _POSITIONS_PER_S - len(samples)))

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Leave out the remark that there is a CUDA device when the CPU was asked for."""
        if self.options["device"] == "cpu" and _has_cuda():
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Performing inference on CPU when CUDA is available")
                yield
        else:
            yield


def _positions(seconds: float) -> int:
    return round(seconds * _POSITIONS_PER_S)


def _tried(transcribe: Callable[[], Heard]) -> Heard | Exception:
    try:
        return transcribe()
    except Exception as error:
        return error


def _has_cuda() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _trust(segments: Sequence[Mapping[str, Any]], *, sampled: bool) -> tuple[float | None, dict[str, float]]:
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
    if sampled:
        extra["temperature"] = max(float(segment.get("temperature", 0.0)) for segment in heard)
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
    device = _device(spec)
    weights = find_weights(spec)
    model = weights.model(device)
    decoding = read_options(
        spec, device=device, language=_language(spec, model), most_tokens=model.dims.n_text_ctx // 2
    )
    installed = version("openai-whisper")
    digest = content_digest(
        {
            "engine": "whisper",
            "adapter": _ADAPTER,
            "version": installed,
            "weights": weights.digest,
            "options": decoding.options,
        }
    )
    named = model_id("whisper", weights.name, decoding.told, digest)
    greedy = decoding.settings["beam_size"] is None
    batches = _batches(model, decoding.settings, plain=not decoding.timestamps) if greedy else None
    return WhisperEngine(
        named, installed, digest, decoding.options, decoding.settings, model, batches=batches,
        batch_size=decoding.batch_size, window_s=decoding.window_s,
    )  # fmt: skip


def _batches(model: Any, decoding: Mapping[str, Any], *, plain: bool) -> Batches:
    """Return what decodes utterances of one window in batches."""
    from whisper import DecodingOptions

    from workbench.engines.whisper_batches import Batches

    own = {name: value for name, value in decoding.items() if name in DecodingOptions.__dataclass_fields__}
    return Batches(model, own | {"without_timestamps": plain})


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
