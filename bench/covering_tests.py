"""Which tests of the project execute which lines, and chosen tests over changed code, each time in a process that is forked.

Used by ``bench.mutants``. One pytest session collects the tests; they are run once over the unchanged code with the lines that each
executes. For a change, a fork of that session puts the changed functions and values in the place of those that are loaded, so that
nothing is imported or collected again, and runs the tests that execute its line until one fails.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import resource
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.api_page import themes
from tests.module_graph import Graph, module_name, names_used, sources

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 60
"""Of processor time, and ten times what they took unchanged: after which tests that hang are stopped."""
FIRST = 10
"""Tests that a change is given to before the others, which run file by file."""
DURATION = "its duration"


@dataclass(slots=True)
class Covered:
    """What the tests did over unchanged code."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Test -> how long it took; of tests that passed only."""
    failed: list[str] = field(default_factory=list)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    """File -> line -> the tests that execute it; a test file stands for all of its tests."""

    def executing(self, path: str, lines: Iterable[int]) -> list[str]:
        """Return the tests that execute one of these lines, the fastest first."""
        executed = self.lines.get(path, {})
        return self.of({context for line in lines for context in executed.get(line, ()) if context})

    def of(self, contexts: Iterable[str]) -> list[str]:
        """Return the tests that passed among these and of these files: the fastest, then the others file by file."""
        wanted = set(contexts)
        tests = [test for test in self.seconds if test in wanted or test.partition("::")[0] in wanted]
        fastest = sorted(tests, key=lambda test: (self.seconds[test], test))
        return fastest[:FIRST] + [test for test in tests if test not in set(fastest[:FIRST])]


class Session:
    """A pytest plugin that runs ``work(session)`` in the place of the tests that were collected."""

    def __init__(self, work: Callable[[Session], None]) -> None:
        self._work = work
        self._items: dict[str, pytest.Item] = {}
        self._coverage: coverage.Coverage | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        self._work(self)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Iterator[None]:
        if self._coverage is None or fixturedef.scope == "function":
            return (yield)
        # What a shared fixture executes counts for every test of the file, for it is set up once.
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
        self._coverage.switch_context(test.partition("::")[0])
        try:
            return (yield)
        finally:
            self._coverage.switch_context(test)

    def unchanged(self, paths: Sequence[Path], folder: Path) -> Covered:
        """Run every test once; ``paths`` are the files whose lines are noted."""
        report = folder / "covered.json"

        def work() -> str:
            self._coverage = coverage.Coverage(data_file=None, include=[str(path) for path in paths], config_file=False)
            self._coverage.start()
            seconds, failed = {}, []
            for test, reports in self._run(list(self._items)):
                if all(report.passed for report in reports):
                    seconds[test] = sum(report.duration for report in reports)
                elif any(report.failed for report in reports):
                    failed.append(test)
            self._coverage.stop()
            data = self._coverage.get_data()
            lines = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
            report.write_text(json.dumps({"seconds": seconds, "failed": failed, "lines": lines}))
            return ""

        _forked(work)
        told = json.loads(report.read_text())
        lines = {path: {int(line): tests for line, tests in of.items()} for path, of in told["lines"].items()}
        return Covered(told["seconds"], told["failed"], lines)

    def noticed_by(self, path: Path, source: str, tests: Sequence[str], covered: Covered) -> str:
        """Return the first test that fails when a file's code is ``source``, or how its run ended otherwise; "" if none does."""
        limit = int(SECONDS + 10 * sum(covered.seconds[test] for test in tests))

        def work() -> str:
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            try:
                replace(path, source)
            except Exception as error:
                return f"its import: {type(error).__name__}"
            for test, reports in self._run(tests):
                if any(report.failed for report in reports):
                    return test
            return ""

        return _forked(work)

    def _run(self, tests: Sequence[str]) -> Iterator[tuple[str, list[pytest.TestReport]]]:
        items = [self._items[test] for test in tests]
        for item, following in zip(items, [*items[1:], None], strict=True):
            if self._coverage is not None:
                self._coverage.switch_context(item.nodeid)
            yield item.nodeid, runtestprotocol(item, log=False, nextitem=following)


def _forked(work: Callable[[], str]) -> str:
    """Return what ``work`` returns in a process that is forked from this one, or how that process ended."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.setsid()
            os.write(write, work().encode())
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        text = pipe.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        return text
    return DURATION if status < 0 else "the end of its process"


def replace(path: Path, source: str) -> None:
    """Put the functions, defaults and values of a module's changed source in the place of those that are loaded."""
    module = next(m for m in list(sys.modules.values()) if getattr(m, "__file__", None) == str(path))
    fresh = types.ModuleType(module.__name__)
    fresh.__dict__.update(__file__=str(path), __package__=module.__package__, __spec__=module.__spec__)
    # Classes that look their module up while they are made must find this one.
    sys.modules[module.__name__] = fresh
    try:
        exec(compile(source, str(path), "exec"), fresh.__dict__)
    finally:
        sys.modules[module.__name__] = module
    functions = [item for item in gc.get_objects() if type(item) is types.FunctionType]
    changed = {f.__qualname__: f for f in functions if f.__globals__ is fresh.__dict__}
    for function in functions:
        if function.__globals__ is module.__dict__ and function.__qualname__ in changed:
            new = changed[function.__qualname__]
            if len(new.__code__.co_freevars) == len(function.__code__.co_freevars):
                function.__code__ = new.__code__
                function.__defaults__, function.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
    _replace_values(module.__dict__, fresh.__dict__, [m.__dict__ for m in list(sys.modules.values()) if m is not None])
    for name, new in list(fresh.__dict__.items()):
        old = module.__dict__.get(name)
        if isinstance(new, type) and isinstance(old, type) and new.__module__ == module.__name__:
            for attribute, value in list(vars(new).items()):
                if _plain(value) and vars(old).get(attribute) != value:
                    setattr(old, attribute, value)


def _replace_values(old: dict[str, Any], new: Mapping[str, Any], holders: Sequence[dict[str, Any]]) -> None:
    for name, value in new.items():
        if name.startswith("__") or name not in old or not _plain(value) or old[name] == value:
            continue
        before = old[name]
        for holder in holders:
            if name in holder and type(holder[name]) is type(before) and holder[name] == before:
                holder[name] = value


def _plain(value: object) -> bool:
    if isinstance(value, tuple | list | set | frozenset):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(_plain(key) and _plain(item) for key, item in value.items())
    return value is None or isinstance(value, bool | int | float | str | bytes)


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
