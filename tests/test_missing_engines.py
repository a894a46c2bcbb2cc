"""A study on a machine that lacks one of its engines: what can be loaded runs, what cannot is named, nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.demo_run import DEMO
from workbench.__main__ import app
from workbench.engines import Engine, ScriptedEngine
from workbench.errors import EngineError
from workbench.runner import run, without_missing_engines
from workbench.store import open_store
from workbench.study import Study

WHISPER, SPHINX = "faster-whisper:tiny.en?max_tokens=40", "pocketsphinx?grammar=demo.gram"


def lacking(*missing: str) -> object:
    """Return a loader of engines on a machine that lacks these."""

    def loader(spec: str, *, base: Path, language: str) -> Engine:
        if spec in missing:
            raise EngineError("its weights are not on this machine", place=f"engine {spec!r}", remedy="install them")
        return ScriptedEngine(lambda wave: "please check the drip")

    return loader


def demo() -> Study:
    return Study.from_toml(DEMO / "demo.study.toml")


def test_a_study_whose_engines_are_all_here_is_unchanged() -> None:
    study, missing = without_missing_engines(demo(), engine_loader=lacking())  # type: ignore[arg-type]
    assert study == demo() and missing == ()


def test_the_demo_without_whispers_weights_is_pocketsphinx_alone_and_its_name_says_so() -> None:
    study, missing = without_missing_engines(demo(), engine_loader=lacking(WHISPER))  # type: ignore[arg-type]
    assert study.engines == (SPHINX,)
    assert study.name == f"{demo().name}, without {WHISPER}"
    assert len(missing) == 1
    assert missing[0].startswith(f"{WHISPER} is left out: ") and "install them" in missing[0]
    rest = {"engines", "name"}
    assert study.model_dump(exclude=rest) == demo().model_dump(exclude=rest)
    few = study.model_copy(update={"filter": {"timbre": ("timbre A",)}, "conditions": study.conditions[:1]})
    record = run(few, store=open_store(), engine_loader=lacking(WHISPER))  # type: ignore[arg-type]
    assert (record.state, record.done, record.study) == ("done", 12, study.name)


def test_without_any_engine_nothing_runs_and_every_reason_is_given() -> None:
    with pytest.raises(EngineError) as caught:
        without_missing_engines(demo(), engine_loader=lacking(WHISPER, SPHINX))  # type: ignore[arg-type]
    assert WHISPER in str(caught.value) and SPHINX in str(caught.value)


def test_the_command_says_what_it_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(
        f'name = "two"\ncorpus = ["{DEMO / "demo.csv"}"]\nattributes = ["accent"]\nconditions = ["clean"]\nmargin = 0.02\n'
        f'engines = ["faster-whisper:{tmp_path / "gone"}", "pocketsphinx?grammar={DEMO / "demo.gram"}"]\n'
        '[filter]\naccent = ["American English"]\ntimbre = ["timbre A"]\n'
    )
    refused = CliRunner().invoke(app, ["run", str(tmp_path / "study.toml")])
    assert refused.exit_code != 0
    done = CliRunner().invoke(app, ["run", str(tmp_path / "study.toml"), "--skip-missing-engines"])
    assert done.exit_code == 0, done.output
    assert f"note: faster-whisper:{tmp_path / 'gone'} is left out" in done.stderr
    assert "2 of 2 transcripts" in done.stderr
