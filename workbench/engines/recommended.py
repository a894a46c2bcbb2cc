"""Which recogniser to start with: a few presets with size, speed, languages, licence, whether each is ready and what brings it.

Parameters and relative speed are OpenAI's own (README of github.com/openai/whisper, "Available models and languages": against the
large model, on an A100); a machine without a graphics card is slower, and the estimate on the Run page measures it. That larger
models make fewer errors: Radford et al. 2023, appendix D.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.engines.models import models
from workbench.engines.registry import availability

COLUMNS = [
    "spec",
    "title",
    "suits",
    "languages",
    "parameters_m",
    "size_mb",
    "speed",
    "licence",
    "ready",
    "install",
    "caution",
]
"""Of :func:`recommended`: parameters in millions, size of the weights in MB, speed as a multiple of Whisper large."""
ENGLISH, MANY = "English", "99 languages"
_BYTES_PER_PARAMETER = 2
"""Weights are published as float16."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A recogniser with the options that it is used with. ``caution`` is what a user has to know before a run."""

    spec: str
    title: str
    suits: str
    languages: str
    parameters_m: float | None = None
    speed: float | None = None
    licence: str = "MIT"
    caution: str = ""


PRESETS = (
    Preset("faster-whisper:tiny.en", "Whisper tiny, English", "The fastest; the most errors.", ENGLISH, 39, 10),
    Preset("faster-whisper:base.en", "Whisper base, English", "Fewer errors than tiny.", ENGLISH, 74, 7),
    Preset("faster-whisper:base", "Whisper base", "Fewer errors than tiny.", MANY, 74, 7),
    Preset("faster-whisper:small.en", "Whisper small, English", "Fewer errors than base; slower.", ENGLISH, 244, 4),
    Preset("faster-whisper:small", "Whisper small", "Fewer errors than base; slower.", MANY, 244, 4),
    Preset("faster-whisper:turbo", "Whisper turbo", "Near large in errors; best on a GPU.", MANY, 809, 8),
    Preset("faster-whisper:large-v3", "Whisper large v3", "Fewest errors of these; needs a GPU.", MANY, 1550, 1),
    Preset(
        "pocketsphinx", "PocketSphinx", "Digits and commands, with a grammar.", ENGLISH, licence="BSD-2-Clause",
        caution="PocketSphinx without a grammar can get most words of free speech wrong. Test it on a few recordings on the Models page, add a grammar, or choose a Whisper model.",
    ),
)  # fmt: skip


def recommended() -> pd.DataFrame:
    """Return one row per preset (:data:`COLUMNS`), the smallest Whisper first; missing where a fact is not known.

    Sizes are those of the files that are here, else 2 bytes per parameter. ``install`` is what brings it, empty if it is ready.
    """
    named = models(every=True).set_index("spec")
    engines = availability().set_index("engine")
    rows: list[tuple[object, ...]] = []
    size_mb: float
    for preset in PRESETS:
        if preset.spec in named.index:
            row = named.loc[preset.spec]
            ready, install, size = bool(row["ready"]), str(row["install"]), row["bytes"]
            size_mb = float("nan") if pd.isna(size) else float(size) / 1e6
        else:
            row = engines.loc[preset.spec.partition(":")[0]]
            ready, install, size_mb = bool(row["ready"]) and ":" not in preset.spec, str(row["install"]), float("nan")
        if pd.isna(size_mb) and preset.parameters_m is not None:
            size_mb = preset.parameters_m * _BYTES_PER_PARAMETER
        rows.append(
            (preset.spec, preset.title, preset.suits, preset.languages, preset.parameters_m, size_mb, preset.speed, preset.licence, ready, install, preset.caution)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def cautions(specs: list[str]) -> list[str]:
    """Return what a user has to know of the engines of a study before it runs."""
    return [preset.caution for preset in PRESETS if preset.caution and preset.spec in specs]
