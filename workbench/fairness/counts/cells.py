"""Sums per speaker, and the six sums per cell from which rate, standard error and gap follow.

A **cell** is one model x condition x group. Speakers are its independent units, so counts are first added up per
speaker; how a speaker's words were cut into utterances no longer matters after that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.schema import NOT_STATED, SCORES, STOPPING_FACTOR, TALLIES

Method = Literal["linearised", "none"]
Mode = Literal["pooled", "speaker_mean", "utterance_mean", "weighted"]
EmptyReferences = Literal["separate", "count"]

SHOWN = 5
"""So many speakers are named where a message concerns several."""
WEIGHT = "survey_weight"
"""The column of survey weights: how many people of the population a row stands for, in any unit."""
CELL = ("model_id", "condition_id")
MODES = get_args(Mode)
ROWS_MODES = ("utterance_mean", "weighted")
"""Modes that need the rows of single utterances."""
COUNTED = ("errors", "ref_words", "substitutions", "deletions", "insertions")
ROUNDING = 1e-14
"""A relative variance of fractions that is smaller is rounding."""
TALLIED = ("n_utterances", "n_failed", "n_empty_references", "false_speech_words")


@dataclass(frozen=True, slots=True)
class SixSums:
    """Six sums over the speakers s of a cell, E_s errors in N_s words: all that a pooled rate needs.

    Cells of different speakers may be added, and a part subtracted from its whole. Whole numbers stay whole and exact; a
    mean of rates is the same estimator with rates for errors (``fairness.group_rates.averages``). Source: method of linearised ratio
    estimators (Cochran 1977, Sampling Techniques, ch. 6), clustered on speaker.

    ``factor`` : by how much the variance is enlarged in intervals, for an adaptive run stopped when it looked small
    (``workbench.fairness.inference.stopping``), or because prompts vary too (``group_gaps.clustered_tests``); ``most_df``: the
    degrees of freedom that the prompts leave.
    """

    n_speakers: int = 0
    errors: float = 0
    words: float = 0
    errors_squared: float = 0
    errors_words: float = 0
    words_squared: float = 0
    factor: float = 1.0
    most_df: float = math.inf

    @classmethod
    def of(cls, errors: Sequence[float], words: Sequence[float], *, factor: float = 1.0) -> SixSums:
        """Return the sums over speakers with these errors and reference words."""
        pairs = [(_whole(e), _whole(n)) for e, n in zip(errors, words, strict=True)]
        return cls(
            len(pairs),
            sum(e for e, _ in pairs),
            sum(n for _, n in pairs),
            sum(e * e for e, _ in pairs),
            sum(e * n for e, n in pairs),
            sum(n * n for _, n in pairs),
            factor,
        )

    def __add__(self, other: SixSums) -> SixSums:
        return SixSums(
            self.n_speakers + other.n_speakers,
            self.errors + other.errors,
            self.words + other.words,
            self.errors_squared + other.errors_squared,
            self.errors_words + other.errors_words,
            self.words_squared + other.words_squared,
            max(self.factor, other.factor),
            min(self.most_df, other.most_df),
        )

    def __sub__(self, other: SixSums) -> SixSums:
        return self + SixSums(
            -other.n_speakers,
            -other.errors,
            -other.words,
            -other.errors_squared,
            -other.errors_words,
            -other.words_squared,
        )

    @property
    def rate(self) -> float:
        """Pooled rate W = sum(E) / sum(N); NaN without words."""
        return self.errors / self.words if self.words else float("nan")

    @property
    def variance(self) -> float:
        """Linearised variance of the pooled rate, clustered on speaker; NaN below two speakers or without words.

        V(W) = [sum(E^2) - 2 W sum(EN) + W^2 sum(N^2)] / (mean(N)^2 G (G - 1)). Counts are whole numbers up to the last
        division, so that speakers with exactly equal rates give exactly 0; of fractions, what is rounding is 0.
        """
        if self.n_speakers < 2 or not self.words:
            return float("nan")
        e, n, g = self.errors, self.words, self.n_speakers
        spread = n * n * self.errors_squared - 2 * e * n * self.errors_words + e * e * self.words_squared
        if isinstance(spread, float) and spread <= ROUNDING * e * e * self.words_squared:
            return 0.0
        return float(spread * g / (n**4 * (g - 1)))


def _whole(value: float) -> float:
    """Return a whole number as an int of any size, others as they are."""
    return int(value) if value == int(value) else float(value)


def group_columns(scores: pd.DataFrame, by: Sequence[str]) -> list[str]:
    """Return ``by`` without repetitions and without model_id and condition_id.

    Raises
    ------
    ScoringError : a column that the frame does not have, or one that the result needs for itself
    """
    wanted = [name for name in dict.fromkeys(by) if name not in CELL]
    columns = [str(name) for name in scores.columns]
    missing = [name for name in wanted if name not in columns]
    if missing:
        attributes = SCORES.attributes_of(scores) or columns
        raise ScoringError(
            f"no column {', '.join(map(repr, missing))} to group by", remedy=choices(missing[0], attributes)
        )
    reserved = [name for name in wanted if name in (*COUNTED, *TALLIED)]
    if reserved:
        raise ScoringError(f"cannot group by {', '.join(map(repr, reserved))}: that is what is counted")
    return wanted


def speaker_columns(scores: pd.DataFrame) -> list[str]:
    """Return the columns that tell speakers apart: equal ids in two corpora are two people."""
    return ["corpus_id", "speaker_id"] if "corpus_id" in scores.columns else ["speaker_id"]


def speaker_sums(
    scores: pd.DataFrame,
    by: Sequence[str],
    *,
    method: Method,
    empty_references: EmptyReferences,
    mode: Mode = "pooled",
    further: Sequence[str] = (),
) -> pd.DataFrame:
    """Return one row per model x condition x ``by`` x speaker: counts added up, and what was not scored.

    ``numerator`` and ``denominator`` are those of the mode, per speaker: errors and words (``pooled``), the speaker's own
    rate and 1 (``speaker_mean``), the sum of the utterances' rates and their number (``utterance_mean``; an utterance without
    reference words has none), the sums of weight x errors and weight x words (``weighted``, from the column ``survey_weight``).

    Parameters
    ----------
    scores : SCORES, or a frame with its keys, speaker_id and word counts; missing counts are a failed decode
    by : attribute columns; a missing value is the level ``not stated``
    method : ``linearised`` needs a speaker_id in every row
    empty_references : ``separate`` keeps rows without reference words out of the counts; ``count`` adds their
        insertions to the errors
    mode : what numerator and denominator are
    further : further count columns to add up

    A frame that :func:`tallied` has added up is added up further, with the same result.

    Raises
    ------
    ScoringError : missing column, missing speaker_id, unknown choice, or more than one normaliser in the frame; of a frame
        that is added up already, what only single utterances can tell
    """
    refuse_unknown(method, get_args(Method), "method")
    refuse_unknown(empty_references, get_args(EmptyReferences), "empty_references")
    refuse_unknown(mode, MODES, "mode")
    needed = [*CELL, "speaker_id", *COUNTED, *further]
    missing = [name for name in needed if name not in scores.columns]
    if missing:
        raise ScoringError(
            f"no column {', '.join(map(repr, missing))}",
            place=SCORES.name,
            remedy=f"the frame has: {', '.join(map(str, scores.columns))}",
        )
    refuse_mixed_normalisers(scores)
    if method == "linearised":
        refuse_missing_speakers(scores)
    keys = [*CELL, *by, *[name for name in speaker_columns(scores) if name not in by]]
    if TALLIES.is_table_of(scores):
        return _added_up(scores, keys, (*COUNTED, *further), empty_references, mode)
    if set(TALLIED) <= set(scores.columns):
        raise ScoringError(
            "the rows are added up, but the frame does not say that it is TALLIES",
            place=TALLIES.name,
            remedy="read it with schema.TALLIES.marked(frame)",
        )
    # Missing counts are a failed decode too: frames made elsewhere have no status.
    failed = scores["errors"].isna().to_numpy(dtype=bool)
    if "status" in scores.columns:
        failed = failed | (scores["status"] == "failed").to_numpy(dtype=bool)
    counts = {name: scores[name].fillna(0).to_numpy(dtype=np.int64) for name in (*COUNTED, *further)}
    empty = ~failed & (counts["ref_words"] == 0)
    # A reference without words has no rate of its own; under `count` its insertions are errors that no word answers for.
    scored = ~failed if empty_references == "count" else ~failed & ~empty
    # A missing attribute is a level to be seen. A missing speaker stays nameless: "not stated" would make one person of all of them.
    unnamed = {name: "" for name in speaker_columns(scores) if name not in by}
    frame = pd.DataFrame(
        {name: scores[name].astype("str").fillna(unnamed.get(name, NOT_STATED)).array for name in keys}
    )
    # Rows that are not scored stay, with counts of 0: a group of failures alone keeps its row and says so.
    for name, values in counts.items():
        frame[name] = np.where(scored, values, 0)
    frame["n_utterances"] = scored.astype(np.int64)
    frame["n_failed"] = failed.astype(np.int64)
    frame["n_empty_references"] = empty.astype(np.int64)
    frame["false_speech_words"] = np.where(empty, counts["insertions"], 0)
    if mode == "utterance_mean":
        rated = scored & (counts["ref_words"] > 0)
        frame["numerator"] = np.where(rated, counts["errors"] / np.maximum(counts["ref_words"], 1), 0.0)
        frame["denominator"] = rated.astype(np.int64)
    if mode == "weighted":
        weights = _weights(scores)
        frame["numerator"] = np.where(scored, counts["errors"] * weights, 0.0)
        frame["denominator"] = np.where(scored, counts["ref_words"] * weights, 0.0)
    # From here on there are speakers, not utterances: those of one speaker are not independent, and intervals are over speakers.
    sums = frame.groupby(keys, sort=True, dropna=False).sum().reset_index()
    sums = _with_factors(sums, frame[keys], scores)
    return sums if mode in ROWS_MODES else _quotients(sums, mode)


def _weights(scores: pd.DataFrame) -> NDArray[np.float64]:
    """Return the survey weight of each row, or raise naming how many have none that can be used."""
    if WEIGHT not in scores.columns:
        raise ScoringError(
            f"no column {WEIGHT!r} for the mode 'weighted'", remedy="name the column of weights (--weight)"
        )
    weights = pd.to_numeric(scores[WEIGHT], errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(weights) & (weights > 0))
    if wrong.any():
        examples = ", ".join(map(str, scores[WEIGHT][wrong].unique()[:SHOWN]))
        raise ScoringError(
            f"{int(wrong.sum())} of {len(scores)} rows have no positive weight ({examples})",
            remedy="give every row a positive number, or leave such rows out with --where",
        )
    return weights


def _with_factors(sums: pd.DataFrame, keys: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return sums per ``keys`` with the largest stopping factor of their rows, if the rows have any."""
    if STOPPING_FACTOR not in rows.columns:
        return sums
    factors = keys.assign(**{STOPPING_FACTOR: rows[STOPPING_FACTOR].to_numpy()})
    largest = factors.groupby(list(keys.columns), sort=True, dropna=False)[STOPPING_FACTOR].max()
    return sums.assign(**{STOPPING_FACTOR: largest.to_numpy()})


