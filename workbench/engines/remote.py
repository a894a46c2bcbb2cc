"""What engines on other machines share: asking for many at once, when to ask again, how often at all, and what it costs.

Time is the monotonic clock's: a machine whose clock is set, or jumps, neither hurries nor waits. Nothing is random: what
keeps waiting engines from asking all at once is drawn from the name of what they ask for.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TypeVar

from workbench.engines.protocol import Engine, EngineFailure, Transcript
from workbench.engines.spec import Spec
from workbench.errors import EngineStoppedError

LONGEST_WAIT_S = 300.0
"""A server that asks for more patience than this is not waited for."""

Job = TypeVar("Job", bound=Hashable)
Answer = Transcript | EngineFailure


@dataclass
class Brake:
    """Has the calls of an engine, those under way and those to come, ask for nothing more. Safe for threads."""

    _pulled: bool = False
    _calls: list[Event] = field(default_factory=list, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def pull(self) -> None:
        """Set the event of every call, now and later."""
        with self._lock:
            self._pulled = True
            for halt in self._calls:
                halt.set()

    @contextmanager
    def call(self) -> Iterator[Event]:
        """Yield the event of one call: while it is not set, more may be asked for."""
        halt = Event()
        with self._lock:
            self._calls.append(halt)
            if self._pulled:
                halt.set()
        try:
            yield halt
        finally:
            halt.set()
            with self._lock:
                self._calls.remove(halt)


def ask_all(
    jobs: Sequence[Job], ask: Callable[[Job, Event], Answer | None], *, at_once: int, brake: Brake, place: str
) -> list[Answer]:
    """Return one answer per job, ``at_once`` of them asked for at a time, equal jobs once.

    ``ask`` is given the job and the event of this call; it returns None for what it left alone because the event was set.

    Raises
    ------
    EngineStoppedError : ``ask`` raised it, or the brake was pulled; with the answers to everything that was asked for
    """
    if not jobs:
        return []
    with brake.call() as halt, ThreadPoolExecutor(min(at_once, len(jobs))) as threads:

        def one(job: Job) -> Answer | EngineStoppedError | None:
            try:
                return None if halt.is_set() else ask(job, halt)
            except EngineStoppedError as error:
                halt.set()  # the others neither wait nor ask any more
                return error
            except Exception as error:  # of this one alone: the others are not asked for again
                return EngineFailure(f"{type(error).__name__}: {error}", math.nan)

        asked = {job: threads.submit(one, job) for job in dict.fromkeys(jobs)}
        try:
            wait(asked.values())
        finally:
            halt.set()  # on Ctrl-C too: what has not been asked for is not any more
    results = [asked[job].result() for job in jobs]
    answers = [item for item in results if isinstance(item, Answer)]
    if len(answers) == len(jobs):
        return answers
    why = next((item for item in results if isinstance(item, EngineStoppedError)), None)
    stopped = why or EngineStoppedError(
        "the run was stopped", place=place, remedy="run the study again to go on from here"
    )
    stopped.answers = tuple(item if isinstance(item, Answer) else None for item in results)
    raise stopped


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is made again (``retries``) and after how many seconds: ``first_s``, doubled each time.

    Source: exponential back-off with jitter, M. Brooker 2015 ("equal jitter": half of the delay is fixed).
    """

    retries: int = 5
    first_s: float = 0.5
    longest_s: float = 60.0

    def delay_s(self, name: str, attempt: int) -> float:
        """Return the seconds to wait after failed ``attempt`` (from 0): between half of the doubled delay and all of it."""
        full = min(self.longest_s, self.first_s * 2.0**attempt)
        return full * (0.5 + 0.5 * _fraction(f"{name}|{attempt}"))


def _fraction(name: str) -> float:
    """Return a number in [0, 1) that depends on ``name`` alone."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=7).digest(), "big") / 2.0**56


@dataclass
class RateLimit:
    """At most ``per_minute`` requests a minute, evenly spaced; infinite means no limit. Safe for threads."""

    per_minute: float = math.inf
    _next: float = -math.inf
    _lock: Lock = field(default_factory=Lock, repr=False)

    def wait_s(self, now_s: float) -> float:
        """Take the next turn; return the seconds until it comes, ``now_s`` being the monotonic clock."""
        with self._lock:
            turn = max(now_s, self._next)
            self._next = turn + 60.0 / self.per_minute
        return turn - now_s


@dataclass
class FailureStreak:
    """Utterances lost in a row, and why: ``give_up`` of them end a run, since the next would be lost too."""

    give_up: int = 10
    reasons: list[str] = field(default_factory=list)

    def require_short(self, place: str) -> None:
        """Raise :class:`EngineStoppedError` if the streak is too long, and begin a new one."""
        if len(self.reasons) < self.give_up:
            return
        problem = f"{len(self.reasons)} utterances in a row got no answer; the last: {self.reasons[-1]}"
        self.reasons.clear()
        raise EngineStoppedError(
            problem, place=place, remedy="see to the service, then run the study again with --retry-failed"
        )


@dataclass(frozen=True, slots=True)
class Price:
    """What the user says that a minute of audio costs; ``minimum_s`` is what a shorter utterance is charged as."""

    per_minute: float
    currency: str
    minimum_s: float = 0.0

    def cost(self, durations_s: Iterable[float]) -> float:
        """Return the price of utterances of these durations; unknown durations (NaN) make it NaN.

        >>> Price(0.6, "EUR", minimum_s=15).cost([5.0, 45.0])
        0.6
        """
        return math.fsum(max(durations_, self.minimum_s) for durations_ in durations_s) / 60.0 * self.per_minute


def price(engine: Engine) -> Price | None:
    """Return what an engine's audio costs as the user gives it, None where nothing is said of it."""
    result = getattr(engine, "price", None)
    return result if isinstance(result, Price) else None


def cost_note(engine: Engine, durations_s: Sequence[float]) -> str:
    """Return a remark on what a run may cost, ``""`` for an engine without a price. Unknown durations (NaN) are counted."""
    asked = price(engine)
    if asked is None:
        return ""
    stated_s = [durations_ for durations_ in durations_s if not math.isnan(durations_)]
    text = (
        f"{engine.model_id}: up to {asked.cost(stated_s):,.2f} {asked.currency} for {math.fsum(stated_s) / 60:,.1f} minutes of audio"
        f" at {asked.per_minute:g} a minute; what the store holds is not sent again"
    )
    spare = len(durations_s) - len(stated_s)
    return f"{text}; {spare} utterances of unknown length come on top" if spare else text


def price_of(spec: Spec) -> Price | None:
    """Return the price that the spec gives, None if it gives none: the workbench knows no prices."""
    if "price_per_minute" not in spec.options:
        if spare := [name for name in ("currency", "price_minimum_s") if name in spec.options]:
            raise spec.error(f"{' and '.join(spare)} without a price", remedy="give 'price_per_minute=...' too")
        return None
    per_minute = spec.number("price_per_minute", 0.0, low=0.0, high=1e6, unit="money for a minute of audio")
    minimum_s = spec.number("price_minimum_s", 0.0, low=0.0, high=3_600.0, unit="seconds charged at least")
    return Price(per_minute, spec.options.get("currency", "USD"), minimum_s)
