"""Events per exposure, by group: the same speaker-clustered interval for anything that can be counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.fairness.counts.cells import CELL, SixSums, group_columns, speaker_columns
from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.inference.intervals import Interval, shown_interval
from workbench.schema import EVENT_RATES, NOT_STATED

FEW_SPEAKERS = 5
"""Below this the figures describe these speakers, not their group."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is counted in each row of SCORES: events out of exposure, both whole numbers; rows without exposure are out.

    ``scale`` turns exposure into its unit: milliseconds into minutes with 1/60,000. ``share``: an event is one of the
    things exposed, so that the rate lies between 0 and 1.
    """

    name: str
    events: NDArray[np.int64]
    exposure: NDArray[np.int64]
    unit: str
    scale: float = 1.0
    share: bool = True


def event_rates(scores: pd.DataFrame, by: Sequence[str], events: Sequence[Event]) -> pd.DataFrame:
    """Return EVENT_RATES: for every model x condition x ``by`` x event, events per exposure with a 95 % interval.

    The interval is that of a rate of errors per word (``fairness.inference.intervals``), speakers being the independent units; that
    of a share above one half is the mirrored one of what is left, so that 0 and 1 are treated alike. A group in which an
    event has no exposure has no row for it.

    Raises
    ------
    ScoringError : no such column
    """
    named = group_columns(scores, by)
    keys = [*CELL, *named]
    speaker = [name for name in speaker_columns(scores) if name not in named]
    labels = pd.DataFrame({name: scores[name].astype("str").fillna(NOT_STATED).array for name in [*keys, *speaker]})
    rows: list[dict[str, object]] = []
    for event in events:
        frame = labels.assign(events=event.events, exposure=event.exposure, n_utterances=1)
        frame = frame[frame["exposure"] > 0]
        people = frame.groupby([*keys, *speaker], sort=True)[["events", "exposure", "n_utterances"]].sum().reset_index()
        for key, cell in people.groupby(keys, sort=True):
            rows.append({**dict(zip(keys, key, strict=True)), **_row(cell, event)})
    order = [*keys, *[name for name in EVENT_RATES.column_names if name not in keys]]
    return typed(rows, EVENT_RATES, order)


def _row(cell: pd.DataFrame, event: Event) -> Mapping[str, object]:
    sums = SixSums.of(cell["events"].tolist(), cell["exposure"].tolist())
    interval = _share_interval(cell) if event.share else shown_interval(sums)
    few = sums.n_speakers < FEW_SPEAKERS
    return {
        "event": event.name,
        "n_speakers": sums.n_speakers,
        "n_utterances": int(cell["n_utterances"].sum()),
        "events": sums.errors,
        "exposure": sums.words * event.scale,
        "exposure_unit": event.unit,
        "rate": sums.rate / event.scale,
        "ci_low": interval.low / event.scale,
        "ci_high": interval.high / event.scale,
        "reason": joined(
            [
                "1 speaker: no interval" if sums.n_speakers == 1 else "",
                f"{sums.n_speakers} speakers, fewer than {FEW_SPEAKERS}" if few and sums.n_speakers > 1 else "",
            ]
        ),
    }


def _share_interval(cell: pd.DataFrame) -> Interval:
    exposure, events = cell["exposure"], cell["events"]
    if 2 * events.sum() <= exposure.sum():
        result = shown_interval(SixSums.of(events.tolist(), exposure.tolist()))
        return Interval(result.low, min(result.high, 1.0) if result.known else result.high)
    left = shown_interval(SixSums.of((exposure - events).tolist(), exposure.tolist()))
    return Interval(max(1 - left.high, 0.0), 1 - left.low) if left.known else left
