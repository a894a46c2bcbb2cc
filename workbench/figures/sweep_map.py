"""The map of a sweep of two parameters: how much a gap changes at each frequency and repetition rate of a sound, say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations
from math import ceil
from typing import Any

import pandas as pd

from workbench.conditions import parse_condition
from workbench.errors import ConditionError, ScoringError, choices
from workbench.fairness.group_gaps.gaps import REST
from workbench.figures.board import FULL
from workbench.figures.gap_change_map import NOTHING_NOTE, SIGN_NOTE, ChangeBoard, change_cell
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import listed, select_changes
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, model_label

CONFIRMED_NOTE = "✓ confirmed on speakers who were not searched on."


def sweep_map(
    changes: pd.DataFrame,
    attribute: str,
    *,
    group: str,
    model_id: str,
    condition: str,
    across: str,
    down: str,
    confirmed: Collection[str] = (),
    caveat: str = "",
) -> Picture:
    """Return the heat map of one group's gap change over a sweep of two parameters of one condition.

    Parameters
    ----------
    changes : GAP_CHANGES of a run over the sweep
    condition : whose parameters they are, as ``equip_pulse``; other conditions of the run are not in the map
    across, down : the parameters, values rising to the right and downwards
    confirmed : condition ids that other speakers confirmed; marked
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no such group; fewer than two values of a parameter; several conditions for one cell
    """
    rows = select_changes(changes, attribute, model_id)
    groups = sorted(rows["group"].unique())
    if group not in groups:
        raise ScoringError(f"no group {group!r} in {attribute!r}", remedy=choices(group, groups))
    rows = rows[rows["group"] == group]
    places = {
        str(row.condition_id): place
        for row in rows.itertuples()
        if (place := _place(str(row.condition_id), condition, across, down))
    }
    columns, lines = (sorted({place[axis] for place in places.values()}) for axis in (0, 1))
    if min(len(columns), len(lines)) < 2:
        raise ScoringError(
            f"{len(columns)} values of {across} and {len(lines)} of {down} are no map",
            place=condition,
            remedy=f"sweep both, for example {condition}?{across}=200..3200/5/log&{down}=0.5..8/5/log",
        )
    if len(set(places.values())) < len(places):
        twice = [name for name, place in places.items() if list(places.values()).count(place) > 1]
        raise ScoringError(
            f"several conditions in one cell: {', '.join(twice[:4])}", remedy="keep all other parameters equal"
        )
    units = {name: _unit(next(iter(places)), name) for name in (across, down)}
    by_place: dict[tuple[float, float], Any] = {
        places[str(row.condition_id)]: row for row in rows.itertuples() if str(row.condition_id) in places
    }
    cells = []
    for y, line in enumerate(lines):
        for x, column in enumerate(columns):
            row = by_place.get((column, line))
            where = (f"{down} {line:g} {units[down]}".strip(), f"{across} {column:g} {units[across]}".strip())
            cell = change_cell(row, x, y, *where)
            if row is not None and str(row.condition_id) in confirmed:
                cell = replace(cell, value=f"✓ {cell.value}", hover=f"{cell.hover}, confirmed on other speakers")
            cells.append(cell)
    most = max((abs(cell.rate) for cell in cells if cell.rate is not None and cell.mark != FULL), default=0.0)
    references = [str(name) for name in rows["reference_group"].unique()]
    title = f"What {condition} adds to the gap of {group} to {'the rest' if references == [REST] else references[0]}"
    notes = [SIGN_NOTE if any(cell.outlined for cell in cells) else NOTHING_NOTE]
    notes += [CONFIRMED_NOTE] if any(cell.value.startswith("✓") for cell in cells) else []
    notes.append(f"Across: {across}; downwards: {down}.")
    head = f"Heat map. {title}, {model_label(model_id)}. {down} in rows, {across} in columns."
    alt = " ".join([head, f"{listed([cell.hover for cell in cells])}.", *notes, caveat])
    board = ChangeBoard(
        title=title,
        subtitle=model_id,
        alt=clean_text(alt),
        groups=tuple(f"{line:g} {units[down]}".strip() for line in lines),
        conditions=tuple(f"{column:g} {units[across]}".strip() for column in columns),
        condition_ids=tuple(f"{across}={column:g}" for column in columns),
        cells=tuple(cells),
        top=max(4, ceil(most * 50) * 2) / 100,
        clipped=False,
        note=" ".join(notes),
        caveat=caveat,
    )
    return picture_of(board, rows[rows["condition_id"].isin(list(places))].reset_index(drop=True))


def sweeps_of(condition_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Return the maps that conditions make: by condition, the pairs of parameters whose values, crossed, give each of them its own cell.

    At least half of the cells are filled; severities, which raise several parameters at once, are a line and no map.

    >>> sweeps_of([f"equip_pulse?frequency_hz={f}&rate_hz={r}" for f in (300, 900) for r in (1, 4)])
    {'equip_pulse': [('frequency_hz', 'rate_hz')]}
    """
    values: dict[str, list[dict[str, float]]] = {}
    for name in condition_ids:
        try:
            made = parse_condition(name)
        except ConditionError:  # imported transcripts may name conditions of their own
            continue
        values.setdefault(made.id, []).append(
            {key: one for key, one in made.parameters.items() if not isinstance(one, str)}
        )
    maps: dict[str, list[tuple[str, str]]] = {}
    for kind, points in values.items():
        varied = [name for name in points[0] if len({point[name] for point in points}) > 1]
        pairs = [
            pair for pair in combinations(varied, 2) if _is_map([(point[pair[0]], point[pair[1]]) for point in points])
        ]
        if pairs:
            maps[kind] = pairs
    return maps


def _is_map(places: Sequence[tuple[float, float]]) -> bool:
    sizes = [len({place[axis] for place in places}) for axis in (0, 1)]
    return len(set(places)) == len(places) and max(sizes) < len(places) and 2 * len(places) >= sizes[0] * sizes[1]


def _place(condition_id: str, condition: str, across: str, down: str) -> tuple[float, float] | None:
    """Return where a condition stands in the map; None if it is another one."""
    try:
        made = parse_condition(condition_id)
    except ConditionError:  # imported transcripts may name conditions of their own
        return None
    values = made.parameters
    if made.id != condition:
        return None
    absent = [name for name in (across, down) if name not in values]
    if absent:
        raise ScoringError(f"{condition} has no parameter {absent[0]!r}", remedy=choices(absent[0], values))
    return float(values[across]), float(values[down])


def _unit(condition_id: str, name: str) -> str:
    return str(parse_condition(condition_id).units[name])
