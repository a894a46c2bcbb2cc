"""The eight dimensions of responsible use that AWS AI Service Cards name, and efficiency: what this card shows of each, or that it does not.

An answer rests on what is in the card; where nothing is, it says "not assessed". It never says that a dimension is fulfilled.

Source: the names of the dimensions: AWS AI Service Cards, section "Design"; efficiency: HELM (Liang et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.cards.claim_verdicts import SUPPORTED
from workbench.cards.headlines import model_names
from workbench.cards.model import Card
from workbench.cards.rows import AnswerRow
from workbench.figures.plot_rows import listed
from workbench.figures.wording import counted
from workbench.schema import CLEAN


def dimensions(card: Card) -> tuple[AnswerRow, ...]:
    """Return what ``card`` has to say of each dimension, in the order of the names."""
    results = []
    for name, answer in _ANSWERS.items():
        text = answer(card)
        results.append(AnswerRow(dimension=name, assessed=bool(text), text=text or "Not assessed."))
    return tuple(results)


def _privacy(card: Card) -> str:
    hidden = {name: groups for name, groups in card.privacy.hidden.items() if groups}
    least = card.privacy.minimum_speakers
    cells = (
        f"groups under {least} speakers, and others from which they could be worked out, are hidden"
        f" ({sum(map(len, hidden.values()))} here)"
        if least > 1
        else "no group is hidden"
    )
    return f"{card.privacy.audio} This card holds no audio, {_examples(card)}; {cells}. Security of the service: not assessed."


def _examples(card: Card) -> str:
    return (
        f"{counted(len(card.examples), 'chosen transcript')}"
        if card.examples
        else "no transcript and no speaker's name"
    )


def _safety(card: Card) -> str:
    parts = []
    if card.events:
        flagged = sum(row.events for row in card.events)
        heard = sum(row.n_utterances for row in card.events)
        parts.append(
            f"Invented text: {flagged:,} of {counted(heard, 'transcript')} of the groups shown look invented (one count per "
            "attribute, model and condition)."
        )
    parts += _keywords(card)
    if not parts:
        return ""
    return " ".join([*parts, "Whether a wrong transcript harmed anybody was not assessed."])


def _keywords(card: Card) -> list[str]:
    """Return, for each class of words that matter, how many arrived, and the group and condition with the lowest share."""
    names = model_names([model.model_id for model in card.models])
    labels = {condition.condition_id: condition.label for condition in card.conditions}
    sentences = []
    for event in dict.fromkeys(row.event for row in card.keywords if row.event.endswith(" right")):
        rows = [row for row in card.keywords if row.event == event and row.exposure > 0 and row.rate is not None]
        if not rows:
            continue
        kind = event.removesuffix(" right")
        right, said = sum(row.events for row in rows), sum(row.exposure for row in rows)
        text = f"Words of the class {kind}: {100 * right / said:.0f} % right over all groups and conditions"
        low = min(rows, key=lambda row: (row.rate or 0.0, -row.exposure))
        of = f" of {names.get(low.model_id, low.model_id)}" if len(names) > 1 else ""
        sentences.append(
            f"{text}; lowest for {low.group} in {labels.get(low.condition_id, low.condition_id)}{of}: "
            f"{low.events:,} of {low.exposure:,.0f}."
        )
    added = [row for row in card.keywords if row.event == "negation added" and row.exposure > 0]
    if any(row.events for row in added):
        most = max(added, key=lambda row: row.events / row.exposure)
        of = f" of {names.get(most.model_id, most.model_id)}" if len(names) > 1 else ""
        sentences.append(
            f"Invented negations: {sum(row.events for row in added):,} in "
            f"{sum(row.exposure for row in added):,.0f} transcripts; most for {most.group} in "
            f"{labels.get(most.condition_id, most.condition_id)}{of}: {most.events:,} in {most.exposure:,.0f}."
        )
    if card.keywords and not any(row.exposure for row in card.keywords if row.event.endswith(" right")):
        sentences.append(
            "Numbers, negations, pronouns and names of drugs: none occurs in the references, so their recall is not known."
        )
    return sentences


def _fairness(card: Card) -> str:
    if not card.gaps:
        return ""
    compared = sum(row.verdict != "NOT COMPUTED" for row in card.gaps)
    supported = sum(row.verdict == SUPPORTED for row in card.claims)
    return (
        f"Error rates by {listed(card.attributes)}, {counted(compared, 'gap')} with verdicts; claims supported in {supported} of "
        f"{counted(len(card.claims), 'case')} (claim, model and condition). Groups absent from the corpora are not covered."
    )


def _robustness(card: Card) -> str:
    degraded = [condition for condition in card.conditions if condition.condition_id != CLEAN]
    if not degraded:
        return ""
    return (
        f"{card.rate_name}s under {counted(len(degraded), 'condition')} added to the recordings; "
        f"{counted(len(card.conditions_not_tested), 'condition')} of the catalogue not tested."
    )


def _explainability(card: Card) -> str:
    if "words" not in card.choices.evidence or not card.gaps:
        return ""
    if not card.words:
        return (
            "Single words: none fails significantly more often for a group, among words spoken by at least 3 speakers on each side. "
            "The causes of the errors in the voices were not assessed."
        )
    names = model_names([model.model_id for model in card.models])
    labels = {condition.condition_id: condition.label for condition in card.conditions}
    parts = []
    for model, group in dict.fromkeys((row.model_id, row.group) for row in card.words):
        rows = [row for row in card.words if (row.model_id, row.group) == (model, group)]
        words = ", ".join(f"{row.word} ({row.errors} of {row.occurrences})" for row in rows)
        of = f" by {names.get(model, model)}" if len(names) > 1 else ""
        parts.append(f"{group}{of}: {words}")
    where = labels.get(card.words[0].condition_id, card.words[0].condition_id)
    return (
        f"Words that fail more often for a group than for those it is compared with (in {where}; false discovery rate 5 %): "
        f"{'; '.join(parts)}. What in the voices causes the errors was not assessed."
    )


def _efficiency(card: Card) -> str:
    names = model_names([model.model_id for model in card.models])
    sentences = []
    for row in (row for row in card.efficiency if not row.attribute):
        if row.real_time_factor is None:
            continue
        own = [
            item
            for item in card.efficiency
            if item.attribute and item.model_id == row.model_id and item.real_time_factor is not None
        ]
        by = ""
        if len(own) > 1:
            slowest = max(own, key=lambda item: item.real_time_factor or 0.0)
            fastest = min(own, key=lambda item: item.real_time_factor or 0.0)
            by = f", from {fastest.real_time_factor:.2f} ({fastest.group}) to {slowest.real_time_factor:.2f} ({slowest.group})"
        sentences.append(
            f"{names.get(row.model_id, row.model_id)}: {row.real_time_factor:.2f} seconds of decoding per second of audio{by}."
        )
    failed = [item for item in card.efficiency if item.attribute and item.n_failed]
    if failed:
        worst = max(failed, key=lambda item: item.n_failed / item.n_utterances)
        sentences.append(
            f"Failed decodings: most for {worst.group}, {worst.n_failed:,} of {worst.n_utterances:,}; the section Failures has all."
        )
    elif card.efficiency:
        sentences.append("No decoding failed.")
    if not any(row.real_time_factor is not None for row in card.efficiency):
        return (
            " ".join(["Times: not known, the transcripts were made elsewhere.", *sentences]) if card.efficiency else ""
        )
    return " ".join([*sentences, "Times were measured on the machine of the run."])


def _nothing(card: Card) -> str:
    return ""


def _governance(card: Card) -> str:
    licences = listed(sorted({corpus.licence for corpus in card.corpora}))
    fixed = "Margin and claims of the study were fixed before the run."
    if card.choices.margin is not None:
        fixed = "Claims of the study were fixed before the run, the margin of this card after it."
    return f"Licences of the corpora: {licences}. {fixed}"


def _transparency(card: Card) -> str:
    return "Models, decoding options, corpora, conditions, method and software are named with their digests (Reproducibility)."


_ANSWERS: dict[str, Callable[[Card], str]] = {
    "Privacy and security": _privacy,
    "Safety": _safety,
    "Fairness": _fairness,
    "Veracity and robustness": _robustness,
    "Explainability": _explainability,
    "Controllability": _nothing,
    "Governance": _governance,
    "Transparency": _transparency,
    "Efficiency": _efficiency,
}
