"""Dispatcher: hands audio to engines, in this process or in others; what becomes of a transcript when a process dies."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from workbench.engines import Engine, EngineFailure, engine_process
from workbench.engines.engine_process import Unasked, batch_size, outcomes
from workbench.errors import EngineError, EngineStoppedError
from workbench.processes import Crash, Event, Job, WorkerPool
from workbench.runner.inputs import Inputs
from workbench.runner.task_audio import Prepared
from workbench.runner.transcription import Item, Rows, items_of, row, unheard

IN_A_ROW = 3
"""So many utterances in a row on which the engine's process died stop the run: it is not they who are at fault."""


class CrashStreak:
    """Rows of utterances on which the engine's process died, held back until one after them is heard."""

    def __init__(self) -> None:
        self._rows: Rows = []

    def died(self, row: dict[str, Any], *, reason: str) -> None:
        """Hold back a row; raise EngineError at the third in a row: what is to blame is then no utterance."""
        self._rows.append(row)
        if len(self._rows) >= IN_A_ROW:
            raise EngineError(
                f"its process died on {IN_A_ROW} utterances in a row, {reason}",
                place=str(row["model_id"]),
                remedy="run the study again to go on from here: with fewer --workers if memory is short",
            )

    def ended(self) -> Rows:
        """Return the rows that were held back: an utterance was heard, or there are no more."""
        rows, self._rows = self._rows, []
        return rows


class Dispatcher:
    """Gives audio that is ready to the engines and turns their answers into rows."""

    def __init__(self, inputs: Inputs, worker_pool: WorkerPool | None) -> None:
        self._conditions, self._engines, self._specs = inputs.study.conditions, inputs.engines, inputs.study.engines
        self._worker_pool = worker_pool
        self._pending: dict[int, deque[Item]] = {}
        self._streak = CrashStreak()
        self._left: dict[int, tuple[Prepared, int]] = {}
        self.finished: list[Prepared] = []
        """Tasks of which every transcript is made, to be taken away."""
        self.stopped: EngineStoppedError | None = None
        """Why an engine can transcribe nothing more, if one said so."""

    @property
    def waits(self) -> bool:
        """Whether an engine could listen if only it had something to listen to."""
        return not any(self._pending.values()) and (self._worker_pool is None or self._worker_pool.idle > 0)

    @property
    def busy(self) -> bool:
        """Whether anything waits for an engine or is being listened to."""
        return any(self._pending.values()) or (self._worker_pool is not None and self._worker_pool.busy)

    def give(self, prepared: Prepared) -> Rows:
        """Take audio in; return the rows of what cannot be listened to."""
        rows: Rows = []
        self._left[id(prepared)] = (prepared, len(prepared.task.conditions))
        for item in items_of(prepared):
            if item.wave is None:
                rows.append(self._row(item, unheard(item)))
            else:
                self._pending.setdefault(prepared.task.engine, deque()).append(item)
        return rows

    def listen(self, *, all_here: bool) -> Iterator[Rows]:
        """Hand out what is ready; yield the rows of engines that listen in this process.

        Once all is here, batches become smaller towards the end, so that no process is left with a whole one alone.
        """
        for number, items in self._pending.items():
            engine = self._engines[number]
            while items and self.stopped is None:
                # While audio is still being prepared, a process waits for a full batch; it takes less only when it would idle.
                size = self._size(engine, len(items)) if all_here else batch_size(engine)
                if self._worker_pool is None or not engine.needs_audio:
                    yield self._here(engine, items)
                elif self._worker_pool.room > 0 and (len(items) >= size or self._worker_pool.idle):
                    batch = [items.popleft() for _ in range(min(size, len(items)))]
                    self._worker_pool.submit(
                        Job((self._specs[number],), tuple(item.wave for item in batch), tuple(batch))
                    )
                else:
                    break

    def take(self, event: Event) -> Rows:
        """Return the rows that an event brings from an engine's process.

        Raises
        ------
        EngineError : the process died on several utterances in a row
        """
        rows: Rows = []
        for item, result in self._worker_pool.take(event) if self._worker_pool is not None else []:
            if isinstance(result, Unasked):
                self.stopped = self.stopped or result.stopped
            elif isinstance(result, Crash):
                # The utterance may be to blame, or the machine (no memory). Its row is held back until another one is
                # heard: after three crashes in a row nothing is recorded as a failure of an utterance.
                failure = EngineFailure(f"the engine's process died on it, {result.reason}", 0.0)
                self._streak.died(self._row(item, failure), reason=result.reason)
            else:
                rows += [*self._streak.ended(), self._row(item, result)]
        return rows

    @property
    def awaits_answers(self) -> bool:
        """Whether engines that were halted still have answers to bring."""
        return self._worker_pool is not None and any(
            engine_process.halts(self._engines[item.prepared.task.engine]) for item in self._worker_pool.in_hand
        )

    def halt(self) -> None:
        """Have nothing more listened to: engines that can be halted answer what they have asked for, see :attr:`awaits_answers`."""
        self._pending.clear()
        if self._worker_pool is not None:
            self._worker_pool.halt(engine_process.halt)

    def last(self) -> Rows:
        """Return the rows that were held back: the last utterances, on which the engine's process died."""
        return self._streak.ended()

    def _size(self, engine: Engine, left: int) -> int:
        """Return how many of the last ``left`` a process gets: half its share, at least a quarter of a batch."""
        size = batch_size(engine)
        if self._worker_pool is None or self._worker_pool.size == 1:
            return size
        return min(size, max(-(-size // 4), -(-left // (2 * self._worker_pool.size))))

    def _here(self, engine: Engine, items: deque[Item]) -> Rows:
        """Let an engine of this process listen to what belongs to one task."""
        first = items[0].prepared
        batch: list[Item] = []
        while items and items[0].prepared is first:
            batch.append(items.popleft())
        rows: Rows = []
        for entry, answer in zip(
            batch, outcomes(engine, [item.wave for item in batch if item.wave is not None]), strict=True
        ):
            if isinstance(answer, Unasked):
                self.stopped = self.stopped or answer.stopped
            else:
                rows.append(self._row(entry, answer))
        return rows

    def _row(self, item: Item, answer: Any) -> dict[str, Any]:
        # The audio of a task can be given back once every condition of it has its row.
        prepared, left = self._left[id(item.prepared)]
        if left > 1:
            self._left[id(prepared)] = (prepared, left - 1)
        else:
            del self._left[id(prepared)]
            self.finished.append(prepared)
        return row(item, answer, conditions=self._conditions, engine=self._engines[prepared.task.engine])
