"""What is measured over the whole catalogue at once: decibels, levels, clipping, who is heard, who disturbs whom.

What one condition does in particular is measured in ``test_conditions_<file>.py``; here stands what a new condition has
to do as well, or be put on the list of those that do otherwise, with the reason.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.catalogue import NAMED, SINGLE, SPEECH, VOICES, added, of, voices
from tests.synthetic_speech import RATE, amplitude_at, level_db, speech_like, tone, write_corpus
from workbench.audio import Waveform, samples_digest, speech_level
from workbench.conditions import CATALOGUE, KINDS, CorpusPool, degrade, parse_condition

WITH_SNR = [name for name in SINGLE if "snr_db" in KINDS[name].units]
INTERMITTENT = {
    "alarm_high",
    "alarm_medium",
    "alarm_low",
    "equip_pulse",
    "mri_coldhead",
}  # the SNR is that while it sounds
A_WEIGHTED = {"equip_tone"}
STEADY = [name for name in WITH_SNR if name not in INTERMITTENT | A_WEIGHTED | {"overlap"} and KINDS[name].keeps_length]

AVERAGED = {"speech_shaped_noise", "noise_only"}  # made of the average spectrum of all, not of voices
KEEPS_LEVEL = (
    "agc_pump",
    "cheap_mic",
    "clipping",
    "echo",
    "jitter_warp",
    "pitch",
    "low_pitch",
    "room",
    "slow_speech",
    "speech_rate",
)
COMPARABLE = [name for name in NAMED if KINDS[name].keeps_length and KINDS[name].keeps_speech and name != "mask"]
"""What STOI can judge; a mask takes what lies above 2 kHz, of which the made-up voice has little."""

FOUR = Waveform(speech_like(4.0), RATE, "toy/v00_0", "v00")
MOSTLY_SILENT = Waveform(np.append(FOUR.samples, np.zeros(6 * RATE, dtype=np.float32)), RATE, "toy/v00_0", "v00")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    return voices(tmp_path_factory.mktemp("voices"))


# -- decibels


@pytest.mark.parametrize("name", STEADY)
@pytest.mark.parametrize("speech", [FOUR, MOSTLY_SILENT], ids=["speech", "60 % silence"])
def test_the_snr_is_that_of_the_active_speech(name: str, speech: Waveform, pool: CorpusPool) -> None:
    """Measured from outside: level of the speech before, minus the level of what is there afterwards and was not before."""
    for severity in (1, 4):
        condition = CATALOGUE[of(name, severity)]
        degraded = degrade(speech, condition, slot=0, seed=1, pool=pool)
        measured = speech_level(speech.samples, RATE).active_db - level_db(added(speech.samples, degraded))
        assert measured == pytest.approx(condition.parameters["snr_db"], abs=0.2)
        assert degraded.facts["achieved_snr_db"] == pytest.approx(measured, abs=0.05)


@pytest.mark.parametrize("name", WITH_SNR)
def test_six_decibels_less_are_the_same_sound_twice_as_large(name: str, pool: CorpusPool) -> None:
    """Also for sounds that come and go: asked of the generator directly, for another value draws another sound."""
    louder, quieter = (
        parse_condition({"id": name, **CATALOGUE[of(name, 2)].parameters, "snr_db": snr_db}) for snr_db in (4.0, 10.0)
    )
    sounds = [
        added(FOUR.samples, one.realise(FOUR, lambda _: np.random.default_rng(7), pool=pool))
        for one in (louder, quieter)
    ]
    if name == "wind":  # its strongest gusts saturate the microphone: the loudest part is cut
        quiet = np.abs(sounds[1]) < np.quantile(np.abs(sounds[1]), 0.5)
        sounds = [sound[quiet] for sound in sounds]
    assert level_db(sounds[1]) > -120.0, "something sounds"
    assert level_db(sounds[0]) - level_db(sounds[1]) == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("name", WITH_SNR)
def test_who_speaks_louder_hears_the_noise_louder(name: str, pool: CorpusPool) -> None:
    """The ratio does not depend on the level of the recording."""
    condition = CATALOGUE[of(name, 2)]
    quiet = Waveform(np.float32(0.125) * FOUR.samples, RATE, FOUR.utterance_id, FOUR.speaker_id)
    sounds = [added(wave.samples, degrade(wave, condition, slot=0, seed=1, pool=pool)) for wave in (FOUR, quiet)]
    np.testing.assert_allclose(sounds[1], 0.125 * sounds[0], atol=2e-4 * np.max(np.abs(sounds[0])))


@pytest.mark.parametrize("name", KEEPS_LEVEL)
def test_what_adds_nothing_keeps_the_level_of_the_speech(name: str, pool: CorpusPool) -> None:
    for severity in (1, 2, 3, 4):
        facts = degrade(FOUR, CATALOGUE[of(name, severity)], slot=0, seed=1, pool=pool).facts
        changed = facts["heard_active_level_db"] - facts.get("gain_db", 0.0) - facts["active_level_db"]
        assert changed == pytest.approx(0.0, abs=0.1)


# -- clipping


@pytest.mark.parametrize("name", NAMED)
def test_nothing_clips_and_what_had_to_be_turned_down_says_so(name: str, pool: CorpusPool) -> None:
    """A recording that just fits: no condition flattens its peaks, it turns everything down and reports it."""
    loud = Waveform((0.999 * SPEECH.samples / np.max(np.abs(SPEECH.samples))).astype(np.float32), RATE, "u", "v00")
    for severity in (2, 4):
        degraded = degrade(loud, CATALOGUE[of(name, severity)], slot=0, seed=1, pool=pool)
        assert degraded.facts["full_scale_run_samples"] <= 2.0  # three in a row are clipping
        if degraded.facts["peak"] >= 1.0:
            gains = [value for fact, value in degraded.facts.items() if fact.rpartition(".")[2] == "gain_db"]
            assert min(gains) < 0.0


# -- who is heard


@pytest.mark.parametrize("name", [n for n in NAMED if CATALOGUE[of(n, 2)].needs_speech_pool and n not in AVERAGED])
def test_the_speaker_is_never_among_the_voices(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Everybody hums a note of their own; what is added stays the same whatever the speaker hums in the corpus."""
    notes = {voice: 300.0 + 150.0 * k for k, voice in enumerate(VOICES)}

    def humming(**other: float) -> CorpusPool:
        hums = {voice: [tone(hz, 0.6)] for voice, hz in {**notes, **other}.items()}
        return CorpusPool(write_corpus(tmp_path_factory.mktemp("hums"), hums))

    hums, changed = humming(), {speaker: humming(**{speaker: 7_000.0}) for speaker in VOICES[::6]}
    condition = CATALOGUE[of(name, 4)]
    others = set()
    for slot in range(4):
        for speaker in VOICES[::6]:
            speech = Waveform(tone(150.0, 1.2), RATE, "u", speaker)
            heard = degrade(speech, condition, slot=slot, seed=1, pool=hums).wave.samples
            without = degrade(speech, condition, slot=slot, seed=1, pool=changed[speaker]).wave.samples
            np.testing.assert_array_equal(heard, without)
            loud = {voice: amplitude_at(heard, hz) for voice, hz in notes.items()}
            spoken = max(loud, key=loud.__getitem__)
            assert spoken != speaker
            others.add(spoken)
    assert len(others) > 1


