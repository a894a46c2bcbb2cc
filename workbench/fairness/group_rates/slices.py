"""Worst slices: conjunctions of attributes and measured bins in which an engine fails most, tested and heard again.

A slice such as ``accent = Scottish and duration_s = long`` is scored as by SliceLine, so that a large slice with a clearly higher
rate comes before a tiny one with a huge rate. Thousands of slices are looked at, so that the largest score is large by luck too:
p is that of the **maximum** over all slices when whole speakers are relabelled, one null distribution for all of them. Slices are
chosen on some of the speakers, and their rate is then computed on the others, who chose nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError
from workbench.fairness.counts.bins import SPEECH_RATE, with_speech_rate
from workbench.fairness.counts.cells import speaker_columns
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.inference.named_seeds import generator
from workbench.schema import NOT_STATED, SCORES
from workbench.schema.search_tables import SLICES

Floats = NDArray[np.float64]
MEASURED = ("duration_s", SPEECH_RATE, "achieved_snr_db")
"""What is cut into thirds: seconds, words per second, and the SNR that was measured under the condition."""
MOST_LEVELS = 50
MOST_SLICES = 200_000
TOGETHER = 2_000
"""Slices that are scored at once, so that memory stays bounded."""
ALPHA = 0.95
"""Weight of the rate against the size; that of the source."""


@dataclass(frozen=True)
class _Literal:
    """One attribute = level: which speakers have it (an attribute of speakers) or which utterances (a measured bin)."""

    column: str
    level: str
    speakers: NDArray[np.bool_] | None
    rows: NDArray[np.bool_] | None


def slices(
    rows: pd.DataFrame,
    *,
    attributes: Sequence[str] = (),
    max_depth: int = 3,
    minimum_speakers: int = 5,
    top: int = 10,
    held_out: float = 0.5,
    permutations: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Return SLICES of one cell: the ``top`` conjunctions with the largest score, worst first.

    Parameters
    ----------
    rows : SCORES of one model under one condition
    attributes : the columns to cut by; default: every declared attribute. Duration, speech rate and SNR are cut into thirds beside them
    max_depth : how many conditions a slice has at most
    minimum_speakers : that a slice must have among those who choose it
    held_out : share of the speakers who choose nothing and on whom the rates are computed again; 0: all choose
    permutations, seed : relabellings of whole speakers

    With e = rate of the slice, e0 = rate of everybody, n and n0 their words, the score is
    a (e / e0 - 1) - (1 - a) (n0 / n - 1) with a = 0.95. A slice of measured bins alone has no p: relabelling speakers cannot move it.

    Raises
    ------
    ScoringError : no attribute; one with more than 50 levels, or that tells every speaker apart; depths, shares or speakers that cannot be;
        more than 200,000 slices

    Source: Sagadeeva & Boehm 2021, SliceLine, SIGMOD, equation 2; maximum of permuted statistics, Westfall & Young 1993.
    """
    problems = [] if 1 <= max_depth <= 4 else [f"a depth of {max_depth}: 1 to 4"]
    problems += [] if minimum_speakers >= 2 else [f"{minimum_speakers} speakers make no slice: 2 or more"]
    problems += [] if 0.0 <= held_out < 1.0 else [f"a share of {held_out:g} held out: 0 to below 1"]
    problems += [] if permutations >= 1 else [f"{permutations} permutations test nothing"]
    if problems:
        raise ScoringError("; ".join(problems), place="slices")
    counted = rows[(rows["status"] == "ok") & (rows["ref_words"].fillna(0) > 0)]
    if counted.empty:
        raise ScoringError("no utterance with words was decoded", place="slices")
    names = list(attributes) or [
        name for name in SCORES.attributes_of(counted) if pd.api.types.is_string_dtype(counted[name])
    ]
    keys = counted[speaker_columns(counted)].astype("str").agg("\x1f".join, axis=1)
    chooses = keys.map(lambda key: _share(key, seed) >= held_out).to_numpy(dtype=bool)
    if held_out and (chooses.all() or not chooses.any()):
        raise ScoringError("one half has no speaker", place="slices", remedy="hold out nobody: held_out = 0")
    finding = _Half(counted[chooses], keys[chooses], names, listed=bool(attributes))
    checking = counted[~chooses]
    best = _best(finding, max_depth, minimum_speakers, top, permutations, generator("slices", *names, seed=seed))
    return typed(
        [_row(rank, item, finding, checking, keys[~chooses]) for rank, item in enumerate(best, start=1)],
        SLICES,
        SLICES.column_names,
    )


