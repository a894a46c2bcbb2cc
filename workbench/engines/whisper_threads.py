"""Windows side by side: a thread for each, instead of every sum of one window split among all processors.

Most sums of a small model are too short to be worth splitting, and threads that wait for each other at the end of each of
them are slow where other work runs on the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

AT_ONCE = 4
"""Threads at most; where there are more processors, each thread has several."""

Given = TypeVar("Given")
Made = TypeVar("Made")


def side_by_side(function: Callable[[Given], Made], things: Sequence[Given]) -> list[Made]:
    """Return the function of each thing, in their order, computed in threads that share the processors torch may use."""
    processors = torch.get_num_threads()
    threads = min(AT_ONCE, processors, len(things))
    if threads <= 1:
        return [function(thing) for thing in things]
    try:
        with ThreadPoolExecutor(threads, initializer=lambda: torch.set_num_threads(processors // threads)) as pool:
            return list(pool.map(function, things))
    finally:
        torch.set_num_threads(processors)  # what was set last, in whatever thread, would hold for threads to come
