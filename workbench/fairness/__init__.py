"""Fairness: word error rates by group, their gaps, and the uncertainty of both. Frame in, frame out."""

from workbench.fairness.adjusted import adjusted_gaps
from workbench.fairness.adjustment import adjust
from workbench.fairness.bins import binned, with_speech_rate
from workbench.fairness.bootstrap import bootstrap_gaps
from workbench.fairness.bounds import simultaneous_bounds
from workbench.fairness.comparing import Comparison, compare, compare_systems
from workbench.fairness.crossing import crossed
from workbench.fairness.dose_response import dose_response, dose_slopes
from workbench.fairness.e_value import e_value
from workbench.fairness.erasure import dialect_erasure
from workbench.fairness.gap_changes import gap_changes
from workbench.fairness.gaps import REST, gaps, rates_and_gaps
from workbench.fairness.hallucination import hallucinations, rates_without_flagged
from workbench.fairness.harms import keyword_recall
from workbench.fairness.intersections import intersections
from workbench.fairness.kitagawa import kitagawa
from workbench.fairness.metrics import metrics
from workbench.fairness.normaliser_band import gaps_under, normaliser_band, rescued
from workbench.fairness.power import PowerAssumptions, power, power_of_corpus, speakers_needed
from workbench.fairness.propensity import balance
from workbench.fairness.rates import rates
from workbench.fairness.score import Scored, score_table
from workbench.fairness.spread import spread
from workbench.fairness.text_differences import text_differences
from workbench.fairness.word_errors import confusions, word_errors

__all__ = [
    "REST",
    "Comparison",
    "PowerAssumptions",
    "Scored",
    "adjust",
    "adjusted_gaps",
    "balance",
    "binned",
    "bootstrap_gaps",
    "compare",
    "compare_systems",
    "confusions",
    "crossed",
    "dialect_erasure",
    "dose_response",
    "dose_slopes",
    "e_value",
    "gap_changes",
    "gaps",
    "gaps_under",
    "hallucinations",
    "intersections",
    "keyword_recall",
    "kitagawa",
    "metrics",
    "normaliser_band",
    "power",
    "power_of_corpus",
    "rates",
    "rates_and_gaps",
    "rates_without_flagged",
    "rescued",
    "score_table",
    "simultaneous_bounds",
    "speakers_needed",
    "spread",
    "text_differences",
    "with_speech_rate",
    "word_errors",
]
