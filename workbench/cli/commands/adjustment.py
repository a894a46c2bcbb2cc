"""Adjustment: gaps raw, matched and adjusted, and the words that fail."""

from __future__ import annotations

from typing import Annotated

import typer

from workbench.cli.console import OUT, emit, mendable
from workbench.cli.options import Json, RunId, StoreUrl
from workbench.cli.table_printer import json_rows, print_caveat, print_table
from workbench.schema import ADJUSTED_GAPS, BALANCE, CONFUSIONS, KITAGAWA, WORD_ERRORS

app = typer.Typer()

By = Annotated[str, typer.Option(help="Attribute whose groups are compared.")]
Group = Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")]
Named = Annotated[str | None, typer.Option(help="Score under another normaliser than the study's.")]


@app.command()
def adjust(
    run_id: RunId,
    *,
    by: By,
    covariates: Annotated[
        list[str] | None,
        typer.Option(
            help="What to hold equal: an attribute, log_duration, text_difficulty, log_speech_rate or disfluency; may be "
            "repeated. Default: gender, age_band and those four, as far as the corpus has them."
        ),
    ] = None,
    strata: Annotated[list[str] | None, typer.Option(help="Attribute to standardise over; may be repeated.")] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Only this method, such as 'matched prompts' or GEE; may be repeated.")
    ] = None,
    reference_group: Group = "rest",
    normaliser: Named = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print each gap raw, matched and adjusted side by side, with the caveats of each figure."""
    from workbench.cli.run_results import load
    from workbench.fairness.adjusted.adjustment import adjust as adjusted
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store), normaliser=normaliser)
        result = adjusted(
            results.scores, by, reference=reference_group, covariates=covariates, strata=strata, methods=method
        )
    if as_json:
        emit(
            {
                "run_id": results.run.run_id,
                "normaliser": results.normaliser_id,
                "caveat": results.caveat,
                **result.held._asdict(),
                "adjusted": json_rows(result.gaps),
                "kitagawa": json_rows(result.split),
                "balance": json_rows(result.balance),
            }
        )
        return
    print_table(result.gaps, ADJUSTED_GAPS, title="Gaps raw and adjusted")
    print_table(result.split, KITAGAWA, title="Where the gap lies: mix of strata, or within the same")
    print_table(result.balance, BALANCE, title="Standardised mean differences")
    print_caveat(results.caveat)


@app.command()
def words(
    run_id: RunId,
    *,
    by: By,
    reference_group: Group = "rest",
    top: Annotated[int, typer.Option(min=1, help="How many words of each group to print; JSON has all.")] = 10,
    normaliser: Named = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print the words that fail more often for a group than for those it is compared with, and what is written instead."""
    from workbench import fairness
    from workbench.cli.run_results import load
    from workbench.fairness.words.word_errors import TOO_FEW, uncompared
    from workbench.store import open_store

    with mendable():
        results = load(run_id, store=open_store(store), normaliser=normaliser)
        failing = fairness.word_errors(results.scores, by, reference=reference_group)
        instead = fairness.confusions(results.scores, by, reference=reference_group)
        silent = uncompared(results.scores, failing, by, reference=reference_group)
    if as_json:
        emit(
            {
                "run_id": results.run.run_id,
                "normaliser": results.normaliser_id,
                "caveat": results.caveat,
                "words": json_rows(failing),
                "confusions": json_rows(instead),
                "not_compared": json_rows(silent),
            }
        )
        return
    print_table(failing, WORD_ERRORS, title="Words that fail", top=top)
    print_table(instead, CONFUSIONS, title="What is written instead", top=top)
    if len(silent):
        OUT.print(f"{TOO_FEW}: {', '.join(dict.fromkeys(silent['group']))}", markup=False, highlight=False)
    print_caveat(results.caveat)
