"""Whisper in batches: the text of ``whisper.transcribe`` utterance by utterance, whatever is decoded beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import whisper
from whisper.decoding import ApplyTimestampRules, DecodingResult
from whisper.tokenizer import get_tokenizer

from tests.whisper_material import joined, noise, random_checkpoint, transcribed
from workbench.audio import Waveform, decode
from workbench.engines import EngineFailure, Transcript, load_engine
from workbench.engines.openai_whisper import WhisperEngine
from workbench.engines.whisper_batches import Batches, TimestampRules, Window
from workbench.engines.whisper_decoder import Decoder, State
from workbench.engines.whisper_layers import Encoder, has_onednn, packed, times
from workbench.engines.whisper_windows import settled, spectrogram

pytestmark = pytest.mark.engine

FALLBACK = {"temperature": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), "compression_ratio_threshold": 2.4}


@pytest.fixture(scope="module")
def checkpoint(shared_dir: Path) -> Path:
    return shared_dir / "models" / "whisper-digits.pt"


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> Any:
    return whisper.load_model(str(checkpoint), device="cpu")


@pytest.fixture(scope="module")
def recordings(shared_dir: Path) -> list[Waveform]:
    folder = shared_dir / "corpora" / "fsdd-600" / "recordings"
    return [Waveform(decode(path).samples, 16_000, path.stem) for path in sorted(folder.glob("*_[0-1].wav"))]


@pytest.fixture(scope="module")
def strings(recordings: list[Waveform]) -> list[Waveform]:
    return joined(recordings, 4)


def load(checkpoint: Path, query: str = "") -> WhisperEngine:
    engine = load_engine(f"whisper:{checkpoint}?device=cpu{query}")
    assert isinstance(engine, WhisperEngine)
    return engine


def answers(engine: WhisperEngine, waves: list[Waveform]) -> list[Transcript]:
    found = engine.transcribe(waves)
    assert all(isinstance(one, Transcript) for one in found), found
    return [one for one in found if isinstance(one, Transcript)]


def texts(engine: WhisperEngine, waves: list[Waveform]) -> list[str]:
    return [one.text for one in answers(engine, waves)]


def content(found: list[Transcript]) -> list[tuple[str, float | None, Any]]:
    return [(one.text, one.confidence, one.extra) for one in found]


@pytest.mark.long
def test_recordings_and_strings_have_whispers_text(
    checkpoint: Path, model: Any, recordings: list[Waveform], strings: list[Waveform]
) -> None:
    waves = recordings[::20] + strings
    found = texts(load(checkpoint), waves)
    assert found == [transcribed(model, wave) for wave in waves]
    assert len(set(found)) > 4


@pytest.mark.long
def test_the_rest_of_a_batch_changes_nothing(
    checkpoint: Path, recordings: list[Waveform], strings: list[Waveform]
) -> None:
    """To the last bit of the confidence, where the layers go through oneDNN; the text, everywhere."""
    waves = strings[:2] + recordings[:3]
    whole = content(answers(load(checkpoint), waves))
    for size, order in ((1, 1), (3, -1)):
        engine = load(checkpoint, f"&batch_size={size}")
        found = content(answers(engine, waves[::order])[::order])
        assert [one[0] for one in found] == [one[0] for one in whole]
        if has_onednn():
            assert found == whole


def test_the_batch_size_is_no_part_of_the_model(checkpoint: Path) -> None:
    assert load(checkpoint, "&batch_size=3").model_id == load(checkpoint).model_id


@pytest.mark.long
def test_figures_are_whispers(checkpoint: Path, model: Any, strings: list[Waveform]) -> None:
    for wave, found in zip(strings[:2], answers(load(checkpoint), strings[:2]), strict=True):
        (segment,) = model.transcribe(
            wave.samples, language="en", temperature=0.0, fp16=False, without_timestamps=True
        )["segments"]
        assert found.confidence == pytest.approx(math.exp(segment["avg_logprob"]), rel=1e-4)
        for name in ("avg_logprob", "no_speech_prob", "compression_ratio"):
            assert found.extra[name] == pytest.approx(segment[name], rel=1e-3, abs=1e-9)


@pytest.mark.long
def test_with_timestamps_the_windows_behind_the_last_one_are_decoded_too(
    checkpoint: Path, model: Any, strings: list[Waveform]
) -> None:
    assert texts(load(checkpoint, "&timestamps=yes"), strings) == [
        transcribed(model, wave, without_timestamps=False) for wave in strings
    ]


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_checkpoint(tmp_path_factory.mktemp("random"), "tiny.en")


@pytest.mark.long
def test_what_is_decoded_again_at_higher_temperatures_is_drawn_alike_each_time(
    random_weights: Path, recordings: list[Waveform]
) -> None:
    """Every token is unlikely for random weights, so whisper samples; a seed per utterance makes that repeatable."""
    engine = load(random_weights, "&fallback=yes&max_tokens=5")
    loud = noise(2)[:1]
    torch.manual_seed(5)
    state = torch.random.get_rng_state()
    first = content(answers(engine, [*loud, recordings[0]]))
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(6)
    assert content(answers(engine, loud)) == first[:1]
    assert engine.options["temperature"] == list(FALLBACK["temperature"])  # type: ignore[call-overload]
    assert first[0][2]["temperature"] > 0


@pytest.mark.long
def test_random_weights_at_the_dimensions_of_tiny_en_write_the_same_tokens(random_weights: Path) -> None:
    model, waves = whisper.load_model(str(random_weights), device="cpu"), noise(2)
    options = {"language": "en", "fp16": False, "without_timestamps": True, "sample_len": 8}
    mels = torch.stack([spectrogram(wave.samples, 80, 3_000) for wave in waves])
    batches = Batches(model, options)
    found = batches.decode([batches.window(mel) for mel in mels])
    wanted = model.decode(mels[1], whisper.DecodingOptions(**options))
    assert found[1] is not None
    assert found[1].tokens == wanted.tokens
    assert len(set(wanted.tokens)) > 2


@pytest.mark.parametrize("seconds", [0.011, 0.5, 1.0037, 29.99, 30.0])
def test_the_spectrogram_is_whispers_to_the_last_bit(seconds: float) -> None:
    samples = np.random.default_rng(1).normal(0, 0.1, round(16_000 * seconds)).astype(np.float32)
    mel = whisper.log_mel_spectrogram(samples, 80, padding=whisper.audio.N_SAMPLES)
    wanted = whisper.pad_or_trim(mel[:, : mel.shape[-1] - 3_000], 3_000)
    assert torch.equal(spectrogram(samples, 80, 3_000), wanted)


def test_the_encoder_is_whispers(model: Any) -> None:
    mels = torch.randn((2, 80, 3_000), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        wanted, found = model.encoder(mels), Encoder(model, torch.float32)(mels)
    assert float((wanted - found).abs().max()) < 1e-4 < float(wanted.abs().max())


@pytest.mark.skipif(not has_onednn(), reason="this torch is built without oneDNN")
@pytest.mark.parametrize(("inputs", "outputs"), [(384, 1_536), (1_536, 384), (384, 51_864), (96, 288), (64, 384)])
def test_a_row_does_not_depend_on_how_many_there_are_nor_on_the_threads(inputs: int, outputs: int) -> None:
    drawn = torch.Generator().manual_seed(2)
    weight = packed(torch.randn((outputs, inputs), generator=drawn), 16)
    rows, bias = torch.randn((20, inputs), generator=drawn), torch.randn(outputs, generator=drawn)
    whole, threads = times(rows, weight, bias), torch.get_num_threads()
    for n in (1, 2, 3, 5, 8, 13):
        assert torch.equal(times(rows[:n], weight, bias), whole[:n])
        assert torch.equal(times(rows[-n:], weight, bias), whole[-n:])
    try:
        torch.set_num_threads(1)
        assert torch.equal(times(rows, weight, bias), whole)
    finally:
        torch.set_num_threads(threads)


@pytest.fixture
def twins(checkpoint: Path, tmp_path: Path) -> Path:
    """The checkpoint with every word there twice: two tokens are exactly equally likely at every step."""
    known = torch.load(checkpoint, weights_only=True)
    words = known["model_state_dict"]["decoder.token_embedding.weight"]
    words[20_000:40_000] = words[:20_000]
    torch.save(known, tmp_path / "twins.pt")
    return tmp_path / "twins.pt"


@pytest.mark.long
def test_a_choice_that_is_too_narrow_is_left_to_whisper(twins: Path, strings: list[Waveform]) -> None:
    engine, model = load(twins, "&max_tokens=12"), whisper.load_model(str(twins), device="cpu")
    assert engine.batches is not None
    windows = [engine.batches.window(spectrogram(wave.samples, 80, 3_000)) for wave in strings[:2]]
    assert engine.batches.decode(windows) == [None, None]
    assert texts(engine, strings[:2]) == [transcribed(model, wave, sample_len=12) for wave in strings[:2]]


@pytest.mark.long
def test_logits_of_speech_are_as_near_to_whispers_as_those_of_the_probe_let_expect(
    checkpoint: Path, model: Any, strings: list[Waveform]
) -> None:
    """A choice is made when it is wider than the tolerance, so twice the deviation of a logit must stay below that."""
    batches = load(checkpoint).batches
    assert batches is not None
    mel = torch.stack([spectrogram(strings[0].samples, 80, 3_000)])
    decoder, tokens = Decoder(model, torch.float32), [50_257, 50_362, 734, 530, 1_115, 734, 530]
    with torch.inference_mode():
        state = State(decoder, Encoder(model, torch.float32)(mel), len(tokens))
        found = torch.cat([decoder.words(state.step(torch.tensor([token]))) for token in tokens])
        wanted = model.decoder(torch.tensor([tokens]), model.encoder(mel))[0]
    assert 0 < 2 * float((found - wanted).abs().max()) < batches.tolerance
    assert float(wanted.std()) > 1


@pytest.mark.long
def test_half_precision_writes_what_whisper_writes_in_half_precision(model: Any, strings: list[Waveform]) -> None:
    """As on CUDA, here on the processor: what is not left to whisper has its tokens."""
    options = {"language": "en", "fp16": True, "without_timestamps": True, "sample_len": 8}
    mels = torch.stack([spectrogram(wave.samples, 80, 3_000) for wave in strings[:2]])
    batches = Batches(model, options)
    found = batches.decode([batches.window(mel) for mel in mels])
    assert batches.tolerance > 1e-3
    assert any(one is not None for one in found)
    for mel, one in zip(mels, found, strict=True):
        assert one is None or one.tokens == model.decode(mel, whisper.DecodingOptions(**options)).tokens


@pytest.mark.long
@pytest.mark.parametrize("most", [1, 0])
def test_a_batch_that_breaks_is_decoded_one_by_one(
    most: int, checkpoint: Path, strings: list[Waveform], monkeypatch: pytest.MonkeyPatch
) -> None:
    """0: it breaks for one utterance too, and whisper decodes by itself."""
    engine = load(checkpoint)
    wanted = texts(engine, strings[:2])

    decode = Batches.decode

    def too_large(self: Batches, windows: list[Window]) -> list[DecodingResult | None]:
        if len(windows) > most:
            raise MemoryError("no memory for a batch")
        return decode(self, windows)

    monkeypatch.setattr(Batches, "decode", too_large)
    assert texts(engine, strings[:2]) == wanted


@pytest.mark.long
def test_less_than_a_frame_and_samples_that_are_no_numbers(
    checkpoint: Path, model: Any, strings: list[Waveform]
) -> None:
    short = Waveform(np.full(150, 0.1, dtype=np.float32), 16_000)
    nan = Waveform(np.full(16_000, np.nan, dtype=np.float32), 16_000)
    first, other, good = load(checkpoint, "&max_tokens=5").transcribe([short, nan, strings[0]])
    assert isinstance(first, Transcript)
    assert first.text == transcribed(model, short) == ""
    assert isinstance(other, EngineFailure | Transcript)
    assert isinstance(good, Transcript)


def cases() -> Iterator[tuple[DecodingResult, dict[str, Any]]]:
    """Results on both sides of every threshold, under whisper's defaults and without fallback."""
    words = [734, 530, 1115]
    stamp = 50_363
    for tokens in ([], [220], words, [stamp, *words, stamp + 100]):
        for likely in (-2.0, -0.5):
            for silence in (0.1, 0.9):
                for ratio in (0.8, 3.0):
                    for extra in ({"temperature": 0.0, "compression_ratio_threshold": None}, FALLBACK):
                        settings = {"logprob_threshold": -1.0, "no_speech_threshold": 0.6, **extra}
                        yield (
                            DecodingResult(
                                torch.empty(0), "en", tokens=tokens, text="x", avg_logprob=likely, no_speech_prob=silence,
                                temperature=0.0, compression_ratio=ratio,
                            ),
                            settings,
                        )  # fmt: skip


