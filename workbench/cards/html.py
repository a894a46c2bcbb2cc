"""The card as one HTML page: nothing is fetched, nothing runs, and it holds the card's JSON to be verified by."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from itertools import count
from typing import Any

from workbench.cards.datasheet import MONO
from workbench.cards.model import Card
from workbench.cards.rendered import DrawnCard, DrawnFigure, draw
from workbench.cards.view import hashes
from workbench.cards.word_tables import BREAK

JSON_OPENS = '<script type="application/json" id="card">'
JSON_CLOSES = "</script>"
CONTENTS = "<!-- contents -->"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What the page may do: show what it holds. A browser refuses anything else."""


def html(card: Card | DrawnCard) -> str:
    """Return the card as a self-contained page: headings in order, table headers with scope, a text for every figure."""
    drawn = draw(card)
    card, shown = drawn.card, drawn.shown
    held = card.model_dump_json(indent=1).replace("<", "\\u003c")
    style = resources.files("workbench.cards").joinpath("card.css").read_text(encoding="utf-8")
    marks = "".join(f'<meta name="keywords" content="{_text(item)}">\n' for item in hashes(card))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="description" content="{_text(shown["description"])}">\n{marks}'
        f"<title>{_text(shown['document_title'])}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"{_numbered(''.join(_body(drawn)))}</main>\n{JSON_OPENS}{held}{JSON_CLOSES}\n</body>\n</html>\n"
    )


def _numbered(body: str) -> str:
    """Number the parts as the PDF does, and put the list of them, with links, after the first."""
    names = re.findall("<h2>(.*?)</h2>", body)
    links = "".join(f'<li><a href="#part-{n}">{n} {name}</a></li>\n' for n, name in enumerate(names, 1))
    number = count(1)
    body = re.sub("<h2>", lambda _: f'<h2 id="part-{(n := next(number))}">{n} ', body)
    contents = f'<nav aria-label="Contents">\n<ul>\n{links}</ul>\n</nav>\n'
    return body.replace(CONTENTS, contents)


def _body(drawn: DrawnCard) -> Iterable[str]:
    shown = drawn.shown
    yield from _front(shown)
    yield CONTENTS
    yield _h(2, "Results") + _table(shown["overall"])
    for result, figures in zip(shown["results"], drawn.results, strict=True):
        yield _h(3, result["model"])
        if not result["attributes"]:
            yield _paragraphs(["No attribute was compared."])
        for part, of in zip(result["attributes"], figures, strict=True):
            yield _h(4, f"By {part['attribute']}")
            yield _paragraphs([*part["told"], *([part["note"]] if part["note"] else [])])
            yield "".join(map(_figure, (*of.first, *of.further)))
    yield _h(3, "Claims") + (_table(shown["claims"]) or "<p>No claim was made.</p>\n") + _table(shown["floors"])
    yield _table(shown["examples"])
    yield _h(2, "Limits") + _list(shown["limits"])
    yield _h(2, "Responsible use") + _facts(shown["dimensions"])
    yield _h(2, "Test data and speakers")
    for corpus in shown["corpora"]:
        yield _h(3, corpus["name"]) + _facts(corpus["facts"])
    yield "".join(map(_table, shown["groups"]))
    yield _h(3, "How it was recorded") if shown["recorded"] else ""
    yield "".join(_paragraphs(part["sentences"]) + _table(part["table"]) for part in shown["recorded"])
    yield "".join(map(_figure, drawn.material))
    yield _h(3, "Licence, consent and privacy") + _facts(shown["licence"])
    yield _h(2, "Annex: conditions") + _table(shown["conditions"])
    left_out = shown["not_tested"]
    yield _paragraphs([f"Not tested: {left_out}" if left_out else "Every condition of the catalogue was tested."])
    yield _h(2, "Annex: method and terms") + _facts(shown["method"])
    yield _h(2, "Annex: rates and gaps")
    yield "".join(_table(part["rates"]) for result in shown["results"] for part in result["attributes"])
    yield _h(2, "Annex: failures")
    yield "".join(map(_table, shown["failures"])) or "<p>No decoding failed and no reference was empty.</p>\n"
    yield _h(2, "Annex: models")
    for model in shown["models"]:
        yield _h(3, model["name"]) + _facts(model["facts"])
    yield _h(2, "Annex: reproduction") + _facts(shown["reproduction"])


