"""Labels: what people wrote about themselves, merged by a map that is shown before it is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import OUT, emit, mendable, records, table
from workbench.cli.options import Json

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer()
MERGED = {"given": "written", "label": "label", "family": "family", "how": "rule", "reason": "of"}
LEFT = {"given": "written", "reason": "why"}
COUNTS = {"n_speakers": "speakers", "n_utterances": "utterances"}


@app.command()
def labels(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST")],
    *,
    label_map: Annotated[
        str, typer.Option("--map", metavar="FILE", help="A TOML file of rules, or the name of one that ships.")
    ] = "common-voice-en",
    column: Annotated[str | None, typer.Option(help="Column of free text; default: the first that the map names.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the manifest with the labels to this new file.")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Print the labels that a label map gives to the free text of a manifest, and the text without a rule; write only with --out."""
    from workbench.corpora.label_preview import label_table, relabel_manifest
    from workbench.corpora.labels import SHIPPED, read_label_map
    from workbench.corpora.manifest_edit import read_written
    from workbench.schema import NOT_STATED

    with mendable():
        rules = read_label_map(label_map)
        written = read_written(manifest)
        result = label_table(written.table.frame, rules, column)
        left = result[result["label"] == NOT_STATED]
        merged = result[result["label"] != NOT_STATED]
        made = relabel_manifest(manifest, rules, out, column) if out else None
    if as_json:
        emit(
            {
                "manifest": str(manifest),
                "map": rules.title or label_map,
                "labels": records(merged),
                "not_stated": records(left),
                "out": None if made is None else str(made),
            }
        )
        return
    OUT.print(f"Map: {rules.title or label_map} ({SHIPPED.get(label_map, label_map)})", markup=False, highlight=False)
    table(records(merged), {**MERGED, **COUNTS}, title="Merged")
    table(records(left), {**LEFT, **COUNTS}, title="Stays not stated")
    OUT.print(_summary(result, left), highlight=False)
    if made is None:
        OUT.print("Nothing is written; --out NEW.csv writes the manifest with these labels.", highlight=False)
    else:
        OUT.print(f"Written: {made}", markup=False, highlight=False)


def _summary(found: pd.DataFrame, left: pd.DataFrame) -> str:
    total, blank = int(found["n_utterances"].sum()), left["how"] == "blank"
    unmapped = left[~blank]
    return (
        f"{total - int(left['n_utterances'].sum())} of {total} utterances have a label; "
        f"{int(left.loc[blank, 'n_utterances'].sum())} say nothing; "
        f"{int(unmapped['n_utterances'].sum())} with {len(unmapped)} texts that no rule maps"
    )
