"""Corpora: export-manifest, for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import OUT, emit, mendable
from workbench.cli.options import Json

app = typer.Typer()


@app.command("export-manifest")
def export_manifest(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST")],
    *,
    form: Annotated[str, typer.Option("--as", metavar="FORM", help="kaldi or nemo.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder.")],
    as_json: Json = False,
) -> None:
    """Write a manifest as a Kaldi data directory or a NeMo manifest, into a new folder."""
    from workbench.corpora import export_manifest as write
    from workbench.corpora import load_corpus

    with mendable():
        corpus = load_corpus(manifest)
        files = write(corpus, out, form=form)
    if as_json:
        emit({"n_utterances": len(corpus.utterances), "files": [str(path) for path in files]})
    else:
        named = ", ".join(path.name for path in files)
        OUT.print(f"{len(corpus.utterances)} utterances: {named} in {out}", markup=False, highlight=False)
