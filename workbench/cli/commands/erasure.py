"""Erasure: what the workbench keeps of a run, of a speaker, or from before a day."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from workbench.cli.console import OUT, emit, mendable, table
from workbench.cli.options import Json, StoreUrl

app = typer.Typer()


@app.command()
def erase(
    *,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="A run, and what only it needs.")] = None,
    speaker: Annotated[str | None, typer.Option(metavar="ID", help="A speaker, as the manifest writes the id.")] = None,
    corpus: Annotated[str | None, typer.Option(metavar="NAME", help="With --speaker: only in this corpus.")] = None,
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Every run made before this day (UTC).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this, it is only said what would go.")] = False,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Erase a run, a speaker, or every run before a day from everything that the workbench keeps; say first what would go."""
    from workbench.store import erasure, open_store

    if sum(item is not None for item in (run, speaker, before)) != 1 or (corpus is not None and speaker is None):
        raise typer.BadParameter("give one of --run, --speaker (with --corpus, if you like) and --before")
    with mendable():
        database = open_store(store)
        try:
            if run is not None:
                result = erasure.erase_run(database, run, do=yes)
            elif speaker is not None:
                result = erasure.erase_speaker(database, speaker, corpus=corpus, do=yes)
            else:
                result = erasure.erase_before(database, before.date(), do=yes)  # type: ignore[union-attr]
        finally:
            database.close()
    erased, remains = ([line._asdict() for line in lines] for lines in (result.erased, result.remains))
    if as_json:
        emit({"done": result.done, "erased": erased, "remains": remains})
        return
    OUT.print("erased:" if result.done else "would go (nothing was changed; add --yes to erase it):", highlight=False)
    table(erased, {"place": "what", "n": "how many", "detail": "where"})
    OUT.print("remains:", highlight=False)
    table(remains, {"place": "what", "detail": "why"})
