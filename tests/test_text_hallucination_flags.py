"""Hallucination flags: each reason on its own, that one alone does not flag, and what is never flagged."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.text import add_scores, get_normaliser
from workbench.text.hallucination_flags import hallucination_flags, loops, with_another_seed

LOOP = "i am here now " * 5


def flags(reference: str, hypothesis: str | None, **more: object) -> tuple[bool, set[str]]:
    frame = pd.DataFrame(
        {"reference_raw": [reference], "hypothesis_raw": [hypothesis], **{k: [v] for k, v in more.items()}}
    )
    found = hallucination_flags(add_scores(frame, get_normaliser("basic"))).iloc[0]
    return bool(found["flagged"]), set(filter(None, found["reasons"].split("; ")))


def test_words_right_have_no_reason() -> None:
    assert flags("turn the pump off please", "turn the pump off please", duration_s=2.0) == (False, set())


def test_one_reason_alone_flags_nothing() -> None:
    text = "we went down to the river and saw the water rise"
    assert flags(text, text + " thanks for watching") == (False, {"known phrase"})
    assert flags(text, text, duration_s=1.0) == (False, {"too fast"})
    assert flags(text, text, no_speech_prob=0.7) == (False, {"no speech"})
    assert flags(text, f"{text} one two three four five") == (False, {"inserted run"})


def test_two_reasons_flag() -> None:
    assert flags("stop", "thanks for watching please subscribe", no_speech_prob=0.9)[0]
    flagged, reasons = flags("stop now", LOOP)
    assert flagged
    assert reasons == {"inserted run", "mostly invented", "loop", "repetitive"}


@pytest.mark.parametrize(("words", "fast"), [(12, False), (13, True)])
def test_more_than_six_words_a_second_is_too_fast(words: int, fast: bool) -> None:
    text = " ".join(f"w{n}" for n in range(words))
    assert ("too fast" in flags(text, text, duration_s=2.0)[1]) is fast


def test_of_speech_with_long_pauses_only_the_speech_counts() -> None:
    text = " ".join(f"w{n}" for n in range(10))
    for share, fast in ((0.5, True), (0.9, False), (None, False)):
        assert ("too fast" in flags(text, text, duration_s=3.0, activity_factor=share)[1]) is fast


@pytest.mark.parametrize(("run", "long"), [(4, False), (5, True)])
def test_five_invented_words_in_a_row_are_a_run(run: int, long: bool) -> None:
    said = "a b c d e f g h i j k l m n o p"
    assert ("inserted run" in flags(said, f"a b {'x ' * run} c d e f g h i j k l m n o p")[1]) is long
    assert "inserted run" not in flags(said, said.replace(" ", " x ", 6))[1]


def test_an_empty_reference_and_a_failed_decode_are_counted_elsewhere() -> None:
    assert flags("...", LOOP, no_speech_prob=0.9) == (False, set())
    assert flags("stop", None, no_speech_prob=0.9) == (False, set())
    assert flags("stop", "", no_speech_prob=0.9) == (False, set())


def test_texts_that_change_wildly_with_the_noise_are_a_reason() -> None:
    said = "turn the pump off please now"
    for again, unstable in (
        (said, False),
        ("turn the lamp off please no", False),  # two words of six
        ("turn a lamp on please now", False),  # three of six: half is not more than half
        ("burn a lamp on please now", True),
        ("", True),
        (None, False),
    ):
        assert ("unstable" in flags(said, said, hypothesis_again=again)[1]) is unstable, again


def test_another_seed_is_joined_by_utterance_condition_and_model() -> None:
    keys = ["utterance_id", "condition_id", "model_id"]
    rows = [("u1", "clean", "m"), ("u1", "room@2", "m"), ("u2", "room@2", "m"), ("u2", "room@2", "n")]
    one = pd.DataFrame(rows, columns=keys, index=[5, 3, 9, 1]).assign(hypothesis=["a", "b", "c", "d"])
    other = pd.DataFrame(rows[::-1], columns=keys).assign(hypothesis=["D", "C", "B", "A"])
    assert with_another_seed(one, other)["hypothesis_again"].fillna("-").tolist() == ["-", "B", "C", "D"]
    assert with_another_seed(one, other.iloc[:1])["hypothesis_again"].fillna("-").tolist() == ["-", "-", "-", "D"]
    renamed = with_another_seed(one[one["model_id"] == "m"], other[other["model_id"] == "m"].assign(model_id="k"))
    assert renamed["hypothesis_again"].fillna("-").tolist() == ["-", "B", "C"]
    with pytest.raises(ScoringError, match="share no utterance"):
        with_another_seed(one, other[other["condition_id"] == "clean"])


def test_loops_are_counted() -> None:
    assert loops("a b c " * 4) == 4
    assert loops("a b") == 0
    assert loops("a b c d") == 1


def test_unscored_transcripts_are_refused() -> None:
    with pytest.raises(ScoringError, match="'insertions'"):
        hallucination_flags(pd.DataFrame({"reference": ["a"], "hypothesis": ["a"], "hypothesis_raw": ["a"]}))
