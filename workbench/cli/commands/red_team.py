"""Red team: search for the condition that widens a gap, and confirm it on other speakers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.console import ERR, OUT, emit, mendable, percent, progress_of, table
from workbench.cli.options import Json, StoreUrl
from workbench.cli.table_printer import json_rows, print_table

if TYPE_CHECKING:
    from workbench.adaptive.red_team import RedTeam

app = typer.Typer()
TECHNIQUES = {
    "technique": "technique", "trials": "trials", "condition_id": "its best condition", "group": "group",
    "change": "gap change, points", "ci_low": "at least", "verdict": "on other speakers",
}  # fmt: skip


@app.command()
def redteam(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml")],
    *,
    search: Annotated[
        list[str],
        typer.Option(help="A condition with ranges, as 'room@1..4' or 'white_noise?snr_db=0..20'; repeat it."),
    ],
    by: Annotated[str, typer.Option(help="Attribute, e.g. accent.")],
    group: Annotated[str, typer.Option(help="Whose gap is to be widened; default: whichever is harmed most.")] = "",
    reference_group: Annotated[str, typer.Option(help="A group, or 'rest' for everybody else.")] = "rest",
    budget: Annotated[int, typer.Option(min=1, help="Conditions that are tried.")] = 40,
    top: Annotated[int, typer.Option(min=1, help="How many of the best the confirming speakers hear.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Of the proposals; halves and noise have the study's seed.")] = 1,
    combine: Annotated[bool, typer.Option(help="Also try chains of two searches, of three parts at most.")] = True,
    engine: Annotated[str, typer.Option(help="Which of the study's engines, if it has several.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Processes that decode; at most one per processor.")] = 1,
    figure: Annotated[Path | None, typer.Option(help="Write found against confirmed as an SVG file.")] = None,
    suite: Annotated[Path | None, typer.Option(help="Remember what is confirmed in this regression suite.")] = None,
    store: StoreUrl = None,
    as_json: Json = False,
) -> None:
    """Search half of the speakers for the condition that widens a gap most, and test the best on the other half, once.

    A command that was interrupted goes on where it was. Exit 1 unless something is confirmed.
    """
    from workbench import runner
    from workbench.adaptive import regression_suite
    from workbench.adaptive.red_team import red_team
    from workbench.adaptive.trials import Trial
    from workbench.store import open_store
    from workbench.study import Study

    def told(trial: Trial) -> None:
        low = f"at least {percent(trial.ci_low)} points for {trial.group}" if trial.group else trial.reason
        ERR.print(
            f"{trial.number + 1} of {budget}: {trial.condition_id or trial.technique}: {low}",
            markup=False,
            highlight=False,
        )

    with mendable(), progress_of("redteam") as show:
        try:
            with runner.stoppable():
                result = red_team(
                    Study.from_toml(study), search, attribute=by, group=group, reference=reference_group, budget=budget,
                    top=top, seed=seed, combine=combine, engine=engine, store=open_store(store), workers=workers,
                    on_progress=show, on_trial=told,
                )  # fmt: skip
        except KeyboardInterrupt:
            ERR.print("interrupted; run the same command to go on from here")
            raise typer.Exit(130) from None
        if suite is not None:
            added = regression_suite.remember(suite, result.confirmations, store=open_store(store))
            ERR.print(f"{suite}: {added} conditions added", markup=False, highlight=False)
        if figure is not None:
            from workbench.figures import confirmation_plot

            figure.write_text(confirmation_plot(result.confirmations).svg(), encoding="utf-8")
    emit(fields_of(result)) if as_json else _print(result)
    if result.confirmed.empty:
        raise typer.Exit(1)


def fields_of(result: RedTeam) -> dict[str, Any]:
    """Return a red team in JSON's own types."""
    return {
        "red_team": result.red_team_id,
        "request": result.request.to_fields(),
        "speakers": [side._asdict() for side in result.sides],
        "trials": json_rows(result.trials),
        "techniques": [asdict(row) for row in result.techniques],
        "confirmations": json_rows(result.confirmations),
        "presets": list(result.presets),
        "notes": list(result.notes),
    }


def _print(result: RedTeam) -> None:
    from workbench.schema import CONFIRMATIONS

    rows = [{**asdict(row), "change": percent(row.change), "ci_low": percent(row.ci_low)} for row in result.techniques]
    table(rows, TECHNIQUES, title=f"{len(result.trials)} trials by technique, on the exploring speakers")
    if len(result.confirmations):
        print_table(result.confirmations, CONFIRMATIONS, title="The best, on speakers who were not searched on")
    for note in result.notes:
        ERR.print(f"note: {note}", markup=False, highlight=False)
    for name in result.presets:
        OUT.print(name, markup=False, highlight=False)
