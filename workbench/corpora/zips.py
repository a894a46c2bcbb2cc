"""A corpus that arrives as one zip: unpacked only after its list of contents has been looked at."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO

from workbench.corpora.description import read_description
from workbench.corpora.headers import REQUIRED
from workbench.errors import ManifestError
from workbench.files import require_file
from workbench.files.problems import shown
from workbench.files.tables import SUFFIXES, read_table

MAX_BYTES = 4 * 2**30
"""Bytes that a zip may hold once unpacked."""
MAX_FILES = 200_000
MAX_RATIO = 100
"""Times by which a zip may shrink what is in it, above :data:`SMALL`; of recorded speech it is 1 to 3."""
SMALL = 64 * 2**20

_BLOCK = 1 << 20
_LISTED = 20
_DRIVE = re.compile(r"^[A-Za-z]:")


def open_zip(source: Path | str | bytes, folder: Path | str, *, max_bytes: int = MAX_BYTES) -> Path:
    """Unpack a zip of audio and its manifest (a file, or its bytes) below ``folder`` and return the manifest's path.

    As :func:`unpack_zip`; the manifest is the one that :func:`manifest_in` finds. A zip without one leaves nothing.

    Raises
    ------
    ManifestError : as both raise it
    """
    place = unpack_zip(source, folder, max_bytes=max_bytes)
    try:
        return manifest_in(place, _named(source))
    except ManifestError:
        shutil.rmtree(place, ignore_errors=True)
        raise


def unpack_zip(source: Path | str | bytes, folder: Path | str, *, max_bytes: int = MAX_BYTES) -> Path:
    """Unpack a zip (a file, or its bytes) below ``folder`` and return the folder of its own that it is in.

    That folder is named after the zip's content: the same zip twice is stored once, and a zip that is refused leaves
    nothing. What macOS adds (``__MACOSX``, ``.DS_Store``) is left out.

    Raises
    ------
    ManifestError : no zip, encrypted or damaged; an entry that is absolute, leaves the folder, is a link, or is there
        twice (all of them at once); more than ``max_bytes`` or :data:`MAX_FILES`, or shrunk more than :data:`MAX_RATIO`
        times, by what the zip declares and by what comes out
    """
    folder, name = Path(folder), _named(source)
    if not isinstance(source, bytes):
        require_file(Path(source), called="zip", fails=ManifestError)
    with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        try:
            with zipfile.ZipFile(file) as archive:
                entries = _checked(archive, name, max_bytes)
                place = folder / f"zip-{digest}"
                if not place.is_dir():
                    _unpack(archive, entries, place, name)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            ValueError,
            IndexError,
            OverflowError,
        ) as error:
            raise ManifestError(f"cannot be read as a zip ({error})", place=name, remedy="make the zip again") from None
    return place


def _named(source: Path | str | bytes) -> str:
    return "the zip" if isinstance(source, bytes) else Path(source).name


def _checked(archive: zipfile.ZipFile, name: str, max_bytes: int) -> list[zipfile.ZipInfo]:
    """Return the entries to unpack; nothing has been unpacked yet."""
    entries = [info for info in archive.infolist() if not info.is_dir() and not _litter(info.filename)]
    if len(entries) > MAX_FILES:
        raise ManifestError(f"{len(entries)} files in it", place=name, remedy=f"{MAX_FILES} are the most: make several")
    faults: list[str] = []
    seen: set[Path] = set()
    for info in entries:
        if fault := _fault(info):
            faults.append(fault)
        elif (inside := _inside(info)) in seen:
            faults.append(f"{shown(info.filename)} is in it twice")
        else:
            seen.add(inside)
    if faults:
        more = [f"... and {len(faults) - _LISTED} more"] if len(faults) > _LISTED else []
        listed = "\n".join([*faults[:_LISTED], *more])
        problem = listed if len(faults) == 1 else f"{len(faults)} entries cannot be used\n{listed}"
        raise ManifestError(problem, place=name, remedy="zip the folder itself, without links and passwords")
    total, packed = sum(info.file_size for info in entries), sum(info.compress_size for info in entries)
    if total > max_bytes:
        raise ManifestError(
            f"{total / 2**30:.1f} GiB once unpacked",
            place=name,
            remedy=f"{max_bytes / 2**30:.3g} GiB are the most; put the folder on this machine and name it instead",
        )
    if total > SMALL and total > MAX_RATIO * packed:
        problem = f"{packed} bytes that unpack to {total}: more than {MAX_RATIO} times, as no recording does"
        raise ManifestError(problem, place=name, remedy="put the folder on this machine and name it instead")
    return entries


def _inside(info: zipfile.ZipInfo) -> Path:
    """Return an entry's path below the folder; some Windows programs write it with backslashes."""
    return Path(*re.split(r"[\\/]", info.filename))


