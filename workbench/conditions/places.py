"""Places: chains with a name, from the room to the network, at four severities. Their parts can be seen and changed.

A place is written ``place:cafe@2``, as some places have the name of the single noise that is heard there (``cafe``,
``call_centre``, ``street``): without ``place:`` that noise is meant. Where no single condition has the name, ``icu@2``
will do. ``parts`` shows what it is made of, ``with_part`` changes it, and then it is a chain.

Which parts meet in a place we chose. How loud they are together was measured in such places where ``measured`` says so; elsewhere we
chose that too. A place whose levels changed has a new id (``place:ward-2``); the older one is in ``former_places``.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, ClassVar, Literal

from workbench.conditions import (
    babble,
    cafe,
    call_centre,
    codecs,
    echoes,
    far_field,
    icu_ward,
    levels,
    machines,
    microphones,
    mri,
    packet_loss,
    rooms,
    speech_codecs,
    tones,
    traffic,
    weather,
)
from workbench.conditions.chain import Composed
from workbench.conditions.condition import SEVERITIES, TYPICAL, Condition
from workbench.conditions.sound_level import NORMAL_SPEECH_DBA

Recipe = tuple[Condition | type[Condition] | tuple[Condition, ...], ...]
"""The parts of a place in order: a condition as it is, a class that takes the severity of the place, or a condition for each severity."""


TOTAL_SNR_DB = (15.0, 10.0, 5.0, 0.0)
"""Speech minus noise on a ward at the four severities: the measured range, and 5 dB beyond it."""
THIRD_SNR_DB = tuple(round(snr_db + 10.0 * math.log10(3.0), 1) for snr_db in TOTAL_SNR_DB)
"""The same of each of three equally loud sounds that together have that ratio."""

FAN_A_WEIGHTED_DB = -7.9
"""A-weighted minus unweighted level of ventilation whose power falls by 5 dB per octave; of a voice both are taken as equal."""

_CAFE_DBA = (55.0, 65.0, 75.0, 82.0)
CAFE_SNR_DB = tuple(
    round(NORMAL_SPEECH_DBA + 0.5 * (noise_dba - 55.0) - 20.0 * math.log10(0.3) - noise_dba) for noise_dba in _CAFE_DBA
)
"""Speech minus noise at a café table: a raised voice at 0.3 m against what was measured in eating places."""


class Place(Composed):
    """A chain with a name; ``recipe`` says what it is made of."""

    severity: int | None = TYPICAL

    family: ClassVar[str] = "chains"
    leading: ClassVar[str] = ""
    levels: ClassVar[tuple[dict[str, float], ...]] = ({},) * len(SEVERITIES)
    recipe: ClassVar[Recipe]
    assumed: ClassVar[str]
    """What the chain takes for granted about the place."""
    measured: ClassVar[str] = ""
    """Where its levels were measured, and how they became ratios of speech to noise; empty where we chose them."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """State where a place comes from: its parts have sources, their choice is ours."""
        super().__pydantic_init_subclass__(**kwargs)
        levels = f"levels as measured: {cls.measured}; parts" if cls.measured else "parts and their levels"
        cls.source = f"{levels} chosen by us: {cls.assumed}; the parts have sources of their own"

    @classmethod
    def unavailable(cls) -> str:
        """Return what this machine lacks for any of the parts, and what to do about it."""
        return "; ".join(dict.fromkeys(reason for step in _parts(cls.recipe, TYPICAL) for reason in step.missing))

    @property
    def steps(self) -> tuple[Condition, ...]:
        """The parts at this severity, in order."""
        return _parts(self.recipe, self.severity or TYPICAL)

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The parts at this severity, in order."""
        return self.steps

    @property
    def notes(self) -> tuple[str, ...]:
        """What is unusual about the order, and that there is a newer version."""
        newer = (
            f"superseded by {self.superseded_by}, whose levels were measured in such places; this one stays for studies "
            "that were made with it"
        )
        return (*super().notes, newer) if self.superseded_by else super().notes


