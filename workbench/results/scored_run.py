"""A run with its scores: in memory, or kept in a file and read as far as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import schema
from workbench.corpora import CorpusInfo
from workbench.engines import ModelInfo
from workbench.results import kept_scores
from workbench.store import RunRecord
from workbench.study import Study

SYNTHETIC = "Synthetic voices: these figures describe speech synthesisers, not people."
PARTLY_SYNTHETIC = "Synthetic voices among them ({}): these figures describe speech synthesisers and people together."

PLACE = "place "
"""The column of kept rows that says where each stood; no attribute has a name that ends in a space."""
LISTED = ["utterance_id", "speaker_id", "errors"]
"""The columns that a cell is listed by, besides its attributes."""
MEASURED = ["utterance_id", "condition_id", "audio_digest", "achieved_snr_db", "facts"]
"""The columns of stored transcripts that say what was measured."""


@dataclass(frozen=True)
class Listing:
    """The utterances of a cell in the order in which they are looked at: failures first, then most errors first.

    ``ids`` are all of them; ``take`` gives the SCORES of those at some places of the list.
    """

    ids: list[str]
    take: Callable[[Sequence[int]], pd.DataFrame] = field(repr=False)


@dataclass(frozen=True)
class Results:
    """A run with its scores. ``scores`` is SCORES; everything else says where it comes from."""

    run: RunRecord
    study: Study
    corpora: tuple[CorpusInfo, ...]
    models: tuple[ModelInfo, ...]
    scores: pd.DataFrame
    normaliser_id: str
    measured: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What ``results.audio_facts.facts`` reads: the transcripts' facts as they are stored."""

    @property
    def attributes(self) -> list[str]:
        """Attributes to compare: those the study names, else every declared one."""
        return list(self.study.attributes) or self.declared

    @cached_property
    def declared(self) -> list[str]:
        """Every attribute that the corpora declare."""
        return schema.SCORES.attributes_of(self.scores)

    def levels(self, column: str) -> list[str]:
        """The different values of a text column of the scores."""
        return [str(value) for value in self.scores[column].unique()]

    def rows(self, **equal: str) -> pd.DataFrame:
        """The scores whose columns have these values."""
        chosen = pd.Series(True, index=self.scores.index)
        for name, value in equal.items():
            chosen &= self.scores[name] == value
        return self.scores[chosen]

    def columns(self, *names: str) -> pd.DataFrame:
        """Some columns of all scores, those of them that there are."""
        return self.scores[[name for name in names if name in self.scores.columns]]

    def listed(self, model_id: str, condition_id: str, **group: str) -> Listing:
        """List the utterances of a cell: a model under a condition, of the groups named."""
        rows = _worst_first(self.rows(model_id=model_id, condition_id=condition_id, **group))
        return Listing(rows["utterance_id"].tolist(), lambda places: rows.iloc[list(places)])

    def digests(self, utterance_id: str, condition_id: str) -> set[str] | None:
        """The digests of what the models heard of an utterance under a condition; None if it is not in the run."""
        rows = self.rows(condition_id=condition_id, utterance_id=utterance_id)
        return None if rows.empty else set(rows["audio_digest"].dropna())

    def derived(self, make: Callable[[pd.DataFrame], pd.DataFrame], *more: str) -> Results:
        """Return these results with more attributes, named ``more``, which ``make`` adds to the scores."""
        return replace(self, scores=make(self.scores))

    @cached_property
    def conditions(self) -> list[str]:
        """Condition ids in the study's order, as far as there are scores for them."""
        present = set(self.levels("condition_id"))
        return [c.condition_id for c in self.study.conditions if c.condition_id in present]

    @property
    def synthetic(self) -> bool:
        """Whether any of the voices are synthetic."""
        return self.caveat != ""

    @cached_property
    def caveat(self) -> str:
        """What every figure of these results has to say; empty if nothing."""
        scored = set(self.levels("corpus_id"))
        kinds = {corpus.corpus_id: corpus.synthetic_voices for corpus in self.corpora if corpus.corpus_id in scored}
        made = sorted(name for name, synthetic in kinds.items() if synthetic)
        if made and len(made) < len(kinds):
            return PARTLY_SYNTHETIC.format(", ".join(made))
        return SYNTHETIC if made else ""


