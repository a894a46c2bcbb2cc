"""Red team: search half of the speakers for a harmful condition, hear the best on the others, and follow it from any browser."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import streamlit as st

from workbench.adaptive import ledger, red_team_worker
from workbench.adaptive.red_team import BUDGET, TOP, RedTeam, Request, read
from workbench.fairness import REST
from workbench.figures import confirmation_plot
from workbench.figures.readable_table import readable
from workbench.pages.shared import address, cached, display, downloads, layout, run_choice

INTRO = (
    "The search uses half of each group's speakers. The best few conditions are then tested once on the other half. A search over many "
    "conditions always finds a worst one, even where nothing differs, so only a confirmed result is a finding. The search continues "
    "in the background if you close this window."
)
SEARCHES = "equip_pulse?frequency_hz=200..6000/log&rate_hz=0.5..8\nroom@1..4>babble@1..4"
SEARCHES_HELP = "One per line: ranges 200..6000 or 200..6000/log, lists 0,5,10, severities room@1..4, chains of three parts at most."
ANYBODY = "whoever is harmed most"
READ = (
    "On the dotted diagonal, the gap is as large on the confirming speakers as on the exploring ones. The distance below the diagonal "
    "is how much the search overestimated the gap."
)
EVERY_S = 2.0


def main() -> None:
    """Draw the page."""
    with layout.page("Red team", INTRO):
        if ledger.ids():
            _shown()
        _new()


def _new() -> None:
    """Ask what is searched, of the study of a run, and start it."""
    st.subheader("New search", anchor=False)
    record = run_choice.choose_run()
    if record is None:
        return
    study, loaded = record.load_study(), cached.load(record)
    if not loaded.declared:
        st.info("The corpus of this run declares no attribute, so there is no gap to widen.")
        return
    with st.container(horizontal=True):
        engine = st.selectbox("Engine", study.engines, key="red_team_engine")
        attribute = st.selectbox("Attribute", run_choice.attributes_of(loaded), key="red_team_attribute", width=165)
        groups = cached.levels(loaded, attribute)
        group = st.selectbox(
            "Group", [ANYBODY, *groups], key="red_team_group", help="The group whose gap the search tries to widen."
        )
        reference = st.selectbox(
            "Compared with", [REST, *groups], key="red_team_reference", width=165,
            format_func=lambda name: "the rest" if name == REST else name,
        )  # fmt: skip
    searches = st.text_area("Search over", SEARCHES, key="red_team_searches", help=SEARCHES_HELP)
    with st.container(horizontal=True):
        budget = st.number_input("Conditions to try", 1, 1000, BUDGET, key="red_team_budget", width=165)
        top = st.number_input(
            "Confirmed on other speakers", 1, 20, TOP, key="red_team_top", width=165,
            help="How many of the best the confirming speakers hear, once; fixed now.",
        )  # fmt: skip
        seed = st.number_input("Seed", 0, 2**31 - 1, 1, key="red_team_seed", width=140, help="Of the proposals.")
    if st.button("Start the search", key="red_team_start", type="primary", icon=":material/play_arrow:"):
        lines = tuple(line.strip() for line in searches.splitlines() if line.strip())
        request = Request(
            study, attribute, lines, "" if group == ANYBODY else group, reference, int(budget), int(top), int(seed),
            engine=engine,
        )  # fmt: skip
        with layout.mendable():
            address.set_choice("red_team", red_team_worker.start(request, store=cached.store()))
            st.rerun()


def _shown() -> None:
    """Choose a red team and show it; while it is at work it is drawn again and again."""
    chosen = address.choose("Red team", ledger.ids(), "red_team")
    alive = red_team_worker.state(chosen).alive
    st.fragment(_follow, run_every=EVERY_S if alive else None)(chosen, alive)


def _follow(red_team_id: str, was_alive: bool) -> None:
    with layout.mendable():
        state = red_team_worker.state(red_team_id)
        if was_alive and not state.alive:
            st.rerun()
        result = read(red_team_id)
        _progress(red_team_id, state)
        _result(result)


def _progress(red_team_id: str, state: red_team_worker.State) -> None:
    words = "finished" if state.concluded else "running" if state.alive else "stopped; start it again to resume"
    with st.container(border=True):
        share = state.trials / state.budget if state.budget else 0.0
        st.progress(min(share, 1.0), text=f"{state.trials} of {state.budget} conditions tried; {words}")
        if state.message:
            st.error(layout.plain(state.message))
        with st.container(horizontal=True):
            if state.alive and st.button("Stop", key="red_team_stop", icon=":material/stop_circle:"):
                ledger.Ledger(red_team_id).request_stop()
            waiting = not state.alive and not state.concluded
            if waiting and st.button("Go on", key="red_team_go_on", icon=":material/play_arrow:"):
                request = Request.from_fields(ledger.Ledger(red_team_id).request())
                red_team_worker.start(request, store=cached.store())
                st.rerun(scope="app")


def _result(result: RedTeam) -> None:
    request = result.request
    whose = f"the gap of {request.group}" if request.group else "any group's gap"
    st.caption(
        layout.plain(
            f"{request.study.name}, by {request.attribute}: {whose}, searched over {'; '.join(request.searches)}. "
            + "; ".join(f"{side.group}: {side.explore} explore, {side.confirm} confirm" for side in result.sides)
        ),
        width=layout.TEXT_WIDTH,
    )
    for note in result.notes:
        st.info(layout.plain(note))
    if len(result.confirmations):
        n = len(result.confirmed)
        (st.success if n else st.warning)(
            f"{n} of the best {len(result.confirmations)} are confirmed on other speakers."
        )
        shown = result.confirmations[result.confirmations["confirmed"].notna()]
        if len(shown):
            display.figure(confirmation_plot(shown), key="red_team_figure", read=READ)
        st.dataframe(readable(result.confirmations), hide_index=True, key="red_team_confirmations")
        for name in result.presets:
            st.code(name, language=None)
    if result.techniques:
        st.markdown("**Trials by technique, on the exploring speakers**")
        st.dataframe(
            pd.DataFrame([asdict(row) for row in result.techniques]), hide_index=True, key="red_team_techniques"
        )
    if len(result.trials):
        with st.expander(f"Every trial ({len(result.trials)})", icon=":material/list:"):
            st.dataframe(readable(result.trials), hide_index=True, key="red_team_trials")
            downloads.table(result.trials, "red_team_trials", key="red_team_trials_table", label="Trials")


if __name__ == "__main__":
    main()
