"""The shape of the package: imports point one way, files stay small, the screen stays out of the rest.

Each rule is a function that returns what breaks it, so that a second test can show that it finds something.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.api_page import themes
from tests.module_graph import Graph, circle, import_graph, names_used, sources

ROOT = Path(__file__).resolve().parent.parent
MODULES = sources(ROOT / "workbench")
PUBLIC = {name: module for names in themes().values() for module, name in names}
GRAPH = import_graph(MODULES, PUBLIC)

LAYERS = [
    "version", "errors", "extras", "processes", "files", "claims", "card_fields", "display_names", "schema", "audio", "text", "corpora", "transcripts", "conditions", "engines", "fairness",
    "study", "store", "runner", "results", "adaptive", "provenance", "figures", "notebook", "cards", "server", "cli", "__main__", "pages",
]  # fmt: skip
"""The package from the ground up: a layer imports from those before it."""

REST = "*"
ROOMS = {
    "fairness": [
        "counts", "clusters", "inference", "group_rates", "group_gaps", "changes", "comparison", "adjusted", "words", "planning", "group_labels scored_utterances conflicting_labels table_rows age_bands", "score conversations gate pooled_sites private_rates", "noisy_sites", "__init__",
        "catalogue glossary",
    ],
    "results": ["kept_scores", REST, "preparation"],
    "pages": ["shared", REST],
    "corpora": [
        "description headers prompts remarks composition audio_locations path_lookup",
        "text_checks audio_files audio_notes labels manifest_stream",
        "adapters", REST, "conversion exports manifest_edit manifest_uploads", "column_mapping label_preview",
        "__init__", "review",
    ],
    "conditions": [
        "arrays grammar parameters requirements draw_keys shared_generators", "event_synthesis excerpts mixer recording_layouts rt60 sound_level time_stretch preset_files", "audible_frames room_responses",
        "recordings channels", "condition recording_uploads voice_pool", REST, "catalogue places former_places", "parser", "presets sweeps", "__init__",
    ],
    "figures": [
        "palette picture wording metric_rows", "plot_rows fact_names", "board curves forest", "paper screen",
        "board_paper board_screen curves_paper curves_screen forest_paper forest_screen", "renderers", REST, "gallery", "__init__",
    ],
}  # fmt: skip
"""Packages from the ground up, a floor each: its modules and folders import from the floors before it. The star is all others."""

MAX_LINES = 400
NOUNS_IN_ING = {"column_mapping", "finding", "planning", "recording", "stopping", "testing", "text_encoding", "wording"}
GROUPS = {"accent", "gender", "age", "region", "first_language"}
SEEDED = {"Generator", "default_rng"}


def upward(graph: Graph, package: str, floors: Sequence[str]) -> Iterator[str]:
    """Yield the arrows within a package that point from a floor to one above it, and what stands on no floor."""
    floor_of = {name: floor for floor, names in enumerate(floors) for name in names.split()}

    def room(module: str) -> str:
        return module.removeprefix(package).lstrip(".").partition(".")[0] or "__init__"

    for module in (module for module in graph if module == package or module.startswith(f"{package}.")):
        floor = floor_of.get(room(module), floor_of.get(REST))
        if floor is None:
            yield f"{module} has no place in the list"
            continue
        for used in graph[module]:
            if used == package or used.startswith(f"{package}."):
                above = floor_of.get(room(used), floor_of.get(REST))
                if room(used) != room(module) and above is not None and above > floor:
                    yield f"{module} imports {used}"


def test_imports_point_from_a_layer_to_those_before_it() -> None:
    assert list(upward(GRAPH, "workbench", LAYERS)) == []


@pytest.mark.parametrize("package", ROOMS)
def test_imports_within_a_package_point_to_the_floors_before(package: str) -> None:
    assert list(upward(GRAPH, f"workbench.{package}", ROOMS[package])) == []
    folder = ROOT / "workbench" / package
    there = {path.stem if path.is_file() else path.name for path in folder.iterdir()} | {"catalogue"}
    assert {name for names in ROOMS[package] for name in names.split()} - {REST} <= there, "a name without a module"


@pytest.mark.parametrize(
    "wrong",
    [
        "from p.high import g",
        "def f():\n    from p import high",
        "if TYPE_CHECKING:\n    import p.high",
        "import p as root\nroot.g()",
        "import p\np.high.g()",
        "from p import g",
    ],
)
def test_a_wrong_arrow_and_a_circle_are_found_however_they_are_written(wrong: str) -> None:
    public = {"g": "p.high"}
    modules = {"p": "", "p.low": wrong, "p.high": "", "p.new": ""}
    problems = ["p.low imports p.high", "p.new has no place in the list"]
    assert sorted(upward(import_graph(modules, public), "p", ["low", "high"])) == problems
    assert list(upward(import_graph(modules, public), "p", ["high", "low", "new"])) == []
    assert list(upward(import_graph(modules, public), "p", ["low", "*"])) == problems[:1]
    closed = {"p": "", "p.low": wrong, "p.high": "from p import new", "p.new": "import p.low as low"}
    assert set(circle(import_graph(closed, public))) == {"p.low", "p.high", "p.new"}
    assert circle(import_graph(closed | {"p.new": "import numpy as np\nnp.low()"}, public)) == []


def test_a_relative_import_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1: a relative import"):
        import_graph({"p": "", "p.a": "from . import b"}, {})


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert len(GRAPH) > 400
    assert circle(GRAPH) == []


def long_files(modules: Mapping[str, str]) -> list[str]:
    return [name for name, source in modules.items() if len(source.splitlines()) > MAX_LINES]


def gerunds(modules: Mapping[str, str]) -> list[str]:
    names = {part for module in modules for part in module.split(".") if part.endswith("ing")}
    return sorted(names - NOUNS_IN_ING)


def screens(modules: Mapping[str, str]) -> list[str]:
    """Return the modules outside the pages that import streamlit."""
    return [
        name
        for name, source in modules.items()
        if not name.startswith("workbench.pages")
        and any(used.partition(".")[0] == "streamlit" for used in names_used(ast.parse(source), "workbench", {}))
    ]


def draws(modules: Mapping[str, str]) -> list[str]:
    """Return where a module draws from the clock or from a generator that all share: randomness is an argument.

    One module holds them for a library that draws from nothing else (audiomentations): under a lock, with both states set and put back.
    """
    found = []
    for name, source in modules.items():
        if name == "workbench.conditions.shared_generators":
            continue
        for node in ast.walk(ast.parse(source)):
            call = ast.unparse(node) if isinstance(node, ast.Call) else ""
            attribute = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
            clock = attribute == "time.time_ns" or call.endswith("default_rng()")
            owner, _, drawn = attribute.rpartition(".")
            shared = owner in ("np.random", "numpy.random") and drawn not in SEEDED
            library = isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names)
            library |= isinstance(node, ast.ImportFrom) and node.module == "random"
            if clock or shared or library:
                found.append(f"{name} line {node.lineno}")
    return found


def group_columns(modules: Mapping[str, str]) -> list[str]:
    """Return where a module assigns a column of groups: they come from manifests, nothing guesses them from the voice."""
    return [
        f"{name} line {target.lineno}"
        for name, source in modules.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant) and target.slice.value in GROUPS
    ]


RULES = {
    long_files: "\n" * (MAX_LINES + 1),
    gerunds: "",
    screens: "def f():\n    import streamlit.web",
    draws: "rng = np.random.default_rng()",
    group_columns: "frame['accent'] = heard(wave)",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_module_breaks_a_rule_and_the_rule_finds_one_that_does(rule) -> None:
    assert rule(MODULES) == []
    assert rule({"workbench.listening": RULES[rule]}) != []


@pytest.mark.parametrize(
    "source", ["np.random.seed(1)", "numpy.random.rand(3)", "import random", "from random import choice", "seed = time.time_ns()"]
)  # fmt: skip
def test_every_way_to_draw_from_what_all_share_is_found(source: str) -> None:
    assert draws({"workbench.m": source}) == ["workbench.m line 1"]
    assert draws({"workbench.m": "rng = np.random.default_rng(seed)\nrng.random()"}) == []


def test_the_router_only_routes() -> None:
    text = (ROOT / "workbench" / "pages" / "router.py").read_text()
    assert len(text.splitlines()) <= 40
    assert "st.navigation" in text
    for script in (ROOT / "app.py", ROOT / "workbench" / "pages" / "entry" / "app.py"):
        lines = script.read_text().splitlines()
        assert len(lines) <= 12
        assert lines[-4:-2] == ['if __name__ == "__main__":', "    show()"]
        assert lines[-1] == "    app = App(__file__, middleware=guards())"
