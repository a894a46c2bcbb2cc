"""Fairness: word error rates by group, their gaps, and the uncertainty of both. Frame in, frame out."""

from workbench.fairness.adjusted.adjusted_gaps import adjusted_gaps
from workbench.fairness.adjusted.adjustment import adjust
from workbench.fairness.adjusted.e_value import e_value
from workbench.fairness.adjusted.joint_model import joint_model
from workbench.fairness.adjusted.kitagawa import kitagawa
from workbench.fairness.adjusted.propensity import balance
from workbench.fairness.changes.dose_response import dose_response, dose_slopes
from workbench.fairness.changes.gap_changes import gap_changes
from workbench.fairness.comparison.systems import Comparison, compare, compare_systems
from workbench.fairness.comparison.text_differences import text_differences
from workbench.fairness.counts.bins import binned, with_speech_rate
from workbench.fairness.counts.intersection import crossed
from workbench.fairness.group_gaps.bootstrap import bootstrap_gaps
from workbench.fairness.group_gaps.bounds import simultaneous_bounds
from workbench.fairness.group_gaps.gaps import REST, gaps
from workbench.fairness.group_gaps.label_sensitivity import label_sensitivity
from workbench.fairness.group_rates.borrowed import borrowed
from workbench.fairness.group_rates.intersections import intersections
from workbench.fairness.group_rates.metrics import metrics
from workbench.fairness.group_rates.rates import rates
from workbench.fairness.group_rates.spread import spread
from workbench.fairness.planning.equality import equality, equality_in_words
from workbench.fairness.planning.power import PowerAssumptions, power, power_of_corpus
from workbench.fairness.planning.sample_size import speakers_needed
from workbench.fairness.score import Scored, score_table
from workbench.fairness.words.dialect_erasure import dialect_erasure
from workbench.fairness.words.invented import hallucinations, rates_without_flagged
from workbench.fairness.words.keyword_recall import keyword_recall
from workbench.fairness.words.normaliser_band import gaps_under, normaliser_band, rescued
from workbench.fairness.words.word_errors import confusions, word_errors

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
    "borrowed",
    "compare",
    "compare_systems",
    "confusions",
    "crossed",
    "dialect_erasure",
    "dose_response",
    "dose_slopes",
    "e_value",
    "equality",
    "equality_in_words",
    "gap_changes",
    "gaps",
    "gaps_under",
    "hallucinations",
    "intersections",
    "joint_model",
    "keyword_recall",
    "kitagawa",
    "label_sensitivity",
    "metrics",
    "normaliser_band",
    "power",
    "power_of_corpus",
    "rates",
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
