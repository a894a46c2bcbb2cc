"""The eight dimensions of responsible use that AWS AI Service Cards name: what this card shows of each, or that it does not.

An answer rests on what is in the card; where nothing is, it says "not assessed". It never says that a dimension is fulfilled.

Source: the names of the dimensions: AWS AI Service Cards, section "Design".
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.cards.claim_verdicts import SUPPORTED
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
    if not card.events:
        return ""
    flagged = sum(row.events for row in card.events)
    heard = sum(row.n_utterances for row in card.events)
    return (
        f"Invented text: {flagged:,} of {counted(heard, 'transcript')} of shown groups look invented (one count per attribute, "
        "model and condition). Harm by what is wrong in a transcript: not assessed."
    )


def _fairness(card: Card) -> str:
    if not card.gaps:
        return ""
    compared = sum(row.verdict != "NOT COMPUTED" for row in card.gaps)
    supported = sum(row.verdict == SUPPORTED for row in card.claims)
    return (
        f"Error rates by {listed(card.attributes)}, {counted(compared, 'gap')} with verdicts; claims supported in {supported} of "
        f"{counted(len(card.claims), 'case')} (claim, model and condition). Who is not in the corpora is not in these figures."
    )


def _robustness(card: Card) -> str:
    degraded = [condition for condition in card.conditions if condition.condition_id != CLEAN]
    if not degraded:
        return ""
    return (
        f"Word error rates under {counted(len(degraded), 'condition')} added to the recordings; "
        f"{counted(len(card.conditions_not_tested), 'condition')} of the catalogue not tested."
    )


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
    "Explainability": _nothing,
    "Controllability": _nothing,
    "Governance": _governance,
    "Transparency": _transparency,
}
