"""The mutation command: what it changes, what it leaves alone, and which tests it asks."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest

from bench.covering_tests import ROOT, lines_executed_with, nearest_tests, replace
from bench.mutants import mutants

SOURCE = '''
"""1 < 2 in a docstring."""
def f(a: Literal[1] = 1, *, ä: bool = False) -> Literal[2]:
    if not a < 2 and "é" in b:
        raise ValueError(f"{a + 1} < 2")
    return a + b * 3.5, "x" + y, [1] + z
'''


def test_operators_truth_and_numbers_are_changed_and_nothing_that_only_readers_see() -> None:
    made = {(mutant.line, mutant.before, mutant.after) for mutant in mutants(Path("m.py"), SOURCE)}
    assert made == {
        (3, "1", "2"),
        (3, "False", "True"),
        (4, 'not a < 2 and "é" in b', "(not a < 2 or 'é' in b)"),
        (4, "not a < 2", "(a < 2)"),
        (4, "a < 2", "(a <= 2)"),
        (4, "2", "3"),
        (4, '"é" in b', "('é' not in b)"),
        (6, "a + b * 3.5", "(a - b * 3.5)"),
        (6, "b * 3.5", "(b / 3.5)"),
        (6, "3.5", "4.5"),
        (6, "1", "2"),
    }


def test_every_mutant_of_a_room_is_a_module_that_differs_in_one_line() -> None:
    path = ROOT / "workbench" / "fairness" / "inference" / "intervals.py"
    text = path.read_text(encoding="utf-8")
    made = list(mutants(path, text))
    assert len(made) > 50
    unchanged = ast.unparse(ast.parse(text))
    for mutant in made[::4]:
        changed = mutant.source(text)
        assert ast.unparse(ast.parse(changed)) != unchanged
        pairs = zip(text.splitlines(), changed.splitlines(), strict=True)
        assert [number for number, (before, after) in enumerate(pairs, 1) if before != after] == [mutant.line]


def test_the_nearest_tests_are_asked_first() -> None:
    graph = {
        "workbench.low": set(),
        "workbench.high": {"workbench.low"},
        "tests.test_architecture": {"workbench.high"},
        "tests.test_docs": {"workbench.low"},
        "tests.test_mutants": {"pathlib"},
    }
    assert nearest_tests(graph, "workbench.low", most=5) == ["tests/test_docs.py", "tests/test_architecture.py"]
    assert nearest_tests(graph, "workbench.low", most=1) == ["tests/test_docs.py"]


def test_a_line_is_executed_with_its_statement_or_the_head_of_its_block() -> None:
    source = "A = 1\ndef f(\n    a=2,\n):\n    if (\n        a\n    ):\n        return [\n            a\n        ]\n    return a\n"
    tree = ast.parse(source)
    assert [lines_executed_with(tree, line) for line in (1, 3)] == [None, None]
    assert list(lines_executed_with(tree, 6)) == [5, 6, 7]
    assert list(lines_executed_with(tree, 9)) == [8, 9, 10]
    assert list(lines_executed_with(tree, 11)) == [11]


def test_changed_functions_defaults_and_values_stand_in_the_place_of_those_that_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from functools import cache\nLIMIT = 1\nclass Rule:\n    least = 2\n    def least_of(self, more=3):\n        return self.least + more\n"
        "@cache\ndef double(x):\n    return 2 * x + LIMIT\n"
    )
    (tmp_path / "changing.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("changing")
    monkeypatch.setattr(
        sys.modules[__name__], "LIMIT", module.LIMIT, raising=False
    )  # as `from changing import LIMIT` does
    rule, double = module.Rule(), module.double
    replace(
        tmp_path / "changing.py",
        source.replace("LIMIT = 1", "LIMIT = 5")
        .replace("least = 2", "least = 20")
        .replace("=3", "=30")
        .replace("2 *", "3 *"),
    )
    assert (rule.least_of(), double(2), module.LIMIT, globals()["LIMIT"]) == (50, 11, 5, 5)
    del sys.modules["changing"]
