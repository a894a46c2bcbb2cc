"""What the tests of the command line share: a call, its JSON, and a study of transcripts made elsewhere."""

from __future__ import annotations

import json
from contextvars import copy_context

from typer.testing import CliRunner, Result

from workbench.__main__ import app

STUDY = """
name = "tones on the line"
corpus = ["tones.csv"]
attributes = ["accent"]
engines = ["imported:vendor.csv"]
conditions = ["clean"]
normaliser = "basic"
margin = 0.1
"""


def call(*arguments: object) -> Result:
    words = [str(argument) for argument in arguments]
    # A command is a process of its own: the display names that it uses end with it.
    return copy_context().run(CliRunner().invoke, app, words, catch_exceptions=False)


def parsed(*arguments: object) -> dict:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
