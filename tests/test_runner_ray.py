"""Ray: the same study gives the same rows as on this machine, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from tests import jobs
from tests.conftest import ROOT, require
from tests.corpus import make
from workbench.errors import EngineError
from workbench.runner import Local, Ray, executor_named, run
from workbench.store import Store, open_store
from workbench.study import Study

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


def title(process: psutil.Process) -> str:
    """Return how a process calls itself, nothing if it is gone."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.long
def test_a_worker_that_is_killed_costs_no_row(tmp_path: Path, store: Store, cluster: Any) -> None:
    killed: list[int] = []

    def kill(progress: Any) -> None:
        actors = [process for process in psutil.Process().children(recursive=True) if "Listener" in title(process)]
        if actors and not killed and progress.fresh:
            killed.append(actors[0].pid)
            os.kill(actors[0].pid, signal.SIGKILL)

    found = rows(study(tmp_path, "slow"), store, Ray(workers=2, engine_loader=jobs.fragile), on_progress=kill)
    assert killed, "no worker was there to kill"
    assert set(found["status"]) == {"ok"}


@pytest.mark.long
def test_a_loader_s_error_and_an_unknown_executor_are_said_in_words(tmp_path: Path, store: Store, cluster: Any) -> None:
    with pytest.raises(EngineError, match="there is no engine 'whispr'"):
        run(study(tmp_path, "whispr:tiny"), store=store, executor=Ray(workers=1))
    with pytest.raises(EngineError, match="there is no executor 'slurm'; write local, ray"):
        executor_named("slurm")
    assert executor_named("ray://head:10001", workers=4, gpus=0.25) == Ray("ray://head:10001", 4, 0.25)


FROM_OUTSIDE = """
import sys
from pathlib import Path
from tests import jobs
from workbench.runner import Ray, run
from workbench.store import open_store
from workbench.study import Study
study = Study.create({fields!r}, base=Path({base!r}))
executor = Ray({address!r}, 2, engine_loader=jobs.fragile)
print(run(study, store=open_store({url!r}), executor=executor, engine_loader=jobs.fragile).run_id)
"""


def free_port() -> int:
    """Return a port above those that Ray's own workers take."""
    for port in range(21_000, 29_000):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no port is free")


@pytest.mark.long
def test_a_cluster_is_used_from_outside_with_the_same_rows(tmp_path: Path, store: Store) -> None:
    require(find_spec("ray") and find_spec("grpc"), "ray[client] is not installed")
    spec = "fragile:s2-1.wav@clean"
    fields = {
        "name": "many machines", "corpus": ["tones.csv"], "engines": [spec], "conditions": ["clean", "babble?talkers=2"]
    }  # fmt: skip
    expected = rows(study(tmp_path, spec), store, Local(1, jobs.fragile))
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}  # not of the other cluster
    env |= {"PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    head = [
        str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--port=0", f"--ray-client-server-port={port}",
        "--num-cpus=2", "--include-dashboard=false", f"--object-store-memory={128 * 2**20}", "--disable-usage-stats",
    ]  # fmt: skip
    url = f"sqlite:///{tmp_path / 'outside.sqlite'}"
    code = FROM_OUTSIDE.format(fields=fields, base=str(tmp_path), address=f"ray://127.0.0.1:{port}", url=url)
    with (tmp_path / "head.log").open("wb") as log, subprocess.Popen(head, env=env, stdout=log, stderr=log) as cluster:
        try:
            until = time.monotonic() + 60
            while not listening(port):
                assert time.monotonic() < until, (tmp_path / "head.log").read_text()
                time.sleep(0.2)
            done = subprocess.run(
                [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=180
            )
        finally:
            cluster.terminate()
    assert done.returncode == 0, done.stderr
    found = open_store(url).rows(done.stdout.split()[-1])[COLUMNS]
    pd.testing.assert_frame_equal(found, expected)


def listening(port: int) -> bool:
    """Tell whether somebody listens at a port of this machine."""
    with socket.socket() as tried:
        return not tried.connect_ex(("127.0.0.1", port))


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
