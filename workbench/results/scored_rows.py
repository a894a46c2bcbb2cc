"""The rows of a scored run: in memory, or kept in a file and read as far as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.results import kept_scores

PLACE = "place "
"""The column of kept rows that says where each stood in the run; no attribute has a name that ends in a space."""
MEASURED = ["utterance_id", "condition_id", "audio_digest", "achieved_snr_db", "facts"]
"""The columns of stored transcripts that say what was measured."""
Where = dict[str, str]
NAMES = ("condition_id", "speaker_id", "status")
"""Columns with few values, which are read as categories where only some columns are read."""


class ScoredRows(Protocol):
    """SCORES of a run, and what was measured, read as far as asked."""

    @property
    def scores(self) -> pd.DataFrame:
        """All rows."""

    @property
    def measured(self) -> pd.DataFrame:
        """The facts of each row, as they are stored."""

    @property
    def names(self) -> list[str]:
        """The columns of the scores."""

    def read(self, columns: Sequence[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Some columns (default: all) of the rows whose columns have these values."""

    def facts(self, where: Where) -> list[str]:
        """The facts of the rows whose columns have these values, as they are stored."""

    def levels(self, column: str) -> list[str]:
        """The different values of a text column."""

    def listing(self, columns: Sequence[str], where: Where) -> pd.DataFrame:
        """These columns of the rows of a cell and :data:`kept_scores.LINE`, by which :meth:`take` finds them again."""

    def containing(self, text: str, columns: Sequence[str], where: Where) -> NDArray[np.bool_]:
        """Whether each row of :meth:`listing` has a text in one of these columns, whatever its case."""

    def take(self, lines: Sequence[int]) -> pd.DataFrame:
        """The rows that stand on these lines, which :meth:`listing` gave, in this order."""


