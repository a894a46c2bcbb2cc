"""Chains: the order is done as written, measured; every way to write one is read; draws are paired and the facts kept."""

from __future__ import annotations

import json
import math
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt
from typer.testing import CliRunner

import workbench
from tests.synthetic_speech import RATE, level_db, speech_like, write_corpus
from workbench.__main__ import app
from workbench.audio import Waveform, samples_digest, speech_level
from workbench.conditions import (
    ADAPTER,
    CATALOGUE,
    KINDS,
    Chain,
    Condition,
    CorpusPool,
    chain,
    degrade,
    parse_condition,
    rng_for,
)
from workbench.conditions.sound_level import a_weighted_change_db
from workbench.errors import AudioError, ConditionError
from workbench.study import Study

SPEECH = Waveform(speech_like(3.0, pause_s=1.0), RATE, "toy/ada_0", "ada")
TOGETHER = "room@2>babble@2>equip_pulse@3>handset_band@2>clipping@1>opus@2>packet_loss@3"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> CorpusPool:
    voices = {name: [speech_like(0.6, seed=10 * k + u) for u in range(3)] for k, name in enumerate(["ada", *"bcdefg"])}
    return CorpusPool(write_corpus(tmp_path_factory.mktemp("voices"), voices))


def made(
    name: str, *, wave: Waveform = SPEECH, slot: int = 0, seed: int = 1, pool: CorpusPool | None = None
) -> np.ndarray:
    return degrade(wave, parse_condition(name), slot=slot, seed=seed, pool=pool).wave.samples.astype(np.float64)


def noise_in(name: str, clean: str, **more: int) -> np.ndarray:
    """What a chain adds to what it makes without its noise; its parts are linear."""
    return made(name, **more) - made(clean, **more)


# -- writing and reading


@pytest.mark.parametrize(
    "given_as",
    [
        "room@2>babble@2>opus@2",
        " room@2 > babble > opus@2 ",
        {"id": "chain", "parts": ["room@2", "babble@2", "opus@2"]},
        {"id": "chain", "parts": [{"id": "room"}, "babble@2", {"id": "opus", "severity": 2}]},
        {"id": "chain", "parts": ["room@2>babble@2", "opus@2"]},
        {"id": "chain", "severity": None, "parts": [{"id": "chain", "parts": ["room", "babble"]}, "opus"]},
    ],
)
def test_every_way_to_write_a_chain_is_read(given_as: str | dict[str, object]) -> None:
    condition = parse_condition(given_as)
    assert isinstance(condition, Chain)
    assert condition.condition_id == "room@2>babble@2>opus@2"
    assert (
        condition == chain("room@2", CATALOGUE["babble@2"], {"id": "opus"}) == workbench.chain("room", "babble", "opus")
    )
    assert [part.id for part in condition.parts] == ["room", "babble", "opus"]


SINGLE = [name for name, condition in CATALOGUE.items() if len(condition.steps) == 1 and condition.keeps_speech]
FREE = ["equip_pulse?frequency_hz=1234.5&rate_hz=3", "room?rt60_s=0.7", "white_noise?snr_db=-0.1"]


@settings(max_examples=60)
@given(names=st.lists(st.sampled_from([*SINGLE, *FREE]).filter(lambda name: name != "clean"), min_size=2, max_size=6))
def test_a_chain_its_text_its_json_and_its_toml_turn_into_each_other(names: list[str]) -> None:
    condition = chain(*names)
    assert parse_condition(condition.condition_id) == condition
    assert ADAPTER.validate_json(condition.model_dump_json()) == condition
    assert ADAPTER.validate_json(condition.model_dump_json(exclude_none=True)) == condition
    assert parse_condition(json.loads(condition.model_dump_json())) == condition
    assert hash(parse_condition(condition.values_id)) is not None
    assert parse_condition(condition.values_id).values_id == condition.values_id
    study = Study.create(
        {"name": "x", "corpus": ["x.csv"], "engines": ["pocketsphinx"], "conditions": ["clean", condition]}
    )
    assert Study.from_json(study.to_json()) == study
    assert Study.create(tomllib.loads(study.to_toml())) == study


