"""Rule trace: which step of a normaliser changed which words, and for whose speech."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.text.align import align_words
from workbench.text.normalise import Normaliser
from workbench.text.steps import Rule

Side = Literal["reference", "hypothesis"]
SIDES: tuple[Side, ...] = ("reference", "hypothesis")


@dataclass(frozen=True, slots=True)
class Change:
    """What one step did to a run of words: ``before`` became ``after``; either may be empty."""

    step: str
    before: str
    after: str


def trace(text: str, normaliser: Normaliser) -> tuple[Change, ...]:
    """Return what each step of the normaliser changed in a text, step by step, in reading order.

    >>> from workbench.text import get_normaliser
    >>> [(one.step, one.before, one.after) for one in trace("Erm, ten colours", get_normaliser("fair_en"))]
    [('case', 'Erm,', 'erm,'), ('listening', 'erm,', ''), ('spelling', 'colours', 'colors')]
    """
    return tuple(_changes(text, [(step.name, step.load()) for step in normaliser.steps]))


def rule_table(scores: pd.DataFrame, normaliser: Normaliser, by: Sequence[str] = (), *, top: int = 3) -> pd.DataFrame:
    """Return how often each step changed words, by side of the comparison and group.

    Parameters
    ----------
    scores : has ``reference_raw``, ``hypothesis_raw`` (may be missing) and the columns of ``by``
    by : attributes; without any, one row per step and side
    top : so many of the commonest changes are shown in ``examples``

    Returns
    -------
    Columns: ``by`` ..., side, step, n_changes (runs of words changed), n_texts (in which), texts (of the group),
    examples. Each row of ``scores`` counts: a reference that two systems answered stands twice.

    Raises
    ------
    ScoringError : no such column
    """
    missing = [name for name in by if name not in scores.columns]
    if missing:
        column_names = [str(name) for name in scores.columns]
        raise ScoringError(f"no column {missing[0]!r} to group by", remedy=choices(missing[0], column_names))
    steps = [(step.name, step.load()) for step in normaliser.steps]
    groups = scores.groupby(list(by), sort=True, dropna=False) if by else [((), scores)]
    known_texts: dict[str, tuple[Change, ...]] = {}
    rows = []
    for key, frame in groups:
        names = dict(zip(by, map(str, key if isinstance(key, tuple) else (key,)), strict=True))
        for side in SIDES:
            texts = frame[f"{side}_raw"].dropna()
            result = {name: Counter[tuple[str, str]]() for name, _ in steps}
            touched = Counter[str]()
            for text, times in Counter(texts).items():
                if text not in known_texts:
                    known_texts[text] = tuple(_changes(text, steps))
                for change in known_texts[text]:
                    result[change.step][change.before, change.after] += times
                for name in {change.step for change in known_texts[text]}:
                    touched[name] += times
            rows += [
                {
                    **names,
                    "side": side,
                    "step": name,
                    "n_changes": sum(result[name].values()),
                    "n_texts": touched[name],
                    "texts": len(texts),
                    "examples": "; ".join(
                        f"{before or '(nothing)'} > {after or '(nothing)'}"
                        for (before, after), _ in sorted(result[name].items(), key=lambda one: (-one[1], one[0]))[:top]
                    ),
                }
                for name, _ in steps
            ]
    order = [*by, "side", "step", "n_changes", "n_texts", "texts", "examples"]
    return pd.DataFrame(rows, columns=order)


def _changes(text: str, steps: Sequence[tuple[str, Rule]]) -> list[Change]:
    results = []
    for name, rule in steps:
        after = rule(text)
        if after != text:
            results += [Change(name, *pair) for pair in _runs(text, after)]
        text = after
    return results


def _runs(before: str, after: str) -> list[tuple[str, str]]:
    """Return the runs of words that differ, as (before, after)."""
    runs: list[tuple[list[str], list[str]]] = []
    running = False
    for word in align_words(before, after):
        if word.op == "hit":
            running = False
            continue
        if not running:
            runs.append(([], []))
            running = True
        runs[-1][0].extend([word.reference] if word.reference else [])
        runs[-1][1].extend([word.hypothesis] if word.hypothesis else [])
    return [(" ".join(old), " ".join(new)) for old, new in runs]
