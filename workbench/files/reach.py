"""Reach: which files of others are read at all, where whoever runs a server named the folders for it.

``WORKBENCH_DATA`` holds folders, separated as in PATH. Where it is set, a file is read only if it lies below one of them, below the
folder of the workbench's own (uploads, fetched audio), or is a part of the workbench. Links are followed first. It is the same for what
somebody types, what a manifest names and what stands in a study; without it, whatever the account can read is read.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from workbench.errors import WorkbenchError

DATA = "WORKBENCH_DATA"
_PACKAGE = Path(__file__).resolve().parents[1]


def folders() -> tuple[Path, ...]:
    """Return the folders that the operator named; none: everything may be read."""
    named = os.environ.get(DATA, "")
    return tuple(Path(os.path.realpath(os.path.expanduser(name))) for name in named.split(os.pathsep) if name.strip())


def within_reach(path: Path | str) -> bool:
    """Return whether a file or folder may be read; whether there is such a file is not looked at."""
    allowed = folders()
    if not allowed:
        return True
    real = Path(os.path.realpath(path))
    own = os.environ.get("WORKBENCH_HOME") or "~/.workbench"
    parts = (_PACKAGE, _PACKAGE.parent / "data_manifests", Path(sys.prefix))
    every = (*allowed, *(Path(os.path.realpath(os.path.expanduser(part))) for part in (own, *parts)))
    return any(real == folder or folder in real.parents for folder in every)


def require_within_reach(path: Path | str, *, fails: type[WorkbenchError]) -> None:
    """Return if a file or folder may be read.

    Raises
    ------
    WorkbenchError : of the type ``fails``: it lies outside the folders of :data:`DATA`; nothing is said of whether it is there
    """
    try:
        reachable = within_reach(path)
    except (OSError, ValueError, RuntimeError):
        return  # no file system takes the name, which is said where it is opened
    if not reachable:
        raise fails(
            f"lies outside the folders that this server reads ({DATA})",
            place=str(path),
            remedy=f"put it below {' or '.join(str(folder) for folder in folders())}, or upload it",
        )
