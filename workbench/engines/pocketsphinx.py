"""pocketsphinx: a small recogniser whose wheel carries an English model; nothing is downloaded.

``pocketsphinx`` uses the wheel's language model; ``?grammar=FILE`` a JSGF grammar; ``?keywords=FILE`` a keyword list.
``pad_s`` seconds of silence are put before and after the audio, and over all of it lies a floor of Gaussian noise with a
standard deviation of ``floor`` 16-bit steps (10 is -70 dBov), the same for every utterance: digital silence, and bands
that a codec or a low sample rate left empty, have no logarithm, and derail this engine far more than faint noise does.

The decoder carries cepstral means and a noise estimate from one utterance to the next. Here both are computed from each
utterance alone: normalisation over the whole utterance, front end set up anew before each.

Confidence: the geometric mean of the recognised words' posterior probabilities in the word lattice; none for keywords,
whose score is no probability.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.audio import SAMPLE_RATE, Waveform
from workbench.engines.local_audio import Said, one_by_one, samples_at
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest, file_digest
from workbench.engines.spec import Spec, all_at_once, model_id
from workbench.engines.vocabulary import grammar_faults, read_keywords
from workbench.engines.word_times import as_numbers
from workbench.extras import install_command

DESCRIPTION = "CMU Sphinx, English, on the CPU: weak, quick, needs no download. Free speech, a grammar, or keywords."
SPEC_EXAMPLE = "pocketsphinx?grammar=digits.gram"
INSTALL = install_command("audio")
PAD_S = 0.2
FLOOR = 10.0
KEYWORD_THRESHOLD = 1e-5
"""For words of one or two syllables; at the library's own 1e-30 digits set off every keyword many times."""

_ADAPTER = 1
_OPTIONS = ("grammar", "keywords", "threshold", "pad_s", "floor")
_FLOOR_SEED = 5_000_011
_KEPT_FLOOR = 1 << 21
_SEARCH = "workbench"
FRAMES_A_SECOND = 100
"""Of the decoder's segments."""
_PINNED: dict[str, Any] = {
    "samprate": SAMPLE_RATE,
    "cmn": "batch",
    "agc": "none",
    "varnorm": False,
    "dither": False,
    "remove_dc": False,
    "fwdtree": True,
    "fwdflat": True,
    "bestpath": True,
    "beam": 1e-48,
    "wbeam": 7e-29,
    "pbeam": 1e-48,
    "lpbeam": 1e-40,
    "lponlybeam": 7e-29,
    "fwdflatbeam": 1e-64,
    "fwdflatwbeam": 7e-29,
    "maxhmmpf": 30_000,
    "maxwpf": -1,
    "topn": 4,
    "ds": 1,
    "pl_window": 5,
    "lw": 6.5,
    "fwdflatlw": 8.5,
    "bestpathlw": 9.5,
    "wip": 0.65,
    "silprob": 0.005,
    "fillprob": 1e-8,
    "ascale": 20.0,
    "kws_delay": 10,
    "kws_plp": 0.1,
}
_OF_THE_MODEL = ("feat", "lowerf", "upperf", "nfilt", "transform", "lifter", "remove_noise")


