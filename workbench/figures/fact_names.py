"""Measured facts of degraded audio as people read them: their names carry the units."""

from __future__ import annotations

import re

from workbench.figures.wording import MINUS, clean_text
from workbench.schema import FACTS

UNITS = {
    "db": "dB", "hz": "Hz", "khz": "kHz", "s": "s", "ms": "ms", "percent": "%", "kbps": "kbit/s",
    "samples": "samples",
}  # fmt: skip

_UNITS_OF = {
    "peak": "of full scale", "active_level_db": "dBov", "heard_active_level_db": "dBov",
    "activity_factor": "of the time", "heard_activity_factor": "of the time", "sounding_share": "of the time",
}  # fmt: skip
_SPELLED = {"snr": "SNR", "rt60": "RT60", "drr": "direct-to-reverberant ratio", "si sdr": "SI-SDR", "stoi": "STOI"}


def fact_name(name: str) -> str:
    """Return the words of a measured fact without its unit.

    >>> fact_name("achieved_snr_db")
    'Achieved SNR'
    >>> fact_name("cheap_mic.rt60_s")
    'Cheap mic: RT60'
    """
    step, dot, name = name.rpartition(".")
    stem, _, unit = name.rpartition("_")
    words = (stem if unit in UNITS and stem else name).replace("_", " ")
    for plain, spelled in _SPELLED.items():
        words = re.sub(rf"\b{plain}\b", spelled, words)
    if dot:  # a fact of one step of a chain
        words = f"{step.replace('_', ' ')}: {words}"
    return words[:1].upper() + words[1:]


def covariate_name(name: str) -> str:
    """Return the words of a covariate: a measured fact, one computed from the transcripts, an attribute or a level of it.

    >>> covariate_name("log_speech_rate")
    'Speech rate (log)'
    >>> covariate_name("device_type=phone")
    'Device type: phone'
    """
    name, _, level = name.partition("=")
    if name in FACTS.column_names:
        return fact_name(name)
    words = name.removeprefix("log_").replace("_", " ")
    return clean_text(
        words[:1].upper() + words[1:] + (" (log)" if name.startswith("log_") else "") + (f": {level}" if level else "")
    )


def fact_value(name: str, value: float) -> str:
    """Return a measured value with its unit.

    >>> fact_value("achieved_snr_db", 9.98)
    '10.0 dB'
    """
    name = name.rpartition(".")[2]
    unit = _UNITS_OF.get(name) or UNITS.get(name.rpartition("_")[2], "")
    number = f"{value:.1f}" if unit in ("dB", "dBov", "%") else f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    number = number.removeprefix("-") if float(number) == 0.0 else number
    return (f"{number} {unit}" if unit else number).replace("-", MINUS)
