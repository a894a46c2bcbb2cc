"""Tables of a large run: kept once computed, equal to those computed anew, prepared by the worker, never of something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.card_material import results as card_results
from tests.figure_frames import CONDITIONS, scores
from tests.pages import Stumbling, finished
from workbench import fairness
from workbench.engines import ScriptedEngine
from workbench.errors import WorkbenchError
from workbench.fairness import REST
from workbench.fairness.catalogue import STATISTICS
from workbench.fairness.counts.cells import tallied
from workbench.fairness.words.normaliser_band import BAND, rescore
from workbench.results import Results, kept_scores, loader, preparation, run_comparison, tables
from workbench.results.explorer import Question, listing
from workbench.results.scored_rows import KeptRows, LoadedRows
from workbench.store import open_store
from workbench.text import fitting_normalisers, get_normaliser

CROSSED = "accent × gender"
TABLES = {"rates", "metrics", "gaps", "gap_changes", "dose_response", "spread"}
ENGLISH = fitting_normalisers(["en"])
COUNTS = {"tallies", "paired"}
"""What others are computed from."""


@pytest.fixture(autouse=True)
def keep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_scores, "LEAST", 1)


def of(run_id: str, normaliser: str | None = None, url: str | None = None) -> Results:
    store = open_store()
    results = loader.load(run_id, store=store, normaliser=normaliser, kept=True)
    return results if url is None else replace(results, store_url=url)


def kept() -> list[str]:
    return sorted(path.name.rpartition("-")[0] for path in (kept_scores.home() / "scores" / "tables").glob("*"))


def every_table(own: Results, attribute: str, reference: str) -> dict[str, pd.DataFrame]:
    """Return every table of the findings by one attribute; a refusal as a table of its words."""
    cell = {"model": "scripted", "condition": own.conditions[-1], "attribute": attribute}
    against = {**cell, "reference": reference}
    makes: dict[str, Callable[[], pd.DataFrame]] = {
        "rates": lambda: own.table("rates", by=attribute),
        "metrics": lambda: own.table("metrics", attribute=attribute),
        "gaps": lambda: own.table("gaps", attribute=attribute, reference=reference),
        "gap_changes": lambda: own.table("gap_changes", attribute=attribute, reference=reference),
        "dose_response": lambda: own.table("dose_response", attribute=attribute),
        "spread": lambda: own.table("spread", attribute=attribute),
        "word_errors": lambda: own.table("word_errors", **against),
        "confusions": lambda: own.table("confusions", **against),
        "adjusted_gaps": lambda: own.table("adjusted_gaps", **against, covariates=held(own, cell)),
        "kitagawa": lambda: own.table("kitagawa", **against),
        "balance": lambda: own.table("balance", **against),
        "normaliser_band": lambda: own.table("normaliser_band", **against),
        **{f"gaps under {name}": lambda name=name: own.tables.gaps_under(**against)[name] for name in BAND},
    }
    return {name: found_or_said(make) for name, make in makes.items()}


def held(own: Results, cell: dict[str, str]) -> list[str]:
    return own.table("covariates", **cell)["covariate"].tolist()


def plain_tables(scores: pd.DataFrame, margin: float, attribute: str, reference: str) -> dict[str, pd.DataFrame]:
    """Return the same from the rows, by the public functions."""
    condition = list(scores["condition_id"].unique())[-1]
    one = scores[scores["condition_id"] == condition]
    to = {"reference": reference}

    def under(name: str) -> pd.DataFrame:
        rows = rescore(one, get_normaliser(name))
        return fairness.gaps(rows, attribute, margin=margin, **to)

    makes: dict[str, Callable[[], pd.DataFrame]] = {
        "rates": lambda: fairness.rates(scores, [attribute]),
        "metrics": lambda: fairness.metrics(scores, [attribute]),
        "gaps": lambda: fairness.gaps(scores, attribute, margin=margin, **to),
        "gap_changes": lambda: fairness.gap_changes(scores, attribute, margin=margin, **to),
        "dose_response": lambda: fairness.dose_response(scores, attribute),
        "spread": lambda: fairness.spread(scores, attribute),
        "word_errors": lambda: fairness.word_errors(one, attribute, **to),
        "confusions": lambda: fairness.confusions(one, attribute, **to),
        "adjusted_gaps": lambda: fairness.adjust(one, attribute, **to).gaps,
        "kitagawa": lambda: fairness.adjust(one, attribute, **to).split,
        "balance": lambda: fairness.adjust(one, attribute, **to).balance,
        "normaliser_band": lambda: fairness.normaliser_band(one, attribute, margin=margin, **to),
        **{f"gaps under {name}": lambda name=name: under(name) for name in BAND},
    }
    return {name: found_or_said(make) for name, make in makes.items()}


def found_or_said(make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    try:
        return make().reset_index(drop=True)
    except WorkbenchError as error:
        return pd.DataFrame({"refused": [str(error)]})


Wanted = dict[tuple[str, str], dict[str, pd.DataFrame]]


def plain(run_id: str, *asked: tuple[str, str]) -> Wanted:
    """Return all frames by each attribute against each reference, from the rows."""
    loaded = loader.load(run_id)
    scores = fairness.crossed(loaded.scores, ["accent", "gender"])
    wanted = {one: plain_tables(scores, loaded.study.margin, *one) for one in asked}
    assert sum("refused" in frame for frames in wanted.values() for frame in frames.values()) <= len(asked)
    return wanted


def compare(run_id: str, wanted: Wanted) -> None:
    whole = of(run_id)
    for (by, reference), frames in wanted.items():
        found = every_table(whole.crossed("accent", "gender") if by == CROSSED else whole, by, reference)
        for name, frame in frames.items():
            pd.testing.assert_frame_equal(found[name], frame, check_exact=True, obj=name)


def test_every_table_that_is_kept_equals_the_plain_computation(tmp_path: Path) -> None:
    run_id = finished(tmp_path, Stumbling, gender=True).run_id
    wanted = plain(run_id, ("accent", "south"))
    pd.testing.assert_frame_equal(of(run_id).tables.tallies, tallied(loader.load(run_id).scores), check_exact=True)
    compare(run_id, wanted)  # computed and kept
    compare(run_id, wanted)  # read


@pytest.mark.long
def test_every_table_that_is_prepared_equals_the_plain_computation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = finished(tmp_path, Stumbling, gender=True).run_id
    wanted = plain(run_id, ("accent", REST), ("accent", "south"), (CROSSED, REST))
    compare(run_id, wanted)  # computed and kept
    compare(run_id, wanted)  # read
    for path in (kept_scores.home() / "scores").rglob("*.parquet"):
        path.unlink()
    preparation.prepare(run_id, store=open_store())
    usual = {name for name, statistic in STATISTICS.items() if statistic.usual and "versus" not in statistic.asks}
    assert set(kept()) >= usual | COUNTS
    assert len(list((kept_scores.home() / "scores").glob("*.parquet"))) == len(ENGLISH)
    read_what_is_prepared(run_id, monkeypatch)
    monkeypatch.undo()
    monkeypatch.setattr(kept_scores, "LEAST", 1)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "workbench-home"))
    compare(run_id, wanted)  # prepared, and what is rarely asked for computed from what is prepared


def read_what_is_prepared(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a table that is prepared is computed again."""
    for name, statistic in STATISTICS.items():
        again = replace(statistic, function=lambda *_, **__: pytest.fail("computed again"))
        monkeypatch.setitem(STATISTICS, name, again)
    for name in ("tallied", "paired_tallies", "rescore", "spoken"):
        monkeypatch.setattr(tables, name, lambda *_, **__: pytest.fail("computed again"))
    own = of(run_id)
    crossed = own.crossed("accent", "gender")
    for attribute, some in (("accent", own), ("gender", own), (CROSSED, crossed)):
        for name in TABLES:
            some.table(name, attribute=attribute)
        groups = [] if attribute == CROSSED else list(own.tables.tallies[attribute].unique())
        for reference in (REST, *groups):
            some.table("gaps", attribute=attribute, reference=reference)
    for condition in own.conditions:
        cell = {"model": "scripted", "condition": condition, "attribute": "accent"}
        for name, statistic in STATISTICS.items():
            if statistic.usual and statistic.of_cell:
                own.table(name, **cell)
    for name in ENGLISH:
        of(run_id, name).table("gaps", attribute="accent")


