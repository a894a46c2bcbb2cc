"""Pairwise design: few recordings in which every pair of levels of the attributes and of the conditions occurs.

The factors are the attributes, with the levels that somebody in the corpus has, and the families of the study's conditions, each
with its conditions and with none of them. A row is a speaker to look for and the chain of conditions that the speaker is heard
under. A pair of levels that nobody has (no woman of that accent) cannot be covered and is named.

Source: pairwise testing, Cohen et al. 1997, IEEE TSE 23: 437-444; allpairspy makes the rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.conditions import chain, rng_for
from workbench.corpora import load_corpus
from workbench.errors import ConditionError, StudyError, choices
from workbench.schema import CLEAN, NOT_STATED
from workbench.study import Study

NONE = "none"
ORDERS = 30
"""Of factors and levels that are tried; the design with the fewest rows is taken."""


@dataclass(frozen=True, eq=False)
class Design:
    """Rows that cover every pair: a column per attribute and per family, and ``condition_id``, what is heard.

    ``missing`` are the pairs that no speaker of the corpus has; ``least`` is the smallest number of rows that any design needs.
    """

    rows: pd.DataFrame
    missing: tuple[tuple[str, str], ...]
    least: int


def pairwise_design(study: Study, attributes: Sequence[str] = ()) -> Design:
    """Return the rows in which every pair of levels occurs that anybody has.

    Parameters
    ----------
    attributes : default: those that the study names

    Raises
    ------
    StudyError : fewer than two factors with two levels, or an attribute that the corpora do not have
    """
    names = list(attributes) or list(study.attributes)
    frames = [load_corpus(path, allow_dropped=study.allow_dropped).utterances for path in study.manifests]
    utterances = pd.concat(frames, ignore_index=True)
    absent = [name for name in names if name not in utterances.columns]
    if absent:
        raise StudyError(
            f"no attribute {', '.join(map(repr, absent))}", place=f"study {study.name!r}",
            remedy=choices(absent[0], map(str, utterances.columns)),
        )  # fmt: skip
    people = utterances[names].astype("str").fillna(NOT_STATED).drop_duplicates()
    there = {tuple(row) for row in people.itertuples(index=False, name=None)}
    factors = {name: sorted(people[name].unique()) for name in names}
    families: dict[str, list[str]] = {}
    order = {condition.condition_id: condition for condition in study.conditions}
    for condition in study.conditions:
        if condition.condition_id != CLEAN:
            families.setdefault(condition.family, [NONE]).append(condition.condition_id)
    factors |= families
    factors = {name: levels for name, levels in factors.items() if len(levels) > 1}
    if len(factors) < 2:
        raise StudyError(
            f"{len(factors)} factor with two levels or more makes no pair", place=f"study {study.name!r}",
            remedy="name attributes, or conditions of several families",
        )  # fmt: skip
    used = [name for name in names if name in factors]
    places = [names.index(name) for name in used]
    somebody = sorted({tuple(row[place] for place in places) for row in there})

    sizes = sorted((len(levels) for levels in factors.values()), reverse=True)
    least = sizes[0] * sizes[1]
    rows = _fewest(factors, used, somebody, least)
    rows["condition_id"] = (
        [
            _heard([order[value] for value in row if value in order])
            for row in rows[list(families)].itertuples(index=False, name=None)
        ]
        if families
        else CLEAN
    )
    missing = tuple(
        (f"{a} = {x}", f"{b} = {y}")
        for a, b in itertools.combinations(used, 2)
        for x, y in itertools.product(factors[a], factors[b])
        if not any(person[used.index(a)] == x and person[used.index(b)] == y for person in somebody)
    )
    return Design(rows, missing, least)


def _fewest(
    factors: Mapping[str, list[str]], used: Sequence[str], somebody: Sequence[tuple[str, ...]], least: int
) -> pd.DataFrame:
    """Return the design with the fewest rows of those that allpairspy makes of several orders of factors and levels.

    It is greedy, so that the order decides: 3 x 2 x 3 x 3 x 2 levels take 12 rows as they stand, and 9, the least, in another order.
    """
    from allpairspy import AllPairs

    best = pd.DataFrame()
    for number in range(ORDERS):
        rng = rng_for("pairwise design", number, seed=0)
        names = list(factors) if not number else [str(name) for name in rng.permutation(list(factors))]
        levels = [factors[name] if not number else [str(x) for x in rng.permutation(factors[name])] for name in names]

        def possible(row: Sequence[str], names: Sequence[str] = names) -> bool:
            assignment = dict(zip(names, row, strict=False))
            return any(
                all(assignment.get(name, level) == level for name, level in zip(used, person, strict=True))
                for person in somebody
            )

        made = [dict(zip(names, row, strict=True)) for row in AllPairs(levels, filter_func=possible)]
        rows = _completed(made, dict(factors), used, somebody)
        if best.empty or len(rows) < len(best):
            best = rows
        if len(best) <= least:
            break
    return best


def _completed(
    made: list[dict[str, str]], factors: dict[str, list[str]], used: Sequence[str], somebody: Sequence[tuple[str, ...]]
) -> pd.DataFrame:
    """Return the rows with those that cover what the generator's filter made it leave out, without any that adds no pair."""
    names = list(factors)
    possible = {
        pair
        for person in somebody
        for pair in _pairs_within({name: [level] for name, level in zip(used, person, strict=True)} | {n: factors[n] for n in names if n not in used})
    }  # fmt: skip
    left = possible - {pair for row in made for pair in _pairs(row)}
    while left:
        wanted = dict(min(left))
        person = next(
            item for item in somebody if wanted.items() <= (wanted | dict(zip(used, item, strict=True))).items()
        )
        row = wanted | dict(zip(used, person, strict=True))
        for name in names:  # the free places take what covers most of what is left
            if name not in row:
                row[name] = max(factors[name], key=lambda level: len(left & _pairs(row | {name: level})))
        made.append({name: row[name] for name in names})
        left -= _pairs(row)
    for row in list(reversed(made)):
        others = {pair for other in made if other is not row for pair in _pairs(other)}
        if _pairs(row) <= others:
            made = [other for other in made if other is not row]
    return pd.DataFrame(made, columns=names, dtype="str")


Pair = tuple[tuple[str, str], tuple[str, str]]


def _pairs(row: Mapping[str, str]) -> set[Pair]:
    """Return every pair of levels in a row, factors in the order of their names."""
    return set(itertools.combinations(sorted(row.items()), 2))


def _pairs_within(levels: Mapping[str, Sequence[str]]) -> set[Pair]:
    """Return every pair of levels of different factors."""
    return {
        ((a, x), (b, y))
        for a, b in itertools.combinations(sorted(levels), 2)
        for x, y in itertools.product(levels[a], levels[b])
    }


def _heard(parts: Sequence[object]) -> str:
    """Return the chain of the conditions of a row, in the order of sound where one of the orders is."""
    if not parts:
        return CLEAN
    options = []
    for item in itertools.permutations(parts):
        try:
            options.append(chain(*item))  # type: ignore[arg-type]
        except ConditionError:
            continue
    if not options:
        raise StudyError(f"{len(parts)} conditions cannot be chained", remedy="name fewer families")
    return min(options, key=lambda made: len(made.notes)).condition_id
