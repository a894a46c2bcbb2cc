"""Fairness: word error rates by group, their gaps, and the uncertainty of both. Frame in, frame out."""

from workbench.fairness.comparing import Comparison, compare, compare_systems
from workbench.fairness.gap_changes import gap_changes
from workbench.fairness.gaps import REST, gaps
from workbench.fairness.rates import rates
from workbench.fairness.score import Scored, score_table
from workbench.fairness.spread import spread

__all__ = [
    "REST",
    "Comparison",
    "Scored",
    "compare",
    "compare_systems",
    "gap_changes",
    "gaps",
    "rates",
    "score_table",
    "spread",
]
