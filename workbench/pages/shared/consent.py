"""Consent: engines that send the audio to another machine need the user's word, and are told where they send it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from workbench.engines import leaving
from workbench.pages.shared import cached, layout
from workbench.pages.shared.draft import Draft
from workbench.study import Study

AWAY = "The audio may leave this machine"
ASKED = "Ask for it only where the speakers' consent and your rules allow it. It stands in the study, the run's notes and on the card."


def ask(chosen: Draft, away: Mapping[str, str]) -> None:
    """Say where the audio would go and ask whether it may; ``away`` is by model_id, and nothing is asked where it is empty."""
    if away:
        st.warning("  \n".join(layout.plain(note) for note in leaving.notes(away)))
        chosen.audio_leaves = st.toggle(AWAY, chosen.audio_leaves, key="audio_leaves", help=ASKED)


def require(chosen: Draft, study: Study) -> None:
    """Raise EngineError if an engine of the study sends audio away and the user has not allowed it."""
    away = leaving.destinations(cached.engine(chosen, spec).info for spec in study.engines)
    leaving.require_consent(away, allowed=study.audio_leaves_this_machine, place="Engines page")
