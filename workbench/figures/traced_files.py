"""A figure as a file: SVG, PDF or PNG, each with the hash of its run in its metadata and its text alternative.

A figure that has lost its report can still be traced: the hash is that of ``cards.hashes.run_hash``.
"""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, get_args
from xml.sax.saxutils import escape

from workbench.errors import ScoringError, choices
from workbench.figures.picture import Picture

Kind = Literal["svg", "pdf", "png"]
KINDS: Final = get_args(Kind)
PNG_PER_INCH = 200
PREFIX = "run sha256:"
_PAGE = """#let it = json("it.json")
#set document(title: it.title, description: it.alt, keywords: it.keywords, date: none)
#set page(width: auto, height: auto, margin: 3mm)
#image("figure.svg", alt: it.alt)
"""


def exported(picture: Picture, kind: str, *, run_hash: str) -> bytes:
    """Return the figure as a file of this kind; the same bytes for the same figure and run.

    Raises
    ------
    ScoringError : an unknown kind
    """
    if kind not in KINDS:
        raise ScoringError(f"a figure cannot be written as {kind!r}", place="figure", remedy=choices(kind, KINDS))
    drawn = _stamped(picture.svg(), run_hash)
    if kind == "svg":
        return drawn.encode("utf-8")
    made = _typeset(picture, drawn, kind, run_hash)
    return _png(made, picture, run_hash) if kind == "png" else made


def _stamped(svg: str, run_hash: str) -> str:
    """Return the SVG with the hash as its Dublin Core identifier, beside the title that the drawing wrote."""
    mark = f"<dc:identifier>{escape(PREFIX + run_hash)}</dc:identifier>"
    return svg.replace("</cc:Work>", f"{mark}</cc:Work>", 1)


def _typeset(picture: Picture, svg: str, kind: str, run_hash: str) -> bytes:
    import json

    import typst

    about = {"title": picture.title, "alt": picture.alt, "keywords": [PREFIX + run_hash]}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in {"figure.svg": svg, "it.json": json.dumps(about), "figure.typ": _PAGE}.items():
            (root / name).write_text(text, encoding="utf-8")
        compiler = typst.Compiler(root / "figure.typ", root=root, font_paths=_fonts())
        made: Any = (
            compiler.compile(format="png", ppi=PNG_PER_INCH)
            if kind == "png"
            else compiler.compile(format="pdf", timestamp=0)
        )
    return bytes(made)


def _png(made: bytes, picture: Picture, run_hash: str) -> bytes:
    """Return the PNG with title, text alternative and hash as text chunks."""
    import io

    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    for name, text in {"Title": picture.title, "Description": picture.alt, "Source": PREFIX + run_hash}.items():
        about.add_itxt(name, text)
    sink = io.BytesIO()
    with Image.open(io.BytesIO(made)) as image:
        image.convert("RGB").quantize(256).save(sink, "png", pnginfo=about, optimize=True)
    return sink.getvalue()


@lru_cache(maxsize=1)
def _fonts() -> Any:
    import matplotlib
    import typst

    return typst.Fonts(include_system_fonts=True, font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")])
