"""What wrong labels could do to what a card reports: one line per attribute, on its largest firm gap."""

from __future__ import annotations

import numpy as np

from workbench.cards.rows import GapRow
from workbench.errors import ScoringError
from workbench.fairness.clusters import clustered
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.group_gaps.label_sensitivity import in_words, label_sensitivity
from workbench.results import Results
from workbench.schema import TALLIES

WRONG = 0.05
"""Share of the speakers that the line takes to be mislabelled."""
OTHERS = "the other side of the comparison"


def label_limits(results: Results, gaps: tuple[GapRow, ...]) -> tuple[str, ...]:
    """Return, for each attribute with a firm GAP, how few mislabelled speakers would remove the largest.

    ``gaps`` : of the card; groups that it hides are not among them
    """
    lines = []
    for attribute in dict.fromkeys(row.attribute for row in gaps):
        firm = [row for row in gaps if row.attribute == attribute and row.verdict == "GAP" and not row.doubt]
        if firm:
            line = _line(results, max(firm, key=lambda row: abs(row.difference or 0.0)))
            lines += [f"If labels are wrong: {line}"] if line else []
    return tuple(lines)


def _line(results: Results, row: GapRow) -> str:
    counts = results.tables.tallies
    if row.attribute not in counts.columns:
        return ""
    cell = counts[(counts["model_id"] == row.model_id) & (counts["condition_id"] == row.condition_id)]
    labels = cell[row.attribute].astype(str)
    if row.reference_group != REST:
        cell = cell[labels.isin([row.group, row.reference_group])]
    sides = np.where(cell[row.attribute].astype(str) == row.group, row.group, OTHERS)
    marked = TALLIES.marked(cell.assign(**{row.attribute: sides}))
    try:
        units = clustered(marked, results.study.cluster).rows
        found = label_sensitivity(units, row.attribute, reference=OTHERS, wrong=WRONG)
    except ScoringError:  # clusters that hold several groups: nobody can be moved alone
        return ""
    return in_words({str(name): value for name, value in found.iloc[0].items()}) if len(found) else ""
