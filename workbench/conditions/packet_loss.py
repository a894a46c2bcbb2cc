"""Packet loss: what is missing when a network drops the packets of a call, and what the receiver puts in their place."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions.arrays import Floats
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.errors import ConditionError

_PACKET_S = 0.020
_HISTORY_S = 0.0375
_PERIODS_S = (0.0025, 0.015)
_MATCH_S = 0.020
_FULL_S = 0.010
_FADE_PER_S = 20.0
_CROSSFADE_S = 0.004


class PacketLoss(Condition):
    """Packets of 20 ms that never arrive, alone or in bursts, by the Gilbert-Elliott chain whose bad state loses all.

    With a loss of P and a mean burst of L packets, a burst ends after each packet with probability r = 1 / L and a new
    one begins with p = r P / (1 - P). L below 1 / (1 - P), the burst of independent losses, does not exist here.

    The receiver conceals (``concealment`` 1): it repeats the last pitch period that it heard, at full level for 10 ms,
    then fading by 20 % per 10 ms into silence, and cross-fades over 4 ms into the next packet that arrives. This is
    after ITU-T G.711 Appendix I and an approximation of it: the pitch is searched at full rate, the number of repeated
    periods does not grow, and nothing is delayed. With ``concealment`` 0 there is silence. Before any packet arrived
    there is silence too. In a short utterance it may happen that nothing is lost: then it is unchanged.
    """

    id: Literal["packet_loss"] = "packet_loss"
    loss_percent: float = parameter(
        5.0, 0.01, 90.0, unit="%", what="share of the packets that are lost, in the long run"
    )
    mean_burst_packets: float = parameter(2.0, 1.0, 500.0, unit="packets", what="mean number of packets lost in a row")
    concealment: int = parameter(
        1, 0, 1, unit="", what="1 repeats the last pitch period and fades it, 0 leaves silence"
    )

    family: ClassVar[str] = "networks"
    title: ClassVar[str] = "Packet loss"
    hears: ClassVar[str] = "An internet call that stutters: short pieces of words turn robotic or are missing."
    source: ClassVar[str] = (
        "Gilbert (1960) and Elliott (1963), Bell System Technical Journal; concealment approximates ITU-T G.711 Appendix I"
    )
    leading: ClassVar[str] = "loss_percent"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple(
        {"loss_percent": loss, "mean_burst_packets": burst, "concealment": 1}
        for loss, burst in ((2.0, 1.5), (5.0, 2.0), (10.0, 3.0), (20.0, 5.0))
    )

    @model_validator(mode="after")
    def _bursts_fit(self) -> Self:
        shortest = 1.0 / (1.0 - self.loss_percent / 100.0)
        if self.mean_burst_packets < shortest * (1.0 - 1e-9):
            raise ConditionError(
                f"mean_burst_packets = {self.mean_burst_packets:g} packets is less than the {shortest:.4g} that a loss of "
                f"{self.loss_percent:g} % has when every packet is lost independently",
                place=self.id,
                remedy=f"use mean_burst_packets = {np.ceil(shortest * 1000.0) / 1000.0:g} or more, or a lower loss_percent",
            )
        return self

    def lost(self, rng: np.random.Generator, *, packets: int) -> NDArray[np.bool_]:
        """Return which of so many packets in a row are lost, shape (packets,); more packets begin with the same ones."""
        share = self.loss_percent / 100.0
        end = 1.0 / self.mean_burst_packets
        begin = end * share / (1.0 - share)
        draws = rng.random(packets)
        # A draw below `begin` loses the packet in either state, one above 1 - `end` lets it through in either, and one
        # between them leaves the state as it is; the chain begins in its stationary state.
        decided = np.where(draws < begin, 1, np.where(draws >= 1.0 - end, 0, -1))
        decided[:1] = draws[:1] < share
        last = np.maximum.accumulate(np.where(decided >= 0, np.arange(packets), 0))
        return np.asarray(decided[last] == 1)

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        n, rate = len(wave.samples), wave.sample_rate
        borders = np.round(np.arange(0, int(np.ceil(n / (_PACKET_S * rate))) + 1) * _PACKET_S * rate).astype(np.int64)
        borders = np.minimum(borders, n)
        lost = self.lost(rng, packets=len(borders) - 1)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]])))
        bursts = edges.reshape(-1, 2)
        heard = wave.samples.astype(np.float64)
        for first, after in bursts:
            begin, end = int(borders[first]), int(borders[after])
            if self.concealment:
                _conceal(heard, begin, end, rate=rate)
            else:
                heard[begin:end] = 0.0
        facts = {"lost_percent": 100.0 * float(np.mean(lost)), "lost_packets": float(np.sum(lost))}
        if len(bursts):
            facts["longest_gap_s"] = float(np.max(borders[bursts[:, 1]] - borders[bursts[:, 0]])) / rate
        return heard, facts


def _conceal(heard: Floats, begin: int, end: int, *, rate: int) -> None:
    """Fill ``heard[begin:end]``, and cross-fade into what comes after, from what was heard before ``begin``."""
    fade = min(round(_CROSSFADE_S * rate), len(heard) - end)
    missing = np.zeros(end - begin + fade)
    past = heard[max(0, begin - round(_HISTORY_S * rate)) : begin]
    period = pitch_period(past, rate=rate)
    if period:
        times = np.arange(len(missing))
        level = np.clip(1.0 - _FADE_PER_S * (times / rate - _FULL_S), 0.0, 1.0)
        missing = past[len(past) - period + times % period] * level
    heard[begin:end] = missing[: end - begin]
    rising = (np.arange(fade) + 1.0) / (fade + 1.0)
    heard[end : end + fade] = rising * heard[end : end + fade] + (1.0 - rising) * missing[end - begin :]


def pitch_period(past: Floats, *, rate: int) -> int:
    """Return the period (samples, 2.5 to 15 ms) with which the end of ``past`` repeats itself best; 0 if it is too short.

    The shortest lag with the highest normalised correlation of the last 20 ms, or of what there is.
    """
    shortest, longest = (round(limit * rate) for limit in _PERIODS_S)
    longest = min(longest, len(past) // 2)
    if longest < shortest or shortest < 1:
        return 0
    length = min(round(_MATCH_S * rate), len(past) - longest)
    recent = past[len(past) - length :]
    earlier = np.lib.stride_tricks.sliding_window_view(past, length)[len(past) - length - longest :][
        : longest - shortest + 1
    ]
    energy = np.sum(np.square(earlier), axis=1)
    match = np.sum(earlier * recent, axis=1) / np.sqrt(energy + 1e-12)
    return longest - int(np.flatnonzero(match >= match.max() - 1e-6 * abs(match.max()))[-1])
