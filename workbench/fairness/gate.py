"""A release gate: what a run has to show before a model is shipped, as checks that pass, fail or stay open.

A check **fails** only where the data show that it does: a verdict GAP, a claim that is refuted, an error rate whose one-sided 95 %
interval lies wholly above the limit. It **passes** only where they show the opposite. All else is **open**: these speakers cannot
tell, which is neither. :class:`Gate` has the exit code: 1 if a check failed, 3 if one is open and the gate asks for none, else 0.

>>> fail_on(["gap:firm", "open"], GAP_RULES)
('gap:firm', 'open')
>>> limit_of("12.5 %")
0.125
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import CELL, SixSums, six_sums, speaker_sums
from workbench.fairness.counts.frames import unit_of_scores
from workbench.fairness.inference.intervals import LEVEL, Interval, rate_interval
from workbench.text import UNIT_WORDS

Outcome = Literal["passed", "failed", "open"]
GAP_RULES = ("gap", "gap:firm", "open")
"""``gap``: a verdict GAP fails; ``gap:firm``: only a firm one, a tentative one is open; ``open``: an open check counts too."""
CLAIM_RULES = ("refuted", "open")
"""``refuted``: a claim that is REFUTED fails; ``open``: one with NOT ENOUGH INFORMATION counts too."""
FAILED_CODE, OPEN_CODE = 1, 3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the gate asks of one model under one condition.

    ``rule``: what is asked. ``of``: whose figures decide, such as ``accent=Scottish``; empty: everyone's.
    ``detail``: the figures, in one sentence.
    """

    rule: str
    model_id: str
    condition_id: str
    of: str
    outcome: Outcome
    detail: str

    @property
    def place(self) -> str:
        """Model, condition and group in one line."""
        return ", ".join(filter(None, (self.model_id, self.condition_id, self.of)))


