"""Claims of outsiders and the ledger that keeps them: claim, ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from workbench.cli.console import OUT, mendable, records, table
from workbench.cli.options import StoreUrl

if TYPE_CHECKING:
    from workbench.cards import ClaimsLedger

app = typer.Typer()


@app.command()
def claim(
    action: Annotated[
        Literal["add", "judge"], typer.Argument(metavar="ACTION", help="'add' a claim, or 'judge' those that are open.")
    ],
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="The ledger, a file of JSON lines; 'add' makes it.")],
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="Of 'add' the claim, 'accent=Scottish & room@2: gap >= 5 points', or an update, 'accent=Scottish: use MODEL'; of 'judge' a run.",
        ),
    ],
    *,
    by: Annotated[str, typer.Option(help="Who states the claim.")] = "",
    bundle: Annotated[
        Path | None, typer.Option(help="The bundle that its author has seen; it is verified first.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="The model on which claims are judged; needed where the run has several.")
    ] = "",
    store: StoreUrl = None,
) -> None:
    """Add a claim or an update to a ledger, or judge those that are open on the speakers of a run."""
    from workbench.cards import ClaimsLedger

    with mendable():
        kept = ClaimsLedger(ledger)
        if action == "add":
            entry = kept.add(subject, by=by, bundle=bundle)
            OUT.print(f"{entry['statement']}: kept", markup=False, highlight=False)
        else:
            rows = _judged(kept, subject, model, store)
            for row in rows:
                OUT.print(_in_words(row), markup=False, highlight=False)
            if not rows:
                OUT.print("No claim is open for this run and model.", highlight=False)
        head = kept.check().head
    OUT.print(f"{ledger}: head sha256:{head}", markup=False, highlight=False)


def _judged(kept: ClaimsLedger, run: str, model: str, store: str | None) -> list[dict[str, Any]]:
    from workbench.cli.run_results import load
    from workbench.store import open_store

    kept.entries()  # a ledger that cannot be read is said before the run is
    return kept.judge(load(run, store=open_store(store)), model=model)


def _in_words(row: dict[str, Any]) -> str:
    text = f"claim {row['claim']}, {row['statement']}: {row['verdict']}"
    if row["low"] is not None and "p_value" in row:
        text += (
            f"; {100 * row['value']:+.1f} points for the group ({100 * row['low']:+.1f} to {100 * row['high']:+.1f}), "
            f"p {row['p_value']:.4f}, may spend {row['alpha']:.4f}; "
            f"everybody {100 * row['rate_before']:.2f} to {100 * row['rate_after']:.2f} %"
        ) + (f"; {row['repairs']} repairs" if row["repairs"] else "")
    elif row["low"] is not None:
        text += f"; gap {100 * row['value']:+.1f} points (simultaneous 95 % interval {100 * row['low']:+.1f} to {100 * row['high']:+.1f})"
    text += f"; {row['n_speakers']} and {row['n_speakers_others']} speakers"
    return "; ".join(filter(None, (text, row["reason"], f"stated {row['stated']}")))


@app.command("ledger")
def check(
    action: Annotated[
        Literal["verify", "teams"],
        typer.Argument(
            metavar="ACTION", help="'verify': check the chain of hashes; 'teams': who states what about which feature."
        ),
    ],
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="The ledger.")],
    *,
    figure: Annotated[
        Path | None, typer.Option(help="Of 'teams': write the map of teams and features as an SVG file.")
    ] = None,
    head: Annotated[
        str, typer.Option(help="The head that was published: shows that nothing was cut off at the end.")
    ] = "",
) -> None:
    """Check that no line of a ledger was changed, removed or put in between; exit 1 and name every line that was.

    'teams' shows how many claims each team states about each feature, and how many of them hold.
    """
    from workbench.cards import ClaimsLedger

    if action == "teams":
        _teams(ClaimsLedger(ledger), figure)
        return
    with mendable():
        result = ClaimsLedger(ledger).check()
    faults = list(result.faults)
    if head and head.removeprefix("sha256:") != result.head:
        faults.append("the last line is not the one whose hash was published")
    for fault in faults:
        OUT.print(fault, markup=False, highlight=False)
    if faults:
        raise typer.Exit(1)
    OUT.print(f"{ledger}: {result.n_lines} lines, each with the hash of the one before", markup=False, highlight=False)
    OUT.print(f"head sha256:{result.head}", markup=False, highlight=False)


def _teams(kept: ClaimsLedger, figure: Path | None) -> None:
    from workbench.figures import team_feature_map

    with mendable():
        frame = kept.teams()
        if figure is not None:
            figure.write_text(team_feature_map(frame).svg(), encoding="utf-8")
    headings = {name: name for name in map(str, frame.columns)}
    table(records(frame), headings, title="Claims by team and feature")
