"""The ward of which the documents speak: a made-up corpus, a study, transcripts of others, and a recogniser that answers at once."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import soundfile

from tests.conftest import ROOT
from tests.corpus import tone
from tests.search_corpus import make

ENGINE = """
import os
from pathlib import Path

from tests.search_corpus import Listener
from workbench.engines.protocol import Readiness

DESCRIPTION = "Misses words of one group."
SPEC_EXAMPLE = "ward:a"


def wrong(group, condition):
    snr = getattr(condition, "snr_db", None)
    harm = 0.1 if condition.condition_id == "clean" else 0.3 if snr is None else max(0.1, 0.5 - snr / 50)
    return harm if group == "English" or condition.condition_id == "clean" else harm + 0.15


def readiness():
    return Readiness(True, "")


def load(spec):
    listener = Listener(Path(os.environ["WARD_MANIFEST"]), wrong)
    listener.model_id = f"ward:{spec.target}"
    return listener
"""
STUDY = """
name = "ward"
corpus = ["ward.csv"]
attributes = ["accent", "gender"]
engines = ["ward:a", "ward:b"]
conditions = ["clean", "equip_pulse@3", "room@2", "white_noise@1"]
normaliser = "whisper_en"
margin = 0.05
claims = ["accent: gap <= 5 points in clean", "everyone: accuracy >= 85 % in clean"]
seed = 1
"""
LABELS = """
title = "Accents of the ward"
columns = ["accent"]
[[rule]]
label = "England"
family = "British Isles"
exact = ["english"]
[[rule]]
label = "Scotland"
family = "British Isles"
exact = ["scottish"]
"""


def install(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the recogniser ``ward`` as a package of somebody else, for this process and those that it starts."""
    (site / "ward_asr-1.0.dist-info").mkdir(parents=True)
    (site / "ward_asr.py").write_text(ENGINE)
    (site / "ward_asr-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: ward_asr\nVersion: 1.0\n")
    (site / "ward_asr-1.0.dist-info" / "entry_points.txt").write_text("[workbench.engines]\nward = ward_asr\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", f"{site}:{ROOT}")
    monkeypatch.delitem(sys.modules, "ward_asr", raising=False)
    importlib.invalidate_caches()


def furnish(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the ward's files into a folder, which becomes the current one."""
    manifest = make(folder, {"Scottish": 8, "English": 8}, per_speaker=1).rename(folder / "ward.csv")
    (folder / "crowd.toml").rename(folder / "ward.toml")
    rows = pd.read_csv(manifest)
    rows["gender"] = [("female", "male")[number % 2] for number in range(len(rows))]
    rows.to_csv(manifest, index=False)
    (folder / "ward.study.toml").write_text(STUDY)
    shutil.copytree(
        folder, folder / "data_manifests", ignore=lambda at, names: [n for n in names if n == "data_manifests"]
    )
    monkeypatch.setenv("WARD_MANIFEST", str(manifest))
    monkeypatch.chdir(folder)
    both = transcripts(rows)
    both.to_csv("both.csv", index=False)
    both[both["system"] == "newer"].to_csv("transcripts.csv", index=False)
    pd.DataFrame({"class": ["letter"], "term": ["alpha"]}).to_csv("drugs.csv", index=False)
    Path("accents.toml").write_text(LABELS)
    soundfile.write("in.wav", tone(1.0, 300.0), 16_000)
    for place in ("out", "answers"):
        Path(place).mkdir()
        for row in rows.itertuples():
            Path(place, Path(row.path).stem + ".txt").write_text(row.reference)
    meeting(Path("calls.csv"), Path("answers-of-calls"))
    meeting(Path("meeting.csv"), Path("out-of-the-meeting"))


def transcripts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what two systems wrote: the first word is missing from every third utterance of one, and of every second of the other."""
    tables = [
        pd.DataFrame(
            {
                "utterance_id": rows["utterance_id"],
                "reference": rows["reference"],
                "hypothesis": [
                    text.partition(" ")[2] if number % every == 0 else text
                    for number, text in enumerate(rows["reference"])
                ],
                "speaker": rows["speaker_id"],
                "accent": rows["accent"],
                "system": system,
            }
        )
        for system, every in (("older", 2), ("newer", 3))
    ]
    return pd.concat(tables, ignore_index=True)


def meeting(manifest: Path, answers: Path) -> None:
    """Write a conversation of two people, and what was written of it by speaker (SegLST)."""
    turns = [
        ("p1", "Scottish", "how are you today"),
        ("p2", "English", "very well thank you"),
        ("p1", "Scottish", "good"),
    ]
    rows = [
        {"path": "call.wav", "speaker_id": who, "accent": accent, "reference": text, "start_s": 3 * n, "end_s": 3 * n + 2}
        for n, (who, accent, text) in enumerate(turns)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(manifest, index=False)
    segments = [
        {"session_id": "call", "speaker": row["speaker_id"].upper(), "words": row["reference"], "start_time": row["start_s"],
         "end_time": row["end_s"]}
        for row in rows
    ]  # fmt: skip
    answers.mkdir(exist_ok=True)
    (answers / "call.json").write_text(json.dumps(segments))
