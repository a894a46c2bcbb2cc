"""What a comparison shows: the rule of the verdicts, their doubts, and what would settle an open one.

- **GAP**: permuting the speakers' groups gives p < .05 for the studentised log ratio (``inference.log_ratio``). One test
  decides; both intervals, of the ratio and in points, exclude equality exactly where it does.
- **EQUIVALENT**: the interval, the symmetric t interval of the difference and the one from log-scale limits lie inside
  -+margin: two one-sided tests at 2.5 % (Schuirmann 1987). At the usual 5 %, the 90 % interval, skewed speakers have
  equality claimed wrongly in 6 to 10 of 100 cases at the margin itself.
- **SATURATED**: no gap is shown, and on a side more than 80 % of the reference words are wrong or missing: where nearly no
  word is right, there is no room left for a gap, and equality says nothing. A gap that is shown stands: a ceiling can only
  make it smaller. A word error rate has no ceiling, for words invented count in it: it may be 85 % with most words right.
- **INCONCLUSIVE**: none of these. **NOT COMPUTED**: no interval, or so few speakers that no labelling of them gives p < .05.

A verdict is **firm** if both sides have five speakers or more and, for a GAP, if the test holds over all groups, conditions and
models of the attribute together (``group_gaps.gap_tests``); else it is **tentative**.

The error rates of this rule are measured by ``make calibrate`` (docs/calibration.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.inference.intervals import (
    POWER,
    TAIL,
    Interval,
    common_df,
    effective_speakers,
    sampling_variance,
    t_quantile,
    welch_1947_df,
)
from workbench.fairness.inference.permutation import least_p

ALPHA = 0.05
"""A p-value that is not below this may be chance."""
ENOUGH_SPEAKERS = 5
SATURATION = 0.80
"""A larger share of reference words wrong or missing, (S + D) / N, leaves no room for a gap."""
SATURATED = f"fewer than {1 - SATURATION:.0%} of the words are right, which leaves no room for a gap"
RULES = {
    "GAP": f"permuting the speakers' groups gives p < {ALPHA:g} (studentised log ratio), and so both 95 % intervals exclude equality",
    "EQUIVALENT": "the 95 % interval of the difference, the symmetric one and the one that allows for skewed speakers lie within the margin "
    "that the study declared",
    "SATURATED": f"neither is shown, and {SATURATED}",
    "INCONCLUSIVE": "none of these can be said with these speakers",
    "NOT COMPUTED": "there is no interval, or so few speakers that no labelling of them gives a small p",
}
"""What each verdict means. Pages, cards, documents and the command line quote these words: the rule is worded once."""
IN_SHORT = {
    "GAP": "shown beyond chance",
    "EQUIVALENT": "shown to lie within the margin",
    "INCONCLUSIVE": "these speakers cannot tell",
    "SATURATED": SATURATED,
    "NOT COMPUTED": "too few speakers for an interval",
}
"""The verdicts in a few words, where the rule does not fit."""
TENTATIVE = f"tentative: fewer than {ENOUGH_SPEAKERS} speakers on a side, or a GAP that may be chance among all groups, conditions and models compared"
"""When a verdict is not firm."""
MOST_SPEAKERS = 100_000
"""More speakers than this nobody is advised to find."""


def refuse_margin(margin: float | None) -> None:
    """Raise a ScoringError for a margin that no gap could be judged by: none is 0 or less, nor 100 points or more.

    >>> refuse_margin(2)
    Traceback (most recent call last):
    workbench.errors.ScoringError: margin 2 (200 points) is not above 0 and below 100 points; 0.02 means two points
    """
    if margin is None or 0 < margin < 1:
        return
    raise ScoringError(
        f"margin {margin!r} ({100 * margin:g} points) is not above 0 and below 100 points",
        remedy="0.02 means two points",
    )


def rules_in_words() -> str:
    """Return the rule of the verdicts as sentences.

    >>> rules_in_words().split(": ")[0]
    'GAP'
    """
    rules = " ".join(f"{name}: {meaning}." for name, meaning in RULES.items())
    return f"{rules} {TENTATIVE[:1].upper()}{TENTATIVE[1:]}."


def verdict(
    interval: Interval,
    *,
    p_value: float,
    margin: float | None,
    missed: tuple[float, float],
    inside: Sequence[Interval] = (),
) -> str:
    """Return the verdict on a gap with its interval in points and its permutation p.

    ``margin`` None: none was declared. ``missed`` : of both sides, the share of reference words wrong or missing.
    ``inside`` : further intervals that must lie within the margin before the groups are called equal.
    """
    if not interval.known or math.isnan(p_value):
        return "NOT COMPUTED"
    full = any(map(saturated, missed))
    equal = margin is not None and all(-margin < item.low and item.high < margin for item in (interval, *inside))
    if equal and not full:
        return "EQUIVALENT"
    if p_value < ALPHA:
        return "GAP"
    return "SATURATED" if full else "INCONCLUSIVE"


def saturated(missed: float) -> bool:
    """Return whether so few words are right that there is no room left for a gap; NaN (no words) is not."""
    return missed > SATURATION


def doubt(verdict: str, *, n_speakers: int, n_speakers_reference: int, p_familywise: float | None) -> str:
    """Return why a verdict is tentative: too few speakers on a side, or chance among many comparisons; empty if it is firm.

    A verdict is on its own comparison; among many some show a gap by chance, which the family-wise p tells. Fewer
    than five speakers describe themselves rather than their group, whatever the test says.

    >>> doubt("GAP", n_speakers=4, n_speakers_reference=20, p_familywise=0.2)
    'fewer than 5 speakers'
    """
    if verdict not in ("GAP", "EQUIVALENT"):
        return ""
    few = min(n_speakers, n_speakers_reference) < ENOUGH_SPEAKERS
    if few:
        return f"fewer than {ENOUGH_SPEAKERS} speakers"
    firm = verdict == "EQUIVALENT" or (p_familywise is not None and p_familywise < ALPHA)
    return "" if firm else "may be chance among so many comparisons"


def more_speakers(group: SixSums, reference: SixSums, margin: float | None) -> int | None:
    """Return how many more speakers on each side would settle the comparison with 80 % power, if it is what it seems.

    With m more like those there are, V_g becomes V_g G_g / (G_g + m). A ratio of the size seen is found when
    (t_.975 + t_.80) SE of its logarithm is no larger; a gap that lies inside the margin is shown to when (t_.975 + t_.90) SE is
    no larger than the room that is left to it. None if more than 100,000 would be needed, or where there is no variance to
    go by.
    """
    if min(group.n_speakers, reference.n_speakers) < 2 or not (group.errors and reference.errors):
        return None
    gap = abs(group.rate - reference.rate)
    inside = margin is not None and gap < margin
    if margin is not None and inside:
        room, power, scale = margin - gap, (1 + POWER) / 2, (1.0, 1.0)
    else:
        room, power, scale = abs(math.log(group.rate / reference.rate)), POWER, (group.rate, reference.rate)

    def enough(m: int) -> bool:
        if least_p(group.n_speakers + m, reference.n_speakers + m) >= ALPHA:
            return False
        sides = [
            (sampling_variance(cell) / unit**2, cell.n_speakers, effective_speakers(cell))
            for cell, unit in zip((group, reference), scale, strict=True)
        ]
        (a, g_a, k_a), (b, g_b, k_b) = [(v * g / (g + m), g + m, k * (g + m) / g) for v, g, k in sides]
        df = max(1.0, min(welch_1947_df(a, g_a, b, g_b), common_df(k_a, k_b)))
        return (t_quantile(df, 1 - TAIL) + t_quantile(df, power)) * math.sqrt(a + b) <= room

    if not enough(MOST_SPEAKERS):
        return None
    low, high = -1, MOST_SPEAKERS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return max(high, 1)
