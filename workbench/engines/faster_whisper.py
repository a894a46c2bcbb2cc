"""faster-whisper: Whisper models in CTranslate2's format, with 8-bit weights by default; utterances in batches.

``faster-whisper:NAME`` is one of its model names (from its cache, an installed package of weights, or fetched),
``faster-whisper:FOLDER`` a converted model (``model.bin``, ``config.json``, ``tokenizer.json``), ``faster-whisper:FILE.pt`` a
checkpoint of openai-whisper, converted once into whisper's cache. The weights
are rounded to ``?compute_type=`` (int8 on a processor, float16 on CUDA); that may change what is written, for some accents more
than for others: ``text_differences`` tells. Decoding is pinned as for ``whisper``: greedy, temperature 0, no previous text, no
timestamps up to 30 s; longer audio goes through faster-whisper's own sequential algorithm. ``?window=SECONDS``, from 15, shortens
the window; ``short_window`` says what that costs.

``?decoding=library`` is what ``WhisperModel.transcribe`` does when it is told nothing, as most who deploy it do: timestamps, five
beams, temperatures from 0 to 1 on the thresholds of compression ratio and log probability, conditioning on previous text.
``&vad=yes`` adds its filter of voice activity. Sampling is seeded by the audio.

Windows are encoded one by one, which on a processor is faster than together, and decoded together. Several such batches are
at work at once, each on one thread: that is faster than one batch on several, and no sum depends on how many processors there are.

Confidence: the exponential of the mean log probability per token. ``extra``: that mean (avg_logprob), no_speech_prob and
compression_ratio; of audio of more than 30 s, the greatest of any window; temperature, the highest of any, where it may be above
0; decoded_again.

Source: faster_whisper/transcribe.py; CTranslate2, https://opennmt.net/CTranslate2/quantization.html.
"""

from __future__ import annotations

import inspect
import math
import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.audio import SAMPLE_RATE, Waveform
from workbench.engines import short_window
from workbench.engines.ct2_sampler import seeded_by
from workbench.engines.ct2_weights import find_model, load_model
from workbench.engines.local_audio import samples_at
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest
from workbench.engines.spec import Spec, model_id
from workbench.engines.weights_packages import ready_packages
from workbench.errors import choices
from workbench.extras import install_command

DESCRIPTION = (
    "Whisper through CTranslate2: 8-bit weights, fast on a CPU; named models, a converted folder or a .pt file."
)
SPEC_EXAMPLE = "faster-whisper:tiny.en"
INSTALL = install_command("fast")

