"""Two systems, two conditions or two runs on the same utterances: what changed, for whom, and did a gap get worse."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.fairness.comparison.gap_checks import GapCheck, check_gaps, judged
from workbench.fairness.comparison.group_fairness import answered, fairness_rows
from workbench.fairness.comparison.mapsswe import MIN_GOOD, Segments, mapsswe, segments
from workbench.fairness.comparison.mcnemar import mcnemar
from workbench.fairness.counts.cells import speaker_columns
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.counts.utterance_pairs import matched_sides, paired_rows, side
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.intervals import Difference, too_few
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.paired import Change, paired_difference
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import COMPARISONS, FAIRNESS_CHECKS, GAP_CHECKS
from workbench.text import error_places

INDEPENDENCE = (
    "MAPSSWE takes segments and McNemar's test takes utterances as independent; those of one person are not. "
    "With few speakers go by the paired t over speakers."
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """What :func:`compare` found: COMPARISONS, GAP_CHECKS, ``notes`` for the reader, FAIRNESS_CHECKS in ``fairness``."""

    comparisons: pd.DataFrame
    gap_checks: pd.DataFrame
    notes: tuple[str, ...] = ()
    fairness: pd.DataFrame = field(default_factory=FAIRNESS_CHECKS.empty)

    @property
    def noted(self) -> pd.DataFrame:
        """NOTES: the notes as a table."""
        return pd.DataFrame({"note": list(self.notes)}, dtype="str")

    @property
    def worse(self) -> pd.DataFrame:
        """The declared gaps that got worse."""
        return self.gap_checks[self.gap_checks["verdict"] == "WORSE"]


def compare(
    first: pd.DataFrame,
    second: pd.DataFrame,
    by: Sequence[str] = (),
    *,
    reference: str = REST,
    margin: float | None = None,
    system: str | None = None,
    versus: str | None = None,
    condition: str | None = None,
    versus_condition: str | None = None,
    min_good: int = MIN_GOOD,
) -> Comparison:
    """Return the differences of two sides on the same utterances, second minus first, and the check of their gaps.

    Parameters
    ----------
    first, second : SCORES under one normaliser (the same frame for two systems or conditions of one run). They are
        joined by utterance_id; what is on one side only, or failed on a side, is counted and not compared.
    by : attributes; differences are given for everybody and for every group, gaps checked for every group
    reference, margin : of the gaps that are checked, as for ``gaps``
    system, versus, condition, versus_condition : which system and condition of ``first`` and of ``second``
        (``pairing.matched_sides``); without them everything that both have, each with itself
    min_good : words in a row that end a segment of MAPSSWE

    Returns
    -------
    ``comparisons``: the difference with its 95 % interval and p from the paired t clustered on speaker, MAPSSWE, and
    McNemar's test on utterances wholly right, per pair and group. ``gap_checks``: per pair and group, whether the gap
    got worse; the rule is in ``fairness.comparison.gap_checks``. ``fairness``: per pair and attribute, whether the second side is
    fairer over all groups (``fairness.comparison.group_fairness``).

    Raises
    ------
    ScoringError : no utterance in common, an utterance twice, references, speakers or groups that differ between the
        sides, different normalisers, unknown names, a speaker in two groups

    Source: ``fairness.inference.paired`` (Cochran 1977), ``fairness.comparison.mapsswe`` (Gillick & Cox 1989), ``fairness.comparison.mcnemar``
    (McNemar 1947); Holm 1979.
    """
    attributes = list(dict.fromkeys(by))
    results: list[dict[str, object]] = []
    checks: list[tuple[dict[str, object], GapCheck]] = []
    over_groups: list[dict[str, object]] = []
    for pair, rows in _paired(
        first, second, attributes,
        system=system, versus=versus, condition=condition, versus_condition=versus_condition,
    ):  # fmt: skip
        results += [{**pair, **row} for row in _differences(rows, attributes, min_good)]
        for attribute in attributes:
            checks += [(pair, check) for check in check_gaps(rows, attribute, reference)]
        own = [row for attribute in attributes for row in fairness_rows(rows, attribute)]
        over_groups += [{**pair, **row} for row in answered(own)]
    return Comparison(
        typed(_adjusted(results), COMPARISONS, COMPARISONS.column_names),
        typed(judged(checks, margin), GAP_CHECKS, GAP_CHECKS.column_names),
        _notes(results),
        typed(over_groups, FAIRNESS_CHECKS, FAIRNESS_CHECKS.column_names),
    )


def gap_checks(
    first: pd.DataFrame,
    second: pd.DataFrame,
    by: Sequence[str],
    *,
    reference: str = REST,
    margin: float | None = None,
    system: str | None = None,
    versus: str | None = None,
) -> pd.DataFrame:
    """Return the GAP_CHECKS of :func:`compare` without its ``comparisons``, which do not hang on the reference.

    Raises
    ------
    ScoringError : as :func:`compare`

    Source: :func:`compare`.
    """
    attributes = list(dict.fromkeys(by))
    checks = [
        (pair, check)
        for pair, rows in _paired(first, second, attributes, system=system, versus=versus)
        for attribute in attributes
        for check in check_gaps(rows, attribute, reference)
    ]
    return typed(judged(checks, margin), GAP_CHECKS, GAP_CHECKS.column_names)


def compare_systems(scores: pd.DataFrame, by: Sequence[str] = (), *, min_good: int = MIN_GOOD) -> pd.DataFrame:
    """Return COMPARISONS of every two systems of a frame under each condition that both have.

    Source: :func:`compare`; Holm over all rows of one attribute, so that a search among many pairs pays for itself.
    """
    results: list[dict[str, object]] = []
    models = list(scores["model_id"].unique())
    for place, ours in enumerate(models):
        for theirs in models[place + 1 :]:
            a, b = (scores[scores["model_id"] == name] for name in (ours, theirs))
            for pair, rows in _paired(a, b, by, system=ours, versus=theirs):
                results += [{**pair, **row} for row in _differences(rows, by, min_good)]
    return typed(_adjusted(results), COMPARISONS, COMPARISONS.column_names)


def _paired(
    first: pd.DataFrame, second: pd.DataFrame, attributes: Sequence[str], **chosen: str | None
) -> Iterator[tuple[dict[str, object], pd.DataFrame]]:
    """Yield every pair of sides (``chosen`` as for ``pairing.matched_sides``): the columns that name it, and its rows."""
    for ours, theirs in matched_sides(first, second, **chosen):
        pair: dict[str, object] = {
            "model_first": ours.model_id,
            "model_second": theirs.model_id,
            "condition_first": ours.condition_id,
            "condition_second": theirs.condition_id,
        }
        yield pair, paired_rows(side(first, ours), side(second, theirs), attributes)


class _Cell(NamedTuple):
    attribute: str
    group: str
    chosen: NDArray[np.bool_]


def _differences(rows: pd.DataFrame, attributes: Sequence[str], min_good: int) -> Iterable[dict[str, object]]:
    """Return the COMPARISONS rows of one pair: everybody first, then every group of every attribute."""
    cells = [_Cell("", "", np.ones(len(rows), dtype=bool))]
    for attribute in attributes:
        cells += [
            _Cell(attribute, group, (rows[attribute] == group).to_numpy()) for group in sorted(rows[attribute].unique())
        ]
    texts = [rows[name].tolist() for name in ("reference", "hypothesis_first", "hypothesis_second")]
    paired = (rows["pair_state"] == "paired").to_numpy()
    references = [text if kept else "" for text, kept in zip(texts[0], paired, strict=True)]
    cut = segments(error_places(references, texts[1]), error_places(references, texts[2]), min_good=min_good)
    return [_row(cell, rows[cell.chosen], cut) for cell in cells]


def _row(cell: _Cell, rows: pd.DataFrame, cut: Segments) -> dict[str, object]:
    kept = rows[rows["pair_state"] == "paired"]
    change = Change.of(rows, speaker_columns(rows))
    gap = Difference(change.sums.rate) if too_few(change.sums) else paired_difference(change)
    inside = cell.chosen[cut.row]
    matched = mapsswe(cut.first[inside], cut.second[inside])
    right_first, right_second = kept["errors_first"] == 0, kept["errors_second"] == 0
    sentences = mcnemar(int((right_first & ~right_second).sum()), int((right_second & ~right_first).sum()))
    words = int(kept["ref_words"].sum())
    errors = {name: int(kept[f"errors_{name}"].sum()) for name in ("first", "second")}
    return {
        "attribute": cell.attribute,
        "group": cell.group,
        "n_speakers": change.sums.n_speakers,
        "n_utterances": len(kept),
        "n_unpaired": int(rows["pair_state"].isin(["only_first", "only_second"]).sum()),
        "n_failed": int((rows["pair_state"] == "failed").sum()),
        "ref_words": words,
        **{f"errors_{name}": count for name, count in errors.items()},
        **{f"rate_{name}": count / words if words else math.nan for name, count in errors.items()},
        "difference": gap.estimate,
        "ci_low": gap.interval.low,
        "ci_high": gap.interval.high,
        "p_value": gap.p_value,
        "n_segments": matched.n_segments,
        "mapsswe_z": matched.z,
        "mapsswe_p": matched.p_value if words else math.nan,
        "only_first_right": sentences.only_first,
        "only_second_right": sentences.only_second,
        "mcnemar_p": sentences.p_exact if words else math.nan,
        "mcnemar_chi2": sentences.chi2,
        "mcnemar_p_corrected": sentences.p_corrected if words else math.nan,
        "reason": joined([_reason(change), matched.reason, sentences.reason]) if words else "no words on both sides",
    }


def _reason(change: Change) -> str:
    n = change.sums.n_speakers
    if n < 2:
        return "1 speaker: no interval"
    if too_few(change.sums):
        return f"{n} speakers: too few for an interval"
    return joined(
        [
            f"{n} speakers, fewer than {ENOUGH_SPEAKERS}" if n < ENOUGH_SPEAKERS else "",
            "no utterance has more or fewer errors: the interval is the rule of three's" if change.nothing else "",
        ]
    )


def _adjusted(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the rows with Holm's p over those of one attribute."""
    adjusted: dict[int, float] = {}
    for attribute in {row["attribute"] for row in rows}:
        places = [place for place, row in enumerate(rows) if row["attribute"] == attribute]
        p_values = [cast("float", rows[place]["p_value"]) for place in places]
        adjusted |= dict(zip(places, holm(p_values), strict=True))
    return [{**row, "p_adjusted": adjusted[place]} for place, row in enumerate(rows)]


def _notes(rows: Iterable[dict[str, object]]) -> tuple[str, ...]:
    notes = [INDEPENDENCE]
    for row in rows:
        if row["attribute"] or not (row["n_unpaired"] or row["n_failed"]):
            continue
        pair = f"{row['model_first']} under {row['condition_first']}, {row['model_second']} under {row['condition_second']}"
        left_out = [
            f"{row['n_unpaired']} utterances are on one side only" if row["n_unpaired"] else "",
            f"{row['n_failed']} could not be decoded on a side" if row["n_failed"] else "",
        ]
        notes.append(f"{pair}: " + " and ".join(filter(None, left_out)) + "; they are not compared")
    return tuple(notes)
