"""openai-whisper: the text of ``whisper.transcribe`` at pinned options, on a real checkpoint; and weights that are not sound."""

from __future__ import annotations

import hashlib
import io
import math
import os
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest

from tests.speech import DIGITS
from workbench.audio import Waveform, decode
from workbench.engines import Engine, EngineFailure, Transcript, availability, load_engine
from workbench.engines.openai_whisper import WhisperEngine
from workbench.errors import EngineError

pytestmark = pytest.mark.engine

OPTIONS: dict[str, Any] = {
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "language": "en",
    "fp16": False,
}
"""What the issue pins, in the words of ``whisper.transcribe``; everything else is that function's own default."""


@pytest.fixture(scope="module")
def checkpoint(shared_dir: Path) -> Path:
    return shared_dir / "models" / "whisper-digits.pt"


@pytest.fixture(scope="module")
def engine(checkpoint: Path) -> WhisperEngine:
    found = load_engine(f"whisper:{checkpoint}?device=cpu")
    assert isinstance(found, WhisperEngine)
    return found


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No network, an empty cache; return the cache."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "whisper"


def strings(shared: Path, speaker: str, *, n: int) -> list[tuple[str, Waveform]]:
    """Strings of 2-5 digits of recordings 0-4 of a speaker, on which the checkpoint was not trained; .2 s of silence between."""
    rng = np.random.default_rng(3)
    folder = shared / "corpora" / "fsdd-600" / "recordings"
    gap = np.zeros(3_200, dtype=np.float32)
    made = []
    for number in range(n):
        digits = [int(digit) for digit in rng.integers(0, 10, rng.integers(2, 6))]
        parts = [decode(folder / f"{digit}_{speaker}_{rng.integers(0, 5)}.wav").samples for digit in digits]
        joined = np.concatenate([gap, *(piece for part in parts for piece in (part, gap))])
        made.append(
            (" ".join(DIGITS[digit] for digit in digits), Waveform(joined, 16_000, f"strings/{number}", speaker))
        )
    return made


def texts(engine: Engine, waves: list[Waveform]) -> list[str]:
    answers = engine.transcribe(waves)
    assert all(isinstance(answer, Transcript) for answer in answers), answers
    return [answer.text for answer in answers if isinstance(answer, Transcript)]


@pytest.mark.long
def test_the_text_is_that_of_whisper_transcribe(shared_dir: Path, checkpoint: Path, engine: WhisperEngine) -> None:
    import whisper

    model = whisper.load_model(str(checkpoint), device="cpu")
    waves = [wave for name in ("theo", "nicolas") for _, wave in strings(shared_dir, name, n=3)]
    direct = [model.transcribe(wave.samples, without_timestamps=True, **OPTIONS)["text"].strip() for wave in waves]
    assert texts(engine, waves) == direct
    assert len(set(direct)) >= 5


@pytest.mark.long
def test_audio_beyond_one_window_goes_through_whispers_own_sequential_algorithm(
    shared_dir: Path, checkpoint: Path, engine: WhisperEngine
) -> None:
    import whisper

    parts = [wave.samples for _, wave in strings(shared_dir, "theo", n=20)]
    long = Waveform(np.concatenate(parts)[: 32 * 16_000], 16_000)
    assert long.duration_s > 30
    model = whisper.load_model(str(checkpoint), device="cpu")
    direct = model.transcribe(long.samples, without_timestamps=False, **OPTIONS)
    (answer,) = engine.transcribe([long])
    assert isinstance(answer, Transcript)
    assert answer.text == direct["text"].strip()
    assert {segment["seek"] for segment in direct["segments"]} != {0}


