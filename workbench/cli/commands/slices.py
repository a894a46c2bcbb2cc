"""Worst slices of a run, how much its transcripts change with the seed, and whom to record next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import emit, mendable
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_caveat, print_table
from workbench.errors import ScoringError

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer()


@app.command()
def slices(
    run_id: RunId,
    *,
    by: Annotated[
        list[str] | None, typer.Option(help="Attribute to cut by; repeat it. Default: every declared one.")
    ] = None,
    condition: Annotated[str | None, typer.Option(help="The condition; default: the first of the study.")] = None,
    model: Annotated[str | None, typer.Option(help="The model; default: the first of the study.")] = None,
    max_depth: Annotated[int, typer.Option(help="How many attributes and bins a slice has at most.")] = 3,
    minimum_speakers: Annotated[int, typer.Option(help="Speakers that a slice must have.")] = 5,
    held_out: Annotated[float, typer.Option(help="Share of the speakers on whom the rates are computed again.")] = 0.5,
    top: Annotated[int, typer.Option(min=1, help="How many slices are shown.")] = 10,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print the conjunctions of attributes and bins that an engine fails most, with p of the maximum, and their rate on other speakers."""
    from workbench.cli.run_results import load
    from workbench.schema import SLICES
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store), kept=True)
        asked: dict[str, Any] = {"condition": condition, "model": model}
        asked = {name: value for name, value in asked.items() if value}
        asked |= {"max_depth": max_depth, "minimum_speakers": minimum_speakers, "held_out": held_out, "top": top}
        frame = results.table("slices", attributes=tuple(by or ()), **asked)
    if as_json:
        emit({"run_id": results.run.run_id, "caveat": results.caveat, "asked": asked, "slices": json_rows(frame)})
        return
    print_table(frame, SLICES, title="Worst slices: chosen on some speakers, computed again on others (points, %)")
    print_caveat(results.caveat)


@app.command()
def instability(
    run_id: RunId,
    *,
    again: Annotated[list[str], typer.Option(help="A run of the same study with another seed; repeat it.")],
    by: Annotated[list[str] | None, typer.Option(help="Attribute; default: those that the study names.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how much the texts of one utterance differ between seeds, by group; references are not needed."""
    from workbench.cli.run_results import load
    from workbench.fairness.words.instability import instability as measure
    from workbench.schema import INSTABILITY
    from workbench.store import open_store

    with mendable():
        database = open_store(store)
        results = load(run_id, store=database)
        others = [load(name, store=database, normaliser=results.study.normaliser) for name in again]
        frame = measure([results.scores, *(other.scores for other in others)], by or results.attributes)
    if as_json:
        runs = [results.run.run_id, *(other.run.run_id for other in others)]
        emit({"runs": runs, "caveat": results.caveat, "instability": json_rows(frame)})
        return
    print_table(frame, INSTABILITY, title="Words that differ between seeds")
    print_caveat(results.caveat)


@app.command()
def collect(
    corpus_or_run: Annotated[str, typer.Argument(metavar="MANIFEST_OR_RUN", help="A manifest, or a run.")],
    *,
    by: Annotated[
        list[str] | None, typer.Option(help="Attribute; repeat it. Default: those that the study names.")
    ] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    target: Annotated[float | None, typer.Option(help="A half-width that is enough, as 0.03 for three points.")] = None,
    condition: Annotated[str | None, typer.Option(help="The condition; default: the first of the study.")] = None,
    model: Annotated[str | None, typer.Option(help="The model; default: the first of the study.")] = None,
    wer: Annotated[float | None, typer.Option(help="Of a manifest: assume this word error rate.")] = None,
    cv: Annotated[float | None, typer.Option(help="Of a manifest: assume this variation between speakers.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Rank the groups by how much one more speaker narrows the intervals of the gaps, per hour of recording.

    From a run's own variation between speakers, or from a manifest, before anything is transcribed, with one that is assumed.
    """
    from workbench.cli.run_results import load
    from workbench.files.tables import SUFFIXES
    from workbench.schema import COLLECTION
    from workbench.store import open_store

    manifest = Path(corpus_or_run)
    asked: dict[str, Any] = {"condition": condition, "model": model, "target": target, "wer": wer, "cv": cv}
    asked = {name: value for name, value in asked.items() if value is not None}
    with mendable():
        if manifest.suffix.lower() in SUFFIXES:
            title, caveat, frames = _of_manifest(manifest, by or [], reference_group, asked)
        else:
            _refuse_options(asked, ("wer", "cv"), "a run has its own")
            results = load(corpus_or_run, store=open_store(store), kept=True)
            title, caveat = {"run_id": results.run.run_id}, results.caveat
            options = asked | {"reference": reference_group}
            frames = {name: results.table("collection", attribute=name, **options) for name in by or results.attributes}
    if as_json:
        rows = [row for frame in frames.values() for row in json_rows(frame)]
        emit({**title, "caveat": caveat, "asked": asked | {"reference": reference_group}, "collection": rows})
        return
    for name, frame in frames.items():
        print_table(frame, COLLECTION, title=f"Whom to record next, by {name}")
    print_caveat(caveat)


def _of_manifest(
    manifest: Path, by: list[str], reference: str, asked: dict[str, Any]
) -> tuple[dict[str, str], str, dict[str, pd.DataFrame]]:
    """Return what names the answer, its caveat, and COLLECTION by attribute."""
    from workbench.corpora import load_corpus
    from workbench.fairness import PowerAssumptions
    from workbench.fairness.planning.collection import collection_of_corpus

    _refuse_options(asked, ("condition", "model"), "a manifest has none")
    corpus = load_corpus(manifest, allow_dropped=True)
    assumed = PowerAssumptions(rate=asked.get("wer"), cv=asked.get("cv"))
    frames = {
        name: collection_of_corpus(
            corpus.utterances, name, reference=reference, target=asked.get("target"), assumed=assumed
        )
        for name in by or corpus.info.attributes
    }
    caveat = "How much speakers differ is assumed: transcribe a few of each group, then collect of that run."
    return {"manifest": str(manifest)}, caveat, frames


def _refuse_options(asked: dict[str, Any], names: tuple[str, ...], why: str) -> None:
    given = [f"--{name}" for name in names if name in asked]
    if given:
        raise ScoringError(f"{' and '.join(given)}: {why}", place="collect", remedy="leave it out")
