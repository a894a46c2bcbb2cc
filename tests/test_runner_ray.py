"""Ray: the same study gives the same rows as on this machine, also when a worker is killed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests import jobs, test_engine_stopping
from tests.asr_server import Reply, serving
from tests.conftest import require
from tests.corpus import make
from workbench.errors import EngineError, EngineStoppedError
from workbench.runner import Local, Ray, executor_named, run
from workbench.store import Store, open_store
from workbench.study import Study

pytestmark = pytest.mark.xdist_group("ray")  # one cluster at a time: two at once on two cores wait for each other

COLUMNS = [
    "utterance_id",
    "condition_id",
    "model_id",
    "hypothesis_raw",
    "audio_digest",
    "status",
    "achieved_snr_db",
    "facts",
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of this machine with room for two workers, which every run of this file shares."""
    ray = pytest.importorskip("ray") if not os.environ.get("CI") else __import__("ray")
    require(ray, "ray is not installed")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=128 * 2**20)
    yield ray
    ray.shutdown()


@pytest.fixture
def store(workbench_home: Path) -> Store:
    return open_store()


def study(folder: Path, engine: str) -> Study:
    make(folder)
    fields = {"name": "many machines", "corpus": ["tones.csv"], "engines": [engine]}
    return Study.create({**fields, "conditions": ["clean", "babble?talkers=2"]}, base=folder)


def rows(study: Study, store: Store, executor: Any, **more: Any) -> pd.DataFrame:
    record = run(study, store=store, executor=executor, engine_loader=jobs.fragile, **more)
    assert (record.state, record.done) == ("done", 36)
    return store.rows(record.run_id)[COLUMNS]


@pytest.mark.long
def test_the_rows_of_a_cluster_are_those_of_this_machine(tmp_path: Path, store: Store, cluster: Any) -> None:
    spec = "fragile:s2-1.wav@clean"
    found = rows(study(tmp_path, spec), store, Ray(workers=2, engine_loader=jobs.fragile))
    other = open_store(f"sqlite:///{tmp_path / 'here.sqlite'}")
    expected = rows(study(tmp_path, spec), other, Local(1, jobs.fragile))
    pd.testing.assert_frame_equal(found, expected)
    assert found[found["status"] == "failed"]["utterance_id"].tolist() == ["tones/audio/s2-1.wav"]


@pytest.mark.long
def test_a_worker_that_is_killed_costs_no_row(tmp_path: Path, store: Store, cluster: Any) -> None:
    marker = tmp_path / "killed"
    executor = Ray(workers=2, engine_loader=jobs.killed_once)
    record = run(study(tmp_path, f"killed:{marker}"), store=store, executor=executor, engine_loader=jobs.killed_once)
    assert (record.state, record.done, record.failed) == ("done", 36, 0)
    assert int(marker.read_text()) != os.getpid(), "no worker was there to kill"
    found = store.rows(record.run_id)[COLUMNS]
    other = open_store(f"sqlite:///{tmp_path / 'here.sqlite'}")
    here = run(
        study(tmp_path, f"killed:{marker}"),
        store=other,
        executor=Local(1, jobs.killed_once),
        engine_loader=jobs.killed_once,
    )
    pd.testing.assert_frame_equal(found, other.rows(here.run_id)[COLUMNS])


@pytest.mark.long
def test_what_was_asked_for_when_a_run_is_stopped_is_not_asked_again(
    tmp_path: Path, store: Store, cluster: Any
) -> None:
    with serving() as server:
        paid = test_engine_stopping.study(tmp_path, server, "&in_flight=2")
        stopping = test_engine_stopping.Stopping(server)
        server.says = stopping.says
        executor = Ray(workers=2)
        stopped = run(paid, store=store, executor=executor, on_progress=stopping.told, should_stop=stopping.asked)
        assert (stopped.state, stopped.failed) == ("cancelled", 0)
        assert 5 <= stopped.done == len(server.asked) < test_engine_stopping.N
        assert run(paid, store=store, executor=executor).state == "done"
        assert test_engine_stopping.each_once(server)


@pytest.mark.long
def test_what_was_answered_before_an_engine_stops_is_kept(tmp_path: Path, store: Store, cluster: Any) -> None:
    with serving() as server:
        paid = test_engine_stopping.study(tmp_path, server)
        server.plan = [Reply()] * 9 + [Reply(401, b"{}")] * test_engine_stopping.N
        with pytest.raises(EngineStoppedError, match="401"):
            run(paid, store=store, executor=Ray(workers=2))
        [record] = store.runs()
        assert (record.state, store.counts(record.run_id)) == ("failed", (test_engine_stopping.N, 9, 0))


@pytest.mark.long
def test_a_loader_s_error_and_an_unknown_executor_are_said_in_words(tmp_path: Path, store: Store, cluster: Any) -> None:
    with pytest.raises(EngineError, match="there is no engine 'whispr'"):
        run(study(tmp_path, "whispr:tiny"), store=store, executor=Ray(workers=1))
    with pytest.raises(EngineError, match="there is no executor 'slurm'; write local, ray"):
        executor_named("slurm")
    assert executor_named("ray://head:10001", workers=4, gpus=0.25) == Ray("ray://head:10001", 4, 0.25)


@pytest.mark.parametrize("gpus", [float("nan"), float("inf"), -1.0, 17.0])
def test_a_share_of_a_gpu_that_none_can_have_is_refused(gpus: float) -> None:
    with pytest.raises(EngineError, match=r"--gpus: .* GPUs for a worker; write a number from 0 to 16"):
        executor_named("ray", gpus=gpus)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "ray://127.0.0.1:1",
            "executor ray://127.0.0.1:1: the cluster cannot be reached (.*refused.*; check its address",
        ),
        ("ray://", "the cluster cannot be reached .write HOST:PORT.; check its address"),
        ("ray://head:port", "the cluster cannot be reached .Port could not be cast"),
        ("ray://asr.invalid:10001", "the cluster cannot be reached (.*[Nn]ame.*; check its address"),
    ],
)
def test_a_cluster_that_does_not_answer_is_told_at_once(
    address: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("Ray would go on asking for minutes"))
    for where, variable in ((address, ""), ("", address)):
        monkeypatch.setenv("RAY_ADDRESS", variable)
        with pytest.raises(EngineError, match=said.replace("reached (", "reached .")), Ray(where).session():
            pass


def test_what_ray_needs_for_its_own_addresses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")

    def needs_more(**_: Any) -> None:
        raise ImportError("Ray Client requires pip package `ray[client]`. If you installed the minimal Ray ...")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", needs_more)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        where = f"ray://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(EngineError, match=rf"pip install 'ray\[client\]=={ray.__version__}'"), Ray(where).session():
            pass


@pytest.mark.parametrize("refusals", [3, 4])
def test_a_cluster_that_refuses_a_client_is_asked_again(refusals: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    asked: list[str] = []

    def init(address: str, **_: Any) -> None:
        asked.append(address)
        if len(asked) <= refusals:
            trace = "Traceback (most recent call last):\n  File ...\nRuntimeError: Starting Ray client server failed.\n"
            raise ConnectionAbortedError(f"Initialization failure from server:\n{trace}")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        where = f"ray://127.0.0.1:{listening.getsockname()[1]}"
        if refusals == 3:
            with Ray(where).session():
                pass
        else:
            said = r"refused this client 4 times \(RuntimeError: Starting Ray client server failed\.\); start its head with"
            with pytest.raises(EngineError, match=said), Ray(where).session():
                pass
    assert asked == [where] * 4
