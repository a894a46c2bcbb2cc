"""Matched difficulty: match."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.console import ERR, OUT, emit, mendable, percent, progress_of, table
from workbench.cli.options import Json, StoreUrl

app = typer.Typer()
COLUMNS = {
    "value": "value", "wer": "WER %", "interval": "95 % interval", "bracket": "then between", "n_speakers": "speakers",
    "ref_words": "words",
}  # fmt: skip


@app.command()
def match(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml")],
    *,
    condition: Annotated[str, typer.Option(help="Whose parameter is varied; written with parameters, those are kept.")],
    parameter: Annotated[str, typer.Option(help="The parameter that is varied, e.g. snr_db.")],
    by: Annotated[str, typer.Option(help="Attribute, e.g. accent.")],
    group: Annotated[str, typer.Option(help="The group that is to reach the rate.")],
    wer: Annotated[float, typer.Option(help="The wanted pooled error rate, a fraction such as 0.3.")],
    tolerance: Annotated[float, typer.Option(help="How near is near enough.")] = 0.02,
    low: Annotated[
        float | None, typer.Option(help="Lower end of the search; default: of the parameter's range.")
    ] = None,
    high: Annotated[float | None, typer.Option(help="Upper end of the search.")] = None,
    engine: Annotated[str | None, typer.Option(help="Which of the study's engines, if it has several.")] = None,
    max_steps: Annotated[int, typer.Option(min=2, help="Most values that are tried.")] = 14,
    workers: Annotated[int, typer.Option(min=1, help="Processes that decode; at most one per processor.")] = 1,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Find the value of a parameter at which a group reaches an error rate; exit 1 if none does."""
    from workbench import runner
    from workbench.adaptive.matched_difficulty import match as search
    from workbench.store import open_store
    from workbench.study import Study

    with mendable(), progress_of("match") as show:
        try:
            with runner.stoppable():
                result = search(
                    Study.from_toml(study), condition, parameter, by=by, group=group, wer=wer, store=open_store(store),
                    tolerance=tolerance, low=low, high=high, engine=engine, max_steps=max_steps, workers=workers,
                    on_progress=show,
                    on_step=lambda step: ERR.print(f"{step.condition_id}: {percent(step.wer)} %", highlight=False),
                )  # fmt: skip
        except KeyboardInterrupt:
            ERR.print("interrupted; run the same command to go on from here")
            raise typer.Exit(130) from None
    if as_json:
        emit(asdict(result))
    else:
        rows = [
            {
                **asdict(step),
                "wer": percent(step.wer),
                "interval": f"{percent(step.ci_low)} to {percent(step.ci_high)}",
                "bracket": "-"
                if step.bracket_low != step.bracket_low
                else f"{step.bracket_low:g} to {step.bracket_high:g}",
            }
            for step in result.steps
        ]
        table(
            rows, {**COLUMNS, "value": f"{result.parameter}, {result.unit}"}, title=f"{result.group}, {result.model_id}"
        )
        for note in (result.reason, *result.notes):
            ERR.print(f"note: {note}", markup=False, highlight=False)
        OUT.print(result.condition_id, markup=False, highlight=False)
    if not result.reached:
        raise typer.Exit(1)
