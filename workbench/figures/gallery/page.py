"""The page of the gallery: plain HTML, one file beside its sounds and pictures; light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from itertools import groupby

import numpy as np

from workbench.conditions import CATALOGUE, KINDS, Condition
from workbench.figures.fact_names import fact_name, fact_value
from workbench.figures.spectrogram import HIGHEST_DB, LOWEST_DB, colour_stops
from workbench.figures.wording import condition_label, quantity
from workbench.schema import FACTS

SEVERITY = {0: "clean", 1: "mild", 2: "typical", 3: "hard", 4: "extreme"}
SYNTHETIC = "The voice is synthetic: no person is heard here, and nothing follows from it about how people fare."
_BETWEEN_STEPS = (".active_level_db", ".activity_factor")  # of the speech before a later step of a chain: no news here
_ACRONYMS = {"mri": "MRI"}


@dataclass(frozen=True)
class Card:
    """One condition of the page: the files' stem and what was measured, or the ``problem`` why there is no sound."""

    condition: Condition
    stem: str = ""
    duration_s: float = 0.0
    highest_hz: float = 0.0
    facts: Mapping[str, float] = field(default_factory=dict)
    alt: str = ""
    problem: str = ""


def page(clean: Card, cards: Sequence[Card], *, clip: str, synthetic: bool, seed: int) -> str:
    """Return the HTML of the whole page; ``cards`` in the order of the catalogue, the severities of a condition together."""
    families = [(name, list(result)) for name, result in groupby(cards, key=lambda card: card.condition.family)]
    contents = "".join(_contents(name, result) for name, result in families)
    body = "".join(_family(name, result, clean) for name, result in families)
    lacking = sorted({card.condition.id for card in cards if card.problem})
    named = {item.partition("@")[0] for item in CATALOGUE}
    own = [kind.title.lower() for name, kind in KINDS.items() if name not in named and not kind.superseded_by]
    yours = f"<p>Made from recordings of yours, and so not here unless you name one: {escape(', '.join(own))}.</p>"
    lacks = f"<p>Not to be heard here, for the reasons below: {escape(', '.join(lacking))}.</p>" if lacking else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>Gallery of acoustic conditions</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#conditions">Skip to the conditions</a>\n<header>\n<h1>Gallery of acoustic conditions</h1>\n'
        f"<p>{_counted(cards)}, each applied to the same clip: {escape(clip)}, {clean.duration_s:.1f} s, seed {seed}. "
        f"{SYNTHETIC if synthetic else ''}</p>\n<p>Each picture is a spectrogram: time from left to right, frequency from "
        "bottom to top, brightness is level. All share one scale; the clean recording stands first in each row. "
        "<em>Set</em> is what the condition asks for, <em>measured</em> is what came out.</p>\n"
        f"{_scale()}{yours}{lacks}{_glossary([clean, *cards])}</header>\n"
        f'<nav aria-label="Conditions"><h2>Contents</h2><dl>{contents}</dl></nav>\n'
        f'<main id="conditions">\n{body}</main>\n</body>\n</html>\n'
    )


def _style() -> str:
    return files("workbench.figures.gallery").joinpath("page.css").read_text(encoding="utf-8")


def _counted(cards: Sequence[Card]) -> str:
    n = len({card.condition.id if card.condition.severity else card.condition.condition_id for card in cards})
    return f"{n} {'condition' if n == 1 else 'conditions'}"


def _scale() -> str:
    middle = (LOWEST_DB + HIGHEST_DB) / 2
    ends = "".join(f"<span>{quantity(db, 'dB')}</span>" for db in (LOWEST_DB, middle, HIGHEST_DB))
    return (
        f'<div class="scale" role="img" aria-label="Colour scale from {LOWEST_DB:g} dB (dark) to {HIGHEST_DB:g} dB (bright), '
        'relative to a sine at full scale">'
        f'<div class="bar" style="background:linear-gradient(to right,{",".join(colour_stops())})"></div>'
        f'<div class="ends" aria-hidden="true">{ends}</div><small aria-hidden="true">relative to a sine at full scale</small>'
        "</div>\n"
    )


def _glossary(cards: Sequence[Card]) -> str:
    """Return what the facts on this page mean, folded away."""
    shown = {name.rpartition(".")[2] for card in cards for name in card.facts}
    rows = "".join(
        f"<div><dt>{escape(fact_name(column.name))}</dt><dd>{escape(column.meaning)}</dd></div>"
        for column in FACTS.columns
        if column.name in shown
    )
    return f'<details><summary>What the measured facts mean</summary><dl class="glossary">{rows}</dl></details>\n'


def _contents(family: str, cards: Sequence[Card]) -> str:
    links = "".join(
        f'<dd><a href="#{escape(name)}">{escape(next(result).condition.title)}</a></dd>'
        for name, result in groupby(cards, key=_section)
    )
    return f"<div><dt>{escape(_title(family))}</dt>{links}</div>"


