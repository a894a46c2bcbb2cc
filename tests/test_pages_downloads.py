"""Downloads of the pages: made when asked for, and a figure of a run says of which run it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st

import workbench as wb
from tests.card_material import results
from workbench.cards.hashes import run_hash
from workbench.pages.shared import downloads


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], bytes]]:
    """What was offered, by file name."""
    found: dict[str, Callable[[], bytes]] = {}

    def button(label: str, data: Callable[[], bytes], file_name: str, *_: Any, **__: Any) -> None:
        found[file_name] = data

    monkeypatch.setattr(st, "download_button", button)
    return found


def test_a_figure_of_a_run_carries_its_hash_in_every_format(offered: dict[str, Callable[[], bytes]]) -> None:
    made = results()
    with downloads.of_run(made):
        downloads.figure(wb.show(made), "board", key="board")
    assert sorted(offered) == ["board.pdf", "board.png", "board.svg"]
    for make in offered.values():
        assert run_hash(made).encode() in make()


def test_a_figure_of_no_run_carries_none(offered: dict[str, Callable[[], bytes]]) -> None:
    made = results()
    with downloads.of_run(made):
        pass
    downloads.figure(wb.show(made), "board", key="board")
    assert b"sha256:" not in offered["board.svg"]()


def test_a_table_is_offered_twice(offered: dict[str, Callable[[], bytes]]) -> None:
    scores = results().scores
    downloads.table(scores, "scores", key="scores")
    assert offered["scores.csv"]().decode().startswith(",".join(scores.columns[:3]))
    assert offered["scores.parquet"]()[:4] == b"PAR1"