def test_the_order_is_part_of_the_name_and_of_the_realisation() -> None:
    one, other = parse_condition("room@2>white_noise@2"), parse_condition("white_noise@2>room@2")
    assert one != other
    assert one.condition_id != other.condition_id
    assert one.realisation(slot=0, seed=1) != other.realisation(slot=0, seed=1)
    free = parse_condition("room?rt60_s=0.5&drr_db=2>white_noise?snr_db=10")
    assert free.realisation(slot=0, seed=1) == one.realisation(slot=0, seed=1)
    np.testing.assert_array_equal(made(free.condition_id), made(one.condition_id))


def test_a_chain_is_what_its_parts_are() -> None:
    assert parse_condition("mask@2>opus@2").draws is False
    assert parse_condition("mask@2>white_noise@2").draws is True
    assert parse_condition("mask@2>babble@2").needs_speech_pool is True
    assert parse_condition("mask@2>opus@2").needs_speech_pool is False
    assert parse_condition("mask@2>opus@2").keeps_length is parse_condition("mask@2>opus@2").keeps_speech is True
    assert parse_condition("speech_rate@2>opus@2").keeps_length is False
    a, b = (parse_condition("mask@2>babble@2").realisation(slot=0, seed=1, pool_digest=one) for one in "ab")
    assert a != b
    a, b = (parse_condition("mask@2>opus@2").realisation(slot=slot, seed=1) for slot in (0, 1))
    assert a == b
    condition = parse_condition("room@2>opus@2")
    assert (condition.family, condition.severity, condition.level_unit) == ("chains", None, "")
    assert math.isnan(condition.level)
    assert "Room" in condition.title and "Opus" in condition.title
    assert condition.hears and "RFC 6716" in condition.source


@pytest.mark.parametrize(
    ("given_as", "message"),
    [
        ("room@2>", "there is no condition ''"),
        ("room@2>opuss@2", "there is no condition 'opuss'; did you mean 'opus'?"),
        ("room@2>white_noise?snr_db=99", "snr_db = 99 dB is outside -30 to 60 dB"),
        ("clean>opus@2", "clean does nothing in a chain"),
        ("opus@2>clean>clean", "clean does nothing in a chain"),
        ("chain", "0 parts, where 2 to 16 make a chain"),
        ({"id": "chain", "parts": ["room@2"]}, "1 parts, where 2 to 16 make a chain"),
        (">".join(["mask@1"] * 17), "17 parts, where 2 to 16 make a chain"),
        ({"id": "chain", "parts": "room@2"}, "parts = 'room@2' is not a list"),
        ({"id": "chain", "parts": ["room@2", 3]}, "3 is neither the name of a condition nor a table"),
        ({"id": "chain", "parts": ["room@2", "opus@2"], "severity": 2}, "a chain has no severity of its own"),
        ({"id": "chain", "parts": ["room@2", "opus@2"], "snr_db": 2}, "there is no parameter 'snr_db'"),
    ],
)
def test_a_chain_that_cannot_be_is_refused_in_words(given_as: str | dict[str, object], message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(given_as)
    assert message in str(caught.value)
    assert caught.value.remedy


def test_nothing_may_stand_before_what_leaves_no_speech_nor_an_snr_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KINDS["hum"], "keeps_speech", False)
    with pytest.raises(ConditionError) as caught:
        parse_condition("mask@2>room@1>hum@2>white_noise@2>opus@2")
    assert "nothing is left of mask@2, room@1 after hum@2: put it first" in str(caught.value)
    assert "hum@2 leaves no speech that the SNR of white_noise@2 could be set against" in str(caught.value)
    assert parse_condition("hum@2>opus@2").keeps_speech is False


def test_a_chain_of_one_is_that_one_and_of_none_an_error() -> None:
    assert chain("room@2") is CATALOGUE["room@2"] or chain("room@2") == CATALOGUE["room@2"]
    with pytest.raises(ConditionError, match="0 parts"):
        chain()


