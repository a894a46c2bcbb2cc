"""Speech slower or faster at the same pitch: short pieces of it, overlapped where they fit best (WSOLA)."""

from __future__ import annotations

import numpy as np

from workbench.conditions.arrays import Floats

_HOP_S = 0.015
SEARCH_S = 0.010
"""No sound is taken from further than this away from where it should be taken from, in the time of the recording."""


def stretched(samples: Floats, sources: Floats, *, n_out: int, sample_rate: int) -> Floats:
    """Return ``n_out`` samples in which each moment sounds as ``samples`` (n,) do at the time that a map gives it.

    ``sources`` holds, for every hop of 15 ms of the result (:func:`hops`), the sample of ``samples`` that is due. Frames
    of 30 ms with a Hann window are laid half over each other; each is taken from within 10 ms of where it is due, where
    it continues best what went before (largest normalised correlation). So pitch and wave shape are those of the voice,
    and a map that moves nothing changes nothing.

    Source: Verhelst and Roelands (1993), An overlap-add technique based on waveform similarity (WSOLA), ICASSP.
    """
    hop, search = round(_HOP_S * sample_rate), round(SEARCH_S * sample_rate)
    frame = 2 * hop
    margin = 2 * frame + search
    padded = np.pad(np.asarray(samples, dtype=np.float64), margin)
    squares = np.concatenate([[0.0], np.cumsum(np.square(padded))])
    energies = squares[frame:] - squares[:-frame]
    floor = 1e-9 * (float(np.max(energies)) + 1e-30)
    prefer = 1e-6 * np.abs(np.arange(-search, search + 1))  # of equal fits, the nearest
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frame) / frame)
    result = np.zeros(len(sources) * hop + frame)
    due = np.clip(np.round(sources).astype(np.int64), 0, len(samples)) + margin - hop
    begin = int(due[0])
    for number, at in enumerate(due.tolist()):
        if number:
            wanted = padded[begin + hop : begin + hop + frame]
            match = np.correlate(padded[at - search : at + search + frame], wanted, "valid")
            fit = match / np.sqrt((energies[at - search : at + search + 1] + floor) * (np.dot(wanted, wanted) + floor))
            begin = at - search + int(np.argmax(fit - prefer))
        result[number * hop : number * hop + frame] += window * padded[begin : begin + frame]
    return result[hop : hop + n_out]


def hops(n_out: int, *, sample_rate: int) -> Floats:
    """Return the samples of the result for which :func:`stretched` wants to know what is due, shape (k,)."""
    hop = round(_HOP_S * sample_rate)
    return np.arange(0.0, float(n_out + hop), float(hop))


def at_tempo(samples: Floats, tempo: float, *, n_out: int, sample_rate: int) -> Floats:
    """Return ``n_out`` samples of ``samples`` (n,), ``tempo`` times as fast at the same pitch."""
    return stretched(samples, tempo * hops(n_out, sample_rate=sample_rate), n_out=n_out, sample_rate=sample_rate)
