"""audiomentations as a condition: its own signature checks the settings, and what it draws is the same wherever it is drawn."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from tests.synthetic_speech import RATE, speech_like
from workbench.audio import Waveform, samples_digest
from workbench.conditions import chain, degrade, parse_condition
from workbench.errors import ConditionError

pytest.importorskip("audiomentations")

SPEECH = Waveform(speech_like(1.5), RATE, "toy/ada_0", "ada")
TRANSFORMS: dict[str, dict[str, Any]] = {
    "AddColorNoise": {"min_snr_db": 5.0, "max_snr_db": 15.0},
    "AddGaussianNoise": {},
    "AddGaussianSNR": {"min_snr_db": 5.0, "max_snr_db": 15.0},
    "AirAbsorption": {},
    "Aliasing": {"min_sample_rate": 6000, "max_sample_rate": 10000},
    "BandPassFilter": {},
    "BandStopFilter": {},
    "BitCrush": {"min_bit_depth": 4, "max_bit_depth": 8},
    "ClippingDistortion": {"min_percentile_threshold": 10, "max_percentile_threshold": 30},
    "Gain": {"min_gain_db": -12.0, "max_gain_db": -3.0},
    "GainTransition": {},
    "HighPassFilter": {},
    "HighShelfFilter": {},
    "LowPassFilter": {},
    "LowShelfFilter": {},
    "Normalize": {},
    "PeakingFilter": {},
    "PolarityInversion": {},
    "RepeatPart": {},
    "Resample": {"min_sample_rate": 8000, "max_sample_rate": 12000},
    "Reverse": {},
    "SevenBandParametricEQ": {},
    "Shift": {},
    "TanhDistortion": {},
    "TimeMask": {},
    "TimeStretch": {"min_rate": 0.8, "max_rate": 1.25, "leave_length_unchanged": False},
}
COMPOSED = {
    "id": "audiomentations", "transform": "Compose",
    "transforms": [{"transform": "AddGaussianSNR", "min_snr_db": 5, "max_snr_db": 20}, {"transform": "OneOf", "transforms": [{"transform": "Reverse"}, {"transform": "PolarityInversion"}]}],
}  # fmt: skip


def condition(name: str) -> Any:
    return parse_condition({"id": "audiomentations", "transform": name, **TRANSFORMS[name]})


def digest(given: Any, slot: int = 0) -> str:
    return samples_digest(degrade(SPEECH, given, slot=slot, seed=1).wave)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_transform_is_repeatable_and_tells_what_came_out(name: str) -> None:
    made = condition(name)
    first = degrade(SPEECH, made, slot=3, seed=1)
    random.random()
    np.random.default_rng().random()
    with ThreadPoolExecutor(4) as threads:
        others = list(threads.map(lambda slot: degrade(SPEECH, made, slot=slot, seed=1), [3, 0, 3, 1]))
    assert samples_digest(others[0].wave) == samples_digest(others[2].wave) == samples_digest(first.wave)
    assert first.facts["duration_s"] == first.wave.duration_s
    assert np.isfinite(first.wave.samples).all()
    assert np.isfinite(first.facts["heard_active_level_db"])


@pytest.mark.parametrize("name", TRANSFORMS)
def test_an_id_and_a_json_lead_back_to_the_condition(name: str) -> None:
    made = condition(name)
    assert parse_condition(made.condition_id) == made
    assert parse_condition(json.loads(made.model_dump_json())) == made
    assert made.condition_id.startswith("audiomentations?digest=x")


def test_what_others_draw_is_not_disturbed() -> None:
    random.setstate(random.Random(7).getstate())
    expected = random.Random(7).random()
    digest(condition("AddGaussianNoise"))
    assert random.random() == expected


def test_slots_and_seeds_draw_anew_and_processes_draw_alike() -> None:
    made = condition("AddGaussianSNR")
    assert digest(made, 0) != digest(made, 1)
    composed = parse_condition(COMPOSED)
    code = (
        "from tests.test_conditions_augmentation import digest, condition, COMPOSED, TRANSFORMS; from workbench.conditions import parse_condition;"
        "print(*[digest(condition(name)) for name in TRANSFORMS], digest(parse_condition(COMPOSED)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert len(TRANSFORMS) >= 20
    assert told == [*(digest(condition(name)) for name in TRANSFORMS), digest(composed)]
    assert parse_condition(composed.condition_id) == composed


def test_it_stands_in_a_chain_and_under_a_digest_of_its_settings() -> None:
    joined = chain("room@1", condition("Gain"))
    assert parse_condition(joined.condition_id) == joined
    assert degrade(SPEECH, joined, slot=0, seed=1).wave.duration_s == SPEECH.duration_s
    other = parse_condition({"id": "audiomentations", "transform": "Gain", "min_gain_db": -12, "max_gain_db": -4})
    assert other.condition_id.split("&")[0] != condition("Gain").condition_id.split("&")[0]
    with pytest.raises(ConditionError, match="is not that of these settings"):
        parse_condition(condition("Gain").condition_id.replace("-12", "-11"))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"transform": "Gian"}, "no transform 'Gian' in audiomentations; did you mean 'Gain'"),
        ({}, "no transform ''"),
        ({"transform": "Gain", "gain": 3}, "Gain has no setting 'gain'"),
        ({"transform": "Compose"}, "Compose needs transforms"),
        ({"transform": "Compose", "transforms": [{"transform": "Nothing"}]}, "no transform 'Nothing'"),
        ({"transform": "BitCrush", "min_bit_depth": 30, "max_bit_depth": 2}, "does not take these settings"),
        ({"transform": "Gain", "settings": "["}, "no JSON object"),
        ({"transform": "Gain", "severity": 2}, "has no severities"),
    ],
)
def test_bad_settings_are_told_before_anything_runs(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition({"id": "audiomentations", **given})
    assert reason in str(caught.value)
