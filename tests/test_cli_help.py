"""Help: an example under every command that its parser takes, a near name for a mistyped one, no colour where none is wanted."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from workbench.__main__ import app
from workbench.cli.examples import EXAMPLES

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
LINES = [line for lines in EXAMPLES.values() for line in lines]


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-m", "workbench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**kept, **environment})


def test_every_command_has_examples_and_no_example_is_of_another() -> None:
    assert sorted(EXAMPLES) == sorted(COMMANDS)
    for name, lines in EXAMPLES.items():
        assert lines and all(shlex.split(line)[:2] == ["workbench", name] for line in lines)


@pytest.mark.parametrize("line", LINES)
def test_the_parser_takes_the_example(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    command = COMMANDS[name]
    context = command.make_context(name, list(arguments))
    assert set(context.params) >= {parameter.name for parameter in command.params if parameter.required}


def test_an_example_with_a_wrong_option_is_refused() -> None:
    with pytest.raises(Exception, match="No such option"):
        COMMANDS["gaps"].make_context("gaps", ["ward", "--bye", "accent"])


def test_help_shows_the_examples() -> None:
    shown = call("score", "--help").stdout
    for line in EXAMPLES["score"]:
        assert " ".join(line.split()) in " ".join(shown.split())


@pytest.mark.parametrize(("typed", "meant"), [("scor", "score"), ("gap", "gaps"), ("verfiy", "verify")])
def test_a_mistyped_command_is_answered_with_the_nearest(typed: str, meant: str) -> None:
    done = call(typed)
    assert done.returncode == 2
    assert f"Did you mean '{meant}'" in " ".join(done.stderr.split())


def test_completion_can_be_installed() -> None:
    assert "--install-completion" in call("--help").stdout


@pytest.mark.parametrize(
    ("typed", "offered"), [("workbench sco", "score"), ("workbench gaps --reference-g", "--reference-group")]
)
def test_the_shell_is_offered_commands_and_options(typed: str, offered: str) -> None:
    words = typed.split()
    environment = {
        **os.environ, "_WORKBENCH_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1),
    }  # fmt: skip
    command = [str(Path(sys.executable).with_name("workbench"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.split() == [offered], done.stderr


def test_colours_go_where_the_environment_wants_none() -> None:
    colour = re.compile(r"\x1b\[[0-9;]*3[0-9]")
    assert colour.search(call("--help", FORCE_COLOR="1").stdout)
    assert not colour.search(call("--help", FORCE_COLOR="1", NO_COLOR="1").stdout)
