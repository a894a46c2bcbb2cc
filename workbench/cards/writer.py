"""Write a card as files: PDF, HTML, JSON and CSV with the same numbers, the same bytes for the same card."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from workbench.cards.html import html
from workbench.cards.model import Card
from workbench.cards.rendered import DrawnCard, DrawnFigure, draw
from workbench.errors import CardError
from workbench.figures.wording import clean_text
from workbench.files.spreadsheet_text import neutral

if TYPE_CHECKING:
    from typst import PDFStandard

TALLEST_PT = 215 / 25.4 * 72
"""A figure taller than this is scaled to fit its page."""
PREVIEW_PPI = 110
HALF_PT, READABLE_PT = 111 / 25.4 * 72, 150 / 25.4 * 72
"""A further figure whose height lies between these is scaled so that two fit a page; a taller one would not be readable."""
LONGEST_ALT = 16_000
"""Characters; PDF/A allows a string of 32,767 bytes, of two for each character."""
STANDARDS: Final[list[PDFStandard]] = ["a-3a", "ua-1"]
"""PDF/A-3a for archives, with the card's JSON attached, and PDF/UA-1 for readers: tagged, every figure with a text
alternative, fonts embedded."""


class CardFiles(NamedTuple):
    """Where a card was written."""

    pdf: Path
    html: Path
    json: Path
    rates_csv: Path
    gaps_csv: Path


def write(card: Card | DrawnCard, out: Path | str) -> CardFiles:
    """Write ``card`` into the folder ``out`` (made if missing) as card.pdf, card.html, card.json, rates.csv and gaps.csv.

    Raises
    ------
    CardError : the folder cannot be written, or the PDF cannot be typeset
    """
    out, drawn = Path(out), draw(card)
    card = drawn.card
    files = CardFiles(out / "card.pdf", out / "card.html", out / "card.json", out / "rates.csv", out / "gaps.csv")
    contents = {
        files.pdf: pdf(drawn),
        files.html: html(drawn).encode("utf-8"),
        files.json: json_bytes(card),
        files.rates_csv: neutral(card.rates_frame()).to_csv(index=False, lineterminator="\n").encode("utf-8"),
        files.gaps_csv: neutral(card.gaps_frame()).to_csv(index=False, lineterminator="\n").encode("utf-8"),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            path.write_bytes(content)
    except OSError as error:
        raise CardError(
            f"cannot write the card: {error.strerror or error}",
            place=str(out),
            remedy="name a folder that can be written",
        ) from None
    return files


def json_bytes(card: Card) -> bytes:
    """Return the card as JSON, the same in every form that carries it."""
    return (card.model_dump_json(indent=1) + "\n").encode("utf-8")


def pdf(card: Card | DrawnCard) -> bytes:
    """Return the card as a PDF: A4, tagged (PDF/A-3a and PDF/UA-1), vector figures, fonts embedded, its JSON attached.

    Raises
    ------
    CardError : the card's date is no date, or the PDF cannot be typeset
    """
    import typst

    drawn = draw(card)
    moment = _moment(drawn.card)
    with _typesetter(drawn) as (compiler, covered):
        # Where no font of this machine holds some script in the card, the standards refuse it: still tagged, without them.
        for standards in [STANDARDS] if covered else [STANDARDS, []]:
            try:
                made = compiler.compile(format="pdf", pdf_standards=standards, timestamp=moment)
            except typst.TypstError as error:
                problem = error
            else:
                return _without_suspects(cast(bytes, made))
    raise CardError(f"the PDF cannot be typeset: {problem.message}", place="card.typ") from problem


def _without_suspects(made: bytes) -> bytes:
    """Return the PDF with the mark "no tag is suspect" blanked: it says nothing, and poppler complains of it.

    The length stays, for the file's table of contents counts bytes.
    """
    mark = b"/Suspects false"
    return made.replace(b"/MarkInfo<</Marked true" + mark, b"/MarkInfo<</Marked true" + b" " * len(mark), 1)


def pages(card: Card | DrawnCard) -> list[bytes]:
    """Return every page of the PDF as a PNG, to be looked at before the card is sent."""
    with _typesetter(draw(card)) as (compiler, _):
        made = compiler.compile(format="png", ppi=PREVIEW_PPI)
    return cast(list[bytes], made if isinstance(made, list) else [made])


def first_page(card: Card | DrawnCard) -> bytes:
    """Return the first page of the PDF as a PNG."""
    return pages(card)[0]


@contextmanager
def _typesetter(drawn: DrawnCard) -> Iterator[tuple[Any, bool]]:
    """Put everything that the page is made of into a folder; yield the compiler, and whether its fonts have every glyph."""
    import typst

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        text = json.dumps(_laid_out(drawn, root), ensure_ascii=False)
        (root / "data.json").write_text(text, encoding="utf-8")
        (root / "card.json").write_bytes(json_bytes(drawn.card))
        (root / "card.typ").write_bytes(resources.files("workbench.cards").joinpath("card.typ").read_bytes())
        covered = _covered(text)
        yield typst.Compiler(root / "card.typ", root=root, font_paths=_fonts(system=not covered)), covered


def _laid_out(drawn: DrawnCard, root: Path) -> dict[str, Any]:
    """Write every figure into ``root``; return the words of the card with each figure named where it belongs."""
    numbers = count(1)

    def placed(figures: Iterable[DrawnFigure], of: str = "") -> list[dict[str, Any]]:
        return [_placed(figure, next(numbers), root, of) for figure in figures if figure.printed]

    results = [
        {
            **result,
            "attributes": [
                {
                    **part,
                    "pictures": placed(of.first, result["model"]),
                    "further": placed(of.further, result["model"]),
                }
                for part, of in zip(result["attributes"], figures, strict=True)
            ],
        }
        for result, figures in zip(drawn.shown["results"], drawn.results, strict=True)
    ]
    title = _short(drawn.shown["title"])
    return {**drawn.shown, "results": results, "material": placed(drawn.material), "short_title": title}


def _placed(figure: DrawnFigure, n: int, root: Path, of: str) -> dict[str, Any]:
    """Write one figure into ``root``; return how the page names it. ``of``: the model that it shows; may be empty."""
    (root / f"figure-{n}.svg").write_text(figure.svg, encoding="utf-8")
    return {
        "path": f"figure-{n}.svg",
        "alt": _alternative(clean_text(figure.alt)),
        "caption": f"{of + ': ' if of else ''}{clean_text(figure.title)}.",
        "tall": _height(figure.svg) > TALLEST_PT,
        "high": HALF_PT < _height(figure.svg) <= READABLE_PT,
    }


def _alternative(text: str) -> str:
    """Return a text alternative that a PDF can hold, cut after a sentence; the web page has all of it."""
    if len(text) <= LONGEST_ALT:
        return text
    return f"{text[:LONGEST_ALT].rpartition('. ')[0]}. The text ends here: card.html has all of it, card.json every number."


def _height(svg: str) -> float:
    result = re.search(r'<svg[^>]*\sheight="([\d.]+)pt"', svg)
    return float(result.group(1)) if result else 0.0


def _short(title: str, most: int = 80) -> str:
    return title if len(title) <= most else title[: most - 1].rstrip() + "…"


def _moment(card: Card) -> int:
    """Return the run's date as UNIX seconds: the PDF carries it instead of the time of writing."""
    try:
        moment = datetime.fromisoformat(card.run.date)
    except ValueError:
        raise CardError(f"the run has no date ({card.run.date!r})", place=f"run {card.run.run_id}") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


@lru_cache(maxsize=2)
def _fonts(*, system: bool) -> Any:
    """Return the fonts: typst's own and matplotlib's DejaVu, so that every machine makes the same PDF.

    ``system``: those of this machine as well, for names in scripts that neither holds.
    """
    import typst

    return typst.Fonts(include_system_fonts=system, font_paths=[str(_dejavu())])


def _dejavu() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def _covered(text: str) -> bool:
    """True if DejaVu Sans has a glyph for every character of ``text``."""
    return {ord(char) for char in text} - _DRAWN_AS_NOTHING <= _glyphs()


_DRAWN_AS_NOTHING = {0x200B, 0x0A, 0x0D}


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_dejavu() / "DejaVuSans.ttf")).get_charmap())
