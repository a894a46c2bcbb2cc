"""What conditions do to groups: changes of gaps, doses, and how far groups are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from workbench.cli import change_tables
from workbench.cli.console import OUT, emit, mendable, records
from workbench.cli.options import Json, RunId, StoreUrl

if TYPE_CHECKING:
    from workbench.fairness.changes.doses import Over
    from workbench.results import Results

app = typer.Typer()

By = Annotated[str, typer.Option(help="Attribute whose groups are compared.")]
Reference = Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")]
Normaliser = Annotated[str | None, typer.Option(help="Score under another normaliser than the study's.")]
Permutations = Annotated[int, typer.Option(help="Labellings of the permutation test.")]


@app.command()
def changes(
    run_id: RunId,
    *,
    by: By,
    reference_group: Reference = "rest",
    clean: Annotated[str, typer.Option(help="The condition that the others are compared with.")] = "clean",
    permutations: Permutations = 9_999,
    normaliser: Normaliser = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print whether each condition widens each group's gap, in points and as a ratio."""
    from workbench import fairness

    with mendable():
        results = _load(run_id, store, normaliser)
        found = fairness.gap_changes(
            results.scores, by, clean=clean, reference=reference_group, margin=results.study.margin,
            permutations=permutations,
        )  # fmt: skip
    rows = records(found.rename(columns={"model_id": "system"}))
    if as_json:
        emit({**_about(results), "margin": results.study.margin, "clean": clean, "changes": rows})
        return
    change_tables.print_changes(rows)
    _caveat(results)


@app.command()
def dose(
    run_id: RunId,
    *,
    by: By,
    over: Annotated[str, typer.Option(help="'severity', or 'level': the leading parameter in its unit.")] = "severity",
    reference_group: Reference = "rest",
    permutations: Permutations = 9_999,
    normaliser: Normaliser = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how fast each group's rate rises with the severity or level of a condition."""
    from workbench import fairness

    with mendable():
        results = _load(run_id, store, normaliser)
        dosage = cast("Over", over)  # refused below if it is neither
        slopes = fairness.dose_slopes(
            results.scores, by, over=dosage, reference=reference_group, permutations=permutations
        )
        rates = fairness.dose_response(results.scores, by, over=dosage)
    rows, points = (records(one.rename(columns={"model_id": "system"})) for one in (slopes, rates))
    if as_json:
        emit({**_about(results), "over": over, "slopes": rows, "rates": points})
        return
    change_tables.print_doses(points)
    change_tables.print_slopes(rows)
    _caveat(results)


@app.command()
def spread(
    run_id: RunId,
    *,
    by: By,
    threshold: Annotated[float, typer.Option(help="Speakers above this word error rate are counted.")] = 0.5,
    permutations: Permutations = 9_999,
    normaliser: Normaliser = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how far the groups are spread, beside what as many equal groups would show."""
    from workbench import fairness

    with mendable():
        results = _load(run_id, store, normaliser)
        found = fairness.spread(results.scores, by, threshold=threshold, permutations=permutations)
    rows = records(found.rename(columns={"model_id": "system"}))
    if as_json:
        emit({**_about(results), "threshold": threshold, "spread": rows})
        return
    change_tables.print_spread(rows)
    _caveat(results)


def _load(run_id: str, store: str | None, normaliser: str | None) -> Results:
    from workbench.results import load
    from workbench.store import open_store

    return load(run_id, store=open_store(store), normaliser=normaliser)


def _about(results: Results) -> dict[str, object]:
    return {"run_id": results.run.run_id, "normaliser": results.normaliser_id, "caveat": results.caveat}


def _caveat(results: Results) -> None:
    if results.caveat:
        OUT.print(results.caveat, highlight=False)
