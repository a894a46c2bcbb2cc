"""What this machine has: doctor, engines and the store."""

from __future__ import annotations

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
    """Say what this machine has of what the workbench needs; with --check, whether it computes what is known."""
    from workbench.cli.doctor import examine
    from workbench.cli.self_check import self_check

    result = examine()
    known = [line._asdict() for line in self_check()] if check else []
    differ = [line for line in known if line["ok"] is False]
    if as_json:
        emit(result | ({"known": known, "ok": result["ok"] and not differ} if check else {}))
    else:
        OUT.print(f"workbench {result['workbench']}, store {result['store']}", highlight=False)
        table(result["checks"], {"name": "check", "ok": "ok", "detail": "found", "remedy": "remedy"})
        if check:
            table(known, {"name": "known number", "ok": "ok", "detail": "came out", "seconds": "seconds"})
            absent = sum(line["ok"] is None for line in known)
            right = len(known) - len(differ) - absent
            more = f", {absent} need a part that is not installed" if absent else ""
            OUT.print(f"{right} of {len(known)} known numbers came out, {len(differ)} differ{more}", highlight=False)
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
