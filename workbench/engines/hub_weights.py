"""Where a model of Hugging Face's hub is: a folder, the hub's cache, or to be fetched into that."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.engines.spec import Spec
from workbench.errors import choices

SUFFIXES = (".json", ".txt", ".model", ".safetensors", ".bin")
"""Of the files that belong to a model."""


def hub_cache() -> Path:
    """Return the folder in which the hub's models are kept: ``$HF_HUB_CACHE``, ``$HF_HOME/hub``, else below ``~/.cache``."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()


def find_folder(spec: Spec) -> tuple[Path, str]:
    """Return the folder of a model, and its name: the folder's own, or that of the hub.

    Raises
    ------
    EngineError : no such folder, files of it that are missing, a model that is neither here nor to be had
    """
    place = spec.place(spec.target)
    if place.is_dir():
        return _whole(spec, place), place.resolve().name
    parts = spec.target.split("/")
    if len(parts) != 2 or not all(parts) or spec.target.startswith((".", "~")) or place.parent.is_dir():
        beside = sorted(file.name for file in place.parent.iterdir() if file.is_dir()) if place.parent.is_dir() else []
        raise spec.error(f"no model folder {spec.target!r}", remedy=choices(place.name, beside) if beside else _REMEDY)
    return _whole(spec, _fetched(spec)), spec.target


_REMEDY = "give a folder that save_pretrained wrote, or ORGANISATION/NAME of the hub"


def _whole(spec: Spec, folder: Path) -> Path:
    names = {path.name for path in folder.iterdir()}
    missing = [] if "config.json" in names else ["config.json"]
    if not any(name.endswith((".safetensors", ".bin")) for name in names):
        missing.append("model.safetensors")
    if not names & {"preprocessor_config.json", "processor_config.json"}:
        missing.append("preprocessor_config.json")
    if missing:
        raise spec.error(f"{', '.join(missing)} missing in {folder.name}", remedy=_REMEDY)
    return folder


def _fetched(spec: Spec) -> Path:
    """Return the folder of a hub model in the cache; fetch it if it is not there."""
    from huggingface_hub import snapshot_download

    patterns = [f"*{suffix}" for suffix in SUFFIXES if suffix != ".bin"]
    try:
        result = Path(snapshot_download(spec.target, local_files_only=True, cache_dir=hub_cache()))
        if any(path.suffix in (".safetensors", ".bin") for path in result.iterdir()):
            return result
    except Exception:
        pass
    try:
        result = Path(snapshot_download(spec.target, allow_patterns=patterns, cache_dir=hub_cache()))
        if not any(path.suffix == ".safetensors" for path in result.iterdir()):
            result = Path(
                snapshot_download(spec.target, allow_patterns=[*patterns, "pytorch_model*.bin"], cache_dir=hub_cache())
            )
    except Exception as error:  # no network, no such name, a refusal, a full disk: all of them mean no weights
        text = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise spec.error(
            f"the model {spec.target!r} (config.json, model.safetensors, its processor) is not on this machine and cannot be"
            f" fetched ({text})",
            remedy=f"it is looked for in {hub_cache()}; on a machine with network run 'hf download {spec.target} --local-dir FOLDER',"
            " copy FOLDER here and write 'transformers:FOLDER'",
        ) from None
    return result
