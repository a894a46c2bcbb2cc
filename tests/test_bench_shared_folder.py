"""A benchmark without its material ends with a sentence; none has a way of its own to find it."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from bench import shared_folder

BENCH = Path(shared_folder.__file__).parent


def test_a_folder_that_is_not_there_is_said_with_what_it_should_have(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parser = argparse.ArgumentParser()
    monkeypatch.setattr(shared_folder, "USUAL", tmp_path / "nothing")
    shared_folder.add_option(parser)
    for arguments in ([], ["--shared", str(tmp_path)]):
        with pytest.raises(SystemExit) as end:
            parser.parse_args(arguments)
        assert end.value.code == 2
        assert "has no folder corpora: this benchmark needs real speech" in capsys.readouterr().err
    (tmp_path / "corpora").mkdir()
    assert parser.parse_args(["--shared", str(tmp_path)]).shared == tmp_path


def test_every_benchmark_asks_for_it_in_this_way() -> None:
    for path in BENCH.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name != "shared_folder.py" and re.search(r"arguments\.shared|edacc_7systems", text):
            assert "from bench.shared_folder import" in text, path.name
            assert '"--shared", type=Path' not in text, path.name
