"""Confirmation: one declared cell, tested on the speakers who were not explored."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.console import ERR, emit, mendable, progress_of
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_table

app = typer.Typer()


@app.command()
def confirm(
    run_id: RunId,
    *,
    condition: Annotated[str, typer.Option(help="The condition that was found; clean: the gap itself.")],
    by: Annotated[str, typer.Option(help="Attribute, e.g. accent.")],
    group: Annotated[str, typer.Option(help="The group that was found.")],
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    model: Annotated[str | None, typer.Option(help="Which model, if the run has several.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that decode; at most one per processor.")] = 1,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Test one finding of an exploring run on the other half of its speakers, once; exit 1 unless it is confirmed."""
    from workbench import runner
    from workbench.adaptive.confirmation import confirm as test
    from workbench.schema import CONFIRMATIONS
    from workbench.store import open_store

    with mendable(), progress_of("confirm") as show:
        try:
            with runner.stoppable():
                result = test(
                    run_id, condition, attribute=by, group=group, reference=reference_group, model=model,
                    store=open_store(store), workers=workers, on_progress=show,
                )  # fmt: skip
        except KeyboardInterrupt:
            ERR.print("interrupted; run the same command to go on from here")
            raise typer.Exit(130) from None
    if as_json:
        emit({"rows": json_rows(result)})
    else:
        print_table(result, CONFIRMATIONS, title="On speakers who were not explored")
        use = int(result["use"].iloc[0])
        if use > 1:
            ERR.print(f"note: use {use} of these confirming speakers: it may spend p <= {result['alpha'].iloc[0]:.4f}")
    if (result["verdict"] != "CONFIRMED").any():
        raise typer.Exit(1)
