"""Adaptive runs: rounds of transcription, allocation of speakers, and matched difficulty."""

from workbench.adaptive.rounds import rounds_of as rounds_of
from workbench.adaptive.rounds import run as run
