"""The commands of docs/red-team.md, run from top to bottom on a made-up ward."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.command_line import call
from tests.conftest import ROOT
from tests.search_corpus import make

PAGE = (ROOT / "docs" / "red-team.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line.strip()
]
ENGINE = """
import os
from pathlib import Path

from tests.search_corpus import Listener
from workbench.engines.protocol import Readiness

DESCRIPTION = "Misses words of one group."
SPEC_EXAMPLE = "ward"


def wrong(group, condition):
    return 0.1 if condition.condition_id == "clean" else 0.7 if group == "Scottish" else 0.3


def readiness():
    return Readiness(True, "")


def load(spec):
    return Listener(Path(os.environ["WARD_MANIFEST"]), wrong)
"""
STUDY = """
name = "ward"
corpus = ["crowd.csv"]
attributes = ["accent"]
engines = ["ward"]
conditions = ["clean", "equip_pulse@3", "room@2"]
normaliser = "basic"
seed = 1
[split]
explore = 0.5
"""


@pytest.mark.long
def test_every_command_of_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site, folder = tmp_path / "site", tmp_path / "ward"
    (site / "ward_asr-1.0.dist-info").mkdir(parents=True)
    (site / "ward_asr.py").write_text(ENGINE)
    (site / "ward_asr-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: ward_asr\nVersion: 1.0\n")
    (site / "ward_asr-1.0.dist-info" / "entry_points.txt").write_text("[workbench.engines]\nward = ward_asr\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", f"{site}:{ROOT}")
    monkeypatch.setenv("WARD_MANIFEST", str(make(folder, {"Scottish": 12, "English": 12}, per_speaker=1)))
    monkeypatch.delitem(sys.modules, "ward_asr", raising=False)
    importlib.invalidate_caches()
    monkeypatch.chdir(folder)
    Path("ward.study.toml").write_text(STUDY)
    Path("again.study.toml").write_text(STUDY.replace('"ward"', '"ward-seed-2"', 1).replace("seed = 1", "seed = 2"))
    manifest = pd.read_csv("crowd.csv", dtype="str")
    n_of = {speaker: number for number, speaker in enumerate(manifest["speaker_id"].unique())}
    manifest["gender"] = [("f", "m")[n_of[speaker] % 2] for speaker in manifest["speaker_id"]]
    manifest.to_csv("ward.csv", index=False)
    about = Path("crowd.toml").read_text(encoding="utf-8")
    Path("ward.toml").write_text(about + '[attributes.gender]\nobtained = "annotated"\n', encoding="utf-8")
    lost = [number % 5 for number in range(len(manifest))]
    manifest[["utterance_id"]].assign(condition_id="clean", meaning_lost=lost).to_csv("ratings.csv", index=False)
    assert len(COMMANDS) >= 12
    for line in COMMANDS:
        # The page speaks of a real recogniser and of forty trials; here one that answers at once, and four.
        line = (
            line.replace("--budget 40", "--budget 4")
            .replace("--budget 12", "--budget 4")
            .replace("whisper:base.en", "ward")
        )
        name, *arguments = shlex.split(line)[1:]
        if name == "instability":
            # Halves differ with the seed; the same speakers are heard again without the split.
            for study in ("ward", "again"):
                text = Path(f"{study}.study.toml").read_text().partition("[split]")[0]
                Path(f"{study}.study.toml").write_text(text)
                assert call("run", f"{study}.study.toml").exit_code == 0
        result = call(name, *arguments)
        assert result.exit_code in ((0, 1) if name in ("redteam", "confirm") else (0,)), f"{line}: {result.output}"
        if name in ("redteam", "confirm"):
            assert "CONFIRMED" in result.output, line
    assert Path("found.svg").read_text().startswith("<?xml") and Path("ward.suite.toml").is_file()
