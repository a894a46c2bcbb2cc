"""Added silence and noise without speech, by measurement; and how results count what is written where nobody speaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import welch

from tests.corpus import make
from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.audio import Waveform, speech_level
from workbench.conditions import CATALOGUE, degrade, parse_condition
from workbench.conditions.silence_pad import SilencePad, quietest
from workbench.engines import ScriptedEngine
from workbench.errors import ConditionError
from workbench.fairness import rates
from workbench.results import load
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

SPEECH = speech_like(4.0, pause_s=0.4)


# -- added silence


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_the_silence_is_as_long_as_asked_and_the_speech_is_untouched(severity: int) -> None:
    condition = CATALOGUE[f"silence_pad@{severity}"]
    degraded = degrade(Waveform(SPEECH, RATE), condition, slot=0, seed=1)
    facts, heard = degraded.facts, degraded.wave.samples
    assert degraded.wave.duration_s == facts["duration_s"] == pytest.approx(4.0 + condition.level)
    lead, inserted, trail = (round(facts[name] * RATE) for name in ("speech_start_s", "inserted_s", "trailing_s"))
    assert (lead + inserted + trail) / RATE == pytest.approx(condition.level)
    assert lead / RATE == pytest.approx(0.4 * condition.level)
    assert inserted / RATE == pytest.approx(0.2 * condition.level)
    pause = round(facts["inserted_at_s"] * RATE) - lead
    np.testing.assert_array_equal(heard[lead : lead + pause], SPEECH[:pause])
    np.testing.assert_array_equal(heard[lead + pause + inserted :][: len(SPEECH) - pause], SPEECH[pause:])


@pytest.mark.parametrize("floor_db", [-90.0, -72.0, -40.0])
def test_the_silence_is_pink_noise_at_its_level(floor_db: float) -> None:
    degraded = degrade(Waveform(SPEECH, RATE), SilencePad(silence_s=60, floor_db=floor_db), slot=0, seed=1)
    lead = degraded.wave.samples[: round(degraded.facts["speech_start_s"] * RATE)]
    trail = degraded.wave.samples[-round(degraded.facts["trailing_s"] * RATE) :]
    for silence in (lead, trail):
        assert level_db(silence) == pytest.approx(floor_db, abs=0.3)
        frequencies, power = welch(silence, RATE, nperseg=2048)
        low, high = (power[np.abs(frequencies - f) < 0.1 * f].mean() for f in (250.0, 4000.0))
        assert 10.0 * np.log10(low / high) == pytest.approx(12.0, abs=1.5)  # 3 dB in each of four octaves
        assert np.max(np.abs(silence[[0, -1]])) < 1e-6
    assert abs(np.corrcoef(lead[: len(trail)], trail[: len(lead)])[0, 1]) < 0.05


def test_it_goes_where_nobody_speaks_if_there_is_such_a_moment() -> None:
    samples = np.concatenate([speech_like(2.0, pause_s=0.0), np.zeros(RATE // 4), speech_like(1.5, pause_s=0.0)])
    at = quietest(samples.astype(np.float32), RATE) / RATE
    assert 2.0 < at < 2.25
    assert quietest(samples[:500], RATE) == 250


def test_the_active_level_hardly_changes_and_the_activity_does() -> None:
    before = speech_level(SPEECH, RATE)
    after = speech_level(degrade(Waveform(SPEECH, RATE), CATALOGUE["silence_pad@3"], slot=0, seed=1).wave.samples, RATE)
    assert after.active_db == pytest.approx(before.active_db, abs=0.3)
    assert after.activity == pytest.approx(before.activity * 4.0 / 12.0, rel=0.1)


def test_shares_that_are_more_than_all_are_refused() -> None:
    with pytest.raises(ConditionError, match="lead_percent and inserted_percent are 120 % together"):
        SilencePad(lead_percent=100)
    lead = degrade(Waveform(SPEECH, RATE), SilencePad(lead_percent=100, inserted_percent=0), slot=0, seed=1)
    assert lead.facts["trailing_s"] == lead.facts["inserted_s"] == 0.0


# -- noise without speech


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_the_noise_has_its_level_and_its_length_whatever_was_said(severity: int) -> None:
    condition = CATALOGUE[f"noise_only@{severity}"]
    one, other = (
        degrade(Waveform(samples, RATE, speaker_id=who), condition, slot=3, seed=1)
        for samples, who in ((SPEECH, "a"), (0.1 * speech_like(9.0, seed=4), "b"))
    )
    assert level_db(one.wave.samples) == pytest.approx(condition.level, abs=0.3)
    assert one.wave.duration_s == one.facts["duration_s"] == 10.0
    np.testing.assert_array_equal(one.wave.samples, other.wave.samples)


@pytest.mark.parametrize("slope_db", [-6.0, -3.0, 0.0])
def test_the_colour_is_the_slope_that_was_asked_for(slope_db: float) -> None:
    noise = degrade(
        Waveform(SPEECH, RATE), parse_condition(f"noise_only?slope_db={slope_db}&seconds=40"), slot=0, seed=1
    )
    frequencies, power = welch(noise.wave.samples, RATE, nperseg=2048)
    octaves = np.log2([250.0, 500.0, 1000.0, 2000.0, 4000.0])
    levels = [10.0 * np.log10(power[np.abs(frequencies - 2.0**o) < 0.1 * 2.0**o].mean()) for o in octaves]
    assert np.polyfit(octaves, levels, 1)[0] == pytest.approx(slope_db, abs=0.4)
    assert abs(np.corrcoef(noise.wave.samples[: len(SPEECH)], SPEECH)[0, 1]) < 0.05


@pytest.mark.parametrize("heard", ["", "thank you for watching"])
def test_what_is_written_where_nobody_speaks_is_false_speech_and_no_word_error_rate(
    heard: str, tmp_path: Path, workbench_home: Path
) -> None:
    make(tmp_path, per_speaker=2)
    fields = {"name": "nobody", "corpus": ["tones.csv"], "conditions": ["clean", "noise_only", "silence_pad"]}
    study = Study.create({**fields, "engines": ["scripted"], "normaliser": "basic"}, base=tmp_path)
    written = {"noise_only@2": heard, "silence_pad@2": "one two three", "clean": "one two three"}
    seconds: dict[str, set[float]] = {}

    def answer(wave: Waveform) -> str:
        seconds.setdefault(wave.condition_id, set()).add(round(wave.duration_s, 3))
        return written[wave.condition_id]

    record = run(study, store=open_store(), engine_loader=lambda spec, *, base, language: ScriptedEngine(answer))
    assert seconds["noise_only@2"] == {10.0}
    assert {round(s + 3.0, 3) for s in seconds["clean"]} == seconds["silence_pad@2"]
    results = load(record.run_id)
    scores = results.scores.set_index("condition_id")
    for condition, heard_s in seconds.items():
        assert set(scores.loc[[condition], "heard_s"].round(3)) == heard_s, "what a rate per minute divides by"
    nobody = scores.loc[["noise_only@2"]]
    assert (nobody["reference_raw"] == "").all()
    assert (nobody["ref_words"] == 0).all()
    assert (nobody["errors"] == nobody["insertions"]).all()
    assert (nobody["insertions"] == len(heard.split())).all()
    assert (scores.loc[["silence_pad@2"], "ref_words"] > 0).all()
    pooled = rates(results.scores, ["accent"])
    empty = pooled[pooled["condition_id"] == "noise_only@2"]
    assert empty["rate"].isna().all()
    assert empty["n_empty_references"].sum() == len(nobody)
    assert empty["false_speech_words"].sum() == len(nobody) * len(heard.split())
    assert pooled.loc[pooled["condition_id"] != "noise_only@2", "rate"].notna().all()
