"""Service cards: card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import OUT, mendable
from workbench.cli.options import RunId, StoreUrl

app = typer.Typer()


@app.command()
def card(
    run_id: RunId,
    *,
    out: Annotated[Path, typer.Option(help="Folder for card.pdf, card.json and the CSV files.")],
    by: Annotated[list[str] | None, typer.Option(help="Attributes to report; default: the study's.")] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    intended_use: Annotated[str, typer.Option(help="One sentence on where the engine is to be used.")] = "",
    store: StoreUrl = None,
) -> None:
    """Write the service card of a run: PDF, and the same numbers as JSON and CSV."""
    from workbench import cards
    from workbench.results import load
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store))
        made = cards.build(results, attributes=by or None, reference_group=reference_group, intended_use=intended_use)
        files = cards.write(made, out)
    for path in files:
        OUT.print(str(path), highlight=False)
