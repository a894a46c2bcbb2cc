"""What a heat map shows, in words and shares of a scale, before anybody draws it: groups down, conditions across."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.fairness.inference.verdicts import SATURATED
from workbench.figures.palette import FADED, rate_colour
from workbench.text import UNIT_WORDS

PLAIN, FEW, ALONE, FULL, EMPTY = "plain", "few", "alone", "full", "empty"
MARK_OF = {
    "ok": PLAIN, "descriptive": FEW, "saturated": FULL, "1 speaker": ALONE, "no speakers": ALONE, "insufficient": EMPTY,
}  # fmt: skip
HATCHED = (ALONE, FULL)
KEY = {
    FEW: "small sample (fewer than 5 speakers or 500 words): do not generalise",
    ALONE: "no interval: one speaker, or speakers unknown",
    FULL: f"saturated: {SATURATED}",
}
ORDER_NOTE = "Groups in order of their rate in {first}, lowest first."


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: column, row, rate (None: no data), its rate in words, its speakers in words and in short, how it is marked, and what hovering says."""

    column: int
    row: int
    rate: float | None
    value: str
    who: str
    n: str
    mark: str
    hover: str
    outlined: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """All that a heat map shows, in words, before anybody draws it; a board of another scale overrides the last part."""

    title: str
    subtitle: str
    alt: str
    groups: tuple[str, ...]
    conditions: tuple[str, ...]
    condition_ids: tuple[str, ...]
    cells: tuple[Cell, ...]
    top: float
    clipped: bool
    note: str
    caveat: str
    measure: str = UNIT_WORDS["word"][0]

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that occur, so that the key names no others."""
        used = {cell.mark for cell in self.cells}
        return tuple(mark for mark in (FEW, ALONE, FULL) if mark in used)

    @property
    def explained(self) -> dict[str, str]:
        """What each mark means."""
        return KEY

    @property
    def bar_title(self) -> str:
        """What the colours stand for."""
        return f"{self.measure} (%)"

    @property
    def bottom(self) -> float:
        """The value at the light end of the scale."""
        return 0.0

    def colour(self, share: float) -> str:
        """Return the colour of a share of the scale, 0 to 1."""
        return rate_colour(share)

    def ticks(self) -> list[int]:
        """Return the percentages at which the colour bar is labelled."""
        return ticks(self.top)

    def tick_text(self) -> list[str]:
        """Return the labels; the last one says so where rates above the scale are drawn as its end."""
        at = self.ticks()
        return [f"{tick}+" if self.clipped and tick == at[-1] else str(tick) for tick in at]

    @property
    def short_note(self) -> str:
        """What the short words in the cells stand for."""
        return "n: speakers."

    @property
    def stops(self) -> list[tuple[float, str]]:
        """The scale as (position, colour), from 0 to 1."""
        return [(i / 10, self.colour(i / 10)) for i in range(11)]

    def quiet(self, cell: Cell) -> bool:
        """Return whether a cell has no colour of the scale."""
        return False

    def shade(self, cell: Cell) -> str:
        """Return the colour of a cell with data: grey if it is saturated."""
        return FADED if cell.mark == FULL else rate_colour((cell.rate or 0.0) / self.top)


def ticks(top: float) -> list[int]:
    """Return the percentages at which the colour bar is labelled."""
    step = 5 if top <= 0.25 else 10 if top <= 0.6 else 20
    return list(range(0, round(top * 100) + 1, step))


Segment = tuple[tuple[float, float], tuple[float, float]]


def hatching(left: float, low: float, right: float, high: float, n: int = 5) -> list[Segment]:
    """Return ``2 n - 1`` parallel diagonals that fill a rectangle, as pairs of end points."""
    results: list[Segment] = []
    for i in range(1, 2 * n):
        share = i / n  # the diagonal x + y = share of the unit square
        a, b = (share, 0.0) if share <= 1 else (1.0, share - 1)
        c, d = (0.0, share) if share <= 1 else (share - 1, 1.0)
        wide, tall = right - left, high - low
        results.append(((left + a * wide, low + b * tall), (left + c * wide, low + d * tall)))
    return results