def _litter(written: str) -> bool:
    parts = written.replace("\\", "/").split("/")
    return parts[0] == "__MACOSX" or parts[-1] == ".DS_Store" or parts[-1].startswith("._")


def _fault(info: zipfile.ZipInfo) -> str:
    written, mode = info.orig_filename, info.external_attr >> 16
    parts = re.split(r"[\\/]", written)
    if "\0" in written:
        return f"{shown(written)} holds a NUL character"
    if parts[0] == "" or _DRIVE.match(written):
        return f"{shown(written)} is absolute"
    if ".." in parts:
        return f"{shown(written)} leaves the folder"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return f"{shown(written)} is a {'link' if stat.S_ISLNK(mode) else 'device'}, not a file"
    if info.flag_bits & 1:
        return f"{shown(written)} is encrypted"
    return ""


def _unpack(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], place: Path, name: str) -> None:
    """Unpack into a folder beside ``place``, which then takes its name."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        needed = sum(info.file_size for info in entries)
        if (free := shutil.disk_usage(place.parent).free) < needed:
            raise ManifestError(f"needs {needed} bytes and {free} are free", place=name, remedy="free some space")
        with tempfile.TemporaryDirectory(dir=place.parent, prefix="unpacking-", ignore_cleanup_errors=True) as made:
            within = Path(made) / "corpus"
            within.mkdir()
            for info in entries:
                target = within / _inside(info)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as packed, open(target, "xb") as out:
                    _copy(packed, out, info, name)
            within.rename(place)
    except OSError as error:
        if not place.is_dir():  # else somebody else unpacked the same zip meanwhile
            raise ManifestError(
                f"cannot be unpacked ({error.strerror})", place=name, remedy="check the folder"
            ) from None


def _copy(packed: IO[bytes], out: IO[bytes], info: zipfile.ZipInfo, name: str) -> None:
    """Copy one entry, but never more than the zip declares."""
    written = 0
    while block := packed.read(_BLOCK):
        written += len(block)
        if written > info.file_size:
            break
        out.write(block)
    if written != info.file_size:
        problem = f"{shown(info.filename)} is not {info.file_size} bytes long, as the zip declares"
        raise ManifestError(problem, place=name, remedy="make the zip again")


def manifests_in(place: Path, *, below: bool = True) -> list[Path]:
    """Return the files in a folder that end like a manifest and have the columns path, reference and speaker_id; with
    ``below``, those in the folders below it too."""
    return [path for path in _tables(place) if (below or path.parent == place) and _has_columns(path)]


def manifest_in(place: Path, name: str) -> Path:
    """Return the manifest of an unpacked zip: the one file that ends like a manifest, or the one of several that has the
    columns path, reference and speaker_id; ``<name>.toml`` beside it describes it as always.

    Raises
    ------
    ManifestError : no manifest or several; an audio_root outside the zip
    """
    tables = _tables(place)
    candidates = tables if len(tables) == 1 else [path for path in tables if _has_columns(path)]
    if len(candidates) != 1:
        named = ", ".join(path.relative_to(place).as_posix() for path in (candidates or tables)[:_LISTED])
        problem = f"{len(candidates)} manifests in it: {named}" if candidates else "no manifest in it"
        if tables and not candidates:
            problem += f"; none of {named} has the columns {', '.join(REQUIRED)}"
        raise ManifestError(problem, place=name, remedy=f"put one manifest ({', '.join(SUFFIXES)}) into the zip")
    description, _ = read_description(candidates[0])  # its faults are reported when the manifest is read
    root = os.path.realpath(candidates[0].parent / description.audio_root)
    if os.path.commonpath([root, os.path.realpath(place)]) != os.path.realpath(place):
        problem = f"audio_root {description.audio_root!r} is outside the zip"
        raise ManifestError(
            problem, place=f"{name}: {candidates[0].with_suffix('.toml').name}", remedy="put the audio into it"
        )
    return candidates[0]


def _tables(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _has_columns(path: Path) -> bool:
    try:
        return set(REQUIRED) <= set(read_table(path).frame.columns)
    except ManifestError:
        return False
