"""The corpus page: other column names, zips, studies that exist, who is in it and what it can show."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tests.corpus_trees import common_voice
from tests.pages import by, fine, finished, opened, texts
from workbench.corpora import composition, guess_columns, load_corpus, map_columns
from workbench.errors import ManifestError
from workbench.study import Study

pytestmark = pytest.mark.usefixtures("manifests")


def renamed(manifests: Path) -> Path:
    """A manifest of the same audio whose columns are called as elsewhere."""
    text = (manifests / "tones.csv").read_text()
    path = manifests / "theirs.csv"
    path.write_text(text.replace("path,reference,speaker_id", "filename,sentence,client_id", 1))
    return path


def test_columns_of_other_names_are_guessed_shown_and_used_once_confirmed(manifests: Path) -> None:
    path = renamed(manifests)
    at = by("By its path")
    at.text_input(key="corpus_path").input(str(path)).run()
    fine(at)
    assert not at.metric
    assert at.dataframe[0].value.columns.tolist() == ["filename", "sentence", "client_id", "accent"]
    assert [at.selectbox(key=f"map_{path}_{name}").value for name in ("path", "reference", "speaker_id")] == [
        "filename", "sentence", "client_id",
    ]  # fmt: skip
    at.selectbox(key=f"map_{path}_speaker_id").set_value("sentence").run()
    assert at.button(key="corpus_map").disabled
    assert "Each column can be used only once" in fine(at).error[0].value
    at.selectbox(key=f"map_{path}_speaker_id").set_value("client_id").run()
    at.button(key="corpus_map").click().run()
    assert fine(at).metric[1].value == "18"
    assert at.session_state["draft"].manifest != path
    assert "speaker = client\\_id" in texts(at)
    at.button(key="corpus_unmap").click().run()
    assert not fine(at).metric
    assert not at.button(key="corpus_map").disabled


def test_a_mapped_manifest_says_the_same_as_its_source(manifests: Path) -> None:
    path = renamed(manifests)
    columns = {"path": "filename", "reference": "sentence", "speaker_id": "client_id"}
    mapped = map_columns(path, columns)
    assert map_columns(path, columns) == mapped
    mine, theirs = (load_corpus(one).utterances for one in (manifests / "tones.csv", mapped))
    for name in ("reference", "speaker_id", "accent", "source_digest"):
        assert mine[name].tolist() == theirs[name].tolist()


def test_a_mapping_names_everything_that_is_wrong_with_it(manifests: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        map_columns(renamed(manifests), {"path": "sentence", "reference": "sentence", "speaker_id": "who"})
    for words in ("'sentence' is given twice", "no column 'who'", "choose among 'filename'"):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("names", "guessed"),
    [
        (["client_id", "path", "sentence"], ("path", "sentence", "client_id")),
        (["Audio Filepath", "Text", "Speaker"], ("Audio Filepath", "Text", "Speaker")),
        (["a", "b"], ("", "", "")),
    ],
)
def test_usual_names_are_guessed(names: list[str], guessed: tuple[str, str, str]) -> None:
    assert tuple(guess_columns(names).values()) == guessed


def test_a_zip_of_audio_and_manifest_is_a_corpus(manifests: Path, workbench_home: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for file in sorted(manifests.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(manifests))
    at = by("Upload a zip")
    at.file_uploader(key="corpus_zip").upload("tones.zip", sink.getvalue(), "application/zip").run()
    assert fine(at).metric[1].value == "18"
    assert workbench_home in at.session_state["draft"].manifest.parents


def test_a_zip_that_is_none_is_a_message() -> None:
    at = by("Upload a zip")
    at.file_uploader(key="corpus_zip").upload("tones.zip", b"not a zip", "application/zip").run()
    assert "cannot be read as a zip" in fine(at).error[0].value


def test_a_study_that_exists_becomes_the_choices_of_the_session(manifests: Path) -> None:
    own = "equip_pulse?frequency_hz=900&rate_hz=2&snr_db=8"
    fields = {
        "name": "ward round", "corpus": ["tones.csv"], "engines": ["imported:theirs.csv"], "margin": 0.05, "seed": 7,
        "conditions": ["clean", "white_noise@2", "room@1", own], "normaliser": "basic", "filter": {"accent": ["north"]},
    }  # fmt: skip
    study = Study.create(fields, base=manifests)
    study.write(manifests / "ward.study.toml")
    (manifests / "theirs.csv").write_text("utterance_id,hypothesis\naudio/n1-0.wav,one two three\n")
    at = by("A study file")
    at.button(key="study_open").click().run()
    assert fine(at).metric[1].value == "18"
    opened("conditions", at)
    fine(at)
    assert at.button_group(key="pick_white_noise").value == ["white_noise@2"]
    opened("run", at)
    fine(at)
    assert at.text_input(key="study_name").value == "ward round"
    assert at.number_input(key="study_margin").value == 5.0
    chosen = at.session_state["draft"]
    assert set(chosen.conditions) == {condition.condition_id for condition in study.conditions}
    assert chosen.engines == ["imported:theirs.csv"]
    assert at.multiselect(key="only_accent").value == ["north"]


def test_a_study_that_cannot_be_read_is_a_message(manifests: Path) -> None:
    (manifests / "broken.study.toml").write_text("name = \n")
    at = by("A study file")
    at.selectbox(key="study_file").set_value("broken.study.toml").run()
    at.button(key="study_open").click().run()
    assert "not a TOML file" in fine(at).error[0].value


def test_small_groups_are_marked_and_the_gap_that_each_can_show_is_said() -> None:
    at = fine(opened("corpus"))
    groups = at.dataframe[0].value.set_index("group")
    assert set(groups["evidence"]) == {"too small"}
    assert set(groups["detectable_gap"]) == {"–"}  # the least would be above 100 points
    assert "3 of 3 groups have fewer than 5 speakers" in texts(at).replace("\u00a0", " ")


def test_a_composition_counts_people_words_and_minutes(manifests: Path) -> None:
    utterances = load_corpus(manifests / "tones.csv").utterances
    found = composition(utterances, "accent").set_index("group")
    north = utterances[utterances["accent"] == "north"]
    assert found.loc["north", "words"] == sum(len(text.split()) for text in north["reference"])
    assert found.loc["north", "minutes"] == pytest.approx(north["duration_s"].sum() / 60)
    assert found["speakers"].is_monotonic_decreasing
    two = utterances.assign(corpus_id=["a", "b"] * (len(utterances) // 2))
    assert composition(two, "accent")["speakers"].sum() == 2 * found["speakers"].sum()


def test_the_steps_stand_in_the_sidebar_with_their_state(tmp_path: Path) -> None:
    at = fine(opened("conditions"))
    said = at.sidebar.caption[0].value
    assert "Corpus: not chosen yet" in said
    assert "Run: no run yet" in said
    finished(tmp_path)
    said = opened("corpus", at).sidebar.caption[0].value.replace("\u00a0", " ")
    assert "tones, 6 speakers" in said
    assert "Findings: 1 run" in said


def common_voice_zip(folder: Path) -> bytes:
    root = common_voice(folder / "made")
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for file in sorted(root.rglob("*")):
            if file.is_file():
                archive.write(file, f"cv-corpus-21.0/en/{file.relative_to(root)}")
    return sink.getvalue()


def test_a_zip_of_common_voice_is_recognised_and_prepared(tmp_path: Path, workbench_home: Path) -> None:
    at = by("Upload a zip")
    at.file_uploader(key="corpus_zip").upload("cv.zip", common_voice_zip(tmp_path), "application/zip").run()
    assert "This looks like **Common Voice**" in texts(fine(at))
    assert not at.metric
    at.button(key="corpus_prepare").click().run()
    assert [metric.value for metric in fine(at).metric][:2] == ["2", "2"]
    chosen = at.session_state["draft"].manifest
    assert workbench_home in chosen.parents
    assert load_corpus(chosen).utterances["reference"].tolist() == ['She said "no" and "yes.', "NaN"]
    at = opened("corpus", opened("conditions", at))  # back again: an upload is gone by then, the corpus is not
    assert at.session_state["draft"].manifest == chosen


def test_a_folder_of_a_corpus_is_read_by_its_path_with_its_options(tmp_path: Path) -> None:
    root = common_voice(tmp_path / "cv")
    at = by("By its path")
    at.text_input(key="corpus_path").input(str(tmp_path)).run()
    fine(at)
    key = f"prepared_common-voice_{root}"
    at.selectbox(key=f"{key}_option_split").set_value("dev").run()
    at.button(key="corpus_prepare").click().run()
    assert "there is no 'dev.tsv'" in fine(at).error[0].value
    at.selectbox(key=f"{key}_option_split").set_value("validated").run()
    at.button(key="corpus_prepare").click().run()
    assert fine(at).metric[1].value == "2"


def test_what_a_corpus_does_not_say_is_asked_for_and_kept_beside_it(tmp_path: Path) -> None:
    at = by("Upload a zip")
    at.file_uploader(key="corpus_zip").upload("cv.zip", common_voice_zip(tmp_path), "application/zip").run()
    at.button(key="corpus_prepare").click().run()
    assert "not stated” for: consent" in texts(fine(at))
    at.text_input(key="state_common-voice_consent").input("the terms of Common Voice")
    at.selectbox(key="state_obtained_accent").set_value("annotated")
    at.button(key="corpus_state").click().run()
    info = load_corpus(fine(at).session_state["draft"].manifest).info
    assert (info.consent, info.licence) == ("the terms of Common Voice", "CC0-1.0")
    assert info.attributes["accent"].obtained == "annotated"


def test_a_description_of_the_users_own_is_shown_and_not_rewritten() -> None:
    at = fine(opened("corpus"))
    assert "Change them there" in texts(at)
    assert not [button for button in at.button if button.key == "corpus_state"]


def test_transcripts_of_a_vendor_are_dropped_recognised_and_used(manifests: Path) -> None:
    at = fine(opened("corpus"))
    files = [
        (f"{name}.srt", f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n".encode(), "text/plain")
        for name, text in (("n1-0", "one two three"), ("n1-1", "four five"), ("nobody", "hello"))
    ]
    at.file_uploader(key="corpus_transcripts").set_value(files).run()
    said = texts(fine(at)).replace("\u00a0", " ")
    assert "2 of 18 utterances have a transcript; 1 transcript belong" in said
    at.button(key="corpus_transcripts_use").click().run()
    (spec,) = fine(at).session_state["draft"].engines
    assert spec.startswith("imported:")
