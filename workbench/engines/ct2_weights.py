"""Where the weights of faster-whisper are: a converted folder, its cache, or a checkpoint that is converted once."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workbench.engines.hub_weights import hub_cache
from workbench.engines.protocol import file_digest
from workbench.engines.spec import Spec
from workbench.engines.whisper_weights import cache_folder, load_checkpoint
from workbench.errors import EngineError, choices

FILES = ("model.bin", "config.json", "tokenizer.json", "preprocessor_config.json", "vocabulary.json", "vocabulary.txt")
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_REMEDY = "convert the model with 'ct2-transformers-converter --copy_files tokenizer.json preprocessor_config.json', or name a .pt file"


def find_model(spec: Spec) -> tuple[Path, str, str]:
    """Return the folder of a model, its name without folders, and the digest of the checkpoint it was made of, if of one.

    Raises
    ------
    EngineError : an unknown name, no such file or folder, files of it that are missing, weights that cannot be fetched
    """
    from faster_whisper import available_models

    given, place = spec.target, spec.base / spec.target
    known = list(available_models())
    if place.is_dir():
        return _whole(spec, place), place.resolve().name, ""
    if given in known:
        return _whole(spec, _fetched(spec, given)), given, ""
    if given.endswith(".pt"):
        path = spec.file(given, what="checkpoint")
        return _converted(spec, path), path.name, file_digest(path)
    if "/" in given or place.is_file():
        raise spec.error(f"no folder with a converted model {given!r}", remedy=_REMEDY)
    raise spec.error(f"faster-whisper has no model {given!r}", remedy=f"{choices(given, known)}; or name a folder")


def _whole(spec: Spec, folder: Path) -> Path:
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in ("vocabulary.json", "vocabulary.txt")):
        missing.append("vocabulary.json")
    if missing:
        raise spec.error(f"no converted model: {', '.join(missing)} missing in {folder.name}", remedy=_REMEDY)
    return folder


def _fetched(spec: Spec, name: str) -> Path:
    """Return the folder of a named model in the cache; fetch it if it is not there."""
    from faster_whisper import download_model

    try:
        return Path(download_model(name, local_files_only=True, cache_dir=str(hub_cache())))
    except Exception:  # not there, or not whole
        pass
    try:
        return Path(download_model(name, cache_dir=str(hub_cache())))
    except Exception as error:  # no network, a refusal, a full disk: all of them mean no weights
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise spec.error(
            f"the model {name!r} (model.bin and its tokenizer) is not on this machine and cannot be fetched ({said})",
            remedy=f'it is looked for in {hub_cache()}; on a machine with network run python -c "import faster_whisper; '
            f"faster_whisper.download_model('{name}', 'FOLDER')\", copy FOLDER here and write 'faster-whisper:FOLDER'",
        ) from None


def _converted(spec: Spec, checkpoint: Path) -> Path:
    """Return the folder into which a checkpoint is converted, once for all runs."""
    from workbench.engines.whisper_conversion import convert_checkpoint

    place = cache_folder() / f"ctranslate2-{file_digest(checkpoint)[:16]}"
    if (place / "tokenizer.json").is_file():
        return place
    load_checkpoint(spec, checkpoint, "cpu")  # a file that is none is told with its reason
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".converting-") as folder:
            made = convert_checkpoint(checkpoint, Path(folder) / "model")
            if not place.exists():
                shutil.move(made, place)
    except OSError as error:
        raise spec.error(
            f"the converted model cannot be written ({error.strerror or error})", place=str(place)
        ) from None
    return place


def load_model(spec: Spec, folder: Path, *, device: str, compute_type: str, workers: int) -> Any:
    """Return the model in a folder, which so many threads may use at once.

    Raises
    ------
    EngineError : files that are cut off or of another program, or no memory
    """
    from faster_whisper import WhisperModel

    try:
        # CTranslate2 sets OpenMP's number of threads for the thread that loads a model, and torch computes in this one
        with ThreadPoolExecutor(1) as loading:
            return loading.submit(
                WhisperModel, str(folder), device=device, compute_type=compute_type, local_files_only=True,
                cpu_threads=1, num_workers=workers,
            ).result()  # fmt: skip
    except MemoryError:
        raise
    except Exception as error:  # CTranslate2 and tokenizers raise plain RuntimeError, ValueError and Exception
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise EngineError(
            f"cannot be loaded as a converted Whisper model ({said})", place=folder.name, remedy=_REMEDY
        ) from None
