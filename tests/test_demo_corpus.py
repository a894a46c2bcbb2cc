"""The demo corpus: what is claimed of it, measured; and the script that makes it, run again."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from data_manifests import make_demo
from workbench.audio import decode
from workbench.corpora import Corpus, check_manifest, load_corpus
from workbench.study import Study

FOLDER = Path(make_demo.__file__).parent


@pytest.fixture(scope="module")
def demo() -> Corpus:
    return load_corpus(FOLDER / "demo.csv")


def test_the_demo_corpus_has_no_problem() -> None:
    assert check_manifest(FOLDER / "demo.csv").problems == ()


def test_it_has_six_accents_by_their_names_each_in_the_same_eight_timbres_saying_the_same_two_sentences(
    demo: Corpus,
) -> None:
    table = demo.utterances
    assert (demo.info.n_utterances, demo.info.n_speakers, demo.info.n_dropped) == (96, 48, 0)
    voices = table.drop_duplicates("speaker_id")
    assert voices.groupby("accent").size().to_dict() == dict.fromkeys(make_demo.ACCENTS, 8)
    assert voices.groupby(["accent", "timbre"]).size().eq(1).all() and voices["timbre"].nunique() == 8
    assert not any(re.search(r"\ben-|gb", accent) for accent in make_demo.ACCENTS), "people's names, no codes"
    assert table.groupby("speaker_id").size().eq(2).all()
    assert table.groupby("prompt_id")["reference"].nunique().eq(1).all()
    assert table.groupby("prompt_id").size().eq(48).all()
    assert table.groupby("prompt_id")["slot"].nunique().eq(1).all(), "a sentence is degraded alike for every voice"


def test_it_is_called_synthetic_and_states_where_it_comes_from(demo: Corpus) -> None:
    assert demo.info.synthetic_voices
    assert demo.info.title == "Demo (synthetic voices)"
    assert demo.info.licence == "CC0-1.0"
    assert "espeak-ng" in demo.info.source
    assert "No person spoke this" in demo.info.speaker_note
    assert set(demo.info.attributes) == {"accent", "timbre"}, "no demographics of nobody"


def test_it_is_at_most_five_megabytes_and_seven_minutes(demo: Corpus) -> None:
    files = [file for file in FOLDER.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert sum(file.stat().st_size for file in files) <= 5_000_000
    assert demo.utterances["duration_s"].sum() < 420


def test_the_audio_is_16_khz_mono_16_bit_flac_at_minus_26_dbov_on_a_floor_of_30_steps(demo: Corpus) -> None:
    margin = round(make_demo.MARGIN_S * make_demo.SAMPLE_RATE)
    floors = []
    for path in demo.utterances["path"]:
        info = soundfile.info(path)
        assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", 16_000, 1)
        samples, _ = soundfile.read(path)
        floors.append(np.std(np.concatenate([samples[:margin], samples[-margin:]])) * 32_768)
        speech = samples[margin:-margin]
        assert 10 * np.log10(np.mean(speech**2)) == pytest.approx(-26.0, abs=0.1)
        assert np.abs(samples).max() < 0.99
        assert not np.any(samples % make_demo.STEP), "12 bits"
    assert np.mean(floors) == pytest.approx(np.hypot(30, 16 / np.sqrt(12)), rel=0.01)  # and rounding to 12 bits
    assert np.ptp(floors) < 6


def test_no_two_voices_say_a_sentence_with_the_same_sound(demo: Corpus) -> None:
    """Of equal speech only the two noise floors would differ: by 30 x sqrt(2) = 42 steps."""
    for _, same in demo.utterances.groupby("prompt_id"):
        sounds = [decode(Path(path)).samples for path in same["path"]]
        for index, one in enumerate(sounds):
            for other in (sound for sound in sounds[index + 1 :] if len(sound) == len(one)):
                assert np.sqrt(np.mean((one - other) ** 2)) * 32_768 > 60


def test_the_committed_manifest_and_description_are_what_the_script_writes(tmp_path: Path) -> None:
    make_demo.write_manifest(make_demo.manifest(), tmp_path / "demo.csv", make_demo.description())
    for name in ("demo.csv", "demo.toml"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("speaker", [0, 37])
def test_a_sound_made_again_is_the_committed_one(tmp_path: Path, speaker: int) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    answer = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=False)
    if not re.search(r"\b1\.51\b", answer.stdout + answer.stderr):
        pytest.skip("the committed sounds were made with espeak-ng 1.51, this is another version")
    voice = make_demo.voices()[speaker]
    make_demo.write_audio(voice, "drip", tmp_path / "again.flac")
    committed = FOLDER / "demo" / voice.speaker_id / "drip.flac"
    assert (tmp_path / "again.flac").read_bytes() == committed.read_bytes()


def grammar_words() -> set[str]:
    text = re.sub(r"//.*", "", (FOLDER / "demo.gram").read_text(encoding="utf-8"))
    rules = re.findall(r"=([^;]*);", text)
    return set(re.findall(r"[a-z]+", re.sub(r"<[^>]*>", " ", " ".join(rules))))


def test_every_word_of_the_grammar_is_in_the_recognisers_dictionary_and_every_sentence_is_of_these_words(
    demo: Corpus,
) -> None:
    import pocketsphinx

    dictionary = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    known = {line.split(maxsplit=1)[0] for line in dictionary.read_text(encoding="utf-8").splitlines() if line}
    assert grammar_words() <= known
    assert {word for text in demo.utterances["reference"] for word in text.split()} <= grammar_words()


def test_the_demo_study_can_be_read_and_names_files_that_exist() -> None:
    study = Study.from_toml(FOLDER / "demo.study.toml")
    assert study.name == "Demo: requests on the ward (synthetic voices)"
    assert study.corpus == ("demo.csv",)
    assert study.attributes == ("accent",)
    assert study.engines == ("faster-whisper:tiny.en?max_tokens=40", "pocketsphinx?grammar=demo.gram")
    assert study.conditions[0].condition_id == "clean"
    ward = next(condition for condition in study.conditions if condition.id == "equip_pulse")
    assert (ward.parameters["frequency_hz"], ward.parameters["rate_hz"], ward.parameters["snr_db"]) == (900, 2, 8)
    assert all(path.is_file() for path in study.manifests)
