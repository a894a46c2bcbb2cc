"""The grid: the whole product, missing cells with their reason, figures that are those of their own definitions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ScoringError
from workbench.fairness.words.metric_grid import METRICS, grid, metric_orders
from workbench.text import add_scores, get_normaliser

TEXT = "no seven pills for him"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    made = []
    for model, conditions in (("m", ["clean", "room@2"]), ("n", ["clean"])):
        for condition in conditions:
            for group, n, miss in (("a", 6, 0.1), ("b", 6, 0.3), ("c", 6, 0.5), ("d", 3, 0.9)):
                for person in range(n):
                    words = [word for word in TEXT.split() if rng.random() > miss]
                    failed = group == "b" and person == 0 and condition == "room@2"
                    made.append(
                        {
                            "model_id": model, "condition_id": condition, "accent": group, "speaker_id": f"{group}{person}",
                            "utterance_id": f"c/{group}{person}", "corpus_id": "c", "status": "failed" if failed else "ok",
                            "reference_raw": TEXT, "hypothesis_raw": None if failed else " ".join(words), "duration_s": 2.0,
                            "decode_s": 0.5, "confidence": 0.8 if model == "m" else math.nan,
                        }
                    )  # fmt: skip
    return add_scores(pd.DataFrame(made), get_normaliser("basic"))


def cell(table: pd.DataFrame, metric: str, group: str = "", condition: str = "clean", model: str = "m") -> pd.Series:
    of = table[(table["metric"] == metric) & (table["group"] == group)]
    return of[(of["condition_id"] == condition) & (of["model_id"] == model)].iloc[0]


def test_every_combination_is_a_cell_and_missing_ones_say_why(rows: pd.DataFrame) -> None:
    table = grid(rows, "accent")
    assert len(table) == 2 * 2 * (5 * len(METRICS) + 1)
    assert not table.duplicated(["model_id", "condition_id", "group", "metric"]).any()
    absent = table[(table["model_id"] == "n") & (table["condition_id"] == "room@2")]
    assert set(absent["state"]) == {"not tested"} and absent["value"].isna().all()
    assert cell(table, "calibration error", model="n")["state"] == "not given"
    assert math.isnan(cell(table, "calibration error", model="n")["value"])
    assert cell(table, "error rate", "d")["state"] == "too few"
    assert cell(table, "failures", "b", "room@2")["value"] == pytest.approx(1 / 6)
    assert cell(table, "failures", "b")["value"] == 0


def test_figures_are_those_of_their_definitions(rows: pd.DataFrame) -> None:
    table = grid(rows, "accent")
    own = rows[(rows["model_id"] == "m") & (rows["condition_id"] == "clean")]
    b = own[own["accent"] == "b"]
    assert cell(table, "error rate", "b")["value"] == pytest.approx(b["errors"].sum() / b["ref_words"].sum())
    assert cell(table, "real-time factor", "b")["value"] == pytest.approx(0.25)
    assert cell(table, "empty output", "b")["value"] == pytest.approx((b["hypothesis_raw"] == "").mean())
    right = b["hits"].astype(float) / b["ref_words"].astype(float)
    assert cell(table, "calibration error", "b")["value"] == pytest.approx(abs(0.8 - right.mean()))
    said = [text.split() for text in b["hypothesis_raw"]]
    kept = sum(word in text for text in said for word in ("no", "seven", "him"))
    assert cell(table, "keyword recall", "b")["value"] == pytest.approx(kept / 18)
    gaps = {
        group: own[own["accent"] == group]["errors"].sum() / own[own["accent"] == group]["ref_words"].sum()
        - own[own["accent"] != group]["errors"].sum() / own[own["accent"] != group]["ref_words"].sum()
        for group in "abc"
    }
    worst = cell(table, "worst gap")
    assert worst["of"] == max(gaps, key=gaps.get) and worst["value"] == pytest.approx(max(gaps.values()))


def test_orders_agree_where_they_do_and_swaps_are_named(rows: pd.DataFrame) -> None:
    orders = metric_orders(rows, "accent")
    pair = orders[
        (orders["metric"] == "error rate") & (orders["versus"] == "keyword recall") & (orders["model_id"] == "m")
    ]
    assert pair.iloc[0]["n_groups"] == 3 and -1 <= pair.iloc[0]["tau"] <= 1
    turned = rows.assign(decode_s=rows["accent"].map({"a": 3.0, "b": 2.0, "c": 1.0, "d": 1.0}))
    reverse = metric_orders(turned, "accent").set_index(["model_id", "condition_id", "metric", "versus"])
    row = reverse.loc[("m", "clean", "error rate", "real-time factor")]
    assert row["tau"] == pytest.approx(-1.0) and row["swaps"] == "a / b, a / c, b / c"
    same = orders[(orders["metric"] == "real-time factor") & (orders["versus"] == "failures")]
    assert same["tau"].isna().all() and same["reason"].str.contains("the same for all groups").all()
    with pytest.raises(ScoringError, match="no attribute 'gender'"):
        grid(rows, "gender")
