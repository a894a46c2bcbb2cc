"""Pairing: who hears the same draw of noise, room and loss."""

from __future__ import annotations

from typing import Literal, assert_never, get_args

from workbench.errors import ConditionError, choices

Pairing = Literal["slot", "utterance", "global"]
"""``slot``: the same rank of every speaker; ``utterance``: nobody else; ``global``: everybody, every time."""

PAIRINGS: tuple[Pairing, ...] = get_args(Pairing)


def draw_key(pairing: Pairing, *, slot: int, utterance_id: str) -> str:
    """Return what a draw belongs to; equal keys hear the same draw of a condition.

    ``slot`` is the rank of the utterance within its speaker: comparisons of speakers are paired, and what a speaker
    hears changes from one utterance to the next. ``utterance``: each has a draw of its own, independent of all others.
    ``global``: one draw for the whole study, its first seconds in every utterance.

    Raises
    ------
    ConditionError : another pairing; or by utterance, for one that has no id
    """
    if pairing not in PAIRINGS:
        raise ConditionError(f"there is no pairing {pairing!r}", remedy=choices(str(pairing), PAIRINGS))
    if pairing == "slot":
        return str(slot)
    if pairing == "global":
        return "global"
    if pairing == "utterance":
        if not utterance_id:
            raise ConditionError(
                "pairing by utterance, but the audio has no id", remedy="give the waveform an utterance_id"
            )
        return f"utterance {utterance_id}"
    assert_never(pairing)
