"""Say it yourself: the noise of a room as a condition, and a sentence read aloud through the chosen conditions and models.

Recordings stay in the memory of the browser session. Only the noise of a room is written, and only where that is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from workbench.audio import Waveform, recorded
from workbench.conditions import SEVERITY_WORDS, TYPICAL, parse_condition
from workbench.conditions.recording_uploads import save_recordings
from workbench.engines import Engine, egress, load_engine
from workbench.errors import WorkbenchError
from workbench.figures import condition_labels, wording
from workbench.pages.shared import cached, chosen_conditions, consent, display, layout, own_conditions
from workbench.pages.shared.draft import Draft, draft
from workbench.provenance.room_noise import level_db, octave_levels, quietest_db, resembles
from workbench.runner.trial import Trial, trials
from workbench.schema import CLEAN
from workbench.store import home
from workbench.text import UNIT_WORDS, add_scores, get_normaliser

PRIVACY = (
    "Your voice stays in this session's memory and is never written to disk. It is gone when you delete it, record again or close "
    "the page. No group is asked for, and none is guessed from the voice."
)
SENTENCES = (
    "Please bring the blue folder to room fourteen before noon.",
    "My knee has been hurting since I fell down the stairs on Thursday.",
    "Could you turn the heating down and open the window a little?",
    "I would like to change my appointment to the third of March.",
)
"""Written for this page; the sentences of the corpus follow them."""
FROM_CORPUS = 30
AT_FIRST = 4
"""Conditions that are tried unless others are chosen: each costs time with every model."""
NEAREST = 3
DONE, KEPT = "said", "room_kept"


def section() -> None:
    """Draw both recordings."""
    with st.container(border=True), layout.mendable():
        _room()
    with st.container(border=True), layout.mendable():
        _voice(draft())


def _room() -> None:
    """Record a room; show its level, its spectrum and what it resembles; keep it as a condition where that is asked for."""
    st.markdown("**The noise of your room**")
    given = st.audio_input("Record about 30 seconds, without speech", key="room_recording")
    if given is None:
        st.caption(
            "The recording becomes a noise of your own. It is kept only if you press the button that then appears."
        )
        return
    data = given.getvalue()
    wave = recorded(data)
    octaves = octave_levels(wave)
    strongest = max(octaves, key=octaves.__getitem__)
    left, right = st.columns([5, 6])
    with left:
        st.markdown(
            f"Level: **{level_db(wave):.0f} dBov**; its quietest tenth: {quietest_db(wave):.0f} dBov; {wave.duration_s:.0f} s.  \n"
            f"Strongest octave: around **{strongest} Hz**."
        )
        st.caption(
            "By octave: " + " · ".join(f"{centre} Hz {level:.0f}" for centre, level in octaves.items()) + " dBov. "
            "The microphone is not calibrated: these are levels in the recording, not in the room."
        )
        near = resembles(wave).head(NEAREST)
        listed = "; ".join(f"{row.title} ({row.distance_db:.0f} dB apart)" for row in near.itertuples())
        st.markdown(f"Its spectrum is nearest to: {layout.plain(listed)}.")
        st.caption(
            "Distance: root mean square over thirds of an octave, at equal loudness. How the noise changes over time does not count."
        )
    with right:
        display.spectrogram("Your room", wave)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = st.selectbox(
            "Severity",
            list(SEVERITY_WORDS),
            index=TYPICAL - 1,
            format_func=SEVERITY_WORDS.__getitem__,
            key="room_level",
            width=140,
        )
        st.button(
            "Keep it as a noise of my own", key="room_keep", icon=":material/add:", on_click=_keep, args=(data, level)
        )
    refused = st.session_state.pop(KEPT, None)
    if isinstance(refused, WorkbenchError):
        layout.complain(refused)
    elif refused:
        st.success(f"Kept in {layout.plain(refused)}, and in the study.")


def _keep(data: bytes, level: int) -> None:
    """Write the noise of a room and put it into the study, before the widgets of this run are drawn."""
    try:
        folder = save_recordings([("room.wav", data)], home() / "recordings")
        own_conditions.add(parse_condition({"id": "user_noise", "severity": level, "folder": str(folder)}))
    except WorkbenchError as error:
        st.session_state[KEPT] = error
    else:
        st.session_state[KEPT] = str(folder)


def _voice(chosen: Draft) -> None:
    """Record a sentence; show what each model writes of it under each condition, word by word."""
    st.markdown("**Read a sentence aloud**")
    if chosen.manifest is None:
        layout.empty("Choose a corpus and a model first.", layout.CORPUS, "Choose a corpus", of="said")
        return
    listening = [spec for spec in chosen.engines if not spec.startswith("imported:")]
    if not listening:
        layout.empty("Choose a model that listens first.", layout.ENGINES, "Choose a model", of="said")
        return
    corpus = cached.corpus(chosen.manifest)
    own = list(SENTENCES) if corpus.info.language.startswith("en") else []
    texts = list(dict.fromkeys([*own, *corpus.utterances["reference"].head(FROM_CORPUS)]))
    sentence = str(st.selectbox("Sentence", texts, key="said_sentence", accept_new_options=True) or "")
    st.markdown(f"### {layout.plain(sentence)}")
    names = [CLEAN, *chosen_conditions.picked(), *own_conditions.chosen()]
    labels = condition_labels(names)
    under = st.multiselect(
        "Conditions to try",
        names,
        default=names[:AT_FIRST],
        format_func=labels.__getitem__,
        key=f"said_under_{_digest(names)}",
    )
    given = st.audio_input("Read it aloud", key="said_recording")
    st.caption(PRIVACY, width=layout.TEXT_WIDTH)
    if given is None or not under:
        st.session_state.pop(DONE, None)
        return
    data = given.getvalue()
    recording, key = _digest([data]), (_digest([data]), sentence, tuple(under), tuple(listening))
    before = st.session_state.get(DONE)
    again = st.button("Transcribe again", key="said_again", icon=":material/refresh:", disabled=before is None)
    if before is None or before[0][0] != recording or again:
        before = (key, _tried(chosen, recorded(data), under, listening))
        st.session_state[DONE] = before
    elif before[0] != key:
        st.info("The sentence, the conditions or the models have changed. Press Transcribe again.")
        return
    _show(sentence, before[1], labels)


def _digest(parts: Sequence[Any]) -> str:
    return hashlib.sha256(
        b"\0".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)
    ).hexdigest()[:12]


def _load(spec: str, base: str, language: str) -> Engine:
    return load_engine(spec, base=Path(base), language=language)


_loaded = st.cache_resource(_load, max_entries=4, show_spinner="Loading the model ...")


def _tried(chosen: Draft, wave: Waveform, under: Sequence[str], specs: Sequence[str]) -> list[Trial]:
    """Transcribe the recording with every model under every condition. Audio goes away only if that was allowed."""
    corpus = cached.corpus(chosen.manifest)  # type: ignore[arg-type]
    consent.require_word(chosen, egress.destinations(cached.engine(chosen, spec).info for spec in specs))
    engines = [_loaded(spec, str(chosen.base), corpus.info.language) for spec in specs]
    with st.spinner("Transcribing ..."):
        conditions = [parse_condition(name) for name in under]
        return list(trials(wave, conditions, engines, seed=1, pool=cached.pool(corpus)))


def _show(sentence: str, results: Sequence[Trial], labels: dict[str, str]) -> None:
    """Show every transcript under the sentence, word by word, with its errors and its sound."""
    normaliser = get_normaliser(str(st.session_state.get("study_normaliser", "whisper_en")))
    units = UNIT_WORDS[normaliser.unit][2]
    texts = pd.DataFrame({"reference_raw": [sentence] * len(results), "hypothesis_raw": [one.text for one in results]})
    scored = add_scores(texts.astype("str"), normaliser)
    for model_id in dict.fromkeys(one.model_id for one in results):
        st.markdown(f"#### {layout.plain(model_id)}")
        for one, row in zip(results, scored.to_dict("records"), strict=True):
            if one.model_id == model_id:
                _shown(one, row, labels.get(one.condition_id, one.condition_id), units)
    st.caption(
        f"One sentence of one voice shows how a model can fail, not how often. Texts are compared after the normaliser {layout.plain(normaliser.id)}."
    )


def _shown(one: Trial, row: dict[Any, Any], label: str, units: str) -> None:
    if one.text is None:
        st.warning(f"**{layout.plain(label)}**: no transcript. {layout.plain(one.reason)}")
        return
    errors = wording.counted(int(row["errors"]), "error")
    st.markdown(f"**{layout.plain(label)}**: {errors} in {int(row['ref_words'])} {units}")
    display.words(str(row["reference"]), str(row["hypothesis"]))
    if one.degraded is not None:
        display.player(f"As the model heard it: {label}", one.degraded.wave)
