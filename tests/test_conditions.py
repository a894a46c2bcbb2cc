"""What holds for every condition of the catalogue, present and future: values, names, errors, randomness, range.

The physics of each family is measured in ``test_conditions_<family>.py``.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tests.synthetic_speech import RATE, speech_like, write_corpus
from workbench.audio import Waveform, samples_digest, speech_level
from workbench.conditions import (
    ADAPTER,
    CATALOGUE,
    KINDS,
    AnyCondition,
    Condition,
    CorpusPool,
    SpeechPool,
    degrade,
    describe,
    parse_condition,
    rng_for,
)
from workbench.conditions.condition import TYPICAL, parameter
from workbench.conditions.parameters import is_text
from workbench.conditions.tones import EquipPulse
from workbench.errors import AudioError, ConditionError

NAMES = list(CATALOGUE)


def at(kind: str, *severities: int) -> list[str]:
    """Return the names of a condition at these severities, as far as the catalogue has them."""
    return [name for name in [f"{kind}@{severity}" for severity in severities] if name in CATALOGUE]


EACH = [
    *(pytest.param(names, id=kind) for kind in KINDS if (names := at(kind, 1, 4) or [kind] * (kind in CATALOGUE))),
    *(pytest.param(names, id=f"{kind}-2-3", marks=pytest.mark.long) for kind in KINDS if (names := at(kind, 2, 3))),
]
"""All of them, a case for each kind; the severities between the least and the greatest are among the long tests."""

FREE = [
    "equip_pulse?frequency_hz=1234.5&rate_hz=3&duty=0.25&rise_ms=2&snr_db=-1.25",
    "room?rt60_s=0.7",
    "babble?talkers=2",
]
SPEECH = Waveform(speech_like(1.0), RATE, "toy/ada_0", "ada")
FLOORS = {"silence_pad": 3e-3, "gsm_fr": 1e-2, "noise_only": 1.0}
"""How loud silence may become under those that put noise in its place, or code none as none."""
LONGER = Waveform(speech_like(20.0), RATE, "toy/ada_1", "ada")


def heard_in(name: str) -> Waveform:
    """Return speech in which the condition is sure to happen: losses and alarms are seldom, one second may have none."""
    return LONGER if KINDS[name.partition("@")[0]].family in ("networks", "alarms") else SPEECH


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    voices = {name: [speech_like(0.6, seed=10 * k + u) for u in range(3)] for k, name in enumerate(["ada", *"bcdefg"])}
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("voices"), voices))


# -- values and names


def test_the_catalogue_holds_every_condition_at_four_severities() -> None:
    first = {"white_noise", "speech_shaped_noise", "babble", "equip_pulse", "room", "handset_band", "g711"}
    families = set(KINDS) - {"clean"}
    assert families >= first
    former = {name for name in families if KINDS[name].superseded_by}
    assert former == {"place:ward", "place:cafe"}
    named = {name for name in families - former if not KINDS[name].needs_folder and KINDS[name].levels}
    assert families - named - former == {"user_noise", "user_room", "audiomentations", "channel_swap"}
    assert set(NAMES) == {"clean"} | {f"{name}@{severity}" for name in named for severity in (1, 2, 3, 4)}
    assert all(condition.condition_id == name for name, condition in CATALOGUE.items())


def test_a_condition_and_its_json_turn_into_each_other(subtests: pytest.Subtests) -> None:
    for name in [*NAMES, *FREE]:
        with subtests.test(name):
            condition = parse_condition(name)
            text = condition.model_dump_json()
            assert ADAPTER.validate_json(text) == condition
            assert ADAPTER.validate_json(condition.model_dump_json(exclude_none=True)) == condition
            assert parse_condition(json.loads(text)) == condition
            assert parse_condition(condition.condition_id) == condition
            assert hash(condition) == hash(parse_condition(name))
            assert parse_condition(condition) is condition
            with pytest.raises(ValidationError):
                condition.severity = 3


def test_the_union_can_be_a_field_of_another_model() -> None:
    class Holder(BaseModel):
        conditions: tuple[AnyCondition, ...]

    held = Holder(conditions=(CATALOGUE["room@3"], CATALOGUE["clean"]))
    assert Holder.model_validate_json(held.model_dump_json()) == held
    schema = Holder.model_json_schema()
    assert schema["$defs"]["Room"]["properties"]["id"]["const"] == "room"
    assert schema["$defs"]["Room"]["properties"]["rt60_s"]["unit"] == "s"


def test_a_condition_describes_itself_completely(subtests: pytest.Subtests) -> None:
    rows = {row["id"].partition("@")[0]: row for row in describe()}
    for name, kind in ((name, kind) for name, kind in KINDS.items() if kind.catalogued):
        with subtests.test(name):
            parameters = {field for field in kind.model_fields if field not in ("id", "severity")}
            assert set(kind.units) == parameters
            assert kind.leading in parameters or not parameters
            assert kind.family and kind.title and kind.source and kind.hears.endswith(".")
            numbers = {field for field in parameters if not is_text(kind, field)}
            assert all(set(level) == numbers for level in kind.levels)
            assert all(field.description for field_name, field in kind.model_fields.items() if field_name in parameters)
            if kind.levels:
                assert len(kind.levels) == 4
                defaults = {field: kind.model_fields[field].default for field in numbers}
                assert defaults == dict(kind.levels[TYPICAL - 1])
            row = rows[name]
            assert {"id", "family", "severity", "parameters", "units", "source"} <= set(row)
            assert json.loads(json.dumps(row)) == row


def test_level_and_unit_are_those_of_the_leading_parameter() -> None:
    assert (CATALOGUE["white_noise@2"].level, CATALOGUE["white_noise@2"].level_unit) == (10.0, "dB")
    assert (CATALOGUE["room@4"].level, CATALOGUE["room@4"].level_unit) == (1.2, "s")
    assert math.isnan(CATALOGUE["clean"].level)
    assert CATALOGUE["clean"].severity == 0
    assert CATALOGUE["clean"] == parse_condition({"id": "clean", "severity": None})


@pytest.mark.parametrize(
    ("given_as", "expected"),
    [
        ("white_noise", "white_noise@2"),
        ("white_noise?snr_db=7", "white_noise?snr_db=7"),
        ({"id": "room", "severity": 3}, "room@3"),
        ({"id": "room@3"}, "room@3"),
        ({"id": "room", "severity": 3.0}, "room@3"),
        ({"id": "room", "severity": 3, "rt60_s": 0.8, "drr_db": 0.0}, "room@3"),
        ({"id": "room", "rt60_s": 0.6}, "room?drr_db=2&rt60_s=0.6"),
        (
            "equip_pulse?frequency_hz=900&rate_hz=2&snr_db=8",
            "equip_pulse?duty=0.5&frequency_hz=900&rate_hz=2&rise_ms=5&snr_db=8",
        ),
        (
            {"id": "equip_pulse", "frequency_hz": 900, "rate_hz": 2.0, "snr_db": 8},
            "equip_pulse?duty=0.5&frequency_hz=900&rate_hz=2&rise_ms=5&snr_db=8",
        ),
        ("g711?passes=3", "g711?passes=3"),
    ],
)
def test_every_way_to_write_a_condition_is_read(given_as: str | dict[str, object], expected: str) -> None:
    assert parse_condition(given_as).condition_id == expected


@pytest.mark.parametrize(
    ("given_as", "message"),
    [
        ("wite_noise@2", "there is no condition 'wite_noise'; did you mean 'white_noise'?"),
        ("white_noise@7", "there is no severity 7; choose 1, 2, 3, 4"),
        ("clean@1", "there is no severity 1; choose 0"),
        ("white_noise@two", "severity 'two' is not a whole number"),
        ("white_noise@2?snr_db=3", "both a severity and parameters"),
        ("white_noise?snr_db=99", "snr_db = 99 dB is outside -30 to 60 dB"),
        ("white_noise?snr_db=nan", "snr_db = nan dB is outside -30 to 60 dB"),
        ("white_noise?snr_db=loud", "snr_db = 'loud' is not a number (-30 to 60 dB)"),
        ("white_noise?snr=9", "there is no parameter 'snr'; did you mean 'snr_db'?"),
        ("white_noise?snr_db", "cannot read 'snr_db'"),
        ("white_noise?snr_db=1&snr_db=2", "cannot read 'snr_db=2'"),
        ("equip_pulse?frequency_hz=9000", "frequency_hz = 9000 Hz is outside 50 to 7900 Hz"),
        ("equip_pulse?frequency_hz=9&rate_hz=50", "rate_hz = 50 Hz is outside 0.1 to 20 Hz"),
        ("equip_pulse?rate_hz=20&duty=0.1", "rise_ms = 5 ms at each end does not fit into a pulse of 5 ms"),
        ("g711?passes=1.5", "passes = 1.5 is not a whole number (1 to 16 passes)"),
        ("handset_band?low_hz=1500&high_hz=900", "low_hz = 1500 Hz is not below high_hz = 900 Hz"),
        ({"id": "room", "severity": 3, "rt60_s": 0.5}, "severity 3 of room has rt60_s = 0.8 s, not 0.5"),
        ({"id": "room", "severity": 2.5}, "there is no severity 2.5; choose 1, 2, 3, 4"),
        ({"id": "room", "severity": True}, "there is no severity True"),
        ({"id": "room@3", "severity": 2}, "severity given twice"),
        ({"id": "room", "rt60_s": True}, "rt60_s = True is not a number"),
        ({"rt60_s": 0.5}, "a table without an id"),
        ("", "there is no condition ''"),
    ],
)
def test_a_condition_that_cannot_be_is_refused_in_words(given_as: str | dict[str, object], message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(given_as)
    assert message in str(caught.value)
    assert caught.value.remedy


def test_all_problems_are_listed_at_once_also_from_python() -> None:
    with pytest.raises(ConditionError) as caught:
        EquipPulse(frequency_hz=9, rate_hz=50)
    assert "frequency_hz = 9 Hz" in str(caught.value)
    assert "rate_hz = 50 Hz" in str(caught.value)


@settings(max_examples=50)
@given(
    frequency_hz=st.floats(50.0, 7900.0),
    rate_hz=st.floats(0.1, 4.0),
    duty=st.floats(0.1, 1.0),
    snr_db=st.floats(-30, 60),
)
def test_free_parameters_survive_being_written_as_an_id(
    frequency_hz: float, rate_hz: float, duty: float, snr_db: float
) -> None:
    condition = EquipPulse(frequency_hz=frequency_hz, rate_hz=rate_hz, duty=duty, snr_db=snr_db)
    assert parse_condition(condition.condition_id) == condition


# -- randomness from names


def test_a_severity_and_the_same_values_given_freely_share_their_realisation(pool: CorpusPool) -> None:
    named, free = parse_condition("equip_pulse@3"), parse_condition("equip_pulse?frequency_hz=900&rate_hz=2&snr_db=3")
    assert named.condition_id != free.condition_id
    assert named.realisation(slot=3, seed=1) == free.realisation(slot=3, seed=1)
    one, two = (degrade(SPEECH, condition, slot=3, seed=1) for condition in (named, free))
    assert samples_digest(one.wave) == samples_digest(two.wave)
    assert one.facts == two.facts


@pytest.mark.parametrize("names", EACH)
def test_equal_realisations_are_equal_samples_and_others_are_not(
    names: list[str], pool: CorpusPool, subtests: pytest.Subtests
) -> None:
    for name in names:
        with subtests.test(name):
            condition = CATALOGUE[name]
            seen: dict[str, str] = {}
            for slot, seed in ((0, 1), (0, 1), (1, 1), (0, 2)):
                digest = samples_digest(degrade(heard_in(name), condition, slot=slot, seed=seed, pool=pool).wave)
                realisation = condition.realisation(slot=slot, seed=seed, pool_digest=pool.digest)
                assert seen.setdefault(realisation, digest) == digest
            assert len(seen) == len(set(seen.values())) == (3 if condition.draws else 1)


def test_realisations_of_all_conditions_differ_and_follow_the_pool_where_it_matters() -> None:
    realisations = {c.realisation(slot=0, seed=1, pool_digest="a") for c in CATALOGUE.values()}
    assert len(realisations) == len(CATALOGUE)
    assert CATALOGUE["clean"].realisation(slot=5, seed=9) == "clean"
    for condition in CATALOGUE.values():
        a, b = (condition.realisation(slot=0, seed=1, pool_digest=digest) for digest in "ab")
        assert (a != b) == condition.needs_speech_pool


@pytest.mark.long
def test_nothing_depends_on_order_thread_or_earlier_calls(pool: CorpusPool) -> None:
    jobs = [(name, slot) for slot in range(2) for name in NAMES if name[-1] in "n13"]  # clean and two severities

    def digest(job: tuple[str, int]) -> str:
        return samples_digest(degrade(SPEECH, CATALOGUE[job[0]], slot=job[1], seed=1, pool=pool).wave)

    forwards = {job: digest(job) for job in jobs}
    backwards = {job: digest(job) for job in reversed(jobs)}
    with ThreadPoolExecutor(8) as threads:
        at_once = dict(zip(jobs, threads.map(digest, jobs), strict=True))
    assert forwards == backwards == at_once


@pytest.mark.long
def test_another_process_makes_the_same_samples_and_leaves_the_global_generators_alone(pool: CorpusPool) -> None:
    names = [name for name in NAMES if not CATALOGUE[name].needs_speech_pool]
    here = [samples_digest(degrade(SPEECH, CATALOGUE[name], slot=2, seed=1).wave) for name in names]
    code = (
        "import random, numpy as np\n"
        "random.seed(5); np.random.seed(5)\n"
        "from tests.test_conditions import SPEECH\n"
        "from workbench.audio import samples_digest\n"
        "from workbench.conditions import CATALOGUE, degrade\n"
        f"for name in {names!r}: print(samples_digest(degrade(SPEECH, CATALOGUE[name], slot=2, seed=1).wave))\n"
        "print(random.random(), np.random.random())\n"
        "random.seed(5); np.random.seed(5)\n"
        "print(random.random(), np.random.random())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False
    )
    assert done.returncode == 0, done.stderr
    *there, used, fresh = done.stdout.splitlines()
    assert there == here
    assert used == fresh


def test_the_generator_depends_on_name_slot_and_seed_only() -> None:
    def first(name: str, slot: int, seed: int) -> float:
        return float(rng_for(name, slot, seed=seed).random())

    assert first("a", 1, 1) == first("a", 1, 1)
    assert len({first("a", 1, 1), first("b", 1, 1), first("a", 2, 1), first("a", 1, 2), first("a", 11, 1)}) == 5


# -- what comes out


@pytest.mark.parametrize("names", EACH)
def test_length_is_kept_or_reported_and_samples_are_finite_float32_within_range(
    names: list[str], pool: CorpusPool, subtests: pytest.Subtests
) -> None:
    lengths = (SPEECH.samples, speech_like(0.02), speech_like(0.3, level=0.9))
    for name, samples in product(names, lengths):
        with subtests.test(name, n=len(samples)):
            before = samples.copy()
            degraded = degrade(Waveform(samples, RATE, "toy/ada_0", "ada"), CATALOGUE[name], slot=0, seed=1, pool=pool)
            wave, facts = degraded.wave, degraded.facts
            assert (wave.utterance_id, wave.speaker_id, wave.condition_id) == ("toy/ada_0", "ada", name)
            assert wave.sample_rate == RATE
            assert wave.samples.dtype == np.float32
            if CATALOGUE[name].keeps_length:
                assert wave.samples.shape == samples.shape
                assert "duration_s" not in facts
            else:
                assert wave.samples.ndim == 1
                assert facts["duration_s"] == len(wave.samples) / RATE > 0.0
            assert np.isfinite(wave.samples).all()
            assert name == "clean" or np.max(np.abs(wave.samples)) <= 1.0
            assert all(math.isfinite(value) for value in facts.values())
            level = speech_level(samples, RATE)
            assert facts["active_level_db"] == pytest.approx(level.active_db)
            assert facts["activity_factor"] == pytest.approx(level.activity)
            assert facts["peak"] == np.max(np.abs(wave.samples))
            np.testing.assert_array_equal(samples, before, "the input is not changed")


def test_clean_is_the_recording_itself() -> None:
    loud = Waveform((20.0 * SPEECH.samples).astype(np.float32), RATE)
    assert samples_digest(degrade(loud, CATALOGUE["clean"], slot=0, seed=1).wave) == samples_digest(loud)


@pytest.mark.parametrize("name", [name for name in KINDS if f"{name}@1" in CATALOGUE])
def test_each_severity_is_further_from_the_clean_sound_than_the_one_before(name: str, pool: CorpusPool) -> None:
    """Log-spectral distance in dB between clean and degraded, over frames of 32 ms, averaged over four slots (of a minute: two).

    Where time itself is stretched or filled it is how much longer or shorter the audio is (log of the ratio); where
    frequencies move, how far the centre of the spectrum does, in semitones; where no speech is left, the level in dB re -96 dBov.
    """

    def spectra(samples: np.ndarray) -> np.ndarray:
        frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::256] * np.hanning(512)
        return 10.0 * np.log10(np.abs(np.fft.rfft(frames)[:, :highest]) ** 2 + 1e-6)

    def centre(samples: np.ndarray) -> float:
        power = np.square(np.abs(np.fft.rfft(samples)))
        return float(np.average(np.fft.rfftfreq(len(samples), 1.0 / RATE), weights=power))

    def distance(samples: np.ndarray) -> float:
        if name in ("speech_rate", "slow_speech", "lombard", "silence_pad"):
            return float(abs(np.log(len(samples) / len(speech.samples))))
        if name in ("pitch", "low_pitch"):
            return float(12.0 * abs(np.log2(centre(samples) / centre(speech.samples))))
        if name == "noise_only":
            return float(10.0 * np.log10(np.mean(np.square(samples))) + 96.0)
        heard, same = spectra(samples), spectra(speech.samples)
        common = min(len(heard), len(same))
        return float(np.sqrt(np.mean(np.square(heard[:common] - same[:common]))))

    highest = 512 * 3400 // RATE if name == "g726" else None  # above its band it leaves nothing at any rate
    speech = heard_in(name)
    distances = []
    for severity in (1, 2, 3, 4):
        heard = [
            degrade(speech, CATALOGUE[f"{name}@{severity}"], slot=slot, seed=1, pool=pool).wave.samples
            for slot in range(2 if speech is LONGER else 4)
        ]
        distances.append(np.mean([distance(samples) for samples in heard]))
    assert np.all(np.diff(distances) > 0.0), distances
    assert distances[0] > 0.04


def test_audio_that_is_none_is_refused(pool: CorpusPool) -> None:
    none = (np.zeros(0), np.full(100, np.nan), np.array([0.1, np.inf]), np.zeros((2, 100)))
    for samples, name in product(none, NAMES):
        wave = Waveform(samples.astype(np.float32), RATE, "toy/ada_0", "ada")
        with pytest.raises(AudioError, match="toy/ada_0"):
            degrade(wave, CATALOGUE[name], slot=0, seed=1, pool=pool)
            pytest.fail(f"{name} takes {samples}")


@pytest.mark.parametrize("names", EACH)
def test_silence_has_no_signal_to_noise_ratio_and_passes_everything_else(
    names: list[str], pool: CorpusPool, subtests: pytest.Subtests
) -> None:
    for name in names:
        with subtests.test(name):
            silent = Waveform(np.zeros(RATE // 2, dtype=np.float32), RATE, "toy/ada_9", "ada")
            if any({"snr_db", "sir_db"} & step.parameters.keys() for step in CATALOGUE[name].steps):
                with pytest.raises(AudioError, match=r"toy/ada_9: (at .* in .*: )?the recording is digital silence"):
                    degrade(silent, CATALOGUE[name], slot=0, seed=1, pool=pool)
            else:
                degraded = degrade(silent, CATALOGUE[name], slot=0, seed=1, pool=pool)
                assert "active_level_db" not in degraded.facts
                assert np.max(np.abs(degraded.wave.samples)) < FLOORS.get(CATALOGUE[name].id, 1e-3)


@pytest.mark.parametrize("name", ["babble@2", "speech_shaped_noise@2"])
def test_a_condition_made_of_voices_says_that_it_needs_a_corpus(name: str) -> None:
    with pytest.raises(ConditionError, match=f"{name}: .* voices of a corpus"):
        degrade(SPEECH, CATALOGUE[name], slot=0, seed=1)


def test_a_condition_written_elsewhere_needs_nothing_but_its_own_class() -> None:
    class Hum(Condition):
        id: Literal["hum"] = "hum"
        gain_db: float = parameter(-6.0, -60.0, 0.0, unit="dB", what="how much quieter")
        family: ClassVar[str] = "tones"
        title: ClassVar[str] = "Quieter"
        hears: ClassVar[str] = "The same, further away."
        source: ClassVar[str] = "this test"
        leading: ClassVar[str] = "gain_db"
        levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"gain_db": -6.0 * k} for k in (0.5, 1, 2, 3))
        draws: ClassVar[bool] = False

        def _apply(
            self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
        ) -> tuple[np.ndarray, dict[str, float]]:
            return wave.samples * 10.0 ** (self.gain_db / 20.0), {"loss_db": -self.gain_db}

    degraded = degrade(SPEECH, Hum(severity=3), slot=0, seed=1)
    assert degraded.wave.condition_id == "hum@3"
    assert degraded.facts["loss_db"] == 12.0
    assert Hum(gain_db=-3).condition_id == "hum?gain_db=-3"
    with pytest.raises(ConditionError, match="gain_db = 4 dB is outside -60 to 0 dB"):
        Hum(gain_db=4)