def _front(shown: Mapping[str, Any]) -> Iterable[str]:
    """Yield what the first page of the PDF says."""
    front = shown["front"]
    yield f'<p class="kicker">Service card</p>\n<h1>{_text(front["title"])}</h1>\n<p>{_text(shown["summary"])}</p>\n'
    if front["draft"]:
        yield f'<p class="draft">{_text(front["draft"])}</p>\n'
    if shown["caveat"]:
        yield f'<p class="caveat">{_text(shown["caveat"])}</p>\n'
    yield _h(2, "Summary")
    for line in front["headlines"]:
        yield (
            f'<p class="headline"><small>{_text(line["of"])}</small><br><strong>{_text(line["title"])}</strong> '
            f"{_text(line['text'])}</p>\n"
        )
    yield _paragraphs([front["more_headlines"]] if front["more_headlines"] else [])
    yield _board(front["board"])
    yield _h(3, "Service") + _facts(front["facts"])
    yield _h(3, "Who was tested") + _paragraphs(front["who"])
    for name, lines in front["uses"]:
        yield _h(3, name) + _paragraphs(lines)
    yield _h(3, "Limits that matter") + _list(front["limits"])


def _board(board: Mapping[str, Any] | None) -> str:
    """Return the board of page 1: a colour for each cell, which is dark on light in either theme."""
    if board is None:
        return ""
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in board["columns"])
    body = ""
    for block in board["blocks"]:
        title = f'<tr><th scope="rowgroup" colspan="{len(board["columns"])}">{_text(block["heading"])}</th></tr>\n'
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td{_coloured(fill)}>{_text(cell)}</td>"
                for cell, fill in zip(row["cells"], row["fills"], strict=True)
            )
            + "</tr>\n"
            for row in block["rows"]
        )
        body += f"<tbody>\n{title}{rows}</tbody>\n"
    return _wide(board["caption"], f"<thead><tr>{head}</tr></thead>\n{body}")


def _coloured(fill: str) -> str:
    return f' style="background:{fill};color:#1a1a1a"' if fill else ""


def _list(lines: Sequence[str]) -> str:
    return "<ul>\n" + "".join(f"<li>{_text(line)}</li>\n" for line in lines) + "</ul>\n"


def _text(text: str) -> str:
    """Return ``text`` as HTML; places to break stay."""
    return escape(text).replace(BREAK, "&#8203;")


def _h(level: int, text: str) -> str:
    return f"<h{level}>{_text(text)}</h{level}>\n"


def _paragraphs(lines: Sequence[str]) -> str:
    return "".join(f"<p>{_text(line)}</p>\n" for line in lines)


def _facts(rows: Sequence[Sequence[str]]) -> str:
    lines = "".join(
        f"<div><dt>{_text(row[0])}</dt><dd{' class=mono' if MONO in row[2:] else ''}>{_text(row[1])}</dd></div>\n"
        for row in rows
    )
    return f"<dl>\n{lines}</dl>\n"


def _table(table: Mapping[str, Any] | None) -> str:
    """Return a table of the view; its blocks become groups of rows with a heading of their own."""
    if table is None:
        return ""
    sides = [f' class="{side}"' if side == "right" else "" for side in table["align"]]
    head = "".join(f'<th scope="col"{s}>{_text(name)}</th>' for name, s in zip(table["columns"], sides, strict=True))
    body = ""
    for block in table["blocks"]:
        title = f'<tr><th scope="rowgroup" colspan="{len(sides)}">{_text(block["heading"])}</th></tr>\n'
        rows = "".join(
            "<tr>" + "".join(f"<td{s}>{_text(cell)}</td>" for cell, s in zip(row, sides, strict=True)) + "</tr>\n"
            for row in block["rows"]
        )
        body += f"<tbody>\n{title if block['heading'] else ''}{rows}</tbody>\n"
    return _wide(table["caption"], f"<thead><tr>{head}</tr></thead>\n{body}")


def _wide(caption: str, rows: str) -> str:
    """Return a table that scrolls inside itself where the screen is narrow."""
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{_text(caption)}"><table>\n'
        f"<caption>{_text(caption)}</caption>\n{rows}</table></div>\n"
    )


def _figure(figure: DrawnFigure) -> str:
    held = base64.b64encode(figure.svg.encode("utf-8")).decode("ascii")
    return (
        f'<figure tabindex="0"><img src="data:image/svg+xml;base64,{held}" alt="{_text(figure.alt)}">\n'
        f"<figcaption>{_text(figure.title)}.</figcaption></figure>\n"
    )


def json_of(page: str) -> str | None:
    """Return the JSON that a page holds, None if it holds none."""
    rest = page.partition(JSON_OPENS)[2]
    held, closes, _ = rest.partition(JSON_CLOSES)
    return held if rest and closes else None


def printed(page: str) -> list[str]:
    """Return what a page says, line by line: no drawings, no JSON."""
    shown = page.partition(JSON_OPENS)[0]
    return [line for line in re.sub(r'src="data:[^"]*"', "", shown).splitlines() if line.strip()]
