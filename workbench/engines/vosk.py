"""vosk: Kaldi models from a folder, on the CPU; nothing is downloaded.

``vosk:FOLDER`` is a model as vosk publishes them, unpacked. Each utterance gets a recogniser of its own, so that nothing is
carried from one to the next; the audio goes in by quarters of a second as in vosk's own transcriber, at the model's sample
rate, and where vosk finds the end of a sentence the text goes on.

Confidence: the geometric mean of the words' confidences (vosk's minimum Bayes risk decoding).
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from workbench.audio import SAMPLE_RATE, Waveform
from workbench.engines.local_audio import Said, one_by_one, samples_at
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest, file_digest
from workbench.engines.spec import Spec, model_id
from workbench.engines.word_times import as_numbers
from workbench.extras import install_command

DESCRIPTION = "vosk: Kaldi models for many languages, on the CPU; a model folder that you bring."
SPEC_EXAMPLE = "vosk:models/vosk-model-small-en-us-0.15"
INSTALL = install_command("vosk")
CHUNK_S = 0.25

_ADAPTER = 1
_RATE = re.compile(r"^\s*--sample-frequency=(\d+)", re.MULTILINE)
_LAYOUTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "am/final.mdl": (("conf/mfcc.conf",), ("graph/HCLG.fst", "graph/HCLr.fst")),
    "final.mdl": (("mfcc.conf",), ("HCLG.fst", "HCLr.fst")),
}
"""By its acoustic model, what else a folder holds: one of each tuple."""


@dataclass(frozen=True)
class VoskEngine:
    """One loaded model. Any sample rate and length; a waveform without samples is a failure."""

    model_id: str
    version: str
    digest: str
    options: Mapping[str, Any]
    recogniser: Callable[[], Any] = field(repr=False)
    engine: str = "vosk"
    conditions: frozenset[str] | None = None
    needs_audio: bool = True
    _lock: Lock = field(default_factory=Lock, repr=False)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform; each depends on its own samples only."""
        return one_by_one(batch, self._hear)

    def _hear(self, wave: Waveform) -> Said:
        with self._lock:
            parts = list(self._parts(wave))
        text = " ".join(sentence for part in parts if (sentence := str(part.get("text", "")).strip()))
        trust = [float(word["conf"]) for part in parts for word in part.get("result", []) if "conf" in word]
        words = [word for part in parts for word in part.get("result", [])]
        spans = [(float(word["start"]), float(word["end"])) for word in words if "start" in word and "end" in word]
        timed = len(spans) == len(words) == len(text.split())
        return Said(text, _geometric_mean(trust), as_numbers(spans) if timed else {})

    def _parts(self, wave: Waveform) -> Iterator[dict[str, Any]]:
        """Yield what is recognised, sentence by sentence."""
        rate = int(self.options["sample_rate"])
        samples = samples_at(wave, rate)
        pcm = np.clip(np.round(samples * np.float32(32_768.0)), -32_768, 32_767).astype("<i2")
        recogniser, step = self.recogniser(), round(CHUNK_S * rate)
        for start in range(0, len(pcm), step):
            if recogniser.AcceptWaveform(pcm[start : start + step].tobytes()):
                yield json.loads(recogniser.Result())
        yield json.loads(recogniser.FinalResult())


def _geometric_mean(trust: Sequence[float]) -> float | None:
    if not trust:
        return None
    bounded = [min(1.0, item) for item in trust]
    return 0.0 if min(bounded) <= 0.0 else math.exp(math.fsum(map(math.log, bounded)) / len(bounded))


def readiness() -> Readiness:
    """Tell whether the package is installed; models are folders that the user brings."""
    if find_spec("vosk") is None:
        return Readiness(False, "the package vosk is not installed", INSTALL)
    return Readiness(True, f"version {version('vosk')}; needs a model folder", "a model, unpacked: vosk:FOLDER")


def load(spec: Spec) -> VoskEngine:
    """Return the engine for a model folder.

    Raises
    ------
    EngineError : not installed, no such folder, a folder without the files of a model, files that vosk cannot read
    """
    spec.only(())
    if not spec.target:
        raise spec.error("no model folder is named", remedy=f"write {SPEC_EXAMPLE!r}")
    if find_spec("vosk") is None:
        raise spec.error("the package vosk is not installed", remedy=INSTALL)
    folder = _folder(spec)
    sample_rate = _sample_rate(folder)
    model = _model(spec, folder)
    installed = version("vosk")
    options = {"sample_rate": sample_rate, "chunk_s": CHUNK_S, "words": True, "recogniser": "a new one per utterance"}
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    weights = {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
    digest = content_digest(
        {"engine": "vosk", "adapter": _ADAPTER, "version": installed, "weights": weights, "options": options}
    )

    def recogniser() -> Any:
        import vosk

        made = vosk.KaldiRecognizer(model, float(sample_rate))
        made.SetWords(True)
        return made

    return VoskEngine(model_id("vosk", folder.name, {}, digest), installed, digest, options, recogniser)


def _folder(spec: Spec) -> Path:
    """Return the model's folder, if it holds what vosk needs."""
    path = Path(os.path.abspath(spec.place(spec.target)))
    if path.is_file():
        raise spec.error(f"{spec.target} is a file, not a model folder", remedy="unpack it and name the folder")
    if not path.is_dir():
        raise spec.error(
            f"there is no model folder {spec.target!r}", remedy=f"{spec.beside(path)}Paths are relative to {spec.base}"
        )
    acoustic = next((name for name in _LAYOUTS if (path / name).is_file()), None)
    if acoustic is None:
        inside = [file.name for file in sorted(path.iterdir()) if any((file / name).is_file() for name in _LAYOUTS)]
        remedy = f"did you mean '{spec.target.rstrip('/')}/{inside[0]}'?" if inside else "unpack a model of vosk"
        raise spec.error(f"{path.name} is no vosk model: it has no am/final.mdl", remedy=remedy)
    missing = [" or ".join(names) for names in _LAYOUTS[acoustic] if not any((path / item).is_file() for item in names)]
    if missing:
        raise spec.error(
            f"{path.name} is not whole: it has no {', no '.join(missing)}", remedy="unpack the model again"
        )
    return path


def _sample_rate(folder: Path) -> int:
    """Return the sample rate that the model was trained at: what its features say, else 16 kHz."""
    for name in ("conf/mfcc.conf", "mfcc.conf"):
        if (folder / name).is_file():
            text = _RATE.search((folder / name).read_text(encoding="utf-8", errors="replace"))
            return int(text[1]) if text and 4_000 <= int(text[1]) <= 192_000 else SAMPLE_RATE
    return SAMPLE_RATE


def _model(spec: Spec, folder: Path) -> Any:
    import vosk

    vosk.SetLogLevel(-1)
    try:
        return vosk.Model(str(folder))
    except Exception as error:  # the library raises nothing more special
        raise spec.error(
            f"vosk cannot read the model ({error})",
            place=folder.name,
            remedy="unpack it again; what vosk says stands above",
        ) from None
