"""The page of the public names, docs/api.md: made of the stub (names and themes), signatures and first lines of docstrings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import workbench

STUB = Path(workbench.__file__).with_suffix(".pyi")


def themes() -> dict[str, list[tuple[str, str]]]:
    """Return the public names of every theme, as (module, name), in the order of the stub."""
    found: dict[str, list[tuple[str, str]]] = {}
    theme = ""
    for line in STUB.read_text(encoding="utf-8").splitlines():
        if line.startswith("# -- "):
            theme = line.removeprefix("# -- ")
            found[theme] = []
        elif line.startswith("from ."):
            statement = ast.parse(line).body[0]
            assert isinstance(statement, ast.ImportFrom) and theme, line
            found[theme] += [(f"workbench.{statement.module}", alias.name) for alias in statement.names]
    return found


def page() -> str:
    """Return the page: a list of the themes, and under each its names with what they take and do."""
    parts = [
        "# The public names\n",
        "`import workbench as wb`; every name below is `wb.NAME`. Tables in capitals are described in [tables.md](tables.md).\n",
    ]
    for theme, names in themes().items():
        title, _, meaning = theme.partition(": ")
        entries = [entry for _, name in names if not name.startswith("_") for entry in _entry(name)]
        if entries:
            parts += [f"## {title}\n", *([f"{meaning[0].upper()}{meaning[1:]}.\n"] if meaning else []), *entries]
    return "\n".join(parts)


def _entry(name: str) -> Iterator[str]:
    """Yield the Markdown of one name."""
    value = getattr(workbench, name)
    if inspect.isclass(value):
        yield f"**`{name}`**: {_first_line(value)}\n"
        yield from _methods(value)
    elif inspect.isfunction(value):
        yield f"**`{name}({_arguments(value)})`**: {_first_line(value)}\n"
    else:
        yield f"**`{name}`**: {_assigned_docstring(name)}\n"


def _methods(value: type) -> Iterator[str]:
    """Yield one line for each public method and property that a class of ours defines."""
    lines = []
    for name, member in vars(value).items():
        function = getattr(member, "__func__", getattr(member, "fget", getattr(member, "func", member)))
        if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        called = f"{name}({_arguments(function)})" if inspect.isroutine(member) else name
        lines.append(f"- `.{called}`: {_first_line(function)}")
    if lines:
        yield "\n".join(lines) + "\n"


def _first_line(value: Any) -> str:
    """Return the contract of a docstring: its first paragraph, in one line, without Sphinx' marks."""
    text = (inspect.getdoc(value) or "").split("\n\n")[0]
    return " ".join(text.split()).replace("``", "`").replace(":class:", "").replace(":func:", "").replace(":mod:", "")


def _arguments(function: Any) -> str:
    """Return the arguments as they are written, without ``self`` and ``cls``."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    arguments = definition.args
    arguments.args = [argument for argument in arguments.args if argument.arg not in ("self", "cls")]
    return ast.unparse(arguments)


def _assigned_docstring(name: str) -> str:
    """Return the text that stands below the assignment of a public value."""
    for module, public in (pair for names in themes().values() for pair in names):
        if public == name:
            for place in _modules_below(import_module(module)):
                body = ast.parse(inspect.getsource(place)).body
                for statement, following in pairwise(body):
                    if _assigns(statement, name) and isinstance(following, ast.Expr):
                        return str(ast.literal_eval(following.value))
    raise LookupError(f"{name} has no text below its assignment")


def _modules_below(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for value in vars(package).values():
        if inspect.ismodule(value) and value.__name__.startswith(f"{package.__name__}."):
            yield value


def _assigns(statement: ast.stmt, name: str) -> bool:
    target = statement.target if isinstance(statement, ast.AnnAssign) else None
    return isinstance(target, ast.Name) and target.id == name
