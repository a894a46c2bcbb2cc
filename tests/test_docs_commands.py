"""Every command of README, of the reference pages and of the help is run, from top to bottom, on the ward of which they speak.

Tutorials, how-to pages and docs/red-team.md have tests of their own. What is replaced (a recogniser by one that answers at once, a name
that stands for a reader's own) and what is not run stands below, each with its reason.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.command_line import call
from tests.conftest import ROOT
from tests.corpus_trees import fsdd
from tests.ward import STUDY, furnish, install
from workbench.cli.examples import EXAMPLES

NOT_RUN = {
    "workbench app": "a server that stays: tests/test_browser.py",
    "workbench demo": "minutes of decoding: tests/fresh_install.py",
    "workbench doctor --check": "run by the page install.md",
    "workbench models get": "downloads weights: tests/test_engine_whisper.py has a server on this machine",
    "workbench store --upgrade --store postgresql": "needs a server: tests/test_store_postgresql.py",
    "workbench users": "asks for a password: tests/test_server_guard.py",
    "workbench redteam": "run by tests/test_red_team_document.py",
    "workbench ratings": "run by tests/test_red_team_document.py",
    "workbench release": "run by the page release-figures.md",
    "workbench suite": "run by tests/test_red_team_document.py",
    "workbench confirm": "run by tests/test_red_team_document.py",
}
"""Beginnings of commands that are not run here, and where they are."""
INSTEAD = {
    "whisper:base.en faster-whisper:base.en": "ward:a ward:b",
    "answers/ --references calls.csv": "answers-of-calls/ --references calls.csv",
    "out/ --references meeting.csv": "out-of-the-meeting/ --references meeting.csv",
    "ledger.jsonl ward-new-speakers": "ledger.jsonl ward",
    "--model whisper:tiny.en": "--model ward:a",
    "data_manifests/demo.csv": f"{ROOT}/data_manifests/demo.csv",
    "transcripts.csv --by accent --speaker speaker --system": "both.csv --by accent --speaker speaker --system",
    "--out transcripts.csv": "--out read.csv",
    "pool site-1.json site-2.json": "pool site-1.json",
    "--redact names,numbers": "--redact all",
    "erase --speaker p225": "erase --speaker Scottish0",
}
"""What stands for something of the reader's own, or takes too long."""
ENDS_WITH = {"gap:firm": (0, 1), "refuted": (0, 1), "compare": (0, 1), "pause": (0, 2), "cancel": (0, 2)}
"""Exit codes besides 0, by a word of the command: gates that may fail, and a run that is done already."""


def commands(page: str) -> Iterator[str]:
    """Yield the commands of a page's blocks without a language or of the shell."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for language, block in re.findall(r"^ *```(\w*)[^\n]*\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL):
        if language in ("", "sh"):
            yield from (line.strip() for line in block.splitlines() if line.strip().startswith("workbench "))


PAGES = {page: list(commands(page)) for page in ("README.md", "docs/gate.md", "docs/audit.md", "docs/corpora.md", "docs/studies.md", "docs/transcripts.md")}  # fmt: skip
EXAMPLE_LINES = [line for lines in EXAMPLES.values() for line in lines]


def run(line: str) -> Iterator[str]:
    """Run a command as a shell would; yield what is wrong with it."""
    for written, instead in INSTEAD.items():
        line = line.replace(written, instead)
    # The ward of these tests has two recognisers.
    line += " --model ward:a" if "claim judge" in line and "--model" not in line else ""
    line += " --engine ward:a" if " match " in line and "--engine" not in line else ""
    command, _, out = line.partition(" > ")
    words = [os.path.expanduser(word) for word in shlex.split(command, comments=True)]
    if "--gallery" in words and "--only" not in words:
        words += ["--only", "babble"]  # all 250 sounds take a minute
    result = call(*words[1:])
    allowed = next((codes for word, codes in ENDS_WITH.items() if word in (words[1], *words[4:])), (0,))
    if result.exit_code not in allowed:
        yield f"{line} ended with {result.exit_code}: {result.output.strip() or result.exception!r}"
    if out:
        Path(out.strip()).write_text(result.stdout, encoding="utf-8")


def left_out(line: str) -> bool:
    return any(line.startswith(start) for start in NOT_RUN) and "--copy" not in line


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The ward as the current folder, with runs of it under the names of which the documents speak."""
    install(tmp_path / "site", monkeypatch)
    furnish(tmp_path / "ward", monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path / "reader"))
    fsdd(tmp_path / "reader" / "free-spoken-digit-dataset")

    def made(*names: str) -> None:
        for name, seed in ((name, number + 1) for number, name in enumerate(names)):
            text = STUDY.replace('"ward"', f'"{name}"', 1).replace("seed = 1", f"seed = {seed}")
            Path(f"{name}.study.toml").write_text(text)
            assert call("run", f"{name}.study.toml").exit_code == 0

    return made


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_runs(page: str, ward: Callable[[], None]) -> None:
    ward("ward")
    lines = [line for line in PAGES[page] if not left_out(line)]
    assert lines
    problems = [problem for line in lines for problem in run(line)]
    assert not problems, "\n".join(problems)


@pytest.mark.long
def test_every_example_of_the_help_runs(ward: Callable[[], None]) -> None:
    ward("ward", "ward-seed-2", "ward-before", "ward-after")
    assert not [*run("workbench bundle ward --out audit.zip")]
    last = [line for line in EXAMPLE_LINES if line.startswith("workbench erase")]
    lines = [line for line in [*(line for line in EXAMPLE_LINES if line not in last), *last] if not left_out(line)]
    problems = [problem for line in lines for problem in run(line)]
    assert not problems, "\n".join(problems)
    assert len(lines) > 80


def test_what_is_not_run_is_an_example_that_exists() -> None:
    every = [*EXAMPLE_LINES, *(line for lines in PAGES.values() for line in lines)]
    for start in NOT_RUN:
        assert any(line.startswith(start) for line in every), start
