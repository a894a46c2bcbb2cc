"""Channel swap: a gap that a codec makes vanishes, one in the words stays; level, spectrum and noise floor are the other group's."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, sosfilt

import workbench as wb
from tests.command_line import call
from tests.synthetic_speech import RATE, speech_like
from workbench.audio import Waveform, floor_db, speech_level
from workbench.conditions import CorpusPool, degrade, parse_condition
from workbench.conditions.channels import HZ, MOST_BOOST_DB, channel, gains_db, smooth, through
from workbench.corpora import load_corpus
from workbench.engines import Engine, ScriptedEngine
from workbench.errors import ConditionError, StudyError, WorkbenchError
from workbench.runner.work_list import plan
from workbench.store import open_store

TEXT = "alpha bravo charlie delta echo foxtrot golf hotel india juliet"
SWAP = "channel_swap?by=accent&first=far&second=near"
Recorder = Callable[[Waveform], np.ndarray]


def plain(wave: Waveform) -> np.ndarray:
    return wave.samples


def telephone(wave: Waveform) -> np.ndarray:
    """G.711 behind the band of a handset: the codec that makes a gap."""
    return degrade(wave, parse_condition("handset_band@4>g711@1"), slot=0, seed=1).wave.samples


def quiet_and_noisy(wave: Waveform) -> np.ndarray:
    """15 dB quieter, dull above 1 kHz, with a noise floor 30 dB below the speech."""
    dull = sosfilt(butter(1, 1000.0, fs=RATE, output="sos"), wave.samples)
    dull *= 10 ** ((-41.0 - speech_level(dull, RATE).active_db) / 20)
    noise = np.random.default_rng(len(dull)).standard_normal(len(dull)) * 10 ** ((-41.0 - 30.0) / 20)
    return (dull + noise).astype(np.float32)


def make(folder: Path, recorders: dict[str, Recorder], *, speakers: int = 6, takes: int = 1) -> Path:
    """Write a corpus of speech-like sound, each group behind its recorder; voices differ, groups do not."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "calls.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "utterance_id", "reference", "speaker_id", "accent"])
        for group, recorder in recorders.items():
            for person in range(speakers):
                for take in range(takes):
                    name = f"{group}{person}-{take}"
                    sound = speech_like(2.0, seed=hash_of(name), level=0.05)
                    soundfile.write(
                        folder / f"{name}.wav", recorder(Waveform(sound, RATE, name)), RATE, subtype="FLOAT"
                    )
                    writer.writerow([f"{name}.wav", name, TEXT, f"{group}{person}", group])
    manifest.with_suffix(".toml").write_text(
        'title = "Calls"\nlicence = "made for the tests"\nsource = "tests"\nlanguage = "en"\n'
        '[attributes.accent]\nobtained = "annotated"\n'
    )
    return manifest


def hash_of(name: str) -> int:
    return sum(ord(character) * 31**place for place, character in enumerate(name)) % 2**31


