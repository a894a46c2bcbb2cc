"""Audio in: decode, resample, measure (level, full scale, roll-off, STOI, SI-SDR), digest, write.

Everything downstream sees one shape: a :class:`Waveform`, mono float32, nominally within [-1, 1], at 16 kHz unless
said otherwise. Levels are in dBov: decibels relative to the overload point, an RMS value of 1.0.
"""

from workbench.audio.decoder import channel_of, channels, decode, file_facts, probe, segment_digest, source_digest
from workbench.audio.distortion import si_sdr_db
from workbench.audio.downmix import CANCELLED
from workbench.audio.facts import END_TOLERANCE_S, FileFacts
from workbench.audio.intelligibility import StoiReference, stoi
from workbench.audio.level import AUDIBLE_DB, SpeechLevel, speech_level
from workbench.audio.noise_floor import floor_db
from workbench.audio.overload import FullScale, full_scale
from workbench.audio.recorded import recorded
from workbench.audio.resampler import resample
from workbench.audio.rolloff import rolloff_hz
from workbench.audio.urls import forget, is_url, on_this_machine
from workbench.audio.waveform import (
    CODE_VERSION,
    SAMPLE_RATE,
    Samples,
    Waveform,
    active_level,
    check_samples,
    samples_digest,
    wav_bytes,
    wav_comment,
    write_wav,
)

__all__ = [
    "AUDIBLE_DB",
    "CANCELLED",
    "CODE_VERSION",
    "END_TOLERANCE_S",
    "SAMPLE_RATE",
    "FileFacts",
    "FullScale",
    "Samples",
    "SpeechLevel",
    "StoiReference",
    "Waveform",
    "active_level",
    "channel_of",
    "channels",
    "check_samples",
    "decode",
    "file_facts",
    "floor_db",
    "forget",
    "full_scale",
    "is_url",
    "on_this_machine",
    "probe",
    "recorded",
    "resample",
    "rolloff_hz",
    "samples_digest",
    "segment_digest",
    "si_sdr_db",
    "source_digest",
    "speech_level",
    "stoi",
    "wav_bytes",
    "wav_comment",
    "write_wav",
]