def test_an_unusual_order_is_done_and_noted() -> None:
    usual = parse_condition(
        "mask@1>room@2>street@2>hum@1>cheap_mic@1>agc_pump@1>clipping@1>bandlimit_resample@1>opus@2>packet_loss@1"
    )
    assert usual.notes == CATALOGUE["room@2"].notes == ()
    assert parse_condition("opus@2>white_noise@2>room@2").notes == (
        "opus@2 comes before white_noise@2, though sound usually meets a noise before a codec: done in the order written",
        "white_noise@2 comes before room@2, though sound usually meets a room before a noise: done in the order written",
    )


def test_a_part_is_replaced_by_its_id_or_by_its_place() -> None:
    condition = chain("room@2", "white_noise@2", "opus@2")
    assert condition.with_part(CATALOGUE["opus@4"]).condition_id == "room@2>white_noise@2>opus@4"
    assert condition.with_part(CATALOGUE["hum@1"], at=1).condition_id == "room@2>hum@1>opus@2"
    assert condition.with_part(chain("mask@1", "room@3"), at=0).condition_id == "mask@1>room@3>white_noise@2>opus@2"
    assert condition.condition_id == "room@2>white_noise@2>opus@2"
    for wrong in ({}, {"at": 3}, {"at": -1}):
        with pytest.raises(ConditionError, match="its parts are 0: room@2, 1: white_noise@2, 2: opus@2"):
            condition.with_part(CATALOGUE["hum@1"], **wrong)
    with pytest.raises(ConditionError, match="has 2 parts 'opus'"):
        chain("opus@1", "opus@2").with_part(CATALOGUE["opus@3"])
    with pytest.raises(ConditionError, match="'opus@4' is no condition yet"):
        condition.with_part("opus@4")  # type: ignore[arg-type]


# -- the order, measured


def test_noise_after_a_room_is_dry_and_noise_before_it_reverberates() -> None:
    """A pulse that ends at 250 ms: what is left of it 10 to 100 ms later is the room's tail."""
    pulse = "equip_pulse?frequency_hz=1000&rate_hz=2&duty=0.5&snr_db=0&rise_ms=5"
    for slot in range(4):
        dry = noise_in(f"room@3>{pulse}", "room@3", slot=slot)
        wet = made(f"{pulse}>room@3", slot=slot)
        pure = made(pulse, slot=slot)
        alone = pure - SPEECH.samples
        begin = int(np.argmax(np.abs(alone) > 0.5 * np.max(np.abs(alone))))
        gap = np.flatnonzero(np.abs(alone) < 1e-6)
        gap = gap[gap > begin + 400][160:800]
        assert np.max(np.abs(dry[gap])) < 1e-6
        speech_only = made("room@3", slot=slot)
        gain = np.dot(wet, speech_only) / np.dot(speech_only, speech_only)
        assert level_db((wet - gain * speech_only)[gap]) > level_db(dry) - 40.0


def test_a_codec_after_the_noise_bands_the_noise_and_one_before_it_does_not() -> None:
    def above_4_khz(samples: np.ndarray) -> float:
        return level_db(sosfilt(butter(8, 4400.0, "highpass", fs=RATE, output="sos"), samples))

    before, after = made("g711@1>white_noise@2"), made("white_noise@2>g711@1")
    assert above_4_khz(after) < above_4_khz(before) - 25.0
    assert above_4_khz(before) == pytest.approx(above_4_khz(noise_in("g711@1>white_noise@2", "g711@1")), abs=0.5)


def test_the_snr_of_a_noise_holds_where_it_comes_in() -> None:
    """After a part that changes the level: far away the speech is weaker, and the noise is set against that."""
    for first in ("far_field@4", "low_level@2", "room@4"):
        speech = made(first)
        noise = noise_in(f"{first}>white_noise?snr_db=10", first)
        asked = speech_level(speech, RATE).active_db - level_db(noise)
        assert asked == pytest.approx(10.0, abs=0.2), first
        facts = degrade(SPEECH, parse_condition(f"{first}>white_noise?snr_db=10"), slot=0, seed=1).facts
        assert facts["achieved_snr_db"] == pytest.approx(10.0, abs=0.2)


