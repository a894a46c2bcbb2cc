"""Comparisons: two runs, or two systems or conditions of one, and whether a declared gap got worse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from workbench.cli.console import ERR, OUT, emit, mendable, records
from workbench.cli.options import Json, StoreUrl
from workbench.cli.table_printer import print_caveat, print_table
from workbench.schema import COMPARISONS, FAIRNESS_CHECKS, GAP_CHECKS, TEXT_DIFFERENCES

app = typer.Typer()
CLAIM_FAILED = 1


@app.command()
def compare(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="The old run: its study declares gaps and margin.")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="The new run; RUN_A again to compare within it.")],
    *,
    by: Annotated[
        list[str] | None, typer.Option(help="Attribute whose gaps are checked; default: those RUN_A's study declares.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="System of RUN_A.")] = None,
    versus: Annotated[str | None, typer.Option(help="System of RUN_B it is compared with.")] = None,
    condition: Annotated[str | None, typer.Option(help="Condition of RUN_A.")] = None,
    versus_condition: Annotated[str | None, typer.Option(help="Condition of RUN_B it is compared with.")] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    margin: Annotated[float | None, typer.Option(help="Gaps smaller than this count as none.")] = None,
    normaliser: Annotated[str | None, typer.Option(help="Score both under another normaliser than RUN_A's.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Compare two runs on the same utterances; exit 1 if a gap that RUN_A's study declares got worse."""
    from workbench.cli.run_results import load
    from workbench.results.run_comparison import compare_runs
    from workbench.store import open_store

    with mendable():
        database = open_store(store)
        old = load(run_a, store=database, normaliser=normaliser)
        new = load(run_b, store=database, normaliser=normaliser)
        result = compare_runs(
            old, new, by or (), reference=reference_group, margin=margin, system=system, versus=versus,
            condition=condition, versus_condition=versus_condition,
        )  # fmt: skip
    rows, checks = records(result.comparisons), records(result.gap_checks)
    if as_json:
        emit(
            {
                "run_first": old.run.run_id,
                "run_second": new.run.run_id,
                "normaliser": old.normaliser_id,
                "margin": old.study.margin if margin is None else margin,
                "comparisons": rows,
                "gap_checks": checks,
                "fairness_checks": records(result.fairness),
                "worse": records(result.worse),
                "notes": list(result.notes),
            }
        )
    else:
        print_table(result.comparisons, COMPARISONS, title="Second minus first")
        print_table(result.gap_checks, GAP_CHECKS, title="Did a gap get worse?")
        print_table(result.fairness, FAIRNESS_CHECKS, title="Is the second fairer over all groups?")
        for note in result.notes:
            OUT.print(note, markup=False, highlight=False)
    if len(result.worse):
        for row in records(result.worse):
            ERR.print(f"got worse: {_gap_in_words(row)}", markup=False, highlight=False)
        raise typer.Exit(CLAIM_FAILED)


@app.command()
def text_differences(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run that holds both models.")],
    model_a: Annotated[str, typer.Argument(metavar="MODEL_A", help="The model that is taken as given.")],
    model_b: Annotated[str, typer.Argument(metavar="MODEL_B", help="The model that is compared with it.")],
    *,
    by: Annotated[list[str] | None, typer.Option(help="Attribute; default: those the run's study declares.")] = None,
    condition: Annotated[str | None, typer.Option(help="A condition; default: each that both have.")] = None,
    normaliser: Annotated[str | None, typer.Option(help="Score under another normaliser than the run's.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how often two models write different text for the same audio, and which groups lose words by it."""
    from workbench.cli.run_results import load
    from workbench.fairness import text_differences as differences
    from workbench.store import open_store

    with mendable():
        results = load(run, store=open_store(store), normaliser=normaliser)
        result = differences(results.scores, model_a, model_b, by or results.attributes, condition=condition)
    if as_json:
        emit({"run": results.run.run_id, "normaliser": results.normaliser_id, "text_differences": records(result)})
        return
    print_table(result, TEXT_DIFFERENCES, title="Texts that differ, and what it costs")
    print_caveat(results.caveat)


def _gap_in_words(row: Mapping[str, Any]) -> str:
    """Return what became of one gap, in one line."""
    against = "" if row["reference_group"] == "rest" else f" against {row['reference_group']}"
    first, second, change, low, high = (
        "-" if row[name] is None else f"{100 * row[name]:+.1f}"
        for name in ("gap_first", "gap_second", "change", "ci_low", "ci_high")
    )
    sides = [
        row[f"{name}_first"]
        if row[f"{name}_first"] == row[f"{name}_second"]
        else f"{row[f'{name}_first']} -> {row[f'{name}_second']}"
        for name in ("model", "condition")
    ]
    return (
        f"{row['attribute']} {row['group']}{against}: gap {first} -> {second} points, change {change} "
        f"(95 % interval {low} to {high}), {' under '.join(sides)}"
    )
