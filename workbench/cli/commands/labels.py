"""Labels: what people wrote about themselves, merged by a map that is shown before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import OUT, emit, mendable, records, table
from workbench.cli.options import Json

if TYPE_CHECKING:
    import pandas as pd

    from workbench.corpora.labels import LabelMap

app = typer.Typer()
MERGED = {"given": "written", "label": "label", "family": "family", "how": "rule", "reason": "of"}
LEFT = {"given": "written", "reason": "why"}
LISTED = 20
"""Rows that cannot be read and are named."""
COUNTS = {"n_speakers": "speakers", "n_utterances": "utterances"}


@app.command()
def labels(
    manifest: Annotated[Path, typer.Argument(metavar="TABLE", help="A manifest, or a table that 'score' reads.")],
    *,
    label_map: Annotated[
        str, typer.Option("--map", metavar="FILE", help="A TOML file of rules, the name of one that ships, or 'alike': labels that differ in case or blanks only are one, 'n/a' and the like are none.")
    ] = "common-voice-en",
    column: Annotated[str | None, typer.Option(help="Column of free text; default: the first that the map names.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the table with the labels to this new file.")] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the table where it is not UTF-8 and its .toml names none.")] = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    """Print the labels that a label map gives to the texts of a column, and the texts without a rule; write only with --out."""
    from workbench.corpora.label_preview import label_table, relabel_manifest
    from workbench.corpora.labels import ALIKE, SHIPPED, read_label_map
    from workbench.corpora.manifest_edit import read_written
    from workbench.schema import NOT_STATED

    with mendable():
        written = read_written(manifest, encoding=encoding)
        rules = read_label_map(label_map) if label_map != ALIKE else _alike(written.table.frame, column)
        result = label_table(written.table.frame, rules, column)
        left = result[result["label"] == NOT_STATED]
        merged = result[result["label"] != NOT_STATED]
        made = relabel_manifest(manifest, rules, out, column, encoding=encoding) if out else None
    if as_json:
        emit(
            {
                "manifest": str(manifest),
                "map": rules.title or label_map,
                "labels": records(merged),
                "not_stated": records(left),
                "problems": [str(problem) for problem in written.table.problems],
                "out": None if made is None else str(made),
            }
        )
        return
    for problem in written.table.problems[:LISTED]:
        OUT.print(str(problem), markup=False, highlight=False)
    if len(written.table.problems) > LISTED:
        OUT.print(f"... and {len(written.table.problems) - LISTED} more rows that cannot be read", highlight=False)
    OUT.print(f"Map: {rules.title or label_map} ({SHIPPED.get(label_map, label_map)})", markup=False, highlight=False)
    table(records(merged), {**MERGED, **COUNTS}, title="Merged")
    table(records(left), {**LEFT, **COUNTS}, title="Stays not stated")
    OUT.print(_summary(result, left), highlight=False)
    if made is None:
        OUT.print("Nothing is written; --out NEW.csv writes the table with these labels.", highlight=False)
    else:
        OUT.print(f"Written: {made}", markup=False, highlight=False)


def _alike(frame: pd.DataFrame, column: str | None) -> LabelMap:
    from workbench.corpora.labels import alike_map
    from workbench.errors import ManifestError, choices

    if column is None or column not in frame.columns:
        what = f"no column {column!r}" if column else "no column is named"
        names = [str(name) for name in frame.columns]
        raise ManifestError(what, place="--column", remedy=choices(column or "", names))
    return alike_map(frame[column], column)


def _summary(found: pd.DataFrame, left: pd.DataFrame) -> str:
    total, blank = int(found["n_utterances"].sum()), left["how"] == "blank"
    unmapped = left[~blank]
    return (
        f"{total - int(left['n_utterances'].sum())} of {total} utterances have a label; "
        f"{int(left.loc[blank, 'n_utterances'].sum())} say nothing; "
        f"{int(unmapped['n_utterances'].sum())} with {len(unmapped)} texts that no rule maps"
    )