_ADAPTER = 1
_OPTIONS = ("device", "compute_type", "decoding", "vad", "window", "max_tokens", "batch_size")
_TYPES = ("int8", "int8_float32", "int8_float16", "float16", "float32", "bfloat16")
_WINDOW = round(short_window.FULL_S * SAMPLE_RATE)
_FULL_POSITIONS = short_window.positions(_WINDOW, short_window.FULL_S)
_NOT_DECODING = ("self", "audio", "language", "task", "log_progress")
"""Arguments of ``WhisperModel.transcribe`` that are given, or decide nothing."""
_USUAL = {"window": "full", "decoding": "greedy", "vad": "no"}
_NO_SPEECH, _LEAST_LOGPROB = 0.6, -1.0

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class FasterWhisperEngine:
    """One loaded model, with the prompt and the suppressed tokens of its language."""

    model_id: str
    version: str
    digest: str
    options: Mapping[str, Any]
    model: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    batch_size: int = 16
    workers: int = 1
    window_s: float = short_window.FULL_S
    reload: Callable[[], Any] | None = field(default=None, repr=False)
    engine: str = "faster-whisper"
    conditions: frozenset[str] | None = None
    needs_audio: bool = True
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
        with self._lock:
            answers |= self._at_once(waiting, self.window_s)
            if self.window_s < short_window.FULL_S:
                invented = {n: samples for n, samples in waiting.items() if self._invented(answers[n], samples)}
                again = self._at_once(invented, short_window.FULL_S)
                answers |= {n: short_window.marked(answers[n], again.get(n)) for n in waiting}
        return [answers[number] for number in range(len(batch))]

    def _invented(self, answer: Transcript | EngineFailure, samples: Samples) -> bool:
        """Return whether an answer to a shorter window looks invented."""
        if isinstance(answer, EngineFailure) or not 0 < self._positions(samples, self.window_s) < _FULL_POSITIONS:
            return False
        tokens = len(self.tokenizer.encode(answer.text))
        return short_window.looks_invented(answer, tokens=tokens, seconds=len(samples) / SAMPLE_RATE)

    def _at_once(self, waiting: Mapping[int, Samples], window_s: float) -> dict[int, Transcript | EngineFailure]:
        """Return the answers to utterances, several batches at work at once; what was at once counts once in their times."""
        answers: dict[int, Transcript | EngineFailure] = {}
        parts = self._parts(waiting, window_s)
        with ThreadPoolExecutor(self.workers) as pool:
            began = time.perf_counter()
            samples = [[waiting[number] for number in part] for part in parts]
            result = list(pool.map(lambda some: self._answers(some, window_s), samples))
            took = time.perf_counter() - began
        spent = math.fsum(item.decode_s for some in result for item in some)
        for part, some in zip(parts, result, strict=True):
            for number, transcript in zip(part, some, strict=True):
                answers[number] = replace(transcript, decode_s=transcript.decode_s * took / spent)
        return answers

    def _parts(self, waiting: Mapping[int, Samples], window_s: float) -> list[list[int]]:
        """Return what is to be decoded together, the most work first: windows of one length, none so many that a worker idles."""
        together: dict[int, list[int]] = defaultdict(list)
        for number, samples in waiting.items():
            together[self._positions(samples, window_s)].append(number)
        most = min(self.batch_size, math.ceil(len(waiting) / self.workers))
        parts = [
            numbers[at : at + size]
            for positions, numbers in together.items()
            for size in [most if positions else 1]
            for at in range(0, len(numbers), size)
        ]
        return sorted(parts, key=lambda part: sum(len(waiting[number]) for number in part), reverse=True)

    def _positions(self, samples: Samples, window_s: float) -> int:
        """Return how many positions the encoder gives an utterance; 0 if the library transcribes it by itself."""
        if len(samples) > _WINDOW or self.options.get("decoding") == "library":
            return 0
        return short_window.positions(len(samples), window_s)

    def _answers(self, some: Sequence[Samples], window_s: float) -> list[Transcript | EngineFailure]:
        """Decode utterances whose windows are of one length as one batch; if that fails, one by one."""
        positions = self._positions(some[0], window_s)
        if not positions:
            return [self._by_library(samples) for samples in some]
        began = time.perf_counter()
        try:
            results = self._generate(np.stack([self._encoded(samples, positions) for samples in some]))
        except Exception as error:
            if len(some) == 1:
                return [EngineFailure(f"{type(error).__name__}: {error}", time.perf_counter() - began)]
            return [answer for samples in some for answer in self._answers([samples], window_s)]
        each = (time.perf_counter() - began) / len(some)
        return [self._answer(result, each) for result in results]

    def _encoded(self, samples: Samples, positions: int) -> Samples:
        """Return the encoded window: the audio's frames, then zeros, as faster-whisper fills it."""
        frames = len(samples) // 160
        mel = self.model.feature_extractor(samples)[:, :frames]
        window = np.pad(mel, ((0, 0), (0, 2 * positions - mel.shape[1]))).astype(np.float32)
        encoded = self.model.encode(window)
        here = encoded if encoded.device == "cpu" else encoded.to_device(_host())
        result: Samples = np.array(here, dtype=np.float32)[0]
        return result

    def _generate(self, features: Samples) -> Sequence[Any]:
        from ctranslate2 import StorageView

        prompt = self.model.get_prompt(self.tokenizer, [], without_timestamps=True)
        return self.model.model.generate(  # type: ignore[no-any-return]
            StorageView.from_array(np.ascontiguousarray(features)),
            [prompt] * len(features),
            beam_size=1,
            max_length=2 * int(self.options["max_tokens"]),  # it writes half as many tokens as that
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=list(self.options["suppress_tokens"]),
            sampling_temperature=0.0,
        )

    def _answer(self, result: Any, decode_s: float) -> Transcript:
        tokens = result.sequences_ids[0]
        mean = float(result.scores[0]) * len(tokens) / (len(tokens) + 1)
        silent = float(result.no_speech_prob)
        if silent > _NO_SPEECH and not mean > _LEAST_LOGPROB:
            return Transcript("", decode_s)
        text = str(self.tokenizer.decode(tokens)).strip()
        figures = {"avg_logprob": mean, "no_speech_prob": silent, "compression_ratio": _compression(text)}
        return Transcript(
            text, decode_s, min(1.0, math.exp(mean)), {k: v for k, v in figures.items() if math.isfinite(v)}
        )

    def _by_library(self, samples: Samples) -> Transcript | EngineFailure:
        """Return what faster-whisper's own sequential algorithm makes of an utterance."""
        began = time.perf_counter()
        try:
            model = self.model if self.reload is None else seeded_by(samples, self.model, self.reload)
            sentence = list(model.transcribe(samples, **self._settings())[0])
        except Exception as error:
            return EngineFailure(f"{type(error).__name__}: {error}", time.perf_counter() - began)
        text, heard = "".join(item.text for item in sentence).strip(), [item for item in sentence if item.tokens]
        tokens = sum(len(item.tokens) for item in heard)
        if not tokens:
            return Transcript(text, time.perf_counter() - began)
        mean = math.fsum(item.avg_logprob * len(item.tokens) for item in heard) / tokens
        extra = {
            "avg_logprob": mean,
            "no_speech_prob": max(float(item.no_speech_prob) for item in heard),
            "compression_ratio": max(float(item.compression_ratio) for item in heard),
        }
        if self.reload is not None:
            extra["temperature"] = max(float(item.temperature) for item in heard)
        return Transcript(text, time.perf_counter() - began, min(1.0, math.exp(mean)), extra)

    def _settings(self) -> dict[str, Any]:
        if self.options.get("decoding") == "library":
            return {"language": self.options["language"], "vad_filter": self.options["vad_filter"]}
        return {
            "language": self.options["language"], "beam_size": 1, "best_of": 1, "temperature": 0.0, "compression_ratio_threshold": None,
            "log_prob_threshold": _LEAST_LOGPROB, "no_speech_threshold": _NO_SPEECH, "condition_on_previous_text": False,
        }  # fmt: skip


