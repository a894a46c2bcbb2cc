"""The map of a sweep: a planted notch is its darkest cell, confirmed cells are marked, and what is no grid is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.figure_text import plain, screen_text, svg_text
from tests.paired_scores import counted
from workbench.conditions import sweep
from workbench.errors import ScoringError
from workbench.fairness import gap_changes
from workbench.figures import sweep_map, sweeps_of

FREQUENCIES, RATES = [225.0, 450.0, 900.0, 1800.0], [1.0, 2.0, 4.0]
GRID = sweep("equip_pulse", frequency_hz=FREQUENCIES, rate_hz=RATES)
NOTCH = next(c for c in GRID if (c.parameters["frequency_hz"], c.parameters["rate_hz"]) == (900.0, 2.0))
ASKED = {"group": "a", "model_id": "m", "condition": "equip_pulse", "across": "frequency_hz", "down": "rate_hz"}


@pytest.fixture(scope="module")
def changes() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = []
    for group, n in (("a", 8), ("b", 10)):
        for person in range(n):
            own = rng.gamma(6, 1 / 60)
            for condition in ("clean", *(c.condition_id for c in GRID)):
                rate = own + 0.1 * (condition != "clean") + 0.4 * (group == "a" and condition == NOTCH.condition_id)
                rows.append(
                    (f"c/{group}{person}", condition, f"{group}{person}", group, rng.binomial(200, min(rate, 0.9)))
                )
    names = ["utterance_id", "condition_id", "speaker_id", "accent", "errors"]
    return gap_changes(counted(pd.DataFrame(rows, columns=names), 200), "accent", permutations=499)


def test_a_planted_notch_is_the_cell_that_stands_out(changes: pd.DataFrame) -> None:
    picture = sweep_map(changes, "accent", confirmed=[NOTCH.condition_id], **ASKED)
    table = picture.table.set_index("condition_id")
    assert len(table) == len(GRID) and table["change"].idxmax() == NOTCH.condition_id
    outlined = table.index[table["answer"].isin(["both scales", "additive only"])]
    assert list(outlined) == [NOTCH.condition_id]
    for text in (picture.alt, screen_text(picture), svg_text(picture.svg())):
        assert "900 Hz" in plain(text) and "✓" in plain(text)
    assert "rate_hz 2 Hz, frequency_hz 900 Hz: +4" in plain(picture.alt)


def test_a_grid_of_two_parameters_is_a_map_and_severities_are_none() -> None:
    ids = [condition.condition_id for condition in GRID]
    assert sweeps_of(["clean", *ids, "room@1", "room@2"]) == {"equip_pulse": [("frequency_hz", "rate_hz")]}
    assert sweeps_of([f"equip_pulse@{level}" for level in (1, 2, 3, 4)]) == {}
    assert sweeps_of(ids[:2]) == {} and sweeps_of(["somebody's own name"]) == {}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"group": "z"}, "no group 'z'"),
        ({"condition": "room"}, "are no map"),
        ({"across": "volume"}, "no parameter 'volume'"),
        ({"down": "duty"}, "are no map"),
    ],
)
def test_what_is_no_map_is_refused(changes: pd.DataFrame, asked: dict, words: str) -> None:
    with pytest.raises(ScoringError, match=words):
        sweep_map(changes, "accent", **{**ASKED, **asked})
