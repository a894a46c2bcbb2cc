"""Sensitivity: what wrong labels could do to the gaps of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.console import OUT, emit, mendable
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_caveat, print_table
from workbench.errors import ScoringError

app = typer.Typer()


@app.command()
def sensitivity(
    run_id: RunId,
    *,
    by: Annotated[str, typer.Option(help="Attribute whose groups are compared.")],
    wrong: Annotated[str, typer.Option(help="Share of the speakers that may be mislabelled, such as 5%.")] = "5%",
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    condition: Annotated[list[str] | None, typer.Option(help="Only this condition; may be repeated.")] = None,
    normaliser: Annotated[str | None, typer.Option(help="Score under another normaliser than the study's.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print each gap at its worst and best if some speakers were mislabelled, and how few moved speakers remove a GAP."""
    from workbench.fairness.group_gaps.label_sensitivity import in_words
    from workbench.results import load
    from workbench.schema import LABEL_SENSITIVITY
    from workbench.store import open_store

    with mendable():
        share = _share(wrong)
        results = load(run_id, store=open_store(store), normaliser=normaliser, kept=True)
        frame = results.table(
            "label_sensitivity", attribute=by, reference=reference_group, wrong=share, conditions=tuple(condition or ())
        )
    rows = json_rows(frame)
    sentences = list(dict.fromkeys(filter(None, (in_words(row) for row in rows))))
    if as_json:
        emit(
            {
                "run_id": results.run.run_id,
                "caveat": results.caveat,
                "wrong": share,
                "sensitivity": rows,
                "notes": sentences,
            }
        )
        return
    print_table(frame, LABEL_SENSITIVITY, title=f"Gaps if {100 * share:g} % of the speakers were mislabelled")
    for sentence in sentences:
        OUT.print(sentence, markup=False, highlight=False)
    print_caveat(results.caveat)


def _share(text: str) -> float:
    """Return a share written as 5% or 0.05.

    >>> _share("5%"), _share("0.1")
    (0.05, 0.1)
    """
    number, percent, rest = text.strip().partition("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        value = -1.0
    if rest.strip() or not 0 < value <= 0.5:
        raise ScoringError(f"{text!r} is no share above 0 and up to 50%", place="--wrong", remedy="for example 5%")
    return value
