"""What this machine has: doctor and engines."""

from __future__ import annotations

import typer

from workbench.cli import tables
from workbench.cli.console import OUT, emit, records, table
from workbench.cli.options import Json

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
        table(rows, tables.ENGINES)