class _Half:
    """The utterances that choose, as matrices over their speakers."""

    def __init__(self, rows: pd.DataFrame, keys: pd.Series[str], names: Sequence[str], *, listed: bool) -> None:
        self.rows, self.notes = rows, list[str]()
        code, self.speakers = pd.factorize(keys)
        self.code = np.asarray(code)
        self.errors = rows["errors"].to_numpy(dtype=np.float64)
        self.words = rows["ref_words"].to_numpy(dtype=np.float64)
        self.cuts: dict[str, tuple[float, float]] = {}
        self.literals: list[_Literal] = []
        problems = []
        for name in names:
            if name not in rows.columns:
                problems.append(f"no attribute {name!r}")
                continue
            problems += self._attribute(name, listed=listed)
        if problems:
            raise ScoringError("; ".join(problems), place="slices", remedy="name others with attributes")
        for name in MEASURED:
            self._thirds(name)
        if not self.literals:
            raise ScoringError("no attribute has two levels", place="slices", remedy="name attributes of the manifest")

    def _attribute(self, name: str, *, listed: bool) -> list[str]:
        values = self.rows[name].astype("str").fillna(NOT_STATED)
        levels, n = sorted(values.unique()), len(self.speakers)
        if len(levels) == 1:
            self.notes.append(f"{name} has one level")
            return []
        if len(levels) > MOST_LEVELS or len(levels) == n > 2:
            why = (
                f"{name!r} tells every speaker apart"
                if len(levels) == n
                else f"{name!r} has {len(levels)} levels, more than {MOST_LEVELS}"
            )
            if not listed:
                self.notes.append(f"left out: {why}")
                return []
            return [why]
        people = pd.DataFrame({"speaker": self.code, "level": values.to_numpy()}).drop_duplicates()
        if people["speaker"].is_unique:
            of = people.set_index("speaker")["level"].reindex(range(n)).to_numpy()
            self.literals += [_Literal(name, level, of == level, None) for level in levels]
        else:  # an attribute of utterances: a speaker may have several
            self.literals += [_Literal(name, level, None, (values == level).to_numpy()) for level in levels]
        return []

    def _thirds(self, name: str) -> None:
        try:
            frame = with_speech_rate(self.rows) if name == SPEECH_RATE else self.rows
        except ScoringError:
            return
        if name not in frame.columns:
            return
        values = pd.to_numeric(frame[name]).astype("float64")
        if values.notna().sum() < 3 or values.nunique() < 3:
            return
        low, high = (float(values.quantile(share)) for share in (1 / 3, 2 / 3))
        if low < high:
            self.cuts[name] = (low, high)
            self.literals += [_Literal(name, label, None, _third(values, label, low, high)) for label in LABELS]

    def sums(self, literals: Sequence[_Literal]) -> tuple[Floats, Floats]:
        """Return errors and words by speaker of the utterances that all these measured literals have."""
        kept = np.ones(len(self.rows), dtype=bool)
        for literal in literals:
            if literal.rows is not None:
                kept &= literal.rows
        n = len(self.speakers)
        return tuple(np.bincount(self.code[kept], v[kept], minlength=n) for v in (self.errors, self.words))  # type: ignore[return-value]


LABELS = ("lowest third", "middle third", "highest third")


def _third(values: pd.Series[float], label: str, low: float, high: float) -> NDArray[np.bool_]:
    drawn = {
        "lowest third": values < low,
        "middle third": (values >= low) & (values < high),
        "highest third": values >= high,
    }
    return drawn[label].to_numpy(dtype=bool)


@dataclass(frozen=True)
class _Slice:
    literals: tuple[_Literal, ...]
    score: float
    p_value: float
    looked_at: int


def _best(
    half: _Half, max_depth: int, minimum: int, top: int, permutations: int, rng: np.random.Generator
) -> list[_Slice]:
    """Return the slices with the largest scores; the null is the largest score of each relabelling."""
    fixed = [literal for literal in half.literals if literal.rows is not None]
    moving = [literal for literal in half.literals if literal.speakers is not None]
    of_speakers = [item for depth in range(max_depth + 1) for item in _conjunctions(moving, depth)]
    of_rows = [item for depth in range(max_depth + 1) for item in _conjunctions(fixed, depth)]
    total = sum(1 for a in of_rows for b in of_speakers if 1 <= len(a) + len(b) <= max_depth)
    if total > MOST_SLICES:
        raise ScoringError(
            f"{total:,} slices, more than {MOST_SLICES:,}",
            place="slices",
            remedy="a smaller max_depth, or fewer attributes",
        )
    n = len(half.speakers)
    order = np.stack([np.arange(n), *(rng.permutation(n) for _ in range(permutations))], axis=1)
    errors, words = half.errors.sum(), half.words.sum()
    largest = np.full(permutations, -np.inf)
    scored: list[tuple[tuple[_Literal, ...], float]] = []
    for bins in of_rows:
        some = [item for item in of_speakers if 1 <= len(item) + len(bins) <= max_depth]
        if not some:
            continue
        e, w = half.sums(bins)
        relabelled = (e[order], w[order], (w > 0)[order].astype(np.float64))
        for start in range(0, len(some), TOGETHER):  # one product per matrix scores these under every relabelling
            part = some[start : start + TOGETHER]
            member = np.array([_members(item, n) for item in part], dtype=np.float64)
            own_errors, own_words, people = (member @ matrix for matrix in relabelled)
            scores = _scores(own_errors, own_words, people, errors, words, minimum)
            scored += list(zip([(*item, *bins) for item in part], scores[:, 0].tolist(), strict=True))
            tested = [place for place, item in enumerate(part) if item]
            if tested:
                largest = np.maximum(largest, scores[tested, 1:].max(axis=0))
    scored = sorted((item for item in scored if item[1] > 0), key=lambda item: -item[1])[:top]
    return [
        _Slice(
            literals, score,
            (1 + float((largest >= score).sum())) / (permutations + 1) if any(x.speakers is not None for x in literals) else math.nan,
            total,
        )
        for literals, score in scored
    ]  # fmt: skip


