"""Erasure: after it no byte of the workbench's folder names the speaker; a dry run changes nothing and says the same."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from tests import corpus
from tests.corpus import make
from tests.test_runner import CONDITIONS, scripted
from tests.test_store_postgresql import postgresql, server  # noqa: F401
from workbench.__main__ import app
from workbench.audio import urls
from workbench.errors import StoreError
from workbench.results import kept_scores, load
from workbench.runner import run
from workbench.store import Store, checksums, erasure, maintenance, open_store
from workbench.store import sql_tables as tables
from workbench.study import Study

CANARY = "canary7f3a9"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, workbench_home: Path) -> Iterator[Store]:
    store = open_store(None if request.param == "sqlite" else request.getfixturevalue("server"))
    yield store
    store.close()


def spoken(home: Path, store: Store, monkeypatch: pytest.MonkeyPatch, name: str = "tones") -> str:
    """A run of an uploaded corpus in which the canary speaks, with everything that is kept beside it."""
    monkeypatch.setitem(corpus.ACCENTS, "north", (CANARY, "n2", "n3"))
    folder = home / "uploads" / name
    make(folder, name=name)
    fields = {"name": name, "corpus": [f"{name}.csv"], "engines": ["scripted"], "conditions": CONDITIONS}
    record = run(Study.create({**fields, "normaliser": "basic"}, base=folder), store=store, engine_loader=scripted()[1])
    with store._engine.begin() as connection:
        items, table = tables.RUN_ITEMS, tables.TRANSCRIPTS
        own = sa.select(items.c.transcript_key).where(items.c.utterance_id.contains(CANARY))
        connection.execute(
            sa.update(table).where(table.c.transcript_key.in_(own)).values(hypothesis_raw=f"I am {CANARY}")
        )
        checksums.seal_transcripts(connection)
    results = load(record.run_id, store=store)
    kept_scores.write(home / "scores" / "kept.parquet", results.scores, least=0)
    (home / "logs").mkdir(exist_ok=True)
    (home / "logs" / f"{record.run_id}.log").write_text(f"reading {CANARY}-0.wav\n")
    (home / "audit.sqlite").write_text(CANARY)
    return record.run_id


def places_of(home: Path) -> list[str]:
    """Every file below a folder whose bytes or name hold the canary."""
    files = [path for path in home.rglob("*") if path.is_file()]
    return [str(path) for path in files if CANARY.encode() in path.read_bytes() or CANARY in path.name]


def test_no_byte_of_an_erased_speaker_is_left(
    store: Store, workbench_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = spoken(workbench_home, store, monkeypatch)
    before = load(run_id, store=store).scores
    found = places_of(workbench_home)
    assert len(found) >= 7
    dry = erasure.erase_speaker(store, CANARY)
    assert places_of(workbench_home) == found, "a dry run changes nothing"
    assert load(run_id, store=store).scores.equals(before)
    result = erasure.erase_speaker(store, CANARY, do=True)
    assert (result.erased, result.done, dry.done) == (dry.erased, True, False)
    counts = {line.place: line.n for line in result.erased}
    assert (counts["utterances"], counts["items of work lists"], counts["uploaded audio"]) == (3, 12, 3)
    assert counts["rows of uploaded tables"] == 3
    assert places_of(workbench_home) == []
    with store.connected() as connection:
        for table in tables.METADATA.sorted_tables:
            for row in connection.execute(sa.select(table)):
                assert CANARY not in str(row)
    others = before[before["speaker_id"] != CANARY].reset_index(drop=True)
    assert load(run_id, store=store).scores.equals(others), "the others' figures are what they were"
    assert "erased" in store.run(run_id).notes[-1]
    assert maintenance.check(store) == []
    with pytest.raises(StoreError, match=f"no speaker '{CANARY}'"):
        erasure.erase_speaker(store, CANARY)


def test_an_erased_run_leaves_what_another_run_needs(
    workbench_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = open_store()
    first = spoken(workbench_home, store, monkeypatch)
    study = (
        store.run(first)
        .load_study()
        .model_copy(update={"name": "other", "conditions": store.run(first).load_study().conditions[:1]})
    )
    second = run(study, store=store, engine_loader=scripted()[1]).run_id
    kept = load(second, store=store).scores
    erasure.erase_run(store, first, do=True)
    assert [record.run_id for record in store.runs()] == [second]
    assert load(second, store=store).scores.equals(kept)
    assert store.count_transcripts() == len(kept)
    erasure.erase_before(store, date(2020, 1, 1), do=True)
    assert len(store.runs()) == 1
    erasure.erase_before(store, (datetime.now(UTC) + timedelta(days=1)).date(), do=True)
    assert (store.runs(), store.count_transcripts()) == ([], 0)
    store.close()
    assert places_of(workbench_home) == [str(workbench_home / "uploads" / "tones" / "tones.csv")], (
        "a speaker has to be named"
    )


def test_a_run_at_work_is_not_erased(workbench_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store()
    run_id = spoken(workbench_home, store, monkeypatch)
    store.update(run_id, state="queued")
    assert store.claim(run_id)
    for erase in (lambda: erasure.erase_run(store, run_id), lambda: erasure.erase_speaker(store, CANARY)):
        with pytest.raises(StoreError, match="a process is at work on"):
            erase()
    store.release(run_id)
    store.close()


def test_what_cannot_be_reached_is_listed_and_fetched_audio_goes(
    workbench_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    run_id = spoken(workbench_home, store, monkeypatch)
    url = "https://example.com/a.wav"
    with store._engine.begin() as connection:
        rows = tables.UTTERANCES
        chosen = sa.select(sa.func.min(rows.c.utterance_id)).where(rows.c.speaker_id.contains(CANARY)).scalar_subquery()
        connection.execute(sa.update(rows).where(rows.c.utterance_id == chosen).values(path=url))
        checksums.seal_all(connection)
    fetched = urls.cache() / urls.cached_name(url)
    fetched.write_bytes(b"sound")
    (workbench_home / "sessions").mkdir()
    (workbench_home / "sessions" / "a.json").write_text(json.dumps({"note": f"see {CANARY}"}))
    (workbench_home / "uploads" / "corpus.zip").write_bytes(b"PK")
    result = erasure.erase_speaker(store, CANARY, do=True)
    assert not fetched.exists()
    remains = {Path(line.place).name: line.detail for line in result.remains}
    assert "names the speaker" in remains["a.json"]
    assert "not looked into" in remains["corpus.zip"]
    assert "cards, exports and backups" in remains
    assert store.run(run_id).finished
    store.close()


def test_the_command_says_first_and_erases_with_yes(workbench_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store()
    spoken(workbench_home, store, monkeypatch)
    store.close()
    call = lambda *words: CliRunner().invoke(app, ["erase", *words], catch_exceptions=False)  # noqa: E731
    said = call("--speaker", CANARY)
    assert said.exit_code == 0
    assert "nothing was changed" in said.stdout
    assert places_of(workbench_home)
    assert json.loads(call("--speaker", CANARY, "--yes", "--json").stdout)["done"] is True
    assert places_of(workbench_home) == []
    assert call("--speaker", CANARY).exit_code == 2
    assert call().exit_code == 2


def test_nobody_else_can_look_into_the_home(workbench_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        store = open_store()
        spoken(workbench_home, store, monkeypatch)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in workbench_home.iterdir() if path.is_file()}
    finally:
        os.umask(before)
    assert stat.S_IMODE(workbench_home.stat().st_mode) == 0o700
    assert {modes[name] for name in modes if name.startswith("store.sqlite")} == {0o600}
    store.close()
