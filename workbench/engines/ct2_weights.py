"""Where the weights of faster-whisper are: a converted folder, its cache, an installed package, or a checkpoint that is converted once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.engines.hub_weights import hub_cache
from workbench.engines.protocol import file_digest
from workbench.engines.spec import Spec
from workbench.engines.weights_packages import PACKAGED, installed_packages, read_packaged
from workbench.engines.whisper_weights import cache_folder, load_checkpoint
from workbench.errors import EngineError, choices

FILES = ("model.bin", "config.json", "tokenizer.json", "preprocessor_config.json", "vocabulary.json", "vocabulary.txt")
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_REMEDY = "convert the model with 'ct2-transformers-converter --copy_files tokenizer.json preprocessor_config.json', or name a .pt file"


@dataclass(frozen=True, slots=True)
class ConvertedModel:
    """Weights that a spec names: their name without folders, their SHA-256, and where they are.

    ``digests``: SHA-256 by file, or that of the checkpoint they were made of. ``files`` are the contents by name, where they
    come from a package; else they are in ``folder``.
    """

    name: str
    digests: Mapping[str, str] | str
    folder: Path | None = None
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def find_model(spec: Spec) -> ConvertedModel:
    """Return the weights that a spec names: a folder, a named model from the cache, a package or the hub, or a checkpoint.

    Raises
    ------
    EngineError : an unknown name, no such file or folder, files of it that are missing, a package with other files than
        expected, weights that cannot be fetched
    """
    from faster_whisper import available_models

    given, place = spec.target, spec.place(spec.target)
    available = list(available_models())
    if place.is_dir():
        return _in_folder(_whole(spec, place), place.resolve().name)
    if given in available:
        if (cached := cached_folder(given)) is None and given in PACKAGED and installed_packages(PACKAGED[given]):
            files = read_packaged(PACKAGED[given])
            return ConvertedModel(
                given, {name: sha256(content).hexdigest() for name, content in files.items()}, files=files
            )
        return _in_folder(_whole(spec, cached or fetch_model(given, place=f"engine {spec.text!r}")), given)
    if given.endswith(".pt"):
        path = spec.file(given, what="checkpoint")
        return ConvertedModel(path.name, file_digest(path), _converted(spec, path))
    if "/" in given or place.is_file():
        raise spec.error(f"no folder with a converted model {given!r}", remedy=_REMEDY)
    raise spec.error(f"faster-whisper has no model {given!r}", remedy=_other_engine(given, available))


def _other_engine(given: str, known: Sequence[str]) -> str:
    """Return what to write instead of a name that faster-whisper does not have."""
    if find_spec("whisper") is not None:
        import whisper

        if given in whisper.available_models():
            return f"openai-whisper has it: write 'whisper:{given}'"
    return f"{choices(given, known)}; or name a folder"


def _in_folder(folder: Path, name: str) -> ConvertedModel:
    digests = {file: file_digest(folder / file) for file in FILES if (folder / file).is_file()}
    return ConvertedModel(name, digests, folder)


def _whole(spec: Spec, folder: Path) -> Path:
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in ("vocabulary.json", "vocabulary.txt")):
        missing.append("vocabulary.json")
    if missing:
        raise spec.error(f"no converted model: {', '.join(missing)} missing in {folder.name}", remedy=_REMEDY)
    return folder


def cached_folder(name: str) -> Path | None:
    """Return the folder of a named model in the hub's cache, if it is there."""
    from faster_whisper import download_model

    try:
        return Path(download_model(name, local_files_only=True, cache_dir=str(hub_cache())))
    except Exception:  # not there, or not whole
        return None


def fetch_model(name: str, *, place: str) -> Path:
    """Return the folder of a named model in the hub's cache after it has been fetched.

    Raises
    ------
    EngineError : it cannot be fetched
    """
    from faster_whisper import download_model

    try:
        return Path(download_model(name, cache_dir=str(hub_cache())))
    except Exception as error:  # no network, a refusal, a full disk: all of them mean no weights
        text = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        package = f"{PACKAGED[name].install}; or: " if name in PACKAGED else ""
        raise EngineError(
            f"the model {name!r} (model.bin and its tokenizer) is not on this machine and cannot be fetched ({text})",
            place=place,
            remedy=f'{package}it is looked for in {hub_cache()}; on a machine with network run python -c "import faster_whisper; '
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
            f"the converted model cannot be written ({error.strerror or error})",
            place=str(place),
            remedy="make room there and run it again, or name another folder for caches in XDG_CACHE_HOME",
        ) from None
    return place


def load_model(weights: ConvertedModel, *, device: str, compute_type: str, workers: int) -> Any:
    """Return the model, which so many threads may use at once.

    Raises
    ------
    EngineError : files that are cut off or of another program, or no memory
    """
    from faster_whisper import WhisperModel

    name = str(weights.folder or weights.name)
    try:
        # CTranslate2 sets OpenMP's number of threads for the thread that loads a model, and torch computes in this one
        with ThreadPoolExecutor(1) as loading:
            return loading.submit(
                WhisperModel, name, device=device, compute_type=compute_type, local_files_only=True, cpu_threads=1,
                num_workers=workers, files=dict(weights.files) or None,
            ).result()  # fmt: skip
    except MemoryError:
        raise
    except Exception as error:  # CTranslate2 and tokenizers raise plain RuntimeError, ValueError and Exception
        text = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise EngineError(
            f"cannot be loaded as a converted Whisper model ({text})", place=Path(name).name, remedy=_REMEDY
        ) from None
