"""A trial: every engine hears every condition of one recording as a study would, and nothing is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.corpus import tone
from workbench.audio import SAMPLE_RATE, Waveform
from workbench.conditions import degrade, parse_condition
from workbench.engines import ScriptedEngine
from workbench.runner.trial import trials


class Falling(ScriptedEngine):
    """An engine that breaks on everything."""

    def transcribe(self, batch):  # type: ignore[no-untyped-def]
        raise RuntimeError("no luck")


def test_each_engine_hears_each_condition_as_a_study_would(workbench_home: Path) -> None:
    wave = Waveform(tone(1.0, 300), SAMPLE_RATE)
    conditions = [parse_condition(name) for name in ("clean", "white_noise@2", "babble@2")]
    engine = ScriptedEngine(lambda heard: f"{heard.condition_id} {np.sqrt(np.mean(heard.samples**2)):.6f}")
    results = list(trials(wave, conditions, [engine, Falling(lambda heard: "")], seed=3))
    assert [(one.condition_id, one.text is None) for one in results] == [
        ("clean", False), ("white_noise@2", False), ("babble@2", True), ("clean", True), ("white_noise@2", True), ("babble@2", True),
    ]  # fmt: skip
    noisy = degrade(wave, conditions[1], slot=0, seed=3).wave
    assert results[1].text == f"white_noise@2 {np.sqrt(np.mean(noisy.samples**2)):.6f}"
    assert "pool" in results[2].reason or "speakers" in results[2].reason
    assert "no luck" in results[3].reason
    assert not workbench_home.exists() or not any(workbench_home.iterdir())
