"""Spectrogram of a sound: how strong each frequency is at each moment, always on the same colour scale.

Hann windows of 32 ms, so that a single syllable and the harmonics of a voice can both be seen. A level is in dB below
a sine at full scale, so that pictures of different sounds can be compared: black is ``LOWEST_DB`` or less, white
``HIGHEST_DB`` or more (colours of matplotlib's ``magma``, even to the eye and to a colour vision deficiency).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workbench.audio import Waveform
from workbench.figures.paper import GREY, INK, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WINDOW_S = 0.032
LOWEST_DB = -100.0
HIGHEST_DB = -20.0
MARKED = "#fb8861"
"""Of the scale of the spectrogram, so that the picture keeps its few colours."""
MOST_COLUMNS = 500
"""A longer sound is drawn from every second, third ... window of 4 ms; its columns hold the strongest of those."""

_HOP_S = 0.004
_SHADES = 64  # 1.25 dB each: no eye sees more, and the file is half as large


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """``levels_db``, shape (frequencies, columns), lowest frequency first, over ``duration_s`` and 0 to ``highest_hz``."""

    levels_db: NDArray[np.float32]
    duration_s: float
    highest_hz: float


def spectrogram(wave: Waveform) -> Spectrogram:
    """Return the spectrogram of ``wave``; column k is centred at (k + 0.5) / columns of the duration."""
    size = round(WINDOW_S * wave.sample_rate)
    hop = max(1, round(_HOP_S * wave.sample_rate))
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    n_windows = max(1, round(len(wave.samples) / hop))
    merged = -(-n_windows // MOST_COLUMNS)
    padded = np.pad(wave.samples, (size // 2, size + merged * hop))
    starts = np.arange(n_windows) * hop + hop // 2
    amplitudes = np.empty((size // 2 + 1, -(-n_windows // merged)), dtype=np.float32)
    for column in range(amplitudes.shape[1]):
        chosen = starts[column * merged : (column + 1) * merged]
        spectra = np.fft.rfft(np.stack([padded[start : start + size] for start in chosen]) * window)
        amplitudes[:, column] = np.abs(spectra).max(axis=0)
    levels = 20.0 * np.log10(np.maximum(2.0 * amplitudes / window.sum(), 1e-9))
    return Spectrogram(levels.astype(np.float32), wave.duration_s, wave.sample_rate / 2.0)


def raster(drawn: Spectrogram) -> bytes:
    """Return the spectrogram alone as PNG, one pixel per value, high frequencies on top; axes stand beside it."""
    share = (drawn.levels_db - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB)
    pixels = np.round((_SHADES - 1) * np.clip(share, 0.0, 1.0)).astype(np.uint8)[::-1]
    image = Image.fromarray(pixels)
    image.putpalette(_colours(_SHADES).tobytes())
    return _png(image)


ON_PAPER, ON_DARK = (INK, "#ffffff"), ("#e6e6ea", "#171614")
"""Ink and paper of :func:`figure` on a white page and on a dark one."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the sound that is marked, in seconds, and the word that stands above it."""

    start_s: float
    end_s: float
    word: str


def figure(
    wave: Waveform,
    *,
    title: str,
    width: float = 4.4,
    height: float = 2.7,
    colours: tuple[str, str] = ON_PAPER,
    marks: Sequence[Mark] = (),
) -> bytes:
    """Return waveform and spectrogram over one axis of time as PNG, ``width`` x ``height`` inches at 150 dpi.

    Parameters
    ----------
    colours : ink and paper, both greys
    marks : words that are marked in both, such as those that failed
    """
    ink, paper = colours
    drawn = spectrogram(wave)
    with drawing():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        sheet = Figure(figsize=(width, height), dpi=150, layout="constrained", facecolor=paper)
        above, axes = sheet.subplots(2, 1, sharex=True, height_ratios=(1.0, 2.2))
        above.set_facecolor(paper)
        _draw_waveform(above, wave, ink)
        for mark in marks:
            above.axvspan(mark.start_s, mark.end_s, color=MARKED, alpha=0.45, linewidth=0)
            for edge in (mark.start_s, mark.end_s):
                axes.axvline(edge, color="#ffffff", linewidth=0.6, linestyle=(0, (3, 2)))
            middle = (mark.start_s + mark.end_s) / 2
            above.text(
                middle, 1.02, mark.word, fontsize=6.5, color=ink, ha="center", va="bottom", rotation=25, clip_on=False
            )
        image = axes.imshow(
            drawn.levels_db,
            cmap="magma",
            vmin=LOWEST_DB,
            vmax=HIGHEST_DB,
            origin="lower",
            aspect="auto",
            extent=(0.0, drawn.duration_s, 0.0, drawn.highest_hz / 1000.0),
            interpolation="antialiased",
        )
        above.set_title(title, fontsize=8, color=ink, loc="left", pad=14 if marks else 4)
        axes.set_xlabel("time, s", fontsize=7, color=ink)
        axes.set_ylabel("frequency, kHz", fontsize=7, color=ink)
        scale = sheet.colorbar(image, ax=[above, axes], pad=0.015, aspect=18)
        scale.set_label("level, dB full scale", fontsize=6.5, color=ink)
        for item in (above, axes, scale.ax):
            item.tick_params(labelsize=6.5, colors=ink, length=2.5)
            for side in item.spines.values():
                side.set_color(GREY)
        canvas = FigureCanvasAgg(sheet)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3].copy()
    greys = np.repeat(np.linspace(0, 255, 32).astype(np.uint8)[:, None], 3, axis=1)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([_colours(_SHADES), greys]).tobytes())
    return _png(Image.fromarray(pixels).quantize(palette=palette, dither=Image.Dither.NONE))


def _draw_waveform(axes: Axes, wave: Waveform, ink: str) -> None:
    """Draw the samples between -1 and 1 of full scale; of a long sound the least and the greatest of each column."""
    samples = wave.samples.astype(np.float32)
    together = max(1, -(-len(samples) // (2 * MOST_COLUMNS)))
    padded = np.pad(samples, (0, -len(samples) % together)).reshape(-1, together)
    seconds = (np.arange(len(padded)) + 0.5) * together / wave.sample_rate
    axes.fill_between(seconds, padded.min(axis=1), padded.max(axis=1), color=ink, linewidth=0.4)
    reach = max(0.05, float(np.abs(samples).max(initial=0.0)))
    axes.set_ylim(-reach, reach)
    axes.set_yticks([])
    axes.set_ylabel("waveform", fontsize=7, color=ink)
    axes.tick_params(labelbottom=False)


def _png(image: Image.Image) -> bytes:
    sink = io.BytesIO()
    image.save(sink, format="PNG", optimize=True)
    return sink.getvalue()


def colour_stops(count: int = 9) -> list[str]:
    """Return evenly spaced colours of the scale, quietest first, as ``#rrggbb``."""
    return ["#" + "".join(f"{channel:02x}" for channel in colour) for colour in _colours(count).tolist()]


def _colours(count: int) -> NDArray[np.uint8]:
    """Return evenly spaced colours of the scale, shape (count, 3)."""
    from matplotlib import colormaps

    return np.round(255.0 * colormaps["magma"](np.linspace(0.0, 1.0, count))[:, :3]).astype(np.uint8)
