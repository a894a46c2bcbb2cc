"""The recipes of CONTRIBUTING.md, executed as they are written, on a scratch copy of the package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    """Return the code block ``name``, without the indentation of the list that it stands in."""
    (found,) = re.findall(rf"^   ```(?:python|text) {name}\n(.*?)^   ```", TEXT, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^   ", "", found, flags=re.MULTILINE)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "workbench", tmp_path / "workbench", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(scratch: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=scratch, capture_output=True, text=True, env={"PYTHONPATH": str(scratch)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def insert(path: Path, before: str, line: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, line + before), encoding="utf-8")


def test_a_condition_is_one_file_and_one_line(scratch: Path) -> None:
    (scratch / "workbench" / "conditions" / "hush.py").write_text(block("condition"))
    insert(scratch / "workbench" / "conditions" / "catalogue.py", '    "places.Ward",\n', '    "hush.Hush",\n')
    code = """
import numpy as np
from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, degrade
loud = (0.5 * np.sin(np.arange(16_000) / 7)).astype(np.float32)
quiet = degrade(Waveform(loud, 16_000), CATALOGUE["hush@2"], slot=1, seed=1).wave.samples
print(20 * np.log10(quiet.std() / loud.std()))
"""
    assert float(run(scratch, code)) == pytest.approx(-6.0, abs=0.01)


def test_a_statistic_is_one_file_and_one_line(scratch: Path) -> None:
    fairness = scratch / "workbench" / "fairness"
    (fairness / "group_rates" / "talkers.py").write_text(block("statistic"))
    insert(fairness / "catalogue.py", ")  # fmt: skip\nSTATISTICS", "    " + block("catalogue"))
    insert(
        fairness / "catalogue.py", "\nNeeds = ", "from workbench.fairness.group_rates.talkers import TALKERS, talkers\n"
    )
    code = """
import pandas as pd
from workbench.fairness.catalogue import STATISTICS
tallies = pd.DataFrame({"accent": ["a", "b", "b"], "ref_words": [10, 20, 10]})
print(STATISTICS["talkers"].function(tallies, attribute="accent").to_dict("list"))
"""
    assert run(scratch, code).strip() == "{'group': ['a', 'b'], 'share': [0.25, 0.75]}"
