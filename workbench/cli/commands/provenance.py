"""Provenance: audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import ERR, OUT, counting, emit, mendable, records
from workbench.cli.options import Json

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
    """Measure how every original was recorded, before any noise, and say where groups were recorded differently."""
    from workbench import provenance
    from workbench.cli.provenance_tables import print_audit

    with mendable():
        if counterfactual is not None:
            made = provenance.write_counterfactual(manifest, counterfactual, attribute=by, engines=engine or [])
            said = provenance.explained(made.conditions[1])
            if as_json:
                emit(
                    {
                        "study": str(counterfactual),
                        "conditions": [c.condition_id for c in made.conditions],
                        "explained": said,
                    }
                )
                return
            OUT.print(str(counterfactual), markup=False, highlight=False)
            for line in said:
                ERR.print(line, markup=False, highlight=False)
            return
        with counting("audit") as show:
            found = provenance.audit(manifest, attribute=by, reference=reference_group, on_progress=show)
        if out is not None:
            provenance.write_utterances(found.utterances, out)
    if as_json:
        emit(
            {
                "manifest": str(manifest),
                "attribute": found.attribute,
                "caveat": found.caveat,
                "sentences": found.sentences,
                "groups": records(found.groups),
                "measures": records(found.measures),
                "differences": records(found.differences),
                "failed": records(
                    found.utterances.loc[found.utterances["status"] == "failed", ["utterance_id", "reason"]]
                ),
            }
        )
        return
    print_audit(found)
