"""Text of others stays text: no formula in a spreadsheet, nothing that steers a terminal, no markup in a title."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest

from tests.generate_readme import README
from workbench.cli import console
from workbench.errors import ScoringError
from workbench.files import write_frame
from workbench.files.spreadsheet_text import RAW, neutral

FORMULAS = ["=cmd|' /C calc'!A0", "@SUM(A1)", "-2+3+cmd|' /C calc'!A0", "+1", "\t=1"]


def test_no_text_of_a_csv_is_a_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"=group": [*FORMULAS, "plain", ""], "change": [-0.5] * 7})
    path = write_frame(frame, tmp_path / "rates.csv", fails=ScoringError)
    read = pd.read_csv(path, keep_default_na=False)
    assert read["'=group"].tolist() == [*(f"'{text}" for text in FORMULAS), "plain", ""]
    assert read["change"].tolist() == [-0.5] * 7, "numbers stay numbers"
    monkeypatch.setenv(RAW, "1")
    assert neutral(frame).equals(frame)


def test_missing_texts_stay_missing() -> None:
    frame = pd.DataFrame(
        {"a": pd.Series(["=1", None, "x"], dtype="str"), "b": pd.Series(["=1", None, 3], dtype="object")}
    )
    assert neutral(frame)["a"].isna().tolist() == [False, True, False]
    assert neutral(frame)["b"].tolist() == ["'=1", None, 3]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(console.OUT, "_file", out, raising=False)
    return out


def test_nothing_of_others_steers_the_terminal(printed: io.StringIO) -> None:
    hostile = "a\x1b]0;title\x07b\x1b[2Jc\x9bd\u202ee\rf"
    console.table([{"group": hostile}], {"group": hostile}, title=hostile)
    console.OUT.print(hostile, markup=False)
    text = printed.getvalue()
    assert text.count("title") == 4
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_names_that_look_like_markup_are_printed_as_they_are(printed: io.StringIO) -> None:
    for name in ("[/x]", "[red]a[/red]", "accent[/x]", "[link=http://x]y[/link]"):
        console.table([{"group": name}], {"group": name}, title=f"rates of {name}")
        assert printed.getvalue().count(name) == 3
        printed.truncate(0)


def test_the_rules_of_the_security_page_name_tests_that_are_there() -> None:
    text = (README.parent / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/\w+\.py)`", text))
    assert len(named) >= 10
    assert [name for name in sorted(named) if not (README.parent / name).is_file()] == []
