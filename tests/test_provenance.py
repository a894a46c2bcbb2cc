"""The audit of groups: hand formulas, planted differences found and nulls not, and words that claim only what was measured."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy import stats

import workbench as wb
from tests import jobs
from tests.synthetic_speech import RATE, speech_like
from workbench import provenance
from workbench.errors import ConditionError, ScoringError
from workbench.provenance import Cache, audit, explained, measurement_pool, subject_of
from workbench.provenance.differences import contrast
from workbench.provenance.utterance_measures import _clips, measured
from workbench.schema import AUDIT_UTTERANCES


def utterances(values: dict[str, list[list[float]]], **columns: object) -> pd.DataFrame:
    """Return AUDIT_UTTERANCES in which only the noise floor varies: group -> speakers -> utterances."""
    rows = []
    for group, people in values.items():
        for speaker, floors in enumerate(people):
            for number, floor in enumerate(floors):
                rows.append(
                    {
                        **dict.fromkeys([c.name for c in AUDIT_UTTERANCES.columns if c.dtype == "float64"], 1.0),
                        "utterance_id": f"c/{group}-{speaker}-{number}",
                        "corpus_id": "c",
                        "speaker_id": f"{group}-{speaker}",
                        "container": "WAV",
                        "codec": "WAV PCM_16",
                        "status": "ok",
                        "reason": "",
                        "source_floor_db": floor,
                        "accent": group,
                        **columns,
                    }
                )
    return AUDIT_UTTERANCES.validate(pd.DataFrame(rows, columns=[*AUDIT_UTTERANCES.column_names, "accent"]))


def speakers(mean: float, n: int, seed: int) -> list[list[float]]:
    found = np.random.default_rng(seed).normal(mean, 4.0, n)
    return [[value - 1.0, value + 1.0] for value in found]


def row(frame: pd.DataFrame, group: str, measure: str = "source_floor_db") -> pd.Series:
    return frame[(frame["group"] == group) & (frame["measure"] == measure)].iloc[0]


def test_the_smd_is_the_formula_over_speakers_not_over_utterances() -> None:
    frame = utterances({"a": [[-60.0, -50.0], [-40.0]], "b": [[-70.0], [-60.0, -62.0, -64.0], [-80.0]]})
    found = row(wb.audit_differences(frame, "accent"), "a")
    ours, theirs = [-55.0, -40.0], [-70.0, -62.0, -80.0]
    pooled = math.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / 2)
    assert found["smd"] == pytest.approx((np.mean(ours) - np.mean(theirs)) / pooled)
    assert found["difference"] == pytest.approx(np.mean(ours) - np.mean(theirs))
    assert (found["n_speakers"], found["n_speakers_reference"]) == (2, 3)
    other = row(wb.audit_differences(frame, "accent"), "b")
    assert (other["smd"], other["difference"]) == (pytest.approx(-found["smd"]), pytest.approx(-found["difference"]))


def test_means_have_the_t_interval_over_speakers() -> None:
    frame = utterances({"a": speakers(-60.0, 7, 1), "b": [[-50.0, -40.0]]})
    found = row(provenance.audit_measures(frame, "accent"), "a")
    means = [np.mean(one) for one in speakers(-60.0, 7, 1)]
    low, high = stats.t.interval(0.95, 6, np.mean(means), stats.sem(means))
    assert (found["mean"], found["ci_low"], found["ci_high"]) == pytest.approx((np.mean(means), low, high))
    alone = row(provenance.audit_measures(frame, "accent"), "b")
    assert alone["mean"] == -45.0 and math.isnan(alone["ci_low"]) and "one speaker" in alone["reason"]


def test_equal_sides_have_the_degrees_of_freedom_of_a_t_test() -> None:
    ours, theirs = (np.array([np.mean(one) for one in speakers(mean, 20, seed)]) for mean, seed in ((-60, 1), (-58, 2)))
    found = contrast(ours, theirs)
    assert found.p_value == pytest.approx(stats.ttest_ind(ours, theirs).pvalue, rel=0.1)


def test_sides_that_never_vary_and_differ_have_no_overlap_and_a_p_by_permutation() -> None:
    ours, theirs = np.full(3, 8000.0), np.full(4, 16000.0)
    found = contrast(ours, theirs)
    everyone = [*ours, *theirs]
    apart = [
        abs(np.mean([everyone[i] for i in chosen]) - np.mean([everyone[i] for i in range(7) if i not in chosen]))
        for chosen in itertools.combinations(range(7), 3)
    ]
    assert found.smd == -math.inf
    assert found.p_value == pytest.approx(np.mean([one >= 8000.0 - 1e-9 for one in apart]))
    assert contrast(ours, ours).smd == 0.0 and math.isnan(contrast(ours, ours).p_value)
    assert contrast(ours, np.full(3, 1.0)).p_value == pytest.approx(2 / math.comb(6, 3))


def test_a_planted_difference_is_found_and_said_and_a_null_is_not() -> None:
    planted = utterances({"a": speakers(-60.0, 20, 1), "b": speakers(-50.0, 20, 2)})
    found = wb.audit_differences(planted, "accent")
    assert row(found, "a")["verdict"] == "DIFFERENT"
    said = wb.audit_sentences(found)
    assert said[0].startswith("a and the rest were recorded differently: noise floor −")
    null = [
        row(
            wb.audit_differences(utterances({"a": speakers(-60, 8, seed), "b": speakers(-60, 8, 99 + seed)}), "accent"),
            "a",
        )
        for seed in range(40)
    ]
    assert sum(one["verdict"] == "DIFFERENT" for one in null) <= 2
    assert sum(abs(one["smd"]) > 0.25 for one in null) > 10  # so few speakers differ by that much for no reason
    for one in null:
        said = " ".join(wb.audit_sentences(pd.DataFrame([one])))
        assert ("were recorded differently" in said) == (one["verdict"] == "DIFFERENT")


def test_two_groups_are_one_comparison_and_more_are_adjusted_by_holm() -> None:
    two = wb.audit_differences(utterances({"a": speakers(-60.0, 9, 1), "b": speakers(-55.0, 9, 2)}), "accent")
    assert (
        row(two, "a")["p_adjusted"] == row(two, "a")["p_value"] == row(two, "b")["p_adjusted"]
    )  # only one measure varies
    three = wb.audit_differences(
        utterances({"a": speakers(-60.0, 9, 1), "b": speakers(-55.0, 9, 2), "c": speakers(-50.0, 9, 3)}), "accent"
    )
    ours = three[three["measure"] == "source_floor_db"].sort_values("p_value")
    assert ours["p_adjusted"].iloc[0] == pytest.approx(3 * ours["p_value"].iloc[0])


def test_words_about_pace_do_not_speak_of_recording() -> None:
    frame = utterances({"a": speakers(-60.0, 20, 1), "b": speakers(-50.0, 20, 2)})
    frame = frame.assign(words_per_s=frame["source_floor_db"] + 100.0, source_floor_db=-60.0)
    said = wb.audit_sentences(wb.audit_differences(frame, "accent"))
    assert "at another pace: words per second" in said[0] and not any(
        "were recorded differently" in one for one in said
    )


def test_too_few_speakers_and_nothing_measured_are_said_and_claim_nothing() -> None:
    frame = utterances({"a": speakers(-60.0, 9, 1), "b": [[-20.0], [-21.0]], "c": [[math.nan]] * 6})
    found = wb.audit_differences(frame, "accent")
    assert row(found, "b")["verdict"] == "TOO FEW SPEAKERS" and abs(row(found, "b")["smd"]) > 0.25
    assert row(found, "c")["verdict"] == "NOT MEASURED" and math.isnan(row(found, "c")["smd"])
    said = " ".join(wb.audit_sentences(found))
    assert "Too few speakers to say whether they were recorded differently (fewer than 5): b (2)." in said
    assert "c and the rest, not measured: noise floor." in said
    assert "b and the rest were recorded differently" not in said


def test_what_differs_is_said_first_and_what_nobody_has_once() -> None:
    frame = utterances({"a": speakers(-60.0, 20, 1), "b": speakers(-60.5, 20, 2), "c": speakers(-40.0, 9, 3)})
    frame = frame.assign(decay_s=math.nan)
    said = wb.audit_sentences(wb.audit_differences(frame, "accent"))
    assert said[0].startswith(("a and the rest were", "c and the rest were")) and not said[-1].startswith("c")
    assert sum("reverberation proxy" in text for text in said) == 1 and "Not measured on both sides" in said[-1]


def test_speakers_in_two_groups_are_not_compared() -> None:
    frame = utterances({"a": speakers(-60.0, 6, 1), "b": speakers(-50.0, 6, 2)}).assign(speaker_id="same")
    found = wb.audit_differences(frame, "accent")
    assert set(found["verdict"]) == {"NOT MEASURED"}
    assert "speakers are in more than one group" in wb.audit_sentences(found)[0]


def test_another_codec_is_a_difference_in_shares() -> None:
    frame = utterances({"a": speakers(-60.0, 6, 1), "b": speakers(-60.0, 6, 1)})
    frame["codec"] = frame["codec"].mask(frame["accent"] == "b", "MP3")
    found = row(wb.audit_differences(frame, "accent"), "a", "codec=MP3")
    assert (found["mean_group"], found["mean_reference"], found["smd"]) == (0.0, 100.0, -math.inf)
    assert found["verdict"] == "DIFFERENT" and "no standard deviation" in found["reason"]
    assert "coded as MP3 0 against 100" in " ".join(wb.audit_sentences(wb.audit_differences(frame, "accent")))


def test_groups_count_people_words_and_style() -> None:
    frame = utterances({"a": [[-60.0, -61.0], [-62.0]], "b": [[-50.0]]}).assign(words=5.0, duration_s=6.0)
    found = wb.audit_groups(frame, "accent", styles={"c": "read"}).set_index("group")
    assert list(found.loc["a", ["n_speakers", "n_utterances", "minutes", "words", "words_per_speaker"]]) == [
        2,
        3,
        0.3,
        15.0,
        7.5,
    ]
    assert found.loc["a", "speech_style"] == "read" and found.loc["a", "codecs"] == "WAV PCM_16 1 Hz"
    mixed = wb.audit_groups(frame.assign(speech_style=["read", "free", "free", "read"]), "accent").set_index("group")
    assert mixed["speech_style"].tolist() == ["free 67 %, read 33 %", "read"]
    assert wb.audit_groups(frame, "accent")["speech_style"].tolist() == ["not stated"] * 2


# -- from files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Write a corpus of two groups of six speakers; those of ``phone`` speak through 8 kHz, in noise."""
    lines = ["path,speaker_id,reference,accent"]
    for group in ("studio", "phone"):
        for n in range(6):
            seed = n + 10 * (group == "phone")
            sound = speech_like(1.5 + 0.1 * n, seed=seed)
            if group == "phone":
                sound = narrow(sound) + np.float32(0.003) * np.random.default_rng(seed).standard_normal(
                    len(sound)
                ).astype("f4")
            else:
                sound = sound + np.float32(0.0001) * np.random.default_rng(seed).standard_normal(len(sound)).astype(
                    "f4"
                )
            soundfile.write(tmp_path / f"{group}{n}.wav", sound, RATE)
            lines.append(f"{group}{n}.wav,{group}{n},one two three,{group}")
    (tmp_path / "toy.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "toy.toml").write_text('title = "Toy"\nspeech_style = "read"\nsynthetic_voices = true\n')
    return tmp_path / "toy.csv"


def narrow(sound: np.ndarray) -> np.ndarray:
    from workbench.audio import resample

    return resample(resample(sound, orig_sr=RATE, target_sr=8_000), orig_sr=8_000, target_sr=RATE)[: len(sound)]


def test_groups_that_were_recorded_differently_are_found_from_their_files(manifest: Path) -> None:
    found = wb.audit(manifest, attribute="accent")
    assert found.sentences[0].startswith("phone and the rest were recorded differently: ")
    assert "noise floor" in found.sentences[0] and "estimated SNR" in found.sentences[0]
    assert row(found.differences, "phone")["verdict"] == "DIFFERENT"
    assert found.groups["speech_style"].tolist() == ["read", "read"] and "Synthetic voices (Toy)" in found.caveat


def test_a_file_is_measured_once_and_all_the_same_however_many_threads(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []
    from workbench.provenance import measurement_pool as module

    real = module.measure_file
    monkeypatch.setattr(module, "measure_file", lambda path, **limits: (calls.append(path), real(path, **limits))[1])
    seen: list[tuple[int, int]] = []
    first = provenance.audit_utterances(manifest, on_progress=lambda done, total: seen.append((done, total)))
    assert len(calls) == 12 and seen[0] == (0, 12) and seen[-1] == (12, 12)
    again = provenance.audit_utterances(manifest)
    assert len(calls) == 12
    pd.testing.assert_frame_equal(first, again)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    pd.testing.assert_frame_equal(first, measured(subject_of(manifest), cache=Cache(manifest.parent / "other.sqlite")))
    sound, _ = soundfile.read(manifest.parent / "phone0.wav")
    soundfile.write(manifest.parent / "phone0.wav", 0.5 * sound, RATE)
    changed = provenance.audit_utterances(manifest).set_index("utterance_id")
    assert len(calls) == 25
    assert changed.loc["toy/phone0.wav", "active_level_db"] == pytest.approx(
        first.set_index("utterance_id").loc["toy/phone0.wav", "active_level_db"] - 6.02, abs=0.1
    )


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start other processes after the first recording."""
    monkeypatch.setattr(measurement_pool, "WORTH_S", 0.0)
    monkeypatch.setattr(measurement_pool, "_HERE", 1)
    monkeypatch.setattr(measurement_pool, "_JOB", 3)
    monkeypatch.setattr(measurement_pool, "cores", lambda: 2)
    monkeypatch.setattr(measurement_pool, "_is_ready", lambda worker_pool, events: True)


@pytest.mark.long
@pytest.mark.usefixtures("at_once")
def test_processes_hear_the_same_and_one_that_dies_costs_its_recording_alone(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = pd.concat(
        [
            pd.Series(measurement_pool.hear(clip).facts, name=clip.digest)
            for clip in _clips(wb.load_corpus(manifest).utterances)
        ],
        axis=1,
    )
    monkeypatch.setattr(measurement_pool, "hear_all", jobs.hear_but_die_on_phone3)
    found = provenance.audit_utterances(manifest).set_index("utterance_id")
    assert found.index.tolist() == wb.load_corpus(manifest).utterances["utterance_id"].tolist()
    assert found.loc["toy/phone3.wav", "status"] == "failed"
    assert "the process that listened to it died, ended with exit status 9" in found.loc["toy/phone3.wav", "reason"]
    others = found["status"] == "ok"
    assert others.sum() == 11
    level = here.loc["active_level_db"].to_numpy(dtype=float)[others.to_numpy()]
    assert found.loc[others, "active_level_db"].to_numpy() == pytest.approx(level, abs=1e-9)


@pytest.mark.usefixtures("at_once")
def test_where_no_process_starts_everything_is_heard_here(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurement_pool, "get_ready", jobs.never_ready)
    assert (provenance.audit_utterances(manifest)["status"] == "ok").all()


def test_audio_that_cannot_be_read_is_a_row_with_its_reason(manifest: Path) -> None:
    corpus = wb.load_corpus(manifest)
    (manifest.parent / "phone3.wav").write_bytes(b"RIFF")
    (manifest.parent / "phone4.wav").unlink()
    found = wb.audit(corpus, attribute="accent")
    failed = found.utterances[found.utterances["status"] == "failed"]
    assert len(found.utterances) == 12 and len(failed) == 2
    assert all(failed["reason"] != "") and failed["active_level_db"].isna().all() and (failed["words"] == 3).all()
    assert found.groups.set_index("group").loc["phone", "n_failed"] == 2
    assert row(found.differences, "phone")["n_speakers"] == 4
    (manifest.parent / "phone4.wav").write_bytes((manifest.parent / "phone1.wav").read_bytes())
    assert (provenance.audit_utterances(corpus)["status"] == "failed").sum() == 1  # a failure is not remembered


def test_a_cache_that_cannot_be_used_costs_nothing_but_time(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_text("this is no database, and longer than its header would be " * 20)
    found = provenance.audit_utterances(manifest)
    pd.testing.assert_frame_equal(audit(manifest, cache=Cache(tmp_path / "broken.sqlite")).utterances, found)


def test_segments_of_a_file_are_measured_each_by_itself(tmp_path: Path) -> None:
    quiet, loud = speech_like(2.0, level=0.01), speech_like(2.0, level=0.2)
    soundfile.write(tmp_path / "long.wav", np.concatenate([quiet, loud]), RATE)
    (tmp_path / "m.csv").write_text(
        "path,speaker_id,reference,start_s,end_s,accent\nlong.wav,a,x,0,2,A\nlong.wav,b,x,2,4,B\n"
    )
    level = provenance.audit_utterances(tmp_path / "m.csv")["active_level_db"]
    assert level[1] - level[0] == pytest.approx(26.0, abs=0.5)


def test_languages_without_spaces_have_no_words(manifest: Path) -> None:
    manifest.with_suffix(".toml").write_text('language = "ja"\n')
    found = wb.audit(manifest)
    assert found.utterances["words"].isna().all() and "without spaces" in found.utterances["reason"][0]
    assert row(found.differences, "phone", "words")["verdict"] == "NOT MEASURED"


def test_an_unknown_attribute_or_group_is_refused(manifest: Path) -> None:
    with pytest.raises(ScoringError, match=r"no attribute 'acent'; did you mean 'accent'"):
        wb.audit(manifest, attribute="acent")
    with pytest.raises(ScoringError, match=r"no group 'fone'; did you mean 'phone'"):
        wb.audit(manifest, attribute="accent", reference="fone")


# -- the counterfactual -----------------------------------------------------------------------------------------------


def test_the_counterfactual_is_a_study_that_can_be_written_and_read(manifest: Path) -> None:
    study = wb.Study.create(
        {"name": "toy", "corpus": ["toy.csv"], "engines": ["pocketsphinx"], "conditions": ["babble@2"], "seed": 7},
        base=manifest.parent,
    )
    made = wb.channel_equalised(study)
    assert made.conditions[0].condition_id == "clean" and len(made.conditions) == 2
    assert (made.seed, made.engines, made.corpus) == (study.seed, study.engines, study.corpus)
    assert wb.Study.from_toml(made.write(manifest.parent / "one.toml")) == made
    assert "G.711" in explained(made.conditions[1])[0] and "-26 dBov" in explained(made.conditions[1])[0]
    with pytest.raises(ConditionError, match="not the common channel"):
        explained(study.conditions[0])


def test_after_the_common_channel_the_groups_are_recorded_alike(manifest: Path) -> None:
    from workbench.conditions import degrade
    from workbench.provenance.recording import measure_samples
    from workbench.runner import read

    channel = wb.channel_equalised(
        wb.Study.create({"name": "t", "corpus": ["t"], "engines": ["pocketsphinx"], "conditions": ["clean"]})
    ).conditions[1]
    rows = wb.load_corpus(manifest).utterances
    heard = [degrade(read(one), channel, slot=int(one["slot"]), seed=1).wave for _, one in rows.iterrows()]
    after = pd.DataFrame([measure_samples(wave.samples, wave.sample_rate) for wave in heard])
    by = after.groupby(rows["accent"].to_numpy())[
        ["active_level_db", "source_floor_db", "source_snr_db", "edge_hz"]
    ].mean()
    gap = (by.loc["phone"] - by.loc["studio"]).abs()
    before = provenance.audit_utterances(manifest).groupby("accent")[["source_floor_db"]].mean()
    assert abs(before.loc["phone"] - before.loc["studio"]).iloc[0] > 20.0
    assert gap["active_level_db"] < 1.0 and gap["source_floor_db"] < 1.5 and gap["source_snr_db"] < 1.5
    assert after["edge_hz"].max() <= 4100.0
