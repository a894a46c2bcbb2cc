"""Walk through a page of the documentation: ``python tests/document_walk.py PAGE``, with the workbench that is installed for that Python.

Its files are written into the current folder, and its commands and snippets run, in the order of the page. ``title="FILE"`` makes a block
that file. ``# exit code N`` after a command is what it ends with, 0 where nothing is said. A block below ``<!-- not run: REASON -->`` is
left out. Only the standard library is needed, so that a fresh environment can do it.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

BLOCK = re.compile(r'^(<!-- not run: [^\n]+ -->\n)?```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)
NEEDED = re.compile(r"You need `pip install '?speech-fairness-workbench(?:\[([\w,]+)\])?'?`")

Command = Callable[[Sequence[str]], tuple[int, str]]
"""Runs the workbench with arguments; returns its exit code and what it printed."""


class Block(NamedTuple):
    """One fenced block: why it is not run ("" if it is), its language, the file that it is ("" if none), and its text."""

    reason: str
    language: str
    file: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    matches = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [Block(mark.removeprefix("<!-- not run: ").removesuffix(" -->\n"), *rest) for mark, *rest in matches]


def lines(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield the words of each command and the exit code that is announced."""
    for line in text.splitlines():
        announced = re.search(r"# exit code (\d+)", line)
        if words := shlex.split(line, comments=True):
            yield words, int(announced[1]) if announced else 0


def needed_extras(page: Path) -> str:
    """Return the extras that a tutorial says it needs, "" for the package alone.

    Raises
    ------
    LookupError : the page does not say
    """
    match = NEEDED.search(page.read_text(encoding="utf-8"))
    if match is None:
        raise LookupError(f"{page.name} does not say what has to be installed")
    return match[1] or ""


def walk(page: Path, command: Command) -> int:
    """Execute a page in the current folder; return how many commands and snippets were run.

    Raises
    ------
    AssertionError : a command ended with another exit code than the page says, or a block is neither run nor a file
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for block in blocks(page):
        if block.reason:
            continue
        if block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, page.name, "exec"), names)
            count += 1
        elif block.language == "sh":
            for words, expected in lines(block.text):
                if words[0] != "workbench":
                    raise AssertionError(f"{page.name}: {words} is not run: say why not")
                code, printed = command(words[1:])
                if code != expected:
                    raise AssertionError(f"{page.name}: {shlex.join(words)} ended with {code}\n{printed}")
                count += 1
        else:
            raise AssertionError(f"{page.name}: a block of {block.language} that is neither a file nor run")
    return count


def installed_command(words: Sequence[str]) -> tuple[int, str]:
    """Run the command ``workbench`` that is installed beside this Python."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("workbench")), *words], capture_output=True, text=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr)[-3000:]


if __name__ == "__main__":
    print(f"{walk(Path(sys.argv[1]), installed_command)} commands and snippets")
