"""The shape of the package: imports point one way, files stay small, the screen stays out of the rest."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import workbench
from tests.module_graph import circle, import_graph, sources

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "workbench"
LAYERS = [
    "version", "errors", "processes", "files", "claims", "schema", "audio", "text", "corpora", "transcripts", "conditions", "engines", "fairness", "study", "store", "runner",
    "results", "adaptive", "provenance", "figures", "notebook", "cards", "cli", "__main__", "pages",
]  # fmt: skip
RANK = {name: rank for rank, name in enumerate(LAYERS)}
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 400


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_layers(tree: ast.AST) -> set[str]:
    """Layers named by the imports of a module, at its top or inside its functions."""
    found = set()
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the arrow"
            module = node.module or ""
            names = [f"workbench.{alias.name}" for alias in node.names] if module == "workbench" else [module]
        for name in names:
            parts = name.split(".")
            if parts[0] == "workbench" and len(parts) > 1 and parts[1] in RANK:
                found.add(parts[1])
    return found


def upward(path: Path, tree: ast.AST) -> list[str]:
    own = RANK[layer(path)]
    return sorted(name for name in imported_layers(tree) if RANK[name] > own)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_import_points_up_the_list(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return  # it re-exports the public names, lazily
    assert layer(path) in RANK, f"{layer(path)} has no place in the list of layers"
    assert upward(path, ast.parse(path.read_text())) == []


def test_the_arrow_test_finds_a_wrong_arrow() -> None:
    tree = ast.parse("def f():\n    from workbench import fairness\n")
    assert upward(PACKAGE / "audio" / "level.py", tree) == ["fairness"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_passes_the_limit(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_streamlit_stays_in_the_pages(path: Path) -> None:
    if layer(path) == "pages":
        return
    assert "streamlit" not in {name.split(".")[0] for name in top_level_names(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_draws_from_the_clock_or_the_global_generator(path: Path) -> None:
    text = path.read_text()
    for banned in ("np.random.seed", "np.random.rand", "random.seed(", "time.time_ns", "default_rng()"):
        assert banned not in text, f"{banned}: randomness is an argument, derived from names"


def top_level_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_the_router_only_routes() -> None:
    text = (ROOT / "app.py").read_text()
    assert len(text.splitlines()) <= 40
    assert "st.navigation" in text


def test_no_module_writes_a_group_column() -> None:
    """Groups come from manifests only: nothing guesses a speaker's accent or gender from the voice."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                        assert target.slice.value not in {"accent", "gender", "age", "region", "first_language"}, path


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = import_graph(sources(PACKAGE), {name: f"workbench.{place}" for name, (place, _) in workbench._LAZY.items()})
    assert len(graph) > 400
    assert circle(graph) == []


@pytest.mark.parametrize(
    "back",
    [
        "from p.a import f",
        "def g():\n    import p.a",
        "if TYPE_CHECKING:\n    from p import a",
        "import p as root\nroot.f()",
        "from p import f",
    ],
)
def test_the_circle_test_finds_one_however_it_is_closed(back: str) -> None:
    modules = {"p": "", "p.a": "from p import b", "p.b": "import p.c as c", "p.c": back}
    assert set(circle(import_graph(modules, {"f": "p.a"}))) == {"p.a", "p.b", "p.c"}
    assert circle(import_graph(modules | {"p.c": "import numpy as np\nnp.f()"}, {"f": "p.a"})) == []
