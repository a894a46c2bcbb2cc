"""The tables of the workbench: their columns, types, keys and meaning, as data.

These tables flow through the code: :data:`UTTERANCES` (what a corpus holds), :data:`TRANSCRIPTS` (what an engine
wrote), :data:`SCORES` (the central table: one row per utterance x condition x model), :data:`RATES` and
:data:`GAPS`; :data:`FACTS` is what was measured on the audio; two sides of the same utterances give
:data:`COMPARISONS` and :data:`GAP_CHECKS`, planning :data:`POWER`. The column tables of docs/tables.md are generated from here
and a test compares them.

A frame may carry further columns where its table says so: they are the **attributes** that a corpus declares
(accent, gender ...), one categorical level per row, with :data:`NOT_STATED` where nothing was given.
"""

from __future__ import annotations

from workbench.schema.adjusted_tables import ADJUSTED_GAPS as ADJUSTED_GAPS
from workbench.schema.adjusted_tables import BALANCE as BALANCE
from workbench.schema.adjusted_tables import KITAGAWA as KITAGAWA
from workbench.schema.audit_tables import AUDIT_DIFFERENCES as AUDIT_DIFFERENCES
from workbench.schema.audit_tables import AUDIT_GROUPS as AUDIT_GROUPS
from workbench.schema.audit_tables import AUDIT_MEASURES as AUDIT_MEASURES
from workbench.schema.audit_tables import AUDIT_UTTERANCES as AUDIT_UTTERANCES
from workbench.schema.borrowed_table import BORROWED as BORROWED
from workbench.schema.change_tables import DOSE_RESPONSE as DOSE_RESPONSE
from workbench.schema.change_tables import DOSE_SLOPES as DOSE_SLOPES
from workbench.schema.change_tables import GAP_CHANGES as GAP_CHANGES
from workbench.schema.change_tables import SPREAD as SPREAD
from workbench.schema.comparison_tables import COMPARISONS as COMPARISONS
from workbench.schema.comparison_tables import GAP_CHECKS as GAP_CHECKS
from workbench.schema.comparison_tables import TEXT_DIFFERENCES as TEXT_DIFFERENCES
from workbench.schema.covariate_table import COVARIATES as COVARIATES
from workbench.schema.covariate_table import NOTES as NOTES
from workbench.schema.event_tables import BOUNDS as BOUNDS
from workbench.schema.event_tables import EVENT_RATES as EVENT_RATES
from workbench.schema.event_tables import NORMALISER_BAND as NORMALISER_BAND
from workbench.schema.event_tables import NOTATION as NOTATION
from workbench.schema.fact_tables import FACT_SUMMARY as FACT_SUMMARY
from workbench.schema.fact_tables import FACTS as FACTS
from workbench.schema.fairness_check_table import FAIRNESS_CHECKS as FAIRNESS_CHECKS
from workbench.schema.grid_tables import GRID as GRID
from workbench.schema.grid_tables import HUMAN_RATINGS as HUMAN_RATINGS
from workbench.schema.grid_tables import METRIC_ORDERS as METRIC_ORDERS
from workbench.schema.joint_model_table import JOINT_MODEL as JOINT_MODEL
from workbench.schema.planning_tables import COLLECTION as COLLECTION
from workbench.schema.planning_tables import EQUALITY as EQUALITY
from workbench.schema.planning_tables import POWER as POWER
from workbench.schema.rate_tables import EVIDENCE as EVIDENCE
from workbench.schema.rate_tables import GAPS as GAPS
from workbench.schema.rate_tables import INTERACTIONS as INTERACTIONS
from workbench.schema.rate_tables import INTERSECTIONS as INTERSECTIONS
from workbench.schema.rate_tables import METRIC_NAMES as METRIC_NAMES
from workbench.schema.rate_tables import METRICS as METRICS
from workbench.schema.rate_tables import MODES as MODES
from workbench.schema.rate_tables import RATES as RATES
from workbench.schema.rate_tables import VERDICTS as VERDICTS
from workbench.schema.score_tables import CLEAN as CLEAN
from workbench.schema.score_tables import COUNTS as COUNTS
from workbench.schema.score_tables import HEARD as HEARD
from workbench.schema.score_tables import NOT_STATED as NOT_STATED
from workbench.schema.score_tables import SCORES as SCORES
from workbench.schema.score_tables import STATUS as STATUS
from workbench.schema.score_tables import STOPPING_FACTOR as STOPPING_FACTOR
from workbench.schema.score_tables import TRANSCRIPTS as TRANSCRIPTS
from workbench.schema.score_tables import UTTERANCES as UTTERANCES
from workbench.schema.search_tables import CONFIRMATIONS as CONFIRMATIONS
from workbench.schema.search_tables import INSTABILITY as INSTABILITY
from workbench.schema.search_tables import SLICES as SLICES
from workbench.schema.search_tables import TRIALS as TRIALS
from workbench.schema.sensitivity_tables import LABEL_SENSITIVITY as LABEL_SENSITIVITY
from workbench.schema.shared_tables import NOISY_POOLED_RATES as NOISY_POOLED_RATES
from workbench.schema.shared_tables import POOLED_GAPS as POOLED_GAPS
from workbench.schema.shared_tables import POOLED_RATES as POOLED_RATES
from workbench.schema.shared_tables import PRIVATE_RATES as PRIVATE_RATES
from workbench.schema.table import BY_ROW as BY_ROW
from workbench.schema.table import PERCENT as PERCENT
from workbench.schema.table import POINTS as POINTS
from workbench.schema.table import Column as Column
from workbench.schema.table import Table as Table
from workbench.schema.tally_tables import PAIRS as PAIRS
from workbench.schema.tally_tables import TALLIES as TALLIES
from workbench.schema.word_tables import CONFUSIONS as CONFUSIONS
from workbench.schema.word_tables import WORD_ERRORS as WORD_ERRORS

TABLES = (
    UTTERANCES,
    TRANSCRIPTS,
    SCORES,
    TALLIES,
    PAIRS,
    RATES,
    GAPS,
    METRICS,
    INTERSECTIONS,
    GAP_CHANGES,
    DOSE_RESPONSE,
    DOSE_SLOPES,
    SPREAD,
    COMPARISONS,
    GAP_CHECKS,
    FAIRNESS_CHECKS,
    LABEL_SENSITIVITY,
    CONFIRMATIONS,
    TRIALS,
    SLICES,
    INSTABILITY,
    TEXT_DIFFERENCES,
    FACTS,
    FACT_SUMMARY,
    ADJUSTED_GAPS,
    KITAGAWA,
    BORROWED,
    JOINT_MODEL,
    BALANCE,
    COVARIATES,
    NOTES,
    WORD_ERRORS,
    CONFUSIONS,
    POWER,
    EQUALITY,
    COLLECTION,
    GRID,
    METRIC_ORDERS,
    HUMAN_RATINGS,
    EVENT_RATES,
    NORMALISER_BAND,
    NOTATION,
    AUDIT_UTTERANCES,
    AUDIT_GROUPS,
    AUDIT_MEASURES,
    AUDIT_DIFFERENCES,
    BOUNDS,
    POOLED_RATES,
    POOLED_GAPS,
    PRIVATE_RATES,
    NOISY_POOLED_RATES,
)


def column_named(name: str) -> Column:
    """Return what the tables say of a column of this name; of a name that none has (an attribute), only its words."""
    for table in TABLES:
        for declared in table.columns:
            if declared.name == name and (declared.unit or declared.interval):
                return declared
    return Column(name, "", "")
