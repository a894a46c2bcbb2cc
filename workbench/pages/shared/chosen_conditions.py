"""The conditions of the study, always in sight: what is chosen, how much that is, and about how long it takes."""

from __future__ import annotations

import streamlit as st

from workbench import runner
from workbench.conditions import CATALOGUE, parse_condition
from workbench.figures import condition_labels
from workbench.figures.wording import counted
from workbench.pages.shared import cached, consent, layout, run_estimate
from workbench.pages.shared.draft import Draft, draft
from workbench.schema import CLEAN
from workbench.study import Study

KEY = "in_sight"
SPEED = "decoding_speed"
"""By engines: seconds of this machine for a second of audio, with its interval, from the last estimate."""
GROUND = {"dark": "#171614", "light": "#ffffff"}
"""The ground of pages, where the settings name none."""
STYLE = f"""<style>
.st-key-{KEY} {{ position: sticky; top: 3.5rem; z-index: 90; background: {{ground}}; border-bottom: 1px solid rgba(128,128,128,.35);
  padding-bottom: .5rem; max-height: 16rem; overflow-y: auto; }}
.stMainBlockContainer [data-testid="stLayoutWrapper"]:has(> .st-key-{KEY}) {{ position: sticky; top: 3.5rem; z-index: 90; }}
</style>"""


def picked() -> list[str]:
    """Return the conditions of the catalogue that are chosen, in its order."""
    state = st.session_state
    return [
        name
        for name, condition in CATALOGUE.items()
        if name in (state.get(f"pick_{condition.id}") or []) and not condition.missing
    ]


def show() -> None:
    """Show what is chosen where it stays in sight, each with a way to remove it, and what the study amounts to."""
    kind = "dark" if st.context.theme.type == "dark" else "light"
    st.html(STYLE.replace("{ground}", str(st.get_option(f"theme.{kind}.backgroundColor") or GROUND[kind])))
    with st.container(key=KEY):
        _bar(draft())


def _bar(chosen: Draft) -> None:
    others = [name for name in chosen.conditions if name != CLEAN]
    labels = condition_labels(others)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{counted(len(chosen.conditions), 'condition')}:** Clean")
        for name in others:
            st.button(
                labels[name][:1].upper() + labels[name][1:], key=f"drop_{name}", icon=":material/close:", on_click=_drop, args=(name,),
                help="Remove it from the study",
            )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        _amount(chosen)
        layout.following(layout.ENGINES, "models", apart=False)


def _drop(name: str) -> None:
    """Take a condition out of the study; one of the user's own stays among those that are offered."""
    state = st.session_state
    key = f"pick_{CATALOGUE[name].id}" if name in CATALOGUE and name not in draft().own else "own_in_use"
    state[key] = [item for item in state.get(key) or [] if item != name]


def _amount(chosen: Draft) -> None:
    """Say how much audio the study is, and about how long that takes where it is known."""
    if chosen.manifest is None:
        st.caption("Choose a corpus to see how much audio this is.")
        return
    utterances = cached.corpus(chosen.manifest).utterances
    lengths = utterances["duration_s"].dropna()
    heard = [parse_condition(name) for name in chosen.conditions]
    audio_s = sum(item.heard_s(float(length)) for item in heard for length in lengths)
    n = len(utterances) * len(chosen.conditions) * max(len(chosen.engines), 1)
    text = f"{counted(n, 'transcript')}, {run_estimate.duration(audio_s * max(len(chosen.engines), 1))} of audio"
    if not chosen.engines:
        st.caption(f"{text} for each model. Choose a model to see how long that takes.")
        return
    speeds: dict[tuple[str, ...], tuple[float, float, float]] = st.session_state.setdefault(SPEED, {})
    speed = speeds.get(tuple(chosen.engines))
    if speed is None:
        st.caption(f"{text}.")
    else:
        about, low, high = (run_estimate.duration(audio_s * factor) for factor in speed)
        st.caption(f"{text}: **about {about}** with one process ({low} to {high}).")
    if st.button(
        "Estimate time", key="conditions_estimate", type="tertiary", icon=":material/timer:", help=run_estimate.HELP
    ):
        result = _speed(chosen)
        if result is not None:
            speeds[tuple(chosen.engines)] = result
            st.rerun()


def _speed(chosen: Draft) -> tuple[float, float, float] | None:
    """Decode a few utterances with each engine; return seconds for a second of each condition's audio, and the interval."""
    fields = {
        "name": "estimate", "corpus": [chosen.manifest.name], "engines": chosen.engines, "conditions": chosen.conditions,  # type: ignore[union-attr]
        "allow_dropped": chosen.allow_dropped, "audio_leaves_this_machine": chosen.audio_leaves,
    }  # fmt: skip
    study = Study.create(fields, base=chosen.base, place="these choices")
    consent.require(chosen, study)
    with st.spinner("Decoding a few utterances ..."):
        made = runner.estimate(study, workers=1, utterances=run_estimate.TRIED)
    per_engine = made.audio_s / len(chosen.engines)
    if made.seconds != made.seconds or not per_engine:
        reasons = "; ".join(f"{engine.model_id}: {engine.reason}" for engine in made.engines if engine.reason)
        st.caption(f"The time is not known. {layout.plain(reasons)}")
        return None
    high = made.high_s if made.high_s < float("inf") else made.seconds
    return made.seconds / per_engine, made.low_s / per_engine, high / per_engine