def _added_up(
    tallies: pd.DataFrame, keys: Sequence[str], counts: Sequence[str], empty_references: EmptyReferences, mode: Mode
) -> pd.DataFrame:
    """Return the sums of a frame that is added up already."""
    if mode in ROWS_MODES or empty_references == "count":
        raise ScoringError(
            "the utterances are added up already", place=SCORES.name, remedy="ask with the rows of the utterances"
        )
    sums = tallies.groupby(list(keys), sort=True)[[*counts, *TALLIED]].sum().reset_index()
    return _quotients(_with_factors(sums, tallies[list(keys)], tallies), mode)


def _quotients(sums: pd.DataFrame, mode: Mode) -> pd.DataFrame:
    """Return sums per speaker with the numerator and denominator of a mode."""
    if mode == "pooled":
        return sums.assign(numerator=sums["errors"], denominator=sums["ref_words"])
    spoke = sums["ref_words"] > 0
    own = sums["errors"] / sums["ref_words"].where(spoke, 1)
    return sums.assign(numerator=own.where(spoke, 0.0), denominator=spoke.astype(np.int64))


def tallied(scores: pd.DataFrame) -> pd.DataFrame:
    """Return TALLIES of SCORES: one row per model x condition x speaker x attributes, some hundred times fewer.

    ``rates``, ``gaps``, ``metrics`` and ``spread`` of it are those of the rows, for counts only add up; what compares single
    utterances (``gap_changes``, ``dose_response``, words) needs the rows.

    Raises
    ------
    ScoringError : as :func:`speaker_sums`
    """
    attributes = [name for name in SCORES.attributes_of(scores) if name not in TALLIED]
    constant = {name: scores[name].iloc[0] for name in ("normaliser_id",) if name in scores.columns and len(scores)}
    further = [name for name in ("char_errors", "ref_chars") if name in scores.columns]
    sums = speaker_sums(scores, attributes, method="linearised", empty_references="separate", further=further)
    return TALLIES.marked(sums.drop(columns=["numerator", "denominator"]).assign(**constant))


