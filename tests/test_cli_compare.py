"""``compare``: two runs on the command line, the table, one JSON object, and the exit codes 0, 1 and 2."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.command_line import call
from workbench.results import load
from workbench.store import open_store

SPEAKERS = 8
WORDS = "one two three four five six seven eight nine ten"

STUDY = """
name = "{name}"
corpus = ["said.csv"]
attributes = ["accent"]
engines = [{engines}]
conditions = ["clean"]
normaliser = "basic"
margin = 0.02
"""


def hypotheses(south_misses: int) -> list[tuple[str, str]]:
    """Everybody misses a word now and then; speakers of the south miss ``south_misses`` more."""
    rows = []
    for group, more in (("north", 0), ("south", south_misses)):
        for speaker in range(SPEAKERS):
            for utterance in range(3):
                missed = (speaker + utterance) % 2 + more
                rows.append((f"{group[0]}{speaker}-{utterance}", " ".join(WORDS.split()[missed:])))
    return rows


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder with a corpus of silence and transcripts made elsewhere: a run ``old``, and one ``new`` that is worse."""
    import numpy as np
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.zeros(1600, dtype=np.float32) + 0.01, 16_000)
    said = [
        {"path": "a.wav", "utterance_id": name, "reference": WORDS, "speaker_id": name.split("-")[0],
         "accent": "south" if name[0] == "s" else "north"}
        for name, _ in hypotheses(0)
    ]  # fmt: skip
    pd.DataFrame(said).to_csv(tmp_path / "said.csv", index=False)
    (tmp_path / "said.toml").write_text(
        'title = "Said"\nlicence = "made for the tests"\nsource = "tests"\nlanguage = "en"\n'
        '[attributes.accent]\nobtained = "annotated"\n'
    )
    from workbench.corpora import load_corpus

    known = dict(zip((row["utterance_id"] for row in said), load_corpus(tmp_path / "said.csv").utterances["utterance_id"], strict=True))  # fmt: skip
    for name, more in (("old", 0), ("new", 3)):
        table = [(known[utterance], text) for utterance, text in hypotheses(more)]
        pd.DataFrame(table, columns=["utterance_id", "hypothesis"]).to_csv(tmp_path / f"{name}.csv", index=False)
        (tmp_path / f"{name}.toml").write_text(STUDY.format(name=name, engines=f'"imported:{name}.csv"'))
        assert call("run", tmp_path / f"{name}.toml").exit_code == 0
    (tmp_path / "both.toml").write_text(STUDY.format(name="both", engines='"imported:old.csv", "imported:new.csv"'))
    assert call("run", tmp_path / "both.toml").exit_code == 0
    return tmp_path


def test_compare(runs: Path) -> None:
    """One fixture is slow to make: everything about it in one test."""
    worse = call("compare", "old", "new", "--json")
    assert worse.exit_code == 1
    found = json.loads(worse.stdout)
    assert [row["group"] for row in found["worse"]] == ["south"]
    assert found["margin"] == 0.02
    everybody, north, south = found["comparisons"]
    assert (everybody["attribute"], everybody["group"]) == ("", "")
    assert everybody["difference"] == pytest.approx(0.15)
    assert (north["difference"], south["difference"]) == (0, pytest.approx(0.3))
    assert south["mapsswe_z"] is None  # every segment differs by three words
    assert "by the same" in south["reason"]

    better = call("compare", "new", "old")
    assert better.exit_code == 0
    assert "BETTER" in better.output
    assert "MAPSSWE takes segments" in better.output

    same = call("compare", "old", "old", "--json")
    assert same.exit_code == 0
    assert json.loads(same.stdout)["comparisons"][0]["p_value"] == 1
    assert any("compared with itself" in note for note in json.loads(same.stdout)["notes"])

    names = [model.model_id for model in load("both", store=open_store()).models]
    within = call("compare", "both", "both", "--system", names[0], "--versus", names[1])
    texts = json.loads(call("text-differences", "both", *names, "--json").stdout)["text_differences"]
    assert [row["group"] for row in texts] == ["", "north", "south"]
    assert texts[2]["n_differing"] > texts[1]["n_differing"] == 0
    shown = call("text-differences", "both", *names, "--by", "accent")
    assert shown.exit_code == 0
    assert "Texts that differ" in shown.stdout
    assert within.exit_code == 1
    assert "got worse: accent south: gap +0.0 -> +30.0 points" in within.stderr

    loose = call("compare", "old", "new", "--margin", "0.5")
    assert loose.exit_code == 0

    for arguments, part in (
        (("old", "nobody"), "no run 'nobody'"),
        (("old", "new", "--by", "accnt"), "did you mean 'accent'"),
        (("both", "old", "--versus", "x"), "--versus"),
        (("old", "new", "--reference-group", "east"), "north, south"),
        (("old", "new", "--margin", "-1"), "not above 0 and below 100 points"),
        (("old", "new", "--condition", "noise"), "--condition"),
    ):
        refused = call("compare", *arguments)
        assert refused.exit_code == 2, arguments
        assert part in refused.stderr, refused.stderr
        assert refused.stdout == ""


