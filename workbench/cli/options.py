"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output and nothing else there.")]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store", help="SQLite or PostgreSQL URL; default: WORKBENCH_STORE, else SQLite under WORKBENCH_HOME."
    ),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or its study's name.")]
