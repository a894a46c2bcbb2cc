"""Paths that people type: ``~`` is their folder, and what no file system takes is said."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.files.reach import require_within_reach


def typed_path(typed: str, *, place: str, fails: type[WorkbenchError], full: bool = False) -> Path:
    """Return the path that was typed; only a ``full`` one is taken where there is no folder that it could start from.

    Raises
    ------
    WorkbenchError : of the type ``fails``: no full path, outside the folders that the server reads, the folder of somebody who is not known here, a NUL character
    """
    if "\0" in typed:
        raise fails(f"{typed!r} holds a NUL character", place=place, remedy="type it again")
    try:
        path = Path(typed).expanduser()
    except RuntimeError:
        somebody = typed.partition("/")[0].removeprefix("~")
        raise fails(f"there is no user {somebody!r} on this machine", place=place, remedy="begin it with /") from None
    if full and not path.is_absolute():
        raise fails(f"{typed!r} is not a full path", place=place, remedy="begin it with /")
    require_within_reach(path, fails=fails)
    return path
