"""Small groups stay hidden: groups under a minimum of speakers, and as many others as it takes that nobody can work them out.

A hidden group must not be what remains when the shown ones are taken from the total, nor from a larger group of another
attribute. So, beside every group under the minimum:

- what is left of the total beside the groups shown holds at least as many speakers as the minimum, and two groups or more;
- no shown group differs from one of another attribute that contains it by fewer speakers than the minimum.

Who is hidden for which reason is not said: it would tell which of them is small.

Source: complementary cell suppression, as in Willenborg & de Waal 2001, Elements of Statistical Disclosure Control, ch. 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

MINIMUM_SPEAKERS = 5
"""Groups with fewer speakers are not shown, unless every voice is synthetic."""
SPEAKER = ["corpus_id", "speaker_id"]
"""What tells speakers apart: equal ids in two corpora are two people."""

Hidden = dict[str, tuple[str, ...]]
_Members = dict[str, dict[str, frozenset[object]]]


def hidden_groups(
    scores: pd.DataFrame, attributes: Sequence[str], minimum: int, also: Mapping[str, Sequence[str]] | None = None
) -> Hidden:
    """Return, by attribute, the groups that a card of these attributes must not show; every attribute is a key.

    A group counts with the fewest speakers that any model and condition has of it, for each is a cell of its own. ``also``: groups
    that must not be shown for another reason; with them go those from which they could be worked out.
    """
    also = also or {}
    if minimum <= 1 and not any(also.values()):
        return {name: () for name in attributes}
    members = {name: members_of(scores, name) for name in attributes}
    everyone = frozenset().union(*(people for groups in members.values() for people in groups.values()))
    hidden = {
        name: {g for g, n in _fewest(scores, name).items() if n < minimum or g in also.get(name, ())}
        for name in attributes
    }
    while True:
        _complete(members, hidden, everyone, minimum)
        revealed = next(_revealing(members, hidden, minimum), None)
        if revealed is None:
            return {name: tuple(sorted(groups)) for name, groups in hidden.items()}
        attribute, group = revealed
        hidden[attribute].add(group)


def without(
    frame: pd.DataFrame, attribute: str, hidden: Mapping[str, Sequence[str]], column: str = "group"
) -> pd.DataFrame:
    """Return the rows of a table by ``attribute`` without those of hidden groups."""
    return frame[~frame[column].isin(list(hidden.get(attribute, ())))].reset_index(drop=True)


def members_of(scores: pd.DataFrame, attribute: str) -> dict[str, frozenset[object]]:
    """Return the speakers of each group of an attribute."""
    people = scores[[*SPEAKER, attribute]].drop_duplicates()
    return {
        str(group): frozenset(zip(rows[SPEAKER[0]], rows[SPEAKER[1]], strict=True))
        for group, rows in people.groupby(attribute, sort=True, dropna=False, observed=True)
    }


def _fewest(scores: pd.DataFrame, attribute: str) -> dict[str, int]:
    """Return the fewest speakers with words that a model and condition has of each group, and no more than it has in all."""
    whole = {group: len(people) for group, people in members_of(scores, attribute).items()}
    spoken = scores[scores["ref_words"].fillna(0) > 0]
    cells = spoken.groupby(["model_id", "condition_id", attribute], observed=True)
    people = cells[SPEAKER].apply(lambda rows: len(rows.drop_duplicates())) if len(spoken) else pd.Series(dtype="int64")
    least = people.groupby(level=2).min().to_dict() if len(people) else {}
    return {group: min(n, int(least.get(group, n))) for group, n in whole.items()}


def _complete(members: _Members, hidden: dict[str, set[str]], everyone: frozenset[object], minimum: int) -> None:
    """Hide further groups, the smallest first, until what the total leaves of each attribute tells nothing."""
    for name, groups in members.items():
        while hidden[name]:
            shown = [group for group in groups if group not in hidden[name]]
            left = everyone.difference(*(groups[group] for group in shown))
            if not shown or (len(hidden[name]) > 1 and len(left) >= minimum):
                break
            hidden[name].add(min(shown, key=lambda group: (len(groups[group]), group)))


def _revealing(members: _Members, hidden: Mapping[str, set[str]], minimum: int) -> Iterator[tuple[str, str]]:
    """Yield each shown group that a shown group of another attribute contains but for fewer speakers than the minimum."""
    shown = [
        (name, g, people) for name, groups in members.items() for g, people in groups.items() if g not in hidden[name]
    ]
    for name, group, people in shown:
        for other, _, more in shown:
            if other != name and people < more and len(more - people) < minimum:
                yield name, group
