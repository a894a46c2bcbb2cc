"""What a server loads before its first page: once, whole, and nothing in a test of a page."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

ONCE = """
import sys
from threading import Thread
from workbench.pages.shared import preload
assert "torch" not in sys.modules
sessions, seen = [], []
def session():
    preload.load()
    seen.append(hasattr(sys.modules["torch"], "Tensor") and "torchaudio" in sys.modules)
for _ in range(4):
    sessions.append(Thread(target=session))
    sessions[-1].start()
for one in sessions:
    one.join()
assert seen == [True] * 4
"""
MISSING = """
import sys
sys.modules["torch"] = None  # what an import of a missing module sees
from workbench.pages.shared import preload
preload.load()
"""


def test_the_libraries_are_whole_for_every_session_that_begins_meanwhile() -> None:
    done = subprocess.run([sys.executable, "-c", ONCE], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_libraries_that_are_missing_say_nothing_here() -> None:
    done = subprocess.run([sys.executable, "-c", MISSING], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
