"""Worst slices of a run, how much its transcripts change with the seed, and whom to record next."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbench.cli.console import emit, mendable
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_caveat, print_table

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
    run_id: RunId,
    *,
    by: Annotated[
        list[str] | None, typer.Option(help="Attribute; repeat it. Default: those that the study names.")
    ] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    target: Annotated[float | None, typer.Option(help="A half-width that is enough, as 0.03 for three points.")] = None,
    condition: Annotated[str | None, typer.Option(help="The condition; default: the first of the study.")] = None,
    model: Annotated[str | None, typer.Option(help="The model; default: the first of the study.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Rank the groups by how much one more speaker narrows the intervals of the gaps, per hour of recording."""
    from workbench.cli.run_results import load
    from workbench.schema import COLLECTION
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store), kept=True)
        asked: dict[str, Any] = {"condition": condition, "model": model, "target": target}
        asked = {name: value for name, value in asked.items() if value is not None} | {"reference": reference_group}
        frames = {name: results.table("collection", attribute=name, **asked) for name in by or results.attributes}
    if as_json:
        rows = [row for frame in frames.values() for row in json_rows(frame)]
        emit({"run_id": results.run.run_id, "caveat": results.caveat, "asked": asked, "collection": rows})
        return
    for name, frame in frames.items():
        print_table(frame, COLLECTION, title=f"Whom to record next, by {name}")
    print_caveat(results.caveat)