def six_sums(
    speakers: pd.DataFrame, keys: Sequence[str], *, numerator: str = "errors", denominator: str = "ref_words"
) -> dict[tuple[str, ...], SixSums]:
    """Return the six sums of every cell of ``keys`` (two or more), sorted by them.

    A speaker with neither words nor errors is not counted, nor is one without a name.
    """
    e, n = speakers[numerator].to_numpy(), speakers[denominator].to_numpy()
    # A speaker who said nothing adds nothing to the sums, but would raise the number of speakers and narrow the interval.
    counted = ((e > 0) | (n > 0)) & (speakers["speaker_id"] != "").to_numpy()
    products = pd.DataFrame({"g": counted.astype(np.int64), "e": e, "n": n, "ee": e * e, "en": e * n, "nn": n * n})
    sums = products.groupby([speakers[key].to_numpy() for key in keys], sort=True).sum()
    columns = [sums[name].tolist() for name in sums.columns]
    if STOPPING_FACTOR in speakers.columns:
        factors = speakers[STOPPING_FACTOR].groupby([speakers[key].to_numpy() for key in keys], sort=True)
        columns.append(factors.max().tolist())
    return {key: SixSums(*row) for key, *row in zip(sums.index.tolist(), *columns, strict=True)}


def refuse_unknown(given: str, known: Sequence[str], argument: str) -> None:
    """Raise a ScoringError with the known choices if ``given`` is none of them."""
    if given not in known:
        raise ScoringError(f"{given!r} is not a choice", place=argument, remedy=choices(given, known))


