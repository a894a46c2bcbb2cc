"""Ratio of one run: white noise at 10 dB and a room, ours over the same effect in other libraries alone.

``python -m bench.peers [--seconds S] [--rounds N]``: ours is the condition itself (``realise``), which sets the level on
active speech (ITU-T P.56, worked out before: once per utterance, as in a run) and measures what it achieved; the peers are audiomentations' AddGaussianSNR (level of the
whole file, nothing measured) and a convolution with a ready response of the same length in torchaudio and in scipy. All
take turns in one process; processor time, the median of the rounds. The measuring that a run adds is shown apart.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from audiomentations import AddGaussianSNR
from scipy.signal import oaconvolve

from tests.synthetic_speech import RATE, speech_like
from workbench.audio import Waveform, speech_level
from workbench.audio.torchaudio_loader import load_torchaudio
from workbench.conditions import CATALOGUE, degrade, rng_for
from workbench.conditions.measured_facts import Original
from workbench.conditions.rooms import Room


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    torch.set_num_threads(1)
    samples = speech_like(given.seconds)
    wave = Waveform(samples, RATE, "bench/a_0", "a", level=speech_level(samples, RATE))
    original = Original(wave)
    white, room = CATALOGUE["white_noise@2"], CATALOGUE["room@2"]
    if not isinstance(room, Room):
        raise TypeError("room@2 is a room")
    response = room.response(np.random.default_rng(1), sample_rate=RATE).astype(np.float32)
    gaussian = AddGaussianSNR(min_snr_db=10.0, max_snr_db=10.0, p=1.0)
    torchaudio = load_torchaudio()
    one, two = torch.from_numpy(wave.samples), torch.from_numpy(response)
    n = len(wave.samples)
    sides: dict[str, Callable[[int], object]] = {
        "white_noise@2": lambda slot: white.realise(wave, lambda name: rng_for(name, slot, seed=1), pool=None),
        "white_noise@2, all facts": lambda slot: degrade(wave, white, slot=slot, seed=1, original=original),
        "audiomentations": lambda _: gaussian(samples=wave.samples, sample_rate=RATE),
        "room@2": lambda slot: room.realise(wave, lambda name: rng_for(name, slot, seed=1), pool=None),
        "room@2, all facts": lambda slot: degrade(wave, room, slot=slot, seed=1, original=original),
        "torchaudio": lambda _: torchaudio.functional.fftconvolve(one, two)[:n],
        "scipy": lambda _: oaconvolve(wave.samples, response)[:n],
    }
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for slot in range(given.rounds + 1):
        for name, side in sides.items():
            started = time.process_time()
            side(slot)
            spent[name].append(time.process_time() - started)
    took = {name: statistics.median(times[1:]) for name, times in spent.items()}
    for name, seconds in took.items():
        print(f"{name:26}{1000 * seconds:8.2f} ms for {given.seconds:g} s of audio")
    for ours, theirs in (("white_noise@2", "audiomentations"), ("room@2", "torchaudio"), ("room@2", "scipy")):
        print(f"{ours} / {theirs} = {took[ours] / took[theirs]:.2f}")


if __name__ == "__main__":
    main()
