"""What this machine has: doctor, engines and the store."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli import headings
from workbench.cli.console import OUT, emit, mendable, records, table
from workbench.cli.options import Json, StoreUrl

app = typer.Typer()


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Say what this machine has of what the workbench needs."""
    from workbench.cli.doctor import examine

    found = examine()
    if as_json:
        emit(found)
    else:
        OUT.print(f"workbench {found['workbench']}, store {found['store']}", highlight=False)
        table(found["checks"], {"name": "check", "ok": "ok", "detail": "found", "remedy": "remedy"})
    if not found["ok"]:
        raise typer.Exit(1)


@app.command()
def engines(*, as_json: Json = False) -> None:
    """List the engines: which are ready, and what the others need."""
    from workbench.engines import availability

    rows = records(availability())
    if as_json:
        emit({"engines": rows})
    else:
        table(rows, headings.ENGINES)


@app.command()
def store(
    *,
    store: StoreUrl = None,
    upgrade: Annotated[bool, typer.Option(help="Bring the tables of an older store up to date first.")] = False,
    as_json: Json = False,
) -> None:
    """Say where transcripts and runs are kept, and how many; a store of one user is brought up to date by itself."""
    from workbench import store as stores

    with mendable():
        url = store or stores.default_url()
        passed = stores.upgrade(url) if upgrade else []
        database = stores.open_store(url)
        found = {
            "store": stores.without_password(database.url),
            "revision": stores.REVISION,
            "upgraded_through": passed,
            "runs": len(database.runs()),
            "transcripts": database.count_transcripts(),
        }
        database.close()
    if as_json:
        emit(found)
        return
    OUT.print(f"{found['store']}: {found['runs']} runs, {found['transcripts']} transcripts", highlight=False)
    through = f", brought up to date through {', '.join(passed)}" if passed else ""
    OUT.print(f"tables of revision {found['revision']}{through}", highlight=False)
