"""Provenance: audit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import ERR, OUT, counting, emit, mendable, records, table
from workbench.cli.options import Json

if TYPE_CHECKING:
    from workbench.provenance import Audit

app = typer.Typer()


@app.command()
def audit(
    manifest: Annotated[Path, typer.Argument(metavar="MANIFEST", help="A manifest, or a study (.toml).")],
    *,
    by: Annotated[str | None, typer.Option(help="Attribute, e.g. accent; default: the first declared.")] = None,
    reference_group: Annotated[str, typer.Option(help="What each group is compared with: rest, or a group.")] = "rest",
    out: Annotated[Path | None, typer.Option(help="Write the measures of every utterance as CSV.")] = None,
    counterfactual: Annotated[
        Path | None,
        typer.Option(metavar="OUT.toml", help="Write the study in which all are heard through one channel, and stop."),
    ] = None,
    engine: Annotated[
        list[str] | None,
        typer.Option(help="Engine of that study; may be repeated. Default: those of the study, or pocketsphinx."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure how each original was recorded, before any noise is added, and say where groups differ."""
    from workbench import provenance

    with mendable():
        if counterfactual is not None:
            made = provenance.write_counterfactual(manifest, counterfactual, attribute=by, engines=engine or [])
            text = provenance.explained(made.conditions[1])
            if as_json:
                emit(
                    {
                        "study": str(counterfactual),
                        "conditions": [c.condition_id for c in made.conditions],
                        "explained": text,
                    }
                )
                return
            OUT.print(str(counterfactual), markup=False, highlight=False)
            for line in text:
                ERR.print(line, markup=False, highlight=False)
            return
        with counting("audit") as show:
            result = provenance.audit(manifest, attribute=by, reference=reference_group, on_progress=show)
        if out is not None:
            provenance.write_utterances(result.utterances, out)
    if as_json:
        emit(
            {
                "manifest": str(manifest),
                "attribute": result.attribute,
                "caveat": result.caveat,
                "sentences": result.sentences,
                "groups": records(result.groups),
                "measures": records(result.measures),
                "differences": records(result.differences),
                "failed": records(
                    result.utterances.loc[result.utterances["status"] == "failed", ["utterance_id", "reason"]]
                ),
            }
        )
        return
    _print_audit(result)


GROUPS = {
    "group": "group", "n_speakers": "speakers", "n_utterances": "utterances", "n_failed": "failed", "minutes": "minutes",
    "words": "words", "words_per_speaker": "words per speaker", "speech_style": "style", "codecs": "coding",
}  # fmt: skip
DIFFERENCES = {
    "group": "group", "what": "measure", "mean": "mean", "against": "against", "unit": "unit", "smd": "SMD", "verdict": "verdict",
}  # fmt: skip


def _print_audit(found: Audit) -> None:
    """Print an audit for a person; differences within .25 and of too few speakers are not listed."""
    from workbench.fairness.adjusted.propensity import LARGE

    table(records(found.groups), GROUPS, title=f"Who is in it, by {found.attribute}")
    apart = found.differences[found.differences["verdict"].isin(["DIFFERENT", "MAY BE CHANCE"])]
    if len(apart):
        rows = [_row(row) for row in apart.to_dict("records")]
        table(
            rows,
            DIFFERENCES,
            title=f"Differences above {LARGE:g} standard deviations between speakers, by {found.attribute}",
        )
    for sentence in found.sentences:
        OUT.print(sentence, markup=False, highlight=False)
    if found.caveat:
        OUT.print(found.caveat, markup=False, highlight=False)


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    from workbench.provenance import measure, smd_words

    entry = measure(row["measure"])
    ours, theirs = (entry.write(row[name]) for name in ("mean_group", "mean_reference"))
    smd = smd_words(row["smd"]).removeprefix("SMD ")
    return {**row, "what": entry.words, "mean": ours, "against": theirs, "smd": smd}
