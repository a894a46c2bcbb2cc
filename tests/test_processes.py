"""Helper processes: answers come back, a death is reported with its reason and costs nothing but the item it died on."""

from __future__ import annotations

import subprocess
import sys
import time
from queue import Empty, SimpleQueue

import psutil
import pytest

from tests import jobs
from workbench.processes import Crash, Event, Job, Outcome, StartError, WorkerPool, WorkerProcess

PATIENCE_S = 60.0


def collected(events: SimpleQueue[Event], worker_pool: WorkerPool) -> list[Outcome]:
    """Return what a crew makes of everything that it was given."""
    outcomes = []
    while worker_pool.busy:
        try:
            outcomes += worker_pool.take(events.get(timeout=PATIENCE_S))
        except Empty:
            raise AssertionError("the crew says nothing") from None
    return outcomes


def pool_of(events: SimpleQueue[Event], size: int) -> WorkerPool:
    return WorkerPool(events, size=size, setup=(jobs.set_up, ("ready",)), function=jobs.lengths)


def job(*items: str) -> Job:
    return Job((), items, items)


def test_answers_exceptions_and_prints_stay_apart_and_a_helper_can_be_ended() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    helper = WorkerProcess(events)
    calls = [helper.call(jobs.set_up, "word"), helper.call(jobs.lengths, ["a", "print", "abc"]), helper.call(len, 3)]
    done = [events.get(timeout=PATIENCE_S) for _ in calls]
    assert [(event.job, event.ok) for event in done] == [(calls[0], True), (calls[1], True), (calls[2], False)]
    assert done[1].result == [("word", 1), ("word", 5), ("word", 3)]
    assert isinstance(done[2].result, TypeError)
    helper.call(time.sleep, 60)
    helper.end()
    last = events.get(timeout=PATIENCE_S)
    assert (last.helper, last.job, last.ok) == (helper, None, False)
    assert "killed by signal 9" in last.result
    assert not psutil.pid_exists(helper.process.pid)


def test_an_item_that_kills_its_process_is_given_up_and_everything_else_is_done() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    worker_pool = pool_of(events, 2)
    worker_pool.grow()
    worker_pool.grow()
    worker_pool.grow()
    assert worker_pool.started == 2
    batches = [job("a", "bb"), job("ccc", "poison", "dddd"), job("eeeee"), job("ffffff")]
    for one in batches:
        worker_pool.submit(one)
    outcomes = dict(collected(events, worker_pool))
    worker_pool.end()
    reason = outcomes.pop("poison")
    assert isinstance(reason, Crash)
    assert "SIGSEGV" in reason.reason
    assert outcomes == {item: ("ready", len(item)) for batch in batches for item in batch.items if item != "poison"}


def test_what_a_job_raises_is_raised_here() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    worker_pool = pool_of(events, 1)
    worker_pool.grow()
    worker_pool.submit(job("a", "break"))
    with pytest.raises(ValueError, match="this item is broken"):
        collected(events, worker_pool)
    worker_pool.end()


def test_helpers_that_never_get_ready_are_not_started_for_ever() -> None:
    events: SimpleQueue[Event] = SimpleQueue()
    worker_pool = WorkerPool(events, size=1, setup=(jobs.dies, ()), function=jobs.lengths)
    worker_pool.grow()
    worker_pool.submit(job("a"))
    with pytest.raises(StartError, match="exit status 7"):
        collected(events, worker_pool)
    worker_pool.end()


def test_a_script_without_a_main_guard_is_not_run_again_and_leaves_no_process(tmp_path: object) -> None:
    script = (
        "import time; from queue import SimpleQueue; from workbench.processes import WorkerProcess\n"
        "print('once'); events = SimpleQueue(); helper = WorkerProcess(events); helper.call(len, 'abc')\n"
        "print(events.get().result, helper.process.pid)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.stderr == ""
    first, second = ended.stdout.split("\n")[:2]
    result, pid = second.split()
    assert (first, result) == ("once", "3")
    limit = time.monotonic() + 20
    while psutil.pid_exists(int(pid)) and psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < limit, "the helper outlives its script"
        time.sleep(0.05)
