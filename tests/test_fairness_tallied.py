"""Counts that were added up per speaker: what is computed from them is what the rows of the utterances give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.scored import make_scores
from workbench.errors import ScoringError
from workbench.fairness import crossed, gaps, metrics, rates, spread
from workbench.fairness.counts.cells import tallied

PEOPLE = {"a": "north", "b": "north", "c": "south", "d": "south", "e": "west", "f": "not stated"}


def drawn(rng: np.random.Generator) -> tuple[str, int | None, int, bool]:
    """An utterance: who, errors (None: failed), words (sometimes none), and an attribute that is not the speaker's."""
    errors = None if rng.random() < 0.1 else int(rng.integers(0, 90))
    return str(rng.choice(sorted(PEOPLE))), errors, int(rng.integers(0, 5) * 40), bool(rng.random() < 0.5)


def frame_of(rows: list[tuple[str, int | None, int, bool]]) -> pd.DataFrame:
    """Rows under two conditions; some failed, some without reference words; gender is of the utterance, not the speaker."""
    scores = make_scores([(who, PEOPLE[who], errors, words) for who, errors, words, _ in rows])
    return scores.assign(
        condition_id=["clean" if at % 3 else "noise@2" for at in range(len(rows))],
        gender=["female" if one[3] else "male" for one in rows],
        normaliser_id="basic-1",
        char_errors=scores["errors"] * 2,
        ref_chars=scores["ref_words"] * 5,
    )


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


@pytest.mark.parametrize("n", [1, 12, 90])
def test_what_tallies_give_is_what_the_rows_give(n: int, rng: np.random.Generator) -> None:
    scores = frame_of([drawn(rng) for _ in range(n)])
    added = tallied(scores)
    for by in ([], ["accent"], ["accent", "gender"]):
        same(rates(added, by), rates(scores, by))
    same(metrics(added, ["gender"]), metrics(scores, ["gender"]))
    same(rates(added, ["accent"], mode="speaker_mean"), rates(scores, ["accent"], mode="speaker_mean"))
    crossing = ["accent", "gender"]
    same(rates(crossed(added, crossing), ["accent × gender"]), rates(crossed(scores, crossing), ["accent × gender"]))
    same(gaps(added, "accent", margin=0.02, permutations=99), gaps(scores, "accent", margin=0.02, permutations=99))
    same(spread(added, "accent", permutations=99), spread(scores, "accent", permutations=99))


def test_tallies_are_one_row_per_speaker_and_lose_nothing() -> None:
    scores = frame_of([("a", 1, 9, True)] * 5 + [("a", None, 9, True), ("a", 2, 0, True), ("c", 3, 9, False)] * 2)
    added = tallied(scores)
    assert len(added) == len(scores[["condition_id", "speaker_id", "gender"]].drop_duplicates())
    assert added["n_utterances"].sum() + added["n_failed"].sum() + added["n_empty_references"].sum() == len(scores)
    assert added["ref_words"].sum() == 7 * 9
    same(tallied(added)[sorted(added)], added[sorted(added)])


@pytest.mark.parametrize("asked", [{"mode": "utterance_mean"}, {"empty_references": "count"}])
def test_what_only_utterances_can_tell_is_refused(asked: dict[str, Any]) -> None:
    added = tallied(frame_of([("a", 1, 9, True), ("b", 1, 9, True)]))
    with pytest.raises(ScoringError, match="added up already"):
        rates(added, ["accent"], **asked)
