"""Where Whisper's weights are: the cache, whisper's own download, or a checkpoint file; and whether they are sound."""

from __future__ import annotations

import os
import pickle
import socket
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.engines.protocol import file_digest
from workbench.engines.spec import Spec
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


def find_weights(spec: Spec) -> tuple[Path, str]:
    """Return the path of the weights that a spec names, and their name without folders.

    A named model is looked for in the cache, and fetched through whisper's own loader if it is not there.

    Raises
    ------
    EngineError : an unknown name, no such file, or weights that are not here and cannot be fetched
    """
    import whisper

    given = spec.target
    known = whisper.available_models()
    if given in known:
        return _named(spec, given), given
    if not given.endswith(".pt") and "/" not in given and not os.path.exists(spec.base / given):
        raise spec.error(
            f"whisper has no model {given!r}", remedy=f"{choices(given, known)}; or name a checkpoint file (.pt)"
        )
    return (path := spec.file(given, what="checkpoint")), path.name


def _named(spec: Spec, name: str) -> Path:
    """Return the cached file of a named model, after its checksum; fetch it if it is missing or damaged."""
    from whisper import _MODELS  # the address of the weights, which holds their checksum

    url = str(_MODELS[name])
    path = cache_folder() / Path(url).name
    damaged = path.is_file()
    if damaged and file_digest(path) == url.split("/")[-2]:
        return path
    try:
        _fetch(name, path)
    except Exception as error:  # no network, a refusal, half a file, a full disk: all of them mean no weights
        reason = str(error) or type(error).__name__
        state = "is damaged (its checksum is wrong)" if damaged else "is not on this machine"
        raise spec.error(
            f"the file {path.name} {state} and cannot be fetched ({reason})",
            remedy=f"put it into {path.parent}: on a machine with network run "
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
        what = f"is not a Whisper checkpoint ({type(error).__name__}: {_first_line(error)})"
        raise EngineError(what, place=path.name, remedy=remedy) from None
    except RuntimeError as error:
        if "out of memory" in str(error) or "allocate memory" in str(error):
            raise spec.error(
                f"the model does not fit on {device} ({_first_line(error)})", remedy="use a smaller one"
            ) from None
        said = _first_line(error)
        what = "does not fit its own dimensions" if "state_dict" in said else "is cut off or no checkpoint"
        raise EngineError(f"{what} ({said})", place=path.name, remedy=remedy) from None


def _placed(model: Any, device: str) -> Any:
    """Return the model on a device; Apple's holds no sparse tensor, and whisper's list of heads is one."""
    if device == "mps":
        model.register_buffer("alignment_heads", model.alignment_heads.to_dense(), persistent=False)
    return model.to(device)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
