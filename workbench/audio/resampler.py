"""Another sample rate, same sound."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.audio.facts import MOST_SAMPLES
from workbench.audio.waveform import Samples
from workbench.errors import AudioError

_RATES = (1_000, 384_000)
_KERNEL_LIMIT = 4_000_000
ZERO_CROSSINGS, ROLLOFF, BETA = 32, 0.95, 10.0
"""Of the filter: half its length, the cut-off as a part of the lower Nyquist frequency, the shape of its Kaiser window."""


def resample(samples: NDArray[Any], *, orig_sr: int, target_sr: int) -> Samples:
    """Return ``samples`` of shape (n,) at ``target_sr``: ceil(n * target_sr / orig_sr) samples, same level and timing.

    Windowed-sinc interpolation (Kaiser, 32 zero crossings): flat within 0.1 dB up to 0.85 of the lower Nyquist
    frequency, images and aliases more than 90 dB down. The filters are kept between calls.

    Source: torchaudio.transforms.Resample; without torch the same filter by scipy.signal.upfirdn (equal within 1e-4
    of full scale; a run's record says whether torchaudio was there); for rates without a small common ratio scipy.signal.resample_poly.

    Raises
    ------
    AudioError : a rate outside 1000 to 384000 Hz, or more samples than are held at once
    """
    for rate in (orig_sr, target_sr):
        if not _RATES[0] <= rate <= _RATES[1]:
            raise AudioError(f"a sample rate of {rate} Hz", remedy=f"use {_RATES[0]} to {_RATES[1]} Hz")
    if len(samples) * target_sr > MOST_SAMPLES * orig_sr:
        problem = f"{len(samples)} samples at {orig_sr} Hz are more than {MOST_SAMPLES} at {target_sr} Hz"
        raise AudioError(problem, remedy="name its parts with start_s and end_s, one row each")
    if orig_sr == target_sr:
        return np.ascontiguousarray(samples, dtype=np.float32)
    common = math.gcd(orig_sr, target_sr)
    if (orig_sr // common) * (target_sr // common) > _KERNEL_LIMIT:
        from scipy.signal import resample_poly

        return np.asarray(resample_poly(samples, target_sr // common, orig_sr // common), dtype=np.float32)
    return _resampler(orig_sr // common, target_sr // common)(np.ascontiguousarray(samples, dtype=np.float32))


@lru_cache(maxsize=32)
def _resampler(orig: int, target: int) -> Callable[[Samples], Samples]:
    if find_spec("torch") is None or find_spec("torchaudio") is None:
        return without_torch(orig, target)
    from workbench.audio.torchaudio_loader import load_torchaudio

    torchaudio = load_torchaudio()
    import torch

    transform = torchaudio.transforms.Resample(
        orig,
        target,
        resampling_method="sinc_interp_kaiser",
        lowpass_filter_width=ZERO_CROSSINGS,
        rolloff=ROLLOFF,
        beta=BETA,
    )

    def run(samples: Samples) -> Samples:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # of this thread; half a millisecond of work is not worth waiting for a second core
        try:
            with torch.inference_mode():
                return np.asarray(transform(torch.from_numpy(samples)).numpy(), dtype=np.float32)
        finally:
            torch.set_num_threads(threads)

    return run


def without_torch(orig: int, target: int) -> Callable[[Samples], Samples]:
    """Return what resamples by ``target / orig`` (without a common factor) with the filter that torchaudio would use.

    Output sample j is the sum of x[k] K(k / orig - j / target) with K(t) = sinc(f t) w(f t) f / orig, f the lower of both rates
    times the roll-off and w the Kaiser window over the zero crossings.
    """
    from scipy.signal import upfirdn

    cutoff = min(orig, target) * ROLLOFF
    half = math.floor(ZERO_CROSSINGS * orig * target / cutoff)
    crossings = np.arange(-half, half + 1) / (orig * target) * cutoff
    inside = np.sqrt(1.0 - (crossings / ZERO_CROSSINGS) ** 2)
    taps = np.sinc(crossings) * np.i0(BETA * inside) / np.i0(BETA) * cutoff / orig
    late = -(
        -half // orig
    )  # output samples before the first: upfirdn starts where the filter begins, not at its middle
    kernel = np.pad(taps, (late * orig - half, 0)).astype(np.float32)

    def run(samples: Samples) -> Samples:
        wanted = -(-len(samples) * target // orig)
        made = upfirdn(kernel, np.pad(samples, (0, late + orig)), up=target, down=orig)
        return np.asarray(made[late : late + wanted], dtype=np.float32)

    return run
