"""Speakers with several groups of one attribute: what each rule counts, and what a reader is told."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.command_line import call, parsed
from workbench.errors import ScoringError
from workbench.fairness import score_table


def table(conflicts: int = 1) -> pd.DataFrame:
    """Six speakers a group, ten words and one error each in two rows; some say ``f`` twice and ``m`` once."""
    rows = []
    for speaker in range(12):
        label = "f" if speaker < 6 else "m"
        for utterance in range(2):
            rows.append((f"s{speaker:02d}", label, "a b c d e", "a b c d x" if utterance else "a b c d e"))
    for speaker in range(12, 12 + conflicts):
        for label in ("f", "f", "m"):
            rows.append((f"s{speaker:02d}", label, "a b c d e", "x x x x x"))
    return pd.DataFrame(rows, columns=["who", "gender", "reference", "hypothesis"])


def score(frame: pd.DataFrame, **options: object):
    return score_table(frame, **({"by": ["gender"], "speaker": "who"} | options))


def test_by_default_they_are_left_out_of_that_attribute_and_the_result_says_so():
    frame = table()
    scored = score(frame)
    agreed = score(frame[frame["who"] < "s12"])
    pd.testing.assert_frame_equal(scored.rates, agreed.rates)
    pd.testing.assert_frame_equal(scored.gaps, agreed.gaps)
    (note,) = [note for note in scored.notes if "several groups" in note]
    assert note.startswith("1 of 13 speakers carry several groups of 'gender' (s12: f, m): left out")
    assert "3 of 27 rows" in note and "--conflicts" in note


def test_another_attribute_keeps_them():
    frame = table().assign(site=lambda rows: rows["who"].map(lambda who: "x" if who in {"s00", "s01", "s12"} else "y"))
    gaps = score(frame, by=["gender", "site"]).gaps
    assert gaps.query("attribute == 'site' and group == 'x'")["n_speakers"].item() == 3
    assert gaps.query("attribute == 'gender' and group == 'f'")["n_speakers"].item() == 6


def test_a_majority_decides_and_a_tie_is_left_out():
    frame = pd.concat([table(), pd.DataFrame({"who": "t", "gender": ["f", "m"], "reference": "a", "hypothesis": "b"})])
    scored = score(frame, conflicts="majority")
    rates = scored.rates.set_index("gender")
    assert (rates.loc["f", "errors"], rates.loc["f", "ref_words"]) == (6 + 15, 60 + 15)
    assert rates.loc["m", "ref_words"] == 60
    assert any("group of most of its rows; 1 have equally many of two and are left out" in n for n in scored.notes)


def test_several_labels_can_be_a_group_of_their_own():
    gaps = score(table(2), conflicts="as-group").gaps.set_index("group")
    assert gaps.loc["f + m", "n_speakers"] == 2
    assert gaps.loc["f", "n_speakers"] == 6


def test_no_answer_in_some_rows_is_no_second_answer():
    frame = table(0)
    frame.loc[0, "gender"] = ""
    scored = score(frame)
    assert scored.rates.set_index("gender")["ref_words"].to_dict() == {"f": 60, "m": 60}
    assert any("1 rows of 1 speakers have no 'gender'" in note for note in scored.notes)


def test_refused_in_a_few_words_however_many_there_are():
    with pytest.raises(ScoringError) as refused:
        score(table(156), conflicts="refuse")
    message = str(refused.value)
    assert "156 of 168 speakers" in message and "and 151 more" in message and "s100: f, m" in message
    assert len(message) < 500 and "--conflicts drop" in message
    with pytest.raises(ScoringError, match="no rule 'vote'"):
        score(table(), conflicts="vote")


def test_the_command_takes_the_rule(tmp_path):
    path = tmp_path / "t.csv"
    table().to_csv(path, index=False)
    options = ("score", path, "--by", "gender", "--speaker", "who")
    assert len(parsed(*options)["rates"]) == 2
    assert len(parsed(*options, "--conflicts", "as-group")["rates"]) == 3
    assert call(*options, "--conflicts", "refuse").exit_code != 0
