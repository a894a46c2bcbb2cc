"""What a check finds: one reason to look at one utterance again."""

from __future__ import annotations

from dataclasses import dataclass

SERIOUS = frozenset({"no words", "same audio, another speaker", "same audio, another text"})
"""Reasons that make figures wrong whatever the engine does; the others are worth a look."""


@dataclass(frozen=True, slots=True)
class Found:
    """One reason: the utterance, the name of the check, what was seen, and what might be written instead."""

    utterance_id: str
    reason: str
    detail: str
    suggestion: str = ""
