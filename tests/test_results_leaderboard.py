"""The engines of a run side by side, and the board as a table: every number against the scores it comes from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.figure_frames import CONDITIONS, MODEL, scores
from tests.figure_text import plain
from tests.pages import finished
from workbench import results as results_module
from workbench.errors import ScoringError
from workbench.fairness import gaps, rates
from workbench.figures import leaderboard_plot
from workbench.figures.board_table import board_table
from workbench.results.leaderboard import leaderboard
from workbench.store import open_store

pytestmark = pytest.mark.usefixtures("manifests")


def test_each_engine_has_its_rate_its_worst_group_and_what_other_conditions_add(tmp_path: Path) -> None:
    record = finished(tmp_path)
    loaded = results_module.load(record.run_id, store=open_store())
    board = leaderboard(loaded, "accent", condition="clean")
    assert len(board) == 1
    row = board.iloc[0]
    frame = loaded.scores[loaded.scores["status"] == "ok"]
    sums = frame.groupby("condition_id")[["errors", "ref_words"]].sum().astype(float)
    rate = sums["errors"] / sums["ref_words"]
    assert row["rate"] == pytest.approx(rate["clean"])
    assert row["noise_change"] == pytest.approx(rate.drop("clean").mean() - rate["clean"])
    by = frame[frame["condition_id"] == "clean"].groupby("accent")[["errors", "ref_words"]].sum().astype(float)
    shares = by["errors"] / by["ref_words"]
    assert shares[row["worst_group"]] == shares.max() == pytest.approx(row["worst_rate"])  # two may be as bad
    rest = by.drop(row["worst_group"]).sum()
    assert row["difference"] == pytest.approx(shares.max() - rest["errors"] / rest["ref_words"])
    assert pd.isna(row["speed"]), "a script takes no time"
    picture = leaderboard_plot(board, "accent", "clean")
    assert str(row["worst_group"]) in picture.alt and picture.svg() == picture.svg()
    with pytest.raises(ScoringError, match="no engine"):
        leaderboard_plot(board.iloc[:0], "accent", "clean")


def test_the_board_holds_rate_or_gap_with_its_interval_and_what_is_not_firm_is_pale() -> None:
    frame = scores()
    rated, compared = rates(frame, ["accent"]), gaps(frame, "accent", margin=0.02, permutations=999)
    for shown in ("rates", "gaps"):
        table = board_table(rated, compared, "accent", model_id=MODEL, shown=shown)
        assert len(table.columns) == len(CONDITIONS)
        for line in table.cells:
            for cell in line:
                at = (cell.group, cell.condition_id)
                gap = compared.set_index(["group", "condition_id"]).loc[at]
                own = rated.set_index(["accent", "condition_id"]).loc[at]
                sign = {"": "", "GAP": "▲" if gap["difference"] > 0 else "▼"}.get(gap["verdict"], "")
                outlined = {"▲": "△", "▼": "▽"}
                assert cell.sign == (outlined.get(sign, "") if gap["tentative"] else sign)
                if shown == "rates":
                    assert (cell.fill == "pale") == (own["evidence"] not in ("ok", "saturated"))
                    assert plain(cell.value).removesuffix(" %") in (
                        f"{100 * own['rate']:.0f}",
                        f"{100 * own['rate']:.1f}",
                    )
                else:
                    assert (cell.fill == "pale") == (gap["verdict"] == "GAP" and gap["tentative"])
                    assert (cell.fill == "bare") == (gap["verdict"] != "GAP")
    alone = board_table(rated, compared.iloc[:0], "accent", model_id=MODEL)
    assert {cell.sign for line in alone.cells for cell in line} == {""}
