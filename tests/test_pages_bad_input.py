"""What should not be given to pages 1 to 4, and is: each is answered with a message that says what to do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.corpus import make
from tests.pages import by, fine, finished, opened, ready_to_run, said, texts
from workbench.engines import ScriptedEngine
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

pytestmark = pytest.mark.usefixtures("manifests")

HEADER = "path,reference,speaker_id,accent\n"


def zipped(**files: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return sink.getvalue()


def refused(at: AppTest) -> str:
    """What the page complains of, without the escapes of Markdown."""
    fine(at)
    assert at.error, texts(at)
    kept = at.session_state["draft"].manifest
    assert kept is None or "Your study still uses tones" in texts(at)
    return str(at.error[0].value).replace("\\", "")


# -- paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/", "is the root of the file system"),
        ("/" + "a" * 300 + ".csv", "File name too long"),
        ("~nobody-of-this-name/m.csv", "there is no user 'nobody-of-this-name'"),
        ("/a\0b.csv", "NUL"),
        ("/etc/hostname", "ending"),
        ("/dev/null", "is not a file"),
    ],
)
def test_a_path_that_cannot_be_is_a_message(typed: str, said: str) -> None:
    at = by("By its path")
    at.text_input(key="corpus_path").set_value(typed).run()
    assert said in refused(at)


@pytest.mark.long
@pytest.mark.parametrize("folder", ["~nobody-of-this-name", "/a\0b", "audio", "/no/such/folder"])
def test_a_folder_that_cannot_be_is_a_message(folder: str) -> None:
    at = by("Upload")
    at.file_uploader(key="corpus_manifest").upload("m.csv", HEADER.encode() + b"a.wav,one,s1,x\n", "text/csv")
    at.text_input(key="corpus_audio").set_value(folder).run()
    assert refused(at)


# -- uploads ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("m.csv", b"", "the file is empty"),
        ("m.csv", HEADER.encode(), "a header but no rows"),
        ("m.parquet", b"PAR1 not really", "cannot be read"),
        ("m.jsonl", b"[1, 2]\n", "not a JSON object"),
        ("m.csv", b"path;reference;speaker_id\na.wav;one;s1\n", "No row"),
        ("m.csv", HEADER.encode("utf-16")[:-1], "UTF-16"),
        ("m.csv", b"\x89PNG\r\n\x1a\n\0\0\0", ""),
        ("x" * 251 + ".csv", HEADER.encode() + b"a.wav,one,s1,x\n", "No row"),
    ],
)
def test_an_upload_that_is_no_manifest_is_a_message(manifests: Path, name: str, data: bytes, said: str) -> None:
    at = by("Upload")
    at.file_uploader(key="corpus_manifest").upload(name, data, "text/csv")
    at.text_input(key="corpus_audio").set_value(str(manifests)).run()
    assert said in refused(at)


def test_a_manifest_whose_audio_is_missing_names_every_row() -> None:
    rows = "".join(f"nowhere/{number}.wav,one two,s{number},x\n" for number in range(40))
    at = by("Upload a zip")
    at.file_uploader(key="corpus_zip").upload("c.zip", zipped(**{"m.csv": (HEADER + rows).encode()}), "x").run()
    assert "No row of this manifest can be used" in refused(at)
    assert len(at.dataframe[0].value) == 41  # and the folder, once


def test_one_reason_is_listed_once_with_all_its_lines(manifests: Path) -> None:
    manifest = manifests / "tones.csv"
    text = manifest.read_text().splitlines()
    text[0] += ",duration_s"
    text[1:] = [f"{line},1" for line in text[1:]]
    manifest.write_text("\n".join(text) + "\n")
    at = fine(opened("corpus"))
    assert at.table[0].value["line"].tolist() == ["file"]
    assert "Every row can be used" in at.warning[0].value
    assert at.checkbox[0].label == "Continue as it is"
    text[2] = text[2].replace("north", "south")
    manifest.write_text("\n".join(text) + "\n")
    at = fine(opened("corpus"))
    assert at.table[0].value["line"].tolist() == ["file", "2, 3, 4"]  # a speaker has one accent


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no manifest in it"),
        ({"../m.csv": HEADER.encode()}, "leaves the folder"),
        ({"/m.csv": HEADER.encode()}, "is absolute"),
        ({"a.wav": b"RIFF"}, "no manifest in it"),
        ({"a.csv": HEADER.encode(), "b.csv": HEADER.encode()}, "2 manifests in it"),
    ],
)
def test_a_zip_that_is_no_corpus_is_a_message(files: dict[str, bytes], said: str) -> None:
    at = by("Upload a zip")
    at.file_uploader(key="corpus_zip").upload("c.zip", zipped(**files), "application/zip").run()
    assert said in refused(at)


def test_a_zip_is_read_once_and_not_at_every_click(manifests: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.pages.shared import corpus_source

    read: list[bytes] = []
    whole = corpus_source.unpack_zip
    monkeypatch.setattr(corpus_source, "unpack_zip", lambda data, folder: (read.append(data), whole(data, folder))[1])
    files = {str(one.relative_to(manifests)): one.read_bytes() for one in manifests.rglob("*") if one.is_file()}
    at = by("Upload a zip")
    at.file_uploader(key="corpus_zip").upload("c.zip", zipped(**files), "application/zip").run()
    fine(at.selectbox(key="clip_speaker").set_value("s1").run())
    assert len(read) == 1


# -- names that mean something to Markdown, and to nobody else ----------------------------------------------------------


def test_a_picture_in_a_manifest_is_text_and_never_fetched(manifests: Path) -> None:
    picture = "![x](https://elsewhere.example/x.png)"
    lines = (manifests / "tones.csv").read_text().splitlines()
    lines[0] += f",{picture}"
    lines[1:] = [f"{line},{'a' if number % 2 else 'b'}" for number, line in enumerate(lines[1:])]
    lines[3] = lines[3].replace("audio/", picture)
    (manifests / "tones.csv").write_text("\n".join(lines) + "\n")
    at = fine(opened("corpus"))
    shown = " ".join(map(str, at.table[0].value.to_numpy().ravel()))
    assert "elsewhere" in shown
    assert "![x](" not in shown
    at.checkbox[0].check().run()
    fine(at)
    assert not any("![x](" in option for one in at.button_group for option in one.options)
    at = opened("engines", at)
    fine(at.button(key="engine_add").click().run())
    at = fine(opened("run", at))
    assert not any("![x](" in one.label for one in at.multiselect)


# -- one corpus after another, one run after another ------------------------------------------------------------------


def two_corpora(manifests: Path) -> None:
    """Beside the tones, a corpus of other speakers with other groups."""
    other = make(manifests / "other", name="waves").read_text().replace(",north", ",coast").replace("accent", "region")
    other = other.replace("audio/", "other/audio/").replace(",n", ",m")
    (manifests / "waves.csv").write_text(other)


def test_what_was_said_of_one_corpus_is_no_answer_for_the_next(manifests: Path) -> None:
    two_corpora(manifests)
    at = ready_to_run()
    at.multiselect(key="only_accent").set_value(["north"])
    at.text_input(key="study_name").set_value("Ward").run()
    assert "accent = [" in fine(at).code[0].value
    at = opened("corpus", at)
    fine(at.selectbox(key="corpus_name").set_value("waves.csv").run())
    at = fine(opened("run", at))
    assert at.multiselect(key="study_attributes").value == ["region"]
    assert at.text_input(key="study_name").value == "Ward"
    assert "[filter]" not in at.code[0].value
    at = opened("corpus", at)
    at.selectbox(key="corpus_name").set_value("tones.csv").run()
    at = fine(opened("run", at))
    assert "[filter]" not in at.code[0].value
    assert at.multiselect(key="study_attributes").value == ["accent"]


def test_a_name_that_nobody_typed_follows_the_corpus(manifests: Path) -> None:
    two_corpora(manifests)
    at = fine(ready_to_run())
    assert at.text_input(key="study_name").value == "tones study"
    at = opened("corpus", at)
    at.selectbox(key="corpus_name").set_value("waves.csv").run()
    assert fine(opened("run", at)).text_input(key="study_name").value == "waves study"


@pytest.mark.long
def test_settings_outlive_a_look_at_another_page() -> None:
    at = fine(ready_to_run())
    at.number_input(key="study_margin").set_value(5.0)
    at.text_input(key="study_name").set_value("Ward")
    at.selectbox(key="study_normaliser").set_value("basic").run()
    at = fine(opened("run", opened("corpus", fine(at))))
    assert (at.number_input(key="study_margin").value, at.text_input(key="study_name").value) == (5.0, "Ward")
    assert at.selectbox(key="study_normaliser").value == "basic"


def reopened(folder: Path, **fields: object) -> AppTest:
    """Open a study of the tones with these fields, and go to the Run page."""
    usual = {"name": "s", "corpus": ["tones.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}
    Study.create({**usual, **fields}, base=folder).write(folder / "s.study.toml")
    at = by("A study file")
    at.button(key="study_open").click().run()
    return fine(opened("run", fine(at)))


def test_a_study_that_is_opened_and_not_touched_stays_what_it_is(manifests: Path) -> None:
    fields = {
        "margin": 0.0125, "seed": 2**40, "normaliser": "fair_en?without=spelling", "pairing": "utterance",
        "claims": ["accent: gap <= 5 points"], "attributes": ["accent"], "filter": {"accent": ["north", "west"]},
    }  # fmt: skip
    at = reopened(manifests, **fields)
    study = Study.from_toml(manifests / "s.study.toml")
    assert at.code[0].value.strip() == study.to_toml().strip()
    assert "pairing = utterance" in texts(at)
    fine(at.button(key="study_carried").click().run())
    assert 'pairing = "slot"' in at.code[0].value


def test_a_study_without_groups_takes_back_those_of_the_one_before(manifests: Path) -> None:
    at = reopened(manifests, filter={"accent": ["north"]})
    assert at.multiselect(key="only_accent").value == ["north"]
    Study.create(
        {"name": "t", "corpus": ["tones.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}, base=manifests
    ).write(manifests / "s.study.toml")
    at = opened("corpus", at)
    at.button(key="study_open").click().run()
    assert fine(opened("run", at)).multiselect(key="only_accent").value == []


@pytest.mark.parametrize("fields", [{"seed": 2**60}, {"margin": 0.995}, {"margin": 0.00001}])
def test_a_study_with_numbers_that_cannot_be_shown_is_refused_and_not_changed(
    manifests: Path, fields: dict[str, object]
) -> None:
    usual = {"name": "s", "corpus": ["tones.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}
    Study.create({**usual, **fields}, base=manifests).write(manifests / "s.study.toml")
    at = by("A study file")
    at.button(key="study_open").click().run()
    assert "and the pages show" in refused(at)


def test_two_runs_of_one_minute_can_be_told_apart(tmp_path: Path) -> None:
    finished(tmp_path)
    finished(tmp_path, seed=2)
    at = fine(opened("run"))
    options = at.selectbox(key="run_follow").options
    assert len(set(options)) == len(options) == 2


def test_two_clips_of_one_name_and_text_can_be_told_apart(manifests: Path) -> None:
    manifest = manifests / "tones.csv"
    lines = manifest.read_text().splitlines()
    (manifests / "again").mkdir()
    (manifests / "again" / "n1-0.wav").write_bytes((manifests / "audio" / "n1-1.wav").read_bytes())
    manifest.write_text("\n".join([*lines, lines[1].replace("audio/", "again/")]) + "\n")
    options = fine(opened("corpus")).selectbox(key="clip_utterance").options
    assert len(set(options)) == len(options) == 4


def test_a_study_of_two_corpora_is_not_taken_over(manifests: Path) -> None:
    two_corpora(manifests)
    fields = {"name": "s", "corpus": ["tones.csv", "waves.csv"], "engines": ["pocketsphinx"], "conditions": ["clean"]}
    Study.create(fields, base=manifests).write(manifests / "s.study.toml")
    at = by("A study file")
    at.button(key="study_open").click().run()
    assert "it has 2 corpora" in refused(at)


def test_no_widget_has_a_default_beside_what_is_set_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Streamlit warns of it in the log of the server, once, if a server runs and both come in one run of the script."""
    from streamlit.elements.lib import policies

    finished(tmp_path)
    monkeypatch.setattr(policies.runtime, "exists", lambda: True)
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    at = fine(opened("run"))
    fine(at.button(key="run_study_take").click().run())
    assert at.text_input(key="study_name").value == "tones"
    for page in ("corpus", "conditions", "engines", "run"):
        fine(opened(page, at))
    assert not [record for record in caplog.records if "default value" in record.getMessage()]


def test_findings_open_under_the_normaliser_of_the_study_whatever_it_leaves_out(tmp_path: Path) -> None:
    fields = {"name": "t", "corpus": ["tones.csv"], "engines": ["scripted"], "conditions": ["clean"]}
    make(tmp_path)
    study = Study.create({**fields, "normaliser": "fair_en?without=spelling"}, base=tmp_path)
    run(study, store=open_store(), engine_loader=lambda spec, *, base, language: ScriptedEngine(said))
    assert fine(opened("findings")).selectbox(key="view_normaliser").value == "fair_en?without=spelling"
