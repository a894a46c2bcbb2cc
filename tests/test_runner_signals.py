"""Ending a run from outside: it can be resumed, and no process is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.corpus import make
from tests.speech import GRAMMAR
from workbench.store import open_store

STUDY = """
name = "ended from outside"
corpus = ["tones.csv"]
engines = ["pocketsphinx?grammar=digits.gram"]
conditions = ["clean", "white_noise@1", "white_noise@2", "white_noise@3", "equip_pulse@1", "equip_pulse@2"]
"""


def until(true: object, *, seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.1)


@pytest.mark.long
@pytest.mark.engine
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_process_behind(tmp_path: Path, workbench_home: Path, number: int) -> None:
    make(tmp_path, per_speaker=20)
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "digits.gram").write_text(GRAMMAR)
    command = [sys.executable, "-m", "workbench", "run", str(tmp_path / "study.toml"), "--workers", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    store = open_store()
    until(lambda: any(record.done for record in store.runs()))
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    os.kill(process.pid, number)
    process.wait(30)
    _, left = psutil.wait_procs(children, timeout=20)
    for child in left:
        child.kill()
    assert not left, "worker processes outlive the run"
    [record] = store.runs()
    assert record.state == "stopped"
    assert 0 < record.done < record.total

    if number == signal.SIGTERM:
        assert process.returncode == 130
        assert "run the study again" in record.message
