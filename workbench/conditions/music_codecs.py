"""Codecs made for music, at rates that are low even for speech: podcasts, voice notes, web video."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions import requirements
from workbench.conditions.codec_round_trip import Coding, code
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.conditions.speech_codecs import require_mode

MP3_KBPS = (8.0, 16.0, 24.0, 32.0, 40.0, 48.0, 56.0, 64.0, 80.0, 96.0, 112.0, 128.0, 144.0, 160.0)


class Mp3Low(Condition):
    """MP3 (MPEG-2 layer III, 16 kHz, mono) at a constant rate; the encoder lowers the audio bandwidth with the rate."""

    id: Literal["mp3_low"] = "mp3_low"
    kbps: float = parameter(24.0, 8.0, 160.0, unit="kbit/s", what="constant bit rate, one of those of the format")

    family: ClassVar[str] = "codecs"
    title: ClassVar[str] = "Low-rate MP3"
    hears: ClassVar[str] = "A much compressed recording: dull, with a watery warble at the lowest rates."
    source: ClassVar[str] = "ISO/IEC 13818-3 layer III as coded by LAME through PyAV, constant bit rate"
    leading: ClassVar[str] = "kbps"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"kbps": kbps} for kbps in (32.0, 24.0, 16.0, 8.0))
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return which coder of FFmpeg is missing, if any."""
        return requirements.codec("libmp3lame", "mp3float")

    @model_validator(mode="after")
    def _is_a_rate(self) -> Self:
        require_mode(self.kbps, MP3_KBPS, place=self.id)
        return self

    @property
    def coding(self) -> Coding:
        """Encoder, decoder and settings."""
        return Coding("libmp3lame", "mp3float", 16_000, "fltp", bit_rate=round(1000 * self.kbps))

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return code(wave, self.coding, place=self.condition_id)


class AacLow(Condition):
    """AAC-LC (16 kHz, mono) at a low average rate, by FFmpeg's own encoder: others sound better at the same rate."""

    id: Literal["aac_low"] = "aac_low"
    kbps: float = parameter(24.0, 8.0, 96.0, unit="kbit/s", what="average bit rate")

    family: ClassVar[str] = "codecs"
    title: ClassVar[str] = "Low-rate AAC"
    hears: ClassVar[str] = "A voice note or web video saved very small: dull, with smeared consonants."
    source: ClassVar[str] = "ISO/IEC 14496-3 AAC-LC as coded by FFmpeg's encoder through PyAV"
    leading: ClassVar[str] = "kbps"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"kbps": kbps} for kbps in (32.0, 24.0, 16.0, 8.0))
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return which coder of FFmpeg is missing, if any."""
        return requirements.codec("aac", "aac")

    @property
    def coding(self) -> Coding:
        """Encoder, decoder and settings."""
        return Coding("aac", "aac", 16_000, "fltp", bit_rate=round(1000 * self.kbps))

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return code(wave, self.coding, place=self.condition_id)
