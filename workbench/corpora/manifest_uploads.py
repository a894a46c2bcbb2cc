"""A manifest that arrives through the app: stored once, with its audio's folder declared."""

from __future__ import annotations

import re
from pathlib import Path

from workbench.corpora.description import parse_description
from workbench.corpora.manifest_writer import describe
from workbench.errors import ManifestError
from workbench.files.tables import SUFFIXES

_LONGEST = 60
"""Characters of a name: file systems take 255 bytes, and files named after it lie beside it."""
_UNSAFE = re.compile(r"[^\w.,=+ -]")


def save_upload(
    name: str, data: bytes, folder: Path, *, audio_root: Path | None = None, description: bytes | None = None
) -> Path:
    """Store an uploaded manifest in ``folder`` under its own name and return its path; the same upload twice is stored once.

    Its audio paths resolve against ``folder``, or against ``audio_root`` if that is given: then ``<name>.toml`` states
    it, with whatever ``description`` (an uploaded ``.toml``) says. Another manifest of that name is never overwritten:
    the new one is called ``<name>-2`` and so on.

    Raises
    ------
    ManifestError : the name is not that of a manifest, the description cannot be read, or ``audio_root`` is no folder
    """
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .") or "manifest"
    stem, suffix = Path(plain).stem[:_LONGEST].strip(" .") or "manifest", Path(plain).suffix.lower()
    if suffix not in SUFFIXES:
        raise ManifestError(
            f"a manifest does not end with {suffix or 'nothing'!r}", place=name, remedy=f"use {', '.join(SUFFIXES)}"
        )
    if audio_root is not None and not audio_root.is_dir():
        raise ManifestError(f"audio_root {str(audio_root)!r} is not a folder", place=name, remedy="correct it")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, 10_000):
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
        if not path.exists() and not path.with_suffix(".toml").exists():
            return _store(path, data, audio_root, description)
        if path.is_file() and path.read_bytes() == data and _same_description(path, audio_root, description):
            return path
    raise ManifestError("ten thousand manifests of this name", place=name, remedy="choose another name")


def _store(path: Path, data: bytes, audio_root: Path | None, description: bytes | None) -> Path:
    toml = path.with_suffix(".toml")
    text = _description_text(toml, audio_root, description)
    if text is not None:
        toml.write_bytes(text)
    path.write_bytes(data)
    return path


def _same_description(path: Path, audio_root: Path | None, description: bytes | None) -> bool:
    toml = path.with_suffix(".toml")
    there = toml.read_bytes() if toml.is_file() else None
    if there is not None and audio_root is None and description is None:
        return True  # what lies beside it describes it
    return there == _description_text(toml, audio_root, description)


def _description_text(toml: Path, audio_root: Path | None, description: bytes | None) -> bytes | None:
    """Return the bytes of the description, checked; None if there is none to write."""
    if audio_root is None and description is None:
        return None
    given, faults = parse_description(description or b"", toml.name)
    if faults:
        raise ManifestError("; ".join(faults), place=toml.name, remedy="correct the description and upload both again")
    if audio_root is None:
        return description
    stated = given.model_copy(update={"audio_root": str(audio_root.resolve())})
    return describe(stated).encode("utf-8")
