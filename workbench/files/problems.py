"""What is wrong with a manifest: one :class:`Problem` per row and reason, each with value, place and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what to do about it.

    ``line`` counts from 1 as an editor does (the header of a CSV is line 1; in Parquet, which has no lines, it is the
    row); 0 means the whole file. ``value`` is the offending value as it stands in the file.
    """

    line: int
    column: str
    value: str
    what: str
    remedy: str
    file: str = ""

    def __str__(self) -> str:
        place = f"{self.file} {unit_of(self.file)} {self.line}".strip() if self.line else self.file
        head = f"{place}: {self.what}" if place else self.what
        return f"{head}; {self.remedy}" if self.remedy else head


def problem_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Return problems as a frame: line, column, value, what, remedy, file; one row per problem."""
    names = [field.name for field in fields(Problem)]
    return pd.DataFrame([[getattr(problem, name) for name in names] for problem in problems], columns=names)


def unit_of(file: str) -> str:
    """Return what the rows of a file are counted in: lines, or rows in Parquet and Excel, which have no lines."""
    return "row" if file.lower().endswith((".parquet", ".pq", ".xlsx")) else "line"


def shown(value: str) -> str:
    """Return a value as it is quoted in a message: on one line, shortened in the middle if it is long."""
    if len(value) > _LONGEST:
        value = f"{value[: _LONGEST // 2]}...{value[-_LONGEST // 4 :]}"
    return repr(value)


class Findings:
    """Problems found so far in a file with ``lines`` (n,), and which of its rows have one (``bad``, n booleans)."""

    def __init__(self, file: str, lines: NDArray[np.int64]) -> None:
        self.file = file
        self.unit = unit_of(file)
        self.lines = lines
        self.bad: NDArray[np.bool_] = np.zeros(len(lines), dtype=bool)
        self.problems: list[Problem] = []

    def whole(self, what: str, *, remedy: str, column: str = "", value: str = "", file: str = "") -> None:
        """Note something about the whole file (or about ``file``); no row is dropped for it."""
        self.problems.append(Problem(0, column, value, what, remedy, file or self.file))

    def row(self, index: int, column: str, value: str, what: str, *, remedy: str) -> None:
        """Note a problem of row ``index`` (from 0); the row is not usable."""
        self.bad[index] = True
        self.problems.append(Problem(int(self.lines[index]), column, value, what, remedy, self.file))

    def rows(self, mask: NDArray[np.bool_], column: str, values: pd.Series[str], what: str, *, remedy: str) -> None:
        """Note the same problem for every row of ``mask``; ``{value}`` in ``what`` and ``remedy`` is the row's value.

        ``values`` holds one value per row of the file.
        """
        for index, value in zip(np.flatnonzero(mask).tolist(), values[mask].tolist(), strict=True):
            text = shown(value)
            self.row(index, column, value, what.replace("{value}", text), remedy=remedy.replace("{value}", text))

    def in_order(self) -> tuple[Problem, ...]:
        """Return the problems by line; those of one line in the order in which they were found."""
        return tuple(sorted(self.problems, key=lambda problem: problem.line))