# -- the same everywhere


@pytest.mark.long
def test_another_process_makes_the_same_samples_also_of_voices_and_chains(tmp_path: Path) -> None:
    names = [of(name, 2) for name in NAMED if CATALOGUE[of(name, 2)].needs_speech_pool or name.startswith("place:")]
    assert len(names) > 12
    pool = voices(tmp_path)
    here = [samples_digest(degrade(SPEECH, CATALOGUE[name], slot=3, seed=5, pool=pool).wave) for name in names]
    code = (
        "import sys, tempfile, pathlib\n"
        "from tests.catalogue import SPEECH, voices\n"
        "from workbench.audio import samples_digest\n"
        "from workbench.conditions import CATALOGUE, degrade\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    pool = voices(pathlib.Path(folder))\n"
        f"    for name in reversed({names!r}):\n"
        "        print(samples_digest(degrade(SPEECH, CATALOGUE[name], slot=3, seed=5, pool=pool).wave))\n"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[::-1] == here


# -- severity


@pytest.mark.long
@pytest.mark.parametrize("name", COMPARABLE)
def test_speech_is_never_more_intelligible_at_a_higher_severity(name: str, pool: CorpusPool) -> None:
    """STOI against the clean speech (Taal et al. 2011), a measure that no condition was made with."""
    minute = Waveform(speech_like(20.0), RATE, "toy/v00_0", "v00")
    stoi = [degrade(minute, CATALOGUE[of(name, k)], slot=0, seed=1, pool=pool).facts["stoi"] for k in (1, 2, 3, 4)]
    assert np.all(np.diff(stoi) < 0.01), stoi
    assert stoi[3] < stoi[0] - 0.002, stoi
