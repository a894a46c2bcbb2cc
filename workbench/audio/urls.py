"""Audio named by URL (``s3://``, ``gs://``, ``hf://``, ``https://``, ``file://``): fetched once through fsspec, then a local file."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.errors import AudioError

_URL = re.compile(r"[a-z][a-z0-9+.-]+://")


def is_url(path: str) -> bool:
    """Tell whether a path is a URL.

    >>> [is_url(one) for one in ("s3://bucket/a.wav", "audio/a.wav", "/data/a.wav", "C://a.wav")]
    [True, False, False, False]
    """
    return _URL.match(path) is not None


def on_this_machine(path: str, *, fresh: bool = False) -> Path:
    """Return ``path`` as a local file; what is named by URL is fetched first and kept in :func:`cache`.

    ``fresh`` asks the other side whether it has changed since it was fetched. Credentials are those of the environment,
    as fsspec's file systems find them.

    Raises
    ------
    AudioError : it cannot be fetched, or nothing is installed for its kind of URL
    """
    if not is_url(path):
        return Path(path)
    name = hashlib.sha256(path.encode()).hexdigest()[:40] + PurePosixPath(path.partition("?")[0]).suffix
    file = cache() / name
    if file.is_file() and not fresh:
        return file
    import fsspec

    try:
        system, inside = fsspec.core.url_to_fs(path)
        state = str(system.ukey(inside))
        mark = file.with_suffix(file.suffix + ".state")
        if not (file.is_file() and mark.is_file() and mark.read_text() == state):
            _fetch(system, inside, file)
            mark.write_text(state)
    except ImportError as error:
        raise AudioError(str(error), place=path, remedy="install it, or copy the audio to this machine") from None
    except Exception as error:  # every file system raises errors of its own
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        raise AudioError(
            f"it cannot be fetched ({said})", place=path, remedy="check the URL, and who may read it"
        ) from None
    return file


def cache() -> Path:
    """Return the folder of fetched audio: ``audio`` in ``WORKBENCH_HOME``; it may be deleted at any time."""
    folder = Path(os.environ.get("WORKBENCH_HOME") or "~/.workbench").expanduser() / "audio"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _fetch(system: Any, inside: str, file: Path) -> None:
    """Fetch a file whole or not at all, whoever else fetches it at the same time."""
    number, part = tempfile.mkstemp(dir=file.parent, suffix=".part")
    os.close(number)
    try:
        system.get_file(inside, part)
        os.replace(part, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
