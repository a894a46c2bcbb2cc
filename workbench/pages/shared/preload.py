"""Warming: the libraries that make a recording heard again are loaded by a server before its first page.

Not beside it: while one thread imports torch, what another computes with SciPy fails, which looks whether an array is torch's
and finds half a module.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import streamlit as st


def before_the_first_page() -> None:
    """Load them once in this process, with a word on it; whoever comes meanwhile waits too."""
    if not load.cache_info().currsize:
        with st.spinner("Starting: the libraries for audio are loaded ..."):
            load()


@cache
def load() -> None:
    """Load them; where they are missing, the page that needs them says so."""
    from workbench.audio.torchaudio_loader import load_torchaudio

    with suppress(ImportError, OSError):
        load_torchaudio()
