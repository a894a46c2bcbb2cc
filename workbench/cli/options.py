"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import ScoringError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output and nothing else there.")]
StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store", help="SQLite or PostgreSQL URL; default: WORKBENCH_STORE, else SQLite under WORKBENCH_HOME."
    ),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or its study's name.")]

Redact = Annotated[
    list[str] | None,
    typer.Option(help="Blank 'names', 'numbers' or 'all' words in both texts after counting; separate with commas."),
]
PseudonymKey = Annotated[
    Path | None, typer.Option(help="Use the key in this file for pseudonyms instead of a new one.")
]


def selection(given: Sequence[str]) -> dict[str, list[str]]:
    """Return what COLUMN=VALUE options select: values by column.

    >>> selection(["accent=Irish", "accent=Scottish"])
    {'accent': ['Irish', 'Scottish']}
    """
    levels: dict[str, list[str]] = {}
    for text in given:
        column, equals, value = text.partition("=")
        if not equals or not column:
            raise ScoringError(
                f"{text!r} is not COLUMN=VALUE", place="--where", remedy="for example --where accent=Irish"
            )
        levels.setdefault(column, []).append(value)
    return levels


def limits_of(given: Sequence[str]) -> dict[str, list[float]]:
    """Return the limits that COLUMN=LIMIT,LIMIT options name, by column; none where only the column is named.

    >>> limits_of(["age=18,65", "years"])
    {'age': [18.0, 65.0], 'years': []}
    """
    limits: dict[str, list[float]] = {}
    for text in given:
        column, _, numbers = text.partition("=")
        try:
            limits[column] = [float(number) for number in numbers.split(",") if number.strip()]
        except ValueError:
            raise ScoringError(
                f"{numbers!r} are no numbers", place="--bands", remedy="for example age=18,30,45,60"
            ) from None
    return limits
