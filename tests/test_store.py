"""The store: any text survives, runs are found again, and what is written once is not written twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus import make
from tests.store_rows import transcript
from workbench import schema
from workbench.corpora import load_corpus
from workbench.errors import StoreError
from workbench.store import Store, home, open_store
from workbench.study import Study


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    make(tmp_path)
    fields = {"name": "a study", "corpus": ["tones.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}
    return Study.create(fields, base=tmp_path)


def with_items(store: Store, study: Study, texts: dict[str, str | None]) -> str:
    record = store.enqueue(study)
    items = (
        {"fingerprint": "f", "utterance_id": key, "condition_id": "clean", "model_id": "m", "transcript_key": key}
        for key in texts
    )
    store.prepare(record.run_id, items=items, models=(), corpora=(), versions={}, notes=(), content_digest="")
    store.add_transcripts([transcript(key, text) for key, text in texts.items()])
    return record.run_id


def test_an_empty_transcript_is_not_a_missing_one(store: Store, study: Study) -> None:
    texts = {"a": "", "b": "null", "c": "nan", "d": None, "e": "NA", "f": "two\nlines\tand 🙂 שלום"}
    rows = store.rows(with_items(store, study, texts)).set_index("utterance_id")["hypothesis_raw"]
    assert {key: None if value is None or value != value else value for key, value in rows.items()} == texts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("store")
    store = open_store(f"sqlite:///{folder / 's.sqlite'}")
    fields = {"name": "x", "corpus": ["a.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}
    run_id = with_items(store, Study.create(fields, base=folder), {"a": text})
    assert store.rows(run_id)["hypothesis_raw"].tolist() == [text]
    store.close()


def test_the_first_transcript_of_a_key_stays(store: Store, study: Study) -> None:
    run_id = with_items(store, study, {"a": "first"})
    store.add_transcripts([transcript("a", "second")])
    assert store.rows(run_id)["hypothesis_raw"].tolist() == ["first"]


def test_a_corpus_comes_back_as_it_was(store: Store, study: Study) -> None:
    corpus = load_corpus(study.manifests[0])
    store.add_corpus(corpus)
    store.add_corpus(corpus)
    info, utterances = store.corpus(corpus.info.fingerprint)
    assert info == corpus.info
    assert utterances.equals(schema.UTTERANCES.validate(corpus.utterances).reset_index(drop=True))


def test_an_unfinished_run_is_taken_up_again_a_finished_one_is_not(store: Store, study: Study) -> None:
    first = store.enqueue(study)
    assert store.enqueue(study).run_id == first.run_id
    store.update(first.run_id, state="done")
    second = store.enqueue(study)
    assert second.run_id != first.run_id
    assert {record.run_id for record in store.runs()} == {first.run_id, second.run_id}


def test_the_name_of_a_study_is_its_newest_run_also_within_a_second(store: Store, study: Study) -> None:
    made = [store.enqueue(study.model_copy(update={"seed": seed})).run_id for seed in range(12)]
    assert [record.run_id for record in store.runs()] == made[::-1]
    assert store.run(study.name).run_id == made[-1]


def test_a_long_name_finds_its_run_though_the_id_has_only_its_beginning(store: Store, study: Study) -> None:
    made = store.enqueue(study.model_copy(update={"name": "Ward, channels of two groups swapped"}))
    assert made.run_id.rpartition("-")[0] == "ward-channels-of-two"
    assert store.run("ward-channels-of-two-groups-swapped").run_id == made.run_id
    for nothing in ("ward-channels-of-two-groups", "???", ""):
        with pytest.raises(StoreError, match="no run"):
            store.run(nothing)


def test_a_twin_stands_for_the_run_it_repeats(store: Store, study: Study) -> None:
    first = store.enqueue(study)
    store.update(first.run_id, state="done")
    second = store.enqueue(study)
    store.redirect(second.run_id, to=first.run_id)
    assert store.run(second.run_id).run_id == first.run_id
    assert len(store.runs()) == 1


def test_a_run_waiting_to_start_can_be_cancelled(store: Store, study: Study) -> None:
    record = store.enqueue(study)
    assert store.request_cancel(record.run_id).state == "cancelled"


def test_two_connections_see_each_other(tmp_path: Path, study: Study) -> None:
    url = f"sqlite:///{tmp_path / 'both.sqlite'}"
    one, two = open_store(url), open_store(url)
    record = one.enqueue(study)
    assert two.run(record.run_id).study == "a study"
    one.update(record.run_id, done=3, total=5)
    assert two.run(record.run_id).done == 3


def test_a_store_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot open the store"):
        open_store(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder' / 's.sqlite'}")


def test_the_home_folder_is_the_one_of_the_environment(workbench_home: Path) -> None:
    assert home() == workbench_home
    assert open_store().url.endswith("store.sqlite")


def test_the_study_of_a_run_is_the_study_that_was_given(store: Store, study: Study) -> None:
    record = store.enqueue(study)
    assert record.load_study() == study
    assert json.loads(record.study_json)["name"] == "a study"