def refuse_mixed_normalisers(scores: pd.DataFrame) -> None:
    """Raise if rows were scored under different normalisers."""
    if "normaliser_id" in scores.columns and len(used := scores["normaliser_id"].unique()) > 1:
        raise ScoringError(
            f"rows under different normalisers: {', '.join(sorted(map(str, used)))}",
            place=SCORES.name,
            remedy="score all rows under one normaliser before adding them up",
        )


def refuse_missing_speakers(scores: pd.DataFrame) -> None:
    """Raise if a row names no speaker."""
    speaker = scores["speaker_id"]
    without = int((speaker.isna() | (speaker.astype("str").str.strip() == "")).sum())
    if without:
        raise ScoringError(
            f"{without} of {len(scores)} rows have no speaker_id, the unit of every interval",
            place=SCORES.name,
            remedy="fill it in (the recording session will do), or ask for no intervals with method='none'",
        )


def share_speakers(speakers: pd.DataFrame, attribute: str, speaker: Sequence[str]) -> bool:
    """Tell whether a speaker (or a cluster in place of speakers) stands in two groups of ``attribute``."""
    labels = speakers.loc[speakers["speaker_id"] != "", [*speaker, attribute]].drop_duplicates()
    return bool(labels.duplicated(list(speaker)).any())


def refuse_speakers_in_two_groups(speakers: pd.DataFrame, attribute: str, speaker: Sequence[str]) -> None:
    """Raise if one speaker stands in two groups of ``attribute``: groups compared must be different people.

    Raises
    ------
    ScoringError : says how many, and names the first with their groups
    """
    labels = speakers[[*speaker, attribute]].drop_duplicates()
    labels = labels[labels["speaker_id"] != ""]
    twice = labels[labels.duplicated(list(speaker), keep=False)]
    if twice.empty:
        return
    lines = [
        f"{'/'.join(map(str, key))}: {', '.join(sorted(groups))}"
        for key, groups in twice.groupby(list(speaker), sort=True)[attribute]
    ]
    more = f"; and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    raise ScoringError(
        f"{len(lines)} speakers are in more than one group of {attribute!r} ({'; '.join(lines[:SHOWN])}{more})",
        remedy="give each speaker one group; a gap compares different people",
    )
