"""How the pages show things: figures with their text alternative, audio, measured facts, word by word comparison."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape

import streamlit as st
from plotly.graph_objects import Figure

from workbench import audio
from workbench.audio import Waveform
from workbench.figures import Picture, fact_name, fact_value, screen
from workbench.figures import spectrogram as spectrograms
from workbench.figures.palette import NEUTRAL
from workbench.figures.readable_table import readable
from workbench.figures.spectrogram import Mark
from workbench.pages.shared import address, downloads, layout, viewport
from workbench.pages.shared.layout import TEXT_WIDTH, plain
from workbench.text import AlignedWord, align_words

INK = {"light": "#31333f", "dark": "#e6e6ea"}
SURFACE = {"light": "#ffffff", "dark": "#262730"}
"""What hovering says stands on this, in the ink of the page."""
FONT = "'Source Sans', 'Source Sans 3', 'DejaVu Sans', sans-serif"


def _draw(title: str, alt: str, theme: str, narrow: bool, _picture: Picture) -> tuple[Figure, screen.Around]:
    ink = INK[theme]
    hover = {"font": {"color": ink, "family": FONT, "size": 13}, "bgcolor": SURFACE[theme], "bordercolor": NEUTRAL}
    return screen.apart(
        _picture.screen(narrow=narrow).update_layout(font={"color": ink, "family": FONT}, hoverlabel=hover)
    )


_drawn = st.cache_resource(_draw, max_entries=64, show_spinner=False)
"""Drawn once: the text alternative holds every number of a figure, so equal words are equal figures."""


def figure(picture: Picture, *, key: str, read: str, opens: str = "") -> None:
    """Show a figure, how to read it, and folded under it the same in words, in numbers, and as downloads.

    ``opens`` is the attribute whose cells the figure shows: a click on one opens its utterances.
    """
    theme = "dark" if st.context.theme.type == "dark" else "light"
    drawn, around = _drawn(picture.title, picture.alt, theme, viewport.is_narrow(), picture)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container():
            st.markdown(f"**{plain(around.title)}**  \n:small[{plain(around.subtitle)}]")
        beside(picture, key=key, read=read)
    if around.key:
        st.html(_key(around.key))
    st.plotly_chart(
        drawn,
        theme=None,
        key=key,
        alt=picture.alt,
        on_select=partial(address.open_cell, key, opens) if opens else "ignore",
        selection_mode="points",
        config={"displayModeBar": False},
    )
    caveat = f" **{plain(around.caveat)}**" if around.caveat else ""
    st.caption(plain(" ".join(around.notes)) + caveat, width=TEXT_WIDTH)


def beside(picture: Picture, *, key: str, read: str) -> None:
    """Offer how to read a figure, its downloads, and the same in numbers and words, as buttons beside its title."""
    with st.popover("", icon=":material/help:", help="How to read this"):
        layout.how_to_read(read)
    with st.popover("", icon=":material/download:", help="Downloads"):
        downloads.figure(picture, key, key=key)
        downloads.table(picture.table, key, key=key)
    with st.popover("", icon=":material/table:", help="Data and description"):
        st.dataframe(readable(picture.table), hide_index=True, key=f"{key}_table")
        st.caption("Rounded to meaningful precision; downloads are unrounded.")
        st.markdown(re.sub(r"\. (?=[A-Z])", ".\n\n", plain(picture.alt)), width=TEXT_WIDTH)


def _key(key: Sequence[tuple[str, str, str]]) -> str:
    """Return what each mark of a figure stands for, in lines that fit the page."""
    marks = "".join(
        f'<span style="white-space:nowrap"><span aria-hidden="true" style="color:{colour}">{escape(glyph)}</span> {escape(name)}</span>'
        for glyph, colour, name in key
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;font-size:.875rem">{marks}</div>'


def player(label: str, wave: Waveform) -> None:
    """Show a player under its label; what is saved from it says of which run it is."""
    st.markdown(f"**{plain(label)}**")
    st.audio(
        audio.wav_bytes(wave, comment=downloads.mark()),
        format="audio/wav",
        alt=f"{label}, {wave.duration_s:.1f} seconds",
    )


READ_SPECTROGRAM = (
    "In a spectrogram, time runs to the right, frequency upwards; brighter is louder, on the same scale in every "
    "picture. Speech is the bright stripes below 4 kHz. Noise fills the dark gaps between them; a filter or a codec leaves dark areas."
)


_OF_THE_CLIP = ("active_level_db", "activity_factor")
_MAIN = ("achieved_snr_db", "rt60_s", "drr_db", "rolloff_hz", "stoi")
"""What is said first of a sound with many measurements."""


def _paint(digest: str, title: str, dark: bool, marks: tuple[Mark, ...], _wave: Waveform) -> bytes:
    colours = spectrograms.ON_DARK if dark else spectrograms.ON_PAPER
    return spectrograms.figure(_wave, title=title, colours=colours, marks=marks)


_painted = st.cache_data(_paint, max_entries=128, show_spinner=False)


def spectrogram(label: str, wave: Waveform, marks: Sequence[Mark] = ()) -> None:
    """Show waveform and spectrogram of a sound, words that are marked in both."""
    dark = st.context.theme.type == "dark"
    marked = "; ".join(f"{mark.word} at {mark.start_s:.1f} s" for mark in marks)
    st.image(
        _painted(audio.samples_digest(wave), label, dark, tuple(marks), wave), width="stretch",
        alt=f"Waveform and spectrogram of {label}: {wave.duration_s:.1f} seconds, 0 to {wave.sample_rate / 2000:g} kHz"
        + (f". Marked: {marked}" if marked else ""),
    )  # fmt: skip


def failed_words(reference: str, hypothesis: str, spans: Sequence[tuple[float, float]]) -> list[Mark]:
    """Return the words that failed with the time at which they were written; a missed word stands between its neighbours.

    ``spans`` are the times of the words of ``hypothesis``; without one for each there is nothing to mark.
    """
    if not spans or len(spans) != len(hypothesis.split()):
        return []
    marks, place = [], 0
    for word in align_words(reference, hypothesis):
        if word.op == "deletion":
            before = spans[place - 1][1] if place else 0.0
            after = spans[place][0] if place < len(spans) else before
            marks.append(Mark(min(before, after), max(before, after), f"({word.reference})"))
            continue
        if word.op != "hit":
            marks.append(Mark(*spans[place], word.hypothesis))
        place += 1
    return marks


def heard(label: str, wave: Waveform, measured: Mapping[str, float]) -> None:
    """Show a player, the spectrogram beside it, and what was measured in a line."""
    left, right = st.columns([5, 6])
    with left:
        player(label, wave)
        before = [name for name in measured if name in _OF_THE_CLIP or name.startswith("source_")]
        after = [name for name in measured if name not in before]
        main = [name for name in after if name.rpartition(".")[2] in _MAIN] or after
        st.caption(_measured("Measured", main, measured))
        rest = [name for name in after if name not in main]
        if rest or before:
            with st.popover("All measurements", icon=":material/straighten:", type="tertiary"):
                st.markdown(_measured("Also measured", rest, measured))
                st.markdown(_measured("Original clip", before, measured))
    with right:
        spectrogram(label, wave)


def _measured(heading: str, names: Sequence[str], measured: Mapping[str, float]) -> str:
    """Return measured facts in one line; empty if there are none."""
    values = " · ".join(f"{fact_name(name)} **{plain(fact_value(name, measured[name]))}**" for name in names)
    return f"{heading}: {values}." if values else ""


def facts(measured: Mapping[str, float]) -> None:
    """Show what was measured, one line each with its unit."""
    if not measured:
        st.caption("No measurements: original recording.")
        return
    st.table(
        {"Measured": [fact_name(name) for name in measured], "Value": [fact_value(*pair) for pair in measured.items()]}
    )


_LOOK = {
    "hit": ("", "transparent", "none"),
    "substitution": ("replaced", "rgba(230,159,0,.28)", "none"),
    "deletion": ("missed", "rgba(0,114,178,.28)", "line-through"),
    "insertion": ("invented", "rgba(204,121,167,.30)", "none"),
}


def words(reference: str, hypothesis: str) -> None:
    """Show two texts word over word: above the reference, below the transcript; errors are named, not only coloured."""
    cells = "".join(_cell(word) for word in align_words(reference, hypothesis))
    head = _column("Reference", "Transcript", "", "transparent", "none", faint=True)
    st.html(
        f'<div role="list" style="display:flex;flex-wrap:wrap;gap:.35rem .2rem;line-height:1.35">{head}{cells}</div>'
    )


def _cell(word: AlignedWord) -> str:
    tag, colour, line = _LOOK[word.op]
    return _column(word.reference or "–", word.hypothesis or "–", tag, colour, line)


def _column(above: str, below: str, tag: str, colour: str, line: str, *, faint: bool = False) -> str:
    text = f"reference {above}, transcript {below}{': ' + tag if tag else ''}"
    opacity = ".6" if faint else "1"
    return (
        f'<div role="listitem" aria-label="{escape(text)}" style="padding:.15rem .45rem;border-radius:.3rem;'
        f'background:{colour};opacity:{opacity};text-align:center">'
        f'<div style="text-decoration:{line}">{escape(above)}</div><div>{escape(below)}</div>'
        f'<div style="font-size:.72rem;min-height:1rem"><b>{tag}</b></div></div>'
    )