@lru_cache(maxsize=256)
def _parts(recipe: Recipe, severity: int) -> tuple[Condition, ...]:
    return tuple(_part(part, severity) for part in recipe)


def _part(part: Condition | type[Condition] | tuple[Condition, ...], severity: int) -> Condition:
    if isinstance(part, tuple):
        return part[severity - 1]
    return part if isinstance(part, Condition) else part(id=part.name(), severity=severity)


class Ward(Place):
    """A bed on a general ward, spoken into a hand-held device at half a metre: ventilation, visitors, a pump that beeps.

    ``TOTAL_SNR_DB`` is that of all sounds together, A-weighted. Each of the three is as loud as the others: 4.8 dB below their sum.
    """

    id: Literal["place:ward-2"] = "place:ward-2"
    title: ClassVar[str] = "Hospital ward"
    hears: ClassVar[str] = (
        "Someone at a bedside: ventilation, other people who talk, a machine that beeps, a bare room."
    )
    assumed: ClassVar[str] = (
        "a bare room of 0.5 s, ventilation, four people talking and a monitor at 900 Hz, each as loud as the others, an "
        "inexpensive microphone"
    )
    measured: ClassVar[str] = (
        "5 to 15 dB between speech and noise where people talk in hospitals, homes and stores, -2 to -1 dB in trains and "
        "aeroplanes (Pearsons, Bennett and Fidell 1977, EPA-600/1-77-025, after Olsen 1998, Am. J. Audiol. 7(2)); it fits "
        "normal speech of 66 dBA at 0.5 m (ISO 9921) in wards of 50 to 60 dBA (Busch-Vishniac et al. 2005, J. Acoust. Soc. Am. 118(6))"
    )
    recipe: ClassVar[Recipe] = (
        rooms.Room(rt60_s=0.5, drr_db=2),
        tuple(machines.FanHvac(snr_db=round(snr_db + FAN_A_WEIGHTED_DB, 1)) for snr_db in THIRD_SNR_DB),
        tuple(babble.Babble(snr_db=snr_db) for snr_db in THIRD_SNR_DB),
        tuple(tones.EquipPulse(snr_db=snr_db) for snr_db in THIRD_SNR_DB),
        microphones.CheapMic(severity=1),
    )


class Icu(Place):
    """A bed in intensive care, spoken into a hand-held device: the sounds of ``icu_ward`` in a hard room."""

    id: Literal["place:icu"] = "place:icu"
    title: ClassVar[str] = "Intensive care"
    hears: ClassVar[str] = "Someone beside a ventilator: its strokes, alarms near and far, voices in a hard room."
    assumed: ClassVar[str] = "a hard room of 0.6 s, the sounds of icu_ward, an inexpensive microphone"
    recipe: ClassVar[Recipe] = (rooms.Room(rt60_s=0.6, drr_db=2), icu_ward.IcuWard, microphones.CheapMic(severity=1))


class MriSuite(Place):
    """A patient in the scanner who speaks over the intercom: the cold head always, the gradients while it scans."""

    id: Literal["place:mri_suite"] = "place:mri_suite"
    title: ClassVar[str] = "MRI suite"
    hears: ClassVar[str] = "A patient inside the scanner, over the intercom: hammering, and a pump that chirps."
    assumed: ClassVar[str] = (
        "a bore with a short, dense tail of 0.3 s, a telephone band, and gain control in the intercom"
    )
    recipe: ClassVar[Recipe] = (
        rooms.Room(rt60_s=0.3, drr_db=0),
        mri.MriColdhead(severity=1),
        mri.MriGradient,
        microphones.HandsetBand(severity=2),
        levels.AgcPump(severity=1),
    )


