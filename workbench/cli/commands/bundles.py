"""Bundles: a run with its card in one zip that can be verified anywhere."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.commands.cards import write_signature
from workbench.cli.console import OUT, mendable
from workbench.cli.options import RunId, StoreUrl
from workbench.errors import CardError

app = typer.Typer()
KEY_BYTES = 32


@app.command()
def bundle(
    run_id: RunId,
    *,
    out: Annotated[Path, typer.Option(help="The zip to write, such as audit.zip.")],
    redact: Annotated[
        list[str] | None,
        typer.Option(
            help="Blank 'names', 'numbers' or 'all' words in both texts after counting; separate with commas."
        ),
    ] = None,
    pseudonyms: Annotated[
        bool,
        typer.Option(
            "--pseudonyms",
            help="Replace names of speakers and utterances by keyed hashes; the key is written to OUT.key.",
        ),
    ] = False,
    key: Annotated[
        Path | None, typer.Option(help="Use the key in this file for pseudonyms instead of a new one.")
    ] = None,
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
        _write(out, made.content)
        if sign is not None:
            signed = write_signature(out, sign, out.with_name(f"{out.name}.sig"))
            OUT.print(str(signed), highlight=False, markup=False)
    for note in made.notes:
        OUT.print(note, highlight=False, markup=False)
    OUT.print(f"{out}: seal sha256:{made.seal}", highlight=False, markup=False)


def read_key(path: Path) -> bytes:
    """Return the key of pseudonyms in a file."""
    from workbench.files import contents

    try:
        secret = bytes.fromhex(contents(path, called="key", fails=CardError).decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) < KEY_BYTES:
        raise CardError(
            "not a key of 64 hexadecimal digits", place=str(path), remedy="name the .key file of an earlier bundle"
        )
    return secret


def new_key(out: Path) -> bytes:
    """Return a new key of pseudonyms, written into a file beside ``out`` that only its owner can read."""
    secret, path = secrets.token_bytes(KEY_BYTES), out.with_name(out.name + ".key")
    _write(path, secret.hex().encode() + b"\n", private=True)
    text = "leads from pseudonyms back to names; keep it, pass it on to nobody"
    OUT.print(f"{path}: {text}", highlight=False, markup=False)
    return secret


def _write(path: Path, content: bytes, *, private: bool = False) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if private:
            path.touch(mode=0o600)
        path.write_bytes(content)
    except OSError as error:
        raise CardError(
            f"cannot be written: {error.strerror or error}", place=str(path), remedy="name a file that can be written"
        ) from None