def _compression(text: str) -> float:
    from faster_whisper.transcribe import get_compression_ratio

    return float(get_compression_ratio(text))


def _host() -> Any:
    from ctranslate2 import Device

    return Device.cpu


def readiness() -> Readiness:
    """Tell whether the package is installed; its named models are fetched on first use."""
    if find_spec("faster_whisper") is None or find_spec("ctranslate2") is None:
        return Readiness(False, "the package faster-whisper is not installed", INSTALL)
    here = ready_packages()
    models = f"; on this machine: {', '.join(here)}" if here else ""
    need = "a converted folder, a .pt file, or network on first use"
    return Readiness(True, f"version {version('faster-whisper')}{models}", f"for other models {need}" if here else need)


def load(spec: Spec) -> FasterWhisperEngine:
    """Return the engine for a named model, a converted folder or a checkpoint.

    Raises
    ------
    EngineError : not installed, an unknown name, files that are missing or damaged, weights that are neither here nor to
        be had, a language that the model does not have, a type or device that is not there
    """
    spec.only(_OPTIONS)
    if find_spec("faster_whisper") is None:
        raise spec.error("faster-whisper is not installed", remedy=INSTALL)
    if not spec.target:
        raise spec.error("no model is named", remedy=f"write {SPEC_EXAMPLE!r} or 'faster-whisper:FOLDER'")
    device = _device(spec)
    kind = _compute_type(spec, device)
    window_s = short_window.window_seconds(spec)
    library = spec.one_of("decoding", "greedy", ("greedy", "library")) == "library"
    vad = spec.one_of("vad", "no", ("no", "yes")) == "yes"
    _check_together(spec, window_s, library=library, vad=vad)
    weights = find_model(spec)
    workers = _processors() if device == "cpu" else 1
    model = load_model(weights, device=device, compute_type=kind, workers=workers)
    tokenizer = _tokenizer(spec, model)
    options: dict[str, Any] = {
        "language": tokenizer.language_code,
        "compute_type": kind,
        "device": device,
        "window": short_window.window_option(window_s),
        "max_tokens": spec.whole("max_tokens", model.max_length // 2, low=1, high=model.max_length // 2, unit="tokens"),
        "temperature": 0.0,
        "beam_size": 1,
        "without_timestamps": f"up to {short_window.FULL_S:g} s",
        "suppress_tokens": _suppressed(tokenizer),
    }
    if library:
        options |= library_defaults() | {"decoding": "library", "vad_filter": vad, "sampling": "seeded by the audio"}
    installed = f"{version('faster-whisper')}, ctranslate2 {version('ctranslate2')}"
    digest = content_digest(
        {
            "engine": "faster-whisper",
            "adapter": _ADAPTER,
            "version": installed,
            "weights": weights.digests,
            "options": options,
        }
    )
    told = {key: value for key, value in spec.options.items() if key != "batch_size" and _USUAL.get(key) != value}
    told |= {"window": f"{window_s:g}"} if window_s < short_window.FULL_S else {}
    size = spec.whole("batch_size", 16 if window_s == short_window.FULL_S else 32, low=1, high=1024, unit="utterances")
    named = model_id("faster-whisper", weights.name, told | {"compute_type": kind}, digest)
    return FasterWhisperEngine(
        named, installed, digest, options, model, tokenizer, size, workers, window_s,
        reload=partial(load_model, weights, device=device, compute_type=kind, workers=1) if library else None,
    )  # fmt: skip


def library_defaults() -> dict[str, Any]:
    """Return what ``WhisperModel.transcribe`` does if it is told nothing, in JSON's types."""
    from faster_whisper import WhisperModel

    parameters = inspect.signature(WhisperModel.transcribe).parameters.values()
    given = {parameter.name: parameter.default for parameter in parameters if parameter.name not in _NOT_DECODING}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}


