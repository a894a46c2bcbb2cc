"""``power``: from a manifest with assumptions that are said, from a run with its own variation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import call, parsed
from tests.corpus import make


def test_a_manifest_is_planned_with_assumptions_that_are_said(tmp_path: Path) -> None:
    manifest = make(tmp_path)
    found = parsed(
        "power", manifest, "--by", "accent", "--gap", "0.05", "--wer", "0.1", "--cv", "0.4", "--words", "500"
    )
    assert found["gap"] == 0.05
    assert {row["group"]: row["speakers_needed"] for row in found["power"]} == {"north": 20, "south": 20, "west": 20}
    assert {row["assumed"] for row in found["power"]} == {"rate, cv, overdispersion, words"}
    shown = call("power", manifest, "--by", "accent", "--gap", "0.05").output
    assert "speakers needed" in shown
    assert "+5.0 points" in shown


def test_a_run_is_planned_with_its_own_variation(vendor_study: Path) -> None:
    assert call("run", vendor_study).exit_code == 0
    found = parsed("power", "tones on the line", "--by", "accent", "--gap", "0.05")
    north = found["power"][0]
    assert (north["group"], north["n_speakers"], north["assumed"]) == ("north", 3, "")
    assert north["model_id"].startswith("imported:")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("tones.csv", "--by", "accent", "--gap", "0"), "gap 0.0"),
        (("tones.csv", "--by", "accnt", "--gap", "0.1"), "accnt"),
        (("none.csv", "--by", "accent", "--gap", "0.1"), "none.csv"),
        (("nobody", "--by", "accent", "--gap", "0.1"), "no run 'nobody'"),
    ],
)
def test_bad_input_is_a_message(tmp_path: Path, monkeypatch, arguments, part) -> None:
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    refused = call("power", *arguments)
    assert refused.exit_code == 2
    assert part in refused.stderr