def test_noises_in_a_row_are_all_set_against_the_speech() -> None:
    """Against what the first left, the second would be 3 dB louder."""
    both = degrade(SPEECH, parse_condition("white_noise?snr_db=0>hum?snr_db=0"), slot=0, seed=1)
    hum = both.wave.samples.astype(np.float64) - made("white_noise?snr_db=0") * 10.0 ** (
        both.facts.get("gain_db", 0.0) / 20.0
    )
    active_db = speech_level(SPEECH.samples, RATE).active_db
    assert active_db - level_db(hum) == pytest.approx(0.0, abs=0.2)
    assert both.facts["white_noise.achieved_snr_db"] == pytest.approx(0.0, abs=0.2)
    assert both.facts["hum.achieved_snr_db"] == pytest.approx(0.0, abs=0.2)
    assert both.wave.level is None


def test_two_noises_of_one_kind_add_up_and_differ() -> None:
    """Independent noises of equal level add 3 dB; twice the same would add 6."""
    one = made("white_noise?snr_db=10") - SPEECH.samples
    two = made("white_noise?snr_db=10>white_noise?snr_db=10") - SPEECH.samples
    assert level_db(two) - level_db(one) == pytest.approx(3.0, abs=0.1)
    facts = degrade(SPEECH, parse_condition("white_noise@2>white_noise@2"), slot=0, seed=1).facts
    assert {"white_noise.achieved_snr_db", "white_noise_2.achieved_snr_db"} <= facts.keys()
    assert "achieved_snr_db" not in facts


# -- pairing and repetition


def test_a_part_of_a_chain_hears_the_draw_of_the_condition_alone(pool: CorpusPool) -> None:
    alone = made("babble@2", slot=5, pool=pool)
    np.testing.assert_array_equal(
        made("mask@1>babble@2", slot=5, pool=pool), made("mask@1>babble@2", slot=5, pool=pool)
    )
    coded = degrade(SPEECH, parse_condition("babble@2>opus@2"), slot=5, seed=1, pool=pool).wave.samples
    again = degrade(Waveform(alone.astype(np.float32), RATE), CATALOGUE["opus@2"], slot=9, seed=4).wave.samples
    np.testing.assert_array_equal(coded, again)


def test_other_speakers_hear_the_same_noise_in_the_same_slot() -> None:
    other = Waveform(speech_like(3.0, seed=9, pause_s=1.0), RATE, "toy/bob_3", "bob")
    name = "handset_band@1>white_noise@2>hum@2"
    a = made(name, slot=7) - made("handset_band@1")
    b = made(name, wave=other, slot=7) - made("handset_band@1", wave=other)
    assert np.corrcoef(a, b)[0, 1] > 0.9999
    c = made(name, wave=other, slot=8) - made("handset_band@1", wave=other)
    assert np.corrcoef(a, c)[0, 1] < 0.9


def test_a_generator_of_ones_own_decides_everything() -> None:
    condition = parse_condition("room@2>white_noise@2>white_noise@2")
    one, same, other = (condition.apply(SPEECH, rng_for("mine", 0, seed=seed)).wave for seed in (1, 1, 2))
    assert samples_digest(one) == samples_digest(same) != samples_digest(other)


def test_nothing_depends_on_order_thread_or_earlier_calls(pool: CorpusPool) -> None:
    names = [TOGETHER, "place:ward@2", "handset_band@3>mask@2>handset_band@3", "mask@4>opus@1>amr_nb@1>mp3_low@1"]
    jobs = [(name, slot) for slot in range(2) for name in names]

    def digest(job: tuple[str, int]) -> str:
        return samples_digest(degrade(SPEECH, parse_condition(job[0]), slot=job[1], seed=1, pool=pool).wave)

    forwards = {job: digest(job) for job in jobs}
    backwards = {job: digest(job) for job in reversed(jobs)}
    with ThreadPoolExecutor(8) as threads:
        at_once = dict(zip(jobs, threads.map(digest, jobs), strict=True))
    assert forwards == backwards == at_once