def _check_together(spec: Spec, window_s: float, *, library: bool, vad: bool) -> None:
    """Raise for options that cannot be had together."""
    if library and window_s < short_window.FULL_S:
        raise spec.error(
            f"window={window_s:g} decodes greedily and without timestamps, for that is how it was measured",
            remedy="leave out decoding, or window",
        )
    if library and "max_tokens" in spec.options:
        raise spec.error("decoding=library decides on max_tokens too", remedy="leave out max_tokens, or decoding")
    if vad and not library:
        raise spec.error("vad=yes is a filter of the library's own decoding", remedy="write decoding=library&vad=yes")


def _processors() -> int:
    """Return how many threads may compute at once: what OMP_NUM_THREADS allows, else all there are."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    return int(allowed) if allowed.isdecimal() and int(allowed) else os.cpu_count() or 1


def _device(spec: Spec) -> str:
    from ctranslate2 import get_cuda_device_count

    there = get_cuda_device_count() > 0
    device = spec.one_of("device", "cuda" if there else "cpu", ("cpu", "cuda"))
    if device == "cuda" and not there:
        raise spec.error("device=cuda, and CTranslate2 finds no CUDA device", remedy="leave the option out")
    return device


def _compute_type(spec: Spec, device: str) -> str:
    from ctranslate2 import get_supported_compute_types

    kind = spec.one_of("compute_type", "int8" if device == "cpu" else "float16", _TYPES)
    there = sorted(get_supported_compute_types(device))
    if kind not in there:
        raise spec.error(f"compute_type={kind} cannot be had on this {device}", remedy=choices(kind, there))
    return kind


def _tokenizer(spec: Spec, model: Any) -> Any:
    """Return the model's tokenizer for the corpus' language."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES, Tokenizer

    code = spec.language.lower().replace("_", "-").partition("-")[0]
    if code not in _LANGUAGE_CODES:
        raise spec.error(f"whisper has no language {spec.language!r}", remedy=choices(code, _LANGUAGE_CODES))
    if code != "en" and not model.model.is_multilingual:
        raise spec.error(f"an English-only model, the corpus is {spec.language!r}", remedy="name a model without '.en'")
    return Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=code)


def _suppressed(tokenizer: Any) -> list[int]:
    from faster_whisper.transcribe import get_suppressed_tokens

    return [int(token) for token in get_suppressed_tokens(tokenizer, [-1])]
