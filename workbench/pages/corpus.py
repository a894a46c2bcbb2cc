"""Corpus: whose speech, what was said, what is wrong with the manifest, and how it sounds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from workbench.corpora import Corpus, problem_frame
from workbench.pages.shared import (
    cached,
    corpus_audit,
    corpus_source,
    corpus_statement,
    display,
    downloads,
    layout,
    speakers,
    transcript_drop,
)
from workbench.pages.shared.clip_choice import choose_clip
from workbench.pages.shared.draft import draft
from workbench.runner import read

INTRO = "Choose the speech to test with. A manifest lists one utterance per row: the audio, what was said, who spoke."
MANY = 30  # problems; more are shown in a table that scrolls


def main() -> None:
    """Draw the page."""
    with layout.page("Corpus", INTRO):
        manifest = None
        with layout.mendable():
            manifest = corpus_source.choose()
        if manifest is None:
            if draft().manifest is not None:
                st.caption(f"Your study still uses {layout.plain(draft().summary)}.")
            return
        if manifest != draft().manifest:
            draft().choose(None)
        corpus = cached.corpus(manifest)
        if not _accepted(corpus, manifest):
            draft().choose(None)
            return
        written = cached.reference_notes(corpus)
        for note in (*corpus.notes, *written):
            st.info(layout.plain(note), icon=":material/hearing:")
        draft().choose(manifest, corpus, allow_dropped=bool(corpus.problems))
        speakers.describe(corpus.info)
        with layout.mendable():
            corpus_statement.form(corpus.info, manifest)
        speakers.who(corpus)
        _listen(corpus)
        corpus_audit.section(corpus)
        transcript_drop.section(draft())
        layout.following(layout.CONDITIONS, "conditions")


def _accepted(corpus: Corpus, manifest: Path) -> bool:
    """Show every problem; return whether the usable rows may be used."""
    if not corpus.problems:
        return True
    good, dropped = len(corpus.utterances), corpus.info.n_dropped
    text = (
        f"{dropped} of {good + dropped} rows have problems (listed below). Fix the file and check it again, or continue "
        "without them."
        if dropped
        else "Every row can be used, but the file has other problems. Fix it and check it again, or continue as it is."
    )
    st.warning(text, icon=":material/rule:")
    frame = problem_frame(corpus.problems)
    listed = _by_reason(frame)
    if len(listed) > MANY:
        st.dataframe(listed, hide_index=True, key="corpus_problems")
    else:
        st.table(listed.map(layout.plain), hide_index=True)
    with st.container(horizontal=True):
        downloads.table(frame, f"{manifest.stem}-problems", key="corpus_problems", label="Problems")
        st.button("Check again", key="corpus_again", icon=":material/refresh:", on_click=cached.forget_corpora)
    if not good:
        st.error("No row of this manifest can be used.")
        return False
    without = f"Use the {good:,} good rows and leave out the {dropped:,} listed above"
    return bool(st.checkbox(without if dropped else "Continue as it is", key=f"use_{manifest}"))


def _by_reason(problems: pd.DataFrame) -> pd.DataFrame:
    """Return one row per reason: the lines that it holds for, what is wrong, what to do."""
    result = problems.groupby(["what", "remedy"], sort=False)["line"].agg(_lines).reset_index()
    return result[["line", "what", "remedy"]].rename(columns={"what": "what is wrong", "remedy": "what to do"})


def _lines(lines: pd.Series[int]) -> str:
    text = ", ".join(str(line) for line in lines[:MANY] if line)
    return (f"{text} and {len(lines) - MANY} more" if len(lines) > MANY else text) or "file"


def _listen(corpus: Corpus) -> None:
    st.subheader("Listen", anchor=False)
    row = choose_clip(corpus.utterances, key="clip")
    display.player(f"“{row['reference']}”", read(row))


if __name__ == "__main__":
    main()
