"""Ray executor: the same work on the machines of a Ray cluster, the same rows through the driver into the same store.

Optional: ``pip install 'speech-fairness-workbench[ray]'``. Without an address a cluster of this machine is started, and ended
with the run. Nothing is told to Ray's makers, and no dashboard is opened. Every worker is a pair of actors, one that reads
and degrades and one that listens, on the same machine; together they take one processor, and no more pairs are asked for than the
cluster has room for: actors that wait for a place that never comes would hang the run (ray-project/ray#44687).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from workbench.engines import Engine, EngineFailure, load_engine
from workbench.engines.engine_process import answers, batch_size, halts, looks_up
from workbench.errors import EngineError, EngineStoppedError
from workbench.extras import install_command
from workbench.runner import task_audio
from workbench.runner.dispatcher import CrashStreak
from workbench.runner.inputs import EngineLoader, Inputs
from workbench.runner.local import HEARTBEAT_S, Session
from workbench.runner.ray_actors import BESIDE, Listener, Reader
from workbench.runner.ray_machines import ATTEMPTS, REFUSED, connect, require_answer, room
from workbench.runner.task_audio import Parts, Prepared, Preparer
from workbench.runner.transcription import Rows, items_of, row, unheard
from workbench.runner.work_list import Task
from workbench.study import Study

READER_SHARE = 0.001
"""Of a worker's processor, what the actor that reads and degrades asks for; the one that listens asks for the rest.

