"""The catalogue of statistics: whatever stands in it is in every place that shows statistics, without further code."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import workbench as wb
from tests import generate_readme
from tests.pages import Stumbling, findings, finished
from workbench.__main__ import app
from workbench.errors import ScoringError
from workbench.fairness.catalogue import ASKED, STATISTICS, Statistic
from workbench.results import kept_scores, load, preparation
from workbench.schema import TABLES
from workbench.schema.table import Table, column
from workbench.store import open_store

TOY = Table(
    "TOY",
    "How many words each group said: a table of a test.",
    (
        column("group", "str", "the group"),
        column("share", "float64", "share of all words", unit="%"),
    ),
    key=("group",),
)


def toy(tallies: pd.DataFrame, attribute: str, *, least: int = 0) -> pd.DataFrame:
    """Return TOY: the share of the words that each group said."""
    words = tallies.groupby(attribute)["ref_words"].sum()
    words = words[words >= least]
    return pd.DataFrame({"group": words.index.astype("str"), "share": (words / words.sum()).to_numpy()})


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    statistic = Statistic("toy", "Words of each group", TOY, "tallies", ("attribute",), toy, "Counting toys ...")
    monkeypatch.setitem(STATISTICS, "toy", statistic)
    monkeypatch.setattr(generate_readme, "STATISTICS", STATISTICS)
    monkeypatch.setattr(kept_scores, "LEAST", 1)


@pytest.mark.usefixtures("registered", "manifests")
def test_a_statistic_is_everywhere_once_it_is_in_the_catalogue(tmp_path: Path) -> None:
    run_id = finished(tmp_path, Stumbling).run_id
    expected = toy(load(run_id).tables.tallies, "accent")
    # the worker's preparation, and what is kept
    preparation.prepare(run_id, store=open_store())
    assert len(list((kept_scores.home() / "scores" / "tables").glob("toy-*.parquet"))) == 1
    # a notebook
    pd.testing.assert_frame_equal(wb.load(run_id).table("toy", attribute="accent"), expected)
    # the command line, as JSON, as text and in its list
    printed = CliRunner().invoke(app, ["table", run_id, "toy", "--by", "accent", "--json"])
    assert json.loads(printed.stdout)["rows"] == expected.to_dict("records")
    assert "Words of each group" in CliRunner().invoke(app, ["table", run_id, "toy"]).stdout
    assert "toy" in CliRunner().invoke(app, ["table", run_id]).stdout
    # a page
    at = findings(view="All tables", table="toy")
    assert at.dataframe[0].value["Share (%)"].tolist() == (100 * expected["share"]).round(2).tolist()
    # the generated documents
    assert "`toy`" in generate_readme.tables() and "Words of each group" in generate_readme.tables()


def test_options_and_what_is_asked_are_checked(tmp_path: Path, registered: None) -> None:
    results = load(finished(tmp_path).run_id)
    assert results.table("toy", attribute="accent", least=10**6).empty
    with pytest.raises(ScoringError, match=r"does not take 'reference'"):
        results.table("toy", reference="rest")
    with pytest.raises(ScoringError, match=r"no table 'gap'.*gaps"):
        results.table("gap")
    with pytest.raises(ScoringError, match="no condition 'cleam'"):
        results.table("rates", conditions=["cleam"])


def test_every_statistic_of_the_catalogue_gives_its_table(tmp_path: Path) -> None:
    results = load(finished(tmp_path, Stumbling, gender=True).run_id)
    for name, statistic in STATISTICS.items():
        if "versus" in statistic.asks:
            with pytest.raises(ScoringError, match="compares two models"):
                results.table(name)
            continue
        table = results.table(name)
        missing = {one.name for one in statistic.table.columns if not one.optional} - set(table.columns)
        assert not missing, (name, missing)


def test_the_catalogue_says_what_it_asks_for_and_its_tables_are_documented() -> None:
    for name, statistic in STATISTICS.items():
        assert name == statistic.name
        assert set(statistic.asks) - {"model", "condition"} <= {*ASKED}
        assert statistic.table in TABLES
        assert statistic.title and statistic.wait.endswith("...")
