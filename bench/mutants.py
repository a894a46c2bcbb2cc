"""Mutants: one line of the package changed at a time, and whether the tests notice.

``python -m bench.mutants [--seed 1] [--n 100] [--files 5] [--rooms fairness text store] [--list]``: N places are drawn from the
comparisons, sums, products, truth values and numbers of these rooms; each is changed (``<`` to ``<=``, ``+`` to ``-``, ``and`` to ``or``,
1 to 2 ...) in the memory of a process; no file is written. The test files that reach the changed module by the fewest imports are run once
over the unchanged code, with the lines that each test executes; a mutant is given to the tests that execute its line until one fails.
A change of what a module does on import is given to all tests of its files, and so is one that no test executes. A mutant that no test
notices is printed as SURVIVED: a hole, or a change that changes nothing.

A test that fails unchanged is left out and named. Tests marked ``long`` and ``browser`` are left out, as in ``make test``; the examples
in the module's own docstrings are tests.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bench.covering_tests import ROOT, Session, lines_executed_with, nearest_tests, test_graph
from tests.module_graph import module_name

ROOMS = ("fairness", "text", "store")

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
TRUTH = {ast.And: ast.Or, ast.Or: ast.And}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the file, the line from 1, the columns it replaces, and the text before and after."""

    path: Path
    line: int
    start: int
    end: int
    before: str
    after: str

    @property
    def place(self) -> str:
        """Where it is and what it changes, on one line."""
        return f"{self.path}:{self.line}  {self.before}  ->  {self.after}"

    def source(self, text: str) -> str:
        """Return a file's text with this change."""
        lines = text.splitlines(keepends=True)
        line = lines[self.line - 1].encode()
        lines[self.line - 1] = (line[: self.start] + self.after.encode() + line[self.end :]).decode()
        return "".join(lines)


def mutants(path: Path, text: str) -> Iterator[Mutant]:
    """Yield every change of a file, in the order of its lines: each of one expression that stands on one line."""
    tree = ast.parse(text)
    left_alone = {id(inner) for node in ast.walk(tree) for outer in _left_alone(node) for inner in ast.walk(outer)}
    for node in ast.walk(tree):
        if id(node) in left_alone or not isinstance(node, ast.expr) or node.lineno != node.end_lineno:
            continue
        changed = _changed(node)
        if changed is not None and node.end_col_offset is not None:
            before = ast.get_source_segment(text, node) or ""
            after = ast.unparse(changed)
            after = after if isinstance(node, ast.Constant) else f"({after})"
            yield Mutant(path, node.lineno, node.col_offset, node.end_col_offset, before, after)


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that say something to readers and type checkers only."""
    for name in ("annotation", "returns"):
        if isinstance(part := getattr(node, name, None), ast.AST):
            yield part
    if isinstance(node, ast.JoinedStr | ast.Assert | ast.Raise):  # words of messages
        yield node
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        yield node
    if isinstance(node, ast.keyword) and node.arg in (
        "frozen",
        "slots",
        "eq",
        "strict",
        "kw_only",
        "copy",
        "sort",
        "dtype",
    ):
        yield node.value


def _changed(node: ast.expr) -> ast.expr | None:
    """Return the expression with its operator or value changed; None of one that has no such change."""
    new = copy.deepcopy(node)
    if isinstance(new, ast.Compare) and len(new.ops) == 1 and type(new.ops[0]) in COMPARISONS:
        new.ops = [COMPARISONS[type(new.ops[0])]()]
    elif isinstance(new, ast.BinOp) and type(new.op) in ARITHMETIC and not _text(new.left) and not _text(new.right):
        new.op = ARITHMETIC[type(new.op)]()
    elif isinstance(new, ast.BoolOp):
        new.op = TRUTH[type(new.op)]()
    elif isinstance(new, ast.UnaryOp) and isinstance(new.op, ast.Not):
        return new.operand
    elif isinstance(new, ast.Constant) and isinstance(new.value, bool):
        new.value = not new.value
    elif isinstance(new, ast.Constant) and isinstance(new.value, int | float):
        new.value = new.value + 1
    else:
        return None
    return new


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def main() -> None:
    """Print each mutant with the test that noticed it, and the share that was noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--files", type=int, default=5, help="test files that a mutant has to get past")
    parser.add_argument("--rooms", nargs="+", default=list(ROOMS))
    parser.add_argument("--list", action="store_true", help="name the mutants and their tests, run none")
    arguments = parser.parse_args()
    paths = [path for room in arguments.rooms for path in sorted((ROOT / "workbench" / room).rglob("*.py"))]
    every = [mutant for path in paths for mutant in mutants(path.relative_to(ROOT), path.read_text(encoding="utf-8"))]
    drawn = [every[int(k)] for k in np.random.default_rng(arguments.seed).permutation(len(every))[: arguments.n]]
    graph = test_graph()
    files = {
        mutant.path: [
            str(mutant.path),
            *nearest_tests(graph, module_name(ROOT / mutant.path, ROOT), most=arguments.files),
        ]
        for mutant in drawn
    }
    shown = os.fdopen(os.dup(1), "w", buffering=1)
    print(f"{len(every)} places in {len(paths)} files; {len(drawn)} drawn with seed {arguments.seed}", file=shown)
    if arguments.list:
        print(*(f"{mutant.place}  {files[mutant.path]}" for mutant in drawn), sep="\n", file=shown)
        return

    def work(session: Session) -> None:
        with tempfile.TemporaryDirectory() as folder:
            covered = session.unchanged(sorted({ROOT / mutant.path for mutant in drawn}), Path(folder))
        print(f"{len(covered.seconds)} tests pass unchanged", file=shown)
        print(*(f"left out, for it fails unchanged: {test}" for test in covered.failed), sep="\n", file=shown)
        survived = 0
        for mutant in drawn:
            text = (ROOT / mutant.path).read_text(encoding="utf-8")
            lines = lines_executed_with(ast.parse(text), mutant.line)
            tests = covered.executing(str(ROOT / mutant.path), lines) if lines else []
            tests = tests or covered.of(files[mutant.path])
            test = session.noticed_by(ROOT / mutant.path, mutant.source(text), tests, covered)
            survived += not test
            print(
                f"noticed by {test}: {mutant.place}" if test else f"SURVIVED {len(tests)} tests: {mutant.place}",
                file=shown,
            )
        print(f"{len(drawn) - survived} of {len(drawn)} noticed, {survived} survived", file=shown)

    asked = sorted({file for several in files.values() for file in several})
    quiet = ["-q", "--tb=no", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    pytest.main([*quiet, "-m", "not long and not browser", *asked], plugins=[Session(work)])


if __name__ == "__main__":
    main()
