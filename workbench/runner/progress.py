"""Progress: how far a run is, how fast it goes, and how long it will take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. Counts are transcripts; seconds of the clock have ``elapsed``, others are seconds of audio.

    ``done`` includes the ``failed`` and the ``reused``, which were there before. ``audio_s`` is the audio decoded in this
    execution, ``audio_total_s`` that which was to decode when it began (0 where the corpus does not say how long its
    utterances are). ``paused`` says why nothing goes on for the moment, ``""`` if it does.
    """

    run_id: str
    total: int
    done: int
    failed: int
    reused: int
    elapsed_s: float
    audio_s: float
    audio_total_s: float = 0.0
    paused: str = ""

    @property
    def fresh(self) -> int:
        """Transcripts that this execution made."""
        return self.done - self.reused

    @property
    def speed(self) -> float | None:
        """Seconds of audio decoded in a second, or None before the first result."""
        return self.audio_s / self.elapsed_s if self.audio_s > 0 and self.elapsed_s > 0 else None

    @property
    def eta_s(self) -> float | None:
        """Seconds to go at the speed so far (by audio where its length is known), or None before the first result."""
        if self.fresh <= 0:
            return None
        if 0 < self.audio_s <= self.audio_total_s:
            return self.elapsed_s / self.audio_s * (self.audio_total_s - self.audio_s)
        return self.elapsed_s / self.fresh * (self.total - self.done)
