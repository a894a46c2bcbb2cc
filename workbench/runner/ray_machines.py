"""A Ray cluster from outside: whether it answers, and how many workers its machines have room for."""

from __future__ import annotations

import math
import socket
from typing import Any
from urllib.parse import urlsplit

CONNECT_S = 10.0
"""Seconds to wait for the cluster to answer at all."""

REFUSED = "Initialization failure"
"""How what ``ray.init`` says begins if the cluster answers and yet does not take this client."""

ATTEMPTS = 4
"""Times to ask a cluster that refuses."""


def require_answer(address: str) -> None:
    """Raise OSError or ValueError where nobody listens at HOST:PORT or ray://HOST:PORT: Ray would go on asking for minutes."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    if address in ("local", "auto"):
        return
    if parts.hostname is None or parts.port is None:
        raise ValueError("write HOST:PORT")
    socket.create_connection((parts.hostname, parts.port), CONNECT_S).close()


def connect(address: str, options: dict[str, Any]) -> None:
    """Connect to a cluster, again where its head refuses.

    About one ``ray://`` client in ten is refused for no fault of its own: the process that the head forks for it dies where
    gRPC is at work in another thread of the head.
    """
    import ray

    for attempt in range(1, ATTEMPTS + 1):
        try:
            ray.init(address=address, **options)
        except ConnectionError as error:
            if attempt == ATTEMPTS or not str(error).startswith(REFUSED):
                raise
        else:
            return


def room(*, gpus: float) -> int:
    """Return how many workers of one processor and ``gpus`` of a GPU there is room for; each lies on one machine."""
    import ray

    has = [machine["Resources"] for machine in ray.nodes() if machine["Alive"]]
    return sum(int(min(item.get("CPU", 0.0), item.get("GPU", 0.0) / gpus if gpus else math.inf)) for item in has)
