"""Mutants: one line of the package changed at a time, and whether the tests notice.

``python -m bench.mutants [--seed 1] [--n 100] [--files 5] [--rooms fairness text store] [--list]``: N places are drawn from the
comparisons, sums, products, truth values and numbers of these rooms; each is changed in a scratch copy of the project (``<`` to
``<=``, ``+`` to ``-``, ``and`` to ``or``, 1 to 2 ...). The test files that reach the changed module by the fewest imports are run once
over the unchanged copy, with the lines that each test executes; a mutant is given to the tests that execute its line, the fastest
first, until one fails. A change of what a module does on import is given to all tests of its files, and so is one that no test
executes. A mutant that no test notices is printed as SURVIVED: a hole, or a change that changes nothing.

A test that fails in the unchanged copy is left out and named. Tests marked ``long`` and ``browser`` are left out, as in ``make test``;
the module's own docstrings are tests. At the end the tests that noticed something are run once more over the unchanged copy.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bench.covering_tests import (
    ROOT,
    TOO_LONG,
    Covered,
    lines_executed_with,
    nearest_tests,
    recorded,
    run_tests,
    test_graph,
)
from tests.module_graph import module_name

ROOMS = ("fairness", "text", "store")
AT_ONCE = 12
"""Test files that are run in one process over the unchanged copy."""
FIRST = 10
"""Tests that a mutant is given to before the others."""
LIBRARIES = (
    "pandas",
    "scipy.stats",
    "scipy.special",
    "pydantic",
    "pandera",
    "sqlalchemy",
    "rapidfuzz",
    "jiwer",
    "pyarrow.parquet",
)

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
    print(f"{len(every)} places in {len(paths)} files; {len(drawn)} drawn with seed {arguments.seed}", flush=True)
    if arguments.list:
        print(*(f"{mutant.place}  {files[mutant.path]}" for mutant in drawn), sep="\n")
        return
    for library in LIBRARIES:
        importlib.import_module(library)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        scratch_copy(folder)
        covered = Covered()
        asked = sorted({file for several in files.values() for file in several})
        for start in range(0, len(asked), AT_ONCE):
            recorded(asked[start : start + AT_ONCE], folder, [str(mutant.path) for mutant in drawn], covered)
            print(f"{len(covered.seconds)} tests of {start + AT_ONCE} of {len(asked)} files have passed", flush=True)
        print(*(f"left out, for it fails unchanged: {test}" for test in covered.failed), sep="\n", flush=True)
        noticing, survived = {}, []
        for mutant in drawn:
            test = noticed_by(mutant, files[mutant.path], folder, covered)
            if test:
                noticing[mutant] = test
            else:
                survived.append(mutant)
            print(f"noticed by {test}: {mutant.place}" if test else f"SURVIVED {mutant.place}", flush=True)
        tests = sorted({test for test in noticing.values() if test in covered.seconds})
        _, failed = run_tests(tests, folder, stop=False)
        unproven = [mutant for mutant, test in noticing.items() if test in failed]
        print(
            *(f"unproven, for {noticing[mutant]} fails unchanged too: {mutant.place}" for mutant in unproven), sep="\n"
        )
    print(
        f"{len(noticing) - len(unproven)} of {len(drawn)} noticed, {len(survived)} survived, {len(unproven)} unproven"
    )


def noticed_by(mutant: Mutant, files: Sequence[str], folder: Path, covered: Covered) -> str:
    """Return the test that fails on a mutant, or why its run ended otherwise; "" if every test passes."""
    path = folder / mutant.path
    unchanged = path.read_text(encoding="utf-8")
    lines = lines_executed_with(ast.parse(unchanged), mutant.line)
    tests = covered.executing(str(mutant.path), lines) if lines else []
    tests = tests or covered.of(files)
    path.write_text(mutant.source(unchanged), encoding="utf-8")
    try:
        for several in (tests[:FIRST], tests[FIRST:]):
            if not several:
                continue
            status, failed = run_tests(several, folder)
            if status == TOO_LONG:
                return "its duration"
            if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                return failed[0] if failed else f"exit status {status}"
    finally:
        path.write_text(unchanged, encoding="utf-8")
    return ""


def scratch_copy(folder: Path) -> None:
    """Copy the files of the project that git knows, or does not ignore, and link what lies beside it."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for line in listed.stdout.splitlines():
        if (ROOT / line).is_file():
            (folder / line).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / line, folder / line)
    with contextlib.suppress(FileExistsError):
        (folder.parent / "shared").symlink_to(ROOT.parent / "shared")


if __name__ == "__main__":
    main()
