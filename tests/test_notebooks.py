"""Notebooks are prose and public calls, with what they show; ``make notebooks`` executes them and compares."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.notebook_outputs import KEPT_TYPES, SOUND, WIDGET, differences, kept, source_digest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST_KB = 600


def code_cells(path: Path) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_defines_nothing(path: Path) -> None:
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_calls_only_the_public_package(path: Path) -> None:
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("workbench")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_begins_with_its_parameters_and_needs_nothing_beside_the_clone(path: Path) -> None:
    first, *others = code_cells(path)
    assert first.metadata.get("tags") == ["parameters"]
    assert all(isinstance(node, ast.Assign) for node in ast.parse(first.source).body)
    assert re.search(r"^(MANIFEST|TABLE) = .*# your (manifest|table|file) here", first.source, flags=re.MULTILINE)
    assert not any("shared" in cell.source for cell in others)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_keeps_what_its_code_showed_as_a_code_host_can_draw_it(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.get("workbench", {}).get("executed") == source_digest(notebook), "make notebook-outputs"
    outputs = [output for cell in code_cells(path) for output in cell.outputs]
    assert {name for output in outputs for name in output.get("data", {})} <= set(KEPT_TYPES)
    assert any({"text/html", "image/svg+xml"} & set(output.get("data", {})) for output in outputs)
    assert not any(output.output_type == "error" for output in outputs)
    assert path.stat().st_size < LARGEST_KB * 1000


def test_sound_widgets_and_scripts_are_not_kept_and_figures_are() -> None:
    def output(**data: str) -> Any:
        made = {name.replace("__", "/").replace("_plus_", "+"): value for name, value in data.items()}
        return kept(nbformat.v4.new_output("display_data", data=made)).data

    assert output(text__html="<audio src='data:...'>", text__plain="<Audio>") == {"text/plain": SOUND}
    assert output(**{"application/vnd.jupyter.widget-view+json": "{}", "text__plain": "VBox()"}) == {
        "text/plain": WIDGET
    }
    figure = output(
        **{"image__svg_plus_xml": "<svg/>", "text__plain": "in words", "application__vnd.plotly.v1_plus_json": "{}"}
    )
    assert figure == {"image/svg+xml": "<svg/>", "text/plain": "in words"}


def test_an_output_of_other_code_is_noticed() -> None:
    def notebook(text: str) -> Any:
        cell = nbformat.v4.new_code_cell("f()", outputs=[nbformat.v4.new_output("stream", text=text)])
        return nbformat.v4.new_notebook(cells=[cell])

    assert list(differences(notebook("rate 0.20: GAP"), notebook("rate 0.21: GAP"))) == []
    assert list(differences(notebook("rate 0.20"), notebook("rate 0.80"))) == ["cell 0: 0.20 is kept, 0.80 is made"]
    assert list(differences(notebook("GAP"), notebook("EQUIVALENT"))) != []
    assert list(differences(notebook("three rows"), notebook("three rows more"))) != []
