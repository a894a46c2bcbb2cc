"""Is a gap to the rest a gap to one group? The rest is taken without each other group in turn.

One group that is served far worse lifts the rest of all the others: groups that are equal among themselves then all look better than
average, and a test on many speakers calls some of them a GAP. The gap is one to that group, which has a row of its own.

Source: leave-one-group-out sensitivity, as in meta-analysis (Viechtbauer & Cheung 2010, Research Synthesis Methods 1: 112-125).
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.fairness.counts.cells import SixSums

SHARE = 0.5
"""A gap that keeps less than this share of itself without one group of the rest is one to that group."""
LEAST_GROUPS = 3


def one_group_of_the_rest(cells: Mapping[str, SixSums], group: str) -> str:
    """Return what is said of a gap to the rest that hangs on one group of it; empty if it hangs on none.

    >>> equal, worse = SixSums.of([15] * 5, [100] * 5), SixSums.of([60] * 5, [100] * 5)
    >>> one_group_of_the_rest({"a": equal, "b": equal, "c": worse}, "a")
    'a gap to c: without it in the rest it is +0.0 instead of -22.5 points'
    >>> one_group_of_the_rest({"a": equal, "b": equal, "c": worse}, "c")
    ''
    """
    own, others = cells[group], {name: cell for name, cell in cells.items() if name != group and cell.words}
    if len(others) + 1 < LEAST_GROUPS or not own.words:
        return ""
    rest = sum(others.values(), SixSums())
    whole = own.rate - rest.rate
    without = {name: own.rate - (sum((c for n, c in others.items() if n != name), SixSums())).rate for name in others}
    name = min(without, key=lambda other: without[other] * (1 if whole > 0 else -1))
    if whole == 0 or without[name] / whole >= SHARE:
        return ""
    return f"a gap to {name}: without it in the rest it is {100 * without[name] + 0:+.1f} instead of {100 * whole:+.1f} points"
