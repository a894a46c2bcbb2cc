"""Differences between groups that rest on how texts are typed: signs and marks that a normaliser treats unlike others.

The transcripts are scored once more with typographic signs written one way, and once more without the marks of transcribers. What
then changes for one group and not for another is notation, not recognition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pandas as pd

from workbench.fairness.words.normaliser_band import rescored_totals
from workbench.text import Normaliser
from workbench.text.marks import find_marks, remove_marks
from workbench.text.typography import has_typography, plain_signs

LEAST_CHANGE = 0.005
"""Change of a rate, or difference of two groups' changes, that is worth a note: half a point."""
_WORDS_SHOWN = 6


def notation_notes(scores: pd.DataFrame, attributes: Sequence[str], normaliser: Normaliser) -> list[str]:
    """Return a note for each attribute and kind of notation on which a difference between groups rests.

    Parameters
    ----------
    scores : SCORES under the normaliser, with the attributes
    attributes : whose groups are compared; without any, the whole table is looked at

    Source: typography as found in public reports on word error rates (curly apostrophes); the threshold is ours.
    """
    texts = pd.concat([scores["reference_raw"], scores["hypothesis_raw"]]).dropna().unique()
    remove = remove_marks()
    kinds: list[tuple[str, Callable[[str], str], list[str]]] = [
        ("how signs are typed", plain_signs, _typed([text for text in texts if has_typography(text)])),
        ("marks of transcribers", remove, _marks(texts)),
    ]
    notes = []
    for name, rule, words in kinds:
        if words:
            for attribute in attributes or [""]:
                notes += _note(scores, rule, attribute, normaliser, f"{name}: {', '.join(words)}")
    return notes


def _note(
    scores: pd.DataFrame, rule: Callable[[str], str], attribute: str, normaliser: Normaliser, cause: str
) -> list[str]:
    by = [attribute] if attribute else []
    sides = {side: scores[side].map(rule, na_action="ignore") for side in ("reference_raw", "hypothesis_raw")}
    changed = pd.concat([scores[side].fillna("") != text.fillna("") for side, text in sides.items()], axis=1).any(
        axis=1
    )
    # Only rows whose texts change are scored again.
    before = rescored_totals(scores, None, by)
    less = rescored_totals(scores[changed], None, by)
    more = rescored_totals(scores.assign(**sides)[changed], normaliser, by)
    rates = {}
    for key, (errors, words) in before.items():
        left = [
            total - old + new
            for total, old, new in zip((errors, words), less.get(key, (0, 0)), more.get(key, (0, 0)), strict=True)
        ]
        if words and left[1]:
            rates[" ".join(key) or "all"] = (errors / words, left[0] / left[1])
    changes = {group: new - old for group, (old, new) in rates.items()}
    if not changes or max(map(abs, changes.values())) < LEAST_CHANGE:
        return []
    figures = "; ".join(f"{group} {100 * old:.1f} -> {100 * new:.1f} %" for group, (old, new) in rates.items())
    unequal = max(changes.values()) - min(changes.values()) >= LEAST_CHANGE
    subject = f"a difference between groups of {attribute!r} rests" if attribute and unequal else "rates rest"
    return [f"{subject} on {cause}. Written one way, or without them: {figures} (normaliser {normaliser.name})"]


def _typed(texts: Sequence[str]) -> list[str]:
    words = Counter(word.strip('.,!?;:"“”') for text in texts for word in text.split() if has_typography(word))
    return [
        ascii(word)[1:-1] if not word.isprintable() else word for word, _ in words.most_common(_WORDS_SHOWN) if word
    ]


def _marks(texts: Sequence[str]) -> list[str]:
    marks = Counter(written for text in texts for _, written in find_marks(text))
    return [mark for mark, _ in marks.most_common(_WORDS_SHOWN)]
