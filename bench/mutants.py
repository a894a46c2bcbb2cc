"""Mutants: one line of the package changed at a time, and whether the tests notice.

``python -m bench.mutants [--seed 1] [--n 100] [--files 5] [--rooms fairness text store] [--list]``: N places are drawn from the
comparisons, sums, products, truth values and numbers of these rooms; each is changed in a scratch copy of the project (``<`` to
``<=``, ``+`` to ``-``, ``and`` to ``or``, 1 to 2 ...), and the test files that reach the changed module by the fewest imports are
run until one fails. A mutant that no test notices is printed as SURVIVED: a hole, or a change that changes nothing.

A test file that fails in the unchanged copy is left out and named. Tests marked ``long`` and ``browser`` are left out, as in
``make test``. Each mutant is tested in a process that is forked from one which has loaded the libraries.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.api_page import themes
from tests.module_graph import Graph, module_name, names_used, sources

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("fairness", "text", "store")
SECONDS = 300
"""After which a mutant that made a test hang counts as noticed."""
TOO_LONG = -1
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


def test_graph() -> Graph:
    """Return which modules each module and test file takes something from; a name that a package passes on is its module's."""
    modules = sources(ROOT / "workbench") | {
        module_name(path, ROOT): path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").glob("*.py"))
    }
    passed_on = {
        f"{module}.{alias.asname or alias.name}": f"{node.module}.{alias.name}"
        for module, source in modules.items()
        if module.startswith("workbench.")
        for node in ast.parse(source).body
        if isinstance(node, ast.ImportFrom) and module in (node.module or "")
        for alias in node.names
    }
    public = {name: f"{module}.{name}" for names in themes().values() for module, name in names}
    graph: Graph = {}
    for module, source in modules.items():
        graph[module] = set()
        for used in names_used(ast.parse(source), "workbench", public):
            while used in passed_on:
                used = passed_on[used]
            while used and used not in modules:
                used = used.rpartition(".")[0]
            graph[module].add(used)
    return graph


def nearest_tests(graph: Graph, module: str, *, most: int) -> list[str]:
    """Return the test files that reach a module by the fewest imports: of equally near ones its namesakes, then the shortest."""
    words = set(module.split(".")[-1].split("_"))

    def order(path: Path) -> tuple[int, int, str]:
        size = path.stat().st_size if path.is_file() else 0
        return -len(words & set(path.stem.split("_"))), size, str(path)

    users = {name: {user for user, used in graph.items() if name in used} for name in graph}
    found: list[str] = []
    ring, seen = {module}, {module}
    while ring and len(found) < most:
        ring = set().union(*(users[name] for name in ring)) - seen - {"workbench"}
        seen |= ring
        files = [ROOT / f"{name.replace('.', '/')}.py" for name in ring if name.startswith("tests.test_")]
        found += [str(path.relative_to(ROOT)) for path in sorted(files, key=order)]
    return found[:most]


def run_tests(files: Sequence[str], folder: Path) -> tuple[int, str]:
    """Run test files in a forked process until one fails: pytest's exit status or TOO_LONG, and what failed."""
    log = folder / "pytest.log"
    child = os.fork()
    if not child:
        try:
            os._exit(_in_child(files, folder, log))
        finally:
            os._exit(pytest.ExitCode.INTERNAL_ERROR)
    began, status = time.monotonic(), 0
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - began > SECONDS:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TOO_LONG, "its duration"
        time.sleep(0.05)
    failed = re.findall(
        r"^(?:FAILED|ERROR|SUBFAILED\S*) (.*?)(?: - |$)", log.read_text(errors="replace"), flags=re.MULTILINE
    )
    return os.waitstatus_to_exitcode(status), failed[0] if failed else ""


def _in_child(files: Sequence[str], folder: Path, log: Path) -> int:
    os.setsid()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    for name in [name for name in sys.modules if name.partition(".")[0] in ("workbench", "tests")]:
        del sys.modules[name]
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    quiet = ["-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*quiet, "-m", "not long and not browser", *files]))


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
    drawn = np.random.default_rng(arguments.seed).permutation(len(every))[: arguments.n]
    graph = test_graph()
    print(f"{len(every)} places in {len(paths)} files; {len(drawn)} drawn with seed {arguments.seed}", flush=True)
    for library in LIBRARIES:
        importlib.import_module(library)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        scratch_copy(folder)
        sound: dict[str, bool] = {}
        counts = {"noticed": 0, "survived": 0}
        for number in drawn:
            mutant = every[int(number)]
            files = nearest_tests(graph, module_name(ROOT / mutant.path, ROOT), most=arguments.files)
            place = f"{mutant.path}:{mutant.line}  {mutant.before}  ->  {mutant.after}"
            if arguments.list:
                print(f"{place}  [{' '.join(files)}]")
                continue
            for file in files:
                if file not in sound:
                    sound[file] = run_tests([file], folder)[0] == pytest.ExitCode.OK
                    if not sound[file]:
                        print(f"left out, for it fails unchanged: {file}", flush=True)
            path = folder / mutant.path
            unchanged = path.read_text(encoding="utf-8")
            path.write_text(mutant.source(unchanged), encoding="utf-8")
            status, failed = run_tests([file for file in files if sound[file]], folder)
            path.write_text(unchanged, encoding="utf-8")
            noticed = status in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED, TOO_LONG)
            counts["noticed" if noticed else "survived"] += 1
            print(f"noticed by {failed}: {place}" if noticed else f"SURVIVED {place}  [{' '.join(files)}]", flush=True)
    if not arguments.list:
        print(f"{counts['noticed']} of {sum(counts.values())} noticed, {counts['survived']} survived")


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
