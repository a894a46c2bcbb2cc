"""The headline of a run: which group is served worst, where, by how much and how sure that is; then the best; then what is needed.

Who is called worst and best: ``figures.standings``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.fairness.group_gaps.corpus_overlap import ACROSS
from workbench.fairness.group_gaps.gaps import REST
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS, IN_SHORT, SATURATED
from workbench.figures.metric_rows import rate_in_words
from workbench.figures.plot_rows import (
    interval_words,
    listed,
    select_gaps,
    select_rates,
    verdict_doubt,
)
from workbench.figures.standings import (
    FIRM,
    NOT_COMPUTED,
    NOT_SHOWN,
    SATURATED_HERE,
    TENTATIVE,
    WITHIN,
    Standing,
    pooled_rates,
    standing_of,
    standings_of,
    worst_served,
)
from workbench.figures.wording import (
    NBSP,
    counted,
    decimals,
    number,
    percent,
    points_interval,
    speakers,
)

MOST = 3
"""Groups that are named one by one."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What one model does to the groups of one attribute, in sentences that can be quoted, and the numbers in them.

    Attributes
    ----------
    certainty : how sure the gap of the worst-served group is, one of ``CERTAINTIES``
    title : the answer in one sentence
    worst, best : the worst- and the best-served group, both in the condition in which the worst is furthest behind; None where fewer
        than two groups can be ranked
    worst_words, best_words, needed_words : sentences on them, and on what more would be needed; empty where there is nothing to say
    remarks : what else must be known: groups that look worse on fewer speakers, comparisons across corpora
    counts : how many comparisons came out how
    caveat : what has to be said wherever this is quoted (synthetic voices); may be empty
    """

    certainty: str
    title: str
    worst: Standing | None
    best: Standing | None
    worst_words: str
    best_words: str
    needed_words: str
    remarks: tuple[str, ...]
    counts: str
    caveat: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in the order in which it is read: title, worst, best, what is needed, remarks, counts, caveat."""
        parts = (
            self.title,
            self.worst_words,
            self.best_words,
            self.needed_words,
            *self.remarks,
            self.counts,
            self.caveat,
        )
        return tuple(filter(None, parts))


def headline(
    gaps: pd.DataFrame,
    rates: pd.DataFrame,
    attribute: str,
    *,
    model_id: str,
    labels: Mapping[str, str] | None = None,
    caveat: str = "",
) -> Headline:
    """Return the headline of one model and attribute.

    Parameters
    ----------
    gaps : GAPS of ``attribute``, all conditions, against the rest or a group
    rates : RATES with the column ``attribute``, the same conditions
    labels : what groups are called, by their name in the corpus; a group that is not in it is called by its name
    caveat : what has to be said wherever the headline is quoted

    Raises
    ------
    ScoringError : no such attribute or model

    >>> # headline(results.table("gaps"), results.table("rates"), "accent", model_id=results.models[0].model_id).title
    """
    rate = rate_in_words(rates).lower()
    rows, cells = select_gaps(gaps, attribute, model_id), select_rates(rates, attribute, model_id)
    extra = gaps[(gaps["model_id"] == model_id) & (gaps["attribute"] == attribute)]
    rows = rows.merge(extra[["group", "condition_id", "ratio", "ratio_low", "ratio_high", "more_speakers"]], how="left")
    label: Callable[[str], str] = lambda group: (labels or {}).get(group, group)  # noqa: E731 - one expression
    reference = str(rows["reference_group"].iloc[0]) if len(rows) else REST
    others = "the other groups" if reference == REST else label(reference)
    standings = standings_of(rows, cells)
    pooled, n_pooled = pooled_rates(cells, {item.group for item in standings if item.n_speakers > 1})
    across, counts = _across(rows), _counts(rows, attribute, others)
    if len(pooled) < 2:
        title = f"The groups of {attribute} cannot be compared: fewer than two have more than one speaker and a {rate}."
        return Headline(NOT_COMPUTED, title, None, None, "", "", "", across, counts, caveat)
    worst = worst_served(standings, pooled)
    best = standing_of(standings, next(group for group in pooled if group != worst.group), worst.condition_id)
    higher = [group for group in reversed(pooled) if pooled[group] > pooled[worst.group]]
    no_room = _all_fail(worst, rows)
    n_conditions = cells["condition_id"].nunique()
    over = (
        f" over the {counted(n_pooled, 'condition')} that every group was heard in" if n_pooled < n_conditions else ""
    )
    over = over or (" over all conditions" if n_conditions > 1 else "")
    return Headline(
        certainty=worst.certainty,
        title=_title(worst, rows, others, rate, label),
        worst=worst,
        best=best,
        worst_words="" if no_room else _worst_words(worst, standings, others, rate, label),
        best_words="" if no_room or best is None else _best_words(best, others, over, rate, label),
        needed_words=_needed(worst, rows, others, label),
        remarks=(*_passed_over(higher, standings, rate, label), *across),
        counts=counts,
        caveat=caveat,
    )


