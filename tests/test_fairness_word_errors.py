"""Words that fail: the golden figures, a count by hand over the alignments, and who is too few."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.fairness import gaps
from workbench.fairness.words.log_odds import log_odds
from workbench.fairness.words.word_errors import PRIOR, confusions, word_errors
from workbench.schema import CONFUSIONS, WORD_ERRORS
from workbench.text import add_scores, align_words, get_normaliser


def test_the_golden_figures():
    """30 in 1000 against 10 in 1000, a = 4, a0 = 200."""
    found = log_odds(*(np.array([y]) for y in (30.0, 1000, 10, 1000)), prior=np.array([4.0]), prior_total=200)
    assert round(float(found.delta[0]), 4) == 0.9043
    assert round(float(found.z[0]), 3) == 2.848


def test_without_prior_it_is_the_log_odds_ratio_with_woolfs_variance():
    y_i, n_i, y_j, n_j = (np.array([value]) for value in (8.0, 20.0, 5.0, 40.0))
    found = log_odds(y_i, n_i, y_j, n_j, prior=np.array([0.0]), prior_total=0.0)
    assert found.delta[0] == pytest.approx(np.log(8 * 35 / (12 * 5)))
    assert found.variance[0] == pytest.approx(1 / 8 + 1 / 12 + 1 / 5 + 1 / 35)


def spoken(rows) -> pd.DataFrame:
    """Rows of (speaker, accent, reference, hypothesis), scored."""
    frame = pd.DataFrame(rows, columns=["speaker_id", "accent", "reference_raw", "hypothesis_raw"])
    return add_scores(frame.assign(model_id="m", condition_id="clean", status="ok"), get_normaliser("none"))


def corpus(seed=1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    words = ["turn", "the", "pump", "off", "now", "please"]
    rows = []
    for accent, n in (("x", 4), ("y", 5), ("z", 3)):
        for s in range(n):
            for _ in range(12):
                said = list(rng.choice(words, 5))
                heard = [w for w in said if rng.random() > 0.15]
                heard = ["bump" if w == "pump" and rng.random() < (0.7 if accent == "x" else 0.1) else w for w in heard]
                rows.append((f"{accent}{s}", accent, " ".join(said), " ".join(heard) + " extra" * int(rng.integers(2))))
    return spoken(rows)


def by_hand(frame, *, pairs):
    """Errors and occurrences per speaker, straight from the alignments."""
    wrong, said = Counter(), Counter()
    for row in frame.itertuples():
        for step in align_words(row.reference, row.hypothesis):
            if step.op == "insertion":
                continue
            said[row.speaker_id, step.reference] += 1
            if step.op != "hit":
                wrong[
                    (row.speaker_id, step.reference, step.hypothesis) if pairs else (row.speaker_id, step.reference)
                ] += 1
    return wrong, said


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("reference", ["rest", "y"])
def test_every_figure_by_hand(pairs, reference):
    frame = corpus()
    table = (confusions if pairs else word_errors)(frame, "accent", reference=reference)
    (CONFUSIONS if pairs else WORD_ERRORS).validate(table)
    wrong, said = by_hand(frame, pairs=pairs)
    for row in table[table["group"] == "x"].itertuples():
        item = (row.word, row.written) if pairs else (row.word,)
        others = ("y", "z") if reference == "rest" else ("y",)
        sides = [
            [
                (wrong[(s, *item)], said[s, row.word])
                for s in sorted(set(frame["speaker_id"]))
                if s[0] in side and said[s, row.word]
            ]
            for side in (("x",), others)
        ]
        (y_i, n_i), (y_j, n_j) = (np.sum(side, axis=0) for side in sides)
        assert (row.errors, row.occurrences, row.errors_reference, row.occurrences_reference) == (y_i, n_i, y_j, n_j)
        assert (row.n_speakers, row.n_speakers_reference) == tuple(map(len, sides))
        assert row.n_speakers_errors == sum(y > 0 for side in sides for y, _ in side)
        a = PRIOR * (y_i + y_j + 0.5) / (n_i + n_j + 1)
        odds = [(y + a) / (n + PRIOR - y - a) for y, n in ((y_i, n_i), (y_j, n_j))]
        assert row.log_odds == pytest.approx(np.log(odds[0] / odds[1]))
        independent = sum(1 / (y + a) + 1 / (n + PRIOR - y - a) for y, n in ((y_i, n_i), (y_j, n_j)))
        between = 0.0
        for side, (y, n) in zip(sides, ((y_i, n_i), (y_j, n_j)), strict=True):
            rate = (y + a) / (n + PRIOR)
            residual = np.array([e - rate * m for e, m in side])
            slope = 1 / ((n + PRIOR) * rate * (1 - rate))  # of the logit in errors
            between += len(side) ** 2 / (len(side) - 1) * residual.var() * slope**2
        assert row.se == pytest.approx(np.sqrt(max(independent, between)))
        assert row.z == pytest.approx(row.log_odds / row.se)
        assert row.ci_high - row.log_odds == pytest.approx(1.959964 * row.se, rel=1e-6)


def test_the_planted_word_and_pair_come_first():
    frame = corpus()
    words, pairs = (
        table[table["group"] == "x"] for table in (word_errors(frame, "accent"), confusions(frame, "accent"))
    )
    assert words["word"].iloc[0] == "pump" and words["p_adjusted"].iloc[0] < 0.01
    assert tuple(pairs[["word", "written"]].iloc[0]) == ("pump", "bump")
    assert words["z"].is_monotonic_decreasing
    assert set(words["word"].iloc[1:][words["p_adjusted"].iloc[1:] < 0.05]) == set()


def test_a_group_that_says_a_word_often_does_not_win_by_that():
    rows = [(f"x{s}", "x", "the " * 30, "the " * 27) for s in range(4)] + [
        (f"y{s}", "y", "the " * 10, "the " * 9) for s in range(4)
    ]
    row = word_errors(spoken(rows), "accent").iloc[0]
    assert row["errors"] == 12 and row["errors_reference"] == 4
    assert row["log_odds"] == pytest.approx(0, abs=0.01)


def test_one_speakers_trouble_is_not_a_groups():
    """All errors of x from one of three speakers: the spread between speakers counts, not the forty occurrences."""
    rows = [(f"x{s}", "x", "pump " * 40, ("pump " if s else "bump ") * 40) for s in range(3)]
    rows += [(f"y{s}", "y", "pump " * 40, "pump " * 39 + "bump") for s in range(3)]
    row = word_errors(spoken(rows), "accent", reference="y").iloc[0]
    assert row["se"] > 3 * np.sqrt(1 / 40 + 1 / 80 + 1 / 3 + 1 / 117) / 2 and row["p_value"] > 0.01
    even = [(f"x{s}", "x", "pump " * 40, "pump " * 27 + "bump " * 13) for s in range(3)] + rows[3:]
    assert word_errors(spoken(even), "accent", reference="y").iloc[0]["p_value"] < 0.001


@pytest.mark.parametrize("pairs", [False, True])
def test_words_of_fewer_than_three_speakers_are_left_out(pairs):
    make = confusions if pairs else word_errors
    three = [(f"{g}{s}", g, "pump", "bump") for g in "xy" for s in range(3)]
    assert len(make(spoken(three), "accent")) == 2
    assert make(spoken(three[1:]), "accent").empty
    rarely = [
        (*row[:3], "bump" if i in (0, 3) else "pump") for i, row in enumerate(three)
    ]  # two speakers misunderstood
    assert make(spoken(rarely), "accent").empty


def test_what_is_missing_is_an_empty_text():
    rows = [(f"{g}{s}", g, "the pump", "pump") for g in "xy" for s in range(3)]
    found = confusions(spoken(rows), "accent")
    assert found[["word", "written"]].drop_duplicates().to_numpy().tolist() == [["the", ""]]


def test_failed_decodes_are_left_out_and_an_empty_hypothesis_is_not():
    rows = [(f"{g}{s}", g, "pump", "") for g in "xy" for s in range(3)]
    frame = spoken(rows)
    assert word_errors(frame, "accent")["errors"].tolist() == [3, 3]
    failed = spoken([*rows, ("x0", "x", "pump", None)])
    pd.testing.assert_frame_equal(word_errors(failed, "accent"), word_errors(frame, "accent"))


def test_conditions_and_models_are_told_apart():
    frame = corpus()
    both = pd.concat([frame, frame.assign(condition_id="noise", hypothesis=frame["reference"])])
    found = word_errors(both, "accent")
    assert set(found["condition_id"]) == {"clean"}  # nothing fails in the other
    pd.testing.assert_frame_equal(found, word_errors(frame, "accent"))


def test_empty_frames_and_mistakes():
    frame = corpus()
    for make, table in ((word_errors, WORD_ERRORS), (confusions, CONFUSIONS)):
        assert list(make(frame.iloc[:0], "accent").columns) == table.column_names
        assert make(frame.assign(hypothesis=frame["reference"]), "accent").empty
    with pytest.raises(ScoringError, match="no column 'reference', 'hypothesis'"):
        word_errors(frame.drop(columns=["reference", "hypothesis"]), "accent")
    with pytest.raises(ScoringError, match="prior 0 is not a positive number"):
        word_errors(frame, "accent", prior=0)
    with pytest.raises(ScoringError, match="no group 'q'"):
        word_errors(frame, "accent", reference="q")


def test_it_compares_what_gaps_compares():
    frame = corpus()
    assert set(word_errors(frame, "accent")["group"]) == set(gaps(frame, "accent")["group"])
