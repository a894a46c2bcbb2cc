"""Files that the user names, and the folder of the workbench's own: read and written, or an error that says what to do."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import StoreError, WorkbenchError
from workbench.files.reach import require_within_reach

if TYPE_CHECKING:
    import pandas as pd

_ABSENT = (errno.ENOENT, errno.ENOTDIR)


def home() -> Path:
    """Return the folder of the store, the logs, presets and uploads: ``WORKBENCH_HOME``, else ``~/.workbench``; made if missing.

    Nobody but its owner can look into it.

    Raises
    ------
    StoreError : the folder cannot be made
    """
    named = os.environ.get("WORKBENCH_HOME") or "~/.workbench"
    try:
        folder = Path(named).expanduser().absolute()
        folder.mkdir(parents=True, exist_ok=True)
        close_to_others(folder, 0o700)  # transcripts, ids of speakers, uploads
    except (OSError, RuntimeError) as error:
        text = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(
            f"the folder cannot be made ({text})",
            place=named,
            remedy="set WORKBENCH_HOME to a folder that can be written",
        ) from None
    return folder


def close_to_others(path: Path, mode: int) -> None:
    """Take a file or folder of the workbench's own away from other users; one that belongs to somebody else stays as it is."""
    state = path.stat()
    if hasattr(os, "geteuid") and state.st_uid == os.geteuid() and state.st_mode & 0o077:
        with suppress(OSError):  # a disk that can only be read, or has no permissions
            path.chmod(mode)


def demo_folder() -> Path:
    """Return the folder of the demo study: ``data_manifests`` of a checkout, else the copy that the wheel carries."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "demo"
    return packaged if packaged.is_dir() else package.parent / "data_manifests"


def require_file(path: Path, *, called: str, fails: type[WorkbenchError]) -> None:
    """Return if ``path`` is a file that can be read; ``called`` says what it should be ("manifest").

    Raises
    ------
    WorkbenchError : of the type ``fails``: nothing there, a folder, no permission, a name that no file system takes
    """
    named = str(path)
    require_within_reach(path, fails=fails)
    try:
        os.path.abspath(path).encode()
    except UnicodeEncodeError:
        named = named.encode(errors="backslashreplace").decode()
        what = "the name of the file, or of a folder above it, is not UTF-8"
        raise fails(what, place=named, remedy="rename it") from None
    try:
        os.stat(path)
    except OSError as error:
        what = f"there is no such {called}" if error.errno in _ABSENT else f"cannot be opened ({error.strerror})"
        raise fails(what, place=named, remedy="check the path") from None
    if not os.path.isfile(path):
        article = "an" if called[0] in "aeiou" else "a"
        what = f"is a folder, not {article} {called}" if os.path.isdir(path) else "is not a file"
        raise fails(what, place=named, remedy="check the path")
    if not os.access(path, os.R_OK):
        raise fails("cannot be opened (Permission denied)", place=named, remedy="allow yourself to read it")


def contents(path: Path, *, called: str, fails: type[WorkbenchError]) -> bytes:
    """Return the bytes of a file that the user named; raises what :func:`require_file` raises."""
    require_file(path, called=called, fails=fails)
    try:
        return path.read_bytes()
    except OSError as error:
        raise fails(f"cannot be read ({error.strerror})", place=str(path), remedy="check the file") from None


def write_frame(frame: pd.DataFrame, path: Path, *, fails: type[WorkbenchError]) -> Path:
    """Write a table as CSV or Parquet, by the ending of ``path``; its folder is made if missing.

    Raises
    ------
    WorkbenchError : of the type ``fails``: another ending, or a file that cannot be written
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        what = (
            f"cannot write a file that ends in {path.suffix!r}" if path.suffix else "cannot write a file without ending"
        )
        raise fails(what, place=str(path), remedy="end it in .csv or .parquet")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".csv":
            from workbench.files.spreadsheet_text import neutral  # pandas loads when a table is written

            neutral(frame).to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)
    except OSError as error:
        what = f"cannot be written ({error.strerror or error})"
        raise fails(what, place=str(path), remedy="name a file that can be written") from None
    return path
