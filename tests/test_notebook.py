"""``wb.show``: the board of a study in a notebook."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.card_material import results
from workbench.errors import ScoringError, StudyError


def test_the_board_of_results_has_every_cell() -> None:
    board = wb.show(results())
    wanted = wb.rates(results().scores, ["accent"])
    assert len(board.table) == len(wanted)
    assert set(board.table["rate"].round(12)) == set(wanted["rate"].round(12))


def test_conditions_stand_in_the_order_of_the_study() -> None:
    assert list(dict.fromkeys(wb.show(results()).table["condition_id"])) == ["clean", "white_noise@2", "babble@3"]


def test_a_notebook_gets_the_figure_for_the_screen_for_print_and_in_words() -> None:
    board = wb.show(results())
    shown = board._repr_mimebundle_()
    assert set(shown) == {"application/vnd.plotly.v1+json", "image/svg+xml", "text/plain"}
    assert str(shown["image/svg+xml"]).lstrip().startswith("<?xml")
    assert "Scotland" in str(shown["text/plain"])
    plotly = shown["application/vnd.plotly.v1+json"]
    assert isinstance(plotly, dict)
    assert {"data", "layout"} <= set(plotly)


def test_what_cannot_be_shown_is_said() -> None:
    with pytest.raises(ScoringError, match="no attribute 'acent'"):
        wb.show(results(), "acent")
    with pytest.raises(StudyError, match="a int cannot be shown"):
        wb.show(3)  # type: ignore[arg-type]