@dataclass(frozen=True, eq=False)
class LoadedRows:
    """Rows in memory."""

    scores: pd.DataFrame
    measured: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def names(self) -> list[str]:
        """The columns of the scores."""
        return [str(name) for name in self.scores.columns]

    def read(self, columns: Sequence[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Some columns (default: all) of the rows whose columns have these values."""
        rows = self.scores
        if where:
            selected = pd.Series(True, index=rows.index)
            for name, value in where.items():
                selected &= rows[name] == value
            rows = rows[selected]
        return rows if columns is None else rows[[name for name in columns if name in rows.columns]]

    def levels(self, column: str) -> list[str]:
        """The different values of a text column."""
        return [str(value) for value in self.scores[column].unique()]

    def listing(self, columns: Sequence[str], where: Where) -> pd.DataFrame:
        """These columns of the rows of a cell, with where each stands among all rows."""
        rows = self.scores.assign(**{kept_scores.LINE: range(len(self.scores))})
        return LoadedRows(rows).read([*columns, kept_scores.LINE], where)

    def containing(self, text: str, columns: Sequence[str], where: Where) -> NDArray[np.bool_]:
        """Whether each row of a cell has a text in one of these columns, whatever its case."""
        rows = self.read(columns, where)
        has = [
            rows[name].str.contains(text, case=False, regex=False, na=False).to_numpy(dtype=bool) for name in columns
        ]
        return np.asarray(np.logical_or.reduce(has), dtype=bool)

    def take(self, lines: Sequence[int]) -> pd.DataFrame:
        """The rows that stand on these lines."""
        return self.scores.iloc[list(lines)]

    def facts(self, where: Where) -> list[str]:
        """The facts of the rows whose columns have these values, as they are stored."""
        return [] if self.measured.empty else self.measured.loc[self.read([], where).index, "facts"].tolist()


class KeptRows:
    """Rows of a finished run that ``results.kept_scores`` keeps: a part is read from the file, all of them once.

    Parameters
    ----------
    place : the file
    load : gives all rows, whether the file is still there or not
    """

    def __init__(self, place: Path, load: Callable[[], LoadedRows]) -> None:
        self._place = place
        self._load = load
        self._names = [
            name for name in kept_scores.names(place) or () if name not in ("facts", PLACE, kept_scores.LINE)
        ]
        self._loaded: LoadedRows | None = None

    @property
    def loaded(self) -> LoadedRows:
        """All rows, in memory from now on."""
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    @property
    def is_loaded(self) -> bool:
        """Whether all rows were asked for."""
        return self._loaded is not None

    @property
    def scores(self) -> pd.DataFrame:
        """All rows."""
        return self.loaded.scores

    @property
    def measured(self) -> pd.DataFrame:
        """The facts of each row, as they are stored."""
        return self.loaded.measured

    @property
    def names(self) -> list[str]:
        """The columns of the scores."""
        return list(self._names)

    def read(self, columns: Sequence[str] | None = None, where: Where | None = None) -> pd.DataFrame:
        """Some columns (default: all) of the rows whose columns have these values; nothing else is read."""
        if self._loaded is None:
            wanted = [name for name in self._names if columns is None or name in columns]
            # The file keeps the rows of a cell together: their number in the run brings them back in order.
            result = kept_scores.read(self._place, [*wanted, PLACE], where=where)
            if result is not None:
                ordered = in_order(result)
                return ordered[[name for name in columns or wanted if name in ordered.columns]]
        return self.loaded.read(columns, where)

    def levels(self, column: str) -> list[str]:
        """The different values of a text column."""
        if self._loaded is not None:
            return self._loaded.levels(column)
        return kept_scores.distinct(self._place, column)

    def facts(self, where: Where) -> list[str]:
        """The facts of the rows whose columns have these values, as they are stored."""
        result = kept_scores.read(self._place, ["facts"], where=where) if self._loaded is None else None
        return self.loaded.facts(where) if result is None else result["facts"].tolist()

    def listing(self, columns: Sequence[str], where: Where) -> pd.DataFrame:
        """These columns of the rows of a cell, with the line of the file on which each stands."""
        wanted = [*(name for name in columns if name in self._names), kept_scores.LINE]
        result = kept_scores.read(self._place, wanted, where=where, categories=NAMES)
        return self._laid_out.read(wanted, where) if result is None else result

    def containing(self, text: str, columns: Sequence[str], where: Where) -> NDArray[np.bool_]:
        """Whether each row of :meth:`listing` has a text in one of these columns, whatever its case."""
        result = kept_scores.containing(self._place, text, columns, where)
        return self._laid_out.containing(text, columns, where) if result is None else result

    @property
    def _laid_out(self) -> LoadedRows:
        """The rows as the file has them, if it has gone."""
        return LoadedRows(laid_out(self.loaded.scores))

    def take(self, lines: Sequence[int]) -> pd.DataFrame:
        """The rows that stand on these lines; if the file has gone since, they are made again."""
        result = kept_scores.read(self._place, lines=list(lines))
        if result is not None:
            return result.drop(columns=["facts", PLACE, kept_scores.LINE])
        placed = laid_out(self.loaded.scores)
        return placed.set_index(kept_scores.LINE).loc[list(lines)].drop(columns=PLACE).reset_index(drop=True)


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order in which they are looked at: failures first, then most errors first."""
    return rows.sort_values("errors", ascending=False, na_position="first", kind="stable")


def laid_out(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they are kept: those of a cell together, in the order in which they are looked at.

    ``PLACE`` says where each stood in the run, ``kept_scores.LINE`` on which line of the file it stands: a page of one
    cell is found by its lines without the rest of the file.
    """
    placed = worst_first(rows.assign(**{PLACE: range(len(rows))}))
    placed = placed.sort_values(["model_id", "condition_id"], kind="stable")
    return placed.assign(**{kept_scores.LINE: range(len(placed))})


def in_order(kept: pd.DataFrame) -> pd.DataFrame:
    """Return rows that were kept in the order of the run."""
    ordered = kept if kept[PLACE].is_monotonic_increasing else kept.sort_values(PLACE, ignore_index=True)
    return ordered.drop(columns=PLACE)
