"""The public names: what __all__ promises is there, nothing else, and importing the package stays light."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import workbench
from tests.api_page import themes
from workbench import fairness, figures

PUBLIC = [name for names in themes().values() for _, name in names]
ROOT = Path(workbench.__file__).parent.parent


def test_every_name_of_the_stub_stands_there_once_and_can_be_had() -> None:
    assert sorted(PUBLIC) == sorted(workbench.__all__)
    assert len(set(PUBLIC)) == len(PUBLIC) > 100
    for module, name in (pair for names in themes().values() for pair in names):
        assert getattr(workbench, name) is getattr(import_module(module), name)


def test_every_public_name_is_used_by_a_command_a_page_a_card_a_notebook_or_a_document() -> None:
    """What only tests and benchmarks need stays in its room: the public face is what users meet."""

    def text(*patterns: str) -> str:
        return "\n".join(path.read_text(encoding="utf-8") for pattern in patterns for path in ROOT.glob(pattern))

    surfaces = text("workbench/cli/**/*.py", "workbench/pages/**/*.py", "workbench/cards/*.py", "app.py")
    documents = text(
        "README.md",
        "notebooks/*.ipynb",
        *(f"docs/{name}.md" for name in ("engines", "scale", "studies", "method", "corpora")),
    )
    used = set(re.findall(r"\w+", surfaces)) | set(re.findall(r"\bwb\.(\w+)", documents))
    assert sorted(set(PUBLIC) - used) == []


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, workbench; print([m for m in ('torch', 'whisper', 'streamlit', 'pandas', 'plotly') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(workbench, "wer")


def test_every_statistic_can_be_had_from_the_package_and_names_its_source() -> None:
    statistics = {name: value for name in fairness.__all__ if inspect.isfunction(value := getattr(fairness, name))}
    assert set(statistics) >= {
        "adjusted_gaps", "balance", "compare", "compare_systems", "dose_response", "dose_slopes", "e_value", "gap_changes",
        "gaps", "kitagawa", "power", "power_of_corpus", "rates", "score_table", "speakers_needed", "spread",
    }  # fmt: skip
    assert set(statistics) - {"e_value", "with_speech_rate"} <= set(
        workbench.__all__
    )  # which only other statistics call
    assert [name for name, function in statistics.items() if "Source: " not in (function.__doc__ or "")] == []


def test_every_figure_can_be_had_from_the_package() -> None:
    drawn = {
        name
        for name in figures.__all__
        if inspect.isfunction(value := getattr(figures, name))
        and inspect.signature(value).return_annotation == "Picture"
    }
    assert drawn >= {"rate_heatmap", "dose_curves", "error_kinds", "normaliser_gaps"}
    assert drawn <= set(workbench.__all__)
