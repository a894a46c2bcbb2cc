"""Ray: a whole machine of the cluster is lost in the middle of a run, with everything that was on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from tests import jobs
from tests.conftest import require
from tests.test_runner_ray import COLUMNS, study
from workbench.runner import Local, Progress, Ray, run
from workbench.store import open_store

pytestmark = pytest.mark.xdist_group("ray")


class Machines(NamedTuple):
    """A cluster of two machines: the driver's, and one to be lost, with its name in the cluster."""

    cluster: Any
    doomed: Any
    name: str


@pytest.fixture(params=[1, 2])
def machines(request: pytest.FixtureRequest) -> Iterator[Machines]:
    """Two machines on this one; the driver's has room for one worker, or for that of the other machine too."""
    ray = pytest.importorskip("ray") if not os.environ.get("CI") else __import__("ray")
    require(ray, "ray is not installed")
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    few: dict[str, Any] = {"object_store_memory": 128 * 2**20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": request.param, **few})
    try:
        ray.init(address=cluster.address, log_to_driver=False)
        doomed = cluster.add_node(num_cpus=1, resources={"doomed": 1}, **few)
        [name] = [node["NodeID"] for node in ray.nodes() if "doomed" in node["Resources"]]
        yield Machines(cluster, doomed, name)
    finally:
        ray.shutdown()
        cluster.shutdown()


@pytest.mark.long
def test_a_machine_that_is_lost_costs_no_row(tmp_path: Path, workbench_home: Path, machines: Machines) -> None:
    (tmp_path / "doomed").write_text(machines.name)
    lost: list[Progress] = []

    def lose(progress: Progress) -> None:
        if (tmp_path / "waiting").exists() and not lost:
            lost.append(progress)
            machines.cluster.remove_node(machines.doomed, allow_graceful=False)

    what, there = study(tmp_path, f"lost:{tmp_path}"), open_store()
    executor = Ray(workers=3, engine_loader=jobs.on_lost_machine)
    record = run(what, store=there, executor=executor, engine_loader=jobs.on_lost_machine, on_progress=lose)
    assert len(lost) == 1, "the machine was never lost"
    assert there.failures(record.run_id) == []
    assert (record.state, record.done) == ("done", 36)
    here = open_store(f"sqlite:///{tmp_path / 'here.sqlite'}")
    alone = Local(1, jobs.on_lost_machine)
    expected = run(what, store=here, executor=alone, engine_loader=jobs.on_lost_machine)
    pd.testing.assert_frame_equal(there.rows(record.run_id)[COLUMNS], here.rows(expected.run_id)[COLUMNS])