def test_preparation_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = finished(tmp_path).run_id
    monkeypatch.setattr(preparation, "MOST", 1)
    preparation.prepare(run_id, store=open_store())
    assert kept() == ["rates", "tallies"]
    monkeypatch.setattr(preparation, "SECONDS", -1.0)
    monkeypatch.setattr(preparation, "MOST", 9)
    preparation.prepare(run_id, store=open_store())
    assert kept() == ["rates", "tallies"]


def test_scores_under_another_normaliser_are_the_same_whoever_keeps_them(tmp_path: Path) -> None:
    run_id = finished(tmp_path, Stumbling).run_id
    store = open_store()
    own = loader.load(run_id, store=store, kept=True)
    for name in ENGLISH:
        found = loader.kept_under(own, name, store=store)
        anew = loader.load(run_id, store=store, normaliser=name)
        for one in (found, loader.load(run_id, store=store, normaliser=name, kept=True)):
            pd.testing.assert_frame_equal(one.scores, anew.scores)
            pd.testing.assert_frame_equal(one.measured, anew.measured)
            assert (one.normaliser_id, one.study) == (anew.normaliser_id, anew.study)


def test_rows_of_a_condition_are_read_alone_and_equal_those_of_the_run(tmp_path: Path) -> None:
    run_id = finished(tmp_path, Stumbling).run_id
    store = open_store()
    anew, _ = loader.load(run_id, store=store), loader.load(run_id, store=store, kept=True)
    assert len(anew.tables.tallies) == 6 * len(anew.conditions)
    kept_ = loader.load(run_id, store=store, kept=True)
    crossed = kept_.crossed("accent", "speaker_id")
    for condition in anew.conditions:
        wanted = anew.scores[anew.scores["condition_id"] == condition].reset_index(drop=True)
        found = kept_.rows(condition_id=condition, model_id="scripted")
        pd.testing.assert_frame_equal(found.reset_index(drop=True), wanted)
        one = crossed.rows(condition_id=condition, **{"accent × speaker_id": "south, s1"})
        assert set(one["speaker_id"]) == {"s1"} and len(one) == 3
    some = ["errors", "accent", "accent × speaker_id"]
    pd.testing.assert_frame_equal(crossed.columns(*some), fairness.crossed(anew.scores, ["accent", "speaker_id"])[some])
    assert isinstance(kept_.rows_of_run, KeptRows)
    assert not kept_.rows_of_run.is_loaded, "all rows were read where a condition's were enough"
    pd.testing.assert_frame_equal(kept_.scores, anew.scores)


