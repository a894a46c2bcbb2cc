"""What nobody should feed a condition, over the whole catalogue: a clear error or a defined result, never a traceback.

The table 'What happens to unusual audio' of the README says the same in words.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from tests.catalogue import NAMED, SINGLE, of, voices
from tests.synthetic_speech import RATE, level_db, speech_like, tone
from workbench.__main__ import app
from workbench.audio import Waveform, decode, resample
from workbench.conditions import CATALOGUE, KINDS, Condition, CorpusPool, degrade, parse_condition
from workbench.conditions.parameters import declared, is_text
from workbench.errors import AudioError, ConditionError

CLICK = np.zeros(8_000, dtype=np.float32)
CLICK[4_000] = 1.0
ODD = {
    "one sample": np.full(1, 0.1, dtype=np.float32),
    "0.02 s": speech_like(0.02),
    "a click in silence": CLICK,
    "direct current": np.full(8_000, 0.5, dtype=np.float32),
    "26 dB beyond full scale": (20.0 * speech_like(0.5)).astype(np.float32),
    "600 dB too quiet": (1e-30 * speech_like(0.5)).astype(np.float32),
    "quieter than float32 can say exactly": (1e-42 * speech_like(0.5)).astype(np.float32),
}
NUMBERS = [(name, field) for name in SINGLE for field in KINDS[name].units if not is_text(KINDS[name], field)]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    return voices(tmp_path_factory.mktemp("voices"))


def check(wave: Waveform, condition: Condition, pool: CorpusPool) -> Waveform:
    """Degrade, and check what every result has to be."""
    degraded = degrade(wave, condition, slot=0, seed=1, pool=pool)
    heard = degraded.wave
    assert heard.samples.dtype == np.float32
    assert np.isfinite(heard.samples).all()
    assert np.max(np.abs(heard.samples)) <= 1.0
    assert heard.sample_rate == wave.sample_rate
    assert all(np.isfinite(value) for value in degraded.facts.values())
    if condition.keeps_length:
        assert len(heard.samples) == len(wave.samples)
    return heard


@pytest.mark.parametrize("name", NAMED)
def test_odd_audio_has_a_defined_result(name: str, pool: CorpusPool, subtests: pytest.Subtests) -> None:
    for what, samples in ODD.items():
        with subtests.test(what):
            wave = Waveform(samples, RATE, "toy/v00_0", "v00")
            check(wave, CATALOGUE[of(name, 3)], pool)


@pytest.mark.parametrize("name", NAMED)
def test_another_sample_rate_is_kept_or_refused_with_the_rate_in_the_message(
    name: str, pool: CorpusPool, subtests: pytest.Subtests
) -> None:
    """Files are brought to 16 kHz when they are read; who gives samples of another rate from Python learns what to do."""
    for rate in (4_000, 8_000, 44_100, 192_000):
        with subtests.test(rate=rate):
            samples = resample(speech_like(0.4), orig_sr=RATE, target_sr=rate)
            try:
                check(Waveform(samples, rate, "toy/v00_0", "v00"), CATALOGUE[of(name, 2)], pool)
            except (AudioError, ConditionError) as refused:
                assert re.search(rf"a sample rate of {rate} Hz", str(refused))
                assert re.search(r"resample to 16000 Hz|use (less than )?\d+ Hz", str(refused))
                assert rate < 16_000 or CATALOGUE[of(name, 2)].needs_speech_pool


@pytest.mark.parametrize("rate", [4_000, 192_000])
@pytest.mark.parametrize("channels", [1, 8])
def test_a_file_of_any_rate_and_number_of_channels_is_heard_by_every_condition(
    rate: int, channels: int, tmp_path: Path, pool: CorpusPool
) -> None:
    """The channels are averaged: a tone in half of eight channels comes out at half its size."""
    left = resample(tone(500.0, 0.5), orig_sr=RATE, target_sr=rate)
    silent = np.zeros_like(left)
    soundfile.write(
        tmp_path / "a.wav", np.stack([left, silent][: min(2, channels)] * max(1, channels // 2), axis=1), rate
    )
    wave = decode(tmp_path / "a.wav")
    assert (wave.sample_rate, len(wave.samples)) == (RATE, RATE // 2)
    expected = level_db(tone(500.0, 0.5)) - (6.02 if channels == 8 else 0.0)
    assert level_db(wave.samples) == pytest.approx(expected, abs=0.1)
    for name in NAMED:
        check(Waveform(wave.samples, RATE, "u", "v00"), CATALOGUE[of(name, 2)], pool)


def test_a_value_outside_its_range_is_refused_with_the_range_and_its_unit(subtests: pytest.Subtests) -> None:
    """An SNR of -60 or +100 dB, an RT60 of 0 or 60 s, and everything else that lies outside."""
    for name, field in NUMBERS:
        with subtests.test(name, field=field):
            said = declared(KINDS[name], field)
            whole = KINDS[name].model_fields[field].annotation is int
            for value in (said["low"] - 1, said["high"] + 1, *(() if whole else (-1e30, 1e30))):
                with pytest.raises(ConditionError) as refused:
                    parse_condition({"id": name, field: value})
                unit = f" {said['unit']}" if said["unit"] else ""
                assert f"{field} = {value:g}{unit} is outside {said['low']:g} to {said['high']:g}{unit}" in str(
                    refused.value
                )


def test_the_extremes_of_the_issue_are_refused() -> None:
    for text in ("white_noise?snr_db=-60", "white_noise?snr_db=100", "room?rt60_s=0", "room?rt60_s=60"):
        with pytest.raises(ConditionError, match=r"is outside (-30 to 60 dB|0\.05 to 5 s)"):
            parse_condition(text)


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    for name in NAMED:
        for wrong in (f"{name[:-1]}@2", f"{name}s@2", f"{name.replace('_', '')}x@2"):
            with pytest.raises(ConditionError) as refused:
                parse_condition(wrong)
            assert re.search(r"there is no condition '.*'; did you mean '.*'\? Available: ", str(refused.value))


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(0), RATE, "holds no samples"),
        (np.array([0.1, np.nan, np.inf]), RATE, "2 of 3 samples are NaN or infinite, the first is sample 1"),
        (np.array([np.inf, -np.inf, 0.1]), RATE, "2 of 3 samples are NaN or infinite, the first is sample 0"),
        (np.zeros(RATE), RATE, "digital silence"),
        (speech_like(1.0), 500, "a sample rate of 500 Hz"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_file(
    samples: np.ndarray, rate: int, message: str, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "in.wav", samples, rate, subtype="FLOAT")
    arguments = ["degrade", str(tmp_path / "in.wav"), str(tmp_path / "out.wav"), "--condition", "white_noise@2"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["white_noise@2", "babble@2", "room@2", "g711@1", "opus@2", "packet_loss@2", "place:ward-2@2"]
)
def test_three_hours_take_memory_in_proportion_and_no_more_time_than_short_ones(name: str, tmp_path: Path) -> None:
    """Measured on 2 and 4 minutes, each in a process of its own, and drawn on to 180."""
    code = (
        "import resource, sys, time, pathlib\n"
        "import numpy as np\n"
        "from tests.catalogue import voices\n"
        "from tests.synthetic_speech import RATE, speech_like\n"
        "from workbench.audio import Waveform\n"
        "from workbench.conditions import CATALOGUE, degrade\n"
        "pool = voices(pathlib.Path(sys.argv[1]))\n"
        "short = Waveform(speech_like(5.0), RATE, 'u', 'v00')\n"
        f"degrade(short, CATALOGUE[{name!r}], slot=0, seed=1, pool=pool)\n"
        "long = Waveform(np.tile(short.samples, int(sys.argv[2]) * 12), RATE, 'u', 'v00')\n"
        "start = time.process_time()\n"
        f"degrade(long, CATALOGUE[{name!r}], slot=0, seed=1, pool=pool)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time() - start)\n"
    )
    mebibytes, seconds = [], []
    for minutes in (2, 4):
        command = [sys.executable, "-c", code, str(tmp_path), str(minutes)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False)
        assert done.returncode == 0, done.stderr
        used, took = map(float, done.stdout.split())
        mebibytes.append(used)
        seconds.append(took)
    three_hours = mebibytes[1] + 88 * (mebibytes[1] - mebibytes[0])
    assert three_hours < 24 * 1024
    assert seconds[1] < 240 / 10, "at least 10 x real time"
