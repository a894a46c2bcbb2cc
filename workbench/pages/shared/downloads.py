"""Downloads: any table as CSV and Parquet, any figure as SVG, PDF and PNG; made when they are asked for.

A figure of a run carries the hash of the run (``figures.traced_files``), so that it can be told later what it shows.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial

import pandas as pd
import streamlit as st

from workbench.cards.hashes import run_hash
from workbench.figures import Picture
from workbench.figures.image_files import FORMATS
from workbench.figures.traced_files import PREFIX, exported
from workbench.files.spreadsheet_text import neutral
from workbench.results import Results

_SHOWN: ContextVar[Results | None] = ContextVar("shown", default=None)


@contextmanager
def of_run(results: Results) -> Iterator[None]:
    """Let figures that are offered inside carry the hash of this run."""
    token = _SHOWN.set(results)
    try:
        yield
    finally:
        _SHOWN.reset(token)


def table(frame: pd.DataFrame, name: str, *, key: str, label: str = "Numbers") -> None:
    """Offer a frame as ``name.csv`` and ``name.parquet``."""
    table_of(lambda: frame, name, key=key, label=label)


def table_of(make: Callable[[], pd.DataFrame], name: str, *, key: str, label: str = "Numbers") -> None:
    """Offer the frame that ``make`` returns, which is not called before somebody asks for it."""
    kind = "application/vnd.apache.parquet"
    _button(f"{label} (CSV)", lambda: _csv(make()), f"{name}.csv", "text/csv", f"{key}_csv")
    _button(f"{label} (Parquet)", lambda: _parquet(make()), f"{name}.parquet", kind, f"{key}_parquet")


def figure(picture: Picture, name: str, *, key: str) -> None:
    """Offer a figure in every format that it can be printed in."""
    shown = _SHOWN.get()
    for ending, (make, kind) in FORMATS.items():
        made = partial(make, picture) if shown is None else partial(_traced, picture, ending, shown)
        _button(f"Figure ({ending.upper()})", made, f"{name}.{ending}", kind, f"{key}_{ending}")


MOST_HASHED = 200_000
"""Transcripts of a run whose hash is computed for a recording that is played: a second or two."""


def mark() -> str:
    """Return what a recording of the run that is shown says of where it comes from; empty where none is shown."""
    shown = _SHOWN.get()
    if shown is None:
        return ""
    run = shown.run
    if run.total > MOST_HASHED:
        return f"run {run.run_id}"
    return f"run {run.run_id} {PREFIX}{_hash((run.run_id, run.done, run.finished_at, shown.normaliser_id), shown)}"


def _compute_hash(key: tuple[object, ...], _shown: Results) -> str:
    return run_hash(_shown)


_hash = st.cache_data(_compute_hash, max_entries=8, show_spinner=False)


def _traced(picture: Picture, ending: str, shown: Results) -> bytes:
    return exported(picture, ending, run_hash=run_hash(shown))


def _csv(frame: pd.DataFrame) -> bytes:
    return neutral(frame).to_csv(index=False).encode("utf-8")


def _parquet(frame: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    frame.to_parquet(sink, index=False)
    return sink.getvalue()


def _button(label: str, make: Callable[[], bytes], name: str, kind: str, key: str) -> None:
    context = copy_context()  # what is made later is made under the display names of this page
    st.download_button(
        label, lambda: context.copy().run(make), name, kind, key=key, on_click="ignore", icon=":material/download:"
    )
