"""Regression suite: remember conditions that did harm, and run them on every new model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import ERR, OUT, emit, mendable, progress_of
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_table

app = typer.Typer()
suite = typer.Typer(help="Remember conditions that did harm, and run them on every new model.", no_args_is_help=True)
app.add_typer(suite, name="suite")
SuiteFile = Annotated[Path, typer.Argument(metavar="SUITE.toml")]


@suite.command()
def add(
    file: SuiteFile,
    run_id: RunId,
    condition: Annotated[str, typer.Argument(metavar="CONDITION", help="A condition of the run.")],
    *,
    by: Annotated[str, typer.Option(help="Attribute whose gaps are checked; default: the study's first.")] = "",
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    model: Annotated[str, typer.Option(help="Which model of the run, if it has several.")] = "",
    note: Annotated[str, typer.Option(help="Why it is remembered.")] = "",
    store: StoreUrl = None,
) -> None:
    """Remember a condition of a run, with its transcripts, in a suite; a suite that is not there is made."""
    from workbench.adaptive import regression_suite
    from workbench.store import open_store

    with mendable():
        made = regression_suite.add(
            file,
            run_id,
            condition,
            attribute=by,
            reference=reference_group,
            model=model,
            note=note,
            store=open_store(store),
        )
    OUT.print(f"{file}: {len(made.condition)} conditions, gaps by {made.attribute}", markup=False, highlight=False)


@suite.command()
def run(
    file: SuiteFile,
    *,
    engine: Annotated[str, typer.Option(help="The new model, as in a study.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes that decode; at most one per processor.")] = 1,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Run every remembered condition on a new model; exit 1 where a gap got worse, corrected over the whole suite."""
    from workbench import runner
    from workbench.adaptive import regression_suite
    from workbench.schema import GAP_CHECKS
    from workbench.store import open_store

    with mendable(), progress_of("suite") as show:
        try:
            with runner.stoppable():
                result = regression_suite.run_suite(
                    file, engine, store=open_store(store), workers=workers, on_progress=show
                )
        except KeyboardInterrupt:
            ERR.print("interrupted; run the same command to go on from here")
            raise typer.Exit(130) from None
    if as_json:
        emit(
            {
                "run": result.run_id,
                "gap_checks": json_rows(result.checks),
                "worse": json_rows(result.worse),
                "notes": list(result.notes),
            }
        )
    else:
        print_table(result.checks, GAP_CHECKS, title="Did a remembered gap get worse?")
        for note in result.notes:
            OUT.print(note, markup=False, highlight=False)
    if len(result.worse):
        raise typer.Exit(1)