# -- what comes out


def test_facts_of_every_part_are_kept(pool: CorpusPool) -> None:
    degraded = degrade(SPEECH, parse_condition(TOGETHER), slot=0, seed=1, pool=pool)
    facts = degraded.facts
    level = speech_level(SPEECH.samples, RATE)
    assert facts["active_level_db"] == pytest.approx(level.active_db)
    assert facts["activity_factor"] == pytest.approx(level.activity)
    assert {
        "rt60_s",
        "babble.achieved_snr_db",
        "equip_pulse.achieved_snr_db",
        "clipped_percent",
        "lost_percent",
    } <= set(facts)
    assert facts["babble.active_level_db"] == pytest.approx(level.active_db, abs=0.01)
    assert (
        "white_noise.active_level_db" in degrade(SPEECH, parse_condition("opus@2>white_noise@2"), slot=0, seed=1).facts
    )
    assert degraded.wave.condition_id == TOGETHER
    assert (degraded.wave.utterance_id, degraded.wave.speaker_id) == ("toy/ada_0", "ada")


def test_the_level_after_a_chain_of_parts_that_keep_it_is_the_level_before() -> None:
    before = speech_level(SPEECH.samples, RATE).active_db
    for name in ("room@3>echo@2", "room@2>clipping@3>agc_pump@2", "echo@1>clipping@2>room@1"):
        assert speech_level(made(name), RATE).active_db == pytest.approx(before, abs=0.1), name


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    names=st.lists(st.sampled_from(SINGLE).filter(lambda name: name != "clean"), min_size=2, max_size=4),
    slot=st.integers(0, 99),
)
def test_any_chain_gives_usable_audio_and_facts(names: list[str], slot: int, pool: CorpusPool) -> None:
    """Whatever stands after whatever, also on a clip of one syllable: float32, finite, within [-1, 1], length kept or told."""
    condition = chain(*names)
    if condition.missing:
        return
    degraded = degrade(Waveform(speech_like(0.4), RATE, "toy/ada_0", "ada"), condition, slot=slot, seed=1, pool=pool)
    samples = degraded.wave.samples
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert float(np.max(np.abs(samples))) <= 1.0
    assert all(math.isfinite(value) for value in degraded.facts.values())
    assert json.loads(json.dumps(degraded.facts)) == degraded.facts
    if condition.keeps_length:
        assert len(samples) == round(0.4 * RATE)
    else:
        assert degraded.facts["duration_s"] == len(samples) / RATE


def test_nothing_clips_and_every_turn_down_is_told() -> None:
    loud = Waveform(
        (SPEECH.samples * 0.99 / np.max(np.abs(SPEECH.samples))).astype(np.float32), RATE, "toy/ada_0", "ada"
    )
    condition = parse_condition("white_noise?snr_db=-5>hum?snr_db=-10")
    degraded = degrade(loud, condition, slot=0, seed=1)
    facts = degraded.facts
    parts = [facts[name] for name in ("white_noise.gain_db", "hum.gain_db")]
    assert facts["gain_db"] == pytest.approx(sum(parts))
    assert max(parts) < 0.0
    assert facts["hum.active_level_db"] == pytest.approx(
        facts["active_level_db"] + facts["white_noise.gain_db"], abs=0.01
    )
    assert float(np.max(np.abs(degraded.wave.samples))) <= 1.0
    noise = degraded.wave.samples / 10.0 ** (facts["gain_db"] / 20.0) - loud.samples
    assert speech_level(loud.samples, RATE).active_db - level_db(noise) < -10.0


