"""The generators that all of a process share, for libraries that draw from nothing else: set from a seed, and put back."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

_LOCK = threading.Lock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Set the states of ``random`` and of NumPy's old generator from ``seed``, and put back what they were.

    A lock is held meanwhile: of the threads that come here, one draws at a time. Nobody else's draws change.
    """
    with _LOCK:
        before, before_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  # what audiomentations draws from
        random.setstate(random.Random(seed).getstate())
        np.random.set_state(np.random.RandomState(seed).get_state())  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(before)
            np.random.set_state(before_numpy)  # noqa: NPY002
