"""adjust and words on the command line: one JSON object, tables for a person, named mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from tests.command_line import STUDY
from tests.corpus import make
from workbench.__main__ import app
from workbench.corpora import load_corpus
from workbench.fairness.adjusted.covariates import NOT_A_METRIC


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The run of a study of transcripts made elsewhere: the south's last word is missed; and the store it is in."""
    folder: Path = tmp_path_factory.mktemp("adjust")
    manifest = make(folder)
    rows = pd.read_csv(manifest, keep_default_na=False)
    rows["hypothesis"] = rows["reference"].where(
        rows["accent"] != "south", rows["reference"].str.replace(r" \w+$", "", regex=True)
    )
    rows["utterance_id"] = load_corpus(manifest).utterances["utterance_id"]
    rows[["utterance_id", "hypothesis"]].to_csv(folder / "vendor.csv", index=False)
    (folder / "study.toml").write_text(STUDY)
    store = f"sqlite:///{folder / 'store.sqlite'}"
    done = call("run", folder / "study.toml", "--store", store)
    assert done.exit_code == 0, done.output
    return [done.stdout.strip().splitlines()[-1], "--store", store, "--by", "accent"]


def test_adjust_prints_one_json_object(run: list[str]) -> None:
    found = json.loads(call("adjust", *run, "--covariates", "log_duration", "--json").stdout)
    assert {"run_id", "normaliser", "covariates", "innocent", "strata", "adjusted", "kitagawa", "balance"} <= set(found)
    assert found["covariates"] == ["log_duration"]
    raw = [row for row in found["adjusted"] if row["method"] == "raw"]
    assert {row["group"] for row in raw} >= {"south"}
    assert next(row for row in raw if row["group"] == "south")["difference"] > 0
    assert "system" in raw[0] and "e_value" in raw[0]


def test_adjust_prints_tables_with_the_label(run: list[str]) -> None:
    done = call("adjust", *run, "--covariates", "log_speech_rate")
    assert done.exit_code == 0
    assert "Gaps raw and adjusted" in done.stdout and NOT_A_METRIC[:20] in done.stdout


def test_words_print_one_json_object_and_tables(run: list[str]) -> None:
    found = json.loads(call("words", *run, "--json").stdout)
    assert {"words", "confusions", "not_compared", "normaliser"} <= set(found)
    assert found["words"] or found["not_compared"]
    assert call("words", *run).exit_code == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--covariates", "sex"], "no covariate 'sex'"),
        (["--method", "magic"], "no method 'magic'"),
        (["--strata", "nothing"], "no column 'nothing'"),
    ],
)
def test_mistakes_end_with_a_message(run: list[str], more: list[str], message: str) -> None:
    done = call("adjust", *run, *more)
    assert done.exit_code == 2 and message in done.stderr
