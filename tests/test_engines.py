"""Engines: names lead to engines, mistakes to errors that help, and the fake stays a fake."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench.audio import Waveform
from workbench.engines import (
    ADAPTERS,
    EngineFailure,
    ModelInfo,
    ScriptedEngine,
    Transcript,
    availability,
    describe_engine,
    load_engine,
)
from workbench.engines.protocol import content_digest, file_digest
from workbench.engines.registry import _adapter
from workbench.engines.spec import all_at_once, model_id, parse_spec
from workbench.errors import EngineError
from workbench.extras import EXTRAS


def wave(utterance_id: str, condition_id: str = "clean") -> Waveform:
    return Waveform(np.zeros(160, dtype=np.float32), 16_000, utterance_id, "s1", condition_id)


def test_a_name_is_taken_apart_into_engine_target_and_options() -> None:
    spec = parse_spec("imported:in/vendor%3F.csv?id=a%26b&text=said", base=Path("."), language="en")
    assert (spec.engine, spec.target, dict(spec.options)) == (
        "imported",
        "in/vendor?.csv",
        {"id": "a&b", "text": "said"},
    )


def test_options_that_are_no_pairs_or_come_twice_are_named_together() -> None:
    with pytest.raises(EngineError) as caught:
        load_engine("pocketsphinx?pad_s&floor=1&floor=2&=3")
    for said in ("'pad_s' is not name=value", "floor is given twice", "'=3' is not name=value"):
        assert said in str(caught.value)


def test_an_unknown_engine_names_the_nearest_and_all() -> None:
    with pytest.raises(EngineError, match="did you mean 'whisper'\\? Available: ") as caught:
        load_engine("wisper:tiny.en")
    assert all(name in caught.value.remedy for name in ADAPTERS)


@pytest.mark.parametrize("spec", ["", "scripted", "scripted:x", "ScriptedEngine", "fake", "demo"])
def test_no_name_leads_to_the_scripted_engine(spec: str) -> None:
    with pytest.raises(EngineError, match="there is no engine"):
        load_engine(spec)
    assert not any("scripted" in module for module in ADAPTERS.values())


def test_every_unknown_option_is_named_with_the_known_ones() -> None:
    with pytest.raises(EngineError) as caught:
        load_engine("pocketsphinx?gramar=x.gram&beam=2")
    assert "'gramar', did you mean 'grammar'?" in str(caught.value)
    assert "'beam'" in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("pocketsphinx?pad_s=-1", "pad_s=-1 is not a number from 0 to 10 (seconds)"),
        ("pocketsphinx?floor=nan", "floor=nan is not a number from 0 to 3000 (16-bit steps)"),
        ("pocketsphinx?floor=much", "floor=much is not a number"),
        ("pocketsphinx:en-us", "takes nothing behind a colon"),
        ("pocketsphinx?grammar=a&keywords=b", "a grammar and keywords at once"),
        ("pocketsphinx?threshold=1e-5", "a threshold without keywords"),
        ("whisper", "no model is named"),
        ("imported", "no table of transcripts is named"),
        ("imported:in?quoting=some", "quoting=some is unknown"),
    ],
)
def test_values_that_make_no_sense_are_refused(spec: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("utterance_id,text\na,b\n")
    with pytest.raises(EngineError) as caught:
        load_engine(spec.replace(":in?", ":in.csv?"), base=tmp_path)
    assert said in str(caught.value)


def test_a_file_that_is_not_there_suggests_the_one_that_is(tmp_path: Path) -> None:
    (tmp_path / "digits.gram").write_text("")
    with pytest.raises(EngineError, match=r"there is no grammar 'digit\.gram'; did you mean 'digits\.gram'\?"):
        load_engine("pocketsphinx?grammar=digit.gram", base=tmp_path)
    with pytest.raises(EngineError, match="is a folder"):
        load_engine("pocketsphinx?grammar=.", base=tmp_path)


def test_availability_has_one_row_per_engine_and_says_what_is_needed() -> None:
    frame = availability()
    assert list(frame.columns) == ["engine", "ready", "reason", "install", "spec_example", "description"]
    assert list(frame["engine"]) == list(ADAPTERS)
    assert frame["ready"].dtype == bool
    assert all(frame["ready"] | (frame["install"] != ""))
    assert (frame["reason"] != "").all()
    assert json.loads(frame.to_json(orient="records"))[0]["engine"] == "pocketsphinx"


def test_an_engine_whose_package_is_missing_is_not_ready_and_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workbench.engines.pocketsphinx.find_spec", lambda name: None)
    monkeypatch.setattr("workbench.engines.openai_whisper.find_spec", lambda name: None)
    frame = availability().set_index("engine")
    assert frame.loc[["pocketsphinx", "whisper", "imported"], "ready"].tolist() == [False, False, True]
    assert frame.loc["whisper", "install"] == "pip install 'speech-fairness-workbench[whisper]'"
    with pytest.raises(EngineError, match=r"pip install 'speech-fairness-workbench\[audio\]'"):
        load_engine("pocketsphinx")
    with pytest.raises(EngineError, match=r"pip install 'speech-fairness-workbench\[whisper\]'"):
        load_engine("whisper:tiny.en")


def test_what_is_to_be_installed_is_an_extra_that_brings_it() -> None:
    named = [re.findall(r"\[(\w+)\]'", getattr(_adapter(name), "INSTALL", "")) for name in ADAPTERS]
    assert sum(map(len, named)) >= 7
    assert all(extra in EXTRAS for found in named for extra in found)


def test_an_english_model_refuses_a_corpus_in_another_language() -> None:
    with pytest.raises(EngineError, match="its model is English, the corpus is 'de'"):
        load_engine("pocketsphinx", language="de")


def test_a_model_is_named_by_its_spec_without_folders_and_its_digest() -> None:
    assert model_id("pocketsphinx", "", {"grammar": "d.gram"}, "0123456789") == "pocketsphinx?grammar=d.gram#01234567"
    assert model_id("whisper", "tiny.en", {}, "abcdef0123") == "whisper:tiny.en#abcdef01"
    assert model_id("e", "", {"b": "2", "a": "1"}, "00000000ff") == "e?a=1&b=2#00000000"


def test_a_digest_depends_on_content_and_not_on_the_order_of_names(tmp_path: Path) -> None:
    assert (
        content_digest({"a": 1, "b": [2]}) == content_digest({"b": [2], "a": 1}) != content_digest({"a": 1, "b": [3]})
    )
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    assert file_digest(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    path.write_bytes(b"abcd")
    assert not file_digest(path).startswith("ba7816bf")


def test_many_faults_of_a_file_are_listed_and_the_rest_counted() -> None:
    assert str(all_at_once(["one thing"], place="a.csv", remedy="mend it")) == "a.csv: one thing; mend it"
    error = str(all_at_once([f"line {i}" for i in range(30)], place="a.csv"))
    assert error.startswith("a.csv: 30 problems\nline 0\n")
    assert error.endswith("line 19\n... and 10 more")


def test_the_scripted_engine_says_what_it_is_told_and_fails_on_what_it_does_not_know() -> None:
    engine = ScriptedEngine({"c/1": "one", "c/2": ""}, decode_s=0.5)
    one, nothing, unknown = engine.transcribe([wave("c/1"), wave("c/2"), wave("c/3")])
    assert one == Transcript("one", 0.5)
    assert nothing == Transcript("", 0.5)
    assert unknown == EngineFailure("the script has no text for c/3", 0.5)


def test_the_scripted_engine_can_be_a_function_of_what_it_hears() -> None:
    def answer(heard: Waveform) -> str | Transcript | EngineFailure:
        if heard.condition_id == "clean":
            return Transcript("quiet", 0.1, 0.9)
        return EngineFailure("too loud", 0.2) if heard.utterance_id == "c/2" else f"{heard.condition_id} heard"

    answers = ScriptedEngine(answer).transcribe([wave("c/1"), wave("c/1", "room@2"), wave("c/2", "room@2")])
    assert answers == [Transcript("quiet", 0.1, 0.9), Transcript("room@2 heard", 0.0), EngineFailure("too loud", 0.2)]


def test_two_scripts_are_two_models() -> None:
    first, second = ScriptedEngine({"a": "x"}), ScriptedEngine({"a": "y"})
    assert first.digest != second.digest
    assert first.digest == ScriptedEngine({"a": "x"}).digest


def test_what_describes_an_engine_turns_into_json_and_back() -> None:
    info = describe_engine(ScriptedEngine({}, model_id="m", conditions=["clean"]))
    assert ModelInfo(**json.loads(json.dumps(vars(info)))) == info
    assert (info.engine, info.model_id) == ("scripted", "m")


def test_importing_the_engines_imports_no_engine() -> None:
    code = (
        "import sys, workbench.engines as e; e.availability();"
        "print(*[m for m in ('torch', 'whisper', 'pocketsphinx', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
