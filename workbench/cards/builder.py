"""From results to the card: every number computed once, from the scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from workbench.card_fields import checked, stripped
from workbench.cards.claim_verdicts import floors, judged, parsed
from workbench.cards.dimensions import dimensions
from workbench.cards.evidence import chosen as chosen_parts
from workbench.cards.evidence import evidence as make_evidence
from workbench.cards.evidence import examples as make_examples
from workbench.cards.hashes import content_hash, run_hash
from workbench.cards.headlines import efficiency, headlines
from workbench.cards.label_limits import label_limits
from workbench.cards.labelled import in_display_names, labelled_card, labelled_rows
from workbench.cards.limits import limits as found_limits
from workbench.cards.model import (
    AttributeBlock,
    Card,
    Choices,
    ConditionBlock,
    CorpusBlock,
    FactBlock,
    GroupBlock,
    MethodBlock,
    ModelBlock,
    Privacy,
    Reproduction,
    RunBlock,
)
from workbench.cards.row_order import everyone
from workbench.cards.row_order import gap_rows as gap_rows_of
from workbench.cards.row_order import rate_rows as rate_rows_of
from workbench.cards.suppression import MINIMUM_SPEAKERS, SPEAKER, hidden_groups, without
from workbench.claims import Claim
from workbench.conditions import CATALOGUE
from workbench.display_names import shown
from workbench.engines.protocol import AUDIO_GOES_TO
from workbench.errors import CardError, choices
from workbench.figures.plot_rows import number_or_none
from workbench.figures.wording import condition_labels
from workbench.results import Results
from workbench.results.audio_facts import fact_summary, facts
from workbench.schema import CLEAN, SCORES

REST = "rest"


@in_display_names
def build(
    results: Results,
    *,
    attributes: Sequence[str] | None = None,
    reference_group: str = REST,
    intended_use: str = "",
    limits: Sequence[str] = (),
    claims: Sequence[str] = (),
    margin: float | None = None,
    evidence: Sequence[str] | None = None,
    minimum_speakers: int | None = None,
    examples: Sequence[tuple[str, str]] = (),
    fields: Mapping[str, str] | None = None,
    withheld: Mapping[str, Sequence[str]] | None = None,
) -> Card:
    """Return the service card of ``results``.

    Parameters
    ----------
    attributes : whose groups are reported; default: those that the study names, else every declared one
    reference_group : what each group is compared with: ``rest``, or a group of each attribute that has it; an attribute
        without such a group is compared with the rest
    intended_use : the analyst's own words on where the model is to be used; printed as given
    limits : further limits in the analyst's words, beside those found from the facts
    claims : to be supported or refuted, beside those of the study (``workbench.claims``); if there are none at all, that
        no group's gap exceeds the margin
    margin : gaps smaller than this (a fraction) count as equal, in place of the study's margin; the card says that it was
        chosen after the run; default: the study's
    evidence : parts beyond rates and gaps (``evidence.PARTS``); default: all
    minimum_speakers : groups with fewer are hidden, and others from which they could be worked out; default: 5, or 1 if
        every voice is synthetic
    examples : utterance and condition of transcripts to print; default: none
    fields : what a person says of the service (``workbench.card_fields``), in place of what the study says
    withheld : groups, by attribute, that are hidden beside the small ones (``cards.withheld_groups``)

    Raises
    ------
    CardError : no scores, an attribute that the scores do not have, a reference group that no attribute has or that is
        hidden, a claim that is none, a margin that is no fraction, an unknown part or example
    StudyError : an unknown field
    """
    fixed = results.study.margin
    own = None if margin == fixed else margin
    results = results if own is None else _under_margin(results, own)
    scores = results.scores
    if scores.empty:
        raise CardError("there are no scores to report", place="card", remedy="run the study first")
    chosen = reported_attributes(results, attributes)
    _check_reference(scores, chosen, reference_group)
    parts = chosen_parts(evidence)
    conditions = _condition_order(results)
    models = [model for model in results.models if (scores["model_id"] == model.model_id).any()]
    ids = [model.model_id for model in models] or sorted(scores["model_id"].unique())
    least = minimum_of(results) if minimum_speakers is None else max(1, minimum_speakers)
    hidden = hidden_groups(scores, chosen, least, withheld)
    if any(reference_group in groups for groups in hidden.values()):
        raise CardError(
            f"{reference_group!r} is hidden: it, or a group that it would reveal, has fewer than {least} speakers",
            place="reference group",
            remedy="compare with the rest",
        )
    comparable = [name for name in chosen if not _varies_within_speakers(scores, name)]
    reference = {name: reference_group if reference_group in set(scores[name]) else REST for name in chosen}
    rate_rows, gap_rows = everyone(scores, ids, conditions), []
    for attribute in chosen:
        result = without(results.table("rates", by=attribute), attribute, hidden, column=attribute)
        rate_rows += rate_rows_of(result, attribute, ids, conditions)
        if attribute in comparable:
            compared = results.table("gaps", attribute=attribute, reference=reference[attribute])
            gap_rows += gap_rows_of(without(compared, attribute, hidden), result, attribute, ids, conditions)
    own_fields = stripped(fields or {})
    use = {"intended_use": intended_use} if intended_use.strip() else {}
    stated = _claims(results, claims, comparable, chosen, conditions, usual="margin" if own is None else "card")
    run = results.run
    blocks = _conditions(results, conditions)
    card = Card(
        caveat=results.caveat,
        fields=checked({**results.study.card, **use, **own_fields}),
        headlines=headlines(
            labelled_rows(rate_rows, results.labels), labelled_rows(gap_rows, results.labels), comparable, ids
        ),
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
        groups=tuple(item for item in _groups(scores, chosen) if item.group not in hidden[item.attribute]),
        models=tuple(_model(model) for model in models),
        conditions=blocks,
        conditions_not_tested=_not_tested(conditions),
        method=MethodBlock(
            normaliser_id=results.normaliser_id,
            margin=results.study.margin,
            margin_of_the_study=fixed,
            reference_group=reference_group,
            pairing=results.study.pairing,
            seed=results.study.seed,
            filter=dict(results.study.filter),
        ),
        rates=tuple(rate_rows),
        gaps=tuple(gap_rows),
        claims=judged(scores, stated, conditions, ids, reference=reference, hidden=hidden),
        floors=floors(scores, chosen, conditions, ids, hidden),
        **make_evidence(
            results, comparable, parts, reference=reference, hidden=hidden, conditions=conditions, models=ids
        ),
        efficiency=efficiency(scores, chosen, ids, hidden),
        examples=make_examples(results, examples),
        privacy=Privacy(minimum_speakers=least, hidden=hidden, audio=_audio(results)),
        limits=(),
        choices=Choices(
            attributes=tuple(chosen),
            reference_group=reference_group,
            normaliser=results.study.normaliser,
            intended_use=intended_use.strip(),
            limits=tuple(line.strip() for line in limits if line.strip()),
            claims=tuple(claims),
            margin=own,
            evidence=parts,
            minimum_speakers=least,
            examples=tuple(examples),
            fields=own_fields,
        ),
        reproduction=Reproduction(
            versions=dict(sorted(run.versions.items())),
            study_json=run.study_json,
            study_digest=hashlib.sha256(run.study_json.encode()).hexdigest(),
            run_hash=run_hash(results),
        ),
    )
    of_labels, card = label_limits(results, card.gaps), labelled_card(card, results.labels)
    found = (*found_limits(card), *of_labels)
    card = card.model_copy(update={"limits": (*found, *card.choices.limits)})
    card = card.model_copy(update={"dimensions": dimensions(card)})
    return card.model_copy(update={"content_hash": content_hash(card)})


def _under_margin(results: Results, margin: float) -> Results:
    """Return the results as those of a study with this margin."""
    if not 0 < margin < 1:
        raise CardError(
            f"{margin:g} is no margin",
            place="margin",
            remedy="give a fraction between 0 and 1, such as 0.02 for 2 points",
        )
    return replace(results, study=results.study.model_copy(update={"margin": margin}), crossings={})


def minimum_of(results: Results) -> int:
    """Return the fewest speakers of a group that is shown, unless somebody chooses another number."""
    tested = set(results.scores["corpus_id"])
    synthetic = all(corpus.synthetic_voices for corpus in results.corpora if corpus.corpus_id in tested)
    return 1 if synthetic and results.corpora else MINIMUM_SPEAKERS


def _claims(
    results: Results,
    stated: Sequence[str],
    comparable: Sequence[str],
    attributes: Sequence[str],
    conditions: Sequence[str],
    *,
    usual: str,
) -> list[tuple[str, Claim]]:
    """Return the claims with their source; without any, that no gap exceeds the margin, with the source ``usual``."""
    known = {"study": results.study.claims, "card": stated}
    matches = [(source, claim) for source, texts in known.items() for claim in parsed(texts, attributes, conditions)]
    apart = [claim.attribute for _, claim in matches if claim.measure == "gap" and claim.attribute not in comparable]
    if apart:
        raise CardError(
            f"speakers are in more than one group of {apart[0]!r}: it has no gaps to make a claim about", place="claims"
        )
    margin = results.study.margin
    return matches or [(usual, Claim(attribute=name, measure="gap", limit=margin)) for name in comparable]


def _audio(results: Results) -> str:
    sent = {
        shown().model(model.model_id) or model.model_id: str(model.options.get(AUDIO_GOES_TO, ""))
        for model in results.models
    }
    if any(sent.values()):
        return "; ".join(f"Audio was sent to {to} by {model}" for model, to in sent.items() if to) + "."
    if any(model.engine == "imported" for model in results.models):
        return "Transcripts were made elsewhere: where that audio went is not known here."
    return "No audio left the machine on which the study ran."


def reported_attributes(results: Results, wanted: Sequence[str] | None) -> list[str]:
    """Return the attributes that a card reports: those that are wanted, else those of the study.

    Raises
    ------
    CardError : the scores have no such attribute
    """
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
    listed = [condition.condition_id for condition in results.study.conditions if condition.condition_id in present]
    everything = [*listed, *sorted(present - set(listed))]
    return sorted(everything, key=lambda name: name != CLEAN)


def _not_tested(order: Sequence[str]) -> tuple[str, ...]:
    tested = {name.partition("@")[0].partition("?")[0] for name in order}
    return tuple(sorted({item.title for item in CATALOGUE.values() if item.id not in tested and item.id != CLEAN}))


def _conditions(results: Results, order: Sequence[str]) -> tuple[ConditionBlock, ...]:
    known = {condition.condition_id: condition for condition in results.study.conditions}
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
    result: dict[str, dict[str, FactBlock]] = {}
    for row in fact_summary(facts(results)).to_dict("records"):
        block = FactBlock(**{name: row[name] for name in FactBlock.model_fields})
        result.setdefault(row["condition_id"], {})[row["fact"]] = block
    return result


def _varies_within_speakers(scores: pd.DataFrame, attribute: str) -> bool:
    """True if a speaker is in two groups of ``attribute``: a gap compares different people."""
    return bool(scores[[*SPEAKER, attribute]].drop_duplicates().duplicated(SPEAKER).any())


def _corpus(info: Any, attributes: Sequence[str], scores: pd.DataFrame) -> CorpusBlock:
    declared = {name: info.attributes[name] for name in attributes if name in info.attributes}
    tested = scores[scores["corpus_id"] == info.corpus_id]
    stated = set(CorpusBlock.model_fields) - {
        "attributes",
        "n_speakers_tested",
        "n_utterances_tested",
        "minutes_tested",
    }
    return CorpusBlock(
        **{name: getattr(info, name) for name in stated},
        n_speakers_tested=tested["speaker_id"].nunique(),
        n_utterances_tested=tested["utterance_id"].nunique(),
        minutes_tested=_minutes_of(tested.drop_duplicates("utterance_id")),
        attributes=tuple(
            AttributeBlock(name=name, obtained=declared[name].obtained, note=declared[name].note)
            if name in declared
            else AttributeBlock(name=name, obtained="unknown")
            for name in attributes
        ),
    )


def _minutes_of(rows: pd.DataFrame) -> float | None:
    seconds = rows["duration_s"].sum(min_count=1)
    return None if pd.isna(seconds) else float(seconds) / 60


def _groups(scores: pd.DataFrame, attributes: Sequence[str]) -> list[GroupBlock]:
    """Return the size of every group: each utterance once, its words from any condition in which it was scored."""
    words = scores.groupby("utterance_id")["ref_words"].max().fillna(0)
    spoken = scores.drop_duplicates("utterance_id").set_index("utterance_id").assign(ref_words=words)
    blocks = []
    for attribute in attributes:
        for group, rows in spoken.groupby(attribute, sort=True, dropna=False, observed=True):
            blocks.append(
                GroupBlock(
                    attribute=attribute,
                    group=str(group),
                    n_speakers=len(rows[SPEAKER].drop_duplicates()),
                    n_utterances=len(rows),
                    ref_words=int(rows["ref_words"].sum()),
                    minutes=_minutes_of(rows),
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
