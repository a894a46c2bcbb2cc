"""Retry: a store that cannot be used for a while (full disk, database being restarted) makes a run wait, then end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from workbench.errors import LeaseError, StoreError

PATIENCE_S = 120.0
"""Seconds that a run waits for its store before it ends with the reason; what is not yet kept is decoded again later."""

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0

Result = TypeVar("Result")


def patiently(
    work: Callable[[], Result],
    *,
    on_pause: Callable[[str], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    patience_s: float = PATIENCE_S,
) -> Result:
    """Return what ``work`` returns, trying again while the store cannot be used, with longer and longer pauses.

    ``on_pause`` is told the reason before each pause, and ``""`` when it is over; ``should_stop`` ends the waiting.

    Raises
    ------
    StoreError : the store could not be used for ``patience_s`` seconds
    LeaseError : another process took the run over; at once
    """
    began, wait = time.monotonic(), FIRST_WAIT_S
    while True:
        try:
            result = work()
        except LeaseError:
            raise  # another process took the run over: no waiting brings it back
        except StoreError as error:
            if time.monotonic() - began + wait > patience_s or should_stop():
                raise
            on_pause(str(error))
            time.sleep(wait)
            wait = min(2.0 * wait, LONGEST_WAIT_S)
        else:
            if wait != FIRST_WAIT_S:
                on_pause("")
            return result
