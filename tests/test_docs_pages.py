"""Tutorials and how-to pages are executed: their files are written, and their commands and snippets run, in the order of the page.

A block runs in a folder of its own, with an empty store; ``tests/document_walk.py`` has the rules. ``tests/fresh_install.py`` walks the
tutorials once more, with an installed package.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.command_line import call
from tests.document_walk import blocks, needed_extras, walk
from tests.generate_readme import README
from workbench.extras import EXTRAS

DOCS = README.parent / "docs"
PAGES = [*sorted(DOCS.glob("tutorials/*.md")), *sorted(DOCS.glob("how-to/*.md"))]
SLOW = ("hospital-engineer.md", "researcher.md", "install.md", "auditor.md")
"""Pages that let a recogniser listen or audit a corpus: ten seconds and more."""
REASON_FOR_NOT_RUNNING = ("installs packages", "opens a server", "asks for a password", "needs a key of yours")


def called(words: Sequence[str]) -> tuple[int, str]:
    """Run a command in this process."""
    result = call(*words)
    return result.exit_code, result.output


def test_there_is_a_tutorial_for_each_of_the_four_readers() -> None:
    assert {page.stem for page in PAGES if page.parent.name == "tutorials"} == {
        "hospital-engineer", "analyst", "auditor", "researcher",
    }  # fmt: skip


@pytest.mark.parametrize("page", sorted(DOCS.glob("tutorials/*.md")), ids=lambda page: page.name)
def test_a_tutorial_says_which_extras_it_needs_and_they_exist(page: Path) -> None:
    assert set(filter(None, needed_extras(page).split(","))) <= {*EXTRAS, "all"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_not_run_says_why(page: Path) -> None:
    assert {block.reason for block in blocks(page)} <= {"", *REASON_FOR_NOT_RUNNING}
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^```\w", text, flags=re.MULTILINE)) == len(blocks(page)), "a block in another form"


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.long] if page.name in SLOW else []) for page in PAGES],
    ids=lambda page: page.name,
)
def test_the_commands_and_snippets_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert walk(page, called) > 0


def test_a_page_with_a_wrong_command_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("```sh\nworkbench normalise hello\nworkbench check nothing.csv\n```\n")
    with pytest.raises(AssertionError, match=r"check nothing\.csv"):
        walk(page, called)
    page.write_text("```sh\nworkbench check nothing.csv   # exit code 2\n```\n")
    assert walk(page, called) == 1


def test_every_page_stands_in_the_navigation_of_the_site() -> None:
    navigation = set(re.findall(r":\s([\w/-]+\.md)$", (README.parent / "mkdocs.yml").read_text(), flags=re.MULTILINE))
    assert navigation - {f"project/{name}.md" for name in ("contributing", "changelog", "security")} == {
        path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")
    }
