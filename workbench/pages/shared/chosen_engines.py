"""The engines of the study: what each is, what of imported transcripts could not be joined, where audio would go."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.engines import Engine, ModelInfo, egress, load_engine
from workbench.engines.models import larger_model
from workbench.figures.wording import counted
from workbench.pages.shared import cached, consent, layout
from workbench.pages.shared.draft import Draft
from workbench.pages.shared.engine_presets import MISFITS
from workbench.runner.clean_check import UTTERANCES, CleanCheck, clean_check
from workbench.text import get_normaliser


def show(chosen: Draft) -> None:
    """Show the engines of the study, each with what it is and, for transcripts, what could not be joined."""
    st.subheader("In your study", anchor=False)
    if not chosen.engines:
        st.info("No engine yet. Describe one above and add it.")
    away: dict[str, str] = {}
    for spec in list(chosen.engines):
        with st.container(border=True):
            st.markdown(f"**{layout.plain(spec)}**")
            with layout.mendable():
                away |= egress.destinations([_one(chosen, spec)])
            with layout.mendable():
                _tested(chosen, spec)
            st.button(
                "Remove", key=f"remove_{spec}", icon=":material/delete:", on_click=chosen.engines.remove, args=(spec,)
            )
    consent.tell(away)


def _one(chosen: Draft, spec: str) -> ModelInfo:
    info, joined, _ = cached.engine(chosen, spec)
    st.caption(f"{info.engine} {info.version} · model {layout.plain(info.model_id)}")
    if joined is not None:
        st.markdown(f"{len(joined.matched)} utterances of the corpus have a transcript.")
        _unmatched("Utterances without a transcript", joined.only_in_corpus, f"{spec}_corpus")
        _unmatched("Transcripts without an utterance", joined.only_in_transcripts, f"{spec}_transcripts")
    with st.expander("Decoding options"):
        st.json(dict(info.options), expanded=True)
    return info


def _load(spec: str, base: str, language: str) -> Engine:
    return load_engine(spec, base=Path(base), language=language)


_loaded = st.cache_resource(_load, max_entries=4, show_spinner="Loading the model ...")


def _tested(chosen: Draft, spec: str) -> None:
    """Let the user try a model on a few clean recordings; say how it did, and what to do where it fails."""
    if spec.startswith("imported:") or chosen.manifest is None:
        return
    corpus = cached.corpus(chosen.manifest)
    key = f"tested_{spec}_{corpus.info.fingerprint}"
    misfits: dict[str, str] = st.session_state.setdefault(MISFITS, {})
    if st.button(f"Test on {UTTERANCES} clean recordings", key=f"test_{spec}", icon=":material/science:"):
        consent.require_word(chosen, egress.destinations([cached.engine(chosen, spec).info]))
        engine = _loaded(spec, str(chosen.base), corpus.info.language)
        normaliser = get_normaliser(str(st.session_state.get("study_normaliser", "whisper_en")))
        with st.spinner("Transcribing ..."):
            st.session_state[key] = clean_check(corpus.utterances, engine, normaliser)
    result: CleanCheck | None = st.session_state.get(key)
    if result is None:
        return
    misfits.pop(key, None)
    if not result.n:
        st.error(f"None of the {result.failed} recordings could be transcribed.")
        return
    text = f"{result.rate:.0%} of the words wrong on {counted(result.n, 'clean recording')} of {counted(result.speakers, 'speaker')}"
    if result.unfit:
        larger = larger_model([spec])
        advice = f"try {larger} (workbench models get {larger})" if larger else "try a model trained on such speech"
        misfits[key] = f"{spec}: {text}. It does not fit this speech; {advice}."
        st.error(layout.plain(misfits[key]))
    else:
        st.success(layout.plain(f"{text}. These are too few recordings to compare groups."))


def _unmatched(title: str, ids: tuple[str, ...], key: str) -> None:
    if ids:
        with st.expander(f"{title}: {len(ids)}"):
            st.dataframe({"utterance": ids}, hide_index=True, key=key)