@pytest.mark.parametrize(("together", "attributes"), [(4, ("accent", "gender", CROSSED)), (10_000, ("accent",))])
def test_the_utterances_of_a_cell_are_listed_alike_from_memory_and_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int, attributes: tuple[str, ...]
) -> None:
    """A file in many pieces and one in a single piece; which attribute is asked for changes nothing in how a piece is read."""
    monkeypatch.setattr(kept_scores, "ROWS_TOGETHER", together)
    run_id = finished(tmp_path, Stumbling, gender=True).run_id
    store = open_store()
    anew, _ = loader.load(run_id, store=store), loader.load(run_id, store=store, kept=True)
    read = loader.load(run_id, store=store, kept=True)
    assert isinstance(read.rows_of_run, KeptRows)
    for attribute in attributes:
        plain, paged = (one.crossed("accent", "gender") if attribute == CROSSED else one for one in (anew, read))
        for condition in anew.conditions:
            for group in plain.scores[attribute].unique():
                question = Question("scripted", condition, ((attribute, group),))
                rows = plain.scores[(plain.scores["condition_id"] == condition) & (plain.scores[attribute] == group)]
                wanted = rows.sort_values("errors", ascending=False, na_position="first", kind="stable")
                found, loaded = listing(paged, question), listing(plain, question)
                assert found.ids == wanted["utterance_id"].tolist() == loaded.ids
                for places in ([0], [2, 1], range(len(rows))):
                    page = wanted.iloc[list(places)].reset_index(drop=True)
                    for one in (found, loaded):
                        pd.testing.assert_frame_equal(one.take(places).reset_index(drop=True), page)
    assert not read.rows_of_run.is_loaded, "all rows were read where a page was enough"
    assert listing(read, Question("scripted", "clean", (("accent", "nobody"),))).ids == []
    names = ("tones/audio/s1-0.wav", "clean")
    assert read.digests(*names) == anew.digests(*names) != set()
    assert read.digests("nobody", "clean") is None is anew.digests("nobody", "clean")


