"""Ratings: what people say of the transcripts, in the grid beside what is counted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import emit, mendable
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_caveat, print_table

app = typer.Typer()


@app.command()
def ratings(
    run_id: RunId,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="RATINGS",
            help="A table with utterance_id and meaning_lost; condition_id and model_id where the run has several; rater.",
        ),
    ],
    *,
    by: Annotated[str, typer.Option(help="Attribute, e.g. accent; default: the first that the study names.")] = "",
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print the grid of all metrics with what people rated as meaning lost, and its correlation with the word error rate."""
    from workbench.fairness.words.human_ratings import human_ratings, with_ratings
    from workbench.fairness.words.metric_grid import grid
    from workbench.results import load
    from workbench.schema import GRID, HUMAN_RATINGS
    from workbench.store import open_store
    from workbench.transcripts.ratings import read_ratings

    with mendable():
        results = load(run_id, store=open_store(store))
        given = read_ratings(file)
        attribute = by or next(iter(results.attributes), "")
        cells = grid(with_ratings(results.scores, given), attribute)
        frame = human_ratings(results.scores, given)
    if as_json:
        emit(
            {
                "run_id": results.run.run_id, "caveat": results.caveat, "attribute": attribute, "ratings": json_rows(frame),
                "grid": json_rows(cells),
            }
        )  # fmt: skip
        return
    print_table(cells, GRID, title=f"Every metric, by {attribute}")
    print_table(frame, HUMAN_RATINGS, title="What people say of the transcripts")
    print_caveat(results.caveat)
