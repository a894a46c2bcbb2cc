"""Which tests of the project execute which lines, and a run of chosen tests in a process of its own.

Used by ``bench.mutants``. Each run is forked from a process that has loaded the libraries; the package itself is loaded again.
"""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.api_page import themes
from tests.module_graph import Graph, module_name, names_used, sources

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 300
"""After which tests that hang are stopped."""
TOO_LONG = -1


@dataclass(slots=True)
class Covered:
    """What the tests of some files did over unchanged code."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Test -> how long it took; of tests that passed only."""
    failed: list[str] = field(default_factory=list)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    """File, relative to the project -> line -> the tests that execute it; a test file stands for all of its tests."""

    def executing(self, path: str, lines: Iterable[int]) -> list[str]:
        """Return the tests that execute one of these lines, the fastest first."""
        contexts = set().union(*(self.lines.get(path, {}).get(line, set()) for line in lines))
        return self.of({context for context in contexts if context})

    def of(self, contexts: Iterable[str]) -> list[str]:
        """Return the tests that passed among these and of these files, the fastest first."""
        chosen = set(contexts)
        tests = [test for test in self.seconds if test in chosen or test.partition("::")[0] in chosen]
        return sorted(tests, key=lambda test: (self.seconds[test], test))


class Recorder:
    """A pytest plugin that keeps what ``Covered`` holds. What a shared fixture executes counts for every test of the file."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.coverage = coverage.Coverage(data_file=None, include=[str(path) for path in paths], config_file=False)
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
        self.coverage.switch_context(test.partition("::")[0])
        try:
            return (yield)
        finally:
            self.coverage.switch_context(test)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if not report.passed:
            self.failed.add(report.nodeid)

    def to_json(self, folder: Path) -> str:
        data = self.coverage.get_data()
        lines = {
            str(Path(path).relative_to(folder)): data.contexts_by_lineno(path) for path in sorted(data.measured_files())
        }
        return json.dumps({"seconds": self.seconds, "failed": sorted(self.failed), "lines": lines})


def recorded(files: Sequence[str], folder: Path, watched: Sequence[str], covered: Covered) -> None:
    """Run test files over the project in ``folder``, and add what they did to the lines of the watched files."""
    report = folder / "covered.json"
    report.unlink(missing_ok=True)
    _forked(files, folder, watched=[folder / path for path in watched], report=report, seconds=10 * SECONDS)
    if not report.is_file():
        covered.failed += files
        return
    told = json.loads(report.read_text())
    covered.failed += told["failed"]
    covered.seconds |= {test: took for test, took in told["seconds"].items() if test not in set(told["failed"])}
    for path, lines in told["lines"].items():
        kept = covered.lines.setdefault(path, {})
        for line, tests in lines.items():
            kept.setdefault(int(line), set()).update(tests)


def run_tests(tests: Sequence[str], folder: Path, *, stop: bool = True) -> tuple[int, list[str]]:
    """Run tests over the project in ``folder``, until one fails or all: pytest's exit status or TOO_LONG, and what failed."""
    status = _forked(tests, folder, stop=stop)
    log = (folder / "pytest.log").read_text(errors="replace")
    return status, re.findall(r"^(?:FAILED|ERROR|SUBFAILED\S*) (.*?)(?: - |$)", log, flags=re.MULTILINE)


def _forked(
    tests: Sequence[str],
    folder: Path,
    *,
    stop: bool = False,
    watched: Sequence[Path] = (),
    report: Path | None = None,
    seconds: float = SECONDS,
) -> int:
    child = os.fork()
    if not child:
        try:
            os._exit(_in_child(tests, folder, stop=stop, watched=watched, report=report))
        finally:
            os._exit(pytest.ExitCode.INTERNAL_ERROR)
    began = time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() - began > seconds:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TOO_LONG
        time.sleep(0.05)


def _in_child(tests: Sequence[str], folder: Path, *, stop: bool, watched: Sequence[Path], report: Path | None) -> int:
    os.setsid()
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    for name in [name for name in sys.modules if name.partition(".")[0] in ("workbench", "tests")]:
        del sys.modules[name]
    output = os.open(folder / "pytest.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    options = ["-q", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    options += ["-m", "not long and not browser", *(["-x"] if stop else [])]
    if report is None:
        return int(pytest.main([*options, *tests]))
    recorder = Recorder(watched)
    recorder.coverage.start()
    status = pytest.main([*options, *tests], plugins=[recorder])
    recorder.coverage.stop()
    report.write_text(recorder.to_json(folder))
    return int(status)


def lines_executed_with(tree: ast.Module, line: int) -> range | None:
    """Return the lines of the statement around a line, the head only of one that holds others; None of what runs on import."""
    holders = [node for node in ast.walk(tree) if isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case)]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    if not any(isinstance(node, functions) and node.body[0].lineno <= line <= _end(node) for node in holders):
        return None
    inner = max((node for node in holders if _start(node) <= line <= _end(node)), key=_start)
    body = getattr(inner, "body", None)
    end = max(_start(inner), body[0].lineno - 1) if body else _end(inner)
    return range(_start(inner), end + 1)


def _start(node: Any) -> int:
    return node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno


def _end(node: Any) -> int:
    return node.body[-1].end_lineno if isinstance(node, ast.match_case) else node.end_lineno


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
