"""What a server loads beside its first pages: once, in a thread, and nothing in a test of a page."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

ONCE = """
import sys
from workbench.pages.shared import warming
assert "torch" not in sys.modules
thread = warming.begin(0.0)
assert warming.begin(0.0) is thread and thread.daemon
thread.join()
assert "torchaudio" in sys.modules
"""
MISSING = """
import sys
sys.modules["torch"] = None  # what an import of a missing module sees
from workbench.pages.shared import warming
warming.begin(0.0).join()
"""


def test_the_libraries_are_loaded_once_beside_the_pages() -> None:
    done = subprocess.run([sys.executable, "-c", ONCE], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_libraries_that_are_missing_say_nothing_here() -> None:
    done = subprocess.run([sys.executable, "-c", MISSING], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
