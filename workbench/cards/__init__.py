"""The service card: one frozen data object, written as PDF, JSON and CSV that say the same."""

from workbench.cards.building import build
from workbench.cards.model import EVERYONE, Card
from workbench.cards.verification import Difference, Verification, compare, verify
from workbench.cards.writing import CardFiles, pdf, write

__all__ = [
    "EVERYONE",
    "Card",
    "CardFiles",
    "Difference",
    "Verification",
    "build",
    "compare",
    "pdf",
    "verify",
    "write",
]
