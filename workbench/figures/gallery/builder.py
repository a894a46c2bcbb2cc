"""Making the gallery: every condition applied to one clip; sound, picture and measured facts beside each other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.audio import Waveform
from workbench.conditions import CATALOGUE, Condition, SpeechPool, degrade
from workbench.errors import GalleryError, WorkbenchError
from workbench.figures.gallery.page import Card, page
from workbench.figures.spectrogram import Spectrogram, raster, spectrogram
from workbench.schema import CLEAN

BANDS_HZ = ((0.0, 1000.0, "below 1 kHz"), (1000.0, 4000.0, "from 1 to 4 kHz"), (4000.0, np.inf, "above 4 kHz"))
"""The bands in which a picture is described to those who do not see it."""


@dataclass(frozen=True, eq=False)
class Clip:
    """What is played under every condition, what it is, and whether its voice is synthetic."""

    wave: Waveform
    title: str
    synthetic: bool = False


def write(
    folder: Path,
    clip: Clip,
    conditions: Sequence[Condition],
    *,
    pool: SpeechPool | None = None,
    seed: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write ``index.html``, ``sounds/*.flac`` and ``pictures/*.png`` into ``folder`` and return the page's path.

    The page needs no network. A condition that cannot be made here stands in it with the reason. ``on_progress`` is
    told how many of how many sounds are done. Equal arguments make equal files.

    Raises
    ------
    AudioError : a clip that is no audio
    GalleryError : the folder cannot be written
    """
    try:
        for name in ("sounds", "pictures"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        clean, before = _card(folder, clip, CATALOGUE[CLEAN], pool, seed, None)
        if clean.problem:
            raise GalleryError(clean.problem, place=clip.title, remedy="use another clip")
        cards = []
        for number, condition in enumerate(conditions):
            if on_progress is not None:
                on_progress(number, len(conditions))
            cards.append(_card(folder, clip, condition, pool, seed, before)[0])
        index = folder / "index.html"
        index.write_text(
            page(clean, cards, clip=clip.title, synthetic=clip.synthetic, seed=seed), encoding="utf-8", newline="\n"
        )
    except OSError as error:
        raise GalleryError(
            f"cannot be written ({error.strerror or error})",
            place=str(error.filename or folder),
            remedy="name a folder that can be written",
        ) from None
    if on_progress is not None:
        on_progress(len(conditions), len(conditions))
    return index


def _card(
    folder: Path, clip: Clip, condition: Condition, pool: SpeechPool | None, seed: int, before: Spectrogram | None
) -> tuple[Card, Spectrogram | None]:
    """Write the sound and the picture of one condition; return what the page says of it."""
    import soundfile

    if condition.missing:
        return Card(condition, problem="; ".join(condition.missing)), None
    try:
        degraded = degrade(clip.wave, condition, slot=0, seed=seed, pool=pool)
    except WorkbenchError as error:
        return Card(condition, problem=str(error)), None
    drawn = spectrogram(degraded.wave)
    stem = file_stem(condition.condition_id)
    heard = np.clip(degraded.wave.samples, -1.0, 1.0)
    soundfile.write(folder / "sounds" / f"{stem}.flac", heard, degraded.wave.sample_rate, subtype="PCM_16")
    (folder / "pictures" / f"{stem}.png").write_bytes(raster(drawn))
    alt = in_words(drawn) if before is None else in_words(drawn, before)
    return Card(condition, stem, drawn.duration_s, drawn.highest_hz, degraded.facts, alt), drawn


def file_stem(condition_id: str) -> str:
    """Return a file name without ending for a condition; different names for different conditions.

    >>> file_stem("white_noise@2")
    'white_noise-2'
    """
    plain = re.sub(r"[^a-z0-9_.]+", "-", condition_id)
    if condition_id.count("@") == 1 and plain == condition_id.replace("@", "-"):
        return plain
    return (
        condition_id
        if plain == condition_id
        else f"{plain[:40]}-{hashlib.sha256(condition_id.encode()).hexdigest()[:8]}"
    )


def in_words(drawn: Spectrogram, before: Spectrogram | None = None) -> str:
    """Return what a spectrogram shows: its length, and the level in three bands, with a ``before`` the change of it.

    Levels are power averages over the whole picture.
    """
    sentences = []
    for low, high, name in BANDS_HZ:
        level = _band_level(drawn, low, high)
        change = level if before is None else level - _band_level(before, low, high)
        sentences.append(f"{change:{'+' if before is not None else ''}.0f} dB {name}")
    against = "average level" if before is None else "average level against clean"
    return f"{drawn.duration_s:.1f} s, 0 to {drawn.highest_hz / 1000:g} kHz; {against}: {', '.join(sentences)}."


def _band_level(drawn: Spectrogram, low_hz: float, high_hz: float) -> float:
    frequencies = np.linspace(0.0, drawn.highest_hz, len(drawn.levels_db))
    inside = drawn.levels_db[(frequencies >= low_hz) & (frequencies < high_hz)]
    return float(10.0 * np.log10(np.mean(10.0 ** (inside.astype(np.float64) / 10.0))))
