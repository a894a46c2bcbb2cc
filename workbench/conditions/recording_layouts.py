"""Collections of noises and room responses as they are distributed: which of their files are which."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Role = Literal["", "noise", "response"]
"""What a file is by the layout of its collection; "" where the layout does not say."""

SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".w64", ".webm", ".wma"}
)
"""Endings of the files that are taken for audio; whatever else lies in a folder (read-mes, tables) is left alone."""

_LAYOUTS = {"MUSAN": {"music", "noise", "speech"}, "WHAM": {"tr", "cv", "tt"}, "ESC-50": {"audio", "meta"}}
_TESTED = "tt"
_REAL, _POINT, _SIMULATED = "real_rirs_isotropic_noises", "pointsource_noises", "simulated_rirs"


def listed(path: Path) -> tuple[tuple[Path, ...], str]:
    """Return the audio files below a folder, sorted by name, as far as its layout uses them; and the layout."""
    audio = []
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        audio += [
            Path(folder) / name for name in names if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
        ]
    files = sorted(audio, key=lambda file: file.relative_to(path).as_posix())
    inside = {entry.name for entry in path.iterdir() if entry.is_dir()}
    scenes = [file for file in files if file.stem == "ch01"]
    if scenes and all(file.stem.startswith("ch") and file.stem[2:].isdecimal() for file in files):
        return tuple(scenes), "DEMAND"
    if inside & {_REAL, _SIMULATED} or (path.name == _REAL and files):
        return tuple(files), "RIRS_NOISES"
    layout = next((name for name, folders in _LAYOUTS.items() if folders <= inside), "")
    if layout == "WHAM":
        files = [file for file in files if file.relative_to(path).parts[0] == _TESTED]
    if layout == "ESC-50":
        files = [file for file in files if file.relative_to(path).parts[0] == "audio"]
    return tuple(files), layout


def roles(path: Path, files: Sequence[Path], layout: str) -> list[Role]:
    """Return what each file of a folder is.

    RIRS_NOISES (SLR28) holds responses and noises side by side: ``rir_list`` and ``noise_list`` of a folder say which is which;
    where they are missing, simulated responses lie in ``simulated_rirs``, point-source noises in ``pointsource_noises``, and
    among the real ones ``_noise_`` in the name tells the noises. In MUSAN there are no responses.

    Source: openslr.org/28, README and lists.
    """
    if layout == "MUSAN":
        return ["noise"] * len(files)
    if layout != "RIRS_NOISES":
        return [""] * len(files)
    stated = _lists(path)
    result: list[Role] = []
    for file in files:
        parts = file.parts
        if (role := stated.get((file.parent.name, file.name))) is not None:
            result.append(role)
        elif _SIMULATED in parts:
            result.append("response")
        elif _POINT in parts or "_noise_" in file.name or file.name.startswith("noise"):
            result.append("noise")
        else:
            result.append("response" if _REAL in parts else "")
    return result


def _lists(path: Path) -> dict[tuple[str, str], Role]:
    """Return the role of files, by their folder's and their own name, as the lists of the collection state it."""
    stated: dict[tuple[str, str], Role] = {}
    kinds: tuple[tuple[str, Role], ...] = (("rir_list", "response"), ("noise_list", "noise"))
    for name, role in kinds:
        for file in sorted(path.rglob(name)):
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                if line.split():
                    written = Path(line.split()[-1])
                    stated[written.parent.name, written.name] = role
    return stated
