"""COVARIATES and NOTES: what can be held equal in a cell, and what a comparison has to say beside its figures."""

from __future__ import annotations

from workbench.schema.table import Table, column

COVARIATES = Table(
    "COVARIATES",
    "What can be held equal between the groups of one model and condition: one row per covariate.",
    (column("covariate", "str", "an attribute, or a measure of the utterance such as `log_duration`"),),
    key=("covariate",),
    shown=("covariate",),
    apart=(),
)

NOTES = Table(
    "NOTES",
    "What a reader of a comparison has to know: one row per note.",
    (column("note", "str", "one sentence"),),
    key=(),
    shown=("note",),
    apart=(),
)
