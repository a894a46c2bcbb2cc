"""What a card shows beyond rates and gaps, each part computed from the scores by the public functions of ``fairness``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.cards.datasheet import recordings
from workbench.cards.rows import (
    BalanceRow,
    BandRow,
    Block,
    ChangeRow,
    DoseRow,
    EventRow,
    ExampleRow,
    KindRow,
    RecordingRow,
    SpeakersRow,
    WordRow,
    rows_of,
)
from workbench.cards.suppression import SPEAKER, without
from workbench.errors import CardError, choices
from workbench.fairness import balance
from workbench.fairness.adjusted.covariates import available_covariates
from workbench.fairness.inference.verdicts import ALPHA
from workbench.fairness.words.invented import FLAGGED
from workbench.fairness.words.normaliser_band import bands_for, gaps_under
from workbench.figures.error_kinds import KINDS
from workbench.results.audio_facts import facts
from workbench.schema import CLEAN

if TYPE_CHECKING:
    from workbench.results import Results

PARTS: Mapping[str, str] = {
    "changes": "whether conditions widen gaps",
    "doses": "error rates as conditions get harder",
    "speakers": "how the speakers of a group differ",
    "kinds": "words replaced, missed and invented",
    "band": "gaps under several normalisers",
    "balance": "what else differs between the groups",
    "recordings": "whether the groups were recorded differently",
    "events": "transcripts that look invented",
    "words": "words that fail more often for a group",
    "keywords": "words that matter: names, numbers, negations",
}
"""Parts that a card may have, with what each shows."""
RECORDING = ("source_snr_db", "source_floor_db", "rolloff_hz")
"""What was measured of the recordings themselves, as far as the run has it."""
MOST_WORDS = 5
"""So many words of a group are kept."""
QUANTILES = {"p10": 0.10, "p25": 0.25, "median": 0.50, "p75": 0.75, "p90": 0.90}


def chosen(parts: Sequence[str] | None) -> tuple[str, ...]:
    """Return the parts in their order; None: all of them.

    Raises
    ------
    CardError : an unknown part
    """
    unknown = [name for name in parts or () if name not in PARTS]
    if unknown:
        raise CardError(f"no part {', '.join(map(repr, unknown))}", place="evidence", remedy=choices(unknown[0], PARTS))
    return tuple(name for name in PARTS if parts is None or name in parts)


def evidence(
    results: Results,
    attributes: Sequence[str],
    parts: Sequence[str],
    *,
    reference: Mapping[str, str],
    hidden: Mapping[str, Sequence[str]],
    conditions: Sequence[str],
    models: Sequence[str],
) -> dict[str, tuple[Any, ...]]:
    """Return the rows of each part, hidden groups left out, by model, attribute and condition in these orders.

    Parameters
    ----------
    attributes : those whose groups do not share speakers
    reference : by attribute, what groups are compared with
    """
    made: dict[str, tuple[Any, ...]] = {name: () for name in parts}
    for attribute in attributes:
        for name in parts:
            rows = _MAKERS[name](results, attribute, reference[attribute])
            rows = _ordered(without(rows, attribute, hidden), conditions, models)
            made[name] += rows_of(rows.assign(attribute=attribute), _KINDS[name])
    return made


def examples(results: Results, wanted: Sequence[tuple[str, str]]) -> tuple[ExampleRow, ...]:
    """Return the transcripts of these utterances under these conditions, by every model.

    Raises
    ------
    CardError : an utterance or condition that was not scored
    """
    matches: list[ExampleRow] = []
    for utterance, condition in wanted:
        scores = results.scores
        rows = scores[(scores["utterance_id"] == utterance) & (scores["condition_id"] == condition)]
        if rows.empty:
            raise CardError(f"no transcript of {utterance!r} under {condition!r}", place="examples")
        rows = rows.assign(reference=rows["reference_raw"], hypothesis=rows["hypothesis_raw"])
        matches += rows_of(rows, ExampleRow)
    return tuple(matches)


def _ordered(rows: pd.DataFrame, conditions: Sequence[str], models: Sequence[str]) -> pd.DataFrame:
    if rows.empty or "model_id" not in rows:
        return rows
    places = [rows["model_id"].map(list(models).index)]
    if "condition_id" in rows:
        places.append(rows["condition_id"].map(list(conditions).index))
    order = np.lexsort([np.asarray(place) for place in reversed(places)])
    return rows.iloc[order].reset_index(drop=True)


def _changes(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    if CLEAN not in set(results.scores["condition_id"]):
        return pd.DataFrame(columns=list(ChangeRow.model_fields))
    return results.table("gap_changes", attribute=attribute, reference=reference)


def _doses(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    return results.table("dose_response", attribute=attribute)


def _speakers(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    scores = results.scores
    spoken = scores[scores["ref_words"].fillna(0) > 0]
    keys = ["model_id", "condition_id", attribute]
    people = spoken.groupby([*keys, *SPEAKER], observed=True)[["errors", "ref_words"]].sum()
    own = (people["errors"] / people["ref_words"]).astype("float64").groupby(level=keys)
    table = pd.DataFrame({"n_speakers": own.size(), **{name: own.quantile(at) for name, at in QUANTILES.items()}})
    return (
        table.assign(above_half=own.apply(lambda rates: (rates > 0.5).mean()))
        .reset_index()
        .rename(columns={attribute: "group"})
    )


def _kinds(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    return results.table("metrics", by=attribute, names=list(KINDS)).rename(columns={attribute: "group"})


def _band(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    names = bands_for([info.language for info in results.corpora])
    name = results.study.normaliser
    result = gaps_under(
        results.scores, attribute, normalisers=list(dict.fromkeys([name, *names])), reference=reference,
        margin=results.study.margin,
    )  # fmt: skip
    return pd.concat([frame.assign(normaliser=name) for name, frame in result.items()], ignore_index=True)


def _balance(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    """Return BALANCE of the audio before any condition: one model's utterances, each once."""
    once = results.scores.drop_duplicates(["corpus_id", "utterance_id"])
    measured = facts(results).drop_duplicates("utterance_id").set_index("utterance_id")
    there = [name for name in RECORDING if name in measured and measured[name].notna().any()]
    once = once.assign(
        model_id="", condition_id="", **{name: once["utterance_id"].map(measured[name]).to_numpy() for name in there}
    )
    covariates = [*available_covariates(once, attribute), *there]
    if not covariates:
        return pd.DataFrame(columns=list(BalanceRow.model_fields))
    result = balance(once, attribute, covariates, reference=reference).rename(columns={"smd_before": "smd"})
    return result.drop(columns=["model_id", "condition_id"])


