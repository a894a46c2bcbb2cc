"""Routing by group: which of several engines a recording is sent to, improved one group at a time and never to a group's loss.

Who proposes an update names a group, by a predicate, and another engine for it. The update is accepted on **sealed** speakers, whom
its author has not seen, if the group has fewer errors with that engine beyond chance and everybody together gains something that counts.
The list of updates is a pointer decision list: the newest node decides whom it speaks of, and leaves all others to the list before it. An
update may undo what an earlier one gained where both groups overlap; then a repair node sends that group back to the list that served it
best. Every update and every repair lowers the errors of all together, so that there are finitely many, and afterwards no group that was
ever accepted has more errors than it had before.

Source: Globus-Harris, Kearns & Roth 2022, An Algorithmic Framework for Bias Bounties, FAccT (certificates of suboptimality, monotone
pointer decision lists).

>>> str(Predicate.parse("gender=f & accent=Irish & room@2"))
'accent=Irish & room@2 & gender=f'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import SixSums, speaker_columns
from workbench.fairness.inference.paired import Change, paired_difference
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import NOT_STATED

Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]
KEY = ["utterance_id", "condition_id"]
CONDITION = "condition"
MEASURED = ("duration_s",)
"""Numbers that are known before anything is transcribed; what is measured on the transcript is no ground to choose the engine by."""
LEAST_GAIN = 0.001
"""What an update must take off the word error rate of everybody: 0.1 points. So a rate of 20 % allows 200 updates at most."""
FORM = "accent=Scottish & duration_s>=5 & room@2"
_TERM = re.compile(r"(?P<name>[^=<>?@]+?)\s*(?P<way>>=|<=|=)\s*(?P<value>.+)")


class Term(NamedTuple):
    """One part of a predicate: a column, how it is compared, and with what."""

    name: str
    way: str
    value: str

    def __str__(self) -> str:
        return self.value if self.name == CONDITION else f"{self.name}{self.way}{self.value}"


@dataclass(frozen=True, slots=True)
class Predicate:
    """A group: all of some terms over attributes, the condition and the length of the recording. Terms are sorted, each once."""

    terms: tuple[Term, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the predicate that ``text`` states, its terms with `` & `` between them.

        Raises
        ------
        ScoringError : it states none; a limit that is no number
        """
        terms = []
        for part in re.split(r"\s+&\s+", text.strip()):
            match = _TERM.fullmatch(part.strip())
            if match is None and re.fullmatch(r"\S+", part):
                terms.append(Term(CONDITION, "=", part))
            elif match is None:
                raise ScoringError(f"cannot read {part!r}", place="group", remedy=f"write it like {FORM}")
            else:
                term = Term(match["name"].strip(), match["way"], match["value"].strip())
                if (term.name in MEASURED) != (term.way != "=") or (term.way != "=" and not _is_number(term.value)):
                    raise ScoringError(
                        f"cannot read {part!r}", place="group",
                        remedy=f"attributes take =, and {', '.join(MEASURED)} takes >= or <= with a number",
                    )  # fmt: skip
                terms.append(term)
        return cls(tuple(sorted(set(terms))))

    def __str__(self) -> str:
        return " & ".join(map(str, self.terms))

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it speaks of, each once."""
        return tuple(dict.fromkeys(term.name for term in self.terms))

    def mask(self, rows: pd.DataFrame, attributes: Sequence[str]) -> Mask:
        """Return which rows (n,) are in the group.

        Raises
        ------
        ScoringError : a column that is neither an attribute nor measured beforehand; a level that no row has
        """
        kept = np.ones(len(rows), dtype=bool)
        for term in self.terms:
            if term.name in MEASURED:
                values = pd.to_numeric(rows[term.name]).to_numpy(dtype=np.float64, na_value=np.nan)
                kept &= values >= float(term.value) if term.way == ">=" else values <= float(term.value)
                continue
            if term.name != CONDITION and term.name not in attributes:
                raise ScoringError(
                    f"no attribute {term.name!r}", place="group", remedy=choices(term.name, [*attributes, *MEASURED])
                )
            column = rows["condition_id" if term.name == CONDITION else term.name].astype("str").fillna(NOT_STATED)
            if term.value not in set(column):
                raise ScoringError(
                    f"no {term.name} {term.value!r}", place="group", remedy=choices(term.value, sorted(set(column)))
                )
            kept &= (column == term.value).to_numpy(dtype=bool)
        return kept


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Node:
    """Whom it speaks of, and who transcribes them: an engine, or the list of the first so many nodes (a repair)."""

    predicate: Predicate
    to: str | int


@dataclass(frozen=True, slots=True)
class PointerList:
    """A pointer decision list: ``base`` transcribes everybody of whom no node speaks."""

    base: str
    nodes: tuple[Node, ...] = ()

    def engines(self, rows: pd.DataFrame, attributes: Sequence[str]) -> NDArray[np.object_]:
        """Return the engine of every row (n,); a group of which no row is there decides nothing.

        Nothing that a transcript gives is looked at: this can be done before anything is transcribed.
        """
        lists = [np.full(len(rows), self.base, dtype=object)]
        for node in self.nodes:
            try:
                members = node.predicate.mask(rows, attributes)
            except ScoringError:
                members = np.zeros(len(rows), dtype=bool)
            to: NDArray[np.object_] = (
                lists[node.to] if isinstance(node.to, int) else np.full(len(rows), node.to, dtype=object)
            )
            lists.append(np.where(members, to, lists[-1]))
        return lists[-1]


@dataclass(frozen=True, eq=False)
class Sealed:
    """What sealed speakers said, a row per utterance and condition that every engine transcribed, and each engine's errors."""

    rows: pd.DataFrame
    errors: dict[str, Counts]
    attributes: tuple[str, ...]
    left_out: int = 0

    @classmethod
    def of(cls, scores: pd.DataFrame, attributes: Sequence[str]) -> Self:
        """Return the sealed rows of SCORES of several models; what not all of them transcribed is left out and counted.

        Raises
        ------
        ScoringError : fewer than two models, or nothing that all of them transcribed
        """
        counted = scores[(scores["status"] == "ok") & (scores["ref_words"].fillna(0) > 0)]
        models = list(dict.fromkeys(scores["model_id"]))
        wide = counted.pivot_table(index=KEY, columns="model_id", values="errors", aggfunc="first").reindex(
            columns=models
        )
        complete = wide.dropna()
        if len(models) < 2 or complete.empty:
            raise ScoringError(
                f"{len(models)} models and {len(complete)} recordings that all of them transcribed", place="routing",
                remedy="an update needs a second engine on the same recordings",
            )  # fmt: skip
        names = [*KEY, *speaker_columns(counted), "ref_words", *MEASURED, *attributes]
        names = [name for name in dict.fromkeys(names) if name in counted.columns]
        rows = counted.drop_duplicates(KEY)[names].set_index(KEY).loc[complete.index].reset_index()
        errors = {str(name): complete[name].to_numpy(dtype=np.int64) for name in models}
        everything = scores.drop_duplicates(KEY)
        return cls(rows, errors, tuple(attributes), len(everything) - len(rows))

    @property
    def words(self) -> Counts:
        """Reference words of every row."""
        return self.rows["ref_words"].to_numpy(dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Routing:
    """A pointer decision list on sealed speakers: the errors of each of its states, and the fewest that each accepted group had."""

    sealed: Sealed
    decisions: PointerList
    states: tuple[Counts, ...]
    accepted: tuple[Predicate, ...] = ()
    fewest: tuple[tuple[int, int], ...] = ()
    """Of every accepted group: its fewest errors, and the state that gave them."""

    @classmethod
    def begin(cls, sealed: Sealed, base: str) -> Self:
        """Return the routing in which ``base`` transcribes everybody.

        Raises
        ------
        ScoringError : no such engine
        """
        if base not in sealed.errors:
            raise ScoringError(f"no model {base!r}", place="routing", remedy=choices(base, sealed.errors))
        return cls(sealed, PointerList(base), (sealed.errors[base],))

    @property
    def errors(self) -> Counts:
        """The errors of every row now."""
        return self.states[-1]

    @property
    def rate(self) -> float:
        """The word error rate of everybody now."""
        return float(self.errors.sum() / self.sealed.words.sum())

    def with_node(self, predicate: Predicate, to: str | int) -> Routing:
        """Return the routing with one more node at its head."""
        members = predicate.mask(self.sealed.rows, self.sealed.attributes)
        new = self.states[to] if isinstance(to, int) else self.sealed.errors[to]
        nodes = (*self.decisions.nodes, Node(predicate, to))
        states = (*self.states, np.where(members, new, self.errors))
        return replace(self, decisions=replace(self.decisions, nodes=nodes), states=states)

    def updated(self, predicate: Predicate, model: str) -> Routing:
        """Return the routing after an update that was accepted, with the repairs that it needs.

        A repair is made where an accepted group has more errors than the fewest it ever had. It sends that group back, which lowers the
        errors of everybody by at least one: so this ends.
        """
        routing = self.with_node(predicate, model)
        masks = [item.mask(self.sealed.rows, self.sealed.attributes) for item in (*self.accepted, predicate)]
        fewest = [*self.fewest, (int(routing.errors[masks[-1]].sum()), len(routing.states) - 1)]
        while True:
            now = [int(routing.errors[mask].sum()) for mask in masks]
            worse = [place for place, errors in enumerate(now) if errors > fewest[place][0]]
            if not worse:
                break
            group = (*self.accepted, predicate)[worse[0]]
            routing = routing.with_node(group, fewest[worse[0]][1])
        last = len(routing.states) - 1
        fewest = [(errors, last) if errors < before[0] else before for errors, before in zip(now, fewest, strict=True)]
        return replace(routing, accepted=(*self.accepted, predicate), fewest=tuple(fewest))


@dataclass(frozen=True, slots=True)
class UpdateTest:
    """What sealed speakers say of an update: the change of the group's word error rate, negative is better, and of everybody's."""

    change: float
    low: float
    high: float
    p_value: float
    n_speakers: int
    n_speakers_others: int
    gain: float
    """What the word error rate of everybody falls by."""
    reason: str = field(default="")


def tested(routing: Routing, predicate: Predicate, model: str) -> UpdateTest:
    """Return the test of an update against the routing as it is: one-sided t over speakers, of fewer errors in the group.

    Raises
    ------
    ScoringError : no such model, or a predicate of columns or levels that are not there
    """
    sealed = routing.sealed
    if model not in sealed.errors:
        raise ScoringError(f"no model {model!r}", place="routing", remedy=choices(model, sealed.errors))
    members = predicate.mask(sealed.rows, sealed.attributes)
    speakers = sealed.rows[speaker_columns(sealed.rows)].astype("str").agg("\x1f".join, axis=1)
    inside, everybody = speakers[members], speakers.nunique()
    differences = (sealed.errors[model] - routing.errors)[members]
    people = pd.DataFrame({"d": differences, "n": sealed.words[members]}).groupby(inside.to_numpy()).sum()
    sums = SixSums.of(people["d"].tolist(), people["n"].tolist())
    result = paired_difference(Change(sums, int(np.square(differences).sum())))
    p = result.p_value / 2 if result.estimate < 0 else 1 - result.p_value / 2
    few = len(people) < ENOUGH_SPEAKERS
    return UpdateTest(
        result.estimate, result.interval.low, result.interval.high, p, len(people), everybody - len(people),
        float(-differences.sum() / sealed.words.sum()),
        f"fewer than {ENOUGH_SPEAKERS} sealed speakers in the group" if few else "",
    )  # fmt: skip
