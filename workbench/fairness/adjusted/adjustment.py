"""Adjustment: the three tables that belong together, of one choice of what is held equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from workbench.fairness.adjusted.adjusted_gaps import Held, adjusted_gaps, held_equal
from workbench.fairness.adjusted.kitagawa import kitagawa
from workbench.fairness.adjusted.propensity import balance
from workbench.fairness.counts.frames import typed
from workbench.fairness.counts.sides import REST
from workbench.fairness.inference.thread_limit import one_thread
from workbench.schema import BALANCE, KITAGAWA


class Adjustment(NamedTuple):
    """ADJUSTED_GAPS; KITAGAWA over the strata, BALANCE of the covariates that are no mediators (empty without any); and
    what was held equal."""

    gaps: pd.DataFrame
    split: pd.DataFrame
    balance: pd.DataFrame
    held: Held


@one_thread
def adjust(
    scores: pd.DataFrame,
    attribute: str,
    *,
    reference: str = REST,
    covariates: Sequence[str] | None = None,
    strata: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
) -> Adjustment:
    """Return the gaps raw, matched and adjusted, Kitagawa's split, and the balance; arguments as ``adjusted_gaps``.

    Raises
    ------
    ScoringError : as ``adjusted_gaps``

    Source: that of each table: ``adjusted_gaps``, ``kitagawa``, ``balance``.
    """
    held = held_equal(scores, attribute, covariates, strata)
    return Adjustment(
        adjusted_gaps(
            scores, attribute, reference=reference, covariates=held.covariates, strata=held.strata, methods=methods
        ),
        kitagawa(scores, attribute, held.strata, reference=reference)
        if held.strata
        else typed([], KITAGAWA, KITAGAWA.column_names),
        balance(scores, attribute, held.innocent, reference=reference)
        if held.innocent
        else typed([], BALANCE, BALANCE.column_names),
        held,
    )
