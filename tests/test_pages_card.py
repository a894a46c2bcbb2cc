"""The page Service card: what is asked of the card is what it is judged by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import fine, finished, opened, texts

pytestmark = pytest.mark.usefixtures("manifests")


def test_another_margin_judges_the_card_anew_and_the_card_says_when_it_was_chosen(tmp_path: Path) -> None:
    record = finished(tmp_path)
    at = opened("service_card")
    margin = at.number_input(key=f"card_margin_{record.run_id}")
    assert margin.value == 2.0
    margin.set_value(40.0)
    at.multiselect(key="card_parts").set_value([])
    at.button(key="card_build").click().run()
    card = fine(at).session_state["card"][1]
    assert (card.method.margin, card.choices.margin) == (0.4, 0.4)
    assert "was chosen for this card after the run" in texts(at)


def test_a_transcript_chosen_in_the_findings_is_printed_on_the_card_and_no_other(tmp_path: Path) -> None:
    finished(tmp_path)
    at = opened("service_card")
    assert "No transcript is printed" in texts(at)
    at.query_params["view"] = "Utterances"
    at = opened("findings", at)
    utterance, condition = (at.query_params[name] for name in ("utterance", "condition"))
    next(one for one in at.toggle if "on the service card" in one.label).set_value(True).run()
    at = fine(opened("service_card", at))
    assert f"{utterance} in clean" in texts(at).replace("\\", "")
    at.multiselect(key="card_parts").set_value([])
    at.button(key="card_build").click().run()
    card = fine(at).session_state["card"][1]
    assert card.choices.examples == ((utterance, condition),)
    assert len(card.examples) == 1
    assert card.choices.margin is None  # nothing was changed
