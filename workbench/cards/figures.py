"""Which figures a card shows, and each as a picture drawn from the card's own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.cards.front_page import on_front
from workbench.cards.model import Card
from workbench.cards.rows import (
    BalanceRow,
    BandRow,
    ChangeRow,
    DoseRow,
    EventRow,
    KindRow,
    SpeakersRow,
    by_fields,
    frame_of,
)
from workbench.cards.word_tables import few_figures
from workbench.figures import (
    Picture,
    covariate_differences,
    degradation_dumbbells,
    dose_curves,
    error_kinds,
    gap_change_heatmap,
    gap_intervals,
    invented_rates,
    normaliser_gaps,
    rate_heatmap,
    rate_intervals,
    speaker_spread,
)

ENOUGH_DOSES = 3
"""A curve over fewer, clean among them, says no more than the dumbbells do."""
N_KINDS = 3
"""Words replaced, missed and invented: points in the row of a group."""


PRINTED = ("gaps", "changes")
"""The figures that the PDF prints as well; the web page has all."""


def printed(card: Card, name: str) -> bool:
    """Return whether the PDF prints a figure of this name: a board only where page 1 does not have it."""
    return name in PRINTED or (name == "board" and not on_front(card))


def pictures(card: Card, model_id: str, attribute: str) -> dict[str, Picture]:
    """Return the figures of the rates and gaps of one model and attribute, by name."""
    rates, gaps = card.rates_frame(attribute), card.gaps_frame()
    if not (rates["model_id"] == model_id).any():
        return {}
    caveat = card.caveat
    made = {
        "board": rate_heatmap(rates, attribute, model_id=model_id, caveat=caveat),
        "rates": rate_intervals(rates, attribute, model_id=model_id, caveat=caveat),
    }
    compared = gaps[(gaps["attribute"] == attribute) & (gaps["model_id"] == model_id)]
    if compared["difference"].notna().any():
        margin = card.method.margin
        made["gaps"] = gap_intervals(gaps, attribute, model_id=model_id, margin=margin, caveat=caveat)
    return made


def further(card: Card, model_id: str, attribute: str) -> dict[str, Picture]:
    """Return the figures of the parts that the card has beyond rates and gaps, by name; none where there would be too many."""
    if few_figures(card):
        return {}
    caveat, of = card.caveat, {"model_id": model_id, "attribute": attribute}
    made: dict[str, Picture] = {}
    if changes := by_fields(card.changes, **of):
        frame = frame_of(changes, ChangeRow)
        made["degradation"] = degradation_dumbbells(
            card.rates_frame(attribute), attribute, model_id=model_id, caveat=caveat
        )
        if frame["change"].notna().any():
            made["changes"] = gap_change_heatmap(frame, attribute, model_id=model_id, caveat=caveat)
    curves = [row for row in by_fields(card.doses, **of) if _n_doses(card, row) >= ENOUGH_DOSES]
    if curves:
        made["doses"] = dose_curves(
            frame_of(curves, DoseRow), attribute, model_id=model_id, unit=card.unit, caveat=caveat
        )
    if people := by_fields(card.speakers, **of):
        made["speakers"] = speaker_spread(
            frame_of(people, SpeakersRow), attribute, model_id=model_id, unit=card.unit, caveat=caveat
        )
    if kinds := by_fields(card.kinds, **of):
        frame = frame_of(kinds, KindRow).rename(columns={"attribute": "by", "group": attribute})
        shown = _fitting(card, kinds, N_KINDS)
        picture = error_kinds(frame, attribute, model_id=model_id, conditions=shown, unit=card.unit, caveat=caveat)
        made["kinds"] = _partly(picture, shown, kinds)
    if band := by_fields(card.band, **of):
        under = {str(name): frame for name, frame in frame_of(band, BandRow).groupby("normaliser", sort=False)}
        shown = _fitting(card, band, len(under))
        picture = normaliser_gaps(
            under, attribute, model_id=model_id, conditions=shown, margin=card.method.margin, caveat=caveat
        )
        made["band"] = _partly(picture, shown, band)
    events = by_fields(card.events, **of)
    if any(row.events for row in events):
        made["events"] = invented_rates(frame_of(events, EventRow), attribute, model_id=model_id, caveat=caveat)
    return made


def _fitting(card: Card, rows: Sequence[KindRow | BandRow], lanes: int) -> list[str]:
    """Return as many of the conditions of ``rows`` as a page holds with so many points in the row of a group, clean first."""
    there = {row.condition_id for row in rows}
    tall = len({row.group for row in rows}) * (0.07 * lanes + 0.06) + 0.45
    return [condition.condition_id for condition in card.conditions if condition.condition_id in there][
        : 3 * max(1, int(8 / tall))
    ]


def _partly(picture: Picture, shown: Sequence[str], rows: Sequence[KindRow | BandRow]) -> Picture:
    """Say in the title of a picture that it shows some of the conditions only."""
    every = len({row.condition_id for row in rows})
    if len(shown) == every:
        return picture
    return replace(picture, title=f"{picture.title}; {len(shown)} of {every} conditions, card.json has all")


def _n_doses(card: Card, row: DoseRow) -> int:
    same = by_fields(card.doses, model_id=row.model_id, series=row.series, over=row.over, attribute=row.attribute)
    return len({item.dose for item in same})


def material(card: Card, attribute: str) -> list[Picture]:
    """Return the figure of what else differs between the groups; none without such rows."""
    rows = [row for row in by_fields(card.balance, attribute=attribute) if row.smd is not None]
    return [covariate_differences(frame_of(rows, BalanceRow), attribute, caveat=card.caveat)] if rows else []