@pytest.mark.long
def test_speakers_it_learned_from_and_others_are_recognised_as_its_makers_say(
    shared_dir: Path, checkpoint: Path
) -> None:
    """../shared/models/README.md: theo .03, the German speaker yweweler .33, on ten strings of 2-5 digits each.

    A string in which it loops to the end of its context, as they say it does, counts as all wrong, not more.
    """
    engine = load_engine(f"whisper:{checkpoint}?device=cpu&pad=audio")
    found = {}
    for speaker, rate in {"theo": 0.03, "yweweler": 0.33}.items():
        errors, words = 0, 0
        made = strings(shared_dir, speaker, n=12)
        for (reference, _), text in zip(made, texts(engine, [wave for _, wave in made]), strict=True):
            counted = jiwer.process_words(reference, text)
            said = len(reference.split())
            errors += min(said, counted.substitutions + counted.deletions + counted.insertions)
            words += said
        found[speaker] = errors / words
        assert found[speaker] == pytest.approx(rate, abs=0.12), speaker
    assert found["theo"] < found["yweweler"]


@pytest.mark.long
def test_silence_behind_the_audio_gives_the_text_of_whisper_decode(
    shared_dir: Path, checkpoint: Path, engine: WhisperEngine
) -> None:
    import whisper

    padded = load_engine(f"whisper:{checkpoint}?device=cpu&pad=audio")
    assert padded.digest != engine.digest
    model = whisper.load_model(str(checkpoint), device="cpu")
    options = whisper.DecodingOptions(language="en", fp16=False, without_timestamps=True)
    for _, wave in strings(shared_dir, "yweweler", n=3):
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(wave.samples))
        decoded = whisper.decode(model, mel, options)
        (answer,) = padded.transcribe([wave])
        assert isinstance(answer, Transcript)
        assert answer.text == decoded.text.strip()
        assert answer.confidence == pytest.approx(math.exp(decoded.avg_logprob), rel=1e-3)
        assert answer.extra["no_speech_prob"] == pytest.approx(decoded.no_speech_prob, rel=1e-2, abs=1e-9)
        assert answer.extra["compression_ratio"] == pytest.approx(decoded.compression_ratio)


@pytest.mark.long
def test_the_order_of_utterances_does_not_matter_and_decoding_is_deterministic(
    shared_dir: Path, checkpoint: Path, engine: WhisperEngine
) -> None:
    waves = [wave for _, wave in strings(shared_dir, "yweweler", n=4)]
    forwards = engine.transcribe(waves)
    backwards = engine.transcribe(waves[::-1])[::-1]
    fresh = load_engine(f"whisper:{checkpoint}?device=cpu").transcribe(waves[2:3])
    for one, other in [*zip(forwards, backwards, strict=True), (forwards[2], fresh[0])]:
        assert isinstance(one, Transcript)
        assert isinstance(other, Transcript)
        assert (one.text, one.confidence, one.extra) == (other.text, other.confidence, other.extra)


@pytest.mark.long
def test_another_sample_rate_is_resampled(shared_dir: Path, engine: WhisperEngine) -> None:
    path = shared_dir / "corpora" / "fsdd-600" / "recordings" / "7_theo_0.wav"
    assert texts(engine, [decode(path, sample_rate=None)]) == texts(engine, [decode(path)])


def test_no_samples_and_samples_of_the_wrong_shape_are_failures_and_the_next_one_is_heard(
    shared_dir: Path, engine: WhisperEngine
) -> None:
    ((_, good),) = strings(shared_dir, "theo", n=1)
    nothing = Waveform(np.zeros(0, dtype=np.float32), 16_000)
    broken = Waveform(np.zeros((2, 3, 4), dtype=np.float32), 16_000)
    first, empty, failed, again = engine.transcribe([good, nothing, broken, good])
    assert isinstance(empty, EngineFailure)
    assert "no samples" in empty.error
    assert isinstance(failed, EngineFailure)
    assert isinstance(first, Transcript)
    assert isinstance(again, Transcript)
    assert first.text == again.text != ""


