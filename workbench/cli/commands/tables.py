"""Tables: any statistic of the catalogue, of one run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from workbench.cli.console import emit, mendable, table
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_caveat, print_table
from workbench.errors import ScoringError

app = typer.Typer()
HEADINGS = {"name": "name", "title": "what it says", "table": "table", "asks": "asks for", "options": "options"}


@app.command("table")
def show_table(
    run_id: RunId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which table; without one, list them.")] = "",
    *,
    by: Annotated[list[str] | None, typer.Option(help="Attribute; default: the first that the study names.")] = None,
    reference_group: Annotated[str | None, typer.Option(help="A group, or 'rest' for everybody else.")] = None,
    condition: Annotated[str | None, typer.Option(help="The condition, of tables of one cell.")] = None,
    model: Annotated[str | None, typer.Option(help="The model, of tables of one cell, or the compared one.")] = None,
    versus: Annotated[str | None, typer.Option(help="The model that it is compared with.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=NUMBER or NAME=TEXT: an option of the table; may be repeated.")
    ] = None,
    normaliser: Annotated[str | None, typer.Option(help="Score under another normaliser than the study's.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print any table of a run; without a table's name, list the tables that there are."""
    from workbench.cli.run_results import load
    from workbench.fairness.catalogue import STATISTICS, statistic_named
    from workbench.store import open_store

    if not name:
        rows = [
            {
                "name": statistic.name,
                "title": statistic.title,
                "table": statistic.table.name,
                "asks": ", ".join(statistic.asks),
                "options": ", ".join(statistic.options),
            }
            for statistic in STATISTICS.values()
        ]
        emit({"tables": rows}) if as_json else table(rows, HEADINGS)
        return
    with mendable():
        statistic = statistic_named(name)
        asked: dict[str, Any] = {
            "reference": reference_group, "condition": condition, "model": model, "system": model, "versus": versus
        }  # fmt: skip
        asked = {key: value for key, value in asked.items() if value is not None and key in statistic.asks}
        if by:
            asked |= {"by": by} if "by" in statistic.asks else {"attribute": by[0]}
        asked |= dict(_option(text) for text in option or ())
        results = load(run_id, store=open_store(store), normaliser=normaliser, kept=True)
        frame = results.table(name, **asked)
    if as_json:
        about = {"run_id": results.run.run_id, "normaliser": results.normaliser_id, "caveat": results.caveat}
        emit({**about, "table": statistic.table.name, "asked": asked, "rows": json_rows(frame)})
        return
    print_table(frame, statistic.table, title=statistic.title, by=by or ())
    print_caveat(results.caveat)


def _option(text: str) -> tuple[str, Any]:
    """Return the name and value of NAME=VALUE; a value that is a number is one.

    >>> _option("permutations=999"), _option("over=level")
    (('permutations', 999), ('over', 'level'))
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ScoringError(f"{text!r} is not NAME=VALUE", place="--option", remedy="for example permutations=999")
    for number in (int, float):
        try:
            return name, number(value)
        except ValueError:
            continue
    return name, value
