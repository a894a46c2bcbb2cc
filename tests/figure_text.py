"""What a figure says, on the screen and in print."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from workbench.figures import (
    Picture,
)

CAVEAT = "Synthetic voices: these figures describe speech synthesisers, not people."


NASTY = (
    "#set text(red)",
    "$x^2$ *bold* _it_",
    '\\back `raw` <b>tag</b> & "q"',
    "עברית / العربية",
    "中文 हिन्दी",
    "a very long group name that goes on and on until nobody wants to read any more of it",
    "unbreakable" * 8,
    "a bell\x07",
)


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def svg_text(svg: str) -> str:
    """All text of an SVG document, outside its metadata."""
    root = ElementTree.fromstring(svg)
    return plain(" ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")))


def screen_text(picture: Picture) -> str:
    """All that a plotly figure shows, markup and entities left as they are; names that a click tells are not shown."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for name, item in value.items():
                walk([told[2] for told in item] if name == "customdata" else item)
        elif isinstance(value, list | tuple):
            for item in value:
                walk(item)

    walk(picture.screen().to_plotly_json())
    return plain(" ".join(found).replace("<br>", " "))
