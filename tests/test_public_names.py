"""The public names: what __all__ promises is there, nothing else, and importing the package stays light."""

from __future__ import annotations

import subprocess
import sys

import workbench


def test_all_names_what_can_be_had_and_is_sorted() -> None:
    assert sorted(workbench.__all__) == workbench.__all__ == sorted(workbench._LAZY)
    for name in workbench.__all__:
        assert getattr(workbench, name) is not None


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, workbench; print([m for m in ('torch', 'whisper', 'streamlit', 'pandas', 'plotly') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(workbench, "wer")
