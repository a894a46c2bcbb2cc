"""What a comparison shows: the rule of the verdicts, their doubts, and what would settle an open one.

- **GAP**: the 95 % interval of the difference excludes 0, that of the ratio excludes 1, and the permutation test has p < .05.
  Each of them alone calls too many gaps somewhere: the difference and the permutation test where a small group varies more
  than the others, the ratio where some speakers are hallucinated at. Without errors on a side there is no ratio to ask.
- **EQUIVALENT**: the 95 % interval of the difference and the one from log-scale limits lie inside -+margin: two one-sided
  tests at 2.5 % (Schuirmann 1987). At the usual 5 %, the 90 % interval, skewed speakers have equality claimed wrongly in 6 to
  10 of 100 cases at the margin itself.
- **SATURATED**: no gap is shown, and on a side more than 80 % of the reference words are wrong or missing: where nearly no
  word is right, there is no room left for a gap, and equality says nothing. A gap that is shown stands: a ceiling can only
  make it smaller. A word error rate has no ceiling, for words invented count in it: it may be 85 % with most words right.
- **INCONCLUSIVE**: none of these. **NOT COMPUTED**: no interval.

The error rates of this rule are measured by ``make calibrate`` (docs/calibration.md).
"""

from __future__ import annotations

import math

from workbench.fairness.counts.cells import SixSums
from workbench.fairness.counts.frames import joined
from workbench.fairness.inference.intervals import (
    POWER,
    TAIL,
    Difference,
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
    "GAP": "the 95 % interval of the difference excludes zero, that of the ratio excludes one, and permuting the speakers' "
    f"groups gives p < {ALPHA:g}",
    "EQUIVALENT": "the 95 % interval of the difference, and the one that allows for skewed speakers, lie within the margin "
    "that the study declared",
    "SATURATED": f"neither is shown, and {SATURATED}",
    "INCONCLUSIVE": "none of these can be said with these speakers",
    "NOT COMPUTED": "there is no interval",
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
TENTATIVE = (
    f"tentative: fewer than {ENOUGH_SPEAKERS} speakers on a side, or a GAP that may be chance among so many groups"
)
"""When a verdict is not firm."""
MOST_SPEAKERS = 100_000
"""More speakers than this nobody is advised to find."""


def rules_in_words() -> str:
    """Return the rule of the verdicts as sentences.

    >>> rules_in_words().split(": ")[0]
    'GAP'
    """
    rules = " ".join(f"{name}: {meaning}." for name, meaning in RULES.items())
    return f"{rules} {TENTATIVE[:1].upper()}{TENTATIVE[1:]}."


def verdict(
    gap: Difference, ratio: Interval, *, p_value: float, margin: float | None, missed: tuple[float, float]
) -> str:
    """Return the verdict on a gap with the interval of its ratio and its permutation p.

    ``margin`` None: none was declared. ``missed`` : of both sides, the share of reference words wrong or missing.
    """
    if not gap.interval.known:
        return "NOT COMPUTED"
    shown = on_both_scales(gap, ratio) and p_value < ALPHA
    full = any(map(saturated, missed))
    inside = margin is not None and all(-margin < one.low and one.high < margin for one in (gap.interval, gap.skewed))
    if inside and not full:
        return "EQUIVALENT"
    if shown:
        return "GAP"
    return "SATURATED" if full else "INCONCLUSIVE"


def saturated(missed: float) -> bool:
    """Return whether so few words are right that there is no room left for a gap; NaN (no words) is not."""
    return missed > SATURATION


def on_both_scales(gap: Difference, ratio: Interval) -> bool:
    """Return whether the difference's interval excludes 0 and the ratio's, if it has one, excludes 1."""
    return _excludes(gap.interval, 0) and (not ratio.known or _excludes(ratio, 1))


def _excludes(interval: Interval, value: float) -> bool:
    return interval.low > value or interval.high < value


def withheld(gap: Difference, ratio: Interval, *, p_value: float, n_speakers: int, n_speakers_reference: int) -> str:
    """Return why a gap is not called one that could not be, or whose 95 % interval excludes 0; empty otherwise."""
    least = least_p(n_speakers, n_speakers_reference)
    if least >= ALPHA:
        return f"so few speakers cannot show a gap: p is {least:.1g} at the least"
    if not _excludes(gap.interval, 0) or (on_both_scales(gap, ratio) and p_value < ALPHA):
        return ""
    if p_value >= ALPHA:
        return f"interval without zero, but permuting the speakers gives p = {p_value:.2g}"
    return "interval without zero, but that of the ratio holds 1"


def doubt(verdict: str, *, n_speakers: int, n_speakers_reference: int, p_adjusted: float | None) -> str:
    """Return why a verdict is tentative: too few speakers on a side, or chance among many groups; empty if it is not.

    A verdict is on its own comparison; among many groups some show a gap by chance, which the adjusted p tells. Fewer
    than five speakers describe themselves rather than their group, whatever the test says.

    >>> doubt("GAP", n_speakers=4, n_speakers_reference=20, p_adjusted=0.2)
    'fewer than 5 speakers; may be chance among so many groups'
    """
    if verdict not in ("GAP", "EQUIVALENT"):
        return ""
    few = min(n_speakers, n_speakers_reference) < ENOUGH_SPEAKERS
    chance = verdict == "GAP" and not (p_adjusted is not None and p_adjusted < ALPHA)
    return joined(
        [
            f"fewer than {ENOUGH_SPEAKERS} speakers" if few else "",
            "may be chance among so many groups" if chance else "",
        ]
    )


def more_speakers(group: SixSums, reference: SixSums, margin: float | None) -> int | None:
    """Return how many more speakers on each side would settle the comparison with 80 % power, if it is what it seems.

    With m more like those there are, V_g becomes V_g G_g / (G_g + m). A gap of the size seen is found when
    (t_.975 + t_.80) SE is no larger; one that lies inside the margin is shown to when (t_.975 + t_.90) SE is no larger than
    the room that is left to it. None if more than 100,000 would be needed, or where there is no variance to go by.
    """
    if min(group.n_speakers, reference.n_speakers) < 2 or not (group.errors and reference.errors):
        return None
    gap = abs(group.rate - reference.rate)
    inside = margin is not None and gap < margin
    room, power = (margin - gap, (1 + POWER) / 2) if margin is not None and inside else (gap, POWER)

    def enough(m: int) -> bool:
        if least_p(group.n_speakers + m, reference.n_speakers + m) >= ALPHA:
            return False
        sides = [(sampling_variance(one), one.n_speakers, effective_speakers(one)) for one in (group, reference)]
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
