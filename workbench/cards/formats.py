"""The kinds of files that a card comes in, and how its JSON is read from each."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from workbench.cards.html import html, json_of, printed
from workbench.cards.model import Card
from workbench.cards.writer import pdf
from workbench.errors import CardError

Misprint = tuple[str, str, str]
"""Place, what the file prints, and what it should print."""


ATTACHED = "card.json"
"""The name under which a PDF carries the card."""


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


def _pdf_json(held: bytes, path: Path) -> str:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        attached: Mapping[str, list[bytes]] = PdfReader(io.BytesIO(held)).attachments
    except (PyPdfError, ValueError, KeyError, TypeError) as error:
        raise CardError(f"the PDF cannot be read: {error}", place=str(path), remedy="write the card again") from None
    result = attached.get(ATTACHED, [])
    if not result:
        raise CardError("no card is attached to this PDF", place=str(path), remedy="name a PDF that `card` wrote")
    return result[0].decode("utf-8", errors="replace")


def _pdf_misprints(held: bytes, card: Card) -> Iterator[Misprint]:
    """Yield each line of a page, and each hash in the metadata, that the card does not print there."""
    from pypdf import PdfReader

    told, wanted = (PdfReader(io.BytesIO(item)) for item in (held, pdf(card)))
    yield from _unlike(["pages", *[str(len(item.pages)) for item in (told, wanted)]])
    for n, (page, other) in enumerate(zip(told.pages, wanted.pages, strict=False), 1):
        for line, right in zip_longest(
            page.extract_text().splitlines(), other.extract_text().splitlines(), fillvalue=""
        ):
            yield from _unlike([f"page {n}", line, right])
    yield from _unlike(
        ["keywords", *[str(item.metadata and item.metadata.get("/Keywords")) for item in (told, wanted)]]
    )


def _html_json(held: bytes, path: Path) -> str:
    result = json_of(held.decode("utf-8", errors="replace"))
    if result is None:
        raise CardError("no card is in this page", place=str(path), remedy="name a page that `card` wrote")
    return result


def _html_misprints(held: bytes, card: Card) -> Iterator[Misprint]:
    told, wanted = printed(held.decode("utf-8", errors="replace")), printed(html(card))
    for n, (line, right) in enumerate(zip_longest(told, wanted, fillvalue=""), 1):
        yield from _unlike([f"line {n}", line, right])


def _unlike(line: Sequence[str]) -> Iterator[Misprint]:
    place, told, wanted = line
    if told != wanted:
        yield place, told, wanted


def _begins(held: bytes, *starts: bytes) -> bool:
    return held.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower().startswith(starts)


JSON = Carrier(lambda held: _begins(held, b"{"), _json_text, _nothing_printed)
PDF = Carrier(lambda held: _begins(held, b"%pdf-"), _pdf_json, _pdf_misprints)
HTML = Carrier(lambda held: _begins(held, b"<!doctype html", b"<html"), _html_json, _html_misprints)
CARRIERS = (JSON, PDF, HTML)
