"""Audio that leaves this machine: which engines send it away, where to, and the refusal while a study does not allow it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from workbench.engines.protocol import AUDIO_GOES_TO, ModelInfo
from workbench.errors import EngineError

OPT_IN = "audio_leaves_this_machine"
"""The field of a study without which no engine may send audio away."""


def destinations(models: Iterable[ModelInfo]) -> dict[str, str]:
    """Return where the audio goes by model_id, for those models that send it away: what a run's record says of it."""
    return {model.model_id: str(model.options[AUDIO_GOES_TO]) for model in models if model.options.get(AUDIO_GOES_TO)}


def notes(away: Mapping[str, str]) -> list[str]:
    """Return a remark for each model that sends audio away; ``away`` is what :func:`destinations` returns."""
    return [f"{model}: the audio leaves this machine, to {to}" for model, to in away.items()]


def require_consent(away: Mapping[str, str], *, allowed: bool, place: str) -> None:
    """Raise :class:`EngineError`, naming all of them, if models would send audio away and that is not ``allowed``."""
    if away and not allowed:
        remedy = f"write {OPT_IN} = true into the study if the speakers' consent and your rules allow it"
        problem = "; ".join(f"{model} would send the audio to {to}" for model, to in away.items())
        raise EngineError(problem, place=place, remedy=f"{remedy}, or leave the engine out")


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
