"""The worker process: ``python -m workbench.adaptive.worker RUN_ID`` executes one run of the store (:func:`runner.start_worker`)."""

from __future__ import annotations

import argparse
import sys

from workbench.adaptive.rounds import rounds_of
from workbench.errors import WorkbenchError
from workbench.results.preparation import prepare
from workbench.runner import Local, execute, stoppable
from workbench.store import open_store


def main() -> int:
    """Execute one run of the store; exit 0 when it ended as asked, 2 when the user has something to mend."""
    parser = argparse.ArgumentParser(description="Execute one run of the store.")
    parser.add_argument("run_id")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    try:
        with stoppable():
            store = open_store()
            rounds = rounds_of(store.run(arguments.run_id).load_study(), store)
            execute(arguments.run_id, store=store, executor=Local(arguments.workers), rounds=rounds)
            prepare(arguments.run_id, store=store)
    except WorkbenchError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