def test_decoding_is_pinned_and_stated(checkpoint: Path, engine: WhisperEngine) -> None:
    assert engine.options.items() >= {
        "temperature": 0.0, "condition_on_previous_text": False, "language": "en", "fp16": False, "beam_size": None,
        "initial_prompt": None, "pad": "spectrogram", "without_timestamps": "up to 30 s", "device": "cpu", "task": "transcribe",
        "compression_ratio_threshold": None, "no_speech_threshold": 0.6, "logprob_threshold": -1.0,
    }.items()  # fmt: skip
    assert engine.model_id == f"whisper:whisper-digits.pt?device=cpu#{engine.digest[:8]}"
    assert str(checkpoint.parent) not in str(engine.options)


def test_beams_are_another_model_and_the_folder_is_not(checkpoint: Path, engine: WhisperEngine, tmp_path: Path) -> None:
    shutil.copy(checkpoint, tmp_path / "whisper-digits.pt")
    moved = load_engine("whisper:whisper-digits.pt?device=cpu", base=tmp_path)
    assert (moved.digest, moved.model_id) == (engine.digest, engine.model_id)
    beams = load_engine("whisper:whisper-digits.pt?device=cpu&beam_size=2", base=tmp_path)
    assert beams.digest != engine.digest
    assert beams.options["beam_size"] == 2


def test_an_english_only_checkpoint_refuses_another_language(checkpoint: Path) -> None:
    with pytest.raises(EngineError, match="English-only model, the corpus is 'de'"):
        load_engine(f"whisper:{checkpoint}?device=cpu", language="de")
    with pytest.raises(EngineError, match="whisper has no language 'tlh'"):
        load_engine(f"whisper:{checkpoint}?device=cpu", language="tlh")
    assert load_engine(f"whisper:{checkpoint}?device=cpu", language="en-GB").options["language"] == "en"


def test_a_device_that_is_not_there_is_an_error(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(EngineError, match="finds no CUDA device"):
        load_engine(f"whisper:{checkpoint}?device=cuda")


def test_an_unknown_name_suggests_the_nearest(offline: Path) -> None:
    with pytest.raises(EngineError, match=r"no model 'tinyen'; did you mean 'tiny\.en'\? Available: base, base\.en"):
        load_engine("whisper:tinyen")


def test_a_checkpoint_that_is_not_there_is_looked_for_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "digits.pt").write_bytes(b"x")
    with pytest.raises(EngineError, match=r"no checkpoint 'digit\.pt'; did you mean 'digits\.pt'"):
        load_engine("whisper:digit.pt", base=tmp_path)


def test_what_is_no_file_is_told_apart_from_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    os.mkfifo(tmp_path / "pipe.pt")
    (tmp_path / "nowhere.pt").symlink_to("gone.pt")
    for name, said in [
        ("models", "models is a folder, not a checkpoint; name the file in it"),
        ("pipe.pt", "pipe.pt is no ordinary file; name a checkpoint"),
        ("nowhere.pt", "nowhere.pt is no ordinary file; name a checkpoint"),
    ]:
        with pytest.raises(EngineError, match=f"engine 'whisper:{name}': {said}"):
            load_engine(f"whisper:{name}", base=tmp_path)


def test_weights_missing_without_network_say_which_file_where_and_how_to_bring_it(offline: Path) -> None:
    with pytest.raises(EngineError) as caught:
        load_engine("whisper:small.en")
    for part in (
        "small.en.pt",
        "is not on this machine",
        "no route to host",
        str(offline),
        "whisper.load_model('small.en')",
    ):
        assert part in str(caught.value)
    assert list(offline.iterdir()) == []


def test_damaged_weights_in_the_cache_are_not_used(offline: Path) -> None:
    offline.mkdir(parents=True)
    (offline / "small.en.pt").write_bytes(b"half a file")
    with pytest.raises(EngineError, match=r"small\.en\.pt is damaged \(its checksum is wrong\)"):
        load_engine("whisper:small.en")
    assert (offline / "small.en.pt").read_bytes() == b"half a file"


