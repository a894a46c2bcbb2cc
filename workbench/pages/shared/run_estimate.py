"""How much a study is, and how long it will take and what it will cost: asked for before it starts."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import runner
from workbench.figures.wording import counted
from workbench.pages.shared import cached, consent, layout
from workbench.pages.shared.draft import Draft
from workbench.runner import Estimate
from workbench.study import Study

TRIED = 8
"""Two calls of an engine that takes four at once: of one there would be no telling how sure the estimate is."""
HELP = f"Times {TRIED} utterances per local engine; nothing is stored. Remote engines are not called."
PRICE = "What an hour of this machine costs you, in any currency. The estimate then includes the cost of the run."


def amount(chosen: Draft, study: Study) -> int:
    """Say how much the study is; return how many transcripts. Engines that cannot be run are an error."""
    utterances = cached.corpus(chosen.manifest).utterances  # type: ignore[arg-type]
    for name, levels in study.filter.items():
        utterances = utterances[utterances[name].isin(levels)]
    consent.require(chosen, study)
    served = [cached.engine(chosen, spec).conditions for spec in study.engines]
    given = [
        condition for held in served for condition in study.conditions if held is None or condition.condition_id in held
    ]
    n = len(utterances) * len(given)
    seconds = sum(item.heard_s(float(length)) for item in given for length in utterances["duration_s"].dropna())
    product = f"{counted(len(study.conditions), 'condition')} × {counted(len(study.engines), 'engine')}"
    st.markdown(
        f"**{n:,} transcripts**, {duration(seconds)} of audio: {counted(len(utterances), 'utterance')} × {product}. "
        "Existing transcripts are reused."
    )
    return n


def price() -> float | None:
    """Ask what this machine costs an hour."""
    given: float | None = st.number_input(
        "Machine cost per hour", 0.0, None, None, key="run_price", persist_state="session", help=PRICE,
        placeholder="none", format="%g", width=235,
    )  # fmt: skip
    return given


def estimated(study: Study, workers: int, price: float | None, *, anew: bool) -> None:
    """Estimate this study if it was asked for, and show that for as long as the study stays as it is."""
    key = (study.digest, workers)
    if anew:
        with st.spinner("Decoding a few utterances ..."):
            result = runner.estimate(study, store=cached.store(), workers=workers, utterances=TRIED)
        st.session_state["run_estimated"] = (key, result)
    made = st.session_state.get("run_estimated")
    if made is not None and made[0] == key:
        st.info(_words(made[1], price), icon=":material/timer:")


def forget() -> None:
    """Show the estimate no more: the run that it was for has begun."""
    st.session_state.pop("run_estimated", None)


def _words(found: Estimate, price: float | None) -> str:
    """Return the estimate in sentences."""
    sentences = [f"{found.transcripts:,} transcripts to make, {found.reused:,} reused."]
    if not found.transcripts:
        return sentences[0]
    known = not pd.isna(found.seconds)
    if known:
        sure = f"{duration(found.low_s)} to {duration(found.high_s)}"
        sure = sure if found.high_s < float("inf") else "a rough figure: one call was tried"
        speed = f", {found.audio_s / found.seconds:.1f}× real time" if found.seconds else ""
        sentences.append(f"**About {duration(found.seconds)}**{speed}, on this machine as busy as it is now ({sure}).")
    else:
        sentences.append("The time is not known.")
    sentences += [f"{layout.plain(engine.model_id)}: {engine.reason}." for engine in found.engines if engine.reason]
    fees = {currency: fee for currency, fee in found.fees.items() if fee}  # a fee that is not known is NaN
    for currency, fee in fees.items():
        sentences.append("A fee is not known." if pd.isna(fee) else f"Fee of the provider: {fee:,.2f} {currency}.")
    if not fees:
        sentences.append("No engine of this study charges a fee.")
    if price and known:
        sentences.append(f"This machine: {found.cost(price):,.2f} at {price:g} an hour.")
    return "\n\n".join(sentences)


def duration(seconds: float) -> str:
    """Return seconds as people say them.

    >>> duration(40), duration(600), duration(7200)
    ('40 s', '10 min', '2.0 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
