"""The regression check: did a gap that a study declared get worse from one run to the next?

The gap of a group is its rate minus that of the reference (everybody else, or a named group); its change is paired by
speaker, on the utterances that both sides have (``fairness.inference.paired.gap_change``). The verdicts, in this order:

- ``WORSE``: the group is behind in the second run by at least the margin (a smaller gap counts as none, as the study
  declared), **and** the gap grew beyond doubt: its 95 % interval lies above 0 and Holm's p over all comparisons of the
  check is below 5 %. Any WORSE makes ``compare`` exit with 1; Holm bounds the chance that any of the gaps raises a false
  alarm, however many are declared.
- ``BETTER``: the group was behind, and the gap shrank beyond the same doubt.
- ``NO WORSE``: the 95 % interval rules out that the gap grew by the margin, or that the group is now behind by the
  margin. Needs a margin.
- ``INCONCLUSIVE``: none of these, or fewer than five speakers in the group or the reference: two speakers who happen to
  agree look like certainty (``fairness.inference.intervals``), and no build should break on that. ``NOT COMPUTED``: no interval.

A group that is **ahead** and falls back towards the others is not WORSE: that gap shrinks. With a named reference group
only the others are watched; ``rest`` watches everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import SixSums, refuse_speakers_in_two_groups, speaker_columns
from workbench.fairness.counts.frames import joined
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.intervals import Difference, difference
from workbench.fairness.inference.multiplicity import holm
from workbench.fairness.inference.paired import Change, gap_change, stopping_factor
from workbench.fairness.inference.verdicts import ALPHA, ENOUGH_SPEAKERS, refuse_margin


class GapCheck(NamedTuple):
    """One gap on both sides; ``mirrored`` if its attribute has two groups, each the other's rest: one comparison."""

    attribute: str
    group: str
    reference_group: str
    n_speakers: int
    n_speakers_reference: int
    gap_first: float
    gap_second: Difference
    change: Difference
    mirrored: bool


class _Group(NamedTuple):
    first: SixSums
    second: SixSums
    change: Change


def check_gaps(rows: pd.DataFrame, attribute: str, reference: str) -> list[GapCheck]:
    """Return the gap of every group of ``attribute`` on both sides, and its change.

    Parameters
    ----------
    rows : of ``pairing.paired_rows``; utterances that are not paired add nothing
    reference : a group, or ``rest``

    Raises
    ------
    ScoringError : no such reference group; a speaker in two groups

    Source: ``fairness.inference.paired``, Welch 1947.
    """
    speaker = speaker_columns(rows)
    refuse_speakers_in_two_groups(rows, attribute, speaker)
    groups = {str(name): _group(part, speaker) for name, part in rows.groupby(attribute, sort=True)}
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    mirrored = reference == REST and sum(group.first.words > 0 for group in groups.values()) == 2
    checks = []
    for name, own in groups.items():
        if name == reference != REST:
            continue
        rest = (group for group_name, group in groups.items() if group_name != name)
        other = _together(rest) if reference == REST else groups[reference]
        gap = difference(own.second, other.second)
        change = gap_change(own.change, other.change)
        n, m = own.first.n_speakers, other.first.n_speakers
        gap_first = own.first.rate - other.first.rate
        checks.append(GapCheck(attribute, name, reference, n, m, gap_first, gap, change, mirrored))
    return checks


def _group(rows: pd.DataFrame, speaker: Sequence[str]) -> _Group:
    kept = rows[rows["pair_state"] == "paired"]
    people = kept.groupby(list(speaker), sort=False)[["errors_first", "errors_second", "ref_words"]].sum()
    first, second, words = (people[name].tolist() for name in ("errors_first", "errors_second", "ref_words"))
    factor = stopping_factor(kept)
    before, after = (SixSums.of(errors, words, factor=factor) for errors in (first, second))
    return _Group(before, after, Change.of(rows, speaker))


def _together(groups: Iterable[_Group]) -> _Group:
    """Return the sums of several groups; their factor is the largest."""
    kept = tuple(groups)
    first, second = (sum(sums, SixSums()) for sums in ((item.first for item in kept), (item.second for item in kept)))
    return _Group(first, second, sum((item.change for item in kept), Change()))


def judged(checks: Sequence[tuple[Mapping[str, object], GapCheck]], margin: float | None) -> list[dict[str, object]]:
    """Return the rows of GAP_CHECKS: p adjusted over all comparisons, and the verdicts of the module's docstring.

    ``checks`` : each with the columns that name its pair. ``margin``: gaps smaller than this count as none.

    Source: Holm 1979; non-inferiority as one side of Schuirmann 1987, at 2.5 %.
    """
    refuse_margin(margin)
    keys = [(*pair.values(), check.attribute, "" if check.mirrored else check.group) for pair, check in checks]
    family = {key: check.change.p_value for key, (_, check) in zip(keys, checks, strict=True)}
    adjusted = dict(zip(family, holm(list(family.values())), strict=True))
    return [{**pair, **_row(check, adjusted[key], margin)} for key, (pair, check) in zip(keys, checks, strict=True)]


def _row(check: GapCheck, p_adjusted: float, margin: float | None) -> dict[str, object]:
    return {
        "attribute": check.attribute,
        "group": check.group,
        "reference_group": check.reference_group,
        "n_speakers": check.n_speakers,
        "n_speakers_reference": check.n_speakers_reference,
        "gap_first": check.gap_first,
        "gap_second": check.gap_second.estimate,
        "change": check.change.estimate,
        "ci_low": check.change.interval.low,
        "ci_high": check.change.interval.high,
        "p_value": check.change.p_value,
        "p_adjusted": p_adjusted,
        "verdict": _verdict(check, p_adjusted, margin),
        "reason": _reason(check, p_adjusted),
    }


def _verdict(check: GapCheck, p_adjusted: float, margin: float | None) -> str:
    change = check.change.interval
    if not change.known:
        return "NOT COMPUTED"
    if min(check.n_speakers, check.n_speakers_reference) < ENOUGH_SPEAKERS:
        return "INCONCLUSIVE"
    beyond_doubt = p_adjusted < ALPHA
    if beyond_doubt and change.low > 0 and check.gap_second.estimate >= (margin or 0.0):
        return "WORSE"
    if beyond_doubt and change.high < 0 and check.gap_first > 0:
        return "BETTER"
    behind = max(check.gap_second.interval.high, check.gap_second.skewed.high)
    if margin is not None and min(change.high, behind) < margin:
        return "NO WORSE"
    return "INCONCLUSIVE"


def _reason(check: GapCheck, p_adjusted: float) -> str:
    other = "the rest" if check.reference_group == REST else check.reference_group
    sides = ((check.group, check.n_speakers), (other, check.n_speakers_reference))
    none = [f"{name}: {'1 speaker' if n else 'no words on both sides'}" for name, n in sides if n < 2]
    if none:
        return joined([*none, "no interval"])
    few = [f"{name}: {n} speakers, fewer than {ENOUGH_SPEAKERS}" for name, n in sides if n < ENOUGH_SPEAKERS]
    chance = check.change.p_value < ALPHA <= p_adjusted
    return joined([*few, f"may be chance among so many gaps (Holm p = {p_adjusted:.2g})" if chance else ""])