def _conjunctions(literals: Sequence[_Literal], depth: int) -> list[tuple[_Literal, ...]]:
    """Return every choice of ``depth`` literals of different columns."""
    return [
        item for item in itertools.combinations(literals, depth) if len({literal.column for literal in item}) == depth
    ]


def _members(literals: Sequence[_Literal], n: int) -> NDArray[np.bool_]:
    kept = np.ones(n, dtype=bool)
    for literal in literals:
        if literal.speakers is not None:
            kept &= literal.speakers
    return kept


def _scores(
    errors: Floats, words: Floats, speakers: Floats, all_errors: float, all_words: float, minimum: int
) -> Floats:
    """Return the score of every slice (rows) under every relabelling (columns); minus infinity where there are too few speakers."""
    with np.errstate(divide="ignore", invalid="ignore"):
        worse = (errors / words) / (all_errors / all_words) - 1.0
        small = all_words / words - 1.0
        scores = ALPHA * worse - (1.0 - ALPHA) * small
    result: Floats = np.where((speakers >= minimum) & np.isfinite(scores), scores, -np.inf)
    return result


def _row(rank: int, item: _Slice, half: _Half, checking: pd.DataFrame, keys: pd.Series[str]) -> dict[str, object]:
    inside = np.ones(len(half.rows), dtype=bool)
    held = np.ones(len(checking), dtype=bool)
    for literal in item.literals:
        inside &= literal.rows if literal.rows is not None else literal.speakers[half.code]  # type: ignore[index]
        held &= _holds(checking, literal, half)
    own, rest = _rate(half.rows[inside]), _rate(half.rows[~inside])
    other, others = _rate(checking[held]), _rate(checking[~held])
    n = int(keys[held].nunique())
    return {
        "rank": rank,
        "slice": " and ".join(f"{literal.column} = {literal.level}" for literal in item.literals),
        "depth": len(item.literals),
        "n_speakers": len(np.unique(half.code[inside])),
        "n_utterances": int(inside.sum()),
        "ref_words": int(half.words[inside].sum()),
        "rate": own,
        "gap": own - rest,
        "score": item.score,
        "p_familywise": item.p_value,
        "n_speakers_held_out": n,
        "rate_held_out": other,
        "gap_held_out": other - others,
        "n_slices": item.looked_at,
        "reason": joined(
            [
                "measured bins alone: relabelling speakers cannot test it" if math.isnan(item.p_value) else "",
                "nobody held out is in it" if len(checking) and not n else "",
                *_cut_words(item, half),
                *half.notes,
            ]
        ),
    }


def _cut_words(item: _Slice, half: _Half) -> list[str]:
    columns = [literal.column for literal in item.literals if literal.column in half.cuts]
    return [f"thirds of {name}: cut at {half.cuts[name][0]:.3g} and {half.cuts[name][1]:.3g}" for name in columns]


def _holds(rows: pd.DataFrame, literal: _Literal, half: _Half) -> NDArray[np.bool_]:
    """Return which of the held-out rows have a literal; the cuts are those of the half that chose."""
    if literal.column in half.cuts and literal.level in LABELS:
        frame = with_speech_rate(rows) if literal.column == SPEECH_RATE else rows
        values = pd.to_numeric(frame[literal.column]).astype("float64")
        return _third(values, literal.level, *half.cuts[literal.column])
    return (rows[literal.column].astype("str").fillna(NOT_STATED) == literal.level).to_numpy(dtype=bool)


def _rate(rows: pd.DataFrame) -> float:
    words = float(rows["ref_words"].sum())
    return float(rows["errors"].sum()) / words if words else math.nan


def _share(key: str, seed: int) -> float:
    digest = hashlib.blake2b(f"slices|{seed}|{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64
