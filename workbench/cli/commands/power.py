"""Power: how many speakers a gap needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import OUT, emit, mendable, records
from workbench.cli.options import Json, StoreUrl
from workbench.cli.table_printer import print_table
from workbench.schema import POWER

app = typer.Typer()


@app.command()
def power(
    corpus_or_run: Annotated[str, typer.Argument(metavar="CORPUS_OR_RUN", help="A manifest, or a run.")],
    *,
    by: Annotated[str, typer.Option(help="Attribute whose groups are compared.")],
    gap: Annotated[float, typer.Option(help="The gap to be found, such as 0.05 for five points.")],
    wer: Annotated[float | None, typer.Option(help="Assume this error rate of the reference.")] = None,
    cv: Annotated[float | None, typer.Option(help="Assume this coefficient of variation between speakers.")] = None,
    overdispersion: Annotated[float | None, typer.Option(help="Assume this variance of errors over Poisson's.")] = None,
    words: Annotated[float | None, typer.Option(help="Plan with this many words per speaker.")] = None,
    margin: Annotated[
        float | None, typer.Option(help="Plan for EQUIVALENT within this margin as well, such as 0.02.")
    ] = None,
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    cluster: Annotated[
        list[str] | None,
        typer.Option(help="Plan clusters of this column (session, site) in place of speakers; default: the study's."),
    ] = None,
    correlation: Annotated[
        float | None, typer.Option(help="Assume this correlation of the speakers of a cluster.")
    ] = None,
    prompt: Annotated[
        str, typer.Option(help="Column of the texts that were read, such as prompt_id: plan for new texts too.")
    ] = "",
    prompt_sd: Annotated[
        float | None, typer.Option(help="Assume this standard deviation of the log rates of prompts.")
    ] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print how many speakers per group a gap needs, from a run's own variation or from a manifest and assumptions."""
    from workbench import fairness
    from workbench.corpora import load_corpus
    from workbench.fairness.clusters import clustered
    from workbench.fairness.group_rates.prompts import prompt_notes
    from workbench.files.tables import SUFFIXES
    from workbench.results import load
    from workbench.store import open_store

    assumed = fairness.PowerAssumptions(
        rate=wer, cv=cv, overdispersion=overdispersion, words=words, correlation=correlation, prompt_sd=prompt_sd
    )
    columns = tuple(cluster or ())
    manifest = Path(corpus_or_run)
    with mendable():
        if manifest.suffix.lower() in SUFFIXES:
            rows = load_corpus(manifest).utterances
        else:
            results = load(corpus_or_run, store=open_store(store))
            rows, columns = results.scores, columns or tuple(results.study.cluster)
        planned = fairness.power_of_corpus if manifest.suffix.lower() in SUFFIXES else fairness.power
        result = planned(
            rows, by, gap=gap, reference=reference_group, margin=margin, assumed=assumed, cluster=columns, prompt=prompt
        )
        notes = list(clustered(rows, columns, [by]).notes)
        if prompt:
            notes += prompt_notes(rows, prompt, [by])
    if as_json:
        emit(
            {
                "gap": gap,
                "margin": margin,
                "cluster": columns,
                "prompt": prompt,
                "power": records(result),
                "notes": notes,
            }
        )
        return
    counted = "Clusters" if columns else "Speakers"
    print_table(result, POWER, title=f"{counted} per group to find a gap of {100 * gap:+.1f} points")
    for note in notes:
        OUT.print(note, markup=False, highlight=False)