class Cafe(Place):
    """A guest who speaks to a telephone at a café table."""

    id: Literal["place:cafe-2"] = "place:cafe-2"
    title: ClassVar[str] = "At a café table"
    hears: ClassVar[str] = "Someone at a café table: the murmur of many, cups that clink, a lively room."
    assumed: ClassVar[str] = "a lively room of 0.7 s, the sounds of cafe, an inexpensive microphone"
    measured: ClassVar[str] = (
        "45 to 82 dBA in ten eating places (Hodgson, Steininger and Razavi 2007, J. Acoust. Soc. Am. 121(4)); taken are 55, 65, 75 "
        "and 82 dBA, a telephone at 0.3 m, and a voice of 60 dBA at 1 m (ISO 9921) that is raised by half a decibel for each "
        "decibel of noise above 55 dBA (Bottalico 2018: from 57 dBA on)"
    )
    recipe: ClassVar[Recipe] = (
        rooms.Room(rt60_s=0.7, drr_db=4),
        tuple(cafe.Cafe(snr_db=snr_db) for snr_db in CAFE_SNR_DB),
        microphones.CheapMic(severity=1),
    )


class CallCentre(Place):
    """An agent among other agents, with a headset, on a fixed-line call."""

    id: Literal["place:call_centre"] = "place:call_centre"
    title: ClassVar[str] = "Call from a call centre"
    hears: ClassVar[str] = "An agent on the telephone, with the murmur of the other agents and a keyboard behind."
    assumed: ClassVar[str] = "a headset close to the mouth, so no room; a telephone band; one G.711 link"
    recipe: ClassVar[Recipe] = (call_centre.CallCentre, microphones.HandsetBand(severity=2), codecs.G711(severity=1))


class Car(Place):
    """A driver on a hands-free mobile call; speed and with it the noise of the cabin rise with severity."""

    id: Literal["place:car"] = "place:car"
    title: ClassVar[str] = "Hands-free call in a car"
    hears: ClassVar[str] = "A driver over the hands-free kit: engine and road, and a voice out of a small space."
    assumed: ClassVar[str] = "a cabin with a tail of 0.08 s, a microphone at the roof, gain control, AMR narrowband"
    recipe: ClassVar[Recipe] = (
        rooms.Room(rt60_s=0.08, drr_db=2),
        traffic.Vehicle,
        levels.AgcPump(severity=1),
        speech_codecs.AmrNb,
    )


class Street(Place):
    """A pedestrian on a mobile call at the kerb, with some wind in the microphone."""

    id: Literal["place:street"] = "place:street"
    title: ClassVar[str] = "Call from the street"
    hears: ClassVar[str] = "Someone who calls from a busy street: cars pass, a horn, some wind."
    assumed: ClassVar[str] = "open air, so no room; wind 20 dB below the voice; a telephone band; AMR narrowband"
    recipe: ClassVar[Recipe] = (
        traffic.Street,
        weather.Wind(snr_db=20),
        microphones.HandsetBand(severity=2),
        speech_codecs.AmrNb,
    )


class VideoCall(Place):
    """Someone before a laptop in a video call: room, microphone and connection get worse with severity."""

    id: Literal["place:video_call"] = "place:video_call"
    title: ClassVar[str] = "Video call"
    hears: ClassVar[str] = "Someone at a laptop: the room, its fan, and a connection that breaks up."
    assumed: ClassVar[str] = "a fan 20 dB below the voice, gain control, Opus at 16 kbit/s with lost packets"
    recipe: ClassVar[Recipe] = (
        rooms.Room,
        machines.FanHvac(severity=1),
        microphones.CheapMic,
        levels.AgcPump(severity=1),
        speech_codecs.Opus(severity=2),
        packet_loss.PacketLoss,
    )


class Speakerphone(Place):
    """Someone further and further from a conference telephone that lets through its own echo."""

    id: Literal["place:speakerphone"] = "place:speakerphone"
    title: ClassVar[str] = "Speakerphone"
    hears: ClassVar[str] = "A voice from across a meeting room, with an echo of itself, over a wideband telephone."
    assumed: ClassVar[str] = "a meeting room of 60 m3 and 0.5 s, an echo that is not fully cancelled, G.722"
    recipe: ClassVar[Recipe] = (far_field.FarField, echoes.Echo, levels.AgcPump(severity=1), speech_codecs.G722)
