"""Room responses are judged before they are drawn, RIRS_NOISES is used as what it is, and silence in a noise does not count."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.audio import Waveform, decode, speech_level
from workbench.conditions import degrade, parse_condition
from workbench.conditions.recordings import open_recordings
from workbench.conditions.room_responses import why_no_response
from workbench.errors import ConditionError
from workbench.runner import recording_folders
from workbench.study import Study

SPEECH = Waveform(speech_like(3.0), RATE, "toy/ada_0", "ada")


def response(
    rt60_s: float, *, lead: int = 300, seconds: float = 1.0, drr_db: float = 0.0, seed: int = 1
) -> NDArray[np.float64]:
    """A click, and noise that falls by 60 dB in ``rt60_s``, with the energy that the ratio asks for."""
    n = round(seconds * RATE)
    tail = np.random.default_rng(seed).standard_normal(n) * 10.0 ** (-3.0 * np.arange(n) / (rt60_s * RATE))
    tail *= 0.8 * 10.0 ** (-drr_db / 20.0) / math.sqrt(float(np.sum(np.square(tail))))
    whole = np.concatenate([np.zeros(lead), [0.8], np.zeros(40), tail])
    return 0.5 * whole / np.abs(whole).max()


def noise(seconds: float, seed: int = 1) -> NDArray[np.float64]:
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def write(path: Path, samples: NDArray[np.floating], rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="FLOAT")


@pytest.mark.parametrize("rt60_s", [0.2, 0.6, 2.0, 6.0])
@pytest.mark.parametrize("drr_db", [10.0, 0.0, -10.0])
@pytest.mark.parametrize("lead", [0, 300, 12_000])
def test_a_response_is_one_whatever_its_room(rt60_s: float, drr_db: float, lead: int) -> None:
    for seed in range(3):
        recorded = response(rt60_s, lead=lead, drr_db=drr_db, seconds=min(9.0, rt60_s), seed=seed)
        assert why_no_response(recorded, sample_rate=RATE) == ""
        floor = 0.5e-3 * np.random.default_rng(seed).standard_normal(len(recorded))
        assert why_no_response(recorded + floor, sample_rate=RATE) == ""


def test_measured_responses_are_responses(shared_dir: Path) -> None:
    for path in sorted((shared_dir / "corpora" / "fixtures" / "RIRs").glob("*.wav")):
        assert why_no_response(decode(path).samples.astype(float), sample_rate=RATE) == "", path.name


@pytest.mark.parametrize("seconds", [0.1, 0.5, 2.0, 8.0])
@pytest.mark.parametrize("kind", ["noise", "speech", "hum", "rising"])
def test_noise_and_speech_are_none(kind: str, seconds: float) -> None:
    times = np.arange(round(seconds * RATE)) / RATE
    sound = {
        "noise": noise(seconds), "speech": speech_like(seconds).astype(float), "hum": np.sin(2 * np.pi * 100 * times),
        "rising": noise(seconds) * times,
    }[kind]  # fmt: skip
    assert why_no_response(sound, sample_rate=RATE).startswith("no room response")


def test_real_speech_and_real_noise_are_none(shared_dir: Path) -> None:
    fixtures = shared_dir / "corpora" / "fixtures"
    for path in (fixtures / "jfk.flac", *sorted((fixtures / "noise").glob("*.wav"))):
        samples = decode(path).samples[: 10 * RATE].astype(float)
        assert why_no_response(samples, sample_rate=RATE), path.name


def test_single_words_hardly_ever_pass(shared_dir: Path) -> None:
    """A digit of 0.3 s that begins with a burst and dies away is as near to a response as speech comes."""
    files = sorted((shared_dir / "corpora" / "fsdd-600" / "recordings").glob("*_[0-4].wav"))
    passed = [not why_no_response(decode(path).samples.astype(float), sample_rate=RATE) for path in files]
    assert len(files) == 300
    assert sum(passed) <= 9


def rirs_noises(root: Path, *, lists: bool) -> Path:
    """The tree of SLR28, small: one real and one simulated response among noises."""
    real, simulated = root / "real_rirs_isotropic_noises", root / "simulated_rirs" / "smallroom" / "Room001"
    write(real / "RVB2014_type1_rir_largeroom1_far_anglea.wav", np.stack([response(0.5)] * 8, axis=1))
    write(real / "air_type1_air_phone_lecture_hfrp_1.wav", response(0.7))
    for number in range(3):
        write(real / f"RVB2014_type1_noise_largeroom1_{number}.wav", np.stack([noise(4.0)] * 8, axis=1))
        write(root / "pointsource_noises" / f"noise-free-sound-000{number}.wav", noise(4.0))
    write(simulated / "Room001-00001.wav", response(0.3))
    if lists:
        names = ("RVB2014_type1_rir_largeroom1_far_anglea", "air_type1_air_phone_lecture_hfrp_1")
        lines = [
            f"--rir-id {k} --room-id r RIRS_NOISES/real_rirs_isotropic_noises/{name}.wav"
            for k, name in enumerate(names)
        ]
        (real / "rir_list").write_text("\n".join(lines) + "\n")
    return root


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("inside", [".", "real_rirs_isotropic_noises"])
def test_of_rirs_noises_rooms_are_responses_and_noises_are_noises(lists: bool, inside: str, tmp_path: Path) -> None:
    folder = rirs_noises(tmp_path / "RIRS_NOISES", lists=lists) / inside
    names = [Path(file.name).name for file in open_recordings(folder).files]
    for seed in range(8):
        roomy = degrade(SPEECH, parse_condition(f"user_room?folder={folder}"), slot=0, seed=seed)
        assert "noise" not in names[int(roomy.facts["recording_number"]) - 1]
        assert roomy.facts["drr_db"] > -1.0
        assert roomy.facts["rt60_s"] < 1.0
        assert "recordings_passed_over" not in roomy.facts
        noisy = degrade(SPEECH, parse_condition(f"user_noise?folder={folder}"), slot=0, seed=seed)
        assert "noise" in names[int(noisy.facts["recording_number"]) - 1]


def test_among_other_files_only_responses_are_drawn_and_the_others_are_named(tmp_path: Path) -> None:
    write(tmp_path / "room.wav", response(0.5))
    write(tmp_path / "speech.wav", speech_like(4.0))
    write(tmp_path / "noise.wav", noise(4.0))
    condition = parse_condition(f"user_room?folder={tmp_path}")
    passed_over = []
    for seed in range(8):
        facts = degrade(SPEECH, condition, slot=0, seed=seed).facts
        assert facts["recording_number"] == 2
        passed_over.append(facts.get("recordings_passed_over", 0.0))
    assert (min(passed_over), max(passed_over)) == (0.0, 2.0)
    study = Study.create(
        {"name": "s", "corpus": ["m.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}, base=tmp_path
    )
    notes = "\n".join(recording_folders.look(study, [condition]).notes)
    assert "noise.wav: no room response: its first sound is" in notes
    assert "speech.wav: no room response" in notes
    (tmp_path / "room.wav").unlink()
    with pytest.raises(
        ConditionError, match=r"none of its 2 recordings is a room response; \w+\.wav: no room response"
    ):
        degrade(SPEECH, condition, slot=0, seed=1)


def test_silence_in_a_noise_neither_raises_its_level_nor_fixes_its_place(tmp_path: Path) -> None:
    write(tmp_path / "tail.wav", np.concatenate([noise(1.0), np.zeros(60 * RATE)]))
    begins = set()
    for seed in range(8):
        noisy = degrade(SPEECH, parse_condition(f"user_noise?snr_db=10&folder={tmp_path}"), slot=0, seed=seed)
        added = noisy.wave.samples / 10.0 ** (noisy.facts.get("gain_db", 0.0) / 20.0) - SPEECH.samples
        heard = added[: RATE // 50]  # begins where the noise sounds
        assert speech_level(SPEECH.samples, RATE).active_db - level_db(heard) == pytest.approx(10.0, abs=1.0)
        assert noisy.facts["achieved_snr_db"] == pytest.approx(10.0, abs=0.2)
        assert noisy.facts["sounding_share"] < 0.4
        begins.add(noisy.facts["excerpt_start_s"])
    assert len(begins) > 4
    assert max(begins) < 1.0
    condition = parse_condition(f"user_noise?folder={tmp_path}")
    study = Study.create(
        {"name": "s", "corpus": ["m.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}, base=tmp_path
    )
    notes = "\n".join(recording_folders.look(study, [condition]).notes)
    assert "mostly silent: tail.wav sounds in 2 % of its time" in notes


def test_a_bang_among_hiss_is_set_on_the_bang(tmp_path: Path) -> None:
    hiss = 1e-4 * np.random.default_rng(1).standard_normal(20 * RATE)
    bang = 0.5 * np.random.default_rng(2).standard_normal(RATE // 5)
    write(tmp_path / "burst.wav", np.concatenate([hiss, bang, hiss]))
    noisy = degrade(SPEECH, parse_condition(f"user_noise?snr_db=10&folder={tmp_path}"), slot=0, seed=1)
    added = noisy.wave.samples / 10.0 ** (noisy.facts.get("gain_db", 0.0) / 20.0) - SPEECH.samples
    assert noisy.facts["sounding_share"] < 0.1
    assert level_db(added[-RATE:]) < speech_level(SPEECH.samples, RATE).active_db - 50.0


def test_a_noise_without_pauses_is_heard_as_before(tmp_path: Path) -> None:
    write(tmp_path / "n.wav", noise(6.0))
    noisy = degrade(SPEECH, parse_condition(f"user_noise?snr_db=10&folder={tmp_path}"), slot=0, seed=1)
    added = noisy.wave.samples / 10.0 ** (noisy.facts.get("gain_db", 0.0) / 20.0) - SPEECH.samples
    assert "sounding_share" not in noisy.facts
    assert speech_level(SPEECH.samples, RATE).active_db - level_db(added) == pytest.approx(10.0, abs=0.2)
