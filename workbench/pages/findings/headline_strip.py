"""The headline of a run above its figures: who is served worst, who best, what more would be needed, in sentences to quote."""

from __future__ import annotations

from html import escape

import streamlit as st

from workbench.fairness.inference.verdicts import rules_in_words
from workbench.figures import Headline
from workbench.figures.standings import FIRM, TENTATIVE
from workbench.pages.shared import layout

BADGES = {FIRM: "#0a7d55", TENTATIVE: "#a35200"}
"""White words on these are readable: 5 to 1 and more."""
OTHERWISE = "#5c5f66"


def strip(headline: Headline, *, run: str) -> None:
    """Show the headline of a run, with its name and what has to be said with it."""
    worst = _block(
        "Worst served", headline.title, headline.worst_words, badge=headline.certainty if headline.worst else ""
    )
    best = _block("Best served", "", headline.best_words) if headline.best_words else ""
    needed = _block("What more would be needed", "", " ".join([headline.needed_words, *headline.remarks]).strip())
    caveat = f"<b>⚠ {escape(headline.caveat)}</b>" if headline.caveat else ""
    above = (
        '<div style="display:flex;flex-wrap:wrap;gap:0 1.6rem;justify-content:space-between;font-size:.8125rem">'
        f"{caveat}<span>{escape(run)}</span></div>"
    )
    st.html(
        '<section aria-label="Headline" style="border:1px solid rgba(128,128,128,.45);border-radius:.4rem;padding:.55rem .9rem .6rem">'
        f'{above}<div style="display:flex;flex-wrap:wrap;gap:.3rem 1.6rem">'
        f'<div style="flex:6 1 300px">{worst}</div><div style="flex:5 1 260px">{best}{needed}</div></div></section>'
    )


def quotation(headline: Headline) -> None:
    """Show all sentences as text to copy, and the rule behind the verdicts."""
    st.code(" ".join(headline.sentences).replace("\u00a0", " "), language=None, wrap_lines=True)
    if headline.counts:  # without a comparison there is no verdict to explain
        st.caption(f"{headline.counts} {rules_in_words()} {layout.GAP} {layout.CLUSTERED}")


def _block(label: str, title: str, text: str, *, badge: str = "") -> str:
    if not text and not title:
        return ""
    colour = BADGES.get(badge, OTHERWISE)
    mark = (
        f' <span style="background:{colour};color:#fff;border-radius:.3rem;padding:.05rem .45rem;font-weight:600">{escape(badge)}</span>'
        if badge
        else ""
    )
    strong = (
        f'<div style="font-size:1.05rem;font-weight:700;line-height:1.25;margin:.1rem 0">{escape(title)}</div>'
        if title
        else ""
    )
    return (
        f'<div style="font-size:.75rem;font-weight:600;margin-top:.1rem"><span style="opacity:.85">{escape(label)}</span>{mark}</div>{strong}'
        f'<div style="font-size:.85rem;line-height:1.35">{escape(text)}</div>'
    )
