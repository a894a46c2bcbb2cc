"""Reference check: the list of rows to look at again, and the decisions on them back into a manifest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import OUT, counting, emit, mendable, records, table
from workbench.cli.options import Json, StoreUrl

app = typer.Typer()
LISTED = 20
HEADINGS = {"utterance_id": "utterance", "reasons": "reasons", "details": "what was seen", "reference": "reference"}


@app.command()
def review(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST")],
    *,
    run_id: Annotated[
        str | None, typer.Option("--run", help="A run of this corpus: rows where two of its systems agree against the reference.")
    ] = None,
    condition: Annotated[str, typer.Option(help="The run's condition in which they agree.")] = "clean",
    apply: Annotated[Path | None, typer.Option(help="An edited review: write the manifest with its decisions to --out.")] = None,
    out: Annotated[Path | None, typer.Option(help="The list (CSV); with --apply the new manifest.")] = None,
    encoding: Annotated[str, typer.Option(help="With --apply: encoding of the edited review where it is not UTF-8.")] = "",
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Print references and recordings to check by hand; --out writes the list, --apply reads the decisions."""
    with mendable():
        if apply is not None:
            _apply(manifest, apply, out, encoding, as_json=as_json)
        else:
            _look(manifest, run_id, condition, out, store, as_json=as_json)


def _apply(manifest: Path, decisions: Path, out: Path | None, encoding: str, *, as_json: bool) -> None:
    from workbench.corpora.review import apply_review
    from workbench.errors import ManifestError

    if out is None:
        raise ManifestError("--apply writes a new manifest", place="--out", remedy="name it: --out NEW.csv")
    done = apply_review(manifest, decisions, out, encoding=encoding)
    if as_json:
        emit(
            {
                "manifest": str(done.manifest),
                "kept": done.n_kept,
                "fixed": done.n_fixed,
                "dropped": done.n_dropped,
                "open": done.n_open,
                "rows": done.n_rows,
            }
        )
        return
    OUT.print(f"{done}: {done.manifest}", markup=False, highlight=False)


def _look(
    manifest: Path, run_id: str | None, condition: str, out: Path | None, store: str | None, *, as_json: bool
) -> None:
    from workbench.corpora import check_manifest
    from workbench.corpora.review import review_corpus, write_review
    from workbench.results import load
    from workbench.store import open_store

    scores = None if run_id is None else load(run_id, store=open_store(store)).scores
    with counting("audio files") as show:
        corpus = check_manifest(manifest, on_progress=show)
    with counting("decoding audio of equal length") as show:
        result = review_corpus(corpus, scores, condition=condition, on_progress=show)
    written = None if out is None else write_review(result, out)
    rows = records(result)
    reasons = Counter(reason for row in rows for reason in row["reasons"].split("; "))
    if as_json:
        emit(
            {
                "manifest": str(manifest),
                "reasons": reasons,
                "rows": rows,
                "problems": [str(problem) for problem in corpus.problems],
                "remarks": corpus.notes,
                "out": None if written is None else str(written),
            }
        )
        return
    table(rows[:LISTED], HEADINGS)
    if len(rows) > LISTED:
        OUT.print(f"... and {len(rows) - LISTED} more", highlight=False)
    counts = ", ".join(f"{reason}: {count}" for reason, count in reasons.most_common()) or "nothing found"
    usable = len(corpus.utterances)
    OUT.print(f"{len(rows)} of {usable} utterances to look at ({counts})", markup=False, highlight=False)
    if corpus.problems:
        OUT.print(f"{corpus.info.n_dropped} rows could not be looked at: see check", highlight=False)
    of_all = [str(problem) for problem in corpus.problems if not problem.line]
    for line in (*of_all, *corpus.notes):
        OUT.print(line, markup=False, highlight=False)
    if written is not None:
        OUT.print(
            f"Written: {written}; fill in decision (keep, fix, drop) and corrected", markup=False, highlight=False
        )
