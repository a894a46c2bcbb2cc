"""Ray actors: what runs on the machines of a cluster. One reads and degrades, one listens; the rows go to the driver."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from workbench.engines import engine_process
from workbench.engines.engine_process import Described, EngineLoader, Unasked
from workbench.errors import EngineStoppedError
from workbench.runner.task_audio import Parts, Prepared, Preparer
from workbench.runner.transcription import Rows, items_of, row, unheard
from workbench.runner.work_list import Task
from workbench.study import Study


class Heard(NamedTuple):
    """TRANSCRIPTS rows of a job, and why the engine stopped before it had them all, if it did."""

    rows: Rows
    stopped: EngineStoppedError | None


class Reader:
    """Prepares the audio of tasks."""

    def __init__(self, parts: Parts) -> None:
        self._preparer = Preparer.of(parts)

    def prepare(self, task: Task) -> Prepared:
        """Read the utterance and put it under each condition of the task."""
        return self._preparer.prepare(task)


BESIDE = "beside"
"""Concurrency group of what an actor does while it listens."""


class Listener:
    """Holds the engines of a study, each loaded once."""

    def __init__(self, loader: EngineLoader, base: str, language: str) -> None:
        self._loader, self._base, self._language = loader, base, language

    def machine(self) -> str:
        """Return the cluster's name of the machine that the process is on, once it is there."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def load(self, specs: Sequence[str]) -> list[Described]:
        """Load these engines and describe them."""
        return engine_process.load(self._loader, specs, self._base, self._language)

    def halt(self) -> None:
        """Have engines ask for nothing more; beside :meth:`hear`, in the concurrency group BESIDE."""
        engine_process.halt()

    def hear(self, study_json: str, spec: str, *ready: Prepared) -> Heard:
        """Listen to tasks whose audio is ready."""
        conditions = Study.from_json(study_json, base=Path(self._base)).conditions
        [engine] = self.load([spec])
        items = [item for prepared in ready for item in items_of(prepared)]
        answers = iter(engine_process.listen(spec, [wave for item in items if (wave := item.wave) is not None]))
        sentences = [(item, unheard(item) if item.wave is None else next(answers)) for item in items]
        return Heard(
            [
                row(item, answer, conditions=conditions, engine=engine)
                for item, answer in sentences
                if not isinstance(answer, Unasked)
            ],
            next((answer.stopped for _, answer in sentences if isinstance(answer, Unasked)), None),
        )
