"""Where Whisper's weights are: a checkpoint file, the cache, an installed package, or whisper's own download; and whether they are sound."""

from __future__ import annotations

import os
import pickle
import socket
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.engines.ct2_checkpoint import whisper_model
from workbench.engines.protocol import file_digest
from workbench.engines.spec import Spec
from workbench.engines.weights_packages import PACKAGED, PackagedModel, installed_packages, read_packaged
from workbench.errors import EngineError, choices

TIMEOUT_S = 30.0
"""Seconds without an answer after which a download is given up."""


def cache_folder() -> Path:
    """Return the folder in which whisper keeps its weights: ``$XDG_CACHE_HOME/whisper``, else ``~/.cache/whisper``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"


def cached_models() -> list[str]:
    """Return the named models whose file is in the cache, without reading it or importing whisper."""
    folder = cache_folder()
    if find_spec("whisper") is None or not folder.is_dir():
        return []
    return sorted(path.stem for path in folder.glob("*.pt") if path.is_file())


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights that a spec names: their name without folders, their SHA-256, and how they become a model on a device.

    The SHA-256 is that of the checkpoint file, or of the ``model.bin`` of a package.
    """

    name: str
    digest: str
    model: Callable[[str], Any]


def find_weights(spec: Spec) -> Weights:
    """Return the weights that a spec names: a file, or a named model from the cache, an installed package or whisper's server.

    Raises
    ------
    EngineError : an unknown name, no such file, a package with other files than expected, or weights that are not here and
        cannot be fetched
    """
    import whisper

    given = spec.target
    available = whisper.available_models()
    if given in available and not (spec.base / given).is_file():
        if not (cached := checked_cache(given)) and given in PACKAGED and installed_packages(PACKAGED[given]):
            return _packaged(spec, PACKAGED[given])
        path, name = cached or fetch_weights(given, place=f"engine {spec.text!r}"), given
    elif given.endswith(".pt") or "/" in given or os.path.exists(spec.base / given):
        path = spec.file(given, what="checkpoint")
        name = path.name
    else:
        raise spec.error(f"whisper has no model {given!r}", remedy=_other_engine(given, available))
    return Weights(name, file_digest(path), lambda device: load_checkpoint(spec, path, device))


def _other_engine(given: str, known: Sequence[str]) -> str:
    """Return what to write instead of a name that whisper does not have."""
    if find_spec("faster_whisper") is not None:
        from faster_whisper import available_models

        if given in available_models():
            return f"faster-whisper has it: write 'faster-whisper:{given}'"
    return f"{choices(given, known)}; or name a checkpoint file (.pt)"


def _packaged(spec: Spec, packaged: PackagedModel) -> Weights:
    content = read_packaged(packaged)["model.bin"]
    return Weights(packaged.name, packaged.sha256, lambda device: _package_model(spec, content, device))


def checked_cache(name: str) -> Path | None:
    """Return the cached file of a named model if its checksum is right."""
    from whisper import _MODELS  # the address of the weights, which holds their checksum

    path = cache_folder() / Path(url := str(_MODELS[name])).name
    return path if path.is_file() and file_digest(path) == url.split("/")[-2] else None


def fetch_weights(name: str, *, place: str) -> Path:
    """Return the cached file of a named model after whisper has fetched it.

    Raises
    ------
    EngineError : it cannot be fetched
    """
    from whisper import _MODELS

    path = cache_folder() / Path(str(_MODELS[name])).name
    damaged = path.is_file()
    try:
        _fetch(name, path)
    except Exception as error:  # no network, a refusal, half a file, a full disk: all of them mean no weights
        reason = str(error) or type(error).__name__
        state = "is damaged (its checksum is wrong)" if damaged else "is not on this machine"
        package = f"{PACKAGED[name].install}; or " if name in PACKAGED else ""
        raise EngineError(
            f"the file {path.name} {state} and cannot be fetched ({reason})",
            place=place,
            remedy=f"{package}put it into {path.parent}: on a machine with network run "
            f"python -c \"import whisper; whisper.load_model('{name}')\" and copy it from its ~/.cache/whisper",
        ) from None
    return path


def _fetch(name: str, path: Path) -> None:
    """Fetch a named model through whisper's loader, into its place only when it is whole."""
    import whisper

    path.parent.mkdir(parents=True, exist_ok=True)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_S)  # whisper opens the address without one and would wait for ever
    try:
        with warnings.catch_warnings(), tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetching-") as folder:
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves files to be closed later
            whisper.load_model(name, device="cpu", download_root=folder)
            os.replace(Path(folder) / path.name, path)
    finally:
        socket.setdefaulttimeout(before)


def load_checkpoint(spec: Spec, path: Path, device: str) -> Any:
    """Return the model in a checkpoint file, on ``device``, in evaluation mode.

    Raises
    ------
    EngineError : a file that is cut off, is no checkpoint, or is one of another program
    """
    import whisper

    remedy = "give a checkpoint in openai-whisper's format ('dims' and 'model_state_dict'), copied whole"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on how the file was pickled; what counts is whether it loads
            return _placed(whisper.load_model(str(path), device="cpu" if device == "mps" else device).eval(), device)
    except MemoryError:
        raise
    except pickle.UnpicklingError:
        raise EngineError("is no checkpoint: not what torch.save writes", place=path.name, remedy=remedy) from None
    except (EOFError, OSError, ValueError) as error:
        raise EngineError(
            f"cannot be read as a checkpoint ({_first_line(error)})", place=path.name, remedy=remedy
        ) from None
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        problem = f"is not a Whisper checkpoint ({type(error).__name__}: {_first_line(error)})"
        raise EngineError(problem, place=path.name, remedy=remedy) from None
    except RuntimeError as error:
        if "out of memory" in str(error) or "allocate memory" in str(error):
            raise spec.error(
                f"the model does not fit on {device} ({_first_line(error)})", remedy="use a smaller one"
            ) from None
        text = _first_line(error)
        problem = "does not fit its own dimensions" if "state_dict" in text else "is cut off or no checkpoint"
        raise EngineError(f"{problem} ({text})", place=path.name, remedy=remedy) from None


def _package_model(spec: Spec, content: bytes, device: str) -> Any:
    """Return the model in a package's ``model.bin`` on ``device``; nothing is written to disk."""
    try:
        return _placed(whisper_model(content), device)
    except RuntimeError as error:
        raise spec.error(
            f"the model does not fit on {device} ({_first_line(error)})", remedy="use a smaller one"
        ) from None


def _placed(model: Any, device: str) -> Any:
    """Return the model on a device; Apple's holds no sparse tensor, and whisper's list of heads is one."""
    if device == "mps":
        model.register_buffer("alignment_heads", model.alignment_heads.to_dense(), persistent=False)
    return model.to(device)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
