"""Rounds: a run that transcribes part of its work list, looks, and adds to it."""

from __future__ import annotations

from typing import Protocol

from workbench.runner.inputs import Inputs, Unit


class Rounds(Protocol):
    """Who decides what is transcribed next; see :mod:`workbench.adaptive.rounds`."""

    def __call__(self, run_id: str, inputs: Inputs, chosen: frozenset[Unit]) -> frozenset[Unit]:
        """Return the units to add to those ``chosen`` before, all of which are transcribed; none ends the run."""
        ...

    def told(self, run_id: str, inputs: Inputs) -> str:
        """Return a remark for the run's notes: what was transcribed of what there was."""
        ...
