"""Planning a run: what a study has still to do, and with --probe how long that takes and what it costs."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.console import ERR, OUT, emit, mendable, records, table
from workbench.cli.options import Json, StoreUrl

if TYPE_CHECKING:
    from workbench.study import Study

app = typer.Typer()

COLUMNS = {
    "model_id": "model", "transcripts": "transcripts", "audio_h": "hours of audio", "decode_s": "s in one process",
    "low_s": "at least", "high_s": "at most", "fee": "fee", "currency": "currency", "reason": "remark",
}  # fmt: skip


@app.command()
def plan(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml")],
    *,
    probe: Annotated[bool, typer.Option("--probe", help="Decode a few utterances to estimate the time.")] = False,
    utterances: Annotated[int, typer.Option(min=2, help="How many, for each engine.")] = 20,
    workers: Annotated[int, typer.Option(min=1, help="Processes that will decode.")] = 1,
    price_per_hour: Annotated[float | None, typer.Option(min=0, help="What an hour of this machine costs.")] = None,
    pairwise: Annotated[
        bool, typer.Option("--pairwise", help="Instead: the fewest rows in which every pair of levels occurs.")
    ] = False,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Print the work that a study still needs; --probe also measures how long it will take and what it will cost. Nothing is stored."""
    from workbench import runner
    from workbench.store import open_store
    from workbench.study import Study

    with mendable():
        described = Study.from_toml(study)
        if pairwise:
            _pairwise(described, as_json=as_json)
            return
        result = runner.estimate(
            described, store=open_store(store), workers=workers, utterances=utterances if probe else 0
        )
    engines = [asdict(engine) | {"audio_h": engine.audio_s / 3600.0} for engine in result.engines]
    costs = {"price_per_hour": price_per_hour, "machine": result.cost(price_per_hour)} if price_per_hour else {}
    if as_json:
        whole = {
            "study": result.study, "transcripts": result.transcripts, "reused": result.reused, "audio_s": result.audio_s,
            "seconds": result.seconds, "low_s": result.low_s, "high_s": result.high_s, "prepare_s": result.prepare_s,
            "workers": result.workers, "cores": result.cores, "fees": result.fees, "cost": costs, "engines": engines,
            "notes": result.notes,
        }  # fmt: skip
        emit(whole)
        return
    for note in result.notes:
        ERR.print(f"note: {note}", markup=False, highlight=False)
    table(engines, COLUMNS)
    OUT.print(said(result), highlight=False)
    if costs and not math.isnan(costs["machine"]):
        OUT.print(f"this machine at {price_per_hour:g} an hour: {costs['machine']:.2f}", highlight=False)


def _pairwise(study: Study, *, as_json: bool) -> None:
    from workbench.adaptive.pairwise_design import pairwise_design

    design = pairwise_design(study)
    rows = records(design.rows)
    if as_json:
        emit(
            {
                "study": study.name,
                "rows": rows,
                "missing": [list(pair) for pair in design.missing],
                "least": design.least,
            }
        )
        return
    table(
        rows,
        {str(name): str(name) for name in design.rows.columns},
        title=f"{len(rows)} rows cover every pair (least: {design.least})",
    )
    for pair in design.missing:
        ERR.print(f"note: nobody has {' and '.join(pair)}", markup=False, highlight=False)


def said(found: object) -> str:
    """Return an estimate in a sentence."""
    from workbench.runner import Estimate

    if not isinstance(found, Estimate):
        raise TypeError(type(found).__name__)
    text = f"{found.transcripts} transcripts to make, {found.audio_s / 3600.0:.2f} hours of audio"
    if found.reused:
        text += f"; {found.reused} are there already"
    if not math.isnan(found.seconds):
        text += f"; about {duration(found.seconds)} with {found.workers} workers"
        text += f" ({duration(found.low_s)} to {duration(found.high_s)})" if math.isfinite(found.high_s) else ""
    return text


def duration(seconds: float) -> str:
    """Return a length of time as a person says it.

    >>> [duration(one) for one in (42.0, 600.0, 9000.0)]
    ['42 s', '10 min', '2.5 h']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
