"""Which packages are optional, and which extra of the distribution brings each: a missing one is named with its remedy.

The base installation scores transcripts and computes every statistic. The rest comes by use::

    pip install 'speech-fairness-workbench[app]'

``pyproject.toml`` declares the extras; a test compares them with :data:`EXTRAS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from workbench.errors import WorkbenchError
from workbench.version import DISTRIBUTION

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "audio": (
        "soundfile", "av", "audiomentations", "pocketsphinx", "pyarrow", "sqlalchemy", "alembic", "psutil", "pooch", "requests",
        "ftfy",
    ),
    "card": ("matplotlib", "plotly", "PIL", "typst", "pypdf"),
    "app": ("streamlit",),
    "whisper": ("whisper", "torch", "torchaudio"),
    "fast": ("faster_whisper", "ctranslate2", "tokenizers", "huggingface_hub"),
    "transformers": ("transformers",),
    "vosk": ("vosk",),
    "vendors": ("boto3", "botocore"),
    "ray": ("ray", "fsspec"),
    "search": ("optuna", "allpairspy"),
    "adjusted": ("sklearn", "statsmodels"),
    "meetings": ("meeteval",),
    "private": ("opendp",),
    "sign": ("cryptography",),
    "team": ("authlib",),
    "postgresql": ("psycopg",),
    "notebook": ("IPython", "ipykernel", "ipywidgets", "nbformat", "jupyterlab"),
}  # fmt: skip
"""Per extra, the modules that it brings and that its smaller fellows do not. A module stands under one extra: the one to name."""

_EXTRA_OF = {module: extra for extra, modules in EXTRAS.items() for module in modules}


class MissingPackageError(WorkbenchError, ModuleNotFoundError):
    """A package of an extra that is not installed."""


def install_command(extra: str) -> str:
    """Return the command that brings an extra.

    >>> install_command("app")
    "pip install 'speech-fairness-workbench[app]'"
    """
    return f"pip install '{DISTRIBUTION}[{extra}]'"


def missing(error: ModuleNotFoundError) -> WorkbenchError | None:
    """Return what to do about a module that was not found, or None if it is of no extra.

    >>> print(missing(ModuleNotFoundError("No module named 'typst'", name="typst")))
    the package typst is not installed; pip install 'speech-fairness-workbench[card]'
    """
    if isinstance(error, MissingPackageError):
        return error
    module = (error.name or "").partition(".")[0]
    return _missing(module) if module in _EXTRA_OF else None


def load_package(module: str) -> Any:
    """Return a module of an extra, imported.

    Raises
    ------
    MissingPackageError : it is not installed; with the extra that brings it
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        root = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != root:  # it is there, and something that it needs is not
            raise
        raise _missing(root) from None


def need(*names: str, remedy: str = "") -> None:
    """Return if every module of these extras can be found; none is imported.

    Raises
    ------
    MissingPackageError : the first that is not there; with the extra that brings it, or ``remedy`` (an extra that brings all)
    """
    for name in names:
        for module in EXTRAS[name]:
            if find_spec(module) is None:
                raise _missing(module, remedy)


def _missing(module: str, extra: str = "") -> MissingPackageError:
    return MissingPackageError(
        f"the package {module} is not installed", remedy=install_command(extra or _EXTRA_OF[module])
    )