# -- the sentences ----------------------------------------------------------------------------------------------------


def _title(worst: Standing, rows: pd.DataFrame, others: str, rate: str, label: Callable[[str], str]) -> str:
    name = label(worst.group)
    verdicts = set(rows["verdict"])
    if verdicts == {"EQUIVALENT"} and not any(map(verdict_doubt, rows.itertuples())):
        return "Every group is within the margin that the study declared: none is served worse by more than that."
    if _all_fail(worst, rows):
        return f"The groups cannot be compared: {SATURATED}."
    highest = f"{name} has the highest {rate}"
    if worst.certainty == FIRM:
        return f"{name} is served worse than {others}, and the gap is firm."
    return {
        TENTATIVE: f"{highest}; its gap is tentative.",
        WITHIN: f"{highest}, but the gap is within the margin that the study declared.",
        SATURATED_HERE: f"{highest}, but {SATURATED}.",
        NOT_SHOWN: f"{highest}, but the difference may be chance.",
    }.get(worst.certainty, f"{highest}, but it cannot be tested.")


def _all_fail(worst: Standing, rows: pd.DataFrame) -> bool:
    """Return whether so few words are right that nothing can be said of any group."""
    return worst.certainty == SATURATED_HERE and set(rows["verdict"]) <= {"SATURATED", "NOT COMPUTED"}


def _worst_words(
    worst: Standing, standings: Sequence[Standing], others: str, rate: str, label: Callable[[str], str]
) -> str:
    own = [item for item in standings if item.group == worst.group]
    where = f"In {worst.condition}"
    if len(own) > 1 and worst.difference:
        largest = worst.difference >= max(item.difference or 0.0 for item in own)
        where += ", where its gap is largest," if largest else f", where its largest {worst.certainty} gap is,"
    size = _size(worst, others)
    text = f"{where} the {rate} of {label(worst.group)} is {_rate(worst)}{': ' + size if size else ''}."
    if worst.difference is None:
        return f"{text} It is the group that the others are compared with."
    sides = f"{speakers(worst.n_speakers)} were compared with {worst.n_speakers_reference:,}"
    if worst.n_speakers == 1:
        sides = sides.replace("were", "was")
    n_firm = sum(item.certainty == FIRM and (item.difference or 0) > 0 for item in own)
    return f"{text} {_sureness(worst, sides, n_firm, len(own))}"


def _sureness(worst: Standing, sides: str, n_firm: int, n_conditions: int) -> str:
    few = f"fewer than {ENOUGH_SPEAKERS} speakers describe themselves, not their group"
    if worst.certainty == FIRM:
        in_others = (
            f" It has a firm gap in {n_firm} of {counted(n_conditions, 'condition')}." if n_conditions > 1 else ""
        )
        return f"This gap is firm: {sides}, and it holds over all groups, conditions and models together.{in_others}"
    if worst.certainty == TENTATIVE:
        is_few = worst.doubt.startswith("fewer")
        subject = "This gap" if worst.verdict == "GAP" else "Equality within the margin"
        return f"{subject} is tentative: {sides}, and {few if is_few else 'it ' + worst.doubt}."
    return {
        WITHIN: f"The gap lies within the margin with 95 % confidence: {sides}.",
        SATURATED_HERE: f"{SATURATED.capitalize()}: {sides}.",
        NOT_SHOWN: f"With these speakers, it may be chance: {sides}.",
    }.get(worst.certainty, f"No interval can be given: {sides}.")


def _rate(item: Standing) -> str:
    interval = interval_words(item.rate_low, item.rate_high)
    return f"{percent(item.rate, item.rate_low, item.rate_high)} ({interval})"


def _size(item: Standing, others: str) -> str:
    """Return ``24 points above the other groups (95 % interval +12 to +36 points), 1.9 times their rate (1.4 to 2.6)``."""
    if item.difference is None:
        return ""
    low, high = item.difference_low, item.difference_high
    size = number(abs(item.difference), decimals(low, high))
    way = "above" if item.difference >= 0 else "below"
    text = f"{size}{NBSP}{'point' if size == '1' else 'points'} {way} {others} ({interval_words(low, high, points_interval)})"
    if item.ratio is None or item.ratio == float("inf"):
        return text
    ends = (item.ratio_low, item.ratio_high)
    between = "" if None in ends else f" ({' to '.join(_times(end or 0.0) for end in ends)})"
    return f"{text}, {_times(item.ratio)} times their rate{between}"


