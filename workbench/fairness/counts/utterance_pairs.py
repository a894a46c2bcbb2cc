"""Two sides of a comparison, joined by utterance: what can be compared, and what cannot and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import group_columns, speaker_columns
from workbench.schema import NOT_STATED, STOPPING_FACTOR

SHOWN = 5


class Side(NamedTuple):
    """One system under one condition."""

    model_id: str
    condition_id: str


def matched_sides(
    first: pd.DataFrame,
    second: pd.DataFrame,
    *,
    system: str | None = None,
    versus: str | None = None,
    condition: str | None = None,
    versus_condition: str | None = None,
) -> list[tuple[Side, Side]]:
    """Return which system under which condition of ``first`` is compared with which of ``second``.

    ``system`` and ``condition`` name the side of ``first``, ``versus`` and ``versus_condition`` that of ``second``. What
    is not named: everything that both have, each with itself; if they have nothing in common but one each, these two.

    Raises
    ------
    ScoringError : a name that is not there, or sides that cannot be told
    """
    models = _matched(first, second, "model_id", system, versus, ("--system", "--versus"))
    conditions = _matched(
        first, second, "condition_id", condition, versus_condition, ("--condition", "--versus-condition")
    )
    wanted = [(Side(a, c), Side(b, d)) for a, b in models for c, d in conditions]
    ours, theirs = _present(first), _present(second)
    results = [(a, b) for a, b in wanted if a in ours and b in theirs]
    if not results:
        a, b = wanted[0]
        raise ScoringError(
            f"there are not both {a.model_id} under {a.condition_id} and {b.model_id} under {b.condition_id}",
            remedy="name systems and conditions that were run together",
        )
    return results


def _present(frame: pd.DataFrame) -> set[Side]:
    pairs = frame[["model_id", "condition_id"]].drop_duplicates()
    return {Side(str(model), str(condition)) for model, condition in pairs.itertuples(index=False)}


def _matched(
    first: pd.DataFrame,
    second: pd.DataFrame,
    column: str,
    chosen: str | None,
    against: str | None,
    options: tuple[str, str],
) -> list[tuple[str, str]]:
    a, b = (list(map(str, frame[column].unique())) for frame in (first, second))
    for name, available, option in ((chosen, a, options[0]), (against, b, options[1])):
        if name is not None and name not in available:
            raise ScoringError(f"no {column} {name!r} on that side", place=option, remedy=choices(name, available))
    if chosen is None and against is None and (common := [name for name in a if name in b]):
        return [(name, name) for name in common]
    ours = chosen or (a[0] if len(a) == 1 else against if against in a else None)
    theirs = against or (b[0] if len(b) == 1 else chosen if chosen in b else None)
    if ours is None or theirs is None:
        raise ScoringError(
            f"cannot tell which {column} to compare with which: {', '.join(a)} and {', '.join(b)}",
            remedy=f"name them with {options[0]} and {options[1]}",
        )
    return [(ours, theirs)]


def side(scores: pd.DataFrame, chosen: Side) -> pd.DataFrame:
    """Return the rows of one system under one condition."""
    return scores[(scores["model_id"] == chosen.model_id) & (scores["condition_id"] == chosen.condition_id)]


STATES = ("paired", "only_first", "only_second", "failed", "empty")
"""Of an utterance: scored on both sides; on one side only; decoding failed on a side; no reference words."""


def paired_rows(first: pd.DataFrame, second: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return one row per utterance of either side, joined by utterance_id.

    Parameters
    ----------
    first, second : SCORES rows of one system under one condition each, scored under one normaliser
    by : attributes to keep; a missing value is the level ``not stated``

    Returns
    -------
    Columns utterance_id, the columns that tell speakers apart, ``by``, ``pair_state`` (one of :data:`STATES`), ``ref_words``,
    ``errors_first``, ``errors_second``, ``reference``, ``hypothesis_first``, ``hypothesis_second``, ``stopping_factor`` (the
    larger of both sides). Counts are 0 and texts empty unless it is ``paired``.

    Raises
    ------
    ScoringError : an utterance twice on a side; no utterance in common; references, speakers or groups that differ
        between the sides (all of them counted, the first named)
    """
    attributes = group_columns(first, by)
    group_columns(second, by)
    people = [name for name in speaker_columns(first) if name in second.columns]
    for frame, name in ((first, "first"), (second, "second")):
        _refuse_twice(frame, name)
    rows = _facts(first, people, attributes).merge(
        _facts(second, people, attributes),
        on="utterance_id",
        how="outer",
        suffixes=("_first", "_second"),
        indicator="joined",
    )
    common = rows["joined"] == "both"
    if not common.any():
        raise ScoringError(
            f"no utterance in common: {len(first)} on the first side, {len(second)} on the second",
            remedy="compare transcripts of the same utterances; they are joined by utterance_id",
        )
    alike = {
        "normaliser_id": "score both sides under one normaliser",
        "reference": "both sides must be held against the same text",
        **dict.fromkeys(people, "an utterance has one speaker"),
        **dict.fromkeys(attributes, "give each speaker one group, the same on both sides"),
    }
    _refuse_conflicts(rows[common], alike)
    failed = rows["failed_first"].eq(True) | rows["failed_second"].eq(True)
    state = np.select(
        [rows["joined"] == "left_only", rows["joined"] == "right_only", failed, rows["ref_words_first"] == 0],
        STATES[1:],
        STATES[0],
    )
    paired = state == STATES[0]
    result = rows[["utterance_id"]].assign(pair_state=state, ref_words=_whole(rows["ref_words_first"], paired))
    for name in (*people, *attributes, "reference"):
        result[name] = rows[f"{name}_first"].where(rows["joined"] != "right_only", rows[f"{name}_second"])
    for name in ("first", "second"):
        result[f"errors_{name}"] = _whole(rows[f"errors_{name}"], paired)
        result[f"hypothesis_{name}"] = rows[f"hypothesis_{name}"].fillna("").where(paired, "")
    return result.assign(
        **{STOPPING_FACTOR: rows[[f"{STOPPING_FACTOR}_{name}" for name in ("first", "second")]].max(axis=1)}
    )


