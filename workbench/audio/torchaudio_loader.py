"""The only place that imports torchaudio: it works beside a CPU build of torch as well as beside a CUDA build.

The torchaudio wheel on PyPI is linked against CUDA. Beside a CPU build of torch its compiled extension cannot be
loaded and ``import torchaudio`` ends in an ``OSError``, which also breaks every package that imports torchaudio on
its own. Nothing the workbench needs (resampling) lives in that extension. So the real import is tried first, and only
if the library cannot be loaded is the extension declared absent, in the way torchaudio itself does without one.
"""

from __future__ import annotations

import importlib
import sys
from threading import Lock
from types import ModuleType
from typing import Any, NoReturn

_EXTENSION = "torchaudio._extension"
_LOCK = Lock()


def load_torchaudio() -> Any:
    """Return the torchaudio module, without its compiled extension where that cannot be loaded.

    Later plain ``import torchaudio`` statements, also those in other packages, find the same module.

    Raises
    ------
    ImportError : torchaudio or torch is not installed
    """
    with _LOCK:
        try:
            return importlib.import_module("torchaudio")
        except OSError:
            _forget_half_imported()
            sys.modules[_EXTENSION] = _absent_extension()
            return importlib.import_module("torchaudio")


def has_extension() -> bool:
    """Return whether torchaudio's compiled extension is in use (it is not beside a CPU build of torch)."""
    load_torchaudio()
    return bool(getattr(sys.modules[_EXTENSION], "_IS_TORCHAUDIO_EXT_AVAILABLE", False))


def _forget_half_imported() -> None:
    for name in [name for name in sys.modules if name == "torchaudio" or name.startswith("torchaudio.")]:
        del sys.modules[name]


def _absent_extension() -> ModuleType:
    stub = ModuleType(_EXTENSION, "torchaudio's compiled extension could not be loaded; declared absent.")
    stub.__path__ = []  # a package in torchaudio, so that its submodules are looked up and not found

    def fail_if_no_align(function: Any) -> Any:
        def unavailable(*_args: Any, **_kwargs: Any) -> NoReturn:
            raise RuntimeError(
                f"{function.__name__} needs torchaudio's compiled extension, which cannot be loaded here"
            )

        return unavailable

    def load_lib(_name: str) -> bool:
        return False

    vars(stub).update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=fail_if_no_align,
        _load_lib=load_lib,
    )
    return stub