def test_silence_and_a_missing_pool_are_said_of_the_part(pool: CorpusPool) -> None:
    silent = Waveform(np.zeros(RATE, dtype=np.float32), RATE, "toy/ada_9", "ada")
    with pytest.raises(
        AudioError, match="toy/ada_9: at white_noise@2 in room@2>white_noise@2: the recording is digital"
    ):
        degrade(silent, parse_condition("room@2>white_noise@2"), slot=0, seed=1)
    with pytest.raises(ConditionError, match=r"room@2>babble@2: .* voices of a corpus"):
        degrade(SPEECH, parse_condition("room@2>babble@2"), slot=0, seed=1)


def test_a_chain_lacks_what_its_parts_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("opus", "g722"):
        monkeypatch.setattr(KINDS[name], "unavailable", classmethod(lambda cls: "install it"))
    condition = parse_condition("opus@1>opus@2>mask@1>g722@1")
    assert condition.missing == ("opus: install it", "g722: install it")
    with pytest.raises(ConditionError, match="cannot be made on this machine; opus: install it; g722: install it"):
        degrade(SPEECH, condition, slot=0, seed=1)
    assert KINDS["place:video_call"].unavailable() == "opus: install it"
    assert KINDS["place:ward"].unavailable() == ""


# -- places


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name.startswith("place:")])
def test_a_place_is_a_chain_in_the_usual_order_whose_parts_can_be_changed(name: str, pool: CorpusPool) -> None:
    place: Condition = CATALOGUE[name]
    assert len(place.steps) >= 2
    assert place.notes == ()
    written = chain(*place.steps)
    assert written.values_id == place.values_id
    same = [degrade(SPEECH, one, slot=3, seed=1, pool=pool) for one in (place, written)]
    assert samples_digest(same[0].wave) == samples_digest(same[1].wave)
    assert same[0].facts == same[1].facts
    assert same[0].wave.condition_id == name
    changed = place.with_part(CATALOGUE["mask@1"], at=0)
    assert changed.steps == (CATALOGUE["mask@1"], *place.steps[1:])
    assert place.severity in (1, 2, 3, 4)


def test_places_of_the_issue_are_there_and_names_that_rows_have_too_need_their_prefix() -> None:
    names = ("ward-2", "icu", "mri_suite", "cafe-2", "call_centre", "car", "street", "video_call", "speakerphone")
    assert {name.removeprefix("place:").partition("@")[0] for name in CATALOGUE if name.startswith("place:")} == set(
        names
    )
    assert parse_condition("ward-2@3") == CATALOGUE["place:ward-2@3"] == parse_condition("place:ward-2@3")
    assert parse_condition("ward-2") == CATALOGUE["place:ward-2@2"]
    assert parse_condition("street@2").id == "street"
    for name in ("cafe", "call_centre", "street"):
        assert parse_condition(f"place:{name}@1").id == f"place:{name}"
        assert not (name in KINDS and parse_condition(f"{name}@1").id != name)


def test_a_place_whose_levels_changed_is_a_new_id_and_the_old_one_stays_what_it_was() -> None:
    before = parse_condition("place:ward@2")
    assert before == parse_condition("ward@2") == ADAPTER.validate_json('{"id": "place:ward", "severity": 2}')
    assert before.values_id == (
        "room?drr_db=4&rt60_s=0.5>babble?snr_db=8&talkers=4>equip_pulse?duty=0.5&frequency_hz=900&rate_hz=2&rise_ms=5&snr_db=8"
        ">cheap_mic?response_db=3&self_noise_dba=30"
    )
    assert parse_condition("place:cafe@2").steps[1] == CATALOGUE["cafe@2"]
    for kind in (kind for kind in KINDS.values() if kind.superseded_by):
        assert not kind.catalogued and KINDS[kind.superseded_by].catalogued
        assert any(kind.superseded_by in note for note in kind(id=kind.name(), severity=2).notes)
    assert CATALOGUE["place:ward-2@2"].values_id != before.values_id


