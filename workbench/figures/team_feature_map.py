"""The map of teams and features: who states claims about what, and how many of them hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import ScoringError
from workbench.figures.board import EMPTY, PLAIN, Board, Cell
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import listed
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, counted

TITLE = "Claims by team and feature"
NOTE = "Number: claims that speak of the feature. Below: how many of them were supported or accepted. A claim may speak of several features."


@dataclass(frozen=True, slots=True)
class CountBoard(Board):
    """A heat map of counts: ``rate`` is a count over 100, so that the scale of per cents is one of counts."""

    @property
    def bar_title(self) -> str:
        """What the colours stand for."""
        return "Claims"

    @property
    def short_note(self) -> str:
        """What the short words in the cells stand for."""
        return "Below: how many hold."

    def ticks(self) -> list[int]:
        """Return the counts at which the colour bar is labelled."""
        most = round(self.top * 100)
        return list(range(0, most + 1, max(1, most // 4)))


def team_feature_map(features: pd.DataFrame, *, caveat: str = "") -> Picture:
    """Return the heat map of claims: teams down, features across.

    Parameters
    ----------
    features : of ``cards.team_features``: team, feature, claims, judged, hold
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no claims
    """
    if features.empty:
        raise ScoringError("no claim is stated", place="team_feature_map")
    teams, columns = sorted(features["team"].unique()), sorted(features["feature"].unique())
    rows: dict[tuple[str, str], Any] = {(str(row.team), str(row.feature)): row for row in features.itertuples()}
    cells = []
    for y, team in enumerate(teams):
        for x, feature in enumerate(columns):
            row = rows.get((team, feature))
            if row is None:
                cells.append(Cell(x, y, None, "none", "", "", EMPTY, f"{team}, {feature}: none"))
                continue
            claims, hold = int(row.claims), int(row.hold)
            words = (
                f"{counted(claims, 'claim')}, {hold} hold" if row.judged else f"{counted(claims, 'claim')}, not judged"
            )
            below = f"{hold} hold" if row.judged else "not judged"
            cells.append(Cell(x, y, claims / 100, str(claims), below, below, PLAIN, f"{team}, {feature}: {words}"))
    most = max(int(row.claims) for row in rows.values())
    alt = f"Heat map. {TITLE}. {listed([cell.hover for cell in cells])}. {NOTE} {caveat}"
    board = CountBoard(
        title=TITLE, subtitle="", alt=clean_text(alt), groups=tuple(teams), conditions=tuple(columns), condition_ids=tuple(columns),
        cells=tuple(cells), top=max(most, 1) / 100, clipped=False, note=NOTE, caveat=caveat, measure="Claims",
    )  # fmt: skip
    return picture_of(board, features)
