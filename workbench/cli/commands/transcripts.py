"""What transcripts do to people: invented, keywords, dialect and band."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import emit, mendable
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_caveat, print_table
from workbench.errors import ScoringError
from workbench.schema import EVENT_RATES, NORMALISER_BAND

if TYPE_CHECKING:
    import pandas as pd

    from workbench.results import Results

app = typer.Typer()

By = Annotated[list[str] | None, typer.Option(help="Attribute whose groups are told apart; may be repeated.")]


def _report(
    run_id: str, store: str | None, by: list[str] | None, *, as_json: bool, of: Callable[[Results, list[str]], pd.DataFrame]
) -> None:  # fmt: skip
    from workbench.cli.run_results import load
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store))
        events = of(results, by or [])
    if as_json:
        emit(_headed(results, json_rows(events)))
        return
    print_table(events, EVENT_RATES, title="How often", by=by or ())
    print_caveat(results.caveat)


def _headed(results: Results, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "run_id": results.run.run_id,
        "normaliser": results.normaliser_id,
        "caveat": results.caveat,
        "rows": rows,
    }


@app.command()
def invented(
    run_id: RunId,
    *,
    by: By = None,
    again: Annotated[
        str | None, typer.Option(help="Run of the same study with another seed: texts that differ wildly are suspect.")
    ] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how often transcripts look invented, and the words written where nobody spoke, by group."""

    def found(results: Results, attributes: list[str]) -> pd.DataFrame:
        from workbench.cli.run_results import load
        from workbench.fairness.words.invented import hallucinations
        from workbench.results.audio_facts import reported, with_facts
        from workbench.store import open_store
        from workbench.text.hallucination_flags import with_another_seed

        extra = reported(results)
        known = [name for name in ("no_speech_prob",) if name in extra]
        scores = with_facts(results, ["activity_factor"])
        scores = scores.assign(**{name: extra[name] for name in known})
        if again is not None:
            other = load(again, store=open_store(store), normaliser=results.study.normaliser)
            if other.study.seed == results.study.seed:
                raise ScoringError(
                    f"run {again!r} has the same seed, {other.study.seed}",
                    remedy="run the study again with another seed",
                )
            scores = with_another_seed(scores, other.scores)
        return hallucinations(scores, attributes)

    _report(run_id, store, by, as_json=as_json, of=found)


@app.command()
def keywords(
    run_id: RunId,
    *,
    by: By = None,
    lists: Annotated[
        Path | None, typer.Option(help="CSV with the columns class and term; default: the lists that ship.")
    ] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how many of the words that matter arrive: numbers, negations, drugs, or a list of your own, by group."""

    def found(results: Results, attributes: list[str]) -> pd.DataFrame:
        from workbench.fairness.words.keyword_recall import keyword_recall
        from workbench.text.keyword_lists import read_keywords

        return keyword_recall(results.scores, attributes, lists=None if lists is None else read_keywords(lists))

    _report(run_id, store, by, as_json=as_json, of=found)


@app.command()
def dialect(
    run_id: RunId,
    *,
    by: By = None,
    lexicon: Annotated[
        Path | None, typer.Option(help="TOML file of varieties and their words; default: the one that ships.")
    ] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how often words of a variety are kept, erased (written as the standard) or lost, by group."""

    def found(results: Results, attributes: list[str]) -> pd.DataFrame:
        from workbench.fairness.words.dialect_erasure import dialect_erasure
        from workbench.text.dialect import Lexicon

        return dialect_erasure(results.scores, attributes, lexicon=None if lexicon is None else Lexicon.read(lexicon))

    _report(run_id, store, by, as_json=as_json, of=found)


@app.command()
def band(
    run_id: RunId,
    *,
    by: Annotated[str, typer.Option(help="Attribute whose groups are compared.")],
    normaliser: Annotated[
        list[str] | None, typer.Option(help="A normaliser of the band; may be repeated. Default: those that fit.")
    ] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print every gap under several normalisers, and whether its sign or verdict depends on the choice."""
    from workbench.cli.run_results import load
    from workbench.fairness.words.normaliser_band import bands_for, normaliser_band
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store))
        result = normaliser_band(
            results.scores, by, normalisers=normaliser or bands_for([corpus.language for corpus in results.corpora]),
            reference=reference_group, margin=results.study.margin,
        )  # fmt: skip
    if as_json:
        emit({**_headed(results, json_rows(result)), "margin": results.study.margin})
        return
    print_table(result, NORMALISER_BAND, title="Gaps under several normalisers")
    print_caveat(results.caveat)