@pytest.mark.parametrize(("severity", "total_db"), [(1, 15.0), (2, 10.0), (3, 5.0), (4, 0.0)])
def test_the_sounds_of_a_ward_have_together_the_ratio_that_was_measured_in_hospitals(
    severity: int, total_db: float, pool: CorpusPool
) -> None:
    """Three sounds, each measured in the place's own chain: their powers against that of speech before any of them."""
    ward = CATALOGUE[f"place:ward-2@{severity}"]
    _, fan, voices, pump = ward.steps[:4]
    facts = degrade(SPEECH, ward, slot=3, seed=1, pool=pool).facts
    for part in (fan, voices, pump):
        assert facts[f"{part.id}.achieved_snr_db"] == pytest.approx(part.level, abs=0.1)
    hertz = np.linspace(0.0, 8000.0, 4097)
    weighted_db = a_weighted_change_db(hertz, np.maximum(hertz, 62.5) ** (-5.0 / (10.0 * math.log10(2.0))))
    ratios = [fan.level - weighted_db, voices.level, pump.level]
    assert -10.0 * math.log10(sum(10.0 ** (-ratio / 10.0) for ratio in ratios)) == pytest.approx(total_db, abs=0.1)


@pytest.mark.parametrize(("severity", "noise_dba"), [(1, 55.0), (2, 65.0), (3, 75.0), (4, 82.0)])
def test_a_cafe_is_as_loud_as_eating_places_were_measured(severity: int, noise_dba: float) -> None:
    raised_dba = 60.0 + 0.5 * (noise_dba - 55.0)
    at_the_telephone_dba = raised_dba + 20.0 * math.log10(1.0 / 0.3)
    assert CATALOGUE[f"place:cafe-2@{severity}"].steps[1].level == pytest.approx(
        at_the_telephone_dba - noise_dba, abs=0.5
    )


def test_the_list_of_conditions_shows_the_parts_of_a_place() -> None:
    said = CliRunner().invoke(app, ["conditions"]).stdout
    assert "call_centre@2 > handset_band@2 > g711@1" in said
    rows = {
        row["id"]: row for row in json.loads(CliRunner().invoke(app, ["conditions", "--json"]).stdout)["conditions"]
    }
    assert rows["place:call_centre@2"]["parts"] == ["call_centre@2", "handset_band@2", "g711@1"]
    assert rows["room@2"]["parts"] == []


def test_a_place_in_a_chain_gives_its_parts_and_a_table_changes_them() -> None:
    walked = parse_condition("mask@2>video_call@1>packet_loss@4")
    assert walked == chain("mask@2", *CATALOGUE["place:video_call@1"].steps, "packet_loss@4")
    changed = parse_condition({"id": "ward@3", "replace": ["room?rt60_s=0.9", "babble@1"]})
    assert isinstance(changed, Chain)
    assert changed.parts[0].condition_id == "room?drr_db=2&rt60_s=0.9"
    assert [part.condition_id for part in changed.parts[1:3]] == ["babble@1", "equip_pulse@3"]
    for wrong in ({"id": "ward", "replace": "babble@1"}, {"id": "room", "replace": ["room@2"]}):
        with pytest.raises(ConditionError, match="lists new parts of a place or chain"):
            parse_condition(wrong)
    with pytest.raises(ConditionError, match="has no parts 'opus'; its parts are 0: room"):
        parse_condition({"id": "ward", "replace": ["opus@1"]})


def test_a_study_keeps_chains_and_places_in_its_file(tmp_path: Path) -> None:
    given_as = ["clean", "ward@2", "room@2>babble?snr_db=5>opus@2", {"id": "place:cafe", "replace": ["cafe@4"]}]
    fields = {"name": "x", "corpus": ["x.csv"], "engines": ["pocketsphinx"], "conditions": given_as}
    study = Study.create(fields, base=tmp_path)
    assert study.conditions[1].condition_id == "place:ward@2"
    assert Study.from_toml(study.write(tmp_path / "x.study.toml")) == study
    assert Study.from_json(study.to_json(), base=tmp_path) == study