class Ear(ScriptedEngine):
    """Loses the more words, the less of the sound lies above 4 kHz; or as many as the group says."""

    def __init__(self, manifest: Path, *, by_words: bool) -> None:
        super().__init__(self._hear, model_id=f"ear {by_words}")
        rows = load_corpus(manifest).utterances
        self.groups = dict(zip(rows["utterance_id"], rows["accent"], strict=True))
        self.by_words = by_words

    def _hear(self, wave: Waveform) -> str:
        words = TEXT.split()
        if self.by_words:
            missed = 5 if self.groups[wave.utterance_id] == "far" else 1
        else:
            power = np.square(np.abs(np.fft.rfft(wave.samples)))
            high_db = 10 * math.log10(power[len(power) // 2 :].sum() / power.sum() + 1e-9)
            missed = int(np.clip(round(-0.5 * (high_db + 15.0)), 0, 8))
        return " ".join(words[missed:])

    def loader(self, spec: str, *, base: Path, language: str) -> Engine:
        return self


def gap_before_and_after(manifest: Path, folder: Path, *, by_words: bool) -> tuple[float, float]:
    """Return the gap of ``far`` to ``near``, clean and swapped."""
    ear = Ear(manifest, by_words=by_words)
    made = wb.channel_swap(manifest, attribute="accent", first="far", second="near", engines=["ear"], base=folder)
    assert made.study.conditions[1].condition_id == SWAP
    record = wb.run(made.study, store=open_store(), engine_loader=ear.loader)
    row = (
        wb.gap_changes(wb.load(record.run_id, store=open_store()).scores, "accent", permutations=99)
        .set_index("group")
        .loc["far"]
    )
    assert row["n_failed"] == 0
    before = row["clean_rate"] - row["reference_clean_rate"]
    return before, row["rate"] - row["reference_rate"]


def test_a_gap_that_a_codec_made_vanishes_and_one_in_the_words_stays(tmp_path: Path, workbench_home: Path) -> None:
    manifest = make(tmp_path, {"far": telephone, "near": plain})
    before, after = gap_before_and_after(manifest, tmp_path, by_words=False)
    assert before > 0.7 and abs(after) < 0.05
    before, after = gap_before_and_after(manifest, tmp_path, by_words=True)
    assert before == pytest.approx(0.4) and after == pytest.approx(0.4)


def test_each_group_has_level_spectrum_and_floor_of_the_other(tmp_path: Path) -> None:
    manifest = make(tmp_path, {"far": quiet_and_noisy, "near": plain, "third": plain})
    rows = load_corpus(manifest).utterances
    pool = CorpusPool(rows)
    far, near = pool.channel("far", "accent"), pool.channel("near", "accent")
    assert far.level_db == pytest.approx(-41.0, abs=0.2) and far.floor_db - far.level_db == pytest.approx(
        -30.0, abs=1.5
    )
    heard: dict[str, list[np.ndarray]] = {"far": [], "near": [], "third": []}
    for row in rows.itertuples():
        samples = soundfile.read(row.path, dtype="float32")[0]
        wave = Waveform(samples, RATE, row.utterance_id, row.speaker_id)
        result = degrade(wave, parse_condition(SWAP), slot=0, seed=1, pool=pool)
        heard[row.accent].append(result.wave.samples)
        if row.accent == "third":
            assert np.array_equal(result.wave.samples, samples), "who is in neither group is left alone"
    swapped = {group: channel([[sound] for sound in sounds]) for group, sounds in heard.items()}
    assert swapped["near"].level_db == pytest.approx(far.level_db, abs=0.5)
    assert swapped["far"].level_db == pytest.approx(near.level_db, abs=0.5)
    band = (HZ > 200) & (HZ < 7000)
    difference = 10 * np.log10(smooth(swapped["near"].speech) / smooth(far.speech))[band]
    assert np.abs(difference).max() < 1.5, "a spectrum that is taken on"
    assert floor_db(heard["near"][0], RATE) == pytest.approx(far.floor_db, abs=2.0), "and a floor that is added"
    boost = gains_db(far, near)[band]
    reached = 10 * np.log10(smooth(swapped["far"].speech) / smooth(far.speech))[band]
    assert boost.max() > MOST_BOOST_DB and reached.max() < MOST_BOOST_DB + 3.0, "what is lost is not given back"
    again = degrade(wave, parse_condition(SWAP), slot=0, seed=1, pool=CorpusPool(rows)).wave.samples
    assert np.array_equal(again, heard["third"][-1])


def test_a_channel_is_exchanged_with_itself_without_a_change() -> None:
    sound = speech_like(3.0)
    own = channel([[sound]])
    result, noisy = through(sound, own, own, np.random.default_rng(0))
    assert not noisy and np.abs(result - sound).max() < 1e-3
    assert channel([[np.zeros(RATE, dtype=np.float32)]]) is None
    short, _ = through(sound[3000:3200], own, own, np.random.default_rng(0))
    assert len(short) == 200


def test_a_label_that_changes_makes_other_transcripts(tmp_path: Path, workbench_home: Path) -> None:
    manifest = make(tmp_path, {"far": telephone, "near": plain}, speakers=2)
    ear = Ear(manifest, by_words=True)
    asked = wb.channel_swap(manifest, attribute="accent", first="far", second="near", engines=["ear"]).study

    def keys() -> dict[str, set[str]]:
        from workbench.runner import resolve

        tasks = plan(resolve(asked, engine_loader=ear.loader))
        pairs = [
            (asked.conditions[place].condition_id, key)
            for task in tasks
            for place, key in zip(task.conditions, task.keys, strict=True)
        ]
        return {name: {key for condition, key in pairs if condition == name} for name in ("clean", SWAP)}

    before = keys()
    text = manifest.read_text()
    manifest.write_text(text.replace("far0,far", "far0,near"))
    after = keys()
    assert before["clean"] == after["clean"] and not before[SWAP] & after[SWAP]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"first": "fra"}, "no group 'fra' in 'accent', did you mean 'far'"),
        ({"first": "near"}, "'near' twice"),
        ({"attribute": "accnt"}, "no attribute 'accnt'"),
        ({"engines": []}, "engines"),
    ],
)
def test_what_cannot_be_swapped_is_refused(tmp_path: Path, asked: dict, words: str) -> None:
    manifest = make(tmp_path, {"far": plain, "near": plain}, speakers=1)
    options = {"attribute": "accent", "first": "far", "second": "near", "engines": ["ear"], **asked}
    with pytest.raises(WorkbenchError) as error:
        wb.channel_swap(manifest, **options)
    assert words in str(error.value)


def test_a_recording_in_both_groups_is_refused(tmp_path: Path) -> None:
    manifest = make(tmp_path, {"far": plain, "near": plain}, speakers=2)
    lines = manifest.read_text().splitlines()
    lines.append(lines[1].replace("far0-0,", "same,").replace(",far0,far", ",near9,near"))
    manifest.write_text("\n".join(lines) + "\n")
    with pytest.raises(StudyError, match="1 recordings are in both groups"):
        wb.channel_swap(manifest, attribute="accent", first="far", second="near", engines=["ear"])
    for text, words in (
        ("channel_swap", "it takes an attribute and two of its groups"),
        ("channel_swap?by=accent&first=a&second=a", "it takes an attribute and two of its groups"),
        ("channel_swap@2?by=accent&first=a&second=b", "there is no severity 2"),
    ):
        with pytest.raises(ConditionError, match=words):
            parse_condition(text)


def test_the_command_writes_the_study_and_says_what_cannot_be_given_back(tmp_path: Path, workbench_home: Path) -> None:
    manifest = make(tmp_path, {"far": telephone, "near": plain})
    out = tmp_path / "swap.study.toml"
    result = call("swap", manifest, "--by", "accent", "--from", "far", "--to", "near", "--out", out)
    assert result.exit_code == 0 and "far lacks what near has between" in result.output
    study = wb.Study.from_toml(out)
    assert [item.condition_id for item in study.conditions] == ["clean", SWAP]
    assert study.filter == {"accent": ("far", "near")} and study.manifests == (manifest.resolve(),)
    assert call("swap", manifest, "--by", "accent", "--from", "far", "--to", "nobody", "--out", out).exit_code == 2