@pytest.mark.long
def test_two_engines_and_two_runs_are_compared_as_without_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        loader.load(finished(tmp_path, kind, seed=seed).run_id) for kind, seed in ((Stumbling, 1), (ScriptedEngine, 2))
    )
    scores = pd.concat([first.scores, second.scores.assign(model_id="other")], ignore_index=True)
    rows, margin, url = LoadedRows(scores), first.study.margin, open_store().url
    how = {"system": "scripted", "versus": "other", "margin": margin}

    def check(found: fairness.Comparison, wanted: fairness.Comparison) -> None:
        pd.testing.assert_frame_equal(found.comparisons, wanted.comparisons, check_exact=True)
        pd.testing.assert_frame_equal(found.gap_checks, wanted.gap_checks, check_exact=True)
        assert found.notes == wanted.notes != ()

    def compared(reference: str) -> fairness.Comparison:
        both = replace(first, rows_of_run=rows, store_url=url)
        sides = {"attribute": "accent", "system": "scripted", "versus": "other"}
        return fairness.Comparison(
            both.table("comparisons", **sides),
            both.table("gap_checks", **sides, reference=reference),
            tuple(both.table("comparison_notes", **sides)["note"]),
        )

    def runs(reference: str) -> fairness.Comparison:
        old, new = (replace(one, store_url=url) for one in (first, second))
        return run_comparison.kept_comparison(old, new, "accent", reference=reference, model="scripted")

    for reference in (REST, "south", REST, "south"):  # computed, checks alone computed, read, read
        check(compared(reference), fairness.compare(scores, scores, ["accent"], reference=reference, **how))
        wanted = run_comparison.compare_runs(first, second, ["accent"], reference=reference, system="scripted")
        check(runs(reference), wanted)
    for name in ("comparisons", "gap_checks", "comparison_notes"):
        again = replace(STATISTICS[name], function=lambda *_, **__: pytest.fail("compared again"))
        monkeypatch.setitem(STATISTICS, name, again)
    monkeypatch.setattr(run_comparison, "compare_runs", lambda *_, **__: pytest.fail("compared again"))
    compared("south")
    runs("south")


def test_a_listing_outlives_its_file(tmp_path: Path) -> None:
    run_id = finished(tmp_path).run_id
    question = Question("scripted", "clean", (("accent", "south"),))
    plain = listing(loader.load(run_id, kept=True), question)
    rows = plain.take([0, 3]).reset_index(drop=True)
    read = loader.load(run_id, kept=True)
    listed = listing(read, question)
    for path in (kept_scores.home() / "scores").glob("*.parquet"):
        path.unlink()
    for one in (listed, listing(read, question)):
        pd.testing.assert_frame_equal(one.take([0, 3]).reset_index(drop=True), rows)


def test_nothing_is_kept_of_a_small_run_or_one_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = finished(tmp_path).run_id
    open_store().update(run_id, state="cancelled")
    preparation.prepare(run_id, store=open_store())
    of(run_id).table("rates", by="accent")
    open_store().update(run_id, state="done")
    monkeypatch.setattr(kept_scores, "LEAST", 10_000)
    preparation.prepare(run_id, store=open_store())
    of(run_id).table("rates", by="accent")
    assert kept() == []


Change = Callable[[str, pytest.MonkeyPatch], None]
CHANGES: dict[str, Change] = {
    "the run went further": lambda run_id, _: open_store().update(run_id, done=19),
    "the run failed more often": lambda run_id, _: open_store().update(run_id, failed=2),
    "the run ended again": lambda run_id, _: open_store().update(run_id, finished_at="2031-01-01T00:00:00"),
    "other code of the tables": lambda _, patch: patch.setattr(tables, "code_digest", lambda: "other"),
    "other code of the scores": lambda _, patch: patch.setattr(kept_scores, "code_digest", lambda: "other"),
}


