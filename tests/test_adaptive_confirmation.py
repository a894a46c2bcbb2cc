"""Split and confirmation: halves fixed by names, a finding tested once on speakers nobody explored."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tests.paired_scores import drawn_scores
from tests.search_corpus import Listener, make, study
from workbench.adaptive.confirmation import confirm, confirmations, spent
from workbench.conditions import Condition
from workbench.corpora import load_corpus
from workbench.errors import StudyError, WorkbenchError
from workbench.fairness import gap_changes
from workbench.fairness.changes.declared_cell import Cell, CellTest, cell_test
from workbench.results import load
from workbench.runner import passing, resolve, run
from workbench.store import Store, open_store
from workbench.study import Study

NOISE = "white_noise@4"
GROUPS = {"A": 12, "B": 13, "C": 1}


def harmed(group: str, condition: Condition) -> float:
    return 0.1 if condition.condition_id == "clean" else 0.8 if group == "A" else 0.2


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("crowd"), GROUPS)


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def speakers(asked: Study, manifest: Path) -> set[str]:
    return set(passing(asked, load_corpus(manifest).utterances)["speaker_id"])


def half(asked: Study, name: str) -> Study:
    assert asked.split is not None
    return asked.model_copy(update={"split": asked.split.model_copy(update={"half": name})})


def test_no_speaker_is_on_both_sides_and_groups_are_halved_by_seed_and_id(manifest: Path) -> None:
    asked = study(manifest, NOISE)
    one, other = speakers(half(asked, "explore"), manifest), speakers(half(asked, "confirm"), manifest)
    assert one & other == set()
    assert one | other == set(load_corpus(manifest).utterances["speaker_id"])
    assert sum(name.startswith("A") for name in one) == 6 and sum(name.startswith("B") for name in one) in (6, 7)
    assert one == speakers(study(manifest, "room@2", normaliser="none"), manifest), "whatever is heard"
    assert one != speakers(study(manifest, NOISE, seed=2), manifest)
    only = speakers(study(manifest, NOISE, filter={"accent": ["A"]}), manifest)
    assert only == {name for name in one if name.startswith("A")}, "a filter moves nobody to the other side"
    third = speakers(study(manifest, NOISE, split={"explore": 0.25}), manifest)
    assert sum(name.startswith("A") for name in third) == 3
    assert third <= one, "who explores a quarter explores a half"


def test_a_study_with_a_split_is_written_and_read_and_old_ones_keep_their_digest(manifest: Path) -> None:
    asked = study(manifest, NOISE)
    assert Study.from_json(asked.to_json(), base=asked.base) == asked
    assert "[split]" in asked.to_toml()
    assert "split" not in json.loads(study(manifest, NOISE, split=None).to_json())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"split": {"explore": 1.5}}, "split.explore"),
        ({"attributes": []}, "split: the study names no attribute"),
        ({"split": {"explore": 0.5, "attribute": "gender"}}, "split: attribute 'gender' is in no manifest"),
        ({"split": {"explore": 0.9}}, "split: no group of 'accent' has 5 speakers to explore and 5 to confirm"),
    ],
)
def test_a_split_that_cannot_be_is_refused(manifest: Path, fields: dict, words: str) -> None:
    listener = Listener(manifest, harmed)
    with pytest.raises(StudyError, match=words.replace("[", r"\[")):
        resolve(study(manifest, NOISE, **fields), engine_loader=listener.loader)


@pytest.mark.long
def test_a_finding_is_confirmed_on_the_other_half_alone_and_each_use_spends_less(manifest: Path, store: Store) -> None:
    listener = Listener(manifest, harmed)
    asked = study(manifest, NOISE)
    record = run(asked, store=store, engine_loader=listener.loader)
    explored = {name for name, _ in listener.heard}
    results = load(record.run_id, store=store)
    assert results.caveat.startswith("Exploring half") and not results.synthetic
    assert any(
        "too few speakers to confirm anything of C: 0 + 1" in note or "C: 1 + 0" in note for note in record.notes
    )
    listener.heard.clear()
    told = confirm(
        record.run_id, NOISE, attribute="accent", group="A", store=store, engine_loader=listener.loader
    ).iloc[0]
    assert explored & {name for name, _ in listener.heard} == set()
    assert told["verdict"] == "CONFIRMED" and told["use"] == 1
    assert told["alpha"] == pytest.approx(0.05 * 6 / math.pi**2)
    confirming = load(told["run_id"], store=store)
    assert confirming.caveat.startswith("Confirming half")
    expected = gap_changes(confirming.scores, "accent").set_index("group").loc["A"]
    assert told["confirmed"] == pytest.approx(expected["change"]) == pytest.approx(0.6, abs=0.1)
    assert (told["ci_low"], told["ci_high"]) == pytest.approx((expected["ci_low"], expected["ci_high"]))
    again = confirm(record.run_id, NOISE, attribute="accent", group="A", store=store, engine_loader=listener.loader)
    assert again["use"].tolist() == [1], "the same question is no second look"
    other = confirm(record.run_id, "clean", attribute="accent", group="B", store=store, engine_loader=listener.loader)
    assert other["use"].tolist() == [2] and other["alpha"].iloc[0] == pytest.approx(0.05 * 6 / math.pi**2 / 4)
    assert other["verdict"].tolist() == ["NOT CONFIRMED"]
    with pytest.raises(StudyError, match="of the confirming half itself"):
        confirm(told["run_id"], NOISE, attribute="accent", group="A", store=store, engine_loader=listener.loader)


@pytest.mark.long
def test_who_was_heard_without_the_split_is_said(manifest: Path, store: Store) -> None:
    listener = Listener(manifest, harmed)
    run(study(manifest, NOISE, split=None), store=store, engine_loader=listener.loader)
    record = run(study(manifest, NOISE), store=store, engine_loader=listener.loader)
    told = confirm(
        record.run_id, NOISE, attribute="accent", group="A", store=store, engine_loader=listener.loader
    ).iloc[0]
    assert "1 runs in this store heard confirming speakers without this split" in told["reason"]
    with pytest.raises(WorkbenchError, match="no group 'Z'"):
        confirm(record.run_id, NOISE, attribute="accent", group="Z", store=store, engine_loader=listener.loader)


def test_all_uses_together_spend_five_percent() -> None:
    assert sum(spent(use) for use in range(1, 100_000)) == pytest.approx(0.05, abs=1e-6)


@pytest.mark.long
def test_a_null_cell_is_confirmed_in_at_most_five_of_a_hundred() -> None:
    rng = np.random.default_rng(7)
    cell = Cell("accent", "a", "noise@1")
    n, alarms = 60, 0
    for _ in range(n):
        scores = drawn_scores(rng, {"a": 6, "b": 12}, (0.1, 0.25), cv=0.6)
        alarms += (
            confirmations(scores, [cell], [CellTest(0.1, 0.0, 0.2, math.nan, 6, 12, "")], permutations=99)["verdict"]
            .eq("CONFIRMED")
            .sum()
        )
    assert alarms <= 0.05 * n + 2 * math.sqrt(n * 0.05 * 0.95)
    harmed_scores = drawn_scores(rng, {"a": 12, "b": 12}, (0.1, 0.2), extra={"a": 0.4}, cv=0.3)
    test = cell_test(harmed_scores, cell)
    assert test.p_value < 0.01 and test.change == pytest.approx(0.4, abs=0.2)
    assert cell_test(harmed_scores, cell, direction=-1.0).p_value > 0.99
