"""What this machine has: doctor, engines and the store."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import headings
from workbench.cli.console import OUT, emit, mendable, records, table
from workbench.cli.options import Json, StoreUrl

app = typer.Typer()


@app.command()
def doctor(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Compute known numbers too: counts, an interval, sounds, a decode, a card.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check this installation: Python, packages, store and engines, each with its remedy; --check also computes known numbers."""
    from workbench.cli.doctor import examine
    from workbench.cli.self_check import self_check

    result = examine()
    checks = [line._asdict() for line in self_check()] if check else []
    differ = [line for line in checks if line["ok"] is False]
    if as_json:
        emit(result | ({"known": checks, "ok": result["ok"] and not differ} if check else {}))
    else:
        OUT.print(f"workbench {result['workbench']}, store {result['store']}", highlight=False)
        table(result["checks"], {"name": "check", "ok": "ok", "detail": "found", "remedy": "remedy"})
        if check:
            shown = [line | {"seconds": f"{line['seconds']:.1f}"} for line in checks]
            table(shown, {"name": "known number", "ok": "ok", "detail": "came out", "seconds": "seconds"})
            absent = sum(line["ok"] is None for line in checks)
            right = len(checks) - len(differ) - absent
            more = f", {absent} need a part that is not installed" if absent else ""
            OUT.print(f"{right} of {len(checks)} known numbers came out, {len(differ)} differ{more}", highlight=False)
    if not result["ok"] or differ:
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


class StoreAction(StrEnum):
    """What can be done with a store as a whole."""

    CHECK = "check"
    BACKUP = "backup"
    REPAIR = "repair"


@app.command()
def store(
    action: Annotated[
        StoreAction | None,
        typer.Argument(
            help="check: list what is damaged; backup FILE: write a copy; repair: take out what is damaged."
        ),
    ] = None,
    file: Annotated[Path | None, typer.Argument(help="Where backup writes to.")] = None,
    *,
    store: StoreUrl = None,
    upgrade: Annotated[bool, typer.Option(help="Bring the tables of an older store up to date first.")] = False,
    as_json: Json = False,
) -> None:
    """Say where transcripts and runs are kept, and how many; check, copy or repair them.

    A store of one user is brought up to date by itself.
    """
    from workbench import store as stores

    if (action is StoreAction.BACKUP) != (file is not None):
        raise typer.BadParameter("backup, and only backup, takes the file to write to: workbench store backup FILE")
    with mendable():
        url = store or stores.default_url()
        passed = stores.upgrade(url) if upgrade else []
        if action is not None:
            raise typer.Exit(_maintained(action, url, file, as_json=as_json))
        database = stores.open_store(url)
        result = {
            "store": stores.without_password(database.url),
            "revision": stores.REVISION,
            "upgraded_through": passed,
            "runs": len(database.runs()),
            "transcripts": database.count_transcripts(),
        }
        database.close()
    if as_json:
        emit(result)
        return
    OUT.print(f"{result['store']}: {result['runs']} runs, {result['transcripts']} transcripts", highlight=False)
    through = f", brought up to date through {', '.join(passed)}" if passed else ""
    OUT.print(f"tables of revision {result['revision']}{through}", highlight=False)


def _maintained(action: StoreAction, url: str, file: Path | None, *, as_json: bool) -> int:
    """Check, copy or repair a store and print what came of it; return the exit status: 1 where something is damaged."""
    from workbench import store as stores
    from workbench.store import maintenance

    if action is StoreAction.REPAIR:
        done = maintenance.repair(url)
        if as_json:
            emit({"done": done})
        else:
            OUT.print("\n".join(done), highlight=False, markup=False)
        return 0
    database = stores.open_store(url)
    try:
        if file is not None:
            path = str(maintenance.backup(database, file))
            if as_json:
                emit({"backup": path})
            else:
                OUT.print(f"copied to {path}", highlight=False, markup=False)
            return 0
        damage = [item._asdict() for item in maintenance.check(database)]
    finally:
        database.close()
    if as_json:
        emit({"damage": damage, "ok": not damage})
    elif damage:
        table(damage, {"kind": "kind", "name": "name", "problem": "problem", "remedy": "remedy"})
    else:
        OUT.print("all of it is what was stored", highlight=False)
    return 1 if damage else 0
