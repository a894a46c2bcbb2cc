"""The kinds of files that a card comes in, and how its JSON is read from each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.cards.model import Card

Misprint = tuple[str, str, str]
"""Place, what the file prints, and what it should print."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """One kind of file: whether bytes are of it, the card's JSON in them, and where its text is not that of a card.

    ``card_json`` raises a CardError if there is none.
    """

    fits: Callable[[bytes], bool]
    card_json: Callable[[bytes, Path], str]
    misprints: Callable[[bytes, Card], Iterator[Misprint]]


def _json_text(held: bytes, path: Path) -> str:
    return held.decode("utf-8-sig", errors="replace")


def _nothing_printed(held: bytes, card: Card) -> Iterator[Misprint]:
    return iter(())


JSON = Carrier(lambda held: held.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"), _json_text, _nothing_printed)
CARRIERS = (JSON,)
