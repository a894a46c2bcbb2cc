"""Corpora: check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import OUT, counting, emit, mendable
from workbench.cli.options import Json

app = typer.Typer()


@app.command()
def check(manifest: Annotated[Path, typer.Argument(metavar="MANIFEST")], *, as_json: Json = False) -> None:
    """Check a manifest: every problem at once, with line, value and remedy. Exit 2 if there is one."""
    from workbench.corpora import check_manifest, remarks
    from workbench.fairness.words.notation import reference_notes

    with mendable(), counting("audio files") as show:
        corpus = check_manifest(manifest, on_progress=show)
    info = corpus.info
    written = reference_notes(corpus.utterances, list(info.attributes), info.language)
    sentences = [*corpus.notes, *remarks(corpus.utterances), *written]
    if as_json:
        emit(
            {
                "manifest": str(manifest),
                "corpus": info.model_dump(mode="json"),
                "n_good": len(corpus.utterances),
                "n_dropped": info.n_dropped,
                "remarks": sentences,
                "problems": [
                    {"line": p.line, "column": p.column, "value": p.value, "what": p.what, "remedy": p.remedy}
                    for p in corpus.problems
                ],
            }
        )
    else:
        for problem in corpus.problems:
            OUT.print(str(problem), markup=False, highlight=False)
        hours = corpus.utterances["duration_s"].sum() / 3600
        OUT.print(
            f"{info.corpus_id}: {len(corpus.utterances)} usable rows, {info.n_speakers} speakers, {hours:.2f} h; "
            f"{info.n_dropped} rows would be dropped",
            highlight=False,
        )
        for remark in sentences:
            OUT.print(remark, markup=False, highlight=False)
    if corpus.problems:
        raise typer.Exit(2)
