"""Collection: whom to record next, so that the intervals of the gaps become narrower for each hour of recording.

One more speaker of a group, as the group's speakers are on average, multiplies the six sums of the group by (n + 1) / n. The
half-widths of all gaps of the attribute are then computed again by the same rule as everywhere; what they lose together, over the
hours that a speaker of the group takes, is what the groups are ranked by. Before anything is transcribed, how much speakers differ is
assumed (``planning.power``), and the sums are those that such speakers have on average.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import SixSums, refuse_speakers_in_two_groups, speaker_columns
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.intervals import difference
from workbench.fairness.planning.power import NOTHING, PowerAssumptions, completed
from workbench.schema import NOT_STATED
from workbench.schema.planning_tables import COLLECTION

SECONDS_PER_HOUR = 3600.0


class _Group(NamedTuple):
    sums: SixSums
    hours: float


def collection(
    rows: pd.DataFrame, attribute: str, *, reference: str = REST, target: float | None = None
) -> pd.DataFrame:
    """Return COLLECTION of one cell: the groups, the one whose next speaker narrows the gaps most per hour first.

    Parameters
    ----------
    rows : SCORES of one model under one condition
    reference : of the gaps: a group, or ``rest``
    target : half-width that is enough (0.03 is three points): gaps that have it ask for nobody

    Raises
    ------
    ScoringError : no such attribute or reference; fewer than two groups with two speakers; a target that is not positive

    Source: the intervals of ``gaps``; greedy allocation as in ``adaptive.allocation`` (Neyman 1934).
    """
    return _ranked(_groups(rows, attribute), attribute, reference, target)


def collection_of_corpus(
    utterances: pd.DataFrame,
    attribute: str,
    *,
    reference: str = REST,
    target: float | None = None,
    assumed: PowerAssumptions = NOTHING,
) -> pd.DataFrame:
    """Return COLLECTION for a corpus that nobody has transcribed yet: speakers, words and hours from it, the rest assumed.

    Parameters
    ----------
    utterances : UTTERANCES; words are counted at white space
    reference, target : as :func:`collection`
    assumed : of all groups alike; not given otherwise a rate of 10 %, a cv of 0.5 and an overdispersion of 2. ``reason`` says so

    Raises
    ------
    ScoringError : as :func:`collection`

    Source: :func:`collection`, with the variance of ``power`` for every speaker.
    """
    given = completed(assumed)
    spoken = utterances.assign(status="ok", errors=0, ref_words=utterances["reference"].map(_words))
    groups = {
        name: group._replace(sums=_expected(group.sums, given)) for name, group in _groups(spoken, attribute).items()
    }
    frame = _ranked(groups, attribute, reference, target)
    assumption = f"assumed: a rate of {100 * given.rate:g} %, a cv of {given.cv:g}, an overdispersion of {given.overdispersion:g}"  # type: ignore[operator]
    return frame.assign(reason=[joined([reason, assumption]) for reason in frame["reason"]])


def _words(text: object) -> int:
    return len(str(text).split())


def _expected(sums: SixSums, assumed: PowerAssumptions) -> SixSums:
    """Return the sums that speakers of these words have on average, so that the variance of the group's rate is ``speaker_variance``.

    With E_s = W N_s + spread, the sum of the squared residuals of n speakers is (n - 1) / n of that of their spreads.
    """
    rate, cv, clump = assumed.rate or 0.0, assumed.cv or 0.0, assumed.overdispersion or 0.0
    n = sums.n_speakers
    spread = (cv * rate) ** 2 * sums.words_squared + clump * rate * sums.words
    return replace(
        sums,
        errors=rate * sums.words,
        errors_words=rate * sums.words_squared,
        errors_squared=rate**2 * sums.words_squared + (n - 1) / n * spread,
    )


def _ranked(groups: dict[str, _Group], attribute: str, reference: str, target: float | None) -> pd.DataFrame:
    """Return COLLECTION of groups with their sums."""
    if target is not None and not (math.isfinite(target) and target > 0):
        raise ScoringError(f"a half-width of {target!r} cannot be reached", remedy="0.03 means three points")
    if reference != REST and reference not in groups:
        raise ScoringError(f"no group {reference!r} in {attribute!r}", remedy=choices(reference, groups))
    estimable = {name: group for name, group in groups.items() if group.sums.n_speakers >= 2}
    if len(estimable) < 2:
        raise ScoringError(
            f"{len(estimable)} groups of {attribute!r} have two speakers: how far speakers differ is not known",
            remedy="record two speakers of each group first",
        )
    before = _widths({name: group.sums for name, group in estimable.items()}, reference)
    results = []
    for name, group in groups.items():
        row: dict[str, object] = {
            "attribute": attribute, "group": name, "reference_group": reference, "n_speakers": group.sums.n_speakers,
            "hours_per_speaker": group.hours, "half_width": before.get(name, math.nan),
        }  # fmt: skip
        if name not in estimable or name == NOT_STATED:
            why = (
                "nobody can be recorded as not stated"
                if name == NOT_STATED
                else "one speaker: record a second one first"
            )
            results.append(
                row | {"half_width_after": math.nan, "gain": math.nan, "gain_per_hour": math.nan, "reason": why}
            )
            continue
        more = {other: item.sums for other, item in estimable.items()} | {name: with_one_more(group.sums)}
        after = _widths(more, reference)
        open_gaps = [gap for gap in before if target is None or before[gap] > target]
        gain = sum(before[gap] - after[gap] for gap in open_gaps)
        met = target is not None and not open_gaps
        results.append(
            row
            | {
                "half_width_after": after.get(name, math.nan),
                "gain": gain,
                "gain_per_hour": gain / group.hours if group.hours > 0 else math.nan,
                "reason": joined(
                    [
                        "every gap has the half-width that was asked for" if met else "",
                        "" if group.hours > 0 else "no durations: ranked by speaker",
                    ]
                ),
            }
        )
    frame = typed(results, COLLECTION, [name for name in COLLECTION.column_names if name != "rank"])
    by = "gain_per_hour" if frame["gain_per_hour"].notna().any() else "gain"
    frame = frame.sort_values(by, ascending=False, na_position="last", kind="stable", ignore_index=True)
    ranks = pd.Series(range(1, len(frame) + 1), dtype="Int64").where(frame["gain"].notna())
    return frame.assign(rank=ranks)[COLLECTION.column_names]


def with_one_more(sums: SixSums) -> SixSums:
    """Return the sums with one more speaker who is as those of the group are on average."""
    share = (sums.n_speakers + 1) / sums.n_speakers
    return replace(
        sums,
        n_speakers=sums.n_speakers + 1,
        errors=sums.errors * share,
        words=sums.words * share,
        errors_squared=sums.errors_squared * share,
        errors_words=sums.errors_words * share,
        words_squared=sums.words_squared * share,
    )


def _widths(sums: dict[str, SixSums], reference: str) -> dict[str, float]:
    """Return the half-width of every gap, by group; of the reference group itself there is none."""
    widths = {}
    for name, own in sums.items():
        if name == reference:
            continue
        others = [item for other, item in sums.items() if other != name]
        other = sum(others, SixSums()) if reference == REST else sums[reference]
        interval = difference(own, other).interval
        widths[name] = (interval.high - interval.low) / 2.0
    return widths


def _groups(rows: pd.DataFrame, attribute: str) -> dict[str, _Group]:
    if attribute not in rows.columns:
        raise ScoringError(f"no attribute {attribute!r}", remedy=choices(attribute, map(str, rows.columns)))
    counted = rows[(rows["status"] == "ok") & (rows["ref_words"].fillna(0) > 0)]
    keys = speaker_columns(counted)
    counted = counted.assign(**{attribute: counted[attribute].astype("str").fillna(NOT_STATED)})
    refuse_speakers_in_two_groups(counted, attribute, keys)
    groups = {}
    for name, part in counted.groupby(attribute, sort=True):
        people = part.groupby(list(keys), sort=True)[["errors", "ref_words"]].sum()
        seconds = float(part["duration_s"].sum()) if "duration_s" in part.columns else 0.0
        sums = SixSums.of(people["errors"].tolist(), people["ref_words"].tolist())
        groups[str(name)] = _Group(sums, seconds / SECONDS_PER_HOUR / max(len(people), 1))
    return groups
