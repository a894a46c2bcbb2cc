"""Audio leaves this machine only where the study says so, and then the record and the card say where to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.asr_server import serving
from tests.card_material import results
from tests.corpus import make
from workbench import cards
from workbench.__main__ import app
from workbench.audio import Waveform
from workbench.engines import EngineFailure, ScriptedEngine, Transcript, describe_engine, egress
from workbench.errors import EngineError, EngineStoppedError, StudyError
from workbench.runner import run
from workbench.store import Store, open_store
from workbench.study import Study

ELSEWHERE = "https://asr.example.org"


class Distant(ScriptedEngine):
    """A scripted engine that says that it sends audio away, and remembers what it was given."""

    audio_goes_to = ELSEWHERE
    heard: list[str]
    stops_at: int = 1_000_000

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        if len(self.heard) >= self.stops_at:
            raise EngineStoppedError("the key is refused (401)", place=self.model_id, remedy="set another key")
        self.heard += [wave.utterance_id for wave in batch]
        return super().transcribe(batch)


def distant() -> tuple[Distant, Any]:
    engine = Distant(lambda wave: "one two three", model_id="distant:m")
    engine.heard = []
    return engine, lambda spec, *, base, language: engine


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def study(folder: Path, **more: object) -> Study:
    fields = {"name": "away", "corpus": ["tones.csv"], "engines": ["distant"], "conditions": ["clean"], **more}
    return Study.create({**fields, "normaliser": "basic", "attributes": ["accent"]}, base=folder)


def test_a_study_keeps_audio_here_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert study(tmp_path).audio_leaves_this_machine is False
    away = study(tmp_path, audio_leaves_this_machine=True)
    assert "audio_leaves_this_machine = true" in away.to_toml()
    assert Study.from_json(away.to_json(), base=tmp_path) == away
    with pytest.raises(StudyError, match="audio_leaves_this_machine = 'perhaps' is neither true nor false"):
        study(tmp_path, audio_leaves_this_machine="perhaps")


def test_without_consent_nothing_is_sent_and_the_remedy_is_named(tmp_path: Path, store: Store) -> None:
    make(tmp_path)
    engine, loader = distant()
    with pytest.raises(EngineError) as caught:
        run(study(tmp_path), store=store, engine_loader=loader)
    assert "distant:m would send the audio to https://asr.example.org" in str(caught.value)
    assert "audio_leaves_this_machine = true" in str(caught.value)
    assert engine.heard == []
    assert store.runs()[0].state == "failed"


def test_with_consent_it_runs_and_the_record_says_where_the_audio_went(tmp_path: Path, store: Store) -> None:
    make(tmp_path)
    engine, loader = distant()
    record = run(study(tmp_path, audio_leaves_this_machine=True), store=store, engine_loader=loader)
    assert record.state == "done"
    assert len(engine.heard) == 18
    assert "distant:m: the audio leaves this machine, to https://asr.example.org" in record.notes
    assert egress.destinations(store.run(record.run_id).models) == {"distant:m": ELSEWHERE}


def test_an_engine_that_stays_here_needs_no_consent(tmp_path: Path, store: Store) -> None:
    make(tmp_path)
    engine = ScriptedEngine(lambda wave: "one")
    record = run(study(tmp_path), store=store, engine_loader=lambda spec, *, base, language: engine)
    assert record.state == "done"
    assert not any("leaves" in note for note in record.notes)
    assert egress.destinations(record.models) == {}
    assert "audio_goes_to" not in describe_engine(engine).options


def test_an_engine_that_can_do_no_more_ends_the_run_which_goes_on_later(tmp_path: Path, store: Store) -> None:
    make(tmp_path)
    engine, loader = distant()
    engine.stops_at = 7
    away = study(tmp_path, audio_leaves_this_machine=True)
    with pytest.raises(EngineStoppedError, match="the key is refused"):
        run(away, store=store, engine_loader=loader)
    (stopped,) = store.runs()
    assert (stopped.state, stopped.failed) == ("failed", 0)
    assert "set another key" in stopped.message
    first = list(engine.heard)
    engine.stops_at = 1_000_000
    record = run(away, store=store, engine_loader=loader)
    assert (record.state, record.done, record.failed) == ("done", 18, 0)
    assert sorted(set(engine.heard)) == sorted(engine.heard), "nothing is sent twice"
    assert len(first) == 7


def test_the_card_says_where_the_audio_was_sent() -> None:
    made = results()
    model = made.models[0]
    away = replace(model, options={**model.options, "audio_goes_to": ELSEWHERE})
    moved = replace(made, models=(away, *made.models[1:]))
    sent = f" ran elsewhere: the audio was sent to {ELSEWHERE}."
    assert any(sent in line and model.engine in line for line in cards.build_card(moved).limits)
    assert not any("ran elsewhere" in line for line in cards.build_card(made).limits)


def test_the_command_line_takes_the_consent_too(tmp_path: Path, store: Store) -> None:
    """0.0.0.0 is not a loopback address by its name, and leads to this machine all the same: nothing leaves it here."""
    make(tmp_path)
    with serving() as server:
        address = server.url.replace("127.0.0.1", "0.0.0.0")
        path = study(tmp_path, engines=[f"openai-api:m?url={address}"]).write(tmp_path / "away.toml")
        refused = CliRunner().invoke(app, ["run", str(path), "--store", store.url])
        assert refused.exit_code == 2
        assert "audio_leaves_this_machine = true" in " ".join(refused.output.split())
        assert server.asked == []
        done = CliRunner().invoke(app, ["run", str(path), "--store", store.url, "--audio-leaves-this-machine"])
        assert done.exit_code == 0, done.output
        assert len(server.asked) == 18
    assert f"the audio leaves this machine, to {address.removesuffix('/v1')}" in " ".join(done.output.split())


def test_a_plan_says_where_the_audio_would_go_and_what_that_may_cost(tmp_path: Path, store: Store) -> None:
    make(tmp_path)
    spec = "openai-api:m?url=https://asr.example.org/v1&price_per_minute=6"
    path = study(tmp_path, engines=[spec]).write(tmp_path / "away.toml")
    refused = CliRunner().invoke(app, ["plan", str(path), "--store", store.url])
    assert refused.exit_code == 2
    assert "would send the audio to https://asr.example.org" in " ".join(refused.output.split())
    study(tmp_path, engines=[spec], audio_leaves_this_machine=True).write(path)
    planned = CliRunner().invoke(app, ["plan", str(path), "--probe", "--store", store.url])
    assert planned.exit_code == 0, planned.output
    said = " ".join(planned.output.split())
    assert "the audio leaves this machine, to https://asr.example.org" in said
    assert "up to 1.26 USD for 0.2 minutes of audio at 6 a minute" in said


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True), ("LOCALHOST.", True), ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True),
        ("10.0.0.1", False), ("192.168.1.2", False), ("0.0.0.0", False), ("::ffff:10.0.0.1", False), ("fe80::1", False),
        ("asr", False), ("localhost.example.org", False), ("2130706433", False), ("", False),
    ],
)  # fmt: skip
def test_only_loopback_is_this_machine(host: str, here: bool) -> None:
    assert egress.stays_here(host) is here
