"""A ledger of claims as a value: state, judge, check, and who stated what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.cards import ledger
from workbench.cards.bundle_verification import bundled_card, verify_bundle
from workbench.cards.ledger import LedgerCheck
from workbench.cards.team_features import team_features
from workbench.errors import CardError, choices
from workbench.results import Results


@dataclass(frozen=True, slots=True)
class ClaimsLedger:
    """The ledger of claims in a file (``cards.ledger``); the file is made with the first claim."""

    path: Path

    def entries(self) -> list[dict[str, Any]]:
        """Return every line in its order.

        Raises
        ------
        CardError : there is no file, or the chain is broken: names every line at which it is
        """
        if not self.path.exists():
            raise CardError("there is no such ledger", place=str(self.path), remedy="make one: workbench claim add")
        return ledger.entries(self.path)

    def add(self, statement: str, *, by: str, bundle: Path | None = None, time: str = "") -> dict[str, Any]:
        """Append a claim or an update and return its entry.

        Parameters
        ----------
        statement : ``accent=Scottish & room@2: gap >= 5 points`` or ``accent=Scottish: use MODEL``
        by : who states it
        bundle : what its author has seen; it is verified first
        time : ISO 8601, UTC; default: now

        Raises
        ------
        CardError : no statement, nobody who states it, a bundle that does not hold, a group or condition that it does not have
        """
        entry = ledger.claim_entry(statement, by=by, time=time or _now(), seen=_seen(bundle))
        ledger.append(self.path, [entry])
        return entry

    def judge(self, results: Results, *, model: str = "", time: str = "") -> list[dict[str, Any]]:
        """Judge what is open on the speakers of a run, append the judgements, and return them.

        ``model`` : on which claims are judged, and from which updates start; needed where the run has several

        Raises
        ------
        CardError : no ledger or a broken one; no such model, or several and none named
        """
        known, models = self.entries(), results.levels("model_id")
        if not model and len(models) > 1:
            raise CardError("the run has several models", place="--model", remedy=choices(model, models))
        rows = ledger.judgements(known, results, model=model or models[0], time=time or _now())
        if rows:
            ledger.append(self.path, rows)
        return rows

    def check(self) -> LedgerCheck:
        """Return how many lines there are, the hash of the last, and every line that does not follow from the one before."""
        return ledger.check_ledger(self.path)

    def teams(self) -> pd.DataFrame:
        """Return how many claims of each team speak of each feature, how many were judged and how many hold.

        Raises
        ------
        CardError : no ledger, a broken one, or one without claims
        """
        return team_features(self.entries())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _seen(bundle: Path | None) -> dict[str, Any] | None:
    """Return the card of a bundle whose every value was computed again."""
    if bundle is None:
        return None
    result = verify_bundle(bundle)
    if not result.holds:
        raise CardError(
            f"the bundle does not hold: {result.differences[0].place}",
            place=str(bundle),
            remedy="workbench verify names every place",
        )
    return bundled_card(bundle)
