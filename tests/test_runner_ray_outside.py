"""Ray: a cluster is used from a process that is not part of it, through ray:// as another machine would."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from tests import jobs
from tests.conftest import ROOT, require
from tests.test_runner_ray import COLUMNS, rows, study
from workbench.runner import Local
from workbench.store import open_store

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
@pytest.mark.xdist_group("ray")
def test_a_cluster_is_used_from_outside_with_the_same_rows(tmp_path: Path, workbench_home: Path) -> None:
    require(find_spec("ray") and find_spec("grpc"), "ray[client] is not installed")
    spec = "fragile:s2-1.wav@clean"
    fields = {
        "name": "many machines", "corpus": ["tones.csv"], "engines": [spec], "conditions": ["clean", "babble?talkers=2"]
    }  # fmt: skip
    expected = rows(study(tmp_path, spec), open_store(), Local(1, jobs.fragile))
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}  # not of the other cluster
    env |= {"PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    env |= {"GRPC_ENABLE_FORK_SUPPORT": "0"}  # else the process that the head forks for a client dies now and then
    head = [
        str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--port=0", f"--ray-client-server-port={port}",
        "--num-cpus=2", "--include-dashboard=false", f"--object-store-memory={128 * 2**20}", "--disable-usage-stats",
    ]  # fmt: skip
    url = f"sqlite:///{tmp_path / 'outside.sqlite'}"
    code = FROM_OUTSIDE.format(fields=fields, base=str(tmp_path), address=f"ray://127.0.0.1:{port}", url=url)
    said = tmp_path / "head.log"
    with said.open("wb") as log, subprocess.Popen(head, env=env, stdout=log, stderr=log) as cluster:
        try:
            until = time.monotonic() + 180
            while not (listening(port) and b"Ray runtime started" in said.read_bytes()):
                assert time.monotonic() < until and cluster.poll() is None, said.read_text()
                time.sleep(0.2)
            done = subprocess.run(
                [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=300
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
