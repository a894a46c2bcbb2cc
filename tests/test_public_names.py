"""The public names: what __all__ promises is there, nothing else, and importing the package stays light."""

from __future__ import annotations

import inspect
import subprocess
import sys

import workbench
from workbench import fairness, figures


def test_all_names_what_can_be_had_and_is_sorted() -> None:
    assert sorted(workbench.__all__) == workbench.__all__ == sorted(workbench._LAZY)
    for name in workbench.__all__:
        assert getattr(workbench, name) is not None


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
    assert set(statistics) <= set(workbench.__all__)
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
