"""Places as they were: first versions, for the studies and runs that name them. No list offers them.

Their levels were chosen, not measured: under ``place:ward@2``, called typical, Whisper tiny.en has a word error rate of 161 % and base of
149 % (docs/real-speech.md).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from workbench.conditions import babble, cafe, microphones, rooms, tones
from workbench.conditions.places import Place, Recipe


class Ward(Place):
    """A bed on a general ward, spoken into a hand-held device at half a metre: visitors, and a pump that beeps."""

    catalogued: ClassVar[bool] = False
    superseded_by: ClassVar[str] = "place:ward-2"
    id: Literal["place:ward"] = "place:ward"
    title: ClassVar[str] = "Hospital ward"
    hears: ClassVar[str] = "Someone at a bedside: other people talk, a machine beeps, the room is bare."
    assumed: ClassVar[str] = "a bare room of 0.5 s, four people talking, a monitor at 900 Hz, an inexpensive microphone"
    recipe: ClassVar[Recipe] = (
        rooms.Room(rt60_s=0.5, drr_db=4),
        babble.Babble,
        tones.EquipPulse,
        microphones.CheapMic(severity=1),
    )


class Cafe(Place):
    """A guest who speaks to a telephone at a café table."""

    catalogued: ClassVar[bool] = False
    superseded_by: ClassVar[str] = "place:cafe-2"
    id: Literal["place:cafe"] = "place:cafe"
    title: ClassVar[str] = "At a café table"
    hears: ClassVar[str] = "Someone at a café table: the murmur of many, cups that clink, a lively room."
    assumed: ClassVar[str] = "a lively room of 0.7 s, the sounds of cafe, an inexpensive microphone"
    recipe: ClassVar[Recipe] = (rooms.Room(rt60_s=0.7, drr_db=4), cafe.Cafe, microphones.CheapMic(severity=1))
