"""The modules of a package as a graph: an arrow from each module to every module that it takes something from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

Graph = dict[str, set[str]]
"""Module -> the modules that it takes something from."""

Public = Mapping[str, str]
"""Public name of the package -> the module that it is loaded from on first use."""


def module_name(path: Path, root: Path) -> str:
    """Return the dotted name of a file below ``root``; a package has the name of its folder."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(package: Path) -> dict[str, str]:
    """Return the source of every module of a package, by its dotted name."""
    return {
        module_name(path, package.parent): path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))
    }


def names_used(tree: ast.AST, package: str, public: Public) -> Iterator[str]:
    """Yield the dotted names that a module imports, wherever it does, and those that it takes from the package's root.

    ``import workbench as wb; wb.gaps`` is an import of the module that holds ``gaps``.
    """
    roots = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
                if alias.name.partition(".")[0] == package and (alias.asname is None or alias.name == package):
                    roots.add(alias.asname or package)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"line {node.lineno}: a relative import hides the arrow")
            for alias in node.names:
                if node.module == package and alias.name in public:
                    yield public[alias.name]
                yield f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in roots:
            yield public.get(node.attr, f"{package}.{node.attr}")


def import_graph(modules: Mapping[str, str], public: Public) -> Graph:
    """Return the graph of a package's modules, given as name -> source; the package's root is no part of it."""
    package = min(modules, key=len)
    graph: Graph = {module: set() for module in modules if module != package}
    for module in graph:
        for name in names_used(ast.parse(modules[module]), package, public):
            used = name
            while used and used not in graph:
                used = used.rpartition(".")[0]
            if used and used != module:
                graph[module].add(used)
    return graph


def circle(graph: Graph) -> list[str]:
    """Return modules that import each other in a circle, the first again at the end; none if there is no circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []
