"""Bundles: a run with its card in one zip that can be verified anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.commands.cards import write_signature
from workbench.cli.console import OUT, mendable
from workbench.cli.options import PseudonymKey, Redact, RunId, StoreUrl
from workbench.cli.pseudonym_keys import new_key, read_key, write

app = typer.Typer()


@app.command()
def bundle(
    run_id: RunId,
    *,
    out: Annotated[Path, typer.Option(help="The zip to write, such as audit.zip.")],
    redact: Redact = None,
    pseudonyms: Annotated[
        bool,
        typer.Option(
            "--pseudonyms",
            help="Replace names of speakers and utterances by keyed hashes; the key is written to OUT.key.",
        ),
    ] = False,
    key: PseudonymKey = None,
    sign: Annotated[
        Path | None, typer.Option(metavar="KEY", help="Sign it with this private ed25519 key of OpenSSH: OUT.sig.")
    ] = None,
    by: Annotated[list[str] | None, typer.Option(help="Attributes to report; default: the study's.")] = None,
    claim: Annotated[list[str] | None, typer.Option(help="As for card.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="NAME=TEXT, as for card.")] = None,
    store: StoreUrl = None,
) -> None:
    """Write a run, its transcripts and its card into one zip without audio, which `verify` computes again anywhere."""
    from workbench import card_fields, cards
    from workbench.cards.redaction import kinds_of
    from workbench.results import load
    from workbench.store import open_store

    with mendable():
        kinds, fields = kinds_of(redact or ()), card_fields.parsed(field or ())
        secret = read_key(key) if key else None
        results = load(run_id, store=open_store(store))
        secret = new_key(out) if pseudonyms and secret is None else secret
        made = cards.make_bundle(
            results, redact=kinds, key=secret, attributes=by or None, claims=claim or (), fields=fields
        )
        write(out, made.content)
        if sign is not None:
            signed = write_signature(out, sign, out.with_name(f"{out.name}.sig"))
            OUT.print(str(signed), highlight=False, markup=False)
    for note in made.notes:
        OUT.print(note, highlight=False, markup=False)
    OUT.print(f"{out}: seal sha256:{made.seal}", highlight=False, markup=False)
