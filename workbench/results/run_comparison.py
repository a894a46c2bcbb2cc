"""A new run against an old one: the comparison and the check of the gaps that the old run's study declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pandas as pd

from workbench.fairness import REST, Comparison, compare
from workbench.results import kept_scores
from workbench.results.loader import rescored
from workbench.results.scored_run import Results


def compare_runs(
    old: Results,
    new: Results,
    by: Sequence[str] = (),
    *,
    reference: str = REST,
    margin: float | None = None,
    system: str | None = None,
    versus: str | None = None,
    condition: str | None = None,
    versus_condition: str | None = None,
) -> Comparison:
    """Return ``fairness.compare`` of two runs (or of one with itself, between its systems or conditions).

    ``by`` and ``margin`` default to what the **old** run's study declared: a new run cannot loosen them. Both runs are
    scored under the old run's normaliser. Notes say where the two studies differ.

    Raises
    ------
    ScoringError : as for ``fairness.compare``

    Source: ``fairness.compare``.
    """
    attributes = list(by) or list(old.study.attributes)
    notes = [
        "the study declares no attributes: no gap is checked; name some to compare by" if not attributes else "",
        "the run is compared with itself" if _itself(old, new, versus, versus_condition) else "",
    ]
    if new.normaliser_id != old.normaliser_id:
        notes.append(f"the second run was scored again under {old.normaliser_id}, the normaliser of the first")
        new = rescored(new, old.normaliser_id)
    if margin is None and new.study.margin != old.study.margin:
        notes.append(f"the margin is the first study's, {old.study.margin:g}; the second declares {new.study.margin:g}")
    if new.study.seed != old.study.seed:
        notes.append("the two runs have different seeds: the noise that they heard differs")
    result = compare(
        old.scores,
        new.scores,
        attributes,
        reference=reference,
        margin=old.study.margin if margin is None else margin,
        system=system,
        versus=versus,
        condition=condition,
        versus_condition=versus_condition,
    )
    return replace(
        result, notes=(*result.notes, *filter(None, notes), *dict.fromkeys(filter(None, (old.caveat, new.caveat))))
    )


def kept_comparison(old: Results, new: Results, attribute: str, *, reference: str, model: str) -> Comparison:
    """Return :func:`compare_runs` by one attribute, for one model: what the tables of ``old`` keep, else compared now.

    Raises
    ------
    ScoringError : as for :func:`compare_runs`
    """
    arguments = {
        "attribute": attribute,
        "reference": reference,
        "model": model,
        "other": kept_scores.place(new.store_url, new.run, new.normaliser_id).stem,
        "margins": [old.study.margin, new.study.margin],
    }

    @cache
    def compared() -> Comparison:
        return compare_runs(old, new, [attribute], reference=reference, system=model)

    notes = old.tables.kept(
        "run_comparison_notes", arguments, lambda: pd.DataFrame({"note": compared().notes}, dtype="str")
    )
    return Comparison(
        old.tables.kept("run_comparisons", arguments, lambda: compared().comparisons),
        old.tables.kept("run_gap_checks", arguments, lambda: compared().gap_checks),
        tuple(notes["note"]),
    )


def _itself(old: Results, new: Results, versus: str | None, versus_condition: str | None) -> bool:
    return old.run.run_id == new.run.run_id and versus is None and versus_condition is None
