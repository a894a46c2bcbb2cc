"""How often two models' texts differ and for whom: by hand, against the paired comparison, and as a command."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from tests.two_sides import drawn, side
from workbench.errors import ScoringError
from workbench.fairness import compare
from workbench.schema import TEXT_DIFFERENCES

REFERENCE = "one two three four"


def both(second: dict[str, str | None]) -> pd.DataFrame:
    """Model a is always right; model b writes what ``second`` says."""
    people = {
        "u1": ("n1", "north"),
        "u2": ("n1", "north"),
        "u3": ("n2", "north"),
        "u4": ("s1", "south"),
        "u5": ("s2", "south"),
    }
    rows = [(name, *who, REFERENCE) for name, who in people.items()]
    a = side([(*row, REFERENCE) for row in rows], model="a")
    b = side([(*row, second.get(row[0], REFERENCE)) for row in rows], model="b")
    return pd.concat([a, b], ignore_index=True)


def test_by_hand() -> None:
    found = wb.text_differences(both({"u1": "one two three", "u4": "one x three y"}), "a", "b", by="accent")
    TEXT_DIFFERENCES.validate(found)
    rows = found.set_index("group")
    assert rows["n_differing"].tolist() == [2, 1, 1]
    assert rows["share"].tolist() == pytest.approx([2 / 5, 1 / 3, 1 / 2])
    assert rows["rate_first"].tolist() == [0, 0, 0]
    assert rows["difference"].tolist() == pytest.approx([3 / 20, 1 / 12, 2 / 8])
    assert rows.loc["south", "gap_change"] == pytest.approx(2 / 8 - 1 / 12)
    assert np.isnan(rows.loc["", "gap_change"])
    assert 0 <= rows.loc["", "share_ci_low"] < 2 / 5 < rows.loc["", "share_ci_high"] <= 1


def test_other_words_of_the_same_number_of_errors_differ_too() -> None:
    found = both({"u1": "one two three x", "u2": "one two three"})
    also_wrong = found["hypothesis"].where(
        found["model_id"] != "a", found["hypothesis"].replace({REFERENCE: "one two three y"})
    )
    assert wb.text_differences(found.assign(hypothesis=also_wrong), "a", "b")["n_differing"].tolist() == [5]


def test_the_same_text_differs_nowhere() -> None:
    (row,) = wb.text_differences(both({}), "a", "b").to_dict("records")
    assert (row["n_differing"], row["share"], row["difference"]) == (0, 0, 0)
    assert row["share_ci_high"] > 0


def test_what_failed_for_a_model_is_not_compared() -> None:
    found = wb.text_differences(both({"u5": None, "u3": ""}), "a", "b", ["accent"]).set_index("group")
    assert found["n_utterances"].tolist() == [4, 3, 1]
    assert found["n_differing"].tolist() == [1, 1, 0]


def test_errors_and_gaps_are_those_of_the_paired_comparison(rng: np.random.Generator) -> None:
    groups = {"north": (9, 0.2), "south": (7, 0.3)}
    scores = pd.concat([drawn(rng, groups, model="a"), drawn(rng, groups, model="b")], ignore_index=True)
    found, wanted = (
        wb.text_differences(scores, "a", "b", "accent"),
        compare(scores, scores, ["accent"], system="a", versus="b"),
    )
    for name in ("rate_first", "difference", "ci_low", "ci_high", "p_adjusted"):
        assert found[name].tolist() == pytest.approx(wanted.comparisons[name].tolist())
    assert found["gap_ci_low"].tolist()[1:] == pytest.approx(wanted.gap_checks["ci_low"].tolist())
    assert found["gap_p_adjusted"].tolist()[1:] == pytest.approx(wanted.gap_checks["p_adjusted"].tolist())


def test_a_model_that_is_not_there_is_suggested() -> None:
    with pytest.raises(ScoringError, match=r"'bb'"):
        wb.text_differences(both({}), "a", "bb", "accent")
