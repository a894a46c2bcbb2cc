"""A recogniser that fails on clean speech: one rule, the same words in app, CLI and card, and what to try instead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import workbench as wb
from tests.demo_run import DEMO
from workbench.__main__ import app
from workbench.audio import Waveform
from workbench.engines import Engine, ScriptedEngine
from workbench.engines.models import larger_model
from workbench.results.speech_fit import misfits
from workbench.store import open_store

REFERENCES = {
    "drip": "please check the drip beside the window and call the night nurse",
    "door": "turn the light off and close the door then call the doctor because the pain is worse",
}


def results_of(**right: int) -> wb.Results:
    """Run models on 16 synthetic voices; each gets so many of the first words right and leaves the others out."""

    def loader(spec: str, *, base: Path, language: str) -> Engine:
        def heard(wave: Waveform) -> str:
            first = 0 if wave.condition_id != "clean" else right[spec]
            return " ".join(REFERENCES[wave.utterance_id.rpartition("-")[2]].split()[:first])

        return ScriptedEngine(heard, model_id=spec)

    study = wb.Study.create(
        {
            "name": "Fit", "corpus": ["demo.csv"], "attributes": ["accent"], "engines": list(right), "conditions": ["clean", "g711@1"],
            "filter": {"accent": ["American English", "Scottish English"]}, "normaliser": "basic", "margin": 0.02,
        },
        base=DEMO,
    )  # fmt: skip
    store = open_store()
    return wb.load(wb.run(study, store=store, engine_loader=loader).run_id, store=store)


@pytest.mark.parametrize(("right", "wer", "told"), [(11, 7 / 29, False), (6, 17 / 29, False), (5, 19 / 29, True)])
def test_more_than_sixty_percent_on_clean_speech_is_no_fit_whatever_the_noise_does(
    right: int, wer: float, told: bool
) -> None:
    results = results_of(weak=right)
    rates = wb.rates(results.scores, ["accent"])
    clean = results.scores[results.scores["condition_id"] == "clean"]
    assert clean["errors"].sum() / clean["ref_words"].sum() == pytest.approx(wer)
    sentences = misfits(rates)
    assert bool(sentences) == told == (wer > 0.6)
    if told:
        assert sentences[0].startswith("weak does not fit this speech") and "66\N{NO-BREAK SPACE}%" in sentences[0]
        assert "Try faster-whisper:base" in sentences[0]
    assert misfits(rates[rates["condition_id"] != "clean"]) == [], "noise says nothing about the fit"
    assert misfits(wb.rates(results.scores)) == sentences == misfits(wb.rates(results.scores, ["timbre"]))


@pytest.mark.long
def test_another_model_of_the_run_that_fits_is_named() -> None:
    sentences = misfits(wb.rates(results_of(weak=3, good=14).scores, ["accent"]))
    assert len(sentences) == 1
    assert "In this run good fits better: 10\N{NO-BREAK SPACE}%." in sentences[0]


@pytest.mark.parametrize(
    ("failing", "larger"),
    [
        (["pocketsphinx"], "base"),
        (["whisper:tiny.en#0123abcd"], "base"),
        (["faster-whisper:base?compute_type=int8#9c6a0953", "whisper:tiny"], "small"),
        (["whisper:medium.en"], "large-v3"),
        (["imported:small"], "base"),
        (["whisper:large-v2"], ""),
        (["whisper:large-v3"], ""),
    ],
)
def test_what_to_try_is_larger_than_every_whisper_that_failed(failing: list[str], larger: str) -> None:
    assert larger_model(failing) == (f"faster-whisper:{larger}" if larger else "")


@pytest.mark.long
def test_app_command_and_card_quote_the_same_words() -> None:
    results = results_of(weak=3)
    (sentence,) = misfits(wb.rates(results.scores, ["accent"]))
    card = wb.build_card(results)
    assert sentence in card.limits
    done = CliRunner().invoke(app, ["gaps", results.run.run_id, "--by", "accent", "--permutations", "99"])
    assert done.exit_code == 0, done.output
    assert sentence in done.stdout.replace("\n", " ").replace("  ", " ")
    done = CliRunner().invoke(app, ["gaps", results.run.run_id, "--by", "accent", "--permutations", "99", "--json"])
    assert json.loads(done.stdout)["misfits"] == [sentence]
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_file(
        str(DEMO.parent / "workbench" / "pages" / "findings" / "findings.py"), default_timeout=300
    ).run()
    assert not page.exception
    assert any("weak does not fit this speech" in warning.value for warning in page.warning)