def _times(ratio: float) -> str:
    """Return a ratio with two digits: ``2.6``, ``0.47``, ``12``."""
    return f"{ratio:.{2 if ratio < 0.995 else 1 if ratio < 9.95 else 0}f}"


def _best_words(best: Standing, others: str, over: str, rate: str, label: Callable[[str], str]) -> str:
    text = f"{label(best.group)} has the lowest {rate}{over}; in {best.condition} it is {_rate(best)}"
    if best.difference is None:
        return f"{text}, on {speakers(best.n_speakers)}."
    sure = {FIRM: "firm", TENTATIVE: "tentative", WITHIN: "within the margin"}.get(
        best.certainty, "not statistically significant"
    )
    return f"{text}: {_size(best, others)}. This gap is {sure}, on {speakers(best.n_speakers)}."


def _needed(worst: Standing, rows: pd.DataFrame, others: str, label: Callable[[str], str]) -> str:
    """Return what would make the headline firmer, and what would settle the comparisons that are open."""
    parts = []
    sides = ((worst.n_speakers, label(worst.group)), (worst.n_speakers_reference, others))
    short = [(ENOUGH_SPEAKERS - n, side) for n, side in sides if 0 < n < ENOUGH_SPEAKERS]
    if worst.difference is not None and worst.certainty not in (FIRM, WITHIN):
        if short and worst.certainty != SATURATED_HERE:
            missing = listed([f"{counted(n, 'more speaker')} of {side}" for n, side in short])
            parts.append(f"A firm answer needs at least {missing}.")
        if worst.certainty == SATURATED_HERE:
            parts.append("Use a recogniser that fits this speech, then compare again.")
        elif worst.more_speakers:
            parts.append(
                f"About {worst.more_speakers:,} more speakers on each side would settle it with 80{NBSP}% power, if the gap is as seen."
            )
        elif worst.verdict == "GAP" and not short:
            parts.append("To settle it, test this one comparison on new speakers.")
    open_rows = rows[rows["verdict"] == "INCONCLUSIVE"]
    known = open_rows["more_speakers"].dropna()
    if len(open_rows):
        alone = len(open_rows) == 1
        text = f"{len(open_rows):,} of {counted(len(rows), 'comparison')} {'is' if alone else 'are'} inconclusive"
        if 2 * len(known) >= len(open_rows):  # those whose number is not known need the most
            half = int(sorted(known)[(len(open_rows) + 1) // 2 - 1])
            text += (
                f"; about {counted(half, 'more speaker')} on each side would settle {'it' if alone else 'half of them'}"
            )
        parts.append(text + ".")
    return " ".join(parts)


def _passed_over(
    groups: Sequence[str], standings: Sequence[Standing], rate: str, label: Callable[[str], str]
) -> tuple[str, ...]:
    """Return a sentence on groups that look worse than the one that is named, but whose gap is not firm or who are one speaker."""
    if not groups:
        return ()
    n = {item.group: item.n_speakers for item in standings}
    named = [f"{label(group)} ({speakers(n[group])})" for group in groups[:MOST]]
    more = f" and {len(groups) - MOST} more" if len(groups) > MOST else ""
    have = "has" if len(groups) == 1 else "have"
    return (f"{listed(named)}{more} {have} a higher {rate} still, but no firm gap.",)


def _across(rows: pd.DataFrame) -> tuple[str, ...]:
    across = sum(ACROSS in str(reason) for reason in rows["reason"])
    if not across:
        return ()
    return (
        f"{across} of {counted(len(rows), 'comparison')} {'is' if across == 1 else 'are'} between corpora: recordings and texts differ too, and a gap may be due to those.",
    )


def _counts(rows: pd.DataFrame, attribute: str, others: str) -> str:
    """Return how many comparisons came out how: ``10 groups of accent x 5 conditions, each compared with the other groups: 15 GAP (...)``."""
    if rows.empty:
        return ""
    verdicts = rows["verdict"].value_counts()
    firm = sum(
        verdict == "GAP" and not why
        for verdict, why in ((row.verdict, verdict_doubt(row)) for row in rows.itertuples())
    )
    parts = []
    for name, meaning in IN_SHORT.items():
        if n := int(verdicts.get(name, 0)):
            how_firm = f"; {firm:,} firm" if name == "GAP" else ""
            parts.append(f"{n:,} {name} ({meaning}{how_firm})")
    groups, conditions = rows["group"].nunique(), rows["condition_id"].nunique()
    over = f"{counted(groups, 'group')} of {attribute} in {counted(conditions, 'condition')}"
    return f"{counted(len(rows), 'comparison')} ({over}, each with {others}): {', '.join(parts)}."