@pytest.mark.parametrize("change", [None, *CHANGES])
def test_a_table_of_something_else_is_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str | None
) -> None:
    run_id = finished(tmp_path).run_id
    of(run_id).table("gaps", attribute="accent")
    true = of(run_id).table("gaps", attribute="accent")
    (path,) = (kept_scores.home() / "scores" / "tables").glob("gaps-*")
    false = true.assign(difference=0.123)
    false.to_parquet(path, index=False)
    if change:
        CHANGES[change](run_id, monkeypatch)
    pd.testing.assert_frame_equal(of(run_id).table("gaps", attribute="accent"), true if change else false)


def test_the_same_run_of_another_store_has_tables_of_its_own(tmp_path: Path) -> None:
    run_id = finished(tmp_path).run_id
    for url in ("sqlite:///one", "sqlite:///two"):
        of(run_id, url=url).table("rates", by="accent")
    assert kept().count("rates") == 2


@pytest.mark.parametrize("module", [tables, kept_scores])
def test_another_library_is_other_code(monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    digest = module.code_digest  # type: ignore[attr-defined]
    before = digest.__wrapped__()
    monkeypatch.setattr(module, "version", lambda name: "99" if name == "pandas" else "1")
    assert digest.__wrapped__() != before


def test_another_normaliser_reference_margin_or_version_has_a_table_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = finished(tmp_path).run_id
    of(run_id).table("gaps", attribute="accent")
    of(run_id, "none").table("gaps", attribute="accent")
    of(run_id).table("gaps", attribute="accent", reference="north")
    of(run_id).table("gaps", attribute="accent", margin=0.99)
    monkeypatch.setattr(tables, "code_digest", lambda: "another version")
    of(run_id).table("gaps", attribute="accent")
    assert kept().count("gaps") == 5


def test_every_usual_statistic_is_prepared_for_every_attribute(tmp_path: Path) -> None:
    own = of(finished(tmp_path, gender=True).run_id)
    steps = [step for step in preparation.steps(own, open_store()) if step.func == own.table]  # type: ignore[attr-defined]
    prepared = {(step.args[0], step.keywords["attribute"]) for step in steps}  # type: ignore[attr-defined]
    usual = {name for name, statistic in STATISTICS.items() if statistic.usual and "versus" not in statistic.asks}
    assert prepared >= {(name, attribute) for name in usual for attribute in ("accent", "gender")}


def test_gaps_under_a_normaliser_do_not_depend_on_what_is_kept_of_the_whole_run() -> None:
    frame = scores({group: [[0, 0]] * 6 for group in ("north", "south")}, CONDITIONS[:3])
    wrong = np.random.default_rng(3).integers(0, 8, size=len(frame))
    said = ["ten words that any of the recognisers may get wrong"] * len(frame)
    heard = [" ".join(["bad"] * int(n) + text.split()[int(n) :]) for n, text in zip(wrong, said, strict=True)]
    own = replace(
        card_results(scored=rescore(frame.assign(reference_raw=said, hypothesis_raw=heard), get_normaliser("basic"))),
        store_url="sqlite:///of-a-test",
    )
    cell = {"model": own.tables.models[0], "condition": own.conditions[1], "attribute": "accent", "reference": REST}
    whole = loader.rescored(own, "whisper_en").table("gaps", attribute="accent")
    rows = rescore(own.rows(model_id=cell["model"], condition_id=cell["condition"]), get_normaliser("whisper_en"))
    expected = fairness.gaps(rows, "accent", margin=own.study.margin)
    of_cell = whole[whole["condition_id"] == cell["condition"]].reset_index(drop=True)
    assert not of_cell["p_familywise"].equals(expected["p_familywise"]), "the families are the same: this shows nothing"
    pd.testing.assert_frame_equal(own.tables.gaps_under(**cell)["whisper_en"], expected, check_exact=True)
