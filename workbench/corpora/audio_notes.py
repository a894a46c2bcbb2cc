"""What should be known of the audio and the silences of many rows, said once and group by group."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.files.problems import Findings

_VALUE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\d+(\.\d+)?")
_LEVELS = 6


def audio_notes(notes: Mapping[int, Sequence[str]], attributes: pd.DataFrame, findings: Findings) -> tuple[str, ...]:
    """Return one sentence for all rows (from 0) with the same note, values in it aside, and which groups they belong to."""
    kinds: dict[str, list[int]] = {}
    examples: dict[str, str] = {}
    for row, texts in notes.items():
        for text in texts:
            kind = _VALUE.sub("#", text)
            kinds.setdefault(kind, []).append(row)
            examples.setdefault(kind, text)
    sentences = []
    for kind, rows in kinds.items():
        count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
        place = f"{findings.unit} {int(findings.lines[rows[0]])}"
        shares = by_group(rows, attributes)
        sentences.append(f"{count} (first: {place}): {examples[kind]}" + (f"; {shares}" if shares else ""))
    return tuple(sentences)


def by_group(rows: Sequence[int], attributes: pd.DataFrame) -> str:
    """Return how many of each group these rows are ("accent: scottish 4 of 4, us 0 of 9"), the most concerned first.

    Attributes with one level say nothing and are left out.
    """
    parts = []
    for name in attributes.columns:
        values = attributes[name].astype("str")
        totals = values.value_counts()
        if len(totals) < 2:
            continue
        concerned = values.iloc[list(rows)].value_counts().reindex(totals.index, fill_value=0)
        order = sorted(totals.index, key=lambda level: (-concerned[level] / totals[level], -concerned[level], level))
        levels = [f"{level} {concerned[level]} of {totals[level]}" for level in order[:_LEVELS]]
        more = [f"{len(order) - _LEVELS} more"] if len(order) > _LEVELS else []
        parts.append(f"{name}: {', '.join(levels + more)}")
    return "; ".join(parts)


def silence_notes(utterances: pd.DataFrame, attributes: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence on the utterances (UTTERANCES) whose reference is empty on purpose, and which groups they belong to."""
    rows = np.flatnonzero(utterances["reference"] == "").tolist()
    if not rows:
        return ()
    count = "1 reference is" if len(rows) == 1 else f"{len(rows)} references are"
    shares = by_group(rows, utterances[list(attributes)])
    return (
        f"{count} empty on purpose (silence): what a recogniser writes there is false speech, counted apart and in no rate"
        + (f"; {shares}" if shares else ""),
    )
