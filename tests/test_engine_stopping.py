"""A run that is stopped in the middle of a batch: answers that were asked for are kept, so that none is paid twice."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from tests.asr_server import AsrServer, Reply, serving
from tests.corpus import make
from tests.test_engine_http import engine, wave
from workbench.audio import Waveform
from workbench.engines import EngineFailure, ScriptedEngine, Transcript, load_engine, openai_requests
from workbench.engines.engine_process import Unasked, answers, outcomes
from workbench.errors import EngineStoppedError
from workbench.processes import Event as HelperEvent
from workbench.runner import Progress, execute, run
from workbench.runner.local import _LocalSession
from workbench.store import open_store
from workbench.study import Study

N = 36


@pytest.fixture
def server() -> Iterator[AsrServer]:
    with serving() as started:
        yield started


def study(folder: Path, server: AsrServer, more: str = "") -> Study:
    make(folder, per_speaker=6)
    spec = f"openai-api:small-asr?url={server.url}&retries=0&give_up=1000{more}"
    fields = {"name": "paid", "corpus": ["tones.csv"], "conditions": ["clean"], "engines": [spec]}
    return Study.create(fields, base=folder)


def heard_by(server: AsrServer) -> Counter[str]:
    """How often the server was sent each utterance."""
    return Counter(hashlib.sha256(asked.samples.tobytes()).hexdigest() for asked in server.asked)


def each_once(server: AsrServer) -> bool:
    heard = heard_by(server)
    return len(heard) == N and set(heard.values()) == {1}


@dataclass
class Stopping:
    """Stops a run in the middle of a batch: from the fifth request on, the server answers once the runner knows of it."""

    server: AsrServer
    ask: Callable[[], object] = lambda: None
    seen: int = 0
    known: Event = field(default_factory=Event)

    def says(self, samples: np.ndarray) -> dict[str, Any]:
        if len(self.server.asked) >= 5:
            assert self.known.wait(60)
        return {"text": f"{len(samples)} samples"}

    def told(self, _: Progress) -> None:
        if len(self.server.asked) >= 5:
            self.ask()
            self.seen += 1
            if self.seen == 2:
                self.known.set()

    def asked(self) -> bool:
        return self.seen > 0


@pytest.mark.parametrize(
    "how",
    ["pause", pytest.param("cancel", marks=pytest.mark.long), pytest.param("should_stop", marks=pytest.mark.long)],
)
def test_answers_that_were_asked_for_when_a_run_is_stopped_are_rows(
    server: AsrServer, tmp_path: Path, workbench_home: Path, how: str
) -> None:
    store, asked = open_store(), study(tmp_path, server, "&in_flight=2")
    run_id = store.enqueue(asked).run_id
    request = {"pause": store.request_pause, "cancel": store.request_cancel}.get(how, lambda _: None)
    stopping = Stopping(server, lambda: request(run_id))
    server.says = stopping.says
    should_stop = stopping.asked if how == "should_stop" else None
    stopped = run(asked, store=store, on_progress=stopping.told, should_stop=should_stop)
    assert stopped.state == ("paused" if how == "pause" else "cancelled")
    assert 5 <= stopped.done == len(server.asked) < N
    assert stopped.failed == 0
    done = run(asked, store=store)
    assert (done.run_id, done.state, done.done, done.failed) == (run_id, "done", N, 0)
    assert each_once(server)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.long)])
def test_what_was_answered_before_an_engine_stops_the_run_is_kept(
    server: AsrServer, tmp_path: Path, workbench_home: Path, workers: int
) -> None:
    store, asked = open_store(), study(tmp_path, server)
    refused = Reply(401, b"{}")
    server.plan = [Reply()] * 9 + [refused] * N
    with pytest.raises(EngineStoppedError, match="401"):
        run(asked, store=store, workers=workers)
    [record] = store.runs()
    assert (record.state, store.counts(record.run_id)) == ("failed", (N, 9, 0))
    refusals = len(server.asked) - 9
    server.plan.clear()
    assert run(asked, store=store, workers=workers).state == "done"
    assert len(server.asked) == N + refusals, "what was answered is not asked again"


@dataclass
class InterruptedOnce(SimpleQueue[HelperEvent]):
    """Ctrl-C, pressed while the run waits for an engine that is being answered."""

    server: AsrServer
    pressed: bool = False

    def get(self, block: bool = True, timeout: float | None = None) -> HelperEvent:
        if len(self.server.asked) >= 5 and not self.pressed:
            self.pressed = True
            raise KeyboardInterrupt
        return super().get(block, timeout)


@dataclass
class Interrupted:
    """The executor of this machine, at which Ctrl-C is pressed."""

    events: InterruptedOnce
    workers: int = field(default=1)

    def session(self) -> _LocalSession:
        return _LocalSession(load_engine, self.workers, self.events)


@pytest.mark.long
def test_ctrl_c_waits_for_what_was_asked_for(server: AsrServer, tmp_path: Path, workbench_home: Path) -> None:
    store, asked = open_store(), study(tmp_path, server, "&in_flight=2")
    run_id = store.enqueue(asked).run_id
    with pytest.raises(KeyboardInterrupt):
        execute(run_id, store=store, executor=Interrupted(InterruptedOnce(server)))
    record = store.run(run_id)
    assert record.state == "stopped"
    assert 5 <= store.counts(run_id).done == len(server.asked) < N
    run(asked, store=store)
    assert each_once(server)


def test_an_engine_that_is_halted_asks_for_nothing_more(server: AsrServer) -> None:
    halted = engine(server, "&in_flight=1")

    def says(samples: np.ndarray) -> dict[str, Any]:
        if len(server.asked) == 3:
            halted.halt()
        return {"text": f"{len(samples)} samples"}

    server.says = says
    with pytest.raises(EngineStoppedError, match="the run was stopped; run the study again") as caught:
        halted.transcribe([wave(1000 + n, f"c/{n}") for n in range(8)])
    texts = [one.text if isinstance(one, Transcript) else one for one in caught.value.answers]
    assert texts == ["1000 samples", "1001 samples", "1002 samples", None, None, None, None, None]
    with pytest.raises(EngineStoppedError) as later:
        halted.transcribe([wave()])
    assert (later.value.answers, len(server.asked)) == ((None,), 3)


def test_who_waits_for_another_try_is_neither_kept_waiting_nor_a_failure(server: AsrServer) -> None:
    patient = engine(server, "&give_up=1")
    server.plan = [Reply(503, b"", headers=(("Retry-After", "250"),))]

    def halt() -> None:
        while not server.asked:
            time.sleep(0.001)
        patient.halt()

    thread = Thread(target=halt)
    thread.start()
    began = time.monotonic()
    with pytest.raises(EngineStoppedError, match="the run was stopped") as caught:
        patient.transcribe([wave()])
    thread.join()
    assert caught.value.answers == (None,)
    assert time.monotonic() - began < 120
    assert patient.streak.reasons == []


def test_what_goes_wrong_here_with_one_utterance_does_not_have_the_others_asked_again(
    server: AsrServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scarce(wave: Waveform, upload: str) -> bytes:
        if wave.utterance_id == "c/long":
            raise MemoryError("too long")
        return packed(wave, upload)

    packed = openai_requests.audio_file
    monkeypatch.setattr(openai_requests, "audio_file", scarce)
    found = answers(engine(server), [wave(1000), wave(1001, "c/long"), wave(1002)])
    assert [type(one) for one in found] == [Transcript, EngineFailure, Transcript]
    assert len(server.asked) == 2


class Breaks(ScriptedEngine):
    """Breaks on batches, and has had enough at the third utterance that it is given alone."""

    def __init__(self) -> None:
        super().__init__(lambda wave: wave.utterance_id)
        self.alone = 0

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        if len(batch) > 1:
            raise RuntimeError("no batches")
        self.alone += 1
        if self.alone == 3:
            raise EngineStoppedError("no credit left", answers=["far", "too", "many"])
        return super().transcribe(batch)


def test_answers_one_by_one_are_kept_when_the_engine_stops() -> None:
    broken = Breaks()
    found = outcomes(broken, [wave(name=f"c/{n}") for n in range(5)])
    assert [one.text for one in found[:2] if isinstance(one, Transcript)] == ["c/0", "c/1"]
    assert [one.stopped.what for one in found[2:] if isinstance(one, Unasked)] == ["no credit left"] * 3
    assert broken.alone == 3, "an engine that has stopped is not asked any more"
