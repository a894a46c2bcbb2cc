"""Events per exposure by group, and what is built on them: false speech, keywords, erasure, the normaliser band."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.fairness import gaps, rates
from workbench.fairness.group_rates.events import Event, event_rates
from workbench.fairness.words.dialect_erasure import dialect_erasure
from workbench.fairness.words.invented import FALSE_SPEECH, FLAGGED, hallucinations, rates_without_flagged
from workbench.fairness.words.keyword_recall import keyword_recall
from workbench.fairness.words.normaliser_band import normaliser_band, rescored_totals, rescued
from workbench.schema import EVENT_RATES, NORMALISER_BAND
from workbench.text import add_scores, get_normaliser


def scored(rows: list[tuple[str, str, str, str | None]], normaliser: str = "basic", **more: object) -> pd.DataFrame:
    """Rows of (speaker, accent, reference, hypothesis)."""
    frame = pd.DataFrame(rows, columns=["speaker_id", "accent", "reference_raw", "hypothesis_raw"])
    frame = frame.assign(
        model_id="m", condition_id="clean", corpus_id="c", utterance_id=[f"c/{n}" for n in range(len(frame))], **more
    )
    return add_scores(
        frame.assign(status=np.where(frame["hypothesis_raw"].isna(), "failed", "ok")), get_normaliser(normaliser)
    )


def one(frame: pd.DataFrame, event: str, group: str = "") -> pd.Series:
    found = frame[frame["event"] == event]
    found = found[found["accent"] == group] if group else found
    assert len(found) == 1
    return found.iloc[0]


def test_the_interval_is_that_of_an_error_rate() -> None:
    rng = np.random.default_rng(5)
    rows = [
        (f"s{n // 4}", "ab"[n % 2], "x " * 30, "x " * int(k) + "y " * (30 - int(k)))
        for n, k in enumerate(rng.integers(20, 30, 80))
    ]
    scores = scored(rows)
    scores["speaker_id"] = scores["speaker_id"] + scores["accent"]
    event = Event(
        "error", scores["errors"].to_numpy(dtype=np.int64), scores["ref_words"].to_numpy(dtype=np.int64), "word"
    )
    found = event_rates(scores, ["accent"], [event]).set_index("accent")
    expected = rates(scores, ["accent"]).set_index("accent")
    for column in ("rate", "ci_low", "ci_high"):
        assert found[column].tolist() == pytest.approx(expected[column].tolist(), rel=1e-12)
    assert EVENT_RATES.validate(found.reset_index()).shape[0] == 2


def test_a_share_and_what_is_left_have_mirrored_intervals_within_0_and_1() -> None:
    scores = scored([(f"s{n}", "a", "x", "x") for n in range(6)])
    events, exposure = np.array([5, 4, 5, 5, 3, 5]), np.full(6, 5)
    share = event_rates(scores, [], [Event("yes", events, exposure, "time")]).iloc[0]
    left = event_rates(scores, [], [Event("no", exposure - events, exposure, "time")]).iloc[0]
    assert share["ci_low"] == pytest.approx(1 - left["ci_high"])
    assert share["ci_high"] == pytest.approx(1 - left["ci_low"])
    assert 0 <= share["ci_low"] < share["rate"] < share["ci_high"] <= 1


def test_a_scale_changes_the_unit_and_nothing_else() -> None:
    scores = scored([(f"s{n}", "a", "x", "x") for n in range(6)])
    events, milliseconds = np.arange(6), np.full(6, 30_000)
    raw = event_rates(scores, [], [Event("e", events, milliseconds, "ms", share=False)]).iloc[0]
    minutes = event_rates(scores, [], [Event("e", events, milliseconds, "minute", scale=1 / 60_000, share=False)]).iloc[
        0
    ]
    assert minutes["exposure"] == pytest.approx(3.0)
    for column in ("rate", "ci_low", "ci_high"):
        assert minutes[column] == pytest.approx(60_000 * raw[column])


def test_one_speaker_has_no_interval_and_no_exposure_no_row() -> None:
    scores = scored([("s1", "a", "x", "x"), ("s2", "b", "x", "x")])
    found = event_rates(scores, ["accent"], [Event("e", np.array([1, 0]), np.array([2, 0]), "time")])
    assert found["accent"].tolist() == ["a"]
    assert np.isnan(found["ci_low"].iloc[0])
    assert found["reason"].iloc[0] == "1 speaker: no interval"


def test_words_on_silence_are_false_speech_and_never_flagged() -> None:
    scores = scored(
        [("s1", "a", "...", "thanks for watching"), ("s2", "a", "", ""), ("s3", "a", "stop", "stop")], duration_s=30.0
    )
    found = hallucinations(scores, ["accent"])
    assert one(found, FALSE_SPEECH)[["events", "exposure", "rate"]].tolist() == [3, 2.0, 1.5]
    per_minute = one(found, "words per minute of silence")
    assert per_minute[["events", "exposure", "rate"]].tolist() == [3, 1.0, 3.0]
    assert one(found, FLAGGED)[["events", "exposure"]].tolist() == [0, 1.0]


def test_words_per_minute_are_by_the_length_that_the_engine_heard() -> None:
    """Everybody hears ten seconds of noise and everything writes six words: equal, however long the recordings were."""
    rows = [(f"s{n}{group}", group, "", "a b c d e f") for n in range(6) for group in "ab"]
    scores = scored(rows, duration_s=[1.0 if group == "a" else 9.0 for _, group, _, _ in rows], heard_s=10.0)
    found = hallucinations(scores, ["accent"])
    per_minute = found[found["event"] == "words per minute of silence"]
    assert per_minute["rate"].tolist() == pytest.approx([36.0, 36.0])
    assert set(per_minute["exposure_unit"]) == {"minute without speech"}
    without = hallucinations(scores.drop(columns="heard_s"), ["accent"])
    units = without.loc[without["event"] == "words per minute of silence", "exposure_unit"]
    assert set(units) == {"minute without speech, by the length of the clean recordings"}
    unknown = hallucinations(scores.assign(heard_s=np.nan), ["accent"])
    assert "words per minute of silence" not in set(unknown["event"]), "a length that nobody measured is no length"


def test_the_rate_without_flagged_transcripts_stands_beside_the_rate_with_them() -> None:
    loop = "i am here now " * 10
    scores = scored([(f"s{n}", "a", "turn it off", loop if n == 0 else "turn it of") for n in range(6)])
    row = rates_without_flagged(scores, ["accent"]).iloc[0]
    assert row[["n_utterances", "n_flagged"]].tolist() == [6, 1]
    assert row["rate_without"] == pytest.approx(1 / 3)
    assert row["rate"] == pytest.approx((5 + scores["errors"].max()) / 18)


def test_keyword_recall_by_group_counts_dropped_and_added_negations() -> None:
    scores = scored(
        [
            ("s1", "a", "do not stop", "do stop"), ("s1", "a", "no", "no"), ("s2", "a", "stop", "do not stop"),
            ("s3", "b", "not now", "not now"), ("s4", "b", "not now", None),
        ]
    )  # fmt: skip
    found = keyword_recall(scores, ["accent"], lists={"negation": ["no", "not"]})
    assert one(found, "negation right", "a")[["events", "exposure"]].tolist() == [1, 2.0]
    assert one(found, "negation dropped", "a")[["events", "exposure"]].tolist() == [1, 2.0]
    assert one(found, "negation added", "a")[["events", "exposure"]].tolist() == [1, 3.0]
    assert one(found, "negation right", "b")[["events", "exposure"]].tolist() == [1, 1.0]
    with pytest.raises(ScoringError, match="no normaliser or several"):
        keyword_recall(scores.drop(columns="normaliser_id"), ["accent"])


def test_erasure_is_seen_whatever_the_normaliser_forgives() -> None:
    scores = scored(
        [("s1", "scottish", "he didnae", "he didn't"), ("s2", "scottish", "he didnae", "he did")], "fair_en"
    )
    assert scores["errors"].tolist()[0] == 0
    found = dialect_erasure(scores, ["accent"])
    assert [one(found, f"dialect {name}")["events"] for name in ("erased", "kept", "lost")] == [1, 0, 1]


def accents() -> pd.DataFrame:
    """Everybody says the same; only the Scots are written with their fillers, which the engine leaves out."""
    rows = []
    for n in range(8):
        rows += [
            (f"s{n}", "scottish", f"erm aye it is the {k} one", f"aye it is the {k} one")
            for k in ("red", "blue", "odd")
        ]
        rows += [(f"u{n}", "us", f"um aye it is the {k} one", f"aye it is the {k if n % 4 or k != 'red' else 'read'} one") for k in ("red", "blue", "odd")]  # fmt: skip
    return scored(rows)


def test_a_gap_that_the_normaliser_makes_is_flagged() -> None:
    scores = accents()
    band = normaliser_band(scores, "accent", normalisers=["whisper_en", "fair_en"], margin=0.02).set_index("group")
    row = band.loc["scottish"]
    for name, column in (("whisper_en", 0), ("fair_en", 1)):
        alone = add_scores(scores.drop(columns=["normaliser_id", "reference", "hypothesis"]), get_normaliser(name))
        expected = gaps(alone, "accent", margin=0.02).set_index("group").loc["scottish"]
        assert row["differences"].split(", ")[column] == f"{100 * expected['difference']:+.2f}"
        assert row["verdicts"].split(", ")[column] == expected["verdict"]
    assert row["sign_changes"]
    assert row["verdict_changes"]
    assert row["highest"] > 0 > row["lowest"]
    assert len(NORMALISER_BAND.validate(band.reset_index())) == 2
    with pytest.raises(ScoringError, match="two normalisers"):
        normaliser_band(scores, "accent", normalisers=["basic", "basic"])


def test_what_a_step_rescues_is_what_is_lost_without_it() -> None:
    scores = accents()
    found = rescued(scores, "fair_en", ["accent"]).set_index(["accent", "step"])
    row = found.loc[("scottish", "fillers")]
    assert (row["errors"], row["errors_without"]) == (0, 0), "the earlier step that removes fillers does it as well"
    both = get_normaliser("fair_en?without=fillers,listening")
    assert rescored_totals(scores, both, ["accent"])[("scottish",)][0] == 24
    only = rescued(scores, "whisper_en", ["accent"]).set_index(["accent", "step"])
    assert only.loc[("us", "fillers"), "errors_without"] - only.loc[("us", "fillers"), "errors"] == 24
    assert only.loc[("scottish", "fillers"), "rescued"] == 0
    assert found.loc[("us", "alternatives"), "errors_without"] >= found.loc[("us", "alternatives"), "errors"]
