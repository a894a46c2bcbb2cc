"""Warming: the libraries that make a recording heard again are loaded beside the first pages, so that nobody waits for them."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from threading import Timer

AFTER_S = 5.0
"""Seconds after the start of the server: the first page is drawn by then."""


@cache
def begin(after_s: float = AFTER_S) -> Timer:
    """Load them once in this process, in a thread of its own; where they are missing, the page that needs them says so."""
    thread = Timer(after_s, _load)
    thread.daemon = True
    thread.start()
    return thread


def _load() -> None:
    from workbench._torchaudio import load_torchaudio

    with suppress(ImportError, OSError):
        load_torchaudio()
