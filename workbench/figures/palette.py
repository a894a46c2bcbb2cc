"""Colours that people with a colour vision deficiency can tell apart, on white and on black.

Groups take the Okabe-Ito colours (Okabe and Ito, *Color Universal Design*, 2008) in a fixed order, with two changes so
that each is visible on a light and on a dark page: black becomes a mid grey and yellow is darkened. From the ninth
group on the colours come again with another marker. Colour is never the only sign: every group also has its own row.

Where every row has its name beside it, colour is kept for the verdict: worse, better, within the margin; all else is grey.

Rates take the middle of magma (van der Walt and Smith, matplotlib 1.5, 2015), light for few errors, dark for many: even to the eye, also for
people with a colour vision deficiency, and of several hues, so that 25 % and 45 % are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.schema import NOT_STATED

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#A89B1F", "#6E6E6E")
NOT_STATED_COLOUR = "#9A9A9A"
FADED = "#9E9E9E"
"""What a ceiling has made incomparable: seen, but not read as a value of the scale."""
PALE = "#ececec"
"""On paper, a cell whose value may be chance; on the screen such a cell is transparent."""
NEUTRAL = "#767676"
"""A grey whose contrast is above 4.5 to white and above 4 to the dark page of the app: text, lines, legends."""

WORSE, BETTER, WITHIN = COLOURS[3], COLOURS[0], COLOURS[2]
"""What is shown of a group: more errors, fewer errors, no difference beyond the margin."""

MARKERS = (("circle", "o"), ("square", "s"), ("diamond", "D"), ("triangle-up", "^"))
"""Names of the markers on screen and in print, one pair for each pass through the colours."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a group is drawn: colour, and the marker's name on screen and in print."""

    colour: str
    symbol: str
    marker: str


ROW = Look(NEUTRAL, *MARKERS[0])
"""How a point is drawn whose row has its name beside it."""


def looks(groups: Iterable[str]) -> dict[str, Look]:
    """Return the look of each group: by alphabetical order, so that a group looks the same in every figure of a run.

    >>> looks(["b", "a"])["a"].colour
    '#0072B2'
    """
    named = sorted({group for group in groups if group != NOT_STATED})
    styles = {
        group: Look(COLOURS[i % len(COLOURS)], *MARKERS[i // len(COLOURS) % len(MARKERS)])
        for i, group in enumerate(named)
    }
    styles[NOT_STATED] = Look(NOT_STATED_COLOUR, *MARKERS[0])
    return styles


# Eleven colours of magma from purple to pale yellow, evenly spaced from 30 to 97 % of it: neither end sinks into a dark or a white page.
_MAGMA = (
    (100, 26, 128), (126, 36, 130), (155, 46, 127), (183, 55, 121), (210, 66, 111), (233, 84, 98),
    (247, 112, 92), (252, 144, 101), (254, 178, 122), (254, 209, 148), (252, 240, 178),
)  # fmt: skip


def rate_colour(share: float) -> str:
    """Return the colour of ``share`` of the scale (0 light, 1 dark), as ``#rrggbb``; values outside are clipped."""
    position = (1.0 - min(max(share, 0.0), 1.0)) * (len(_MAGMA) - 1)
    low = min(int(position), len(_MAGMA) - 2)
    part = position - low
    mixed = (a + (b - a) * part for a, b in zip(_MAGMA[low], _MAGMA[low + 1], strict=True))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def rate_scale() -> list[tuple[float, str]]:
    """Return the scale as (position, colour) stops from 0 to 1."""
    last = len(_MAGMA) - 1
    return [(i / last, rate_colour(i / last)) for i in range(last + 1)]


def lighter(colour: str, share: float = 0.6) -> str:
    """Return ``colour`` mixed with ``share`` of white: what is not firm."""
    mixed = (255 * share + int(colour[i : i + 2], 16) * (1 - share) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def change_colour(share: float) -> str:
    """Return the colour of ``share`` of a scale around zero: 0 blue (less), 0.5 nearly white, 1 vermilion (more).

    The ends are Okabe and Ito's blue and vermilion, which people with a colour vision deficiency tell apart.
    """
    end = COLOURS[0] if share < 0.5 else COLOURS[3]
    part = min(abs(2 * share - 1), 1.0)
    mixed = (244 + (int(end[i : i + 2], 16) - 244) * part for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def ink_on(colour: str) -> str:
    """Return black or white, whichever contrasts more with ``colour`` (WCAG 2.2 relative luminance)."""
    return "#000000" if luminance(colour) > 0.179 else "#ffffff"


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, 0 to 1 (WCAG 2.2)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
