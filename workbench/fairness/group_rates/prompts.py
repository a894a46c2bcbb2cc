"""Prompts: where speakers read the same texts, a text is a sample too, and a rate varies with the texts that were chosen.

V = V_speaker + V_prompt - V_speaker x prompt, on the linearised shares (e - W n) / E of the rows in ln W, no smaller than the larger
of the first two; the degrees of freedom are those of the fewer: speakers or prompts.

Source: Cameron, Gelbach & Miller 2011, Journal of Business & Economic Statistics 29: 238-249; Baayen, Davidson & Bates 2008,
Journal of Memory and Language 59: 390-412 (speakers and items crossed).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import CELL, SixSums, speaker_columns
from workbench.fairness.inference.intervals import effective_speakers
from workbench.schema import NOT_STATED, TALLIES

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
UNIT, PROMPT = "unit", "prompt"
"""Columns of the rows: what is independent, and the text that was read."""
FEW_PROMPTS = 40
"""Of fewer prompts the errors of a new list are known roughly only."""
SHOWN = 6


class Side(NamedTuple):
    """The rows of one rate: it, the errors it is made of, and the linearised share of each row in ln W."""

    rate: float
    total: float
    shares: Floats


def linearised_side(e: Floats, n: Floats, *, nothing: bool = False) -> Side:
    """Return the side of rows with these errors and words; ``nothing``: half an error is added, for one side has none."""
    total, words = float(e.sum()) + (0.5 if nothing else 0.0), float(n.sum())
    if not (words and total):
        return Side(math.nan, 0.0, np.zeros(len(e)))
    return Side(total / words, total, (e - float(e.sum()) / words * n) / total)


def cluster_sums(e: Floats, n: Floats, code: Whole) -> SixSums:
    """Return the six sums over clusters in place of speakers."""
    words = np.bincount(code, weights=n)
    return SixSums.of(np.bincount(code, weights=e)[words > 0].tolist(), words[words > 0].tolist())


def prompt_rows(scores: pd.DataFrame, attributes: Sequence[str], prompt: str, *, mode: str) -> pd.DataFrame:
    """Return scored rows with model, condition, attributes, ``unit``, ``prompt``, ``numerator`` and ``denominator``.

    Raises
    ------
    ScoringError : no such column, an empty prompt, counts that are added up, another rate than the pooled one
    """
    if mode != "pooled":
        raise ScoringError(f"prompts and the mode {mode!r} do not go together", remedy="use the mode pooled")
    if TALLIES.is_table_of(scores) or "n_utterances" in scores.columns:
        raise ScoringError("the utterances are added up already", remedy="ask with the rows of the utterances")
    if prompt not in scores.columns:
        raise ScoringError(f"no column {prompt!r} of prompts", remedy=choices(prompt, map(str, scores.columns)))
    usable = scores["errors"].notna() & (scores["ref_words"].fillna(0) > 0)
    if "status" in scores.columns:
        usable &= scores["status"] != "failed"
    rows = scores[usable].reset_index(drop=True)
    text = rows[prompt].astype("str").fillna("").str.strip()
    if n := int((text == "").sum()):
        raise ScoringError(
            f"{n} of {len(rows)} rows have no prompt in column {prompt!r}", remedy="fill it in or name none"
        )
    fixed = {name: rows[name].astype("str").fillna(NOT_STATED) for name in (*CELL, *attributes)}
    unit = rows.groupby(speaker_columns(rows), sort=True).ngroup()
    numbers = {"numerator": rows["errors"].astype(float), "denominator": rows["ref_words"].astype(float)}
    return pd.DataFrame({**fixed, UNIT: unit, PROMPT: text, **numbers})


def with_prompts(
    cells: Mapping[tuple[str, ...], SixSums], rows: pd.DataFrame, keys: Sequence[str]
) -> dict[tuple[str, ...], SixSums]:
    """Return the cells with the variance and the degrees of freedom that prompts leave them."""
    result = dict(cells)
    for key, part in rows.groupby(list(keys), sort=False):
        e, n = (part[name].to_numpy(dtype=np.float64) for name in ("numerator", "denominator"))
        unit, prompt = (np.asarray(part.groupby(name).ngroup(), dtype=np.int64) for name in (UNIT, PROMPT))
        factor, most_df = two_way(e, n, unit, prompt)
        at = tuple(map(str, key))
        cell = result[at]
        result[at] = replace(cell, factor=cell.factor * factor, most_df=most_df)
    return result


def prompt_notes(rows: pd.DataFrame, prompt: str = PROMPT, attributes: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what a reader should know of the prompts: how many there are, and whether anybody else read them.

    ``rows`` : with the column ``prompt``, the ``attributes`` in whose groups prompts are counted and, of who spoke, ``unit`` or the
    columns of speakers
    """
    who = [UNIT] if UNIT in rows.columns else speaker_columns(rows)
    n = rows[prompt].nunique()
    speakers = rows[[prompt, *who]].drop_duplicates()[prompt].value_counts()
    if (speakers < 2).all():
        return (
            f"each of the {n} prompts is of one speaker: they vary within speakers, whose errors hold them already",
        )
    notes = [f"intervals and tests of rates and gaps allow for new prompts ({n}) as well as new speakers"]
    if n < FEW_PROMPTS:
        notes.append(
            f"{n} prompts, fewer than {FEW_PROMPTS}: how far another list of texts would differ is known roughly only"
        )
        return tuple(notes)
    for attribute in attributes:
        counts = rows.groupby(attribute)[prompt].nunique()
        few = [f"{group} {count}" for group, count in counts.items() if count < FEW_PROMPTS]
        if few:
            listing = ", ".join(few[:SHOWN]) + (" ..." if len(few) > SHOWN else "")
            notes.append(
                f"fewer than {FEW_PROMPTS} prompts in groups of {attribute!r} ({listing}): read their intervals with care"
            )
    return tuple(notes)


def two_way(e: Floats, n: Floats, unit: Whole, prompt: Whole) -> tuple[float, float]:
    """Return by how much prompts enlarge the variance by speaker, and the most degrees of freedom.

    ``e``, ``n`` : errors and words of the rows of a rate; ``unit``, ``prompt`` : codes of who spoke and of what was read
    """
    side = linearised_side(e, n)
    by_unit, by_prompt = (_one_way(side.shares, code) for code in (unit, prompt))
    if not side.total or not by_unit > 0 or math.isnan(by_prompt):
        return 1.0, math.inf
    sums = np.bincount(unit * (int(prompt.max()) + 1) + prompt, weights=side.shares)
    variance = max(by_unit + by_prompt - float(sums @ sums), by_unit, by_prompt)
    return variance / by_unit, max(1.0, effective_speakers(cluster_sums(e, n, prompt)) - 1)


def _one_way(shares: Floats, code: Whole) -> float:
    count = len(np.unique(code))
    sums = np.bincount(code, weights=shares)
    return count / (count - 1) * float(sums @ sums) if count > 1 else math.nan
