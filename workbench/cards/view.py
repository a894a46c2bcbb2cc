"""The card in words: every number as it is printed, every text ready to be set literally.

The typesetter gets this as JSON and only lays it out; it computes nothing and interprets no text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.cards import sections
from workbench.cards.datasheet import MONO, datasheet, recorded
from workbench.cards.front_page import front_page, headline_paragraphs
from workbench.cards.headlines import model_names
from workbench.cards.model import Card, ConditionBlock, ModelBlock
from workbench.cards.rows import RateRow
from workbench.cards.word_tables import Table, against, blocks, result, soft, table
from workbench.engines.decoding_words import decoding_in_words
from workbench.fairness.inference.verdicts import rules_in_words
from workbench.figures.plot_rows import listed
from workbench.figures.traced_files import PREFIX as RUN_PREFIX
from workbench.figures.wording import (
    MINUS,
    MISSING,
    NBSP,
    clean_text,
    counted,
    exact_points,
    parameter_name,
    percent,
    percent_interval,
    quantity,
)

SIDE_BY_SIDE = 3
"""So many models share a table; more get a block each."""
LONGEST_OPTIONS = 300


def view(card: Card) -> dict[str, Any]:
    """Return everything that the PDF prints, as strings."""
    corpora = [datasheet(card, i) for i in range(len(card.corpora))]
    names = model_names([model.model_id for model in card.models] or _model_ids(card))
    return {
        "title": clean_text(card.subject),
        "document_title": clean_text(card.title),
        "description": clean_text(_summary(card)),
        "keywords": _keywords(card),
        "author": f"workbench {card.reproduction.versions.get('workbench', '')}".strip(),
        "date": card.run.date[:10],
        "run_id": soft(card.run.run_id, 20),
        "summary": clean_text(_summary(card)),
        "caveat": clean_text(card.caveat) if card.caveat else "",
        "tag": ", ".join(filter(None, ("Draft" if card.missing_fields else "", _tag(card)))),
        "front": front_page(card),
        "overall": _overall(card, names),
        "claims": sections.claims(card),
        "floors": sections.floors(card),
        "licence": sections.licence(card),
        "dimensions": sections.dimensions(card),
        "examples": sections.examples(card),
        "corpora": corpora,
        "groups": [
            _groups(card, name) for name in card.attributes if any(group.attribute == name for group in card.groups)
        ],
        "recorded": recorded(card),
        "models": [
            {
                "name": soft(names[model.model_id], 30),
                "facts": [
                    ["Engine", soft(f"{model.engine} {model.version}")],
                    *([["Decoding", soft(words)]] if (words := decoding_in_words(model.engine, model.options)) else []),
                    ["Decoding options", soft(_options(model), 30)],
                    ["Id", soft(model.model_id, 32), MONO],
                    ["Digest", soft(model.digest, 32), MONO],
                ],
            }
            for model in card.models
        ],
        "conditions": _conditions(card),
        "method": _method(card),
        "results": [
            {
                "model": soft(names.get(model, model), 30),
                "attributes": [
                    {**result(card, model, attribute), "told": headline_paragraphs(card, model, attribute)}
                    for attribute in card.attributes
                ],
            }
            for model in _model_ids(card)
        ],
        "not_tested": _not_tested(card),
        "failures": _failures(card, names),
        "limits": [soft(line, 40) for line in card.limits],
        "reproduction": _reproduction(card),
    }


def _not_tested(card: Card) -> str:
    n = len(card.conditions_not_tested)
    return f"{counted(n, 'further condition')} of the catalogue, listed in card.json." if n else ""


def _options(model: ModelBlock) -> str:
    told = "; ".join(f"{name} = {value}" for name, value in model.options.items()) or "none"
    return told if len(told) <= LONGEST_OPTIONS else told[:LONGEST_OPTIONS] + " … (all of it in card.json)"


def _model_ids(card: Card) -> list[str]:
    return list(dict.fromkeys(row.model_id for row in card.rates))


def _keywords(card: Card) -> list[str]:
    results = [
        f"run {card.run.run_id}",
        *hashes(card),
        card.rate_name.lower(),
        "speech recognition",
        "fairness",
        *card.attributes,
    ]
    return [clean_text(word) for word in (["synthetic voices"] * card.synthetic_voices + results)]


def hashes(card: Card) -> list[str]:
    """Return the hashes that every form of the card carries in its metadata."""
    return [f"{RUN_PREFIX}{card.reproduction.run_hash}", f"card sha256:{card.content_hash}"]


def _summary(card: Card) -> str:
    everyone = sum(corpus.n_speakers_tested for corpus in card.corpora)
    by = f" by {listed(card.attributes)}" if card.attributes else ""
    made = sum(corpus.n_speakers_tested for corpus in card.corpora if corpus.synthetic_voices)
    voices = "speakers" if everyone != 1 else "speaker"
    if made:
        voices = "synthetic voices" if card.only_synthetic_voices else f"voices, {made:,} of them synthetic voices"
    return (
        f"{card.rate_name}s of {counted(len(_model_ids(card)), 'speech recogniser')}{by} under "
        f"{counted(len(card.conditions), 'condition')}, measured on {everyone:,}{NBSP}{voices}."
    )


def _tag(card: Card) -> str:
    if card.only_synthetic_voices:
        return "Synthetic voices"
    return "Synthetic voices among them" if card.synthetic_voices else ""


def _overall(card: Card, names: Mapping[str, str]) -> Table:
    """Return the rates over everyone: a column per model, or a block per model where there are many."""
    outcome = {(row.condition_id, row.model_id): row for row in card.rates if not row.attribute}
    ids = _model_ids(card)
    caption = f"Pooled {card.rate_name.lower()} over everyone, with 95 % intervals."
    if len(ids) <= SIDE_BY_SIDE:
        rows = [
            [soft(condition.label), *[_rate_cell(outcome.get((condition.condition_id, name))) for name in ids]]
            for condition in card.conditions
        ]
        return table(
            ["Condition", *(soft(names.get(name, name)) for name in ids)],
            "l" + "r" * len(ids),
            [1] * (len(ids) + 1),
            rows,
            caption,
        )
    parts = [
        (
            soft(names.get(name, name), 30),
            [
                [soft(condition.label), _rate_cell(outcome.get((condition.condition_id, name)))]
                for condition in card.conditions
            ],
        )
        for name in ids
    ]
    return blocks(["Condition", card.rate_name], "lr", [1, 1], parts, caption)


def _rate_cell(row: RateRow | None) -> str:
    if row is None or row.rate is None:
        return "not tested" if row is None else "no data"
    interval = percent_interval(row.ci_low, row.ci_high)
    return f"{percent(row.rate, row.ci_low, row.ci_high)} ({interval})"


def _groups(card: Card, attribute: str) -> Table:
    rows = [
        [
            soft(group.group),
            f"{group.n_speakers:,}",
            f"{group.n_utterances:,}",
            f"{group.ref_words:,}",
            _minutes(group.minutes),
        ]
        for group in card.groups
        if group.attribute == attribute
    ]
    columns = [soft(attribute), "Speakers", "Utterances", "Words", "Minutes"]
    caption = f"Groups by {clean_text(attribute)}: the material before any condition. Words after normalisation."
    return table(columns, "lrrrr", [2.4, 1, 1, 1, 1], rows, caption)


def _minutes(minutes: float | None) -> str:
    return MISSING if minutes is None else f"{minutes:.1f}"


def _conditions(card: Card) -> Table:
    rows = [
        [
            soft(condition.label),
            _parameters(condition),
            _snr(condition),
            soft(condition.hears, 30) if condition.hears else MISSING,
        ]
        for condition in card.conditions
    ]
    columns = ["Condition", "Parameters", "Mean achieved SNR", "What a person hears"]
    caption = "Conditions with their parameters, and the SNR measured after applying them."
    return table(columns, "llrl", [1.1, 1.5, 0.9, 2.0], rows, caption)


def _parameters(one: ConditionBlock) -> str:
    return (
        "; ".join(_parameter(name, value, one.units.get(name, "")) for name, value in one.parameters.items()) or MISSING
    )


def _parameter(name: str, value: float | str, unit: str) -> str:
    """Return ``frequency 900 Hz``, ``4 talkers``, ``order 2``: the unit once, not in the name as well."""
    return quantity(value, unit) if name == unit else f"{parameter_name(name)} {quantity(value, unit)}"


def _snr(one: ConditionBlock) -> str:
    if one.mean_achieved_snr_db is None:
        return MISSING
    return f"{one.mean_achieved_snr_db:.1f}{NBSP}dB".replace("-", MINUS)


def _method(card: Card) -> list[list[str]]:
    method = card.method
    return [
        ["Rate", f"{card.rate_name}: substitutions, deletions and insertions over reference words, errors and words summed over a group first (pooled). It can pass 100 %."],
        ["Normaliser", f"{soft(method.normaliser_id)}, applied to references and hypotheses alike."],
        ["Interval", "95 %, linearised (ratio estimator) and clustered on speaker, Student's t over speakers. Of one speaker, none."],
        ["Gap", f"Rate of a group minus rate of {soft(against(method.reference_group))}, in percentage points; its interval and that of the ratio exclude equality exactly where the permutation test has p < 0.05."],
        ["Margin", f"{margin(card)}. Smaller gaps count as equal."],
        ["Verdict", rules_in_words()],
        ["p-values", "Two-sided, by studentised permutation of the speakers' groups (log ratio). Family-wise: over all groups, conditions and models of an attribute together (max-T)."],
        ["Conditions", f"Paired by {soft(method.pairing)}: utterance number n of every speaker hears the same noise. Seed {method.seed}."],
        ["Selection", _selection(card)],
        ["SNR", "Set and measured on active speech level, ITU-T P.56 method B."],
        ["Left out", "Failed decodings and empty references are not in the rates; the section Failures counts them."],
        ["Rounding", "Whole percentage points; one decimal where the half-width of the interval is below one point. card.json has every digit."],
    ]  # fmt: skip


def margin(card: Card) -> str:
    """Return the margin and when it was fixed."""
    used, fixed = exact_points(card.method.margin), exact_points(card.method.margin_of_the_study)
    if card.choices.margin is None:
        return f"{used}, fixed in the study before the run"
    return f"{used}, chosen for this card after the run; the study had fixed {fixed} before it"


def _selection(card: Card) -> str:
    """Return which groups the study chose."""
    chosen = [f"{soft(name)}: {', '.join(map(soft, levels))}" for name, levels in card.method.filter.items()]
    return f"Only {'; '.join(chosen)}." if chosen else "Every usable utterance of the corpora."


def _failures(card: Card, names: Mapping[str, str]) -> list[Table]:
    """Return, for each model and attribute with any, failures and empty references by group over all conditions."""
    tables = []
    for model in _model_ids(card):
        for attribute in card.attributes or ("",):
            rows = [row for row in card.rates if (row.model_id, row.attribute) == (model, attribute)]
            if not any(row.n_failed or row.n_empty_references for row in rows):
                continue
            named = clean_text(names.get(model, model)) + (f", by {clean_text(attribute)}" if attribute else "")
            tables.append(
                table(
                    [
                        soft(attribute) if attribute else "Group",
                        "Utterances",
                        "Failed",
                        "Share",
                        "Empty references",
                        "Words invented on them",
                    ],
                    "lrrrrr",
                    [2.4, 1, 1, 1, 1.2, 1.5],
                    [_failure_row(group, [row for row in rows if row.group == group]) for group in _group_names(rows)],
                    f"{named}: failures and empty references, all conditions together.",
                )
            )
    return tables


def _group_names(rows: Sequence[RateRow]) -> list[str]:
    return list(dict.fromkeys(row.group for row in rows))


def _failure_row(group: str, rows: Sequence[RateRow]) -> list[str]:
    failed, empty = sum(row.n_failed for row in rows), sum(row.n_empty_references for row in rows)
    every = sum(row.n_utterances for row in rows) + failed + empty
    invented = sum(row.false_speech_words for row in rows)
    share = percent(failed / every) if every else MISSING
    return [soft(group), f"{every:,}", f"{failed:,}", share, f"{empty:,}", f"{invented:,}"]


def _reproduction(card: Card) -> list[list[str]]:
    run, again = card.run, card.reproduction
    facts = [
        ["Run", soft(run.run_id, 32), MONO],
        ["Date", clean_text(run.date).replace("T", " ").replace("+00:00", " UTC")],
        ["State", f"{run.state}: {run.done:,} of {run.total:,} transcribed, {run.failed:,} failed"],
        ["Seed", str(card.method.seed)],
        ["Normaliser", soft(card.method.normaliser_id)],
        ["Conditions", soft(", ".join(item.condition_id for item in card.conditions), 30)],
        ["Run (SHA-256)", soft(again.run_hash, 32), MONO],
        ["Card (SHA-256)", soft(card.content_hash, 32), MONO],
        ["Study (SHA-256)", soft(again.study_digest, 32), MONO],
    ]
    facts += [[f"Corpus {soft(item.corpus_id)}", soft(item.fingerprint, 32), MONO] for item in card.corpora]
    facts.append(
        [
            "Check it",
            "workbench verify card.pdf (or card.json, card.html) on a machine with the store of the run",
        ]
    )
    facts.append(["Software", soft(", ".join(f"{name} {version}" for name, version in again.versions.items()), 30)])
    return facts
