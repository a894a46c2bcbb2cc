"""transformers: any CTC model (wav2vec2, HuBERT, Parakeet and their like) or Whisper variant that Hugging Face's library loads.

``transformers:FOLDER`` is a model saved by ``save_pretrained``, ``transformers:ORGANISATION/NAME`` one of the hub, taken from its
cache and fetched if it is not there. Each utterance goes through the model alone, without padding, so that nothing depends on
what else is decoded: CTC by the likeliest label of each frame, Whisper and other sequence models greedily (Whisper behind
30 s of audio with its timestamps, window after window). Code that comes with a model is never run.

Confidence: CTC, the geometric mean of the likeliest label's probability over the frames that are not blank; sequence models, of
the tokens' probabilities (none behind 30 s).

Source: Graves et al. 2006, Connectionist Temporal Classification; the library's ``modeling_outputs``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.engines.hub_weights import SUFFIXES, find_folder
from workbench.engines.local_audio import Said, one_by_one, samples_at
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest, file_digest
from workbench.engines.spec import Spec, model_id
from workbench.errors import EngineError, choices
from workbench.extras import install_command

DESCRIPTION = (
    "Hugging Face transformers: CTC models (wav2vec2, HuBERT, Parakeet) and Whisper variants, local or from the hub."
)
SPEC_EXAMPLE = "transformers:facebook/wav2vec2-base-960h"
INSTALL = install_command("transformers")
WINDOW_S = 30.0

_ADAPTER = 1
_OPTIONS = ("device", "max_tokens")

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class TransformersEngine:
    """One loaded model with its processor; ``options['kind']`` is ``ctc`` or ``sequence``."""

    model_id: str
    version: str
    digest: str
    options: Mapping[str, Any]
    model: Any = field(repr=False)
    processor: Any = field(repr=False)
    engine: str = "transformers"
    conditions: frozenset[str] | None = None
    needs_audio: bool = True
    _lock: Lock = field(default_factory=Lock, repr=False)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform; each depends on its own samples only."""
        return one_by_one(batch, self._hear)

    def _hear(self, wave: Waveform) -> Said:
        import torch

        rate = int(self.options["sample_rate"])
        samples = samples_at(wave, rate)
        with self._lock, torch.inference_mode():
            text, likelihood = (self._ctc if self.options["kind"] == "ctc" else self._sequence)(samples, rate)
        is_finite = likelihood is not None and math.isfinite(likelihood)
        return Said(text, min(1.0, math.exp(likelihood)) if is_finite and likelihood is not None else None)

    def _ctc(self, samples: Samples, rate: int) -> tuple[str, float | None]:
        inputs = self.processor(samples, sampling_rate=rate, return_tensors="pt").to(self.options["device"])
        scores = self.model(**inputs).logits.float().log_softmax(dim=-1)[0]
        best, labels = scores.max(dim=-1)
        spoken = labels != self.model.config.pad_token_id
        text = self.processor.batch_decode(labels[None].cpu())[0]
        return str(text), float(best[spoken].mean()) if bool(spoken.any()) else None

    def _sequence(self, samples: Samples, rate: int) -> tuple[str, float | None]:
        whisper = self.model.config.model_type == "whisper"
        long = whisper and len(samples) > WINDOW_S * rate
        how: dict[str, Any] = {"truncation": False, "padding": "longest", "return_attention_mask": True} if long else {}
        inputs = self.processor(samples, sampling_rate=rate, return_tensors="pt", **how).to(self.options["device"])
        asked: dict[str, Any] = {"num_beams": 1, "do_sample": False, "max_new_tokens": self.options["max_tokens"]}
        if whisper and self.options["language"]:
            asked |= {"language": self.options["language"], "task": "transcribe"}
        if long:
            made = self.model.generate(**inputs, **asked, return_timestamps=True)
            return str(self.processor.batch_decode(made, skip_special_tokens=True)[0]), None
        made = self.model.generate(**inputs, **asked, return_dict_in_generate=True, output_scores=True)
        text = str(self.processor.batch_decode(made.sequences, skip_special_tokens=True)[0])
        steps = self.model.compute_transition_scores(made.sequences, made.scores, normalize_logits=True)[0]
        return text, float(steps.float().mean()) if len(steps) else None


def readiness() -> Readiness:
    """Tell whether the package is installed; its models are folders, or fetched on first use."""
    if find_spec("transformers") is None or find_spec("torch") is None:
        return Readiness(False, "the package transformers is not installed", INSTALL)
    return Readiness(
        True, f"version {version('transformers')}", "a model folder, or network on first use of a hub name"
    )


