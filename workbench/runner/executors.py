"""Executors by name: ``local``, ``ray`` (a cluster of this machine, or RAY_ADDRESS), ``ray://HOST:PORT``."""

from __future__ import annotations

from workbench.errors import EngineError
from workbench.runner.local import Executor, Local
from workbench.runner.ray_executor import Ray

MOST_GPUS = 16.0
"""Of one machine; a worker is on one."""


def executor_named(name: str, *, workers: int = 1, gpus: float = 0.0) -> Executor:
    """Return the executor that ``name`` says, with ``workers`` workers and ``gpus`` of a GPU for each (Ray only).

    Raises
    ------
    EngineError : no such executor, or a share of a GPU that none can have
    """
    if not 0.0 <= gpus <= MOST_GPUS:
        raise EngineError(
            f"{gpus:g} GPUs for a worker", place="--gpus", remedy=f"write a number from 0 to {MOST_GPUS:g}"
        )
    if name == "local":
        return Local(workers)
    if name == "ray" or name.startswith("ray://"):
        return Ray(name if name != "ray" else "", workers, gpus)
    raise EngineError(f"there is no executor {name!r}", remedy="write local, ray, or ray://HOST:PORT")
