"""A printed figure as a file: SVG, PDF or PNG, for a report, a slide or a web page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from workbench.figures.picture import Picture

PNG_PPI = 200
"""Dots per inch of a PNG: sharp in print at the width of a page."""

PAGE = '#set page(width: {width}pt, height: {height}pt, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")\n'


def svg_file(picture: Picture) -> bytes:
    """Return the figure as an SVG document: vectors and text."""
    return picture.svg().encode("utf-8")


def pdf_file(picture: Picture) -> bytes:
    """Return the figure as a PDF of its own size: vectors, text that can be searched, fonts embedded."""
    return _typeset(picture, format="pdf")


def png_file(picture: Picture) -> bytes:
    """Return the figure as a PNG on white, 200 dots per inch."""
    return _typeset(picture, format="png", ppi=PNG_PPI)


FORMATS: Mapping[str, tuple[Callable[[Picture], bytes], str]] = {
    "svg": (svg_file, "image/svg+xml"),
    "pdf": (pdf_file, "application/pdf"),
    "png": (png_file, "image/png"),
}
"""Ending -> what makes the file, and its media type."""


def _typeset(picture: Picture, **how: Any) -> bytes:
    import typst

    svg = picture.svg()
    result = re.search(r'<svg[^>]*\swidth="([\d.]+)pt"[^>]*>', svg), re.search(r'<svg[^>]*\sheight="([\d.]+)pt"', svg)
    width, height = (item.group(1) if item else "0" for item in result)
    page = PAGE.format(width=width, height=height).encode("utf-8")
    compiler = typst.Compiler(page, font_paths=_fonts(), sys_inputs={"svg": svg})
    return cast(bytes, compiler.compile(**how))


@lru_cache(maxsize=1)
def _fonts() -> Any:
    """Return typst's own fonts and DejaVu Sans, in which the figures are set; those of the machine for other scripts."""
    import matplotlib
    import typst

    return typst.Fonts(include_system_fonts=True, font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")])
