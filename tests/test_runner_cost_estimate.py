"""Estimates: what is left to do, how long a known engine takes for it, and what it costs; nothing is kept."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.corpus import make
from workbench.__main__ import app
from workbench.audio import Waveform
from workbench.cli.commands.plan import duration
from workbench.engines import EngineFailure, ScriptedEngine, Transcript
from workbench.engines.remote import Price
from workbench.runner import estimate, plan, resolve, run
from workbench.runner.cost_estimate import _ratio, probe_of
from workbench.store import Store, open_store
from workbench.study import Study

SPEED = 20.0
"""Seconds of audio that the engine hears in a second."""


class Timed(ScriptedEngine):
    """An engine that takes its time, in proportion to the audio."""

    batch_size = 1
    price = Price(0.6, "EUR", minimum_s=6.0)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        time.sleep(sum(wave.duration_s for wave in batch) / SPEED)
        return super().transcribe(batch)


class Away(Timed):
    audio_goes_to = "https://asr.example"

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        raise AssertionError("the probe must send nothing away")


def timed(spec: str, **_: Any) -> Timed:
    return Timed(lambda wave: "one")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    make(tmp_path)
    fields = {"name": "timed", "corpus": ["tones.csv"], "engines": ["timed"], "conditions": ["clean", "white_noise@2"]}
    return Study.create(fields, base=tmp_path)


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def test_the_time_is_that_of_the_audio_at_the_speed_of_the_engine(study: Study) -> None:
    found = estimate(study, utterances=6, workers=1, engine_loader=timed)
    audio_s = 2 * 6 * (0.6 + 0.7 + 0.8)  # six speakers say three utterances each, under two conditions
    assert (found.transcripts, found.reused) == (36, 0)
    assert found.audio_s == pytest.approx(audio_s, abs=0.01)
    [engine] = found.engines
    assert engine.probed == 6
    assert audio_s / SPEED <= engine.decode_s < 2.0 * audio_s / SPEED, "sleeping never ends early"
    assert engine.low_s <= engine.decode_s <= engine.high_s
    assert found.seconds == max(engine.decode_s, (engine.decode_s + found.prepare_s) / found.cores)
    assert found.cost(3.6) == pytest.approx(found.seconds / 1000.0)
    assert found.fees == {"EUR": pytest.approx(36 * 6.0 / 60.0 * 0.6)}, "36 utterances, each charged as 6 s"


def test_two_workers_take_half_the_time_where_there_are_processors(study: Study) -> None:
    found = estimate(study, utterances=2, workers=2, engine_loader=timed)
    [engine] = found.engines
    assert found.seconds == max(engine.decode_s / found.workers, (engine.decode_s + found.prepare_s) / found.cores)


@pytest.mark.long
def test_what_the_store_holds_is_not_counted_and_nothing_is_kept(study: Study, store: Store) -> None:
    first = study.model_copy(update={"conditions": study.conditions[:1]})
    run(first, store=store, engine_loader=timed)
    before = (store.count_transcripts(), len(store.runs()))
    found = estimate(study, store=store, utterances=2, engine_loader=timed)
    assert (found.transcripts, found.reused) == (18, 18)
    assert (store.count_transcripts(), len(store.runs())) == before
    run(study, store=store, engine_loader=timed)
    done = estimate(study, store=store, engine_loader=timed)
    assert (done.transcripts, done.reused, done.seconds) == (0, 36, 0.0)


def test_an_engine_that_sends_audio_away_is_not_probed_but_its_fee_is_known(study: Study) -> None:
    allowed = study.model_copy(update={"audio_leaves_this_machine": True})
    found = estimate(allowed, engine_loader=lambda spec, **_: Away(lambda wave: "one"))
    assert math.isnan(found.seconds)
    assert found.fees["EUR"] == pytest.approx(36 * 6.0 / 60.0 * 0.6)
    assert "sends audio to another machine" in found.engines[0].reason


def test_the_probe_is_spread_over_the_work_and_takes_the_conditions_in_turn(study: Study) -> None:
    tasks = list(plan(resolve(study, engine_loader=timed)))
    probe = probe_of(tasks, 6)
    assert [tasks.index(next(one for one in tasks if one.utterance == task.utterance)) for task in probe] == [
        1, 4, 7, 10, 13, 16,
    ]  # fmt: skip
    assert [task.conditions for task in probe] == [(0,), (1,), (0,), (1,), (0,), (1,)]
    assert len(probe_of(tasks, 1000)) == len(tasks)


def test_the_interval_of_the_speed_is_that_of_a_ratio() -> None:
    spent, heard = [1.0, 2.1, 2.9, 4.2], [10.0, 20.0, 30.0, 40.0]
    ratio, half = _ratio(spent, heard)
    assert ratio == pytest.approx(0.102)
    residuals = [one - 0.102 * other for one, other in zip(spent, heard, strict=True)]
    variance = sum(value**2 for value in residuals) / 3 / 4 / 25.0**2
    assert half == pytest.approx(1.96 * math.sqrt(variance))
    assert _ratio([1.0], [4.0]) == (0.25, math.inf)


@pytest.mark.engine
def test_the_command_says_it_in_words_and_as_json(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "a.toml").write_text(
        'name = "a"\ncorpus = ["tones.csv"]\nengines = ["pocketsphinx"]\nconditions = ["clean"]\n'
    )
    words = CliRunner().invoke(app, ["plan", str(tmp_path / "a.toml")], catch_exceptions=False)
    assert words.exit_code == 0
    assert "18 transcripts to make" in words.stdout
    assert "not probed" in words.stdout
    asked = ["plan", str(tmp_path / "a.toml"), "--probe", "--utterances", "2", "--price-per-hour", "2", "--json"]
    told = json.loads(CliRunner().invoke(app, asked, catch_exceptions=False).stdout)
    assert told["transcripts"] == 18
    assert told["cost"]["machine"] == pytest.approx(told["seconds"] / 3600 * 2)
    assert [duration(one) for one in (42.0, 600.0, 9000.0)] == ["42 s", "10 min", "2.5 h"]
