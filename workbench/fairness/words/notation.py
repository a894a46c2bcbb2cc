"""Differences between groups that rest on how texts are written: signs and marks that a normaliser treats unlike others.

The transcripts are scored once more with typographic signs written one way, and once more without the marks of transcribers. What
then changes for one group and not for another is notation, not recognition. Of references alone the same is asked of a right
transcript that is typed in plain signs and has no marks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.fairness.counts.frames import typed
from workbench.fairness.words.normaliser_band import rescored_totals
from workbench.schema import NOTATION
from workbench.text import Normaliser, fitting_normalisers, get_normaliser, language_of
from workbench.text.marks import ALTERNATION, find_marks, remove_marks
from workbench.text.typography import has_typography, plain_signs

LEAST_CHANGE = 0.005
"""Change of a rate, or difference of two groups' changes, that is worth a note: half a point."""
EVERYBODY = ""
"""In place of an attribute, and of a group: the whole table."""
_WORDS_SHOWN = 6
_SIDES = ("reference_raw", "hypothesis_raw")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of notation: its name, the rule that writes it one way or takes it out, which words of texts hold it."""

    name: str
    rule: Callable[[str], str]
    words: Callable[[Sequence[str]], list[str]]


def notation(rows: pd.DataFrame, attribute: str = EVERYBODY) -> pd.DataFrame:
    """Return NOTATION: the rate of every group as it is, and with each kind of notation written one way or taken out.

    Parameters
    ----------
    rows : SCORES of one normaliser, of any models and conditions
    attribute : whose groups are told apart; empty: the whole table is one group

    Returns
    -------
    No row for a kind of notation that stands in no text.

    Source: typography as found in public reports on word error rates (curly apostrophes).
    """
    made: list[dict[str, object]] = []
    named = rows["normaliser_id"].dropna()
    if named.empty:
        return typed(made, NOTATION, NOTATION.column_names)
    normaliser = get_normaliser(str(named.iloc[0]))
    by = [attribute] if attribute else []
    for (model, condition), cell in rows.groupby(["model_id", "condition_id"], sort=False):
        for kind, words in _present(pd.concat([cell[side] for side in _SIDES])):
            for group, (n_words, rate, other) in _changes(cell, kind, normaliser, by).items():
                made.append(
                    {
                        "model_id": model, "condition_id": condition, "attribute": attribute, "notation": kind.name,
                        "examples": ", ".join(words), "group": group, "ref_words": n_words, "rate": rate,
                        "rate_without": other, "change": other - rate, "normaliser": normaliser.name,
                    }
                )  # fmt: skip
    return typed(made, NOTATION, NOTATION.column_names)


def notation_notes(table: pd.DataFrame) -> list[str]:
    """Return a sentence for each kind of notation (NOTATION) on which rates, or a difference between groups, rest."""
    notes = []
    for keys, rows in table.groupby(["model_id", "condition_id", "attribute", "notation"], sort=False):
        attribute, kind = map(str, keys[2:])
        changes = rows["change"].dropna()
        if changes.empty or changes.abs().max() < LEAST_CHANGE:
            continue
        figures = "; ".join(
            f"{group or 'all'} {100 * old:.1f} -> {100 * new:.1f} %"
            for group, old, new in rows[["group", "rate", "rate_without"]].itertuples(index=False, name=None)
        )
        unequal = attribute and changes.max() - changes.min() >= LEAST_CHANGE
        subject = f"a difference between groups of {attribute!r} rests" if unequal else "rates rest"
        first = rows.iloc[0]
        notes.append(
            f"{subject} on {kind}: {first['examples']}. Written one way, or without them: {figures} (normaliser {first['normaliser']})"
        )
    return list(dict.fromkeys(notes))


def reference_notes(utterances: pd.DataFrame, attributes: Sequence[str], language: str) -> list[str]:
    """Return a sentence for each attribute and kind of notation in references that would make a difference between groups.

    Parameters
    ----------
    utterances : has ``reference`` and the attributes
    language : BCP 47 tag: its own normaliser is asked, and which others count nothing is named

    Source: as :func:`notation`.
    """
    texts = utterances["reference"].astype("str")
    rules = get_normaliser(language_of(language).normaliser)
    others = [get_normaliser(name) for name in fitting_normalisers([language]) if name not in ("none", rules.name)]
    frame = utterances[list(attributes)].assign(reference_raw=texts)
    notes = []
    for kind, words in _present(texts):
        concerned = texts.map(kind.rule)
        right = frame.assign(hypothesis_raw=concerned)
        charged = {name: _charges(right, rules, [name] if name else []) for name in attributes or [EVERYBODY]}
        free = [other.name for other in others if max(_charges(right, other, []).values(), default=0.0) < LEAST_CHANGE]
        for name, rates in charged.items():
            if not rates or max(rates.values()) - (min(rates.values()) if name else 0.0) < LEAST_CHANGE:
                continue
            figures = ", ".join(f"{group or 'all'} {100 * rate:.1f} %" for group, rate in rates.items())
            subject = f"a difference between groups of {name!r}" if name else "errors"
            remedy = f"; {', '.join(free)} count nothing" if free else ""
            notes.append(
                f"{subject} would rest on {kind.name} ({', '.join(words)}): a right transcript that has none of it is charged {figures} "
                f"under {rules.name}{remedy}"
            )
    return notes


def _present(texts: pd.Series[str]) -> Iterator[tuple[_Kind, list[str]]]:
    """Yield the kinds of notation that stand in the texts, with the words concerned, most frequent first."""
    distinct = texts.dropna().unique().tolist()
    for kind in (
        _Kind("how signs are typed", plain_signs, _typed),
        _Kind("marks of transcribers", _without_marks(), _marks),
    ):
        if words := kind.words(distinct):
            yield kind, words


def _changes(
    scores: pd.DataFrame, kind: _Kind, normaliser: Normaliser, by: Sequence[str]
) -> dict[str, tuple[int, float, float]]:
    """Return, for each group, its words, its rate as it is, and its rate with the notation written one way or taken out."""
    sides = {side: scores[side].map(kind.rule, na_action="ignore") for side in _SIDES}
    changed = pd.concat([scores[side].fillna("") != text.fillna("") for side, text in sides.items()], axis=1).any(
        axis=1
    )
    # Only rows whose texts change are scored again.
    before = rescored_totals(scores, None, by)
    less = rescored_totals(scores[changed], None, by)
    more = rescored_totals(scores.assign(**sides)[changed], normaliser, by)
    result = {}
    for key, (errors, words) in before.items():
        left = [
            total - old + new
            for total, old, new in zip((errors, words), less.get(key, (0, 0)), more.get(key, (0, 0)), strict=True)
        ]
        if words and left[1]:
            result[" ".join(key)] = (words, errors / words, left[0] / left[1])
    return result


def _charges(right: pd.DataFrame, rules: Normaliser, by: Sequence[str]) -> Mapping[str, float]:
    """Return the errors per reference word of right transcripts, by group; only rows whose two texts differ are scored."""
    differ = right["reference_raw"] != right["hypothesis_raw"]
    same = right[~differ]
    words = same.assign(ref_words=same["reference_raw"].map(lambda text: len(rules(text).split())), errors=0)
    equal = rescored_totals(words, None, by)
    other = rescored_totals(right[differ], rules, by)
    result = {}
    for key in sorted(equal.keys() | other.keys()):
        errors, n_words = other.get(key, (0, 0))
        n_words += equal.get(key, (0, 0))[1]
        if n_words:
            result[" ".join(key)] = errors / n_words
    return result


def _without_marks() -> Callable[[str], str]:
    """Return the rule that takes marks out; a text with NIST's { a / b } stays, for that is read before any rule."""
    remove = remove_marks()
    return lambda text: text if ALTERNATION.search(text) else remove(text)


def _typed(texts: Sequence[str]) -> list[str]:
    typographic = [text for text in texts if has_typography(text)]
    words = Counter(word.strip('.,!?;:"“”') for text in typographic for word in text.split() if has_typography(word))
    return [
        ascii(word)[1:-1] if not word.isprintable() else word for word, _ in words.most_common(_WORDS_SHOWN) if word
    ]


def _marks(texts: Sequence[str]) -> list[str]:
    marks = Counter(written for text in texts for _, written in find_marks(text))
    return [mark for mark, _ in marks.most_common(_WORDS_SHOWN)]
