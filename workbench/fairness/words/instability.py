"""Instability: how much an engine's text of one utterance changes with the draw of the noise. No reference is needed.

Two texts differ by the word edit distance over the words of the longer one, 0 for equal texts and 1 where no word is kept; an
utterance by the mean over all pairs of runs, a speaker by the mean over utterances, a group by the mean over speakers. A stable
text may be wrong and an unstable one right on average, so where there are references the correlation with the error rate stands
beside it.

In the spirit of accumulated prediction sensitivity (Krishna et al. 2022, ACL), which weights by gradients and needs the model.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import speaker_columns
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.inference.intervals import t_quantile
from workbench.schema import NOT_STATED
from workbench.schema.search_tables import INSTABILITY

KEYS = ["model_id", "condition_id", "utterance_id"]
LEAST_CORRELATED = 5
"""Speakers; a rank correlation over fewer says nothing."""


def text_distance(first: str, second: str) -> float:
    """Return the word edit distance of two texts over the words of the longer one.

    >>> text_distance("one two three", "one three"), text_distance("", "")
    (0.3333333333333333, 0.0)
    """
    a, b = first.split(), second.split()
    return Levenshtein.distance(a, b) / max(len(a), len(b), 1)


def instability(runs: Sequence[pd.DataFrame], by: Sequence[str] = ()) -> pd.DataFrame:
    """Return INSTABILITY of the same utterances in several runs, which heard other draws of the same conditions.

    Parameters
    ----------
    runs : SCORES under one normaliser, two or more; utterances that a run lacks or failed on are left out
    by : attributes; everybody comes first

    Raises
    ------
    ScoringError : fewer than two runs, other normalisers, nothing in common, an attribute that is not there

    Source: module docstring; t interval over speakers.
    """
    if len(runs) < 2:
        raise ScoringError(f"{len(runs)} run cannot differ from itself", remedy="name another with another seed")
    norms = {str(name) for run in runs for name in run["normaliser_id"].unique()}
    if len(norms) > 1:
        raise ScoringError(f"scored under {', '.join(sorted(norms))}", remedy="score all under one normaliser")
    missing = [name for name in by if name not in runs[0].columns]
    if missing:
        raise ScoringError(f"no attribute {', '.join(map(repr, missing))}")
    texts = runs[0][runs[0]["status"] == "ok"].set_index(KEYS)
    together = texts[["hypothesis", "audio_digest"]].rename(columns={"hypothesis": "text 0", "audio_digest": "heard 0"})
    for number, run in enumerate(runs[1:], start=1):
        other = run[run["status"] == "ok"].set_index(KEYS)[["hypothesis", "audio_digest"]]
        together = together.join(
            other.rename(columns={"hypothesis": f"text {number}", "audio_digest": f"heard {number}"}), how="inner"
        )
    if together.empty:
        raise ScoringError("the runs have no utterance under the same model and condition in common")
    names = [f"text {number}" for number in range(len(runs))]
    heard = [f"heard {number}" for number in range(len(runs))]
    pairs = list(itertools.combinations(range(len(runs)), 2))
    values = together[names].fillna("").to_numpy(dtype=object)
    rows = texts.loc[together.index].reset_index()
    rows["distance"] = [float(np.mean([text_distance(line[a], line[b]) for a, b in pairs])) for line in values]
    rows["identical"] = [len(set(line)) == 1 for line in values]
    rows["unmoved"] = together[heard].nunique(axis=1).to_numpy() <= 1
    rows["speaker"] = rows[speaker_columns(rows)].astype("str").agg("\x1f".join, axis=1)
    left_out = len(texts) - len(together)
    results = []
    for (model, condition), cell in rows.groupby(["model_id", "condition_id"], sort=False):
        groups = [("", "", cell)]
        for name in by:
            labels = cell[name].astype("str").fillna(NOT_STATED)
            groups += [(name, str(group), part) for group, part in cell.groupby(labels, sort=True)]
        for attribute, group, part in groups:
            fixed = {"model_id": model, "condition_id": condition, "attribute": attribute, "group": group}
            results.append({**fixed, "n_runs": len(runs), **_figures(part, left_out)})
    return typed(results, INSTABILITY, INSTABILITY.column_names)


def _figures(rows: pd.DataFrame, left_out: int) -> dict[str, object]:
    people = rows.groupby("speaker", sort=True)
    means = people["distance"].mean()
    n, mean = len(means), float(means.mean())
    half = float(t_quantile(n - 1, 0.975)) * float(means.std()) / math.sqrt(n) if n > 1 else math.nan
    words, errors = (people[name].sum().astype("float64") for name in ("ref_words", "errors"))
    rates = errors[words > 0] / words[words > 0]
    both = means[rates.index]
    correlated = len(both) >= LEAST_CORRELATED and min(len(both.unique()), len(rates.unique())) > 1
    return {
        "n_speakers": n,
        "n_utterances": len(rows),
        "distance": mean,
        "ci_low": max(0.0, mean - half) if n > 1 else math.nan,
        "ci_high": min(1.0, mean + half) if n > 1 else math.nan,
        "identical": float(rows["identical"].mean()),
        "correlation": float(both.corr(rates, method="spearman")) if correlated else math.nan,
        "reason": joined(
            [
                "no noise, no seed: every run heard the same samples" if rows["unmoved"].all() else "",
                "1 speaker: no interval" if n == 1 else "",
                f"{left_out} utterances are not in every run" if left_out else "",
            ]
        ),
    }
