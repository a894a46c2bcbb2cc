"""From results to the card: every number computed once, from the scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.cards.limits import limits
from workbench.cards.model import (
    EVERYONE,
    AttributeBlock,
    Card,
    ConditionBlock,
    CorpusBlock,
    FactBlock,
    GapRow,
    GroupBlock,
    MethodBlock,
    ModelBlock,
    RateRow,
    Reproduction,
    RunBlock,
)
from workbench.conditions import CATALOGUE
from workbench.errors import CardError, choices
from workbench.fairness import gaps, rates
from workbench.figures.frames import group_order, number_or_none
from workbench.figures.words import condition_labels
from workbench.results import fact_summary, facts
from workbench.schema import CLEAN, SCORES

if TYPE_CHECKING:
    from workbench.results import Results

REST = "rest"
SPEAKER = ["corpus_id", "speaker_id"]
"""What tells speakers apart: equal ids in two corpora are two people."""


def build(
    results: Results,
    *,
    attributes: Sequence[str] | None = None,
    reference_group: str = REST,
    intended_use: str = "",
) -> Card:
    """Return the service card of ``results``.

    Parameters
    ----------
    attributes : whose groups are reported; default: those that the study names, else every declared one
    reference_group : what each group is compared with: ``rest``, or a group of each attribute that has it; an attribute
        without such a group is compared with the rest
    intended_use : the analyst's own words on where the model is to be used; printed as given

    Raises
    ------
    CardError : no scores, an attribute that the scores do not have, or a reference group that no attribute has
    """
    scores = results.scores
    if scores.empty:
        raise CardError("there are no scores to report", place="card", remedy="run the study first")
    chosen = _attributes(results, attributes)
    _check_reference(scores, chosen, reference_group)
    order = _condition_order(results)
    models = [model for model in results.models if (scores["model_id"] == model.model_id).any()]
    ids = [model.model_id for model in models] or sorted(scores["model_id"].unique())
    rate_rows = _everyone(scores, ids, order)
    gap_rows: list[GapRow] = []
    for attribute in chosen:
        found = rates(scores, [attribute])
        rate_rows += _rate_rows(found, attribute, ids, order)
        reference = reference_group if reference_group in set(scores[attribute]) else REST
        if not _varies_within_speakers(scores, attribute):
            compared = gaps(scores, attribute, reference=reference, margin=results.study.margin)
            gap_rows += _gap_rows(compared, found, attribute, ids, order)
    run = results.run
    conditions = _conditions(results, order)
    card = Card(
        intended_use=intended_use.strip(),
        caveat=results.caveat,
        run=RunBlock(
            run_id=run.run_id,
            study=results.study.name,
            state=run.state,
            total=run.total,
            done=run.done,
            failed=run.failed,
            date=run.finished_at or run.started_at or run.created_at,
        ),
        corpora=tuple(_corpus(info, chosen, scores) for info in results.corpora),
        attributes=tuple(chosen),
        groups=tuple(_groups(scores, chosen)),
        models=tuple(_model(model) for model in models),
        conditions=conditions,
        conditions_not_tested=_not_tested(order),
        method=MethodBlock(
            normaliser_id=results.normaliser_id,
            margin=results.study.margin,
            reference_group=reference_group,
            pairing=results.study.pairing,
            seed=results.study.seed,
            filter=dict(results.study.filter),
        ),
        rates=tuple(rate_rows),
        gaps=tuple(gap_rows),
        limits=(),
        reproduction=Reproduction(
            versions=dict(sorted(run.versions.items())),
            study_json=run.study_json,
            study_digest=hashlib.sha256(run.study_json.encode()).hexdigest(),
        ),
    )
    return card.model_copy(update={"limits": limits(card)})


def _attributes(results: Results, wanted: Sequence[str] | None) -> list[str]:
    known = SCORES.attributes_of(results.scores)
    chosen = list(dict.fromkeys(results.attributes if wanted is None else wanted))
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise CardError(
            f"the scores have no attribute {', '.join(map(repr, unknown))}",
            place="card",
            remedy=choices(unknown[0], known),
        )
    return chosen


def _check_reference(scores: pd.DataFrame, attributes: Sequence[str], reference: str) -> None:
    known = {str(group) for attribute in attributes for group in scores[attribute].unique()}
    if reference != REST and reference not in known:
        raise CardError(
            f"no attribute has a group {reference!r}", place="card", remedy=choices(reference, {REST, *known})
        )


def _condition_order(results: Results) -> list[str]:
    """Return the conditions with scores, clean first, then as the study lists them."""
    present = set(results.scores["condition_id"])
    listed = [one.condition_id for one in results.study.conditions if one.condition_id in present]
    everything = [*listed, *sorted(present - set(listed))]
    return sorted(everything, key=lambda name: name != CLEAN)


def _not_tested(order: Sequence[str]) -> tuple[str, ...]:
    tested = {name.partition("@")[0].partition("?")[0] for name in order}
    return tuple(sorted({one.title for one in CATALOGUE.values() if one.id not in tested and one.id != CLEAN}))


def _conditions(results: Results, order: Sequence[str]) -> tuple[ConditionBlock, ...]:
    known = {one.condition_id: one for one in results.study.conditions}
    labels = condition_labels(order)
    measured = results.scores.sort_values("achieved_snr_db", na_position="last", kind="stable")  # who listens, measures
    heard = measured.drop_duplicates(["utterance_id", "condition_id"])
    measured_on = _measured(results)
    blocks = []
    for name in order:
        rows, one = heard[heard["condition_id"] == name], known.get(name)
        blocks.append(
            ConditionBlock(
                condition_id=name,
                label=labels[name],
                family=one.family if one else str(rows["family"].iloc[0]),
                severity=one.severity if one else None,
                parameters=dict(one.parameters) if one else {},
                units=dict(one.units) if one else {},
                hears=one.hears if one else "",
                source=one.source if one else "",
                mean_achieved_snr_db=number_or_none(rows["achieved_snr_db"].mean()),
                n_utterances=len(rows),
                measured=measured_on.get(name, {}),
            )
        )
    return tuple(blocks)


def _measured(results: Results) -> dict[str, dict[str, FactBlock]]:
    """Return what was measured under each condition, in short."""
    found: dict[str, dict[str, FactBlock]] = {}
    for row in fact_summary(facts(results)).to_dict("records"):
        block = FactBlock(**{name: row[name] for name in FactBlock.model_fields})
        found.setdefault(row["condition_id"], {})[row["fact"]] = block
    return found


def _varies_within_speakers(scores: pd.DataFrame, attribute: str) -> bool:
    """True if a speaker is in two groups of ``attribute``: a gap compares different people."""
    return bool(scores[[*SPEAKER, attribute]].drop_duplicates().duplicated(SPEAKER).any())


def _corpus(info: Any, attributes: Sequence[str], scores: pd.DataFrame) -> CorpusBlock:
    declared = {name: info.attributes[name] for name in attributes if name in info.attributes}
    tested = scores[scores["corpus_id"] == info.corpus_id]
    stated = set(CorpusBlock.model_fields) - {"attributes", "n_speakers_tested", "n_utterances_tested"}
    return CorpusBlock(
        **{name: getattr(info, name) for name in stated},
        n_speakers_tested=tested["speaker_id"].nunique(),
        n_utterances_tested=tested["utterance_id"].nunique(),
        attributes=tuple(
            AttributeBlock(name=name, obtained=declared[name].obtained, note=declared[name].note)
            if name in declared
            else AttributeBlock(name=name, obtained="unknown")
            for name in attributes
        ),
    )


def _groups(scores: pd.DataFrame, attributes: Sequence[str]) -> list[GroupBlock]:
    """Return the size of every group: each utterance once, its words from any condition in which it was scored."""
    words = scores.groupby("utterance_id")["ref_words"].max().fillna(0)
    spoken = scores.drop_duplicates("utterance_id").set_index("utterance_id").assign(ref_words=words)
    blocks = []
    for attribute in attributes:
        for group, rows in spoken.groupby(attribute, sort=True, dropna=False, observed=True):
            seconds = rows["duration_s"].sum(min_count=1)
            blocks.append(
                GroupBlock(
                    attribute=attribute,
                    group=str(group),
                    n_speakers=len(rows[SPEAKER].drop_duplicates()),
                    n_utterances=len(rows),
                    ref_words=int(rows["ref_words"].sum()),
                    minutes=None if pd.isna(seconds) else float(seconds) / 60,
                )
            )
    return blocks


def _model(model: Any) -> ModelBlock:
    return ModelBlock(
        model_id=model.model_id,
        engine=model.engine,
        version=model.version,
        digest=model.digest,
        options=dict(sorted(_flat(model.options))),
    )


def _flat(options: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return options within options under their joined names: ``decoding.beam``."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _written(value)


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _everyone(scores: pd.DataFrame, models: Sequence[str], conditions: Sequence[str]) -> list[RateRow]:
    frame = rates(scores).assign(group=EVERYONE)
    return _rows(frame, "group", "", models, conditions, {model: [EVERYONE] for model in models})


def _rate_rows(frame: pd.DataFrame, attribute: str, models: Sequence[str], conditions: Sequence[str]) -> list[RateRow]:
    orders = _group_orders(frame, attribute, models, conditions)
    return _rows(frame, attribute, attribute, models, conditions, orders)


def _rows(
    frame: pd.DataFrame,
    column: str,
    attribute: str,
    models: Sequence[str],
    conditions: Sequence[str],
    orders: Mapping[str, Sequence[str]],
) -> list[RateRow]:
    named = frame.rename(columns={column: "group"}).assign(attribute=attribute)
    return [RateRow(**row) for row in _sorted_records(named, models, conditions, orders, list(RateRow.model_fields))]


def _gap_rows(
    frame: pd.DataFrame, found: pd.DataFrame, attribute: str, models: Sequence[str], conditions: Sequence[str]
) -> list[GapRow]:
    orders = _group_orders(found, attribute, models, conditions)
    return [GapRow(**row) for row in _sorted_records(frame, models, conditions, orders, list(GapRow.model_fields))]


def _group_orders(
    frame: pd.DataFrame, attribute: str, models: Sequence[str], conditions: Sequence[str]
) -> dict[str, list[str]]:
    """Return the groups of each model by their clean rate, lowest first: the order of the figures."""
    named = frame.rename(columns={attribute: "group"})
    rank = {name: at for at, name in enumerate(conditions)}
    return {
        str(model): group_order(rows.sort_values("condition_id", key=lambda ids: ids.map(rank)), "rate")
        for model, rows in named.groupby("model_id")
        if model in models
    }


def _sorted_records(
    frame: pd.DataFrame,
    models: Sequence[str],
    conditions: Sequence[str],
    orders: Mapping[str, Sequence[str]],
    columns: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the rows by model, condition and group in these orders, missing numbers as None."""
    records = [
        {str(name): None if pd.isna(value) else value for name, value in record.items()}
        for record in frame[list(columns)].to_dict("records")
    ]

    def place(record: Mapping[str, Any]) -> tuple[int, int, int]:
        groups = orders[record["model_id"]]
        return (
            models.index(record["model_id"]),
            conditions.index(record["condition_id"]),
            groups.index(str(record["group"])),
        )

    return sorted(records, key=place)
