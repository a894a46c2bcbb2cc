"""The headline: who is served worst and best by counts added up here, how sure that is, and nothing that was not measured."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from tests.figure_frames import CONDITIONS, MODEL, Errors, scores
from tests.figure_text import plain
from workbench.fairness import gaps, rates
from workbench.figures import Headline, headline

FEW = {
    "north": [[20, 22], [21, 25], [24, 23]],
    "south": [[9, 10], [8, 9], [9, 11]],
    "west": [[12, 14], [15, 13], [14, 13]],
}
CLEAR = {"worse": [[30 + i % 3, 29] for i in range(9)], "better": [[5 + i % 2, 6] for i in range(9)]}
ALIKE = {name: [[5 + (i + at) % 3, 6] for i in range(9)] for at, name in enumerate(("a", "b"))}


def of(errors: Errors, conditions: tuple[str, ...] = CONDITIONS, **asked: Any) -> Headline:
    frame = scores(errors, conditions)
    tables = gaps(frame, "accent", margin=0.02, permutations=999, **asked), rates(frame, ["accent"])
    return headline(*tables, "accent", model_id=MODEL, caveat="Synthetic voices.")


def words(result: Headline) -> str:
    return plain(" ".join(result.sentences))


def test_the_worst_and_the_best_are_those_whose_errors_add_up_to_most_and_least() -> None:
    frame = scores()
    sums = frame[frame["accent"].isin(["Scotland", "England"])].groupby("accent")[["errors", "ref_words"]].sum()
    shares = (sums["errors"] / sums["ref_words"]).astype(float)
    result = headline(
        gaps(frame, "accent", margin=0.02, permutations=999), rates(frame, ["accent"]), "accent", model_id=MODEL
    )
    assert (result.worst.group, result.best.group) == (shares.idxmax(), shares.idxmin())
    assert result.worst.condition_id == result.best.condition_id, "like is quoted with like"


def test_the_numbers_of_the_sentences_are_those_of_the_tables() -> None:
    frame = scores(CLEAR)
    found = gaps(frame, "accent", margin=0.02, permutations=999)
    result = headline(found, rates(frame, ["accent"]), "accent", model_id=MODEL)
    own = found[(found["group"] == "worse")].set_index("condition_id")
    assert result.worst.condition_id == own["difference"].idxmax()
    row = own.loc[result.worst.condition_id]
    said = plain(result.worst_words)
    assert f"{100 * row['difference']:.1f} points above the other groups" in said
    assert f"interval +{100 * row['ci_low']:.1f} to +{100 * row['ci_high']:.1f} points" in said
    assert f"{row['ratio']:.1f} times their rate ({row['ratio_low']:.1f} to {row['ratio_high']:.1f})" in said
    assert result.certainty == "firm" and "firm gap in 3 of 3 conditions" in said


def test_a_gap_of_few_speakers_is_tentative_and_says_how_many_more_it_takes() -> None:
    result = of(FEW)
    assert (result.certainty, result.worst.group, result.best.group) == ("tentative", "north", "south")
    assert plain(result.title) == "north has the highest word error rate; its gap is tentative."
    assert "fewer than 5 speakers describe themselves" in words(result)
    assert "at least 2 more speakers of north" in plain(result.needed_words)
    assert "firm." not in result.title


def test_what_is_not_shown_is_not_claimed() -> None:
    noisy = {"a": [[5, 20], [22, 4], [9, 9], [3, 25], [12, 8]], "b": [[6, 19], [20, 3], [9, 7], [3, 22], [11, 8]]}
    result = of(noisy)
    assert result.certainty == "inconclusive"
    assert "the difference may be chance" in result.title
    assert (
        re.search(r"inconclusive; about [\d,]+ more speakers", plain(result.needed_words))
        or result.worst.more_speakers is None
    )


def test_equal_groups_are_called_equal_only_if_every_comparison_is_within_the_margin() -> None:
    result = of(ALIKE)
    assert result.title.startswith("Every group is within the margin")
    few = of({name: people[:4] for name, people in ALIKE.items()})
    assert not few.title.startswith("Every group"), "four speakers are not enough to be firm"


def test_where_everybody_fails_no_group_is_accused() -> None:
    result = of({name: [[48, 49]] * 9 for name in ("a", "b")}, CONDITIONS[:1])
    assert result.title.startswith("The groups cannot be compared: ")
    assert result.worst_words == result.best_words == ""
    assert "recogniser that fits" in result.needed_words


def test_a_group_with_a_firm_gap_comes_before_one_that_looks_worse_on_two_speakers_who_are_named_too() -> None:
    result = of({**CLEAR, "few": [[40, 41], [41, 43]], "alone": [[44, 45]]})
    assert (result.certainty, result.worst.group) == ("firm", "worse")
    assert any("few (2 speakers)" in plain(remark) for remark in result.remarks)
    lonely = of({"a": [[9, 8]], "b": [[10, 3]]})
    assert lonely.worst is None and "cannot be compared" in lonely.title


def test_against_one_group_that_group_can_be_the_worst_and_the_sentence_says_why_there_is_no_gap() -> None:
    result = of(CLEAR, reference="worse")
    assert (result.worst.group, result.worst.difference) == ("worse", None)
    assert "the group that the others are compared with" in result.worst_words
    assert plain(result.best_words).count("below worse") == 1


def test_counts_and_the_caveat_stand_in_it_and_labels_are_what_groups_are_called() -> None:
    frame = scores(CLEAR)
    result = headline(
        gaps(frame, "accent", margin=0.02, permutations=999), rates(frame, ["accent"]), "accent", model_id=MODEL,
        labels={"worse": "West Midlands"}, caveat="Synthetic voices.",
    )  # fmt: skip
    assert result.title.startswith("West Midlands is served worse than the other groups")
    assert result.sentences[-1] == "Synthetic voices."
    assert "6 GAP (shown beyond chance; 6 firm)" in plain(result.counts)
    assert result.worst.group == "worse", "the value keeps the name of the corpus"


@pytest.mark.parametrize("missing", ["clean", CONDITIONS[1]])
def test_groups_are_ranked_over_the_conditions_that_all_were_heard_in(missing: str) -> None:
    frame = scores(FEW)
    frame = frame[(frame["accent"] != "west") | (frame["condition_id"] != missing)]
    result = headline(gaps(frame, "accent", permutations=999), rates(frame, ["accent"]), "accent", model_id=MODEL)
    assert "over the 2 conditions that every group was heard in" in plain(result.best_words)


def test_a_frame_without_comparisons_gives_no_headline_of_a_group() -> None:
    frame = scores({"only": [[5, 6], [7, 8]]})
    result = headline(gaps(frame, "accent", permutations=999), rates(frame, ["accent"]), "accent", model_id=MODEL)
    assert isinstance(result.title, str) and result.worst is None
    assert not pd.isna(result.counts)
