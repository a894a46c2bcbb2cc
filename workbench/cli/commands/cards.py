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
    sign: Annotated[
        Path | None, typer.Option(metavar="KEY", help="Sign it with this private ed25519 key of OpenSSH: card.sig.")
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
        database = open_store(store)
        results = load(run_id, store=database)
        withheld = cards.withheld_groups(results, database, attributes=by or None, minimum_speakers=minimum_speakers)
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
            withheld=withheld,
        )
        files: tuple[Path, ...] = cards.write_card(made, out)
        if problem := cards.note_published(made, results, database):
            ERR.print(problem, markup=False, highlight=False)
        if sign is not None:
            files = (*files, write_signature(out / "card.json", sign, out / "card.sig"))
    if form == "text":
        for path in files:
            OUT.print(str(path), highlight=False)
    for attribute, groups in withheld.items():
        text = f"{attribute}: {', '.join(groups)} not shown: an earlier card of this store would tell on a few people of it"
        ERR.print(text, markup=False, highlight=False)
    if made.missing_fields:
        lacking = " ".join(f"--field {name}=TEXT" for name in made.missing_fields)
        ERR.print(f"The card is a draft: it lacks {lacking}", markup=False, highlight=False)
    if rules:
        notes = (*gates.unfinished(results.run), *failure_notes(results.scores))
        gate = Gate(f"card {results.run.run_id}", rules, claim_checks(made.claims), notes)
        gates.report(gate, form)
        gates.leave(gate)


def write_signature(signed: Path, key: Path, target: Path) -> Path:
    """Sign a card or bundle with a private key, whose passphrase is asked for if it has one; return where the signature stands."""
    from workbench import cards
    from workbench.errors import CardError

    def ask() -> str:
        return str(typer.prompt(f"Passphrase of {key}", hide_input=True, err=True))

    text = cards.sign(cards.signed_bytes(signed), key, ask=ask)
    try:
        target.write_text(text, encoding="ascii")
    except OSError as error:
        raise CardError(
            f"cannot be written: {error.strerror}", place=str(target), remedy="name another place"
        ) from None
    return target


def _cell(text: str) -> tuple[str, str]:
    """Return utterance and condition of ``UTTERANCE in CONDITION``."""
    utterance, _, condition = text.rpartition(" in ")
    return utterance.strip(), condition.strip()


@app.command()
def verify(
    card: Annotated[Path, typer.Argument(help="A card (card.json, card.pdf or card.html), or a bundle (audit.zip).")],
    *,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Public ed25519 keys of OpenSSH: it must be signed with one of them."),
    ] = None,
    signature: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its signature, if that lies elsewhere than beside it.")
    ] = None,
    store: StoreUrl = None,
) -> None:
    """Compute a card again from the stored transcripts, or from a bundle alone; exit 1 and name every place where it differs.

    With --key it is said first by whom it is signed; exit 1 if by nobody whose key is given, or if it was changed since.
    """
    from workbench import cards
    from workbench.store import open_store

    with mendable():
        _check_signature(card, key, signature)
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


def _check_signature(card: Path, key: Path | None, signature: Path | None) -> None:
    """Say by whom a card is signed; exit 1 if the signature is not of this card, or not by a key that was given."""
    from workbench import cards

    place = signature or cards.signature_of(card)
    if place is None:
        if key is not None:
            OUT.print(
                f"{card}: not signed: there is no {card.name}.sig and no card.sig beside it",
                highlight=False,
                markup=False,
            )
            raise typer.Exit(1)
        return
    result = cards.check_signature(cards.signed_bytes(card), place, key)
    if not result.holds:
        text = "was changed after it was signed, or the signature is of another card"
        OUT.print(f"{card}: {text} (key {result.fingerprint})", highlight=False, markup=False)
        raise typer.Exit(1)
    if result.signer:
        OUT.print(f"{card}: signed by {result.signer} (key {result.fingerprint})", highlight=False, markup=False)
        return
    whose = f"which is not in {key}" if key else "name the public key with --key to be told whose that is"
    OUT.print(f"{card}: signed with the key {result.fingerprint}, {whose}", highlight=False, markup=False)
    if key is not None:
        raise typer.Exit(1)
