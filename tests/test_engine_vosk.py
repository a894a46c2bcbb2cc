"""vosk: folders that are no models are told apart, and the adapter works with a stand-in for the recogniser.

No model of vosk is at hand in these tests, so no real speech goes through it: what is tested is what the adapter does with
the library's answers, and the library's own refusal of files that are no model.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from workbench.audio import Waveform
from workbench.engines import Engine, EngineFailure, Transcript, load_engine
from workbench.engines.testing import check_engine
from workbench.engines.vosk import CHUNK_S
from workbench.errors import EngineError

FILES = {
    "am/final.mdl": "weights", "conf/mfcc.conf": "--use-energy=false\n--sample-frequency=8000\n", "graph/HCLr.fst": "graph",
    "graph/Gr.fst": "grammar", "conf/model.conf": "--beam=10\n",
}  # fmt: skip


def model(folder: Path, files: dict[str, str] = FILES) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


class StandIn:
    """Ends a sentence whenever it has heard a second, and says how many samples each sentence had."""

    made: list[StandIn]
    broken_at: int = -1

    def __init__(self, _model: object, rate: float) -> None:
        self.rate, self.heard, self.chunks, self.words = rate, 0, [], False
        StandIn.made.append(self)

    def SetWords(self, on: bool) -> None:
        self.words = on

    def AcceptWaveform(self, data: bytes) -> int:
        samples = np.frombuffer(data, dtype="<i2")
        if StandIn.broken_at in samples:
            raise Exception("Failed to process waveform")
        self.chunks.append(samples)
        self.heard += len(samples)
        return self.heard >= self.rate

    def Result(self) -> str:
        said, self.heard = self.heard, 0
        if not said:
            return json.dumps({"text": ""})
        words = [{"word": str(said), "conf": 0.25 if said < self.rate else 1.0, "start": 0.0, "end": 1.0}]
        return json.dumps({"text": str(said), "result": words})

    FinalResult = Result


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    import vosk

    StandIn.made, StandIn.broken_at = [], -1
    monkeypatch.setattr(vosk, "Model", lambda path: SimpleNamespace(path=path))
    monkeypatch.setattr(vosk, "KaldiRecognizer", StandIn)
    model(tmp_path / "vosk-model-x")
    return load_engine("vosk:vosk-model-x", base=tmp_path)


def wave(n: int, sample_rate: int = 8_000, value: float = 0.1) -> Waveform:
    return Waveform(np.full(n, value, dtype=np.float32), sample_rate, "c/1", "s1")


def test_sentences_are_joined_and_confidence_is_the_geometric_mean(loaded: Engine) -> None:
    (answer,) = loaded.transcribe([wave(20_000)])
    assert isinstance(answer, Transcript)
    assert answer.text == "8000 8000 4000"
    assert answer.confidence == pytest.approx(math.pow(1.0 * 1.0 * 0.25, 1 / 3))


def test_the_audio_arrives_whole_at_the_models_rate_by_quarter_seconds(loaded: Engine) -> None:
    samples = np.linspace(-1.2, 1.2, 9_001, dtype=np.float32)
    loaded.transcribe([Waveform(samples, 8_000, "c/1", "s1")])
    (recogniser,) = StandIn.made
    assert recogniser.rate == 8_000.0
    assert recogniser.words is True
    assert {len(chunk) for chunk in recogniser.chunks[:-1]} == {round(CHUNK_S * 8_000)}
    np.testing.assert_allclose(
        np.concatenate(recogniser.chunks) / 32_768.0, np.clip(samples, -1, 1), atol=1.01 / 32_768
    )
    loaded.transcribe([wave(32_000, 16_000)])
    assert sum(len(chunk) for chunk in StandIn.made[1].chunks) == 16_000


def test_every_utterance_has_a_recogniser_of_its_own(loaded: Engine) -> None:
    together = loaded.transcribe([wave(2_000), wave(12_000), wave(500)])
    assert len(StandIn.made) == 3
    alone = [loaded.transcribe([wave(n)])[0] for n in (500, 12_000, 2_000)]
    assert [one.text for one in together] == [one.text for one in alone[::-1]]  # type: ignore[union-attr]


def test_it_keeps_the_contract(loaded: Engine, tmp_path: Path) -> None:
    check_engine(lambda: load_engine("vosk:vosk-model-x", base=tmp_path), threads=True)


def test_nothing_recognised_and_no_samples_are_told_apart(loaded: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandIn, "FinalResult", lambda self: '{"text": ""}')
    silent, empty = loaded.transcribe([wave(800, value=0.0), wave(0)])
    assert isinstance(silent, Transcript)
    assert (silent.text, silent.confidence) == ("", None)
    assert isinstance(empty, EngineFailure)
    assert "holds no samples" in empty.error


def test_a_broken_utterance_is_a_failure_and_the_next_one_is_heard(loaded: Engine) -> None:
    StandIn.broken_at = round(0.5 * 32_768)
    broken, heard = loaded.transcribe([wave(800, value=0.5), wave(800)])
    assert isinstance(broken, EngineFailure)
    assert "Failed to process waveform" in broken.error
    assert isinstance(heard, Transcript)


def test_other_files_are_another_model_and_another_place_is_not(loaded: Engine, tmp_path: Path) -> None:
    assert loaded.model_id == f"vosk:vosk-model-x#{loaded.digest[:8]}"
    assert loaded.options["sample_rate"] == 8_000
    model(tmp_path / "elsewhere" / "vosk-model-x")
    moved = load_engine("vosk:elsewhere/vosk-model-x", base=tmp_path)
    assert (moved.model_id, moved.digest) == (loaded.model_id, loaded.digest)
    (tmp_path / "elsewhere" / "vosk-model-x" / "graph" / "Gr.fst").write_text("another")
    assert load_engine("vosk:elsewhere/vosk-model-x", base=tmp_path).digest != loaded.digest


def without(name: str) -> Callable[[Path], Any]:
    return lambda folder: model(folder / "m", {key: text for key, text in FILES.items() if key != name})


@pytest.mark.parametrize(
    ("spec", "prepare", "said"),
    [
        ("vosk", lambda folder: None, "no model folder is named"),
        ("vosk:m?x=1", lambda folder: None, "no option 'x'"),
        ("vosk:modl", lambda folder: model(folder / "model"), "there is no model folder 'modl'; did you mean 'model'?"),
        ("vosk:m", lambda folder: (folder / "m").write_text("zip"), "m is a file, not a model folder"),
        ("vosk:m", lambda folder: (folder / "m").mkdir(), "m is no vosk model: it has no am/final.mdl; unpack a model"),
        ("vosk:m", lambda folder: model(folder / "m" / "inner"), "did you mean 'm/inner'?"),
        ("vosk:m", without("graph/HCLr.fst"), "m is not whole: it has no graph/HCLG.fst or graph/HCLr.fst"),
        ("vosk:m", without("conf/mfcc.conf"), "it has no conf/mfcc.conf"),
    ],
)
def test_a_folder_that_is_no_model_is_told_apart(
    spec: str, prepare: Callable[[Path], Any], said: str, tmp_path: Path
) -> None:
    prepare(tmp_path)
    with pytest.raises(EngineError) as caught:
        load_engine(spec, base=tmp_path)
    assert said in str(caught.value)


def test_files_that_the_library_cannot_read_are_an_error_and_no_crash(tmp_path: Path) -> None:
    model(tmp_path / "m")
    with pytest.raises(EngineError, match="vosk cannot read the model"):
        load_engine("vosk:m", base=tmp_path)


def test_without_the_package_the_line_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.engines.vosk.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install .*\[vosk\]"):
        load_engine("vosk:m", base=tmp_path)
