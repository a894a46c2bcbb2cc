"""The page Last mile: a card is heard at the level of the ladder, a design is heard, added, and kept under a name."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from tests.pages import fine, opened, texts
from workbench.conditions import parse_condition, presets
from workbench.engines import ScriptedEngine

pytestmark = pytest.mark.usefixtures("manifests")


def page() -> AppTest:
    return fine(opened("conditions", opened("corpus")))


def snr_of(at: AppTest, place: int) -> float:
    """The SNR that was measured on what the card or designer at this place plays."""
    said = [caption.value for caption in at.caption if "Achieved SNR" in caption.value]
    return float(
        said[place].partition("Achieved SNR **")[2].partition(" dB")[0].replace("\u2212", "-").replace("\\", "")
    )


def test_a_card_is_heard_at_the_level_of_the_ladder() -> None:
    at = page()
    players = len(at.get("audio"))
    fine(at.button(key="hear_white_noise").click().run())
    assert len(at.get("audio")) == players + 1
    assert abs(snr_of(at, 0) - 10) <= 0.2
    fine(at.segmented_control(key="ladder").set_value(4).run())
    assert abs(snr_of(at, 0)) <= 0.2
    assert at.session_state["draft"].conditions == ["clean"]  # listening is not choosing
    fine(at.button(key="hear_white_noise").click().run())
    assert len(at.get("audio")) == players


def test_every_sound_has_its_spectrogram_in_words_too() -> None:
    at = page()
    pictures = at.get("image")
    assert len(pictures) == len(at.get("audio"))
    assert any("time runs to the right" in caption.value for caption in at.caption)


def test_a_room_is_designed_heard_and_added() -> None:
    at = page()
    fine(at.selectbox(key="own_kind").set_value("room").run())
    fine(at.number_input(key="own_room_rt60_s").set_value(0.9).run())
    assert any("RT60" in caption.value for caption in at.caption)
    fine(at.button(key="own_add").click().run())
    chosen = at.session_state["draft"].conditions
    assert parse_condition(chosen[1]).parameters["rt60_s"] == 0.9


def test_every_kind_with_numbers_can_be_designed() -> None:
    at = page()
    offered = at.selectbox(key="own_kind").options
    for family in ("tones", "rooms", "codecs", "networks", "microphones"):
        assert any(option.startswith(f"{family}: ") for option in offered), (family, offered)


def test_a_design_is_kept_under_a_name_used_in_a_chain_and_deleted(workbench_home: Path) -> None:
    at = page()
    at.text_input(key="own_name").set_value("bay 3")
    fine(at.button(key="own_save").click().run())
    assert "Saved: `preset:bay 3`" in texts(at)
    machine = presets.load("bay 3").condition.condition_id
    assert at.session_state["draft"].conditions == ["clean"]
    at.multiselect(key="chain_parts").set_value(["room@2", "preset:bay 3"]).run()
    fine(at.button(key="chain_add").click().run())
    assert at.session_state["draft"].conditions == ["clean", f"room@2>{machine}"]
    fine(at.button(key="preset_use").click().run())
    assert at.session_state["draft"].conditions == ["clean", f"room@2>{machine}", machine]
    fine(at.button(key="preset_delete").click().run())
    assert presets.names() == []
    assert at.session_state["draft"].conditions == ["clean", f"room@2>{machine}", machine]


def test_a_name_that_cannot_be_and_a_preset_that_cannot_be_read_are_messages(workbench_home: Path) -> None:
    at = page()
    at.text_input(key="own_name").set_value("../bay")
    fine(at.button(key="own_save").click().run())
    assert "cannot be the name of a preset" in at.error[0].value.replace("\\", "")
    (workbench_home / "presets").mkdir(parents=True)
    (workbench_home / "presets" / "broken.toml").write_text("parts = 3")
    assert "parts is missing, empty, or no list" in fine(opened("conditions", at)).error[0].value


def test_recordings_are_heard_at_once_and_kept_under_a_name(tmp_path: Path) -> None:
    at = page()
    players = len(at.get("audio"))
    noise = tmp_path / "bay.wav"
    soundfile.write(noise, 0.1 * np.random.default_rng(1).standard_normal(16_000), 16_000)
    at.file_uploader(key="recorded_files").upload("bay.wav", noise.read_bytes(), "audio/wav").run()
    fine(at.button(key="recorded_add").click().run())
    assert len(at.get("audio")) == players + 1
    at.text_input(key="recorded_name").set_value("night noise")
    fine(at.button(key="recorded_save").click().run())
    assert at.session_state["draft"].conditions[1] == presets.load("night noise").condition.condition_id


def test_every_condition_is_under_one_tab_and_places_come_first() -> None:
    from workbench.conditions import CATALOGUE
    from workbench.pages.conditions import PLACES, THEMES, themes

    named = [name for names in themes().values() for name in names]
    assert sorted(named) == sorted({condition.id for condition in CATALOGUE.values()} - {"clean"})
    assert {condition.family for condition in CATALOGUE.values()} - {"clean"} == {
        family for families in THEMES.values() for family in families
    }
    assert next(iter(themes())) == PLACES


def test_what_is_chosen_stays_in_sight_while_searching_and_is_removed_there() -> None:
    at = page()
    at.pills(key="pick_white_noise").set_value(["white_noise@2"]).run()
    fine(at.pills(key="pick_place:ward-2").set_value(["place:ward-2@3"]).run())
    fine(at.text_input(key="condition_search").set_value("telephone").run())
    shown = {pills.key for pills in at.button_group if str(pills.key).startswith("pick_")}
    assert {"pick_amr_nb", "pick_handset_band"} <= shown
    assert "pick_white_noise" not in shown
    assert set(at.session_state["draft"].conditions) == {"clean", "white_noise@2", "place:ward-2@3"}
    fine(at.button(key="drop_white_noise@2").click().run())
    assert at.session_state["draft"].conditions == ["clean", "place:ward-2@3"]
    fine(at.text_input(key="condition_search").set_value("").run())
    assert at.pills(key="pick_white_noise").value == []
    assert at.pills(key="pick_place:ward-2").value == ["place:ward-2@3"]
    assert "36 transcripts" in texts(at).replace("\u00a0", " ")


def recording(seconds: float = 3.0) -> bytes:
    sink = io.BytesIO()
    noise = 0.01 * np.random.default_rng(2).standard_normal(round(16_000 * seconds))
    soundfile.write(sink, noise, 16_000, format="WAV", subtype="PCM_16")
    return sink.getvalue()


def test_the_noise_of_a_room_is_measured_and_kept_only_where_that_is_asked_for(workbench_home: Path) -> None:
    at = page()
    fine(at.audio_input(key="room_recording").set_value(("room.wav", recording(), "audio/wav")).run())
    said = texts(at).replace("\\", "")
    assert "Level: **\u221240 dBov**" in said.replace("-40", "\u221240")
    assert "nearest to: White noise" in said
    assert not (workbench_home / "recordings").exists()
    assert at.session_state["draft"].conditions == ["clean"]
    fine(at.button(key="room_keep").click().run())
    (own,) = at.session_state["draft"].own
    assert own.startswith("user_noise@2?folder=")
    assert at.session_state["draft"].conditions == ["clean", own]
    assert (workbench_home / "recordings").is_dir()


def test_a_sentence_is_transcribed_by_each_model_under_each_condition_and_not_kept(
    workbench_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "workbench.pages.shared.say_it._loaded",
        lambda spec, base, language: ScriptedEngine(
            lambda wave: "please bring the blue folder" if wave.condition_id == "clean" else "blue"
        ),
    )
    at = page()
    at.session_state["draft"].engines.append("pocketsphinx")
    fine(at.pills(key="pick_white_noise").set_value(["white_noise@2"]).run())
    at.selectbox(key="said_sentence").set_value("Please bring the blue folder to room fourteen before noon.")
    before = sorted(workbench_home.rglob("*.wav"))
    fine(at.audio_input(key="said_recording").set_value(("said.wav", recording(), "audio/wav")).run())
    said = texts(at)
    assert "5\u00a0errors in 10 words" in said
    assert "9\u00a0errors in 10 words" in said
    assert "none is guessed from the voice" in said
    assert sorted(workbench_home.rglob("*.wav")) == before
