"""A recording that arrives as the bytes of a WAV file, such as a browser's microphone gives: read in memory, written nowhere."""

from __future__ import annotations

import io
import struct
import warnings

import numpy as np

from workbench.audio.resampler import resample
from workbench.audio.waveform import SAMPLE_RATE, Waveform, check_samples
from workbench.errors import AudioError

_PLACE = "the recording"


def recorded(data: bytes) -> Waveform:
    """Return the mean of the channels of a WAV file's bytes, at 16 kHz.

    Raises
    ------
    AudioError : no WAV file that can be read, no samples in it, or samples that are not finite
    """
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks beside the samples are of no interest
            rate, samples = wavfile.read(io.BytesIO(data))
    except (ValueError, EOFError, OSError, struct.error) as error:
        raise AudioError(f"cannot be read ({error})", place=_PLACE, remedy="record again") from None
    if samples.dtype == np.uint8:  # 8-bit WAV is unsigned, with its zero at 128
        samples = (samples.astype(np.float32) - 128) / 128
    elif samples.dtype.kind == "i":
        samples = samples.astype(np.float64) / -float(np.iinfo(samples.dtype).min)
    mono = samples.mean(axis=1) if samples.ndim == 2 else samples
    checked = check_samples(mono.astype(np.float32), place=_PLACE)
    return Waveform(resample(checked, orig_sr=int(rate), target_sr=SAMPLE_RATE), SAMPLE_RATE)
