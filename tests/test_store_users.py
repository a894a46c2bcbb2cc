"""Runs of a shared server: everybody sees their own, and what belongs to everybody; without a login all is seen, as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import call
from tests.corpus import make
from tests.large_store import large_run
from workbench.errors import StoreError
from workbench.results import load
from workbench.store import EVERYBODY, Store, open_store
from workbench.study import Study


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")


def study(folder: Path, name: str = "ward") -> Study:
    manifest = folder / "tones.csv"
    if not manifest.is_file():
        make(folder, per_speaker=1)
    return Study.create(
        {
            "name": name,
            "corpus": ["tones.csv"],
            "engines": ["pocketsphinx"],
            "conditions": ["clean"],
            "normaliser": "basic",
        },
        base=folder,
    )


def test_a_user_sees_their_runs_and_those_of_everybody_and_no_other_whatever_is_asked(
    store: Store, tmp_path: Path
) -> None:
    ann, ben = store.for_user("ann"), store.for_user("ben")
    own = ann.enqueue(study(tmp_path))
    assert (own.belongs_to, [run.run_id for run in ann.runs()], ben.runs()) == ("ann", [own.run_id], [])
    for name in (own.run_id, own.run_id[:6], "ward"):
        with pytest.raises(StoreError, match="no run"):
            ben.run(name)
    for ask in (ben.request_cancel, ben.request_pause, lambda run_id: load(run_id, store=ben)):
        with pytest.raises(StoreError, match="no run"):
            ask(own.run_id)
    assert store.run(own.run_id).state == "queued", "nobody stopped it"
    assert [run.run_id for run in store.runs()] == [own.run_id], "the command line of the machine sees every run"
    other = ben.enqueue(study(tmp_path))
    assert other.run_id != own.run_id, "a run of somebody else is not gone on with"
    assert ann.enqueue(study(tmp_path)).run_id == own.run_id


def test_a_run_is_shared_with_the_command(store: Store, tmp_path: Path) -> None:
    large_run(store, tmp_path, utterances=40, speakers=8, conditions=2, accents=2)
    ben = store.for_user("ben")
    assert ben.runs() == [], "what was run without a login is nobody's"
    for name in (EVERYBODY, "ben"):
        result = call("share", "large", "--with", name, "--store", store.url)
        assert result.exit_code == 0, result.output
        assert [run.belongs_to for run in ben.runs()] == [name]
    assert len(load("large", store=ben).scores)
    assert call("share", "large", "--with", "ann", "--store", store.url).exit_code == 0
    assert ben.runs() == []
    store.close()