def _title(family: str) -> str:
    return _ACRONYMS.get(family, family[:1].upper() + family[1:].replace("_", " "))


def _section(card: Card) -> str:
    return card.condition.condition_id.partition("@")[0].partition("?")[0]


def _family(family: str, cards: Sequence[Card], clean: Card) -> str:
    sections = "".join(_condition(name, list(result), clean) for name, result in groupby(cards, key=_section))
    return f"<h2>{escape(_title(family))}</h2>\n{sections}"


def _condition(name: str, cards: Sequence[Card], clean: Card) -> str:
    first = cards[0].condition
    reasons = {card.problem for card in cards}
    head = (
        f'<section id="{escape(name)}" aria-labelledby="{escape(name)}-title">\n'
        f'<h3 id="{escape(name)}-title">{escape(first.title)} <code>{escape(name)}</code></h3>\n'
        f'<p>{escape(first.hears)}</p>\n<p class="source">Source: {escape(first.source)}.</p>\n'
    )
    if len(reasons) == 1 and "" not in reasons:
        return f'{head}<p class="missing"><strong>Not available.</strong> {escape(reasons.pop())}.</p></section>\n'
    longest_s = max(card.duration_s for card in (clean, *cards))
    shown = "".join(_card(card, clean.facts, longest_s) for card in (clean, *cards))
    return f'{head}<div class="row">\n{shown}</div></section>\n'


def _card(card: Card, known: Mapping[str, float], longest_s: float) -> str:
    condition = card.condition
    title = SEVERITY[condition.severity] if condition.severity is not None else "as given"
    if condition.level_unit:
        title += f", {quantity(condition.level, condition.level_unit)}"
    name = f" <code>{escape(condition.condition_id)}</code>" if condition.severity != 0 else ""
    head = f"<article><h4>{escape(title[:1].upper() + title[1:])}{name}</h4>"
    if card.problem:
        return f'{head}<p class="missing"><strong>Not available.</strong> {escape(card.problem)}.</p></article>\n'
    measured = {
        fact_name(name): fact_value(name, value)
        for name, value in card.facts.items()
        if condition.severity == 0 or (known.get(name) != value and not name.endswith(_BETWEEN_STEPS))
    }
    given = {fact_name(name): quantity(value, condition.units[name]) for name, value in condition.parameters.items()}
    return (
        f"{head}{_picture(card, longest_s)}"
        f'<audio controls preload="none" src="sounds/{card.stem}.flac" aria-label="{escape(condition.condition_id)}, '
        f'{card.duration_s:.1f} seconds"></audio>'
        f"{_facts('Set', given)}{_steps(condition)}{_facts('Measured', measured)}</article>\n"
    )


def _steps(condition: Condition) -> str:
    """Return what a chain does, in order; empty for a single condition."""
    if len(condition.steps) < 2:
        return ""
    rows = "".join(f"<li>{escape(condition_label(step.condition_id))}</li>" for step in condition.steps)
    return f'<h5>Steps</h5><ol class="steps">{rows}</ol>'


def _picture(card: Card, longest_s: float) -> str:
    """Return the picture with its axes, whose ticks are text: they follow the page's colours and its text size.

    The time axis is ``longest_s`` long, the same in a whole row: slower speech is seen to be longer.
    """
    highest = card.highest_hz / 1000.0
    up = "".join(_tick("bottom", value / highest, f"{value:g}") for value in _ticks(highest, 4))
    seconds = _ticks(longest_s, 5)
    along = "".join(
        _tick("left", value / longest_s, f"{value:g}{' s' if value == seconds[-1] else ''}") for value in seconds
    )
    return (
        f'<figure><span class="unit" aria-hidden="true">kHz</span><div class="up" aria-hidden="true">{up}</div>'
        f'<img loading="lazy" style="width:{100 * card.duration_s / longest_s:.2f}%" src="pictures/{card.stem}.png" alt="Spectrogram of {escape(card.condition.condition_id)}: '
        f'{escape(card.alt)}"><div class="along" aria-hidden="true">{along}</div></figure>'
    )


def _ticks(last: float, about: int) -> list[float]:
    """Return round numbers from 0 to ``last``, at most ``about`` steps."""
    step = next(
        step * 10.0**power for power in range(-3, 5) for step in (1.0, 2.0, 5.0) if last / (step * 10.0**power) <= about
    )
    return [float(value) for value in np.round(np.arange(0.0, last + 1e-9, step), 6)]


def _tick(side: str, share: float, text: str) -> str:
    return f'<span style="{side}:{100 * share:.2f}%">{text}</span>'


def _facts(heading: str, values: Mapping[str, str]) -> str:
    if not values:
        return ""
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in values.items())
    return f'<h5>{heading}</h5><dl class="facts">{rows}</dl>'
