"""The catalogue of statistics: what a run can be asked, each a value that says what it needs and what it gives.

``results.Results.table`` computes and keeps them; the command ``table``, the view *All tables* of Findings, the worker's
preparation and docs/tables.md are loops over :data:`STATISTICS`. A new statistic is its file, its table in ``schema``, and one
line here.

>>> STATISTICS["gaps"].asks, STATISTICS["gaps"].table.name
(('attribute', 'reference', 'margin'), 'GAPS')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, Literal

import pandas as pd

from workbench import fairness
from workbench.errors import ScoringError, choices
from workbench.fairness.adjusted.covariates import available_covariates
from workbench.fairness.adjusted.joint_model import joint_model
from workbench.fairness.comparison.systems import Comparison, gap_checks
from workbench.fairness.group_gaps.label_sensitivity import label_sensitivity
from workbench.fairness.group_rates.borrowed import borrowed
from workbench.fairness.group_rates.slices import slices
from workbench.fairness.planning.collection import collection
from workbench.fairness.planning.equality import equality
from workbench.fairness.words.metric_grid import grid, metric_orders
from workbench.fairness.words.notation import notation
from workbench.schema import (
    ADJUSTED_GAPS,
    BALANCE,
    BORROWED,
    BOUNDS,
    COLLECTION,
    COMPARISONS,
    CONFUSIONS,
    COVARIATES,
    DOSE_RESPONSE,
    DOSE_SLOPES,
    EQUALITY,
    EVENT_RATES,
    FAIRNESS_CHECKS,
    GAP_CHANGES,
    GAP_CHECKS,
    GAPS,
    GRID,
    INTERSECTIONS,
    JOINT_MODEL,
    KITAGAWA,
    LABEL_SENSITIVITY,
    METRIC_ORDERS,
    METRICS,
    NORMALISER_BAND,
    NOTATION,
    NOTES,
    RATES,
    SLICES,
    SPREAD,
    TEXT_DIFFERENCES,
    WORD_ERRORS,
    Table,
)

Needs = Literal["tallies", "pairs", "rows", "words"]
"""What a statistic is computed from: TALLIES, PAIRS, SCORES, or the aligned words of SCORES (``words.spoken``)."""
ASKED = {
    "by": "attributes whose groups, or their intersections, are told apart",
    "attribute": "the attribute whose groups are compared",
    "reference": "what each group is compared with: a group, or `rest`; default: `rest`",
    "margin": "gaps smaller than this (a fraction) count as equal; default: the study's",
    "model": "the model; default: the first of the study",
    "condition": "the condition; default: the first of the study",
    "system": "the model that is compared",
    "versus": "the model that it is compared with",
    "normalisers": "names of normalisers; default: those that fit the language",
}
"""What a statistic may ask for, in words. Everything else that its function takes is an option with a default."""
TEXTS = ("utterance_id", "reference", "hypothesis")
DOSES = ("utterance_id", "severity", "level", "level_unit")


@dataclass(frozen=True, slots=True)
class Statistic:
    """One question that a run can be asked.

    Attributes
    ----------
    name : how it is asked for: ``results.table(name, ...)``
    title : in words, as a heading
    table : what it gives
    needs : what ``function`` is given first
    asks : what it cannot do without; keyword arguments of ``function``, explained in :data:`ASKED`. ``model`` and
        ``condition`` are not handed on: with them ``function`` is given the rows of that cell only
    function : frame -> frame of ``table``; with ``part``, frame -> a value that has the frame as an attribute of that
        name, shared by the statistics that have the function in common
    wait : what a page says while it is computed
    columns : of SCORES, that it reads beside what every statistic reads; only where it needs ``rows``
    usual : computed by the worker of a large run before anybody asks
    """

    name: str
    title: str
    table: Table
    needs: Needs
    asks: tuple[str, ...]
    function: Callable[..., Any]
    wait: str
    part: str = ""
    columns: tuple[str, ...] = ()
    usual: bool = True

    @property
    def of_cell(self) -> bool:
        """Whether it is of one model under one condition."""
        return "condition" in self.asks

    @property
    def of_sides(self) -> bool:
        """Whether it compares two models."""
        return "versus" in self.asks

    @property
    def options(self) -> dict[str, Any]:
        """The further keyword arguments of the function, with their defaults."""
        result = list(signature(self.function).parameters.values())[1:]
        return {
            parameter.name: parameter.default
            for parameter in result
            if parameter.name not in self.asks and parameter.default is not Parameter.empty
        }

    def refuse_unknown(self, asked: Mapping[str, Any]) -> None:
        """Raise for an argument that the statistic does not take.

        Raises
        ------
        ScoringError : names the argument and those that there are
        """
        for name in asked:
            if name not in self.asks and name not in self.options:
                raise ScoringError(
                    f"the table {self.name!r} does not take {name!r}",
                    remedy=choices(name, [*self.asks, *self.options]),
                )


def _covariates(rows: pd.DataFrame, attribute: str) -> pd.DataFrame:
    return pd.DataFrame({"covariate": available_covariates(rows, attribute)}, dtype="str")


def _compare(rows: pd.DataFrame, attribute: str, *, system: str, versus: str) -> Comparison:
    return fairness.compare(rows, rows, [attribute], system=system, versus=versus)


def _gap_checks(
    rows: pd.DataFrame, attribute: str, *, reference: str, margin: float | None, system: str, versus: str
) -> pd.DataFrame:
    return gap_checks(rows, rows, [attribute], reference=reference, margin=margin, system=system, versus=versus)


def _text_differences(rows: pd.DataFrame, attribute: str, *, system: str, versus: str) -> pd.DataFrame:
    return fairness.text_differences(rows, system, versus, [attribute])


_AGAINST = ("attribute", "reference")
_CELL = ("model", "condition", *_AGAINST)
_SIDES = ("attribute", "system", "versus")
CATALOGUE = (
    Statistic(
        "rates", "Error rates", RATES, "tallies", ("by",), fairness.rates,
        "Counting the errors of every group ...",
    ),
    Statistic(
        "gaps", "Gaps between groups", GAPS, "tallies", (*_AGAINST, "margin"), fairness.gaps, "Testing every gap ..."
    ),
    Statistic(
        "metrics", "Kinds of errors and further figures", METRICS, "tallies", ("by",), fairness.metrics,
        "Counting each kind of error ...",
    ),
    Statistic(
        "gap_changes", "What conditions add to gaps", GAP_CHANGES, "pairs", (*_AGAINST, "margin"), fairness.gap_changes,
        "Testing every condition ...",
    ),
    Statistic(
        "dose_response", "Rates as a condition gets harder", DOSE_RESPONSE, "rows", ("attribute",), fairness.dose_response,
        "Comparing the severities ...", columns=DOSES,
    ),
    Statistic(
        "dose_slopes", "How fast rates rise", DOSE_SLOPES, "rows", _AGAINST, fairness.dose_slopes,
        "Comparing the severities ...", columns=DOSES, usual=False,
    ),
    Statistic(
        "spread", "How far groups are spread", SPREAD, "tallies", ("attribute",), fairness.spread,
        "Comparing with equal groups ...",
    ),
    Statistic(
        "intersections", "Intersections of attributes", INTERSECTIONS, "tallies", ("by",), fairness.intersections,
        "Crossing the attributes ...", usual=False,
    ),
    Statistic(
        "bounds", "Intervals that hold for all groups at once", BOUNDS, "tallies", ("attribute",),
        fairness.simultaneous_bounds, "Bounding every group ...", usual=False,
    ),
    Statistic(
        "label_sensitivity", "Gaps if some speakers were mislabelled", LABEL_SENSITIVITY, "tallies", _AGAINST,
        label_sensitivity, "Moving speakers between groups ...", usual=False,
    ),
    Statistic(
        "equality", "How many speakers equality takes", EQUALITY, "tallies", ("attribute", "margin"), equality,
        "Planning for equality ...", usual=False,
    ),
    Statistic(
        "collection", "Whom to record next", COLLECTION, "rows", _CELL, collection, "Planning the next recordings ...",
        usual=False,
    ),
    Statistic(
        "grid", "Every metric everywhere", GRID, "rows", ("attribute",), grid, "Filling the grid ...", usual=False
    ),
    Statistic(
        "metric_orders", "Do metrics agree on who is worst", METRIC_ORDERS, "rows", ("attribute",), metric_orders,
        "Comparing the orders ...", usual=False,
    ),
    Statistic(
        "slices", "Worst slices", SLICES, "rows", ("model", "condition"), slices, "Looking through slices ...",
        usual=False,
    ),
    Statistic(
        "word_errors", "Words that fail", WORD_ERRORS, "words", _CELL, fairness.word_errors, "Counting words ..."
    ),
    Statistic(
        "confusions", "What is written instead", CONFUSIONS, "words", _CELL, fairness.confusions, "Counting words ..."
    ),
    Statistic(
        "normaliser_band", "Gaps under several normalisers", NORMALISER_BAND, "rows", (*_CELL, "margin", "normalisers"),
        fairness.normaliser_band, "Scoring under every normaliser ...",
    ),
    Statistic(
        "notation", "What rests on how texts are written", NOTATION, "rows", ("model", "condition", "attribute"), notation,
        "Looking at signs and marks ...",
    ),
    Statistic(
        "covariates", "What can be held equal", COVARIATES, "rows", ("model", "condition", "attribute"), _covariates,
        "Looking what can be held equal ...",
    ),
    Statistic(
        "adjusted_gaps", "Gaps raw, matched and adjusted", ADJUSTED_GAPS, "rows", _CELL, fairness.adjust,
        "Matching and adjusting ...", part="gaps",
    ),
    Statistic(
        "kitagawa", "Where gaps lie: mix or within", KITAGAWA, "rows", _CELL, fairness.adjust,
        "Matching and adjusting ...", part="split",
    ),
    Statistic(
        "balance", "How alike the matched are", BALANCE, "rows", _CELL, fairness.adjust, "Matching and adjusting ...",
        part="balance",
    ),
    Statistic(
        "borrowed", "Intervals of small groups that borrow from all", BORROWED, "tallies", ("attribute",), borrowed,
        "Pooling how much speakers differ ...", usual=False,
    ),
    Statistic(
        "joint_model", "Several attributes at once, and their interaction", JOINT_MODEL, "rows", ("by",), joint_model,
        "Fitting all attributes together ...", columns=("prompt_id",), usual=False,
    ),
    Statistic(
        "comparisons", "Two models on the same utterances", COMPARISONS, "rows", _SIDES, _compare,
        "Comparing utterance by utterance ...", part="comparisons", columns=TEXTS,
    ),
    Statistic(
        "comparison_notes", "What to know of a comparison", NOTES, "rows", _SIDES, _compare,
        "Comparing utterance by utterance ...", part="noted", columns=TEXTS,
    ),
    Statistic(
        "fairness_checks", "Is one model fairer over all groups", FAIRNESS_CHECKS, "rows", _SIDES, _compare,
        "Comparing utterance by utterance ...", part="fairness", columns=TEXTS,
    ),
    Statistic(
        "gap_checks", "Did a gap get worse", GAP_CHECKS, "rows", (*_SIDES, "reference", "margin"), _gap_checks,
        "Comparing utterance by utterance ...", columns=TEXTS,
    ),
    Statistic(
        "text_differences", "How often two models write different texts", TEXT_DIFFERENCES, "rows", _SIDES,
        _text_differences, "Comparing utterance by utterance ...", columns=TEXTS, usual=False,
    ),
    Statistic(
        "hallucinations", "Transcripts that look invented", EVENT_RATES, "rows", ("by",), fairness.hallucinations,
        "Looking for invented transcripts ...", usual=False,
    ),
    Statistic(
        "keyword_recall", "Words that matter", EVENT_RATES, "rows", ("by",), fairness.keyword_recall,
        "Counting the words that matter ...", usual=False,
    ),
    Statistic(
        "dialect_erasure", "Dialect kept, erased or lost", EVENT_RATES, "rows", ("by",), fairness.dialect_erasure,
        "Counting words of varieties ...", usual=False,
    ),
)  # fmt: skip
STATISTICS: dict[str, Statistic] = {statistic.name: statistic for statistic in CATALOGUE}
"""Every statistic by its name, in the order in which Findings asks for them."""


def statistic_named(name: str) -> Statistic:
    """Return a statistic of the catalogue.

    Raises
    ------
    ScoringError : none of that name
    """
    if name not in STATISTICS:
        raise ScoringError(f"no table {name!r}", remedy=choices(name, STATISTICS))
    return STATISTICS[name]
