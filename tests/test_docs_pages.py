"""Tutorials and how-to pages are executed: their files are written, and their commands and snippets run, in the order of the page.

A block runs in a folder of its own, with an empty store. ``title="FILE"`` makes a block that file. ``# exit code N`` after a command is
what it ends with, 0 where nothing is said. A block below ``<!-- not run: REASON -->`` is left to the parser of the commands.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.command_line import call
from tests.generate_readme import README

DOCS = README.parent / "docs"
PAGES = [*sorted(DOCS.glob("tutorials/*.md")), *sorted(DOCS.glob("how-to/*.md"))]
TRANSCRIBING = ("hospital-engineer.md", "researcher.md", "install.md")
"""Pages that let a recogniser listen: tens of seconds."""
BLOCK = re.compile(r'^(<!-- not run: [^\n]+ -->\n)?```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)
REASON_FOR_NOT_RUNNING = ("installs packages", "opens a server", "asks for a password", "needs a key of yours")


class Block(NamedTuple):
    """One fenced block: why it is not run ("" if it is), its language, the file that it is ("" if none), and its text."""

    reason: str
    language: str
    file: str
    text: str


def blocks(page: Path) -> list[Block]:
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [Block(mark.removeprefix("<!-- not run: ").removesuffix(" -->\n"), *rest) for mark, *rest in found]


def lines(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield the words of each command and the exit code that is announced."""
    for line in text.splitlines():
        announced = re.search(r"# exit code (\d+)", line)
        if words := shlex.split(line, comments=True):
            yield words, int(announced[1]) if announced else 0


def execute(page: Path, folder: Path) -> int:
    """Execute a page in a folder; return how many commands and snippets were run."""
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for block in blocks(page):
        if block.reason:
            continue
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, page.name, "exec"), names)
            count += 1
        elif block.language == "sh":
            for words, code in lines(block.text):
                assert words[0] == "workbench", f"{page.name}: {words} is not run by this test: say why not"
                result = call(*words[1:])
                assert result.exit_code == code, f"{page.name}: {shlex.join(words)}\n{result.output}"
                count += 1
        else:
            raise AssertionError(f"{page.name}: a block of {block.language} that is neither a file nor run")
    return count


def test_there_is_a_tutorial_for_each_of_the_four_readers() -> None:
    assert {page.stem for page in PAGES if page.parent.name == "tutorials"} == {
        "hospital-engineer", "analyst", "auditor", "researcher",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_not_run_says_why(page: Path) -> None:
    assert {block.reason for block in blocks(page)} <= {"", *REASON_FOR_NOT_RUNNING}
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^```\w", text, flags=re.MULTILINE)) == len(blocks(page)), "a block in another form"


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.long] if page.name in TRANSCRIBING else []) for page in PAGES],
    ids=lambda page: page.name,
)
def test_the_commands_and_snippets_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert execute(page, tmp_path) > 0


def test_a_page_with_a_wrong_command_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text("```sh\nworkbench normalise hello\nworkbench check nothing.csv\n```\n")
    with pytest.raises(AssertionError, match=r"check nothing\.csv"):
        execute(page, tmp_path)
    page.write_text("```sh\nworkbench check nothing.csv   # exit code 2\n```\n")
    assert execute(page, tmp_path) == 1


def test_every_page_stands_in_the_navigation_of_the_site() -> None:
    navigation = set(re.findall(r":\s([\w/-]+\.md)$", (README.parent / "mkdocs.yml").read_text(), flags=re.MULTILINE))
    assert navigation - {f"project/{name}.md" for name in ("contributing", "changelog", "security")} == {
        path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")
    }
