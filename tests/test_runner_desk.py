"""The desk: how much a process is given at a time."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.runner.desk import Desk


class Crew:
    """A crew that takes everything and notes how much at a time."""

    idle, room = 1, 1

    def __init__(self, size: int) -> None:
        self.size = size
        self.sizes: list[int] = []

    def submit(self, job: Any) -> None:
        self.sizes.append(len(job.items))


def handed_out(n: int, *, workers: int, batch: int, all_here: bool) -> list[int]:
    engine = SimpleNamespace(batch_size=batch, needs_audio=True)
    inputs = SimpleNamespace(study=SimpleNamespace(conditions=(), engines=("toy",)), engines=(engine,))
    crew = Crew(workers)
    desk = Desk(inputs, crew)  # type: ignore[arg-type]
    desk._pending[0] = deque(SimpleNamespace(wave=number) for number in range(n))  # type: ignore[misc]
    assert not list(desk.listen(all_here=all_here))
    return crew.sizes


@pytest.mark.parametrize("n", [1, 5, 16, 63, 200])
@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("batch", [1, 3, 16])
def test_everything_is_handed_out_in_batches_that_an_engine_likes(n: int, workers: int, batch: int) -> None:
    for all_here in (False, True):
        sizes = handed_out(n, workers=workers, batch=batch, all_here=all_here)
        assert sum(sizes) == n
        assert all(1 <= size <= batch for size in sizes)


def test_the_last_batches_are_smaller_so_that_all_processes_end_together() -> None:
    assert handed_out(48, workers=2, batch=16, all_here=True) == [12, 9, 7, 5, 4, 4, 4, 3]
    assert handed_out(48, workers=2, batch=16, all_here=False) == [16, 16, 16]
    assert handed_out(48, workers=1, batch=16, all_here=True) == [16, 16, 16]