Not nothing: Ray puts an actor that asks for nothing on any machine. No more: another that listens must not fit into what is left.
"""

AHEAD = 3
"""Jobs that a worker has in hand."""

PLACE_S = 120.0
"""Seconds to wait for a place in the cluster."""


@dataclass(frozen=True, slots=True)
class Ray:
    """Run on a Ray cluster with ``workers`` pairs of actors, each with ``gpus`` of a GPU (0.25: four share one).

    ``address`` is what ``ray.init`` takes, ``ray://host:10001`` say; empty means RAY_ADDRESS, else this machine alone.
    Audio that is not named by URL must lie under the same path on every machine of the cluster.
    """

    address: str = ""
    workers: int = 2
    gpus: float = 0.0
    engine_loader: EngineLoader = load_engine

    def session(self) -> AbstractContextManager[Session]:
        """Return what does the work of one run.

        Raises
        ------
        EngineError : Ray is not installed
        """
        if find_spec("ray") is None:
            raise EngineError("Ray is not installed", place="executor ray", remedy=install_command("ray"))
        return _RaySession(self)


@dataclass(eq=False)
class _Job:
    tasks: tuple[Task, ...]
    alone: bool = False
    heard: list[Any] = field(default_factory=list)
    rows: Any = None

    def one_by_one(self) -> list[_Job]:
        """Return a job for each transcript."""
        return [
            _Job((replace(task, conditions=(condition,), keys=(key,)),), alone=True)
            for task in self.tasks
            for condition, key in zip(task.conditions, task.keys, strict=True)
        ]


class _Place(NamedTuple):
    """An actor that listens, and what will say on which machine of the cluster it is, once it is there."""

    actor: Any
    machine: Any


@dataclass(eq=False)
class _Pair:
    reader: Any
    listener: Any
    jobs: deque[_Job] = field(default_factory=deque)


@dataclass
class _RaySession:
    asked: Ray
    _owns: bool = False
    _first: _Place | None = None

    def __enter__(self) -> _RaySession:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        import ray

        if not ray.is_initialized():
            address = self.asked.address or os.environ.get("RAY_ADDRESS") or "local"
            quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
            if address == "local":
                cores = max(2, os.cpu_count() or 1)
                quiet |= {"include_dashboard": False, "num_cpus": cores, "object_store_memory": 512 * 2**20}
            try:
                require_answer(address)
                connect(address, quiet)
            except (ImportError, OSError, RuntimeError, ValueError) as error:
                text = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
                if text[0].startswith(REFUSED):  # and a traceback of the head; its last line is the reason
                    raise EngineError(
                        f"the cluster answers, but refused this client {ATTEMPTS} times ({text[-1]})",
                        place=f"executor {address}",
                        remedy="start its head with GRPC_ENABLE_FORK_SUPPORT=0; else see ray_client_server*.err in its logs",
                    ) from None
                problem = f"the cluster cannot be reached ({text[0]})"
                remedy = "check its address"
                if "ray[client]" in problem:
                    remedy = f"pip install 'ray[client]=={ray.__version__}'"
                elif "timeout" in problem:  # what a cluster says by silence to somebody without its token
                    remedy += "; one that asks for a token wants RAY_AUTH_MODE=token and the token (ray get-auth-token)"
                raise EngineError(problem, place=f"executor {address}", remedy=remedy) from None
            self._owns = True
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        import ray

        if self._owns:
            ray.shutdown()
        elif self._first is not None:
            ray.kill(self._first.actor)

    def loader(self, given: EngineLoader, study: Study) -> EngineLoader:
        elsewhere = given in (load_engine, self.asked.engine_loader)
        return self._load if elsewhere else given

    def _load(self, spec: str, *, base: Path, language: str) -> Engine:
        """Load an engine in the cluster and return what stands for it here."""
        import ray

        if looks_up(spec):
            return self.asked.engine_loader(spec, base=base, language=language)
        if self._first is None:
            self._first = self.place(str(base), language)
            self.machine(self._first)
        try:
            [engine] = ray.get(self._first.actor.load.remote([spec]))
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except ray.exceptions.RayActorError:
            raise EngineError("the process that loads it died", place=f"engine {spec!r}") from None
        return engine  # type: ignore[no-any-return]

    def place(self, base: str, language: str) -> _Place:
        """Ask for an actor that listens."""
        import ray

        options = {"num_cpus": 1.0 - READER_SHARE, "num_gpus": self.asked.gpus}
        listener = ray.remote(concurrency_groups={BESIDE: 1})(Listener).options(**options)
        actor = listener.remote(self.asked.engine_loader, base, language)
        return _Place(actor, actor.machine.remote())

    def machine(self, place: _Place) -> str:
        """Return the machine that the actor is on, once it is there."""
        import ray

        try:
            return str(ray.get(place.machine, timeout=PLACE_S))
        except ray.exceptions.GetTimeoutError:
            raise EngineError(
                f"no place in the cluster within {PLACE_S:g} s for one processor and {self.asked.gpus:g} GPU",
                place="executor ray",
                remedy="ask for less, or wait until others are done",
            ) from None

    def execute(self, inputs: Inputs, tasks: Iterator[Task], halted: Callable[[], bool]) -> Generator[Rows]:
        import ray

        work = _Work(self, inputs, ray.put(Parts.of(inputs)))
        workers = max(1, min(self.asked.workers, room(gpus=self.asked.gpus)))
        pairs = [work.pair(self._first if number == 0 else None) for number in range(workers)]
        source = _jobs(inputs, tasks)
        again: deque[_Job] = deque()
        coming: list[_Place] = []
        try:
            while True:
                if halted() or work.stopped is not None:
                    yield from work.wound_up(pairs)
                    return
                coming = work.joined(pairs, coming)
                for pair in (pair for depth in range(AHEAD) for pair in pairs if len(pair.jobs) <= depth):
                    job = again.popleft() if again else next(source, None)
                    while job is not None and not inputs.engines[job.tasks[0].engine].needs_audio:
                        yield work.here(job)
                        job = next(source, None)
                    if job is not None:
                        work.give(pair, job)
                pending = {job.rows: pair for pair in pairs for job in pair.jobs}
                if not pending:
                    yield work.streak.ended()
                    return
                ready, _ = ray.wait(list(pending), num_returns=1, timeout=HEARTBEAT_S)
                if not ready:
                    yield []
                for pair in {id(pending[item]): pending[item] for item in ready}.values():
                    rows, suspect = work.taken(pair)
                    yield rows
                    if suspect is not None:
                        again.extend(pair.jobs)
                        yield work.suspected(suspect, again)
                        work.end(pair)
                        pairs.remove(pair)
                        coming.append(work.place())
        finally:
            for pair in pairs:
                work.end(pair)
            for place in coming:
                ray.kill(place.actor)


@dataclass
class _Work:
    """One run in the cluster."""

    session: _RaySession
    inputs: Inputs
    parts: Any
    streak: CrashStreak = field(default_factory=CrashStreak)
    stopped: EngineStoppedError | None = None

    def place(self) -> _Place:
        """Ask for an actor that listens."""
        return self.session.place(str(self.inputs.study.base), self.inputs.corpora[0].info.language)

    def joined(self, pairs: list[_Pair], coming: list[_Place]) -> list[_Place]:
        """Have those begin that are there, and return those to come: where a machine was lost, there may be no room for them.

        Only where nobody else is at work one is waited for.
        """
        import ray

        left = []
        for place in coming:
            if pairs and not ray.wait([place.machine], timeout=0)[0]:
                left.append(place)
                continue
            try:
                pairs.append(self.pair(place))
            except ray.exceptions.RayActorError:  # it went with its machine
                left.append(self.place())
        if not pairs:
            pairs.append(self.pair())
        return left

    def pair(self, listener: _Place | None = None) -> _Pair:
        """Return a worker: the one that reads is where the one that listens is, so that no audio goes from machine to machine."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        listener = listener or self.place()
        beside = NodeAffinitySchedulingStrategy(self.session.machine(listener), soft=True)
        reader = ray.remote(Reader).options(num_cpus=READER_SHARE, scheduling_strategy=beside).remote(self.parts)
        return _Pair(reader, listener.actor)

    def end(self, pair: _Pair) -> None:
        """End what is left of a worker."""
        import ray

        ray.kill(pair.reader)
        ray.kill(pair.listener)

    def give(self, pair: _Pair, job: _Job) -> None:
        """Hand a job to a worker."""
        job.heard = [pair.reader.prepare.remote(task) for task in job.tasks]
        spec = self.inputs.study.engines[job.tasks[0].engine]
        job.rows = pair.listener.hear.remote(self.inputs.study.to_json(), spec, *job.heard)
        pair.jobs.append(job)

    def taken(self, pair: _Pair) -> tuple[Rows, _Job | None]:
        """Return the rows that a worker has finished, and the job on which it died, if it did."""
        import ray

        rows: Rows = []
        while pair.jobs:
            job = pair.jobs[0]
            if not ray.wait([job.rows], timeout=0)[0]:
                break
            try:
                heard = ray.get(job.rows)
                rows += [*self.streak.ended(), *heard.rows] if heard.rows else []
                self.stopped = self.stopped or heard.stopped
            except ray.exceptions.RayError as error:  # the worker died, or its machine with the audio on it
                cause = error.cause if isinstance(error, ray.exceptions.RayTaskError) else error
                if not isinstance(cause, ray.exceptions.RayError):
                    raise cause from None
                return rows, pair.jobs.popleft()
            pair.jobs.popleft()
        return rows, None

    def wound_up(self, pairs: list[_Pair]) -> Generator[Rows]:
        """Begin nothing more, and yield the rows of the answers that are on their way; raise what stopped an engine."""
        import ray

        stopped = self.stopped
        owed = []
        for pair in pairs:
            if any(halts(self.inputs.engines[job.tasks[0].engine]) for job in pair.jobs):
                pair.listener.halt.options(concurrency_group=BESIDE).remote()
                owed += [job.rows for job in pair.jobs]
        while owed:
            ready, owed = ray.wait(owed, num_returns=1, timeout=HEARTBEAT_S)
            rows: Rows = []
            with suppress(ray.exceptions.RayError):  # what dies now is asked for when the run goes on
                rows = [row for item in ready for row in ray.get(item).rows]
            yield rows
        if stopped is not None:
            raise stopped

    def suspected(self, job: _Job, again: deque[_Job]) -> Rows:
        """Have a job done again piece by piece; give up what has killed a worker alone."""
        import ray

        if not job.alone:
            again.extendleft(reversed(job.one_by_one()))
            return []
        reason = "killed in the cluster: a crash in native code, or memory ran out"
        try:
            prepared = ray.get(job.heard[0], timeout=PLACE_S)
        except ray.exceptions.RayError:
            failed = Prepared.failed(job.tasks[0], f"the process that read and degraded it died, {reason}")
            return [self._row(item, unheard(item)) for item in items_of(failed)]
        failure = EngineFailure(f"the engine's process died on it, {reason}", 0.0)
        for item in items_of(prepared):
            self.streak.died(self._row(item, failure), reason=reason)
        return []

    def here(self, job: _Job) -> Rows:
        """Let an engine that looks transcripts up do so in this process."""
        rows: Rows = []
        preparer = Preparer.of(Parts.of(self.inputs))
        for task in job.tasks:
            prepared = preparer.prepare(task)
            text = answers(self.inputs.engines[task.engine], [wave for wave in prepared.waves if wave is not None])
            rows += [self._row(item, answer) for item, answer in zip(items_of(prepared), text, strict=True)]
        return rows

    def _row(self, item: Any, answer: Any) -> dict[str, Any]:
        engine = self.inputs.engines[item.prepared.task.engine]
        return row(item, answer, conditions=self.inputs.study.conditions, engine=engine)


def _jobs(inputs: Inputs, tasks: Iterator[Task]) -> Iterator[_Job]:
    """Yield the tasks, as many together as an engine likes to hear at a time."""
    together: list[Task] = []
    for task in chain.from_iterable(map(task_audio.pieces, tasks)):
        if together and together[0].engine != task.engine:
            yield _Job(tuple(together))
            together = []
        together.append(task)
        if sum(len(item.keys) for item in together) >= batch_size(inputs.engines[task.engine]):
            yield _Job(tuple(together))
            together = []
    if together:
        yield _Job(tuple(together))
