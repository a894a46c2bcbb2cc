"""What conditions do to groups: changes of gaps, doses, and how far groups are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import emit, mendable
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_caveat, print_table
from workbench.schema import DOSE_RESPONSE, DOSE_SLOPES, GAP_CHANGES, SPREAD

if TYPE_CHECKING:
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
    with mendable():
        results = _load(run_id, store, normaliser)
        changed = results.table(
            "gap_changes", attribute=by, reference=reference_group, clean=clean, permutations=permutations
        )
    if as_json:
        emit({**_about(results), "margin": results.study.margin, "clean": clean, "changes": json_rows(changed)})
        return
    print_table(changed, GAP_CHANGES, title="What conditions add to gaps")
    print_caveat(results.caveat)


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
    with mendable():
        results = _load(run_id, store, normaliser)
        slopes = results.table(
            "dose_slopes", attribute=by, reference=reference_group, over=over, permutations=permutations
        )
        points = results.table("dose_response", attribute=by, over=over)
    if as_json:
        emit({**_about(results), "over": over, "slopes": json_rows(slopes), "rates": json_rows(points)})
        return
    from workbench.text import UNIT_WORDS

    print_table(points, DOSE_RESPONSE, title=UNIT_WORDS[results.unit][0])
    print_table(slopes, DOSE_SLOPES, title="How fast the rate rises")
    print_caveat(results.caveat)


@app.command()
def spread(
    run_id: RunId,
    *,
    by: By,
    threshold: Annotated[float, typer.Option(help="Speakers above this error rate are counted.")] = 0.5,
    permutations: Permutations = 9_999,
    normaliser: Normaliser = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how far the rates of all groups lie apart, beside the spread that equal groups of the same size would show by chance."""
    with mendable():
        results = _load(run_id, store, normaliser)
        measured = results.table("spread", attribute=by, threshold=threshold, permutations=permutations)
    if as_json:
        emit({**_about(results), "threshold": threshold, "spread": json_rows(measured)})
        return
    print_table(measured, SPREAD, title="Spread of groups")
    print_caveat(results.caveat)


def _load(run_id: str, store: str | None, normaliser: str | None) -> Results:
    from workbench.cli.run_results import load
    from workbench.store import open_store

    return load(run_id, store=open_store(store), normaliser=normaliser, kept=True)


def _about(results: Results) -> dict[str, object]:
    return {"run_id": results.run.run_id, "normaliser": results.normaliser_id, "caveat": results.caveat}
