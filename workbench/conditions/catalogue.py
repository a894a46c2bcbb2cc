"""Every condition by name: one line each, at all its severities."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from workbench.conditions.chain import Composed
from workbench.conditions.condition import Condition
from workbench.conditions.parameters import ranges

_CONDITIONS = (  # module and class; a new condition is one more line
    "clean.Clean",
    "noise.WhiteNoise",
    "noise.PinkNoise",
    "noise.SpeechShapedNoise",
    "babble.Babble",
    "overlap.Overlap",
    "music.Music",
    "cafe.Cafe",
    "icu_ward.IcuWard",
    "call_centre.CallCentre",
    "tones.EquipTone",
    "tones.EquipPulse",
    "tones.Hum",
    "machines.FanHvac",
    "machines.VentCompressor",
    "alarms.AlarmHigh",
    "alarms.AlarmMedium",
    "alarms.AlarmLow",
    "mri.MriGradient",
    "mri.MriColdhead",
    "rooms.Room",
    "far_field.FarField",
    "echoes.Echo",
    "masks.Mask",
    "microphones.HandsetBand",
    "microphones.CheapMic",
    "channel_swap.ChannelSwap",
    "speech_rate.SpeechRate",
    "speech_rate.SlowSpeech",
    "pitch.Pitch",
    "pitch.LowPitch",
    "lombard.Lombard",
    "whispered.Whispered",
    "levels.Clipping",
    "levels.LowLevel",
    "levels.AgcPump",
    "bandwidth.BandlimitResample",
    "weather.Rain",
    "weather.Wind",
    "traffic.Vehicle",
    "traffic.Street",
    "codecs.G711",
    "gsm.GsmFr",
    "speech_codecs.Opus",
    "speech_codecs.AmrNb",
    "speech_codecs.G722",
    "speech_codecs.G726",
    "music_codecs.Mp3Low",
    "music_codecs.AacLow",
    "packet_loss.PacketLoss",
    "jitter_warp.JitterWarp",
    "dropouts.Dropouts",
    "silence_pad.SilencePad",
    "noise_only.NoiseOnly",
    "user_noise.UserNoise",
    "user_room.UserRoom",
    "augmentation.Audiomentations",
    "places.Ward",
    "places.Icu",
    "places.MriSuite",
    "places.Cafe",
    "places.CallCentre",
    "places.Car",
    "places.Street",
    "places.VideoCall",
    "places.Speakerphone",
    "former_places.Ward",
    "former_places.Cafe",
)


def _load(name: str) -> type[Condition]:
    module, _, class_name = name.partition(".")
    loaded: type[Condition] = getattr(import_module(f"workbench.conditions.{module}"), class_name)
    return loaded


KINDS: Mapping[str, type[Condition]] = MappingProxyType({kind.name(): kind for kind in map(_load, _CONDITIONS)})
"""Name of a condition -> its class."""

CATALOGUE: Mapping[str, Condition] = MappingProxyType(
    {
        condition.condition_id: condition
        for kind in KINDS.values()
        if kind.catalogued and not kind.needs_folder
        for condition in [kind(id=kind.name(), severity=level) for level in range(1, len(kind.levels) + 1) or (0,)]
    }
)
"""Every condition that a name and a severity are enough for: ``clean``, ``white_noise@1`` ... ``place:speakerphone@4``; without those that a newer version superseded."""

_TEMPLATES: Mapping[str, Condition] = MappingProxyType(
    {
        condition.condition_id: condition
        for kind in KINDS.values()
        if kind.needs_folder
        for condition in [
            kind(**{"id": kind.name(), "severity": level, "folder": "FOLDER"})
            for level in range(1, len(kind.levels) + 1)
        ]
    }
)


def describe() -> list[dict[str, Any]]:
    """Return one row per named condition, also of those that need a folder (``FOLDER``): what it is, its parameters with their ranges, its source, and whether it can be made.

    ``ranges`` has for each parameter low, high, unit, default and meaning; ``parts`` the parts of a place, in order. ``available`` says whether this machine has
    what it needs; ``reason``, where not, what is missing and what to do.
    """
    return [
        {
            "id": condition_id,
            "family": condition.family,
            "severity": condition.severity,
            "parameters": condition.parameters,
            "units": dict(condition.units),
            "ranges": ranges(type(condition)),
            "parts": [step.condition_id for step in condition.steps] if isinstance(condition, Composed) else [],
            "source": condition.source,
            "title": condition.title,
            "hears": condition.hears,
            "available": not condition.missing,
            "reason": "; ".join(condition.missing),
        }
        for condition_id, condition in [*CATALOGUE.items(), *_TEMPLATES.items()]
    ]