class Answered:
    """A model whose first answer is known."""

    def __init__(self, model: Any, first: DecodingResult) -> None:
        self._model, self._answers = model, [first]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def decode(self, window: torch.Tensor, options: whisper.DecodingOptions) -> Any:
        return self._answers.pop() if self._answers else self._model.decode(window, options)


@pytest.mark.long
def test_what_is_settled_is_what_whisper_makes_of_the_same_result(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not settled, whisper asks again, or a timestamp was written."""
    tokenizer = get_tokenizer(False)
    samples = np.zeros(16_000, dtype=np.float32)
    asked: list[int] = []

    def again(self: Any, window: torch.Tensor, options: whisper.DecodingOptions) -> DecodingResult:
        asked.append(1)
        return DecodingResult(torch.empty(0), "en", tokens=[], text="", avg_logprob=0.0, no_speech_prob=0.0, temperature=1.0, compression_ratio=0.0)  # fmt: skip

    monkeypatch.setattr(type(model), "decode", again)
    seen = set()
    for result, settings in cases():
        asked.clear()
        common = {"language": "en", "fp16": False, "without_timestamps": True, "condition_on_previous_text": False}
        wanted = whisper.transcribe(Answered(model, result), samples, **settings, **common)
        found = settled(result, tokenizer, settings)
        if found is None:
            assert asked or any(token >= tokenizer.timestamp_begin for token in result.tokens)
        else:
            assert not asked
            assert found.text == wanted["text"]
            assert [one["tokens"] for one in found.segments] == [one["tokens"] for one in wanted["segments"]]
        seen.add((found is None, found is not None and found.text == "", found is not None and not found.segments))
    assert len(seen) == 4


def test_the_rules_on_timestamps_are_whispers() -> None:
    tokenizer = get_tokenizer(False)
    stamp, drawn = tokenizer.timestamp_begin, torch.Generator().manual_seed(4)
    theirs = ApplyTimestampRules(tokenizer, 1, 50)
    ours = TimestampRules(theirs)
    begun = [tokenizer.sot]
    histories = [[[]] * 3, [[stamp], [stamp + 4], [stamp + 50]]]
    histories.append([[stamp, 11, 12], [stamp, 11, stamp + 9], [stamp, stamp + 9, stamp + 9]])
    for history in histories:
        for shift in (0.0, 6.0):
            tokens = torch.tensor([begun + written for written in history])
            logits = torch.randn((3, 51_864), generator=drawn)
            logits[:, stamp:] += shift
            wanted = logits.clone()
            theirs.apply(wanted, tokens)
            margin = ours.apply(logits, tokens)
            assert torch.equal(wanted, logits)
            assert margin is not None and bool((margin >= 0).all())