class KeptResults(Results):
    """Results of a finished run whose rows are read from ``results.kept_scores`` when somebody first asks for them.

    What is made of counts alone (``results.tables``) does without the rows, so that a large run opens at once.
    """

    _place: Path
    _columns: list[str]
    _make: Callable[[pd.DataFrame], pd.DataFrame] | None
    _rows: Callable[[], tuple[pd.DataFrame, pd.DataFrame]]

    @classmethod
    def _at(
        cls, place: Path, columns: Sequence[str], rows: Callable[[], tuple[pd.DataFrame, pd.DataFrame]], **known: Any
    ) -> KeptResults:
        """Return results whose rows are kept at ``place``; ``rows`` gives ``scores`` and ``measured``, ``known`` is the rest."""
        made = object.__new__(cls)
        made.__dict__.update(known, _place=place, _columns=list(columns), _rows=rows, _make=None)
        return made

    def __getattr__(self, name: str) -> Any:
        """Read the rows when they are first asked for; every other field is there."""
        if name not in ("scores", "measured") or "_rows" not in self.__dict__:
            raise AttributeError(name)
        self.__dict__["scores"], self.__dict__["measured"] = self._rows()
        return self.__dict__[name]

    @cached_property
    def declared(self) -> list[str]:
        """Every attribute that the corpora declare."""
        known = {*schema.SCORES.column_names, "facts", PLACE}
        return [name for name in self._columns if name not in known]

    def levels(self, column: str) -> list[str]:
        """The different values of a text column of the scores."""
        return super().levels(column) if "scores" in self.__dict__ else kept_scores.distinct(self._place, column)

    def rows(self, **equal: str) -> pd.DataFrame:
        """The scores whose columns have these values; if nobody has asked for all rows, only those of a condition are read."""
        kept = {name: value for name, value in equal.items() if name in ("condition_id", "model_id")}
        found = kept_scores.read(self._place, **kept) if kept and "scores" not in self.__dict__ else None
        if found is None:
            return super().rows(**equal)
        some = self._made(in_order(found).drop(columns="facts"))
        return Results(**_known(self), scores=some).rows(**equal)

    def columns(self, *names: str) -> pd.DataFrame:
        """Some columns of all scores, those that there are; if nobody has asked for all of them, only these are read."""
        there = kept_scores.names(self._place) or []
        needed = [name for name in there if name in (*names, PLACE, "speaker_id") or name in self.declared]
        found = kept_scores.read(self._place, needed) if "scores" not in self.__dict__ else None
        if found is None:
            return super().columns(*names)
        made = self._made(in_order(found))
        return made[[name for name in names if name in made.columns]]

    def _made(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows if self._make is None else self._make(rows)

    def listed(self, model_id: str, condition_id: str, **group: str) -> Listing:
        """List the utterances of a cell: of the whole cell only what it is listed by is read, of a page whole rows."""
        named = [name for name in kept_scores.names(self._place) or () if name in self.declared]
        columns = [*LISTED, *named, PLACE]
        found = kept_scores.lines(self._place, columns, model_id=model_id, condition_id=condition_id)
        if found is None:
            return super().listed(model_id, condition_id, **group)
        cell = self._made(in_order(found))
        for name, value in group.items():
            cell = cell[cell[name] == value]
        cell = _worst_first(cell)
        lines = cell[kept_scores.LINE].to_numpy()

        def take(places: Sequence[int]) -> pd.DataFrame:
            rows = kept_scores.at_lines(self._place, lines[list(places)].tolist())
            if rows is None:  # gone since
                return super(KeptResults, self).listed(model_id, condition_id, **group).take(places)
            return self._made(rows.drop(columns=["facts", PLACE]))

        return Listing(cell["utterance_id"].tolist(), take)

    def digests(self, utterance_id: str, condition_id: str) -> set[str] | None:
        """The digests of what the models heard of an utterance under a condition; None if it is not in the run."""
        found = kept_scores.read(self._place, ["audio_digest"], condition_id=condition_id, utterance_id=utterance_id)
        if found is None:
            return super().digests(utterance_id, condition_id)
        return None if found.empty else set(found["audio_digest"].dropna())

    def derived(self, make: Callable[[pd.DataFrame], pd.DataFrame], *more: str) -> Results:
        """Return these results with more attributes, which ``make`` adds to the scores when they are read."""
        rows = lambda: (make(self.scores), self.measured)  # noqa: E731 - one expression
        made = KeptResults._at(self._place, [*self._columns, *more], rows, **_known(self))
        made.__dict__["_make"] = make
        return made


def _known(of: Results) -> dict[str, Any]:
    """Return the fields of results other than their rows."""
    return {one.name: getattr(of, one.name) for one in fields(Results) if one.name not in ("scores", "measured")}


def _worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order in which they are looked at."""
    return rows.sort_values("errors", ascending=False, na_position="first", kind="stable")


def laid_out(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they are kept: those of a condition together, in the order in which they are looked at, each with its place."""
    placed = _worst_first(rows.assign(**{PLACE: range(len(rows))}))
    return placed.sort_values(["model_id", "condition_id"], kind="stable")


def in_order(kept: pd.DataFrame) -> pd.DataFrame:
    """Return rows that were kept in the order of the run."""
    ordered = kept if kept[PLACE].is_monotonic_increasing else kept.sort_values(PLACE, ignore_index=True)
    return ordered.drop(columns=PLACE)