@dataclass(frozen=True)
class PocketsphinxEngine:
    """One loaded decoder. Any sample rate and length; a waveform without samples is a failure."""

    model_id: str
    version: str
    digest: str
    options: Mapping[str, Any]
    decoder: Any = field(repr=False)
    engine: str = "pocketsphinx"
    conditions: frozenset[str] | None = None
    needs_audio: bool = True
    _lock: Lock = field(default_factory=Lock, repr=False)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform; each depends on its own samples only."""
        return one_by_one(batch, self._hear)

    def _hear(self, wave: Waveform) -> Said:
        pcm = self._pcm(wave)
        with self._lock:
            return Said(*self._decode(pcm))

    def _pcm(self, wave: Waveform) -> bytes:
        """Return the samples as the decoder hears them: 16 kHz, padded, with the floor, 16-bit little-endian."""
        samples = samples_at(wave, SAMPLE_RATE)
        padded = np.pad(samples * np.float32(32_768.0), round(self.options["pad_s"] * SAMPLE_RATE))
        if self.options["floor"]:
            padded = padded + np.float32(self.options["floor"]) * _unit_noise(len(padded))
        return np.clip(np.round(padded), -32_768, 32_767).astype("<i2").tobytes()

    def _decode(self, pcm: bytes) -> tuple[str, float | None, dict[str, float]]:
        decoder = self.decoder
        decoder.reinit_feat()  # forgets the noise estimate and the means of the utterance before
        decoder.start_utt()
        try:
            decoder.process_raw(pcm, full_utt=True)
        finally:
            decoder.end_utt()
        best = decoder.hyp()
        if best is None or not best.hypstr.strip():
            return "", None, {}
        segments = list(decoder.seg())
        if self.options["mode"] == "keywords":  # in the order in which they were heard
            return (
                " ".join(segment.word.strip() for segment in sorted(segments, key=lambda one: one.start_frame)),
                None,
                {},
            )
        heard = [segment for segment in segments if not segment.word.startswith(("<", "["))]
        spoken = [min(1.0, segment.prob) for segment in heard]
        text = best.hypstr.strip()
        numbers = self._times(heard) if len(heard) == len(text.split()) else {}
        if not spoken or min(spoken) <= 0.0:
            return text, 0.0 if spoken else None, numbers
        confidence = math.exp(math.fsum(map(math.log, spoken)) / len(spoken))
        return text, confidence, {"path_posterior": float(best.prob), **numbers}

    def _times(self, segments: Sequence[Any]) -> dict[str, float]:
        """Return when each word was said, in the time of the utterance: the decoder hears ``pad_s`` of silence before it."""
        pad = self.options["pad_s"]
        return as_numbers(
            [
                (
                    max(0.0, segment.start_frame / FRAMES_A_SECOND - pad),
                    max(0.0, (segment.end_frame + 1) / FRAMES_A_SECOND - pad),
                )
                for segment in segments
            ]
        )


def _unit_noise(n: int) -> NDArray[np.float32]:
    """Return the first ``n`` samples of the one noise that every utterance gets, standard deviation 1."""
    if n > _KEPT_FLOOR:
        return np.random.default_rng(_FLOOR_SEED).standard_normal(n, dtype=np.float32)
    return _kept_noise(1 << max(16, (n - 1).bit_length()))[:n]


@lru_cache(maxsize=2)
def _kept_noise(n: int) -> NDArray[np.float32]:
    return np.random.default_rng(_FLOOR_SEED).standard_normal(n, dtype=np.float32)


def readiness() -> Readiness:
    """Tell whether the package and the English model that it carries are installed."""
    result = find_spec("pocketsphinx")
    if result is None or not result.submodule_search_locations:
        return Readiness(False, "the package pocketsphinx is not installed", INSTALL)
    model = Path(next(iter(result.submodule_search_locations))) / "model" / "en-us"
    if not model.is_dir():
        return Readiness(False, f"the English model is not in {model}", f"{INSTALL} --force-reinstall")
    return Readiness(True, f"version {version('pocketsphinx')} with its English model")


def load(spec: Spec) -> PocketsphinxEngine:
    """Return a decoder for free speech, a grammar or a keyword list.

    Raises
    ------
    EngineError : not installed, another language than English, a grammar or list with faults (all of them)
    """
    spec.only(_OPTIONS)
    spec.no_target()
    if spec.language.lower().replace("_", "-").partition("-")[0] != "en":
        raise spec.error(f"its model is English, the corpus is {spec.language!r}", remedy="choose another engine")
    if "grammar" in spec.options and "keywords" in spec.options:
        raise spec.error("a grammar and keywords at once", remedy="give one of them")
    if "threshold" in spec.options and "keywords" not in spec.options:
        raise spec.error("a threshold without keywords", remedy="leave it out, or give 'keywords=FILE'")
    pad_s = spec.number("pad_s", PAD_S, low=0.0, high=10.0, unit="seconds")
    floor = spec.number("floor", FLOOR, low=0.0, high=3_000.0, unit="16-bit steps")
    threshold = spec.number("threshold", KEYWORD_THRESHOLD, low=1e-60, high=1e50, unit="likelihood ratio")
    state = readiness()
    if not state.ready:
        raise spec.error(state.reason, remedy=state.install)
    mode = next((name for name in ("grammar", "keywords") if name in spec.options), "language model")
    decoder, files = _decoder(spec, with_language_model=mode == "language model")
    content: dict[str, Any] = {}
    if mode == "grammar":
        content["grammar"] = _use_grammar(spec, decoder)
    elif mode == "keywords":
        content["keywords"] = _use_keywords(spec, decoder, threshold)
    return _engine(spec, decoder, {"mode": mode, "pad_s": pad_s, "floor": floor} | content, files)


def _decoder(spec: Spec, *, with_language_model: bool) -> tuple[Any, list[Path]]:
    """Return a silent decoder with every option pinned, and the files of its model."""
    import pocketsphinx

    model = Path(pocketsphinx.get_model_path("en-us"))
    hmm, dictionary, lm = model / "en-us", model / "cmudict-en-us.dict", model / "en-us.lm.bin"
    model_files = {"hmm": str(hmm), "dict": str(dictionary), "lm": str(lm) if with_language_model else None}
    try:
        decoder = pocketsphinx.Decoder(loglevel="FATAL", **model_files, **_PINNED)
    except (RuntimeError, ValueError) as error:
        raise spec.error(f"pocketsphinx cannot be started ({error})", remedy=f"{INSTALL} --force-reinstall") from None
    files = sorted(path for path in hmm.iterdir() if path.is_file())
    return decoder, [*files, dictionary, *([lm] if with_language_model else [])]


def _pronounced(decoder: Any) -> Callable[[str], bool]:
    return lambda word: decoder.lookup_word(word) is not None


def _use_grammar(spec: Spec, decoder: Any) -> str:
    """Let the decoder hear what the spec's grammar allows; return the grammar."""
    name = spec.options["grammar"]
    text = spec.text_of(name, what="grammar")
    faults = grammar_faults(text, _pronounced(decoder))
    if faults:
        raise all_at_once(faults, place=Path(name).name)
    try:
        decoder.add_jsgf_string(_SEARCH, text)
        decoder.activate_search(_SEARCH)
    except (RuntimeError, ValueError) as error:
        raise spec.error(
            f"pocketsphinx does not accept the grammar ({error})",
            place=Path(name).name,
            remedy="check it against the JSGF specification: one ';' after each rule, no left recursion",
        ) from None
    return text


