"""``wb.browse``: the cells of a run in a notebook, chosen from lists; the widgets are driven as a person would drive them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import workbench as wb
from tests.card_material import results
from tests.demo_run import demo_run
from workbench.errors import AudioError
from workbench.notebook import browser as module
from workbench.results import heard

pytest.importorskip("ipywidgets", reason="ipywidgets is of the extra [notebook]")


def parts(widget: Any) -> dict[str, Any]:
    """The lists by what stands before them, the board, the words, and both sounds."""
    attribute, model, board, group, condition, utterance, words, sounds = widget.children
    named = {child.description: child for child in (attribute, model, group, condition, utterance)}
    return named | {"board": board, "words": words, "sounds": [box.children[1] for box in sounds.children]}


def samples(sound: Any) -> np.ndarray[Any, Any]:
    return soundfile.read(io.BytesIO(sound.value), dtype="float32")[0]


def test_a_cell_is_chosen_read_and_heard(tmp_path: Path) -> None:
    store = wb.open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    loaded = wb.load(demo_run(store, ("clean", "white_noise@2")).run_id, store=store)
    browser = parts(wb.browse(loaded, store=store))
    browser["Group"].value = "Scottish English"
    browser["Condition"].value = "white_noise@2"
    cell = loaded.scores[
        (loaded.scores["accent"] == "Scottish English") & (loaded.scores["condition_id"] == "white_noise@2")
    ]
    worst = cell.sort_values(["errors", "utterance_id"], ascending=[False, True]).iloc[0]
    assert next(label.split(":")[0] for label, _ in browser["Utterance"].options) == worst["utterance_id"]
    assert len(browser["Utterance"].options) == len(cell)
    assert wb.align(worst["reference"], worst["hypothesis"])._repr_html_() == browser["words"].value
    for sound, wave in zip(
        browser["sounds"], heard(loaded, worst["utterance_id"], "white_noise@2", store=store), strict=True
    ):
        wanted = getattr(wave, "wave", wave).samples
        assert np.max(np.abs(samples(sound) - np.clip(wanted, -1, 1))) < 2e-4  # 16 bits
    store.close()


@pytest.fixture
def no_recordings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The results were made by hand: there is nothing to hear."""

    def gone(*_: object, **__: object) -> None:
        raise AudioError("there is no such file", place="a.wav", remedy="bring it back")

    monkeypatch.setattr(module, "heard", gone)


@pytest.mark.usefixtures("no_recordings")
def test_the_board_follows_the_choice_and_has_its_numbers_in_words() -> None:
    loaded = results()
    browser = parts(wb.browse(loaded))
    assert browser["board"].value.lstrip().startswith("<?xml")
    assert "<summary>In words</summary>" in browser["board"].value and "Scotland" in browser["board"].value
    assert list(browser["Group"].options) == sorted(loaded.scores["accent"].unique())
    before = browser["Utterance"].options
    browser["Group"].value = browser["Group"].options[-1]
    assert browser["Utterance"].options != before


@pytest.mark.usefixtures("no_recordings")
def test_a_recording_that_is_gone_leaves_the_words() -> None:
    browser = parts(wb.browse(results()))
    assert "No sound: a.wav: there is no such file; bring it back" in browser["words"].value
    assert [sound.value for sound in browser["sounds"]] == [b"", b""]