def test_the_first_study_declares_the_margin_and_the_normaliser(runs: Path) -> None:
    text = (runs / "new.toml").read_text()
    changed = text.replace('"new"', '"newer"').replace("0.02", "0.5").replace("basic", "none")
    (runs / "newer.toml").write_text(changed.replace('attributes = ["accent"]', ""))
    assert call("run", runs / "newer.toml").exit_code == 0
    found = json.loads(call("compare", "old", "newer", "--json").stdout)
    assert (found["margin"], found["normaliser"]) == (0.02, "basic-1")
    assert [row["group"] for row in found["worse"]] == ["south"]
    assert any("scored again under basic-1" in note for note in found["notes"])
    assert any("the second declares 0.5" in note for note in found["notes"])
    turned = call("compare", "newer", "old", "--json")
    assert turned.exit_code == 0
    assert any("declares no attributes: no gap is checked" in note for note in json.loads(turned.stdout)["notes"])


def test_score_compares_every_two_systems_with_pairs(tmp_path: Path) -> None:
    rows = [
        {"id": f"{who}{n}", "speaker": who, "accent": "north", "system": system, "reference": WORDS,
         "hypothesis": WORDS if system == "good" else WORDS[3:]}
        for who in "abc" for n in range(2) for system in ("good", "bad", "worse") if (who, n, system) != ("c", 1, "worse")
    ]  # fmt: skip
    path = tmp_path / "made_elsewhere.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    given = ("score", path, "--by", "accent", "--speaker", "speaker", "--system", "system", "--normaliser", "basic")
    assert json.loads(call(*given, "--json").stdout)["pairs"] == []
    pairs = json.loads(call(*given, "--pairs", "--utterance", "id", "--json").stdout)["pairs"]
    assert [(p["model_first"], p["model_second"], p["group"], p["n_unpaired"]) for p in pairs] == [
        ("good", "bad", "", 0), ("good", "bad", "north", 0), ("good", "worse", "", 1), ("good", "worse", "north", 1),
        ("bad", "worse", "", 1), ("bad", "worse", "north", 1),
    ]  # fmt: skip
    assert [p["difference"] for p in pairs] == [0.1, 0.1, 0.1, 0.1, 0, 0]
    shown = call(*given, "--pairs", "--utterance", "id").output
    assert "good -> bad" in shown
    assert "clean" not in shown
    for arguments, part in (
        (("--pairs",), "no column of utterances to compare systems by"),
        (("--pairs", "--utterance", "accent"), "keep one row each"),
    ):
        refused = call(*given, *arguments)
        assert refused.exit_code == 2
        assert part in refused.stderr
    alone = call("score", path, "--by", "accent", "--system", "system", "--pairs", "--utterance", "id")
    assert alone.exit_code == 2
    assert "speakers and systems" in alone.stderr
