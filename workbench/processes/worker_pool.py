"""A worker pool: processes that share one kind of work, and what becomes of the work when one of them dies.

Jobs are handed out in order, a second one before the first is done, so that no helper waits for its next. When a helper
dies, the job it had in hand is suspected: its items are tried again one by one, each in a helper of its own luck. An item
on which a helper dies when it is tried alone is given up, with the reason; everything else is done as if nothing had happened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, NamedTuple

from workbench.processes.worker_process import Event, WorkerProcess

AHEAD = 2
"""Jobs that a helper has in hand: one that it does, one that is there when it is done."""

STARTS = 2
"""So many deaths in a row before a helper was ready say that no other will do better."""


class StartError(Exception):
    """Helpers die before they are ready; the text says of what."""


class Crash(NamedTuple):
    """Why an item was given up: how the process died on it."""

    reason: str


class Outcome(NamedTuple):
    """What became of one item: the tag that it came with, and its result or :class:`Crash`."""

    tag: Any
    result: Any


@dataclass(frozen=True, slots=True)
class Job:
    """Items to do in one call, ``function(*head, items)``, which returns one result per item; ``tags`` stay here."""

    head: tuple[Any, ...]
    items: tuple[Any, ...]
    tags: tuple[Any, ...]
    suspected: bool = False

    def one_by_one(self) -> list[Job]:
        """Return a job for each item."""
        return [Job(self.head, (item,), (tag,), True) for item, tag in zip(self.items, self.tags, strict=True)]


@dataclass(eq=False)
class _Member:
    helper: WorkerProcess
    ready: bool = False
    in_hand: deque[Job] = field(default_factory=deque)


class WorkerPool:
    """Up to ``size`` helpers that do ``function``, each set up first by ``setup`` (a function and its arguments)."""

    def __init__(
        self,
        events: SimpleQueue[Event],
        *,
        size: int,
        setup: tuple[Callable[..., Any], tuple[Any, ...]],
        function: Callable[..., Any],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.size = size
        self.waiting: deque[Job] = deque()
        self._events, self._setup, self._function, self._environment = events, setup, function, environment
        self._members: list[_Member] = []
        self._failed_starts = 0
        self._halted = False

    @property
    def started(self) -> int:
        """How many helpers there are, ready or not."""
        return len(self._members)

    @property
    def ready(self) -> bool:
        """Whether a helper can do jobs."""
        return any(member.ready for member in self._members)

    @property
    def idle(self) -> int:
        """How many helpers are ready and have nothing to do."""
        return sum(member.ready and not member.in_hand for member in self._members)

    @property
    def busy(self) -> bool:
        """Whether any job is waiting or in hand."""
        return bool(self.waiting) or any(member.in_hand for member in self._members)

    @property
    def room(self) -> int:
        """How many jobs could be handed out now, besides those that wait."""
        return sum(AHEAD - len(member.in_hand) for member in self._members if member.ready) - len(self.waiting)

    @property
    def in_hand(self) -> Iterator[Any]:
        """The tags of the items that helpers have in hand."""
        return (tag for member in self._members for job in member.in_hand for tag in job.tags)

    def adopt(self, helper: WorkerProcess) -> None:
        """Take in a helper that is set up."""
        self._members.append(_Member(helper, ready=True))

    def grow(self) -> None:
        """Start one more helper, unless there are enough."""
        if len(self._members) < self.size:
            self._start()

    def submit(self, job: Job) -> None:
        """Have a job done, after those that wait."""
        self.waiting.append(job)
        self._hand_out()

    def take(self, event: Event) -> list[Outcome]:
        """Return what an event brings; one that is not of this crew brings nothing.

        Raises
        ------
        StartError : helpers die before they are ready
        BaseException : what a job or the setting up raised
        """
        member = next((item for item in self._members if item.helper is event.helper), None)
        if member is None:
            return []
        if event.job is None:
            return self._lost(member, str(event.result))
        if not event.ok:
            raise event.result
        self._failed_starts = 0
        outcomes = []
        if member.ready:
            job = member.in_hand.popleft()
            outcomes = [Outcome(tag, result) for tag, result in zip(job.tags, event.result, strict=True)]
        member.ready = True
        self._hand_out()
        return outcomes

    def halt(self, function: Callable[[], Any]) -> None:
        """Do no more than what is in hand, and have every helper do ``function`` at once, beside it. A job whose helper dies is left."""
        self._halted = True
        self.waiting.clear()
        for member in self._members:
            member.helper.call_beside(function)

    def end(self) -> None:
        """End every helper at once."""
        for member in self._members:
            member.helper.end()
        self._members = []
        self.waiting.clear()

    def _start(self) -> None:
        helper = WorkerProcess(self._events, environment=self._environment)
        helper.call(self._setup[0], *self._setup[1])
        self._members.append(_Member(helper))

    def _hand_out(self) -> None:
        for depth in range(AHEAD):  # first to those who have nothing
            for member in self._members:
                if self.waiting and member.ready and len(member.in_hand) <= depth:
                    job = self.waiting.popleft()
                    member.in_hand.append(job)
                    member.helper.call(self._function, *job.head, job.items)

    def _lost(self, member: _Member, reason: str) -> list[Outcome]:
        self._members.remove(member)
        if self._halted:
            return []
        if not member.in_hand:
            self._failed_starts += 1
            if self._failed_starts >= STARTS:
                raise StartError(reason)
        given_up: list[Outcome] = []
        if member.in_hand:
            suspect = member.in_hand.popleft()
            if suspect.suspected:
                given_up = [Outcome(suspect.tags[0], Crash(reason))]
            else:
                member.in_hand.extendleft(reversed(suspect.one_by_one()))
        self.waiting.extendleft(reversed(member.in_hand))
        self._start()
        self._hand_out()
        return given_up
