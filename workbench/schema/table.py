"""What a table is: its columns, types, key and meaning, as data that checks a frame and documents itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    import pandera.pandas as pa  # slow to import, and a process in which an engine listens needs it not


PERCENT = "%"
POINTS = "points"
BY_ROW = "by row"
"""The unit of a column whose rows have units of their own, named in the column ``unit``."""
UNIT_WORDS = {PERCENT: "fraction, read in %", POINTS: "fraction, read in points", "p": "probability", "x": "ratio"}
"""How docs/tables.md names units that are stored otherwise than people read them."""
HEADINGS = {
    "condition_id": "Condition",
    "model_id": "Engine",
    "ref_words": "Words",
    "reference_group": "Compared with",
    "n_speakers_reference": "Speakers compared with",
    "mde": "Detectable",
    "p_adjusted": "p (adjusted)",
    "p_familywise": "p (whole family)",
    "smd_before": "SMD before",
    "smd_after": "SMD after",
}
"""Headings of columns that several tables have, where the name in words does not say it."""
MARK = "table"
"""The key of ``DataFrame.attrs`` under which a frame says which table it is."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called, holds and means, and how people read it.

    Attributes
    ----------
    name, dtype, meaning : as in a frame (pandas dtype) and in docs/tables.md
    nullable, isin, optional : a value may be missing; its levels; the column may be missing
    unit : of the value; :data:`PERCENT` and :data:`POINTS` are fractions that people read in percent and in percentage
        points, ``p`` is a probability; empty for texts, counts and what has none
    heading : in words; default: the name in words
    interval : the columns that hold the ends of its 95 % interval, in the same unit
    """

    name: str
    dtype: str
    meaning: str
    nullable: bool = False
    isin: tuple[str, ...] = ()
    optional: bool = False
    unit: str = ""
    heading: str = ""
    interval: tuple[str, str] | None = None

    @property
    def words(self) -> str:
        """The heading, without unit.

        >>> Column("n_speakers", "Int64", "").words, Column("mde", "float64", "").words
        ('Speakers', 'Detectable')
        """
        own = self.heading or HEADINGS.get(self.name)
        return own or self.name.removeprefix("n_").removesuffix("_id").replace("_", " ").capitalize()

    @property
    def scale(self) -> float:
        """What a value is multiplied by before people read it: fractions are read in percent or points."""
        return 100.0 if self.unit in (PERCENT, POINTS) else 1.0


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns in order, its key, and whether others may follow: attributes (text) or measures (numbers)."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    attributes: bool = False
    measures: bool = False
    shown: tuple[str, ...] = ()
    """The columns that a terminal and a page show, in this order; a column's interval follows it. Empty: all."""
    apart: tuple[str, ...] = ("model_id", "condition_id")
    """The columns that divide a long table into parts, each shown under its own title."""

    @property
    def column_names(self) -> list[str]:
        """Names of the fixed columns, in order."""
        return [column.name for column in self.columns]

    def marked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` saying that it is this table: functions that take several tables tell them apart by that."""
        marked = frame.copy(deep=False)
        marked.attrs = {**frame.attrs, MARK: self.name}
        return marked

    def is_table_of(self, frame: pd.DataFrame) -> bool:
        """Tell whether ``frame`` says that it is this table (:meth:`marked`)."""
        return bool(frame.attrs.get(MARK) == self.name)

    def attributes_of(self, frame: pd.DataFrame) -> list[str]:
        """Names of the attribute columns of ``frame``: those that the table itself does not have."""
        fixed = set(self.column_names)
        return [str(name) for name in frame.columns if name not in fixed]

    def schema(self, attributes: Sequence[str] = ()) -> pa.DataFrameSchema:
        """Return the pandera schema of the table with these further columns."""
        import pandera.pandas as pa

        columns = {
            column.name: pa.Column(
                column.dtype,
                nullable=column.nullable,
                required=not column.optional,
                checks=[pa.Check.isin(column.isin)] if column.isin else None,
            )
            for column in self.columns
        }
        kind, may_lack = ("float64", True) if self.measures else ("str", False)
        columns |= {name: pa.Column(kind, nullable=may_lack) for name in attributes}
        return pa.DataFrameSchema(
            columns,
            coerce=True,
            strict=True,
            unique=list(self.key) or None,
            name=self.name,
        )

    def validate(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with the table's types and column order.

        Raises
        ------
        WorkbenchError : every violation at once, with column and offending value
        """
        from pandera.errors import SchemaErrors

        attributes = self.attributes_of(frame)
        if attributes and not (self.attributes or self.measures):
            raise WorkbenchError(f"{self.name} has no column {', '.join(map(repr, attributes))}")
        present = [name for name in self.column_names if name in frame.columns]
        schema = self.schema(attributes)
        if len(self.key) == 1 and self.key[0] in present and frame[self.key[0]].is_unique:
            schema.unique = None  # pandera would make an object of every value to find out
        try:
            valid: pd.DataFrame = schema.validate(frame[present + attributes], lazy=True)
        except SchemaErrors as error:
            lines = [
                f"column {case.column or case.failure_case}: {case.check} (value {case.failure_case!r}, row {case.index})"
                for case in error.failure_cases.head(20).itertuples()
            ]
            raise WorkbenchError(
                f"{len(error.failure_cases)} values do not fit the table:\n" + "\n".join(lines), place=self.name
            ) from None
        return valid

    def empty(self, attributes: Sequence[str] = ()) -> pd.DataFrame:
        """Return a frame of this table with no rows."""
        frame = pd.DataFrame(
            {column.name: pd.Series(dtype=column.dtype) for column in self.columns if not column.optional}
        )
        for name in attributes:
            frame[name] = pd.Series(dtype="float64" if self.measures else "str")
        return frame

    def to_markdown(self) -> str:
        """Return the table's description as a Markdown table."""
        lines = ["| column | type | unit | meaning |", "|---|---|---|---|"]
        for column in self.columns:
            key = " (key)" if column.name in self.key else ""
            lines.append(
                f"| `{column.name}`{key} | {column.dtype}{', may be empty' if column.nullable else ''}"
                f"{', may be absent' if column.optional else ''} | {UNIT_WORDS.get(column.unit, column.unit)} | {column.meaning} |"
            )
        if self.attributes:
            lines.append(
                "| *attributes* | str | | one column per declared attribute (accent, gender ...); missing is `not stated` |"
            )
        if self.measures:
            lines.append("| *further facts* | float64, may be empty | | what a condition of your own measures |")
        return "\n".join(lines)


def column(
    name: str,
    dtype: str,
    meaning: str,
    *,
    nullable: bool = False,
    isin: tuple[str, ...] = (),
    optional: bool = False,
    unit: str = "",
    heading: str = "",
    interval: tuple[str, str] | None = None,
) -> Column:
    """Return a column; short, for a table is read line by line."""
    return Column(name, dtype, meaning, nullable, isin, optional, unit, heading, interval)