def _facts(frame: pd.DataFrame, people: Sequence[str], attributes: Sequence[str]) -> pd.DataFrame:
    """Return what is compared of each row, with counts that are 0 where decoding failed."""
    failed = frame["errors"].isna()
    if "status" in frame.columns:
        failed = failed | (frame["status"] == "failed")
    facts = frame[["utterance_id", *people, "reference", "hypothesis"]].assign(
        failed=failed,
        normaliser_id=frame["normaliser_id"] if "normaliser_id" in frame.columns else "",
        errors=frame["errors"].fillna(0).astype("int64"),
        ref_words=frame["ref_words"].fillna(0).astype("int64"),
        **{STOPPING_FACTOR: frame[STOPPING_FACTOR] if STOPPING_FACTOR in frame.columns else 1.0},
    )
    return facts.assign(**{name: frame[name].astype("str").fillna(NOT_STATED) for name in attributes})


def _whole(counts: pd.Series[float], paired: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.where(paired, counts.fillna(0), 0).astype(np.int64)


def _refuse_twice(frame: pd.DataFrame, name: str) -> None:
    twice = frame["utterance_id"][frame["utterance_id"].duplicated()].unique().tolist()
    if len(twice):
        raise ScoringError(
            f"{len(twice)} utterances are on the {name} side twice ({_some(twice)})",
            remedy="one system under one condition has one transcript of an utterance",
        )


def _refuse_conflicts(rows: pd.DataFrame, alike: Mapping[str, str]) -> None:
    problems, remedies = [], []
    for column, remedy in alike.items():
        a, b = (rows[f"{column}_{side}"].astype("str").fillna("") for side in ("first", "second"))
        differ = (a != b).to_numpy()
        if differ.any():
            where = int(differ.argmax())
            example = f"{rows['utterance_id'].iloc[where]}: {a.iloc[where]!r} and {b.iloc[where]!r}"
            problems.append(f"{int(differ.sum())} utterances have another {column} on the second side ({example})")
            remedies.append(remedy)
    if problems:
        raise ScoringError("; ".join(problems), remedy="; ".join(remedies))


def _some(names: Sequence[str]) -> str:
    return ", ".join(map(str, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
