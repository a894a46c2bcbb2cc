"""Ratings by people: joined to the scores by utterance, as a metric of the grid, and with their correlation to the word error rate.

Words are not meaning: a lost "not" is one word, and ten lost fillers are ten. Where people rated how much of the meaning a transcript
lost, the grid shows that beside what is counted, and the correlation says how far counting stands for it.

Source: Spearman 1904; bootstrap over speakers, Efron 1979; Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import speaker_columns
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.words.metric_grid import RATING
from workbench.schema import HUMAN_RATINGS

Floats = NDArray[np.float64]
KEYS = ["utterance_id", "condition_id", "model_id"]
LEAST_CORRELATED = 5
"""Speakers below which a correlation has no interval."""
REPLICATES = 999


def joined_ratings(scores: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """Return ``ratings`` with the key of the scores that each is of: utterance_id, condition_id, model_id, rater, meaning_lost.

    Parameters
    ----------
    scores : SCORES
    ratings : of ``transcripts.read_ratings``. An utterance may be named without its corpus; a condition or a model that is not named is
        the only one of the scores

    Raises
    ------
    ScoringError : an utterance, condition or model that the scores do not have; one that is not named where there are several
    """
    problems = []
    result = ratings.copy()
    for name in ("condition_id", "model_id"):
        known = list(dict.fromkeys(scores[name].astype("str")))
        unnamed, strange = result[name] == "", sorted(set(result[name]) - {"", *known})
        if unnamed.any() and len(known) > 1:
            problems.append(
                f"{int(unnamed.sum())} ratings name no {name}, and the run has {len(known)}: {', '.join(known[:4])}"
            )
        problems += [f"no {name} {value!r}, {choices(value, known)}" for value in strange]
        result[name] = result[name].mask(unnamed, known[0])
    ids = scores["utterance_id"].astype("str").unique()
    whole = {name: name for name in ids}
    bare = pd.Series(ids, index=[name.partition("/")[2] or name for name in ids])
    whole = {name: str(value) for name, value in bare[~bare.index.duplicated(keep=False)].items()} | whole
    unknown = sorted(set(result["utterance_id"]) - set(whole))
    if unknown:
        problems.append(f"{len(unknown)} utterances are not in the run: {', '.join(unknown[:3])}")
    if problems:
        raise ScoringError(
            "; ".join(problems), place="ratings", remedy="name utterance, condition and model as the run does"
        )
    return result.assign(utterance_id=result["utterance_id"].map(whole))


def with_ratings(scores: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """Return SCORES with the column ``meaning_lost``: the mean over the raters of an utterance, missing where nobody rated it.

    Raises
    ------
    ScoringError : as :func:`joined_ratings`
    """
    means = joined_ratings(scores, ratings).groupby(KEYS)[RATING].mean()
    places = pd.MultiIndex.from_frame(scores[KEYS].astype("str"))
    return scores.assign(**{RATING: means.reindex(places).to_numpy(dtype=np.float64)})


def human_ratings(
    scores: pd.DataFrame, ratings: pd.DataFrame, *, replicates: int = REPLICATES, seed: int = 0
) -> pd.DataFrame:
    """Return HUMAN_RATINGS: mean rating, its rank correlation with the word error rate, and how far the raters agree.

    The interval is that of the percentiles over whole speakers drawn anew; utterances of a speaker are not independent.

    Raises
    ------
    ScoringError : as :func:`joined_ratings`

    Source: the module's docstring.
    """
    rated = joined_ratings(scores, ratings)
    frame = with_ratings(scores, ratings)
    frame = frame[frame[RATING].notna() & (frame["status"] == "ok") & (frame["ref_words"].fillna(0) > 0)]
    rows = []
    for (model, condition), cell in frame.groupby(["model_id", "condition_id"], sort=False):
        own = rated[(rated["model_id"] == model) & (rated["condition_id"] == condition)]
        rows.append({"model_id": model, "condition_id": condition, **_figures(cell, own, replicates, seed)})
    return typed(rows, HUMAN_RATINGS, HUMAN_RATINGS.column_names)


def _figures(cell: pd.DataFrame, rated: pd.DataFrame, replicates: int, seed: int) -> dict[str, object]:
    speakers = cell[speaker_columns(cell)].astype("str").agg("\x1f".join, axis=1).to_numpy()
    errors, words = (cell[name].to_numpy(dtype=np.float64) for name in ("errors", "ref_words"))
    rates = errors / words
    values = cell[RATING].to_numpy(dtype=np.float64)
    names = np.unique(speakers)
    correlation = spearman(values, rates)
    low = high = math.nan
    if len(names) >= LEAST_CORRELATED and not math.isnan(correlation):
        rng = generator("human ratings", str(cell["model_id"].iloc[0]), str(cell["condition_id"].iloc[0]), seed=seed)
        places = [np.flatnonzero(speakers == name) for name in names]
        drawn = []
        for _ in range(replicates):
            resampled = np.concatenate([places[place] for place in rng.integers(len(names), size=len(names))])
            drawn.append(spearman(values[resampled], rates[resampled]))
        low, high = np.nanpercentile(drawn, [2.5, 97.5]).tolist()
    units = [part[RATING].tolist() for _, part in rated.groupby(KEYS)]
    agreement = krippendorff_alpha(units)
    return {
        "n_utterances": len(cell), "n_speakers": len(names), "meaning_lost": float(values.mean()), "correlation": correlation,
        "ci_low": low, "ci_high": high, "n_raters": rated["rater"].nunique(), "alpha": agreement,
        "reason": joined(
            [
                "all ratings or all rates are the same: no correlation" if math.isnan(correlation) else "",
                f"fewer than {LEAST_CORRELATED} speakers: no interval" if len(names) < LEAST_CORRELATED else "",
                "no utterance with two different raters: no agreement" if math.isnan(agreement) else "",
            ]
        ),
    }  # fmt: skip


def spearman(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation, ties at their mean rank; NaN where a side does not vary."""
    from scipy.stats import rankdata

    a, b = rankdata(first), rankdata(second)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def krippendorff_alpha(units: Sequence[Sequence[float]]) -> float:
    """Return Krippendorff's alpha for ratings on an interval scale; NaN without a unit of two ratings or without any variation.

    ``units`` : the ratings of each utterance, however many.

    >>> krippendorff_alpha([[1, 1], [2, 2], [3, 3]])
    1.0
    """
    pairable = [np.asarray(unit, dtype=np.float64) for unit in units if len(unit) > 1]
    if not pairable:
        return math.nan
    values = np.concatenate(pairable)
    n = len(values)
    # The sum of the squared differences of all pairs of m values, each way, is 2 m times their sum of squares about the mean.
    expected = 2.0 * n * float(np.sum(np.square(values - values.mean()))) / (n - 1)
    observed = sum(
        2.0 * len(unit) * float(np.sum(np.square(unit - unit.mean()))) / (len(unit) - 1) for unit in pairable
    )
    return math.nan if expected == 0.0 else 1.0 - observed / expected
