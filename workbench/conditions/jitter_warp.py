"""A jitter buffer at work: speech that is played now a little slower, now a little faster, and clocks that slip."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.event_synthesis import events
from workbench.conditions.levels import at_the_level_of
from workbench.conditions.time_stretch import hops, stretched

_SEGMENT_S = (0.3, 1.0)


class JitterWarp(Condition):
    """Pairs of stretches of 0.3 to 1 s: one slower and one faster by ``warp_percent``, which comes first is drawn.

    So a receiver lets its buffer grow before late packets and shrink after them. Pitch is kept. After a pair the speech
    is where it was; in between it is late or early by up to a tenth of a second at 12 %. On top of that, samples slip
    where two clocks disagree: ``slips_per_s`` times a second, at random, one sample is left out or heard twice, always
    the same of the two. The length changes by what is open at the end: ``shift_at_end_ms`` (positive: later), besides
    ``largest_shift_ms`` and ``slips``; :meth:`mapping` gives the whole map, which holds within 10 ms. Active speech level
    is what it was. An approximation of adaptive playout, of no particular receiver.
    """

    id: Literal["jitter_warp"] = "jitter_warp"
    warp_percent: float = parameter(5.0, 0.0, 30.0, unit="%", what="how much slower or faster a stretch is")
    slips_per_s: float = parameter(4.0, 0.0, 100.0, unit="per second", what="samples that slip")

    family: ClassVar[str] = "networks"
    title: ClassVar[str] = "Jitter buffer"
    hears: ClassVar[str] = "An internet call whose speech hurries and drags by turns, with faint ticks."
    source: ClassVar[str] = (
        "adaptive playout by time-scale modification, as in Liang, Färber and Girod (2003), IEEE Transactions on "
        "Multimedia 5(4); waveform-similarity overlap-add; an approximation"
    )
    leading: ClassVar[str] = "warp_percent"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"warp_percent": percent, "slips_per_s": slips}
        for percent, slips in ((2.0, 2.0), (5.0, 4.0), (8.0, 8.0), (12.0, 16.0))
    )
    keeps_length: ClassVar[bool] = False

    def mapping(self, rng: np.random.Generator, *, seconds: float) -> tuple[Floats, Floats]:
        """Return when what was said at the first times (s) is heard (s), both of shape (k,); straight lines in between.

        The first times begin at 0 and reach ``seconds`` or beyond; more seconds begin with the same ones. Slips, less
        than a thousandth of a second each, are not part of it.
        """
        text, heard = [0.0], [0.0]
        while text[-1] < seconds:
            length, slower_first = rng.random(2)
            stretch_s = _SEGMENT_S[0] + (_SEGMENT_S[1] - _SEGMENT_S[0]) * length
            change = self.warp_percent / 100.0 * (1.0 if slower_first < 0.5 else -1.0)
            for factor in (1.0 + change, 1.0 - change):
                text.append(text[-1] + stretch_s)
                heard.append(heard[-1] + factor * stretch_s)
        return np.array(text), np.array(heard)

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        warp_rng, slip_rng = rng.spawn(2)
        text, heard = self.mapping(warp_rng, seconds=n / rate)
        end_s = float(np.interp(n / rate, text, heard))
        n_out = max(1, round(end_s * rate))
        due = rate * np.interp(hops(n_out, sample_rate=rate) / rate, heard, text)
        changed = stretched(wave.samples.astype(np.float64), due, n_out=n_out, sample_rate=rate)
        slipped, slips = self._slip(slip_rng, changed, rate)
        samples, facts = at_the_level_of(wave, slipped)
        inside = text < n / rate
        shifts = np.append((heard - text)[inside], end_s - n / rate)
        return samples, facts | {
            "largest_shift_ms": 1000.0 * float(np.max(np.abs(shifts))),
            "shift_at_end_ms": 1000.0 * (len(slipped) - n) / rate,
            "slips": float(slips),
        }

    def _slip(self, rng: np.random.Generator, samples: Floats, rate: int) -> tuple[Floats, int]:
        """Return ``samples`` with single ones left out or heard twice, and how many."""
        twice = rng.random() < 0.5
        at_s, _ = events(rng, rate_hz=self.slips_per_s, first_s=0.0, until_s=len(samples) / rate, marks=0)
        at = np.unique((at_s[at_s < len(samples) / rate] * rate).astype(np.int64))
        at = at[(at > 0) & (at < len(samples) - 1)]
        return (np.insert(samples, at, samples[at]) if twice else np.delete(samples, at)), len(at)
