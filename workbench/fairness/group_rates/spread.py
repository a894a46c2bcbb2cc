"""How far the groups are spread: worst group, range, inequality; each beside what as many equal groups would show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import (
    SixSums,
    group_columns,
    refuse_speakers_in_two_groups,
    speaker_columns,
    speaker_sums,
)
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_rates.inequality import atkinson, faas, generalised_entropy, gini, theil
from workbench.fairness.group_rates.rates import ENOUGH_WORDS
from workbench.fairness.inference.grid_permutation import REPLICATES, TIE, Floats, Whole, relabelled_sums, sums_of
from workbench.fairness.inference.intervals import NAN, TAIL, Interval, rate_interval, t_quantile
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import SPREAD

WORST, RANGE, RATIO, SHARE = "worst group", "max - min", "max / min", "share between groups"
UNITS = {
    WORST: "rate",
    RANGE: "rate",
    RATIO: "ratio",
    "max - mean": "rate",
    "weighted SD": "rate",
    "Gini": "index",
    "GE(2)": "index",
    "Theil": "index",
    "Atkinson (1/2)": "index",
    "GE(2) of speakers": "index",
    "GE(2) of speakers, between groups": "index",
    "GE(2) of speakers, within groups": "index",
    SHARE: "share",
}
"""The measures, in the order of :func:`measures`, with their units."""
WITHOUT_NULL = ("GE(2) of speakers", "GE(2) of speakers, within groups")
NOTES = {
    WORST: "chosen because it is the worst, hence likely not quite so bad: compare it with what chance would choose",
    RANGE: "grows with the number of groups even if all are equal: read it beside null_expected",
    RATIO: "grows with the number of groups even if all are equal: read it beside null_expected",
    SHARE: "of the inequality between speakers (GE(2), every speaker weighing the same), the part between groups",
}
FAAS_NOTE = (
    "for comparison with published tables only, no measure of fairness: it knows no scale (two groups of equal size "
    "give the same whether they differ by .01 or by 80 points) and rewards small samples; its p is here that of "
    "max - min by permutation, the published one is of a mixed regression"
)
NAMED = 10


def spread(
    scores: pd.DataFrame,
    attribute: str,
    *,
    threshold: float = 0.5,
    permutations: int = REPLICATES,
    seed: int = 0,
) -> pd.DataFrame:
    """Return SPREAD: for every model x condition, measures of the spread of the groups' pooled rates.

    Groups below 5 speakers or 500 words are left out and named in ``note``. Every measure has an interval and a null:
    labels are handed to the same speakers at random, groups keeping their sizes, and ``null_expected``, ``null_95`` and
    ``p_value`` say what these equal groups show. Max - min of equal groups is not 0 and grows with their number.

    Measures: worst group; max - min; max / min; max - mean; SD weighted by words; Gini, GE(2), Theil, Atkinson over
    groups of equal weight (``inequality``); GE(2) over speakers with its parts between and within groups, which add up
    (Shorrocks 1980); the share of speakers whose rate is above ``threshold``, in all and by group (Clopper-Pearson);
    FAAS.

    Intervals: delete-one-speaker jackknife within groups (Efron & Stein 1981), t with Satterthwaite's degrees of
    freedom, on the log scale for max / min; the worst group's is that of its rate. A jackknife does not know that the
    extremes were chosen: the null does.

    Raises
    ------
    ScoringError : no such column, a speaker in two groups, a threshold outside 0 to 1, no permutations

    Source: Shorrocks 1980, Econometrica 48: 613-625; Efron & Stein 1981; ``inequality`` for each index.
    """
    if not 0 < threshold <= 1:
        raise ScoringError(f"threshold {threshold!r} is not between 0 and 1", remedy="0.5 means half of the words")
    if permutations < 1:
        raise ScoringError(f"{permutations} permutations test nothing", remedy=f"{REPLICATES} are usual")
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot compare the groups of {attribute!r}", remedy="name an attribute of the speakers")
    people = speaker_sums(scores, named, method="linearised", empty_references="separate")
    if people.empty:
        return typed([], SPREAD, SPREAD.column_names)
    if attribute not in speaker_columns(scores):
        refuse_speakers_in_two_groups(people, attribute, speaker_columns(scores))
    rows: list[dict[str, object]] = []
    for model, own in people.groupby("model_id", sort=True):
        cells = [
            _Cell.of(str(condition), cell, attribute) for condition, cell in own.groupby("condition_id", sort=True)
        ]
        rng = generator("spread", attribute, str(model), seed=seed)
        nulls = _nulls(cells, permutations, rng)
        for cell, null in zip(cells, nulls, strict=True):
            fixed = {"model_id": model, "condition_id": cell.condition, "attribute": attribute}
            rows += [{**fixed, **row} for row in _rows(cell, null, threshold)]
    return typed(rows, SPREAD, SPREAD.column_names)


@dataclass(frozen=True, slots=True)
class _Cell:
    """One condition of one model: speakers of the groups with enough evidence, in the order of their names."""

    condition: str
    names: tuple[str, ...]
    left_out: tuple[str, ...]
    people: tuple[str, ...]
    groups: Whole
    errors: Whole
    words: Whole

    @classmethod
    def of(cls, condition: str, cell: pd.DataFrame, attribute: str) -> _Cell:
        cell = cell[cell["ref_words"] > 0]
        counts = cell.groupby(attribute, sort=True)["ref_words"].agg(["size", "sum"])
        enough = (counts["size"] >= ENOUGH_SPEAKERS) & (counts["sum"] >= ENOUGH_WORDS)
        names = [str(name) for name in counts.index[enough]]
        kept = cell[cell[attribute].isin(names)]
        keys = kept[[name for name in ("corpus_id", "speaker_id") if name in kept]].astype(str).agg("/".join, axis=1)
        return cls(
            condition,
            tuple(names),
            tuple(
                f"{name} ({size} speaker{'' if size == 1 else 's'}, {words} word{'' if words == 1 else 's'})"
                for name, size, words in counts[~enough].itertuples()
            ),
            tuple(keys),
            np.searchsorted(names, kept[attribute].to_numpy(dtype=str)).astype(np.int64),
            kept["errors"].to_numpy(dtype=np.int64),
            kept["ref_words"].to_numpy(dtype=np.int64),
        )

    @property
    def per_speaker(self) -> Floats:
        """E, N, 1, w and w^2 of every speaker, w = E / N."""
        rate = self.errors / self.words
        return np.column_stack([self.errors, self.words, np.ones(len(rate)), rate, rate**2]).astype(np.float64)


N_VALUES = 5


def measures(sums: Floats) -> Floats:
    """Return all measures (..., measures) from sums of E, N, 1, w, w^2 per group (..., groups, 5)."""
    e, n, g, w, ww = np.moveaxis(sums, -1, 0)
    rates = e / n
    mean = e.sum(axis=-1) / n.sum(axis=-1)
    low, high = rates.min(axis=-1), rates.max(axis=-1)
    sd = np.sqrt((n * (rates - mean[..., None]) ** 2).sum(axis=-1) / n.sum(axis=-1))
    people = g.sum(axis=-1)
    middle = w.sum(axis=-1) / people
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = high / low
        total = np.maximum(ww.sum(axis=-1) / people / middle**2 - 1, 0.0) / 2
        between = np.maximum((w**2 / g).sum(axis=-1) / people / middle**2 - 1, 0.0) / 2
        share = between / total
    return np.stack(
        [
            high, high - low, ratio, high - mean, sd, gini(rates), generalised_entropy(rates), theil(rates),
            atkinson(rates), total, between, total - between, share,
        ],
        axis=-1,
    )  # fmt: skip


def _nulls(cells: Sequence[_Cell], permutations: int, rng: np.random.Generator) -> list[Floats | None]:
    """Return the measures under random labels (labellings x measures) of each condition; conditions share labellings."""
    result: list[Floats | None] = [None] * len(cells)
    alike: dict[tuple[tuple[str, ...], bytes], list[int]] = {}
    for at, cell in enumerate(cells):
        if len(cell.names) > 1:
            alike.setdefault((cell.people, cell.groups.tobytes()), []).append(at)
    for places in alike.values():
        values = np.concatenate([cells[at].per_speaker for at in places], axis=1)
        batches: list[list[Floats]] = [[] for _ in places]
        for sums in relabelled_sums(values, cells[places[0]].groups, replicates=permutations, rng=rng):
            split = sums.reshape(*sums.shape[:2], len(places), N_VALUES)
            for i, batch in enumerate(batches):
                batch.append(measures(split[:, :, i]))
        for at, batch in zip(places, batches, strict=True):
            result[at] = np.concatenate(batch)
    return result


def _rows(cell: _Cell, null: Floats | None, threshold: float) -> list[dict[str, object]]:
    counts: dict[str, object] = {"n_groups": len(cell.names), "n_speakers": len(cell.people), "group": ""}
    left_out = _left_out(cell)
    if null is None:
        note = joined([f"fewer than two groups with {ENOUGH_SPEAKERS} speakers and {ENOUGH_WORDS} words", left_out])
        empty: list[dict[str, object]] = [
            {"statistic": name, "unit": unit, "note": note} for name, unit in UNITS.items()
        ]
        return [{**counts, **row} for row in [*empty, *_speakers_above(cell, threshold, left_out)]]
    sums = sums_of(cell.per_speaker, cell.groups)
    observed = measures(sums)
    intervals = _intervals(cell, sums, observed)
    rates = sums[:, 0] / sums[:, 1]
    worst = int(rates.argmax())
    rows: list[dict[str, object]] = []
    for at, (name, unit) in enumerate(UNITS.items()):
        value = float(observed[at])
        notes = [NOTES.get(name, ""), left_out]
        if not math.isfinite(value):
            value = NAN
            notes.insert(0, "a group without errors: no ratio" if name == RATIO else "no spread to divide")
        row: dict[str, object] = {"statistic": name, "unit": unit, "value": value, "note": joined(notes)}
        row |= _null(null[:, at], value) if name not in WITHOUT_NULL else {}
        if name == WORST:
            own = cell.groups == worst
            of_worst = rate_interval(SixSums.of(cell.errors[own].tolist(), cell.words[own].tolist()))
            rows.append({**row, "group": cell.names[worst], "ci_low": of_worst.low, "ci_high": of_worst.high})
            continue
        interval = intervals[name] if not math.isnan(value) else Interval()
        rows.append({**row, "ci_low": interval.low, "ci_high": interval.high})
    p_range = _null(null[:, 1], float(observed[1]))["p_value"]
    score = faas(rates, sums[:, 2], overall=float(sums[:, 0].sum() / sums[:, 1].sum()), p_value=p_range)
    rows += _speakers_above(cell, threshold, left_out)
    rows.append({"statistic": "FAAS", "unit": "index", "value": score, "note": joined([FAAS_NOTE, left_out])})
    return [{**counts, **row} for row in rows]


def _left_out(cell: _Cell) -> str:
    if not cell.left_out:
        return ""
    more = [f"and {len(cell.left_out) - NAMED} more"] if len(cell.left_out) > NAMED else []
    return f"left out for too little evidence: {', '.join([*cell.left_out[:NAMED], *more])}"


def _null(drawn: Floats, value: float) -> dict[str, float]:
    """Return what equal groups show, and the share of labellings that reach ``value``."""
    if math.isnan(value) or np.isnan(drawn).any():
        return dict.fromkeys(("null_expected", "null_95", "p_value"), NAN)
    reached = int(np.count_nonzero(drawn >= value * (1 - TIE)))
    shown = [float(drawn.mean()), float(np.quantile(drawn, 0.95, method="higher"))]
    expected, upper = (item if math.isfinite(item) else NAN for item in shown)
    return {"null_expected": expected, "null_95": upper, "p_value": (1 + reached) / (1 + len(drawn))}


def _intervals(cell: _Cell, sums: Floats, observed: Floats) -> Mapping[str, Interval]:
    """Return jackknife intervals: speakers left out one at a time, within their groups."""
    values, k = cell.per_speaker, len(cell.names)
    left_out = np.empty((len(values), len(observed)))
    step = max(1, 2_000_000 // (k * N_VALUES))
    for start in range(0, len(values), step):
        part = slice(start, start + step)
        without = np.broadcast_to(sums, (len(values[part]), k, N_VALUES)).copy()
        without[np.arange(len(without)), cell.groups[part]] -= values[part]
        left_out[part] = measures(without)
    logged = list(UNITS).index(RATIO)
    with np.errstate(divide="ignore", invalid="ignore"):
        left_out[:, logged] = np.log(left_out[:, logged])
        centre = np.where(np.arange(len(observed)) == logged, np.log(observed), observed)
        g = np.bincount(cell.groups).astype(np.float64)[:, None]
        means = sums_of(left_out, cell.groups) / g
        each = (g - 1) / g * sums_of((left_out - means[cell.groups]) ** 2, cell.groups)
    result = {}
    for at, name in enumerate(UNITS):
        variance = float(each[:, at].sum())
        if not variance > 0 or not math.isfinite(variance):
            result[name] = Interval()
            continue
        df = max(1.0, variance**2 / float((each[:, at] ** 2 / (g[:, 0] - 1)).sum()))
        half = t_quantile(df, 1 - TAIL) * math.sqrt(variance)
        low, high = float(centre[at]) - half, float(centre[at]) + half
        if name == RATIO:
            result[name] = Interval(max(1.0, math.exp(low)), math.exp(min(high, 700.0)))
        else:
            result[name] = Interval(max(0.0, low), min(high, 1.0) if UNITS[name] == "share" else high)
    return result


def _speakers_above(cell: _Cell, threshold: float, left_out: str) -> list[dict[str, object]]:
    """Return the share of speakers above a rate, in all and by group, with Clopper-Pearson intervals."""
    above = cell.errors > threshold * cell.words
    rows: list[dict[str, object]] = []
    for place, group in enumerate(["", *cell.names]):
        members = cell.groups == place - 1 if group else np.ones(len(above), dtype=bool)
        n, hits = int(members.sum()), int(above[members].sum())
        interval = _binomial(hits, n)
        rows.append(
            {
                "statistic": f"speakers above {threshold:.0%}",
                "unit": "share",
                "group": group,
                "n_speakers": n,
                "value": hits / n if n else NAN,
                "ci_low": interval.low,
                "ci_high": interval.high,
                "note": left_out,
            }
        )
    return rows


def _binomial(hits: int, n: int) -> Interval:
    """Return the exact interval of a share (Clopper & Pearson 1934)."""
    if not n:
        return Interval()
    low = float(betaincinv(hits, n - hits + 1, TAIL)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - TAIL)) if hits < n else 1.0
    return Interval(low, high)
