"""Codecs made for speech: mobile and internet telephony."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from workbench.audio import Waveform
from workbench.conditions import requirements
from workbench.conditions.codec_round_trip import Coding, code
from workbench.conditions.condition import Condition, SpeechPool, parameter
from workbench.errors import ConditionError

AMR_NB_KBPS = (4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2)
G722_KBPS = (48.0, 56.0, 64.0)
G726_KBPS = (16.0, 24.0, 32.0, 40.0)


def require_mode(kbps: float, modes: Sequence[float], *, place: str) -> None:
    """Raise :class:`ConditionError` unless ``kbps`` is one of the rates that the codec has."""
    if kbps not in modes:
        raise ConditionError(
            f"kbps = {kbps:g} kbit/s is not a rate of this codec",
            place=place,
            remedy=f"use {', '.join(f'{mode:g}' for mode in modes)}",
        )


class Opus(Condition):
    """Opus in its speech mode: packets of 20 ms at a constant rate, complexity 5, input at 16 kHz.

    The encoder chooses the audio bandwidth by the rate: 8 kHz at 24 and 16 kbit/s, narrower below. A packet holds whole
    bytes, so that 9 kbit/s are 9.2. No packets are lost here; see ``packet_loss``.
    """

    id: Literal["opus"] = "opus"
    kbps: float = parameter(16.0, 6.0, 64.0, unit="kbit/s", what="constant bit rate")

    family: ClassVar[str] = "codecs"
    title: ClassVar[str] = "Opus"
    hears: ClassVar[str] = "A call over the internet: clear at a high rate, dull and rough at the lowest."
    source: ClassVar[str] = "IETF RFC 6716, as coded by libopus through PyAV (application voip, constant bit rate)"
    leading: ClassVar[str] = "kbps"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"kbps": kbps} for kbps in (24.0, 16.0, 9.0, 6.0))
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return which coder of FFmpeg is missing, if any."""
        return requirements.codec("libopus", "libopus")

    @property
    def coding(self) -> Coding:
        """Encoder, decoder and settings."""
        options = {"application": "voip", "vbr": "off", "frame_duration": "20", "compression_level": "5"}
        return Coding(
            "libopus",
            "libopus",
            16_000,
            "flt",
            bit_rate=round(1000 * self.kbps),
            encoder_options=tuple(options.items()),
        )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return code(wave, self.coding, place=self.condition_id)


class AmrNb(Condition):
    """The narrowband codec of mobile telephony (GSM and UMTS), at one of its eight rates, without loss or pauses in
    transmission (DTX).
    """

    id: Literal["amr_nb"] = "amr_nb"
    kbps: float = parameter(7.95, 4.75, 12.2, unit="kbit/s", what="bit rate, one of the eight modes of the codec")

    family: ClassVar[str] = "codecs"
    title: ClassVar[str] = "AMR narrowband"
    hears: ClassVar[str] = "A mobile telephone call: narrow, and at low rates blurred and hoarse."
    source: ClassVar[str] = "3GPP TS 26.071 and 26.090 (AMR), as coded by opencore-amr through PyAV"
    leading: ClassVar[str] = "kbps"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"kbps": kbps} for kbps in (12.2, 7.95, 5.9, 4.75))
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return which coder of FFmpeg is missing, if any."""
        return requirements.codec("libopencore_amrnb", "libopencore_amrnb")

    @model_validator(mode="after")
    def _is_a_mode(self) -> Self:
        require_mode(self.kbps, AMR_NB_KBPS, place=self.id)
        return self

    @property
    def coding(self) -> Coding:
        """Encoder, decoder and settings."""
        return Coding("libopencore_amrnb", "libopencore_amrnb", 8_000, "s16", bit_rate=round(1000 * self.kbps))

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return code(wave, self.coding, place=self.condition_id)


class G722(Condition):
    """Wideband telephony at 64, 56 or 48 kbit/s, once or several times in a row (tandem).

    The encoder always makes 64 kbit/s; at 56 and 48 the decoder leaves out the one or two lowest bits of the lower
    band, which the standard gives to a data channel.
    """

    id: Literal["g722"] = "g722"
    kbps: float = parameter(56.0, 48.0, 64.0, unit="kbit/s", what="rate of the audio: 48, 56 or 64")
    passes: int = parameter(1, 1, 16, unit="passes", what="how many links in a row (tandem)")

    family: ClassVar[str] = "codecs"
    title: ClassVar[str] = "G.722"
    hears: ClassVar[str] = "A desk telephone with wideband sound and a faint hiss behind the voice."
    source: ClassVar[str] = "ITU-T G.722 as coded by FFmpeg through PyAV; modes 1 to 3"
    leading: ClassVar[str] = "kbps"
    levels: ClassVar[tuple[dict[str, float], ...]] = (
        {"kbps": 64.0, "passes": 1},
        {"kbps": 56.0, "passes": 1},
        {"kbps": 48.0, "passes": 1},
        {"kbps": 48.0, "passes": 2},
    )
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return which coder of FFmpeg is missing, if any."""
        return requirements.codec("g722", "g722")

    @model_validator(mode="after")
    def _is_a_mode(self) -> Self:
        require_mode(self.kbps, G722_KBPS, place=self.id)
        return self

    @property
    def coding(self) -> Coding:
        """Encoder, decoder and settings."""
        bits = str(round(self.kbps / 8.0))
        return Coding("g722", "g722", 16_000, "s16", decoder_options=(("bits_per_codeword", bits),))

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return code(wave, self.coding, place=self.condition_id, passes=self.passes)


class G726(Condition):
    """Narrowband ADPCM at 40, 32, 24 or 16 kbit/s: cordless telephones (DECT) and old trunk lines."""

    id: Literal["g726"] = "g726"
    kbps: float = parameter(32.0, 16.0, 40.0, unit="kbit/s", what="bit rate: 16, 24, 32 or 40")

    family: ClassVar[str] = "codecs"
    title: ClassVar[str] = "G.726"
    hears: ClassVar[str] = "A cordless telephone whose voice carries a hiss, at the lowest rate a rasp."
    source: ClassVar[str] = "ITU-T G.726 ADPCM as coded by FFmpeg through PyAV"
    leading: ClassVar[str] = "kbps"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"kbps": kbps} for kbps in (40.0, 32.0, 24.0, 16.0))
    draws: ClassVar[bool] = False

    @classmethod
    def unavailable(cls) -> str:
        """Return which coder of FFmpeg is missing, if any."""
        return requirements.codec("g726", "g726")

    @model_validator(mode="after")
    def _is_a_mode(self) -> Self:
        require_mode(self.kbps, G726_KBPS, place=self.id)
        return self

    @property
    def coding(self) -> Coding:
        """Encoder, decoder and settings."""
        bits = str(round(self.kbps / 8.0))
        return Coding(
            "g726",
            "g726",
            8_000,
            "s16",
            bit_rate=round(1000 * self.kbps),
            encoder_options=(("code_size", bits),),
            decoder_options=(("bits_per_coded_sample", bits),),
        )

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        return code(wave, self.coding, place=self.condition_id)
