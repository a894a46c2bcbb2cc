"""Formats x codings x damage: every cell has the right length and level, or is a named problem; none is a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import which
from subprocess import run

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.conftest import require
from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.audio import decode, probe
from workbench.errors import AudioError

SECONDS = 2.0
SPEECH = speech_like(SECONDS, level=0.2, pause_s=0.0)

SNDFILE = {
    f"{container}_{coding}".lower(): (container, coding)
    for container, codings in {
        "WAV": ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32", "NMS_ADPCM_16"),
        "WAVEX": ("PCM_16", "FLOAT"), "RF64": ("PCM_16",), "W64": ("PCM_16", "GSM610"), "AIFF": ("PCM_16", "DWVW_16", "IMA_ADPCM"),
        "AU": ("PCM_16", "ULAW", "G721_32", "G723_24"), "CAF": ("PCM_16", "ALAC_16"), "NIST": ("PCM_16", "ULAW"), "VOC": ("PCM_16",),
        "FLAC": ("PCM_16", "PCM_24"), "OGG": ("VORBIS", "OPUS"), "MP3": ("MPEG_LAYER_III",),
    }.items()
    for coding in codings
}  # fmt: skip
"""What libsndfile writes."""

FFMPEG = {
    "m4a_aac": ("ipod", "aac", 16_000), "mp4_aac": ("mp4", "aac", 44_100), "m4a_alac": ("ipod", "alac", 16_000), "aac_adts": ("adts", "aac", 16_000),
    "webm_opus": ("webm", "libopus", 48_000), "mka_mp3": ("matroska", "libmp3lame", 16_000), "wav_mp3": ("wav", "libmp3lame", 16_000),
    "wav_g722": ("wav", "g722", 16_000), "amr": ("amr", "libopencore_amrnb", 8_000), "3gp_amr": ("3gp", "libopencore_amrnb", 8_000),
    "mp4_ac3": ("mp4", "ac3", 48_000), "mp2": ("mp2", "mp2", 16_000), "mov_pcm": ("mov", "pcm_s16le", 16_000), "avi_mp3": ("avi", "libmp3lame", 16_000),
}  # fmt: skip
"""What FFmpeg writes: container, coding, sample rate."""

SOX = {
    "sox_pipe": ("wav", "signed-integer", 16_000), "sox_wav_float": ("wav", "floating-point", 16_000), "sox_wav_gsm": ("wav", "gsm-full-rate", 8_000),
    "sox_wav_ima": ("wav", "ima-adpcm", 16_000), "sox_wav_ms": ("wav", "ms-adpcm", 16_000), "sox_sph_ulaw": ("sph", "u-law", 8_000),
    "sox_au_alaw": ("au", "a-law", 8_000), "sox_aifc": ("aifc", "signed-integer", 16_000), "sox_voc": ("voc", "unsigned-integer", 8_000),
    "sox_w64": ("w64", "signed-integer", 16_000), "sox_sf": ("sf", "signed-integer", 16_000),
}  # fmt: skip
"""What SoX writes: type, coding, sample rate. ``sox_pipe`` does not know the length when it writes its header."""

FORMATS = (*SNDFILE, *FFMPEG, *SOX)

NOT_STATED = (
    "amr",
    "aac_adts",
    "mp2",
    "avi_mp3",
    "webm_opus",
    "ogg_vorbis",
    "ogg_opus",
    "mka_mp3",
    "sox_pipe",
    "sox_sf",
)
"""Nothing in the file says how long it is until its end is read: what is left of it is all there is."""

DELAY_S = 0.15
"""What encoders add at either end: a frame or two of the coding."""


def write(path: Path, name: str) -> Path:
    if name in SNDFILE:
        container, coding = SNDFILE[name]
        rate = 8_000 if coding in ("GSM610", "G721_32", "G723_24", "NMS_ADPCM_16") else RATE
        soundfile.write(path, SPEECH[:: RATE // rate], rate, format=container, subtype=coding)
        return path
    if name in SOX:
        require(which("sox"), "sox, which writes some of these files")
        kind, coding, rate = SOX[name]
        bits = ["-b", "32"] if coding == "floating-point" else ["-b", "8"] if coding == "unsigned-integer" else []
        bits = ["-b", "16"] if coding == "signed-integer" else bits
        command = [
            "sox",
            "-D",
            "-t",
            "f32",
            "-r",
            str(RATE),
            "-c",
            "1",
            "-",
            "-t",
            kind,
            "-e",
            coding,
            *bits,
            "-r",
            str(rate),
        ]
        raw = SPEECH.astype("<f4").tobytes()
        if name == "sox_pipe":
            path.write_bytes(run([*command, "-"], input=raw, capture_output=True, check=True).stdout)
        else:
            run([*command, str(path)], input=raw, capture_output=True, check=True)
        return path
    container, codec, rate = FFMPEG[name]
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono", bit_rate=12_200 if "amr" in codec else 64_000)
        size = stream.codec_context.frame_size or 1_024
        to_codec = av.AudioResampler(format=stream.format.name, rate=rate, layout="mono", frame_size=size)
        frame = av.AudioFrame.from_ndarray(SPEECH[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate = RATE
        frame.pts = 0
        for part in to_codec.resample(frame) + to_codec.resample(None):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_whole_has_its_length_and_level(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.bin", name)
    wave = decode(path)
    assert wave.duration_s == pytest.approx(SECONDS, abs=DELAY_S)
    assert probe(path) == pytest.approx(wave.duration_s, abs=0.06)
    tolerance_db = 6.0 if "amr" in name else 2.0  # a codec for voices makes little of noise
    assert level_db(wave.samples) == pytest.approx(level_db(SPEECH), abs=tolerance_db)
    part = decode(path, start_s=0.5, end_s=1.25)
    assert part.duration_s == pytest.approx(0.75, abs=0.01)
    whole = wave.samples[8_000:20_000]
    inside = slice(400, min(len(part.samples), len(whole)) - 400)  # the edges are those of the resampler
    assert np.abs(part.samples[inside] - whole[inside]).max() < 0.05


def cut(data: bytes) -> bytes:
    return data[: len(data) * 6 // 10]


def beheaded(data: bytes) -> bytes:
    return data[200:]


def zeroed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(len(data) // 10) + data[middle + len(data) // 10 :]


def scrambled(data: bytes) -> bytes:
    middle, n = len(data) // 2, len(data) // 10
    noise = np.random.default_rng(1).integers(0, 256, n, dtype=np.uint8).tobytes()
    return data[:middle] + noise + data[middle + n :]


def longer(data: bytes) -> bytes:
    return data + np.random.default_rng(2).integers(0, 256, 5_000, dtype=np.uint8).tobytes()


def flipped(data: bytes) -> bytes:
    changed = np.frombuffer(data, dtype=np.uint8).copy()
    changed[np.random.default_rng(3).integers(0, min(400, len(changed)), 12)] ^= 0xFF
    return changed.tobytes()


def stub(data: bytes) -> bytes:
    return data[:64]


def heard(path: Path) -> NDArray[np.float32] | None:
    """The samples, or nothing for a named problem; anything else that is raised fails the test."""
    try:
        return decode(path).samples
    except AudioError as error:
        assert error.place == path.name
        assert error.what
        assert error.remedy
        return None


DAMAGES = (cut, beheaded, zeroed, scrambled, longer, flipped, stub)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FORMATS)
def test_what_is_damaged_is_read_or_named(name: str, damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = write(tmp_path / "a.bin", name)
    path.write_bytes(damage(path.read_bytes()))
    samples = heard(path)
    try:
        assert probe(path) >= 0.0
    except AudioError as error:
        assert error.what
    if samples is None:
        return
    assert np.isfinite(samples).all()
    if damage is cut and name not in NOT_STATED:
        assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.25), "shorter, and nothing said so"
    if damage is longer and not name.startswith("au_g72"):  # libsndfile takes what follows such an AU for more of it
        assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.6)
