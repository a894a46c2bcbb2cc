"""Text: normalise."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.console import OUT, emit, mendable, table
from workbench.cli.options import Json

app = typer.Typer()


@app.command()
def normalise(
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="Without it, the normalisers are listed.")] = None,
    *,
    normaliser: Annotated[
        str, typer.Option(help="A name, or one without some of its steps: 'fair_en?without=fillers'.")
    ] = "whisper_en",
    as_json: Json = False,
) -> None:
    """Show what each step of a normaliser does to a text; without a text, list the normalisers and their steps."""
    from workbench.text import NORMALISERS, get_normaliser, trace

    if text is None:
        rows = [
            {"normaliser": item.name, "id": item.id, "languages": ", ".join(item.languages) or "any",
             "step": step.name, "what": step.what}
            for item in NORMALISERS.values() for step in item.steps
        ]  # fmt: skip
        if as_json:
            emit({"normalisers": rows})
        else:
            table(rows, {"normaliser": "normaliser", "languages": "languages", "step": "step", "what": "what it does"})
        return
    with mendable():
        rules = get_normaliser(normaliser)
        changes = [{"step": item.step, "before": item.before, "after": item.after} for item in trace(text, rules)]
        written = rules(text)
    if as_json:
        emit({"normaliser": rules.id, "text": text, "normalised": written, "changes": changes})
        return
    table(changes, {"step": "step", "before": "before", "after": "after"})
    OUT.print(written, markup=False, highlight=False)
