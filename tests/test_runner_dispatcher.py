"""The desk: how much a process is given at a time."""

from __future__ import annotations

from collections import deque
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.engines import Transcript
from workbench.errors import EngineError
from workbench.processes import Crash, Event, Outcome
from workbench.runner.dispatcher import Dispatcher


class WorkerPool:
    """A crew that takes everything and notes how much at a time."""

    idle, room = 1, 1

    def __init__(self, size: int) -> None:
        self.size = size
        self.sizes: list[int] = []
        self.outcomes: list[Outcome] = []

    def take(self, event: Event) -> list[Outcome]:
        return self.outcomes

    def submit(self, job: Any) -> None:
        self.sizes.append(len(job.items))


def handed_out(n: int, *, workers: int, batch: int, all_here: bool) -> list[int]:
    engine = SimpleNamespace(batch_size=batch, needs_audio=True)
    inputs = SimpleNamespace(study=SimpleNamespace(conditions=(), engines=("toy",)), engines=(engine,))
    worker_pool = WorkerPool(workers)
    dispatcher = Dispatcher(inputs, worker_pool)  # type: ignore[arg-type]
    dispatcher._pending[0] = deque(SimpleNamespace(wave=number) for number in range(n))  # type: ignore[misc]
    assert not list(dispatcher.listen(all_here=all_here))
    return worker_pool.sizes


def test_everything_is_handed_out_in_batches_that_an_engine_likes() -> None:
    for n, workers, batch in product((1, 5, 16, 63, 200), (1, 2, 5), (1, 3, 16)):
        for all_here in (False, True):
            sizes = handed_out(n, workers=workers, batch=batch, all_here=all_here)
            assert sum(sizes) == n
            assert all(1 <= size <= batch for size in sizes)


def test_the_last_batches_are_smaller_so_that_all_processes_end_together() -> None:
    assert handed_out(48, workers=2, batch=16, all_here=True) == [12, 9, 7, 5, 4, 4, 4, 3]
    assert handed_out(48, workers=2, batch=16, all_here=False) == [16, 16, 16]
    assert handed_out(48, workers=1, batch=16, all_here=True) == [16, 16, 16]


def told(happened: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what becomes of utterances on which the process dies (x) or not (o), in the order in which rows come."""
    inputs = SimpleNamespace(study=SimpleNamespace(conditions=(), engines=("toy",)), engines=(None,))
    worker_pool = WorkerPool(1)
    dispatcher = Dispatcher(inputs, worker_pool)  # type: ignore[arg-type]
    monkeypatch.setattr(
        dispatcher, "_row", lambda item, answer: {"model_id": "toy", "said": f"{item}{answer.decode_s:.0f}"}
    )
    rows = []
    for number, one in enumerate(happened):
        result = Crash("killed") if one == "x" else Transcript("one", 1.0)
        worker_pool.outcomes = [Outcome(number, result)]
        rows += dispatcher.take(Event(None, 0, True, None))
    return [str(row["said"]) for row in [*rows, *dispatcher.last()]]


def test_deaths_in_a_row_stop_a_run_and_deaths_apart_are_failed_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told("xoxoxoxxoxx", monkeypatch) == [
        "00", "11", "20", "31", "40", "51", "60", "70", "81", "90", "100"
    ]  # fmt: skip
    with pytest.raises(EngineError, match="toy: its process died on 3 utterances in a row, killed"):
        told("oxoxxx", monkeypatch)
