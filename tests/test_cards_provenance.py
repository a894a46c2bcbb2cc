"""The card says on whom and how they were recorded: the datasheet, and the audit from what the run measured itself."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from tests.card_material import build, plain, read, results
from tests.test_provenance import manifest as manifest
from workbench import cards, provenance
from workbench.cards.view import view
from workbench.corpora.description import AttributeInfo
from workbench.provenance.run_audit import run_utterances
from workbench.results import Results
from workbench.runner import run
from workbench.schema import AUDIT_DIFFERENCES
from workbench.store import open_store


@pytest.fixture
def loaded(manifest: Path) -> Results:
    """A run of the two groups that were recorded differently, in clean audio and in noise."""
    study = wb.Study.create(
        {"name": "toy", "corpus": ["toy.csv"], "engines": ["scripted"], "conditions": ["clean", "white_noise@1"], "attributes": ["accent"]},
        base=manifest.parent,
    )  # fmt: skip
    store = open_store()
    record = run(study, store=store, engine_loader=lambda spec, **_: wb.ScriptedEngine(lambda wave: "one two"))
    return wb.load(record.run_id, store=store)


def test_a_run_knows_of_its_originals_what_the_audit_measures(loaded: Results, manifest: Path) -> None:
    own = run_utterances(loaded).set_index("utterance_id")
    audited = provenance.audit_utterances(manifest).set_index("utterance_id").loc[own.index]
    for name in (
        "active_level_db",
        "source_floor_db",
        "source_snr_db",
        "rolloff_hz",
        "pause_percent",
        "words",
        "words_per_s",
    ):
        pd.testing.assert_series_equal(own[name], audited[name], rtol=1e-3)
    assert own["edge_hz"].isna().all() and own["clipped_percent"].isna().all()


def test_the_card_says_that_groups_were_recorded_differently_and_what_was_not_measured(loaded: Results) -> None:
    card = build(loaded, evidence=["recordings"])
    shown = read(cards.pdf(card))
    assert "How it was recorded" in shown and "phone and the rest were recorded differently: " in shown
    assert "Coding, low-pass edge, clipping and echo are not measured by a run" in shown
    row = next(one for one in card.recordings if (one.group, one.measure) == ("phone", "source_floor_db"))
    compared = wb.audit_differences(run_utterances(loaded), "accent")
    expected = compared[(compared["group"] == "phone") & (compared["measure"] == "source_floor_db")].iloc[0]
    assert (row.smd, row.verdict, row.mean_group) == (expected["smd"], "DIFFERENT", expected["mean_group"])
    assert cards.Card.model_validate_json(card.model_dump_json()) == card
    assert set(cards.Card.model_fields["recordings"].annotation.__args__[0].model_fields) <= set(
        AUDIT_DIFFERENCES.column_names
    )


def test_a_card_without_audio_says_that_nothing_was_measured() -> None:
    card = build(results(), evidence=["recordings"])
    said = " ".join(plain(text) for part in view(card)["recorded"] for text in part["sentences"])
    assert "Nothing was measured on the audio itself" in said and "the rest were recorded differently" not in said
    assert {row.kind for row in card.recordings} == {"speech"}
    assert view(build(results()))["recorded"] == []


def test_the_datasheet_states_what_the_corpus_states_and_names_what_it_does_not() -> None:
    stated = results(
        licence="not stated",
        attributes={"accent": AttributeInfo()},
        consent="signed forms",
        speech_style="read",
        n_dropped=3,
    )
    facts = {row[0]: plain(row[1]) for row in view(build(stated))["corpora"][0]["facts"]}
    assert (facts["Licence"], facts["Consent"], facts["Read or spontaneous"]) == ("not stated", "signed forms", "read")
    assert facts["Source of accent"] == "not stated" and "3 rows left out" in facts["Composition"]
    minutes = stated.scores.drop_duplicates("utterance_id")["duration_s"].sum() / 60
    assert f"{minutes:.1f} minutes" in facts["Composition"]
    usual = {row[0]: plain(row[1]) for row in view(build(results()))["corpora"][0]["facts"]}
    assert usual["Consent"] == usual["Read or spontaneous"] == "not stated"
    assert usual["Source of accent"] == "self-reported: asked in a form"


def test_the_description_of_a_corpus_reaches_the_datasheet(manifest: Path) -> None:
    manifest.with_suffix(".toml").write_text('consent = "CC0 waiver of every speaker"\nspeech_style = "read"\n')
    info = wb.load_corpus(manifest).info
    assert (info.consent, info.speech_style) == ("CC0 waiver of every speaker", "read")