def load(spec: Spec) -> TransformersEngine:
    """Return the engine for a model folder or a name of the hub.

    Raises
    ------
    EngineError : not installed, no such folder or name, files that are missing or damaged, a model that does not write
        speech down, a language that it does not have, a device that is not there
    """
    spec.only(_OPTIONS)
    if find_spec("transformers") is None:
        raise spec.error("transformers is not installed", remedy=INSTALL)
    if not spec.target:
        raise spec.error("no model is named", remedy=f"write {SPEC_EXAMPLE!r} or 'transformers:FOLDER'")
    device = _device(spec)
    folder, name = find_folder(spec)
    model, processor, kind = _loaded(folder, name)
    model = model.to(device).eval()
    options = {
        "kind": kind,
        "architecture": type(model).__name__,
        "device": device,
        "sample_rate": _sample_rate(processor, name),
        "language": _language(spec, model),
        "max_tokens": _max_tokens(spec, model) if kind == "sequence" else None,
    }
    installed = f"{version('transformers')}, torch {version('torch')}"
    files = {path.name: file_digest(path) for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES}
    digest = content_digest(
        {"engine": "transformers", "adapter": _ADAPTER, "version": installed, "files": files, "options": options}
    )
    return TransformersEngine(
        model_id("transformers", name, spec.options, digest), installed, digest, options, model, processor
    )


def _loaded(folder: Path, name: str) -> tuple[Any, Any, str]:
    """Return the model, its processor, and what kind it is."""
    from workbench.audio.torchaudio_loader import load_torchaudio

    if find_spec("torchaudio") is not None:
        load_torchaudio()  # transformers imports it, and dies where its extension cannot be loaded
    from transformers import AutoConfig, AutoModelForCTC, AutoModelForSpeechSeq2Seq, AutoProcessor
    from transformers.models.auto.modeling_auto import MODEL_FOR_CTC_MAPPING, MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING

    here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(folder, **here)
        named = list(config.architectures or [])
        if type(config) in MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING and not any(item.endswith("ForCTC") for item in named):
            kind, loader = "sequence", AutoModelForSpeechSeq2Seq
        elif type(config) in MODEL_FOR_CTC_MAPPING:
            kind, loader = "ctc", AutoModelForCTC
        else:
            raise EngineError(
                f"a {config.model_type} model does not write speech down",
                place=name,
                remedy="name a CTC or Whisper model",
            )
        model, result = loader.from_pretrained(folder, output_loading_info=True, **here)
        processor = AutoProcessor.from_pretrained(folder, **here)
    except (EngineError, MemoryError):
        raise
    except (
        Exception
    ) as error:  # the library raises OSError, ValueError, KeyError and its own for files that are not sound
        text = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise EngineError(
            f"cannot be loaded ({text})", place=name, remedy="copy the folder anew, as save_pretrained wrote it"
        ) from None
    if missing := sorted(result["missing_keys"]):
        raise EngineError(
            f"the weights lack {len(missing)} of the model's tensors ({', '.join(missing[:3])}...): it was not trained to write"
            " speech down",
            place=name,
            remedy="name a model that was fine-tuned for recognition",
        )
    return model, processor, kind


def _sample_rate(processor: Any, name: str) -> int:
    rate = getattr(getattr(processor, "feature_extractor", processor), "sampling_rate", None)
    if not rate:
        raise EngineError(
            "has no processor of audio", place=name, remedy="copy preprocessor_config.json with the model"
        )
    return int(rate)


def _language(spec: Spec, model: Any) -> str:
    """Return the code that a multilingual Whisper model is given; empty for models that are given none."""
    there = getattr(getattr(model, "generation_config", None), "lang_to_id", None)
    if model.config.model_type != "whisper" or not there:
        return ""
    code = spec.language.lower().replace("_", "-").partition("-")[0]
    languages = [str(token).strip("<|>") for token in there]
    if code not in languages:
        raise spec.error(f"the model has no language {spec.language!r}", remedy=choices(code, languages))
    return code


def _max_tokens(spec: Spec, model: Any) -> int:
    high = int(getattr(model.config, "max_target_positions", 448)) // 2
    value = spec.number("max_tokens", high, low=1, high=high, unit="tokens")
    if value != int(value):
        raise spec.error(f"max_tokens={value:g} is not a whole number", remedy="correct it")
    return int(value)


def _device(spec: Spec) -> str:
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    device = spec.one_of("device", "cuda" if there["cuda"] else "cpu", tuple(there))
    if not there[device]:
        raise spec.error(f"device={device}, and torch finds no {device.upper()} device", remedy="leave the option out")
    return device