class Response(io.BytesIO):
    """What urlopen returns: a body, and headers with its length."""

    def info(self) -> dict[str, str]:
        return {"Content-Length": str(len(self.getvalue()))}


def test_a_named_model_is_fetched_once_and_then_taken_from_the_cache(
    offline: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint stands in for small.en, at an address that carries its checksum as whisper's addresses do."""
    body = checkpoint.read_bytes()
    url = f"https://models.invalid/{hashlib.sha256(body).hexdigest()}/small.en.pt"
    monkeypatch.setitem(__import__("whisper")._MODELS, "small.en", url)
    monkeypatch.setitem(__import__("whisper")._ALIGNMENT_HEADS, "small.en", None)
    asked: list[str] = []

    def serve(address: str) -> Response:
        asked.append(address)
        return Response(body)

    monkeypatch.setattr(urllib.request, "urlopen", serve)
    first = load_engine("whisper:small.en?device=cpu")
    again = load_engine("whisper:small.en?device=cpu")
    assert asked == [url]
    assert first.digest == again.digest
    assert first.model_id.startswith("whisper:small.en?device=cpu#")
    assert [path.name for path in offline.iterdir()] == ["small.en.pt"]
    assert "small.en" in availability().set_index("engine").loc["whisper", "reason"]


def test_a_download_that_breaks_off_leaves_nothing_behind(
    offline: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = checkpoint.read_bytes()
    monkeypatch.setattr(urllib.request, "urlopen", lambda address: Response(body[: len(body) // 2]))
    with pytest.raises(EngineError, match="checksum does not"):
        load_engine("whisper:small.en")
    assert list(offline.iterdir()) == []


@pytest.mark.parametrize("kept", [0, 1, 1_000, 0.5, 0.999])
def test_a_checkpoint_that_is_cut_off_is_an_error(kept: float, checkpoint: Path, tmp_path: Path) -> None:
    body = checkpoint.read_bytes()
    (tmp_path / "cut.pt").write_bytes(body[: int(kept * len(body)) if isinstance(kept, float) else kept])
    with pytest.raises(EngineError, match=r"cut\.pt: .*(checkpoint|cut off).*copied whole"):
        load_engine("whisper:cut.pt?device=cpu", base=tmp_path)


def test_files_of_other_programs_are_errors(checkpoint: Path, tmp_path: Path) -> None:
    import torch

    known = torch.load(checkpoint, weights_only=True)
    other = {**known, "dims": {**known["dims"], "n_text_layer": known["dims"]["n_text_layer"] + 1}}
    strange = {**known, "dims": {"hidden": 3}}
    for name, content, said in [
        ("other.pt", {"weights": torch.zeros(3)}, "is not a Whisper checkpoint"),
        ("list.pt", [1, 2], "is not a Whisper checkpoint"),
        ("strange.pt", strange, "is not a Whisper checkpoint"),
        ("wrong.pt", other, "does not fit its own dimensions"),
    ]:
        torch.save(content, tmp_path / name)
        with pytest.raises(EngineError, match=said):
            load_engine(f"whisper:{name}?device=cpu", base=tmp_path)
    (tmp_path / "text.pt").write_text("not a checkpoint at all\n")
    with pytest.raises(EngineError, match=r"text\.pt: is no checkpoint"):
        load_engine("whisper:text.pt?device=cpu", base=tmp_path)


def test_a_checkpoint_is_never_run_as_code(tmp_path: Path) -> None:
    import pickle

    class Attack:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return (eval, (f"open({str(tmp_path / 'harm')!r}, 'w').write('x')",))

    (tmp_path / "bad.pt").write_bytes(pickle.dumps({"dims": Attack()}))
    with pytest.raises(EngineError):
        load_engine("whisper:bad.pt?device=cpu", base=tmp_path)
    assert not (tmp_path / "harm").exists()
