"""Contained calls: a file that takes too much memory or time, or crashes its reader, ends in a message, and the next call works."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.corpus import make
from workbench.corpora import check_manifest
from workbench.errors import ManifestError
from workbench.processes.contained import contained

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="setrlimit is POSIX")


def hold(n_bytes: int) -> int:
    return len(np.ones(n_bytes, dtype=np.uint8))


def burn(seconds: float) -> float:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds


def crash() -> None:
    os.kill(os.getpid(), 11)


def refuse(what: str) -> None:
    raise ManifestError(what, place="here", remedy="there")


def where() -> int:
    return os.getpid()


def call(function: object, *arguments: object, **limits: float) -> object:
    given = {"memory_bytes": 1 << 30, "seconds": 2.0, **limits}
    return contained(function, *arguments, called="a.csv", fails=ManifestError, **given)  # type: ignore[arg-type]


def test_what_a_reader_returns_and_raises_arrives_and_the_process_is_used_again() -> None:
    first = call(where)
    assert first != os.getpid()
    with pytest.raises(ManifestError, match=r"here: bad.*there"):
        call(refuse, "bad")
    assert call(where) == first
    assert call(hold, 100 << 20) == 100 << 20


def test_memory_time_and_crashes_end_in_a_message_and_the_next_call_works() -> None:
    with pytest.raises(ManifestError, match=r"a.csv: could not be read within 1 GiB of memory"):
        call(hold, 2 << 30)
    with pytest.raises(ManifestError, match=r"a.csv: could not be read within 1 GiB of memory and 2 s: the process"):
        call(burn, 60.0)
    with pytest.raises(ManifestError, match="a crash in native code"):
        call(crash)
    assert call(hold, 10) == 10


def test_a_corpus_read_in_it_is_the_same(tmp_path: Path) -> None:
    manifest = make(tmp_path, per_speaker=1)
    result = contained(check_manifest, manifest, called="tones.csv", fails=ManifestError)
    expected = check_manifest(manifest)
    assert result.info == expected.info
    assert result.utterances.equals(expected.utterances)
