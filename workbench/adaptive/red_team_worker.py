"""The red team in a process of its own, which outlives the app: ``python -m workbench.adaptive.red_team_worker ID``.

The ledger is what both processes share: the request stands in it before the process is started, and every trial is added.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

from workbench.adaptive.ledger import Ledger
from workbench.adaptive.red_team import Request, carry_out, checked
from workbench.errors import WorkbenchError
from workbench.runner import stoppable
from workbench.runner.launcher import Launched, launch
from workbench.store import Store, open_store


@dataclass(frozen=True, slots=True)
class State:
    """How far a red team is: trials made, of how many, whether a process is at work, whether it is concluded, and what stopped it."""

    trials: int
    budget: int
    alive: bool
    concluded: bool
    message: str


def start(request: Request, *, store: Store, workers: int = 1) -> str:
    """Start a detached process that carries out a request; return its id at once. One that is at work is left to its process.

    Raises
    ------
    StudyError, ConditionError : as ``red_team``, before any process is started
    """
    _, study, _, halves = checked(request)
    ledger = Ledger.of(request.to_fields(), study)
    if state(ledger.red_team_id).alive:
        return ledger.red_team_id
    ledger.begin(request.to_fields(), halves)
    ledger.note({"message": ""})
    command = ["-m", "workbench.adaptive.red_team_worker", ledger.red_team_id, "--workers", str(workers)]
    process = launch(command, log=ledger.red_team_id, store=store)
    ledger.note({"message": "", "pid": process.pid, "pid_started": process.since_boot})
    return ledger.red_team_id


def state(red_team_id: str) -> State:
    """Return how far a red team is; of one that was never begun, nothing."""
    ledger = Ledger(red_team_id)
    noted = ledger.noted()
    budget = int(ledger.request()["budget"]) if (ledger.path / "request.json").is_file() else 0
    alive = Launched(int(noted.get("pid", 0)), float(noted.get("pid_started", 0.0))).alive
    concluded = ledger.confirmations() is not None
    return State(ledger.count(), budget, alive, concluded, str(noted.get("message", "")))


def main() -> int:
    """Carry out one red team; exit 0 when it ended as asked, 2 when the user has something to mend."""
    parser = argparse.ArgumentParser(description="Carry out one red team.")
    parser.add_argument("red_team_id")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    ledger = Ledger(given.red_team_id)
    try:
        with stoppable():
            carry_out(Request.from_fields(ledger.request()), store=open_store(), workers=given.workers)
    except WorkbenchError as error:
        ledger.note(ledger.noted() | {"message": str(error)})
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
