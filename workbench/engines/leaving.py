"""Audio that leaves this machine: which engines send it away, where to, and the refusal while a study does not allow it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from workbench.engines.base import AUDIO_GOES_TO, Engine, ModelInfo, audio_goes_to
from workbench.errors import EngineError

OPT_IN = "audio_leaves_this_machine"
"""The field of a study without which no engine may send audio away."""


def destinations(models: Iterable[ModelInfo]) -> dict[str, str]:
    """Return where the audio goes by model_id, for those models that send it away: what a run's record says of it."""
    return {one.model_id: str(one.options[AUDIO_GOES_TO]) for one in models if one.options.get(AUDIO_GOES_TO)}


def notes(engines: Sequence[Engine]) -> list[str]:
    """Return a remark for each engine that sends audio away."""
    return [f"{one.model_id}: the audio leaves this machine, to {to}" for one in engines if (to := audio_goes_to(one))]


def require_consent(engines: Sequence[Engine], *, allowed: bool, place: str) -> None:
    """Raise :class:`EngineError`, naming all of them, if engines would send audio away and that is not ``allowed``."""
    away = [f"{one.model_id} would send the audio to {to}" for one in engines if (to := audio_goes_to(one))]
    if away and not allowed:
        remedy = f"write {OPT_IN} = true into the study if the speakers' consent and your rules allow it"
        raise EngineError("; ".join(away), place=place, remedy=f"{remedy}, or leave the engine out")


def stays_here(host: str) -> bool:
    """Return whether a host is this machine by its name alone: ``localhost``, or a loopback address (127.0.0.0/8, ::1).

    Any other name or address counts as elsewhere, those of a private network too; nothing is looked up.

    Source: RFC 6761, 6.3 (localhost); RFC 1122, 3.2.1.3 and RFC 4291, 2.5.3 (loopback).

    >>> stays_here("127.0.0.1"), stays_here("192.168.0.7")
    (True, False)
    """
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
