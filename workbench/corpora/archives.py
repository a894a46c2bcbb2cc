"""Archives of open corpora from where their authors publish them, checked by SHA-256 before anything is unpacked."""

from __future__ import annotations

import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.corpora.adapters import get_adapter
from workbench.corpora.adapters.adapter import Adapter, Download
from workbench.corpora.audio_files import Progress
from workbench.errors import ManifestError, choices
from workbench.extras import load_package

TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Downloaded:
    """Where a corpus was unpacked, ready for ``prepare``; ``checked`` is False where no SHA-256 was known to compare with."""

    folder: Path
    archive: Path
    sha256: str
    checked: bool


def download_corpus(
    name: str,
    folder: Path | str,
    *,
    part: str = "",
    url: str = "",
    sha256: str = "",
    on_progress: Progress | None = None,
) -> Downloaded:
    """Fetch an archive of the corpus ``name``, compare its SHA-256, and unpack it below ``folder``.

    ``part`` names one of the adapter's archives (by default its first). ``url`` takes another place, such as a mirror;
    ``sha256`` is then what the archive must have, and without it nothing is compared and ``checked`` is False. An archive
    that is there already and has the right SHA-256 is not fetched again. ``on_progress`` counts bytes.

    Raises
    ------
    ManifestError : the corpus has no archives, no such part, no network, another SHA-256, or an archive that cannot be unpacked
    """
    adapter, folder = get_adapter(name), Path(folder)
    selected = _chosen(adapter, part, url, sha256)
    folder.mkdir(parents=True, exist_ok=True)
    archive = _fetch(selected, folder, on_progress)
    result = _digest(archive)
    return Downloaded(_unpack(archive, folder), archive, result, checked=bool(selected.sha256))


def _chosen(adapter: Adapter, part: str, url: str, sha256: str) -> Download:
    if url:
        return Download(url, sha256.lower())
    if not adapter.downloads:
        remedy = f"get it from {adapter.source}, unpack it, and name its folder"
        raise ManifestError(f"{adapter.name} is not downloaded from here", place="--download", remedy=remedy)
    part = part or next(iter(adapter.downloads))
    if part not in adapter.downloads:
        problem = f"{adapter.name} has no archive {part!r}"
        raise ManifestError(problem, place="--download", remedy=choices(part, adapter.downloads))
    return adapter.downloads[part]


class _Bar:
    """What pooch takes for a progress bar."""

    def __init__(self, show: Progress) -> None:
        self.total = 0
        self.done = 0
        self._show = show

    def update(self, count: int) -> None:
        """Count bytes."""
        self.done += count
        self._show(min(self.done, self.total) if self.total else self.done, max(self.total, self.done))

    def reset(self) -> None:
        """Pooch sets the bar back once the last byte has come, to write it as full."""
        self.done = 0

    def close(self) -> None:
        """End."""


def _fetch(chosen: Download, folder: Path, on_progress: Progress | None) -> Path:
    pooch, requests = map(load_package, ("pooch", "requests"))

    pooch.get_logger().setLevel("ERROR")  # what it has to say is said here
    bar: Any = _Bar(on_progress) if on_progress is not None else False
    file = chosen.url.rstrip("/").rsplit("/", 1)[-1]
    try:
        fetched = pooch.retrieve(
            chosen.url,
            known_hash=f"sha256:{chosen.sha256}" if chosen.sha256 else None,
            fname=file,
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT_S),
        )
    except requests.RequestException as error:
        text = type(error).__name__ if error.response is None else f"HTTP {error.response.status_code}"
        remedy = "check the network, or download it in a browser, unpack it, and name its folder"
        raise ManifestError(f"cannot be fetched ({text})", place=chosen.url, remedy=remedy) from None
    except ValueError as error:  # pooch's word for another hash; the file is not kept
        if "hash" not in str(error):
            raise ManifestError(f"cannot be fetched ({error})", place=chosen.url, remedy="check the address") from None
        problem = f"the archive does not have the SHA-256 {chosen.sha256}"
        remedy = "try again; if it stays so, the file there has changed: nothing was unpacked"
        raise ManifestError(problem, place=chosen.url, remedy=remedy) from None
    except OSError as error:
        raise ManifestError(f"cannot be written ({error.strerror})", place=str(folder), remedy="check it") from None
    return Path(fetched)


def _digest(path: Path) -> str:
    import pooch

    return str(pooch.file_hash(str(path), alg="sha256"))


def _unpack(archive: Path, folder: Path) -> Path:
    """Unpack a tar below ``folder`` and return the one folder in it; links and paths that leave it are refused."""
    try:
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
            tops = sorted({member.name.split("/", 1)[0] for member in members if member.name.strip("./")})
            needed, free = sum(member.size for member in members), shutil.disk_usage(folder).free
            if needed > free:
                raise ManifestError(
                    f"needs {needed} bytes and {free} are free", place=archive.name, remedy="free some space"
                )
            if len(tops) != 1:
                problem = f"holds {len(tops)} folders and files, not one folder"
                raise ManifestError(problem, place=archive.name, remedy="unpack it and name its folder")
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        problem = f"cannot be unpacked ({error})"
        raise ManifestError(problem, place=archive.name, remedy="remove it and download it again") from None
    return folder / os.path.normpath(tops[0])