@dataclass(frozen=True, slots=True)
class Gate:
    """The checks of one gate. ``rules``: what it fails on; ``notes``: what a reader of the outcome has to know."""

    subject: str
    rules: tuple[str, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()

    def having(self, outcome: Outcome) -> tuple[Check, ...]:
        """Return the checks with this outcome."""
        return tuple(check for check in self.checks if check.outcome == outcome)

    @property
    def open_counts(self) -> bool:
        """Whether an open check keeps the gate shut."""
        return "open" in self.rules

    @property
    def exit_code(self) -> int:
        """1 if a check failed, 3 if one is open, or nothing was checked, and the gate asks for none; else 0."""
        if self.having("failed"):
            return FAILED_CODE
        unsettled = bool(self.having("open")) or not self.checks
        return OPEN_CODE if unsettled and self.open_counts else 0

    @property
    def outcome(self) -> str:
        """``failed``, ``undecided`` or ``passed``, as the exit code has it."""
        return {FAILED_CODE: "failed", OPEN_CODE: "undecided"}.get(self.exit_code, "passed")

    @property
    def summary(self) -> str:
        """Return how many checks passed, failed and stayed open, in one sentence."""
        if not self.checks:
            return "Nothing was checked."
        counts = [f"{len(self.having(name))} {name}" for name in ("failed", "open", "passed")]
        return f"{len(self.checks)} checks: {', '.join(counts)}."

    def to_json(self) -> dict[str, Any]:
        """Return the gate in JSON's own types."""
        rows = [
            {
                "rule": check.rule,
                "system": check.model_id,
                "condition_id": check.condition_id,
                "of": check.of,
                "outcome": check.outcome,
                "detail": check.detail,
            }
            for check in self.checks
        ]
        return {
            "subject": self.subject,
            "fail_on": list(self.rules),
            "exit_code": self.exit_code,
            "summary": self.summary,
            "notes": list(self.notes),
            "checks": rows,
        }


def fail_on(given: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the rules, each once.

    Raises
    ------
    ScoringError : a rule that is not among ``known``
    """
    for rule in given:
        if rule not in known:
            raise ScoringError(f"no rule {rule!r}", place="--fail-on", remedy=choices(rule, known))
    return tuple(dict.fromkeys(given))


def limit_of(text: str) -> float:
    """Return the fraction that a percentage such as ``12 %`` states; the sign is required, for 0.12 might mean either.

    Raises
    ------
    ScoringError : no percentage above 0
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", text)
    if match is None or not 0 < float(match[1]) < math.inf:
        raise ScoringError(
            f"{text!r} is no percentage above 0", place="--max-wer", remedy="write it with its sign, such as 12%"
        )
    return round(float(match[1]) / 100, 10)


def gap_verdict_checks(gaps: pd.DataFrame, rules: Sequence[str]) -> tuple[Check, ...]:
    """Return a check for every row of GAPS: a group of a model and condition, against its reference.

    A gap fails in either direction: if a group has fewer errors than the rest, the rest has more than it.
    """
    firm_only = "gap" not in rules
    made = []
    for row in gaps.to_dict("records"):
        verdict, tentative = str(row["verdict"]), bool(row["tentative"])
        outcome: Outcome = "open"
        if verdict == "EQUIVALENT":
            outcome = "passed"
        elif verdict == "GAP" and not (tentative and firm_only):
            outcome = "failed"
        made.append(
            Check(
                rule="no gap",
                model_id=str(row["model_id"]),
                condition_id=str(row["condition_id"]),
                of=f"{row['attribute']}={row['group']}",
                outcome=outcome,
                detail=_gap_in_words(row, verdict, tentative=tentative),
            )
        )
    return tuple(made)


def _gap_in_words(row: Any, verdict: str, *, tentative: bool) -> str:
    """Return verdict, size and interval of a gap, and what speaks against it."""
    other = "the rest" if row["reference_group"] == "rest" else str(row["reference_group"])
    parts = [f"{verdict}{' (tentative)' if tentative else ''}"]
    if not pd.isna(row["difference"]):
        interval = ""
        if not pd.isna(row["ci_low"]):
            interval = f" (95 % interval {100 * row['ci_low']:+.1f} to {100 * row['ci_high']:+.1f})"
        parts.append(f"{100 * row['difference']:+.1f} points to {other}{interval}")
    parts.append(f"{row['n_speakers']} and {row['n_speakers_reference']} speakers")
    if row["reason"]:
        parts.append(str(row["reason"]))
    return "; ".join(parts)


def error_rate_checks(scores: pd.DataFrame, limit: float) -> tuple[Check, ...]:
    """Return a check for every model and condition: is the error rate over everyone at most ``limit`` (a fraction)?

    Passed if the upper end of the one-sided 95 % interval over speakers is not above the limit, failed if the lower end is above it.

    Source: one-sided limits are the ends of the two-sided 90 % interval of ``inference.intervals.rate_interval``.
    """
    named = bool((scores["speaker_id"].fillna("") != "").any())
    people = speaker_sums(scores, [], method="linearised" if named else "none", empty_references="separate")
    sums = six_sums(people, list(CELL))
    short = UNIT_WORDS[unit_of_scores(scores)][1]
    made = []
    for model, condition in people[list(CELL)].drop_duplicates().itertuples(index=False):
        cell = sums.get((model, condition))
        interval = rate_interval(cell, 1 - 2 * (1 - LEVEL)) if cell else Interval()
        outcome: Outcome = "open"
        if interval.known and interval.low > limit:
            outcome = "failed"
        elif interval.known and interval.high <= limit:
            outcome = "passed"
        detail = _rate_in_words(cell, interval, short) if cell else "no speaker is named: no interval"
        made.append(
            Check(f"{short} of everyone at most {100 * limit:g} %", str(model), str(condition), "", outcome, detail)
        )
    return tuple(made)


def _rate_in_words(cell: SixSums, interval: Interval, short: str) -> str:
    parts = [f"{short} {100 * cell.rate:.1f} %" if cell.words else "no word was said"]
    if interval.known:
        parts.append(f"one-sided 95 % limits {100 * interval.low:.1f} and {100 * interval.high:.1f} %")
    else:
        parts.append("no interval")
    return "; ".join([*parts, f"{cell.n_speakers} speakers"])


def failure_notes(scores: pd.DataFrame) -> tuple[str, ...]:
    """Return a note where decodings failed: they are in no rate, so a gate on rates does not see them."""
    people = speaker_sums(scores, [], method="none", empty_references="separate")
    failed = people.groupby(list(CELL), sort=False)["n_failed"].sum().reset_index()
    return tuple(
        f"{row['model_id']}, {row['condition_id']}: {row['n_failed']} failed decodings are in no rate"
        for row in failed.to_dict("records")
        if row["n_failed"]
    )
