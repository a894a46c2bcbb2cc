"""How long a study will take, asked for before it starts: a few of its utterances are decoded now."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import runner
from workbench.pages.shared import cached, layout
from workbench.runner import Estimate
from workbench.study import Study

TRIED = 4
HELP = (
    f"Decodes {TRIED} utterances with each engine on this machine and keeps nothing. Engines elsewhere are not tried."
)


def estimated(study: Study, workers: int) -> None:
    """Offer an estimate of this study, and show it for as long as the study stays as it is."""
    key = (study.digest, workers)
    if st.button("Estimate the time", key="run_estimate", icon=":material/timer:", help=HELP):
        with st.spinner("Decoding a few utterances ..."):
            found = runner.estimate(study, store=cached.store(), workers=workers, utterances=TRIED)
        st.session_state["run_estimated"] = (key, found)
    made = st.session_state.get("run_estimated")
    if made is not None and made[0] == key:
        st.info(_words(made[1]), icon=":material/timer:")


def _words(found: Estimate) -> str:
    """Return the estimate in sentences."""
    said = [f"{found.transcripts:,} transcripts to make, {found.reused:,} are there already."]
    if not found.transcripts:
        return said[0]
    if pd.isna(found.seconds):
        said.append("The time is not known.")
    else:
        low, high = duration(found.low_s), duration(found.high_s)
        said.append(f"**About {duration(found.seconds)}** on this machine as busy as it is now ({low} to {high}).")
    said += [f"{layout.plain(one.model_id)}: {one.reason}." for one in found.engines if one.reason]
    for currency, fee in found.fees.items():
        said.append("A fee is not known." if pd.isna(fee) else f"Fee of the provider: {fee:,.2f} {currency}.")
    return "\n\n".join(said)


def duration(seconds: float) -> str:
    """Return seconds as people say them.

    >>> duration(40), duration(600), duration(7200)
    ('40 s', '10 min', '2.0 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
