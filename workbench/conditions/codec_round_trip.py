"""Through a lossy codec and back, in memory: as many samples as before, each at the time it had."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.audio import Waveform, resample
from workbench.conditions.codecs import bandwidth_hz
from workbench.errors import ConditionError

_PROBE_S = 1.0
_LINK_GAIN = 10.0 ** (-1.0 / 20.0)


@dataclass(frozen=True, slots=True)
class Coding:
    """An encoder and a decoder of FFmpeg with their settings. Options are pairs of names and values."""

    encoder: str
    decoder: str
    sample_rate: int
    sample_format: str
    bit_rate: int = 0
    encoder_options: tuple[tuple[str, str], ...] = ()
    decoder_options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Coded:
    """What an encoder made: the packets in order, and what a decoder must know besides them."""

    packets: list[Any]
    extradata: bytes | None


def code(wave: Waveform, coding: Coding, *, place: str, passes: int = 1) -> tuple[NDArray[Any], dict[str, float]]:
    """Return the samples of ``wave`` after ``passes`` times through the codec, shape (n,), and the facts.

    The samples are resampled to the rate of the codec and back. The delay of the codec, ``codec_delay_ms`` for each
    pass, is taken out again, so that every word keeps its time. Links in a row do not run in step: each gets the sound
    1 dB lower than the one before (made up for after it), and every other one is a sample late. What lies outside [-1, 1] is turned down first, so that
    no coder clips it (``gain_db``). One thread codes: the same samples make the same bytes on one machine.

    Raises
    ------
    ConditionError : the installed FFmpeg lacks the encoder or the decoder
    """
    n, rate = len(wave.samples), wave.sample_rate
    delay, out_rate = delay_of(coding, place=place)
    samples = np.asarray(wave.samples, dtype=np.float32)
    gain = 1.0
    for link in range(passes):
        # A second link that met the very same samples and levels would find its quantisers' steps and add nothing.
        late, level = link % 2, np.float32(_LINK_GAIN**link)
        narrow = resample(np.pad(samples, (late, 0)) * level, orig_sr=rate, target_sr=coding.sample_rate)
        overload = max(1.0, float(np.max(np.abs(narrow))))
        gain /= overload
        heard = _there_and_back(narrow / np.float32(overload), coding, place=place)[0]
        wanted = math.ceil(len(narrow) * out_rate / coding.sample_rate)
        in_time = np.pad(heard, (max(0, -delay), 0))[max(0, delay) :][:wanted]
        aligned = np.pad(in_time, (0, wanted - len(in_time))).astype(np.float32)
        back = resample(aligned, orig_sr=out_rate, target_sr=rate)[late : late + n]
        samples = np.pad(back, (0, n - len(back))) / level
    facts = {
        "bandwidth_hz": bandwidth_hz(samples, sample_rate=rate),
        "codec_delay_ms": 1000.0 * delay / out_rate,
    }
    return samples, facts if gain == 1.0 else facts | {"gain_db": 20.0 * math.log10(gain)}


@lru_cache(maxsize=256)
def delay_of(coding: Coding, *, place: str) -> tuple[int, int]:
    """Return by how many samples the decoded sound is late (negative: early), and the decoder's sample rate.

    Measured by cross-correlation on one second of speech-like noise, once for each setting.
    """
    probe = _probe(coding.sample_rate)
    heard, rate = _there_and_back(probe, coding, place=place)
    reference = resample(probe, orig_sr=coding.sample_rate, target_sr=rate).astype(np.float64)
    size = len(heard) + len(reference)
    spectrum = np.fft.rfft(heard.astype(np.float64), size) * np.conj(np.fft.rfft(reference, size))
    match = np.fft.irfft(spectrum, size)
    late = int(np.argmax(match))
    return late - size if late > size // 2 else late, rate


def _probe(rate: int) -> NDArray[np.float32]:
    """Return noise between 200 and 3000 Hz with syllables at 4 Hz, shape (rate,), the same in every call."""
    n = round(_PROBE_S * rate)
    rng = np.random.default_rng(1)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    frequencies = np.fft.rfftfreq(n, 1.0 / rate)
    spectrum *= ((frequencies > 200.0) & (frequencies < 3000.0)) / np.maximum(frequencies, 200.0)
    sound = np.fft.irfft(spectrum, n) * (0.55 - 0.45 * np.cos(2.0 * np.pi * 4.0 * np.arange(n) / rate))
    return np.asarray(0.5 * sound / np.max(np.abs(sound)), dtype=np.float32)


def _there_and_back(samples: NDArray[np.float32], coding: Coding, *, place: str) -> tuple[NDArray[np.float32], int]:
    return decode_packets(encode(samples, coding, place=place), coding, place=place)


def encode(samples: NDArray[np.float32], coding: Coding, *, place: str) -> Coded:
    """Return ``samples`` (n,) within [-1, 1] as packets; silence is added so that a decoder gives all of them back."""
    import av

    context = _context(coding.encoder, "w", coding.encoder_options, coding, place=place)
    context.format = coding.sample_format
    if coding.bit_rate:
        context.bit_rate = coding.bit_rate
    context.open()
    size = context.frame_size or round(0.02 * coding.sample_rate)
    frames = math.ceil(len(samples) / size) + math.ceil(0.1 * coding.sample_rate / size)
    padded = np.pad(samples, (0, frames * size - len(samples)))
    if coding.sample_format.startswith("s16"):
        padded = np.clip(np.round(padded * 32768.0), -32768, 32767).astype(np.int16)
    packets: list[Any] = []
    for begin in range(0, len(padded), size):
        part = padded[np.newaxis, begin : begin + size]
        frame = av.AudioFrame.from_ndarray(part, format=coding.sample_format, layout="mono")
        frame.sample_rate = coding.sample_rate
        frame.pts = begin
        packets += context.encode(frame)
    packets += context.encode(None)
    return Coded(packets, context.extradata)


def decode_packets(coded: Coded, coding: Coding, *, place: str) -> tuple[NDArray[np.float32], int]:
    """Return the decoded samples, as they come, and their sample rate."""
    context = _context(coding.decoder, "r", coding.decoder_options, coding, place=place)
    if coded.extradata:
        context.extradata = coded.extradata
    parts: list[NDArray[np.float32]] = []
    rate = coding.sample_rate
    for packet in [*coded.packets, None]:
        for frame in context.decode(packet):
            part = frame.to_ndarray()[0]
            exact = part.dtype == np.int16  # 16 bits fit into a float32, which takes half the memory of a float64
            parts.append(part.astype(np.float32) / np.float32(32768.0) if exact else part)
            rate = int(frame.sample_rate)
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32), rate


def _context(name: str, mode: str, options: tuple[tuple[str, str], ...], coding: Coding, *, place: str) -> Any:
    import av

    try:
        context = av.CodecContext.create(name, mode)
    except (ValueError, LookupError):
        role = "encoder" if mode == "w" else "decoder"
        raise ConditionError(
            f"the FFmpeg in the installed av package has no {role} {name!r}",
            place=place,
            remedy="pip install --force-reinstall av (its wheel carries it), or leave this condition out",
        ) from None
    context.sample_rate = coding.sample_rate
    context.layout = "mono"
    context.thread_count = 1
    given: Mapping[str, str] = dict(options)
    if given:
        context.options = dict(given)
    return context
