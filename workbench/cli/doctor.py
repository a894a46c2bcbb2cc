"""Doctor: what this machine has of what the workbench needs, each with its remedy."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distributions, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.extras import install_command
from workbench.version import DISTRIBUTION, __version__


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. A check that is not ``needed`` may fail: the remedy says what it would add."""

    name: str
    ok: bool
    detail: str
    needed: bool
    remedy: str = ""


def examine() -> dict[str, Any]:
    """Return the state of this installation: versions, store, and every check. What a smaller extra lacks is no fault."""
    from workbench.files import home

    checks = [
        _look("python", _python, needed=True, remedy="use Python 3.11, 3.12 or 3.13"),
        _look("package", _package, needed=True, remedy="make an environment of its own: python -m venv .venv"),
        _look("resampling", _resampling, needed=True, remedy=install_command("audio")),
        _look("G.711 codec", _g711, needed=False, remedy=install_command("audio")),
        _look(
            "store", _store, needed=_brought("sqlalchemy"), remedy="set WORKBENCH_HOME to a folder that can be written"
        ),
        _look("disk space", _disk, needed=True, remedy="free some space, or set WORKBENCH_HOME to another disk"),
        _look("GPU", _gpu, needed=False, remedy="Whisper runs on the CPU without one, more slowly"),
        *_conditions(),
        *_engines(),
    ]
    return {
        "workbench": __version__,
        "home": _said(lambda: str(home())),
        "store": _said(_store_place),
        "versions": _versions(),
        "checks": [
            {"name": c.name, "ok": c.ok, "detail": c.detail, "needed": c.needed, "remedy": "" if c.ok else c.remedy}
            for c in checks
        ],
        "ok": all(check.ok for check in checks if check.needed),
    }


def _brought(module: str) -> bool:
    """Tell whether an extra that brings this module is installed: what it is for is then needed."""
    return find_spec(module) is not None


def _store_place() -> str:
    from workbench.store import default_url, without_password

    return without_password(default_url())


def _versions() -> dict[str, str]:
    """Return the versions that a run would record, those of a smaller extra that are there."""
    try:
        from workbench.runner.inputs import versions
    except ModuleNotFoundError:
        return {"workbench": __version__, "python": sys.version.split()[0]}
    return versions()


def _look(name: str, check: Callable[[], str], *, needed: bool, remedy: str) -> Check:
    try:
        return Check(name, True, check(), needed)
    except (WorkbenchError, RuntimeError) as error:
        return Check(name, False, str(error), needed, remedy)
    except Exception as error:
        return Check(name, False, f"{type(error).__name__}: {error}", needed, remedy)


def _said(place: Callable[[], str]) -> str:
    try:
        return place()
    except WorkbenchError as error:
        return str(error)


def _python() -> str:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise RuntimeError(f"this is Python {sys.version.split()[0]}; the packages are declared for 3.11 to 3.13")
    return sys.version.split()[0]


def _package() -> str:
    """Two distributions with a package of one name overwrite each other's files, in the order in which they came."""
    others = {name for name in packages_distributions().get("workbench", []) if name.lower() != DISTRIBUTION}
    if others:
        raise RuntimeError(
            f"{', '.join(sorted(others))} brings a package workbench too; files of both lie in one folder"
        )
    installed = {distribution.version for distribution in distributions(name=DISTRIBUTION)}
    if installed - {__version__}:
        raise RuntimeError(
            f"this is version {__version__}, and {', '.join(sorted(installed - {__version__}))} is installed too; "
            f"pip uninstall {DISTRIBUTION} until nothing is left, then install one"
        )
    return str(Path(__file__).parents[1])


def _resampling() -> str:
    import numpy as np

    from workbench import audio

    audio.resample(np.zeros(800, dtype=np.float32), orig_sr=8000, target_sr=16000)
    return f"works, with torchaudio {version('torchaudio')}" if _brought("torchaudio") else "works, without torch"


def _g711() -> str:
    import av

    av.codec.Codec("pcm_mulaw", "w")
    return f"av {version('av')}"


def _store() -> str:
    from workbench.store import open_store

    store = open_store()
    counts = f"{len(store.runs())} runs, {store.count_transcripts()} transcripts"
    store.close()
    return counts


def _disk() -> str:
    from workbench.store import home

    free = shutil.disk_usage(home()).free / 2**30
    if free < 1:
        raise RuntimeError(f"{free:.2f} GiB free")
    return f"{free:.0f} GiB free"


def _gpu() -> str:
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError("no CUDA device")
    return str(torch.cuda.get_device_name())


def _conditions() -> list[Check]:
    """Return one check of how many conditions can be made here, and one more for each that cannot."""
    from workbench.conditions import KINDS

    lacking = {name: reason for name, kind in KINDS.items() if (reason := kind.unavailable())}
    can = Check(
        "conditions", not lacking, f"{len(KINDS) - len(lacking)} of {len(KINDS)} can be made", False, "see below"
    )
    return [can, *(Check(f"condition {name}", False, "cannot be made", False, why) for name, why in lacking.items())]


def _engines() -> list[Check]:
    from workbench.engines import availability

    return [
        Check(
            f"engine {row['engine']}",
            bool(row["ready"]),
            row["reason"],
            row["engine"] == "pocketsphinx" and _brought("pocketsphinx"),
            row["install"],
        )
        for row in availability().to_dict("records")
    ]
