"""What the audit measures, as data: each measure's name, unit, words, and how many digits people need of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["recording", "speech"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. ``kind``: does it say how a recording was made, or what was said in it and how fast."""

    name: str
    words: str
    unit: str
    kind: Kind
    digits: int = 1

    def write(self, value: float) -> str:
        """Return a value as people read it; a dash if missing, ``<0.01`` where its digits would say zero of a little.

        >>> MEASURES["clipped_percent"].write(0.00038), MEASURES["source_floor_db"].write(-71.04)
        ('<0.01', '−71.0')
        """
        if value != value:
            return "–"
        least = 10.0**-self.digits
        return f"<{least:g}" if 0.0 < value < 0.5 * least else f"{value:.{self.digits}f}".replace("-", "−")


_ALL = (
    Measure("active_level_db", "speech level", "dBov", "recording"),
    Measure("source_floor_db", "noise floor", "dBov", "recording"),
    Measure("source_snr_db", "estimated SNR", "dB", "recording"),
    Measure("rolloff_hz", "95 % roll-off", "Hz", "recording", 0),
    Measure("edge_hz", "low-pass edge", "Hz", "recording", 0),
    Measure("sample_rate_hz", "sample rate", "Hz", "recording", 0),
    Measure("clipped_percent", "clipped samples", "%", "recording", 2),
    Measure("digital_silence_percent", "digital silence", "%", "recording"),
    Measure("decay_s", "reverberation proxy", "s", "recording", 2),
    Measure("duration_s", "length of an utterance", "s", "speech"),
    Measure("words", "words in an utterance", "words", "speech"),
    Measure("words_per_s", "words per second", "words/s", "speech", 2),
    Measure("pause_percent", "pauses", "%", "speech"),
)
MEASURES: Mapping[str, Measure] = {item.name: item for item in _ALL}
"""Every measure that groups are compared by, in the order of tables and figures."""

CODEC = "codec="
"""What the name of the share of a codec begins with."""


def measure(name: str) -> Measure:
    """Return what is known of a measure; of ``codec=...`` too."""
    if name.startswith(CODEC):
        return Measure(name, f"coded as {name.removeprefix(CODEC)}", "%", "recording", 0)
    return MEASURES[name]
