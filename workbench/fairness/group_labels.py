"""Labels of groups that look like one group written in several ways, like no answer, or like several answers at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pandas as pd

from workbench.corpora.labels import ALIKE, NO_ANSWER, fold

_SHOWN = 6
_YOUNGEST, _OLDEST, _AGES = 1, 110, 6
_SEVERAL = re.compile(r"[|,;](?![^()]*\))")


def label_notes(scores: pd.DataFrame, attributes: Iterable[str]) -> Iterator[str]:
    """Yield what is odd about the labels of each attribute, with what to do.

    >>> frame = pd.DataFrame({"accent": ["England", "england", "n/a", "Irish,Welsh"]})
    >>> [note.split(":")[0] for note in label_notes(frame, ["accent"])]
    ["groups of 'accent' that differ in case or blanks only", "groups of 'accent' that look like no answer", "groups of 'accent' that name several at once"]
    """
    for attribute in attributes:
        labels = [str(label) for label in scores[attribute].dropna().unique()]
        alike: dict[str, list[str]] = {}
        for label in labels:
            alike.setdefault(fold(label), []).append(label)
        same = [" = ".join(map(repr, ways)) for ways in alike.values() if len(ways) > 1]
        if same:
            yield f"groups of {attribute!r} that differ in case or blanks only: {_listed(same)}; `labels --map {ALIKE} --column {attribute}` maps them to one"
        silent = [label for label in labels if fold(label) in NO_ANSWER]
        if silent:
            yield f"groups of {attribute!r} that look like no answer: {_listed(map(repr, silent))}; leave the cell empty for `not stated`"
        several = [label for label in labels if _SEVERAL.search(label)]
        if several:
            yield f"groups of {attribute!r} that name several at once: {_listed(map(repr, several))}; `labels` maps them"
        numbers = [label for label in labels if re.fullmatch(r"\d{1,3}", label) and _YOUNGEST <= int(label) <= _OLDEST]
        if len(numbers) >= _AGES and 2 * len(numbers) > len(labels):
            yield (
                f"groups of {attribute!r} are {len(numbers)} numbers, each a group of its own: write bands (18-29, 30-44 ...) in the table, or use --bands {attribute}"
            )


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
