"""faster-whisper: the library's own text, whatever the batch; converted weights; and files that are no model."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.whisper_material import joined, transcribed
from workbench.audio import Waveform, decode
from workbench.engines import EngineFailure, Transcript, load_engine
from workbench.engines.testing import check_engine
from workbench.engines.whisper_conversion import convert_checkpoint
from workbench.errors import EngineError

pytestmark = pytest.mark.engine
pytest.importorskip("faster_whisper")


@pytest.fixture(scope="module")
def checkpoint(shared_dir: Path) -> Path:
    return shared_dir / "models" / "whisper-digits.pt"


@pytest.fixture(scope="module")
def folder(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert_checkpoint(checkpoint, tmp_path_factory.mktemp("ct2") / "digits")


@pytest.fixture(scope="module")
def strings(shared_dir: Path) -> list[Waveform]:
    place = shared_dir / "corpora" / "fsdd-600" / "recordings"
    return joined([Waveform(decode(path).samples, 16_000, path.stem) for path in sorted(place.glob("*_0.wav"))], 6)


def texts(engine: Any, waves: list[Waveform]) -> list[str]:
    found = engine.transcribe(waves)
    assert all(isinstance(one, Transcript) for one in found), found
    return [one.text for one in found]


def test_loading_leaves_torch_the_threads_that_it_had(folder: Path, strings: list[Waveform]) -> None:
    """A study may have openai-whisper beside it: CTranslate2 would leave it one thread."""
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        engine = load_engine(f"faster-whisper:{folder}?device=cpu")
        assert torch.get_num_threads() == 2
        engine.transcribe(strings[:1])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_text_is_that_of_the_library_one_utterance_at_a_time(folder: Path, strings: list[Waveform]) -> None:
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder), device="cpu", compute_type="int8")
    found = load_engine(f"faster-whisper:{folder}?device=cpu").transcribe(strings)
    for wave, one in zip(strings, found, strict=True):
        said = list(
            model.transcribe(
                wave.samples, language="en", beam_size=1, temperature=0.0, without_timestamps=True,
                condition_on_previous_text=False, compression_ratio_threshold=None,
            )[0]
        )  # fmt: skip
        assert isinstance(one, Transcript)
        assert one.text == "".join(segment.text for segment in said).strip() != ""
        assert one.extra["avg_logprob"] == pytest.approx(said[0].avg_logprob, rel=1e-3)
        assert one.extra["compression_ratio"] == said[0].compression_ratio > 0.5
        assert one.extra["no_speech_prob"] == pytest.approx(said[0].no_speech_prob, rel=1e-2, abs=1e-9)


@pytest.mark.long
def test_unrounded_weights_write_what_openai_whisper_writes(
    checkpoint: Path, folder: Path, strings: list[Waveform]
) -> None:
    """The conversion carries the same weights: at float32 only the order of sums differs."""
    import whisper

    model = whisper.load_model(str(checkpoint), device="cpu")
    found = texts(load_engine(f"faster-whisper:{folder}?compute_type=float32"), strings[:3])
    assert found == [transcribed(model, wave) for wave in strings[:3]]


@pytest.mark.long
@pytest.mark.parametrize("query", ["compute_type=int8", "compute_type=float32", "compute_type=int8&window=15"])
def test_the_rest_of_a_batch_changes_nothing(query: str, folder: Path, strings: list[Waveform]) -> None:
    engine = load_engine(f"faster-whisper:{folder}?{query}")
    other = load_engine(f"faster-whisper:{folder}?{query}&batch_size=2")
    assert other.model_id == engine.model_id
    assert texts(other, strings[::-1])[::-1] == texts(engine, strings)


def test_types_and_windows_are_models_of_their_own(folder: Path) -> None:
    engines = [
        load_engine(f"faster-whisper:{folder}?{query}")
        for query in ("", "compute_type=int8", "compute_type=float32", "window=15")
    ]
    assert (
        engines[0].model_id == engines[1].model_id == f"faster-whisper:digits?compute_type=int8#{engines[0].digest[:8]}"
    )
    assert len({engine.digest for engine in engines}) == 3
    assert [bool(engine.warning) for engine in engines] == [False, False, False, True]  # type: ignore[attr-defined]


@pytest.mark.long
def test_it_keeps_the_contract_of_engines(folder: Path, strings: list[Waveform]) -> None:
    check_engine(lambda: load_engine(f"faster-whisper:{folder}?device=cpu&max_tokens=8"), waves=strings[:3])


def test_a_disk_that_is_full_while_converting_leaves_nothing_that_is_used_later(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path, place: Path) -> Path:
        place.mkdir()
        (place / "model.bin").write_bytes(b"half")
        (place / "tokenizer.json").write_text("{}")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("workbench.engines.whisper_conversion.convert_checkpoint", full)
    for _ in range(2):
        with pytest.raises(EngineError, match=r"cannot be written .No space left on device.; make room there"):
            load_engine(f"faster-whisper:{checkpoint}")
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.long
def test_a_checkpoint_is_converted_once(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strings: list[Waveform]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = load_engine(f"faster-whisper:{checkpoint}")
    monkeypatch.setattr("workbench.engines.whisper_conversion.convert_checkpoint", None)
    again = load_engine(f"faster-whisper:{checkpoint}")
    assert first.model_id == again.model_id
    assert first.model_id.startswith("faster-whisper:whisper-digits.pt?compute_type=int8#")
    assert texts(again, strings[:1])[0]


def test_long_audio_goes_through_the_library_and_the_number_of_tokens_is_kept(
    folder: Path, strings: list[Waveform]
) -> None:
    long = Waveform(np.tile(strings[0].samples, 40)[: 31 * 16_000], 16_000)
    (said,) = load_engine(f"faster-whisper:{folder}").transcribe([long])
    assert isinstance(said, Transcript)
    assert len(said.text.split()) > 5
    assert set(said.extra) == {"avg_logprob", "no_speech_prob", "compression_ratio"}
    (short,) = texts(load_engine(f"faster-whisper:{folder}?max_tokens=2"), [strings[0]])
    assert 1 <= len(short.split()) <= 2


def test_no_samples_are_a_failure_and_the_next_one_is_heard(folder: Path, strings: list[Waveform]) -> None:
    nothing, flat = (
        Waveform(np.zeros(0, dtype=np.float32), 16_000),
        Waveform(np.zeros((2, 5), dtype=np.float32), 16_000),
    )
    first, second, third = load_engine(f"faster-whisper:{folder}").transcribe([nothing, flat, strings[0]])
    assert isinstance(first, EngineFailure)
    assert "no samples" in first.error
    assert isinstance(second, EngineFailure)
    assert isinstance(third, Transcript)


def test_the_tokenizer_has_whispers_ids(folder: Path) -> None:
    from tokenizers import Tokenizer
    from whisper.tokenizer import get_tokenizer

    theirs, ours = get_tokenizer(False), Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text in (" three seven one", "it's naïve — 3 o'clock", "\n  ünïcode 漢字"):
        assert ours.encode(text).ids == theirs.encode(text)
        assert ours.decode(theirs.encode(text)) == text
    assert ours.token_to_id("<|0.00|>") == theirs.timestamp_begin


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json"])
def test_a_file_that_is_missing_or_cut_off_is_named(name: str, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "broken"
    shutil.copytree(folder, copy)
    (copy / name).write_bytes((copy / name).read_bytes()[: 40 if name != "model.bin" else 100_000])
    if name != "config.json":  # CTranslate2 reads over a configuration that is none
        with pytest.raises(EngineError, match=r"broken: cannot be loaded as a converted Whisper model"):
            load_engine(f"faster-whisper:{copy}")
    (copy / name).unlink()
    with pytest.raises(EngineError, match=rf"no converted model: {name} missing in broken; convert the model"):
        load_engine(f"faster-whisper:{copy}")


def test_unknown_names_types_languages_and_options(folder: Path, tmp_path: Path) -> None:
    for spec, said in [
        ("faster-whisper:tinyen", r"no model 'tinyen'; did you mean 'tiny\.en'"),
        ("faster-whisper:models/none", "no folder with a converted model"),
        ("faster-whisper", "no model is named"),
        (f"faster-whisper:{folder}?compute_type=int4", "int8"),
        (f"faster-whisper:{folder}?beams=3", "no option 'beams'"),
    ]:
        with pytest.raises(EngineError, match=said):
            load_engine(spec, base=tmp_path)
    with pytest.raises(EngineError, match="English-only model"):
        load_engine(f"faster-whisper:{folder}", language="de")


def test_weights_missing_offline_say_which_where_and_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, **options: Any) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr("faster_whisper.download_model", refuse)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    with pytest.raises(EngineError) as caught:
        load_engine("faster-whisper:small.en")
    for part in (
        "'small.en'",
        "model.bin",
        "no route to host",
        str(tmp_path / "hf"),
        "download_model('small.en', 'FOLDER')",
    ):
        assert part in str(caught.value)
