"""Which words fail for whom: errors per occurrence of a word, and what was written instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import CELL, COUNTED, speaker_columns
from workbench.fairness.counts.frames import typed
from workbench.fairness.counts.sides import REST, Compared, Floats, Mask, Whole, added_up, compared, scored_rows
from workbench.fairness.inference.multiplicity import benjamini_hochberg
from workbench.fairness.words.log_odds import log_odds
from workbench.schema import CONFUSIONS, NOT_STATED, SCORES, WORD_ERRORS, Table
from workbench.text.word_outcomes import NOTHING, SaidWords, said_words

LEAST_SPEAKERS = 3
"""Speakers of each side who must have said a word, and of both together with whom the error must have occurred."""
PRIOR = 10.0
"""Occurrences that the prior is worth: a word said ten times is pulled half way to the rate of both sides together."""
CELL_CODE, PERSON_CODE = "cell ", "person "
"""Columns of codes; no attribute has a name that ends in a space."""
TOO_FEW = f"no word that {LEAST_SPEAKERS} speakers of each side said and that failed for {LEAST_SPEAKERS} speakers"
"""Why a comparison has no rows."""


class _Tally(NamedTuple):
    """Occurrences or errors: one row per cell (model x condition), speaker and item, sorted by cell."""

    cell: Whole
    person: Whole
    item: Whole
    times: Floats

    def of_cell(self, cell: int) -> _Tally:
        start, end = np.searchsorted(self.cell, [cell, cell + 1])
        return self.rows(slice(int(start), int(end)))

    def rows(self, kept: slice | Mask) -> _Tally:
        return _Tally(self.cell[kept], self.person[kept], self.item[kept], self.times[kept])


@dataclass(frozen=True, eq=False)
class Spoken:
    """The words of scored rows, and what was written for them, aligned once for every comparison of these rows.

    ``rows`` : without their texts, each with the codes of its cell (model x condition) and its speaker
    """

    rows: pd.DataFrame
    said: SaidWords


def spoken(scores: pd.DataFrame, *by: str) -> Spoken:
    """Return the words of SCORES, aligned: what :func:`word_errors` and :func:`confusions` may be given instead of them.

    ``by`` : columns to compare by, besides the attributes

    Raises
    ------
    ScoringError : no texts in the frame
    """
    missing = [name for name in ("reference", "hypothesis") if name not in scores.columns]
    if missing:
        raise ScoringError(f"no column {', '.join(map(repr, missing))} with the texts that were compared")
    counted = [*CELL, *speaker_columns(scores), *SCORES.attributes_of(scores), *by, *COUNTED, "status", "normaliser_id"]
    names = [name for name in dict.fromkeys(counted) if name in scores.columns]
    rows = scored_rows(scores[[*names, "reference", "hypothesis"]])
    text = said_words(rows["reference"].tolist(), rows["hypothesis"].fillna("").tolist())
    codes = {
        CELL_CODE: rows.groupby(list(CELL), sort=True).ngroup(),
        PERSON_CODE: rows.groupby(speaker_columns(rows), sort=True).ngroup(),
    }
    return Spoken(rows[names].assign(**codes), text)


class _Heard(NamedTuple):
    """All that was said: how often each word, how often each error, what an error is of (``word_of``), and names."""

    said: _Tally
    failed: _Tally
    word_of: Whole
    names: list[tuple[str, ...]]


def word_errors(
    scores: pd.DataFrame | Spoken, attribute: str, *, reference: str = REST, prior: float = PRIOR
) -> pd.DataFrame:
    """Return WORD_ERRORS: for each comparison of ``gaps``, the words that fail more and less often for the group.

    y = errors on a word (replaced or missed), n = its occurrences in the references, so that a group that says a word often
    does not win by that; ``log_odds`` of both sides with a prior of the word's own rate over both together, (Y + 1/2) / (N + 1),
    worth ``prior`` occurrences. The standard error is the larger of that of independent occurrences and that between speakers
    (linearised, G / (G - 1)). At least :data:`LEAST_SPEAKERS` speakers of each side said the word and as many of both
    together were misunderstood; a comparison without such a word has no rows (:data:`TOO_FEW`). Sorted by z, what fails most
    for the group first. p-values are for exploring: Benjamini-Hochberg over the words of one comparison.

    Parameters
    ----------
    scores : SCORES, or a frame with its keys, speaker_id, word counts, ``reference`` and ``hypothesis`` (normalised); or what
        :func:`spoken` made of it
    attribute, reference : as for ``gaps``

    Raises
    ------
    ScoringError : as ``gaps``; no texts in the frame; a prior that is not positive

    Source: Monroe, Colaresi & Quinn 2008, Political Analysis 16: 372-403, over errors instead of words.
    """
    return _table(scores, attribute, reference, prior, WORD_ERRORS)


def confusions(
    scores: pd.DataFrame | Spoken, attribute: str, *, reference: str = REST, prior: float = PRIOR
) -> pd.DataFrame:
    """Return CONFUSIONS: the same for pairs of a word and what was written for it; ``written`` is empty where it was missed.

    y = times the word was written so, n = occurrences of the word. Otherwise as :func:`word_errors`.

    Source: Monroe, Colaresi & Quinn 2008, as there.
    """
    return _table(scores, attribute, reference, prior, CONFUSIONS)


def uncompared(scores: pd.DataFrame, found: pd.DataFrame, attribute: str, *, reference: str = REST) -> pd.DataFrame:
    """Return the comparisons that ``found`` (WORD_ERRORS or CONFUSIONS) has no rows of, each with its reason.

    Columns model_id, condition_id, attribute, group, reference_group, reason.
    """
    key = ["model_id", "condition_id", "group", "reference_group"]
    there = set(found[key].itertuples(index=False, name=None))
    rows = [
        {**dict(zip(key, names, strict=True)), "attribute": attribute, "reason": TOO_FEW}
        for names in map(tuple, compared(scores, attribute, reference))
        if names not in there
    ]
    return pd.DataFrame(rows, columns=["model_id", "condition_id", "attribute", "group", "reference_group", "reason"])


def _table(scores: pd.DataFrame | Spoken, attribute: str, reference: str, prior: float, table: Table) -> pd.DataFrame:
    if not (np.isfinite(prior) and prior > 0):
        raise ScoringError(f"prior {prior!r} is not a positive number", remedy="10 is ten occurrences of a word")
    aligned = scores if isinstance(scores, Spoken) else spoken(scores, attribute)
    heard = _heard(aligned, pairs=table is CONFUSIONS)
    results = [_compared(item, heard, prior, table, attribute) for item in _people(aligned.rows, attribute, reference)]
    results = [frame for frame in results if not frame.empty]
    return pd.concat(results, ignore_index=True) if results else typed([], table, table.column_names)


class _People(NamedTuple):
    """One comparison, its cell, and by code who is in the group and who in the reference."""

    of: Compared
    cell: int
    ours: Mask
    theirs: Mask


def _people(rows: pd.DataFrame, attribute: str, reference: str) -> Iterator[_People]:
    """Yield every comparison with its people."""
    wanted = compared(rows, attribute, reference)
    n_people = int(rows[PERSON_CODE].max()) + 1 if len(rows) else 0
    labels = rows[attribute].astype("str").fillna(NOT_STATED)
    each = rows[[*CELL, CELL_CODE, PERSON_CODE]].assign(label=labels).drop_duplicates()
    cells = {key: part for key, part in each.groupby(list(CELL), sort=False)}
    for item in wanted:
        part = cells[item.model_id, item.condition_id]
        in_group = (part["label"] == item.group).to_numpy()
        other = ~in_group if reference == REST else (part["label"] == reference).to_numpy()
        sides = np.zeros((2, n_people), dtype=bool)
        for side, members in zip(sides, (in_group, other), strict=True):
            side[part[PERSON_CODE].to_numpy()[members]] = True
        yield _People(item, int(part[CELL_CODE].iloc[0]), *sides)


def _heard(aligned: Spoken, *, pairs: bool) -> _Heard:
    """Return the tallies of all rows: errors by word, or by word and what was written for it."""
    text = aligned.said
    cell, person = (aligned.rows[name].to_numpy(dtype=np.int64)[text.row] for name in (CELL_CODE, PERSON_CODE))
    wrong = text.word != text.written
    n_words = len(text.words)
    if not pairs:
        names: list[tuple[str, ...]] = [(word,) for word in text.words]
        failed = _tally(cell[wrong], person[wrong], text.word[wrong])
        return _Heard(_tally(cell, person, text.word), failed, np.arange(n_words), names)
    both = text.word[wrong] * (n_words + 1) + text.written[wrong] + 1
    items, item = np.unique(both, return_inverse=True)
    word, written = items // (n_words + 1), items % (n_words + 1) - 1
    names = [
        (text.words[a], "" if b == NOTHING else text.words[b])
        for a, b in zip(word.tolist(), written.tolist(), strict=True)
    ]
    failed = _tally(cell[wrong], person[wrong], np.asarray(item, dtype=np.int64))
    return _Heard(_tally(cell, person, text.word), failed, word.astype(np.int64), names)


def _tally(cell: Whole, person: Whole, item: Whole) -> _Tally:
    n_people, n_items = int(person.max(initial=0)) + 1, int(item.max(initial=0)) + 1
    keys, counts = np.unique((cell * n_people + person) * n_items + item, return_counts=True)
    rest = keys // n_items
    return _Tally(rest // n_people, rest % n_people, keys % n_items, counts.astype(np.float64))


class _Side(NamedTuple):
    """Sums over the speakers of one side, by item: errors, occurrences, speakers, squares and products of their counts."""

    y: Floats
    n: Floats
    speakers: Floats
    yy: Floats
    yn: Floats
    nn: Floats

    def variance(self, prior: Floats, prior_total: float) -> Floats:
        """Return the variance of the log odds between speakers, linearised."""
        y, n = self.y + prior, self.n + prior_total
        rate, g = y / n, np.maximum(self.speakers, 2)
        squares = self.yy - 2 * rate * self.yn + rate**2 * self.nn - (self.y - rate * self.n) ** 2 / g
        return np.asarray(g / (g - 1) * np.maximum(squares, 0) * (n / (y * (n - y))) ** 2, dtype=np.float64)


def _side(said: _Tally, failed: _Tally, word_of: Whole, people: Mask) -> _Side:
    """Return the sums over these people; only they count."""
    said, failed = (tally.rows(people[tally.person]) for tally in (said, failed))
    n_words, n_items = int(word_of.max(initial=0)) + 1, len(word_of)
    by_word = [added_up(said.item, values, n_words) for values in (said.times, np.ones(len(said.times)), said.times**2)]
    keys = said.person * n_words + said.item  # sorted, as the tally is
    own = said.times[np.searchsorted(keys, failed.person * n_words + word_of[failed.item])]
    y, yy, yn = (
        added_up(failed.item, values, n_items) for values in (failed.times, failed.times**2, failed.times * own)
    )
    n, speakers, nn = (values[word_of] for values in by_word)
    return _Side(y, n, speakers, yy, yn, nn)


def _compared(people: _People, heard: _Heard, prior: float, table: Table, attribute: str) -> pd.DataFrame:
    speaker = people.of
    if not heard.names:
        return typed([], table, table.column_names)
    text, failed = (tally.of_cell(people.cell) for tally in (heard.said, heard.failed))
    ours, theirs = (_side(text, failed, heard.word_of, side) for side in (people.ours, people.theirs))
    anyone: Mask = people.ours | people.theirs
    involved = anyone[failed.person]
    misheard = added_up(failed.item[involved], np.ones(int(involved.sum())), len(heard.names))
    kept = (np.minimum(ours.speakers, theirs.speakers) >= LEAST_SPEAKERS) & (misheard >= LEAST_SPEAKERS)
    at = np.flatnonzero(kept)
    ours, theirs = (_Side(*(values[at] for values in side)) for side in (ours, theirs))
    share = prior * (ours.y + theirs.y + 0.5) / (ours.n + theirs.n + 1)  # never 0, never all of it
    odds = log_odds(ours.y, ours.n, theirs.y, theirs.n, prior=share, prior_total=prior)
    between = ours.variance(share, prior) + theirs.variance(share, prior)
    se = np.sqrt(np.maximum(odds.variance, between))
    z = odds.delta / se
    p_values = 2 * ndtr(-np.abs(z))
    reach = float(ndtri(0.975)) * se
    names = list(zip(*(heard.names[i] for i in at), strict=True)) or [()] * len(heard.names[0])
    columns = {
        **dict(zip(("word", "written"), names, strict=False)),
        "errors": ours.y,
        "occurrences": ours.n,
        "errors_reference": theirs.y,
        "occurrences_reference": theirs.n,
        "n_speakers": ours.speakers,
        "n_speakers_reference": theirs.speakers,
        "n_speakers_errors": misheard[at],
        "log_odds": odds.delta,
        "se": se,
        "ci_low": odds.delta - reach,
        "ci_high": odds.delta + reach,
        "z": z,
        "p_value": p_values,
        "p_adjusted": benjamini_hochberg(p_values.tolist()),
    }
    frame = pd.DataFrame(columns).assign(
        model_id=speaker.model_id, condition_id=speaker.condition_id, attribute=attribute,
        group=speaker.group, reference_group=speaker.reference_group,
    )  # fmt: skip
    by = [name for name in ("word", "written") if name in frame.columns]
    frame = frame.sort_values(["z", *by], ascending=[False, *[True] * len(by)], kind="stable", ignore_index=True)
    types = {column.name: column.dtype for column in table.columns}
    return frame[table.column_names].astype(types)