def _use_keywords(spec: Spec, decoder: Any, threshold: float) -> dict[str, float]:
    """Let the decoder hear the spec's keywords; return each with its threshold."""
    name = spec.options["keywords"]
    text = spec.text_of(name, what="keyword list")
    keywords, faults = read_keywords(text, threshold=threshold, pronounced=_pronounced(decoder))
    if faults:
        raise all_at_once(faults, place=Path(name).name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keywords"
        path.write_text(
            "".join(f"{keyword.phrase} /{keyword.threshold!r}/\n" for keyword in keywords), encoding="utf-8"
        )
        try:
            decoder.add_kws(_SEARCH, str(path))
            decoder.activate_search(_SEARCH)
        except (RuntimeError, ValueError) as error:
            raise spec.error(f"pocketsphinx does not accept the keywords ({error})", place=Path(name).name) from None
    return {keyword.phrase: keyword.threshold for keyword in keywords}


def _engine(spec: Spec, decoder: Any, options: dict[str, Any], files: Sequence[Path]) -> PocketsphinxEngine:
    """Return the engine with the options in force: the acoustic model's own front end prevails over what was asked."""
    config = decoder.config
    decoding = {name: _plain(config[name]) for name in (*_PINNED, *_OF_THE_MODEL)}
    options = options | {"reset": "before each utterance", "decoding": decoding}
    installed = version("pocketsphinx")
    weights = {path.name: file_digest(path) for path in files}
    digest = content_digest(
        {"engine": "pocketsphinx", "adapter": _ADAPTER, "version": installed, "weights": weights, "options": options}
    )
    named = {
        name: Path(value).name if name in ("grammar", "keywords") else value for name, value in spec.options.items()
    }
    usual = {"pad_s": PAD_S, "floor": FLOOR, "threshold": KEYWORD_THRESHOLD}
    told = {name: value for name, value in named.items() if name not in usual or float(value) != usual[name]}
    return PocketsphinxEngine(model_id("pocketsphinx", "", told, digest), installed, digest, options, decoder)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