def _events(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    result = results.table("hallucinations", by=attribute).rename(columns={attribute: "group"})
    return result[result["event"] == FLAGGED]


def _words(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    """Return the words that fail more often for a group beyond chance, the surest first, of clean speech if it was tested."""
    present = results.conditions
    condition = CLEAN if CLEAN in present else present[0]
    frames = []
    for model in results.levels("model_id"):
        rows = results.table("word_errors", model=model, condition=condition, attribute=attribute, reference=reference)
        worse = rows[(rows["log_odds"] > 0) & (rows["p_adjusted"] < ALPHA)].sort_values("z", ascending=False)
        frames.append(worse.groupby("group", sort=False).head(MOST_WORDS))
    return pd.concat(frames, ignore_index=True)


def _keywords(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    return results.table("keyword_recall", by=attribute).rename(columns={attribute: "group"})


_MAKERS = {
    "changes": _changes, "doses": _doses, "speakers": _speakers, "kinds": _kinds, "band": _band, "balance": _balance,
    "recordings": recordings, "events": _events, "words": _words, "keywords": _keywords,
}  # fmt: skip
_KINDS: Mapping[str, type[Block]] = {
    "changes": ChangeRow, "doses": DoseRow, "speakers": SpeakersRow, "kinds": KindRow, "band": BandRow, "balance": BalanceRow,
    "recordings": RecordingRow, "events": EventRow, "words": WordRow, "keywords": EventRow,
}  # fmt: skip
