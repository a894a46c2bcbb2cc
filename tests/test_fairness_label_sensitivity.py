"""Wrong labels: the worst and best gap against every set tried by hand, and the tipping point against re-tested labels."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import gaps
from workbench.fairness.group_gaps.label_sensitivity import label_sensitivity
from workbench.schema import LABEL_SENSITIVITY

A, B = [40, 44, 52, 47], [20, 25, 15, 22, 18]


def scores(a: list[int] = A, b: list[int] = B) -> pd.DataFrame:
    return make_scores([(f"{g}{i}", g, e, 100) for g, errors in (("A", a), ("B", b)) for i, e in enumerate(errors)])


def relabelled(frame: pd.DataFrame, moved: tuple[int, ...]) -> pd.DataFrame:
    labels = frame["accent"].to_numpy(dtype=object).copy()
    for at in moved:
        labels[at] = "B" if labels[at] == "A" else "A"
    return frame.assign(accent=labels)


def test_the_extremes_are_those_of_every_relabelling_tried_by_hand():
    frame = scores()
    row = label_sensitivity(frame, "accent", reference="B", wrong=0.25).iloc[0]
    LABEL_SENSITIVITY.validate(label_sensitivity(frame, "accent", wrong=0.25))
    found = []
    for size in (0, 1, 2):
        for moved in combinations(range(9), size):
            sums = relabelled(frame, moved).groupby("accent")[["errors", "ref_words"]].sum()
            rates = sums["errors"] / sums["ref_words"]
            found.append(float(rates["A"] - rates["B"]))
    assert row["moved"] == 2 and row["exact"]
    assert (row["lowest"], row["highest"]) == pytest.approx((min(found), max(found)))


def test_the_tipping_point_is_the_least_number_whose_move_ends_the_gap():
    frame = scores()
    row = label_sensitivity(frame, "accent", reference="B").iloc[0]
    assert gaps(frame, "accent", reference="B").iloc[0]["verdict"] == "GAP"

    def ends(size: int) -> bool:
        for moved in combinations(range(9), size):
            other = relabelled(frame, moved)
            if other["accent"].value_counts().min() < 2:
                continue
            if not gaps(other, "accent", reference="B").iloc[0]["p_value"] < 0.05:
                return True
        return False

    assert row["tipping_point"] == next(size for size in range(1, 5) if ends(size))
    assert f"moving {row['tipping_point']} of 9 speakers removes this gap" in row["reason"]


def test_less_than_one_speaker_moves_nobody_and_it_is_said():
    row = label_sensitivity(scores(), "accent", reference="B", wrong=0.05).iloc[0]
    assert row["moved"] == 0 and row["lowest"] == row["highest"] == row["difference"]
    assert "5% of 9 speakers is less than one" in row["reason"]


def test_many_speakers_are_moved_one_at_a_time_and_it_is_said(rng):
    frame = scores(rng.poisson(30, 60).tolist(), rng.poisson(22, 80).tolist())
    row = label_sensitivity(frame, "accent", reference="B", wrong=0.05).iloc[0]
    assert row["moved"] == 7 and not row["exact"] and "may lie further out" in row["reason"]
    assert row["lowest"] < row["difference"] < row["highest"]


def test_bad_input_is_refused_and_one_speaker_has_no_comparison():
    for wrong in (0.0, 0.6, math.nan):
        with pytest.raises(ScoringError, match="is not above 0"):
            label_sensitivity(scores(), "accent", wrong=wrong)
    with pytest.raises(ScoringError, match="no group 'C'"):
        label_sensitivity(scores(), "accent", reference="C")
    row = label_sensitivity(scores([40], B), "accent", reference="B").iloc[0]
    assert "fewer than 2 speakers" in row["reason"] and np.isnan(row["lowest"])
