"""Audio named by URL (``s3://``, ``gs://``, ``hf://``, ``https://``): fetched once through fsspec, then a local file.

A manifest may come from anybody. It reaches the stores in :data:`SCHEMES` and whatever ``WORKBENCH_URL_SCHEMES`` adds, one at a time
(no chained URLs), nothing on this machine, and no host of a private network unless ``WORKBENCH_PRIVATE_HOSTS`` is 1. Where a server
sends on to another address, that one is not checked.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import socket
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import AudioError

SCHEMES = frozenset({"https", "s3", "gs", "gcs", "hf", "az", "abfs", "abfss", "adl"})
"""What a manifest may name without a word of whoever runs the workbench: stores on the network that ask who reads."""

MOST_BYTES = 2 << 30
"""A larger file is not fetched: 2 GiB, 18 hours of 16-bit audio at 16 kHz."""

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
    AudioError : it cannot be fetched or is too large, nothing is installed for its kind of URL, or that kind or host is not allowed
    """
    if not is_url(path):
        return Path(path)
    file = cache() / cached_name(path)
    if file.is_file() and not fresh:
        return file
    _require_allowed(path)
    import fsspec

    try:
        system, inside = fsspec.core.url_to_fs(path)
        size = system.info(inside).get("size")
        if isinstance(size, int) and size > MOST_BYTES:
            remedy = "copy it to this machine and name it by a path"
            raise AudioError(f"it has {size} bytes, more than {MOST_BYTES} are not fetched", place=path, remedy=remedy)
        state = str(system.ukey(inside))
        mark = file.with_suffix(file.suffix + ".state")
        if not (file.is_file() and mark.is_file() and mark.read_text() == state):
            _fetch(system, inside, file)
            mark.write_text(state)
    except ImportError as error:
        raise AudioError(str(error), place=path, remedy="install it, or copy the audio to this machine") from None
    except AudioError:
        raise
    except Exception as error:  # every file system raises errors of its own
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        raise AudioError(
            f"it cannot be fetched ({text})", place=path, remedy="check the URL, and who may read it"
        ) from None
    return file


def _require_allowed(path: str) -> None:
    scheme, _, rest = path.partition("://")
    named = os.environ.get("WORKBENCH_URL_SCHEMES", "")
    allowed = SCHEMES | {word.strip().lower() for word in named.split(",") if word.strip()}
    if "::" in path:
        raise AudioError("a URL within a URL is not read", place=path, remedy="name the file itself")
    if scheme not in allowed:
        local = scheme in ("file", "local")
        remedy = (
            "write the path of the file, relative to the manifest" if local else f"use {', '.join(sorted(allowed))}"
        )
        problem = f"{scheme}:// is not read; whoever runs the workbench may allow it in WORKBENCH_URL_SCHEMES"
        raise AudioError(problem, place=path, remedy=remedy)
    if scheme in ("http", "https") and os.environ.get("WORKBENCH_PRIVATE_HOSTS", "") != "1":
        _require_public(path, rest)


def _require_public(path: str, rest: str) -> None:
    """Raise :class:`AudioError` if the host is, or resolves to, an address that is not on the public Internet."""
    host = urlsplit(f"//{rest}").hostname or ""
    try:
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return  # it cannot be fetched either, which is said there
    if any(not ipaddress.ip_address(address.partition("%")[0]).is_global for address in addresses):
        problem = f"the host {host!r} is in a private network; whoever runs the workbench may allow it with WORKBENCH_PRIVATE_HOSTS=1"
        raise AudioError(problem, place=path, remedy="copy the audio to this machine")


def forget(url: str) -> None:
    """Delete what was fetched from ``url``, which turned out to be of no use: no copy of a file that is refused stays."""
    for path in cache().glob(f"{cached_name(url)}*"):
        with suppress(OSError):
            path.unlink()


def cached_name(url: str) -> str:
    """Return the name under which what ``url`` names lies in :func:`cache`."""
    return hashlib.sha256(url.encode()).hexdigest()[:40] + PurePosixPath(url.partition("?")[0]).suffix


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
