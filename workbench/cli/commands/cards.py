"""Service cards: card, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import gate as gates
from workbench.cli.console import ERR, OUT, mendable
from workbench.cli.options import RunId, StoreUrl

app = typer.Typer()


@app.command()
def card(
    run_id: RunId,
    *,
    out: Annotated[Path, typer.Option(help="Folder for card.pdf, card.html, card.json and the CSV files.")],
    by: Annotated[list[str] | None, typer.Option(help="Attributes to report; default: the study's.")] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    field: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=TEXT, what only a person can say: service, version, intended_use, out_of_scope, advice, owner, contact, date, review, training_data. May be repeated."
        ),
    ] = None,
    intended_use: Annotated[str, typer.Option(help="The same as --field intended_use=TEXT.")] = "",
    limit: Annotated[
        list[str] | None, typer.Option(help="An additional limit, in your words; may be repeated.")
    ] = None,
    claim: Annotated[
        list[str] | None, typer.Option(help="'accent: accuracy >= 92 %' or 'accent: gap <= 2 points in clean'.")
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(help="Another margin than the study's; the card says that it was chosen after the run."),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="changes, doses, speakers, kinds, band, balance, recordings, events, words or keywords; default: all. 'none': only rates and gaps."
        ),
    ] = None,
    example: Annotated[
        list[str] | None,
        typer.Option(help="A transcript to print, as 'UTTERANCE in CONDITION'; default: none. May be repeated."),
    ] = None,
    minimum_speakers: Annotated[
        int | None, typer.Option(help="Hide groups with fewer; default: 5, or 1 if every voice is synthetic.")
    ] = None,
    fail_on: gates.ClaimRules = None,
    form: gates.ReportFormat = "text",
    store: StoreUrl = None,
) -> None:
    """Write the service card of a run: PDF, HTML, and the same numbers as JSON and CSV.

    With --fail-on it is a gate on the claims: exit 1 with those that are refuted.
    """
    from workbench import card_fields, cards
    from workbench.cards.claim_verdicts import claim_checks
    from workbench.cli.run_results import load
    from workbench.fairness.gate import CLAIM_RULES, Gate, failure_notes
    from workbench.fairness.gate import fail_on as known_rules
    from workbench.store import open_store

    with mendable():
        gates.refuse_report_without_gate(form, asked=bool(fail_on))
        rules = known_rules(fail_on or (), CLAIM_RULES)
        fields = card_fields.parsed(field or ())
        results = load(run_id, store=open_store(store))
        made = cards.build_card(
            results,
            attributes=by or None,
            reference_group=reference_group,
            intended_use=intended_use,
            limits=limit or (),
            claims=claim or (),
            margin=margin,
            evidence=None if not part else [name for name in part if name != "none"],
            minimum_speakers=minimum_speakers,
            examples=[_cell(item) for item in example or ()],
            fields=fields,
        )
        files = cards.write_card(made, out)
    if form == "text":
        for path in files:
            OUT.print(str(path), highlight=False)
    if made.missing_fields:
        lacking = " ".join(f"--field {name}=TEXT" for name in made.missing_fields)
        ERR.print(f"The card is a draft: it lacks {lacking}", markup=False, highlight=False)
    if rules:
        notes = (*gates.unfinished(results.run), *failure_notes(results.scores))
        gate = Gate(f"card {results.run.run_id}", rules, claim_checks(made.claims), notes)
        gates.report(gate, form)
        gates.leave(gate)


def _cell(text: str) -> tuple[str, str]:
    """Return utterance and condition of ``UTTERANCE in CONDITION``."""
    utterance, _, condition = text.rpartition(" in ")
    return utterance.strip(), condition.strip()


@app.command()
def verify(
    card: Annotated[Path, typer.Argument(help="A card (card.json, card.pdf or card.html), or a bundle (audit.zip).")],
    *,
    store: StoreUrl = None,
) -> None:
    """Compute a card again from the stored transcripts, or from a bundle alone; exit 1 and name every place where it differs."""
    from workbench import cards
    from workbench.store import open_store

    with mendable():
        bundled = cards.is_bundle(card)
        result = cards.verify_bundle(card) if bundled else cards.verify_card(card, store=open_store(store))
    for note in result.notes:
        OUT.print(note, highlight=False, markup=False)
    for place, printed, recomputed in result.differences:
        said = "it says" if bundled else "the card says"
        OUT.print(f"{place}: {said} {printed}, computed again: {recomputed}", highlight=False, markup=False)
    if not result.holds:
        raise typer.Exit(1)
    OUT.print(
        f"{card}: all {result.n_values:,} values are what the transcripts of run {result.run_id} give",
        highlight=False,
        markup=False,
    )
