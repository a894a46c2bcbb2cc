"""Claims of outsiders and the ledger that keeps them: claim, ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from workbench.cli.console import OUT, mendable
from workbench.cli.options import StoreUrl
from workbench.errors import CardError, choices

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
            metavar="SUBJECT", help="Of 'add' the claim: 'accent=Scottish & room@2: gap >= 5 points'; of 'judge' a run."
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
    """Add a claim to a ledger, or judge its claims on the speakers of a run."""
    from workbench.cards import ledger as ledgers

    time = datetime.now(UTC).isoformat(timespec="seconds")
    with mendable():
        if action == "add":
            entry = ledgers.claim_entry(subject, by=by, time=time, seen=_seen(bundle))
            head = ledgers.append(ledger, [entry])
            OUT.print(f"{entry['statement']}: kept", markup=False, highlight=False)
        else:
            rows = _judgements(ledger, subject, model, store, time)
            head = ledgers.append(ledger, rows) if rows else ledgers.check_ledger(ledger).head
            for row in rows:
                OUT.print(_in_words(row), markup=False, highlight=False)
            if not rows:
                OUT.print("No claim is open for this run and model.", highlight=False)
    OUT.print(f"{ledger}: head sha256:{head}", markup=False, highlight=False)


def _seen(bundle: Path | None) -> dict[str, Any] | None:
    """Return the card of a bundle whose every value was computed again."""
    if bundle is None:
        return None
    from workbench import cards
    from workbench.cards.bundle_verification import bundled_card

    result = cards.verify_bundle(bundle)
    if not result.holds:
        raise CardError(
            f"the bundle does not hold: {result.differences[0].place}",
            place=str(bundle),
            remedy="workbench verify names every place",
        )
    return bundled_card(bundle)


def _judgements(ledger: Path, run: str, model: str, store: str | None, time: str) -> list[dict[str, Any]]:
    from workbench.cards import ledger as ledgers
    from workbench.cli.run_results import load
    from workbench.store import open_store

    if not ledger.exists():
        raise CardError("there is no such ledger", place=str(ledger), remedy="make one: workbench claim add")
    known = ledgers.entries(ledger)
    results = load(run, store=open_store(store))
    models = results.levels("model_id")
    if not model and len(models) > 1:
        raise CardError("the run has several models", place="--model", remedy=choices(model, models))
    return ledgers.judgements(known, results, model=model or models[0], time=time)


def _in_words(row: dict[str, Any]) -> str:
    text = f"claim {row['claim']}, {row['statement']}: {row['verdict']}"
    if row["low"] is not None:
        text += f"; gap {100 * row['value']:+.1f} points (simultaneous 95 % interval {100 * row['low']:+.1f} to {100 * row['high']:+.1f})"
    text += f"; {row['n_speakers']} and {row['n_speakers_others']} speakers"
    return "; ".join(filter(None, (text, row["reason"], f"stated {row['stated']}")))


@app.command("ledger")
def check(
    action: Annotated[Literal["verify"], typer.Argument(metavar="ACTION", help="'verify': check the chain of hashes.")],
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="The ledger.")],
    *,
    head: Annotated[
        str, typer.Option(help="The head that was published: shows that nothing was cut off at the end.")
    ] = "",
) -> None:
    """Check that no line of a ledger was changed, removed or put in between; exit 1 and name every line that was."""
    from workbench.cards.ledger import check_ledger

    with mendable():
        result = check_ledger(ledger)
    faults = list(result.faults)
    if head and head.removeprefix("sha256:") != result.head:
        faults.append("the last line is not the one whose hash was published")
    for fault in faults:
        OUT.print(fault, markup=False, highlight=False)
    if faults:
        raise typer.Exit(1)
    OUT.print(f"{ledger}: {result.n_lines} lines, each with the hash of the one before", markup=False, highlight=False)
    OUT.print(f"head sha256:{result.head}", markup=False, highlight=False)
