"""The table behind a figure: digits as far as intervals bear them, numbers that can be sorted, units in the headings."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.figure_frames import MODEL, scores
from workbench.fairness import gap_changes, gaps, rates
from workbench.figures import gap_change_heatmap, gap_intervals, rate_heatmap
from workbench.figures.readable_table import readable
from workbench.figures.wording import MINUS, decimals, number

FIRM = {"narrow": [[20, 20]] * 9 + [[21, 20]], "wide": [[2, 3], [30, 31], [25, 18]], "alone": [[11, 14]]}


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    return scores(FIRM)


@pytest.mark.parametrize(
    ("value", "heading", "signed"),
    [("rate", "Rate (%)", False), ("difference", "Difference (points)", True), ("change", "Change (points)", True)],
)
def test_a_number_has_the_digits_that_are_written_elsewhere(
    value: str, heading: str, signed: bool, scored: pd.DataFrame
) -> None:
    picture = {
        "rate": lambda: rate_heatmap(rates(scored, ["accent"]), "accent", model_id=MODEL),
        "difference": lambda: gap_intervals(gaps(scored, "accent", margin=0.02), model_id=MODEL),
        "change": lambda: gap_change_heatmap(gap_changes(scored, "accent", margin=0.02), "accent", model_id=MODEL),
    }[value]()
    shown = readable(picture.table)
    assert len(shown) == len(picture.table)
    places = set()
    for was, row in zip(picture.table.to_dict("records"), shown.to_dict("records"), strict=True):
        low, high = (None if pd.isna(was[end]) else was[end] for end in ("ci_low", "ci_high"))
        for name, end in ((heading, value), (f"{heading}: 95 % from", "ci_low"), (f"{heading}: 95 % to", "ci_high")):
            if pd.isna(was[end]):
                assert pd.isna(row[name])
                continue
            digits = decimals(low, high)
            places.add(digits)
            assert f"{row[name]:.{digits}f}".replace("-", MINUS) in (
                number(was[end], digits),
                f"{MINUS}0",
                f"{MINUS}0.0",
            )
            assert row[name] == round(row[name], digits)
    assert value != "rate" or places == {0, 1}


def test_words_stand_for_columns_and_counts_stay_counts(scored: pd.DataFrame) -> None:
    table = rate_heatmap(rates(scored, ["accent"]), "accent", model_id=MODEL).table
    shown = readable(table)
    assert list(shown.columns[:5]) == ["Group", "Condition", "Speakers", "Utterances", "Words"]
    assert shown["Condition"].tolist()[:1] == ["babble, 3\u00a0dB"]
    assert shown["Speakers"].tolist() == table["n_speakers"].tolist()
    assert not {"ci_low", "ci_high"} & set(shown)
