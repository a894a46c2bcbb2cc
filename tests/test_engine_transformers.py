"""transformers: small models with random weights, saved here; the library's own answers, one utterance at a time."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workbench.audio import Waveform
from workbench.audio.torchaudio_loader import load_torchaudio
from workbench.engines import EngineFailure, Transcript, load_engine
from workbench.engines.testing import check_engine
from workbench.errors import EngineError

pytestmark = pytest.mark.engine
pytest.importorskip("transformers")

LETTERS = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAOINSHRDLU"]


@pytest.fixture(scope="module", params=["hubert", pytest.param("wav2vec2", marks=pytest.mark.long)])
def ctc(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CTC model of two layers, large enough in its output that letters are written."""
    load_torchaudio()
    import transformers as library

    folder = tmp_path_factory.mktemp("models") / request.param
    folder.mkdir()
    (folder / "vocab.json").write_text(json.dumps({letter: place for place, letter in enumerate(LETTERS)}))
    names = {"wav2vec2": ("Wav2Vec2Config", "Wav2Vec2ForCTC"), "hubert": ("HubertConfig", "HubertForCTC")}[
        request.param
    ]
    config = getattr(library, names[0])(
        vocab_size=len(LETTERS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        conv_dim=(16, 16, 16), conv_stride=(10, 8, 4), conv_kernel=(10, 8, 4), num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4, pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(1)
    model = getattr(library, names[1])(config)
    model.lm_head.weight.data.normal_(std=2.0)
    model.save_pretrained(folder)
    tokenizer = library.Wav2Vec2CTCTokenizer(str(folder / "vocab.json"), word_delimiter_token="|")
    extractor = library.Wav2Vec2FeatureExtractor(sampling_rate=16_000, do_normalize=True)
    library.Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def waves() -> list[Waveform]:
    rng = np.random.default_rng(1)
    return [
        Waveform(rng.normal(0, 0.1, round(16_000 * seconds)).astype(np.float32), 16_000, f"noise/{seconds}")
        for seconds in (0.7, 1.5, 1.0)
    ]


def test_ctc_is_the_best_label_of_each_frame_collapsed(ctc: Path, waves: list[Waveform]) -> None:
    """Repeats are merged, blanks dropped, and | is a space: written out here from the model's own logits."""
    from transformers import AutoModelForCTC

    model = AutoModelForCTC.from_pretrained(ctc).eval()
    found = load_engine(f"transformers:{ctc}?device=cpu").transcribe(waves)
    assert len({one.text for one in found if isinstance(one, Transcript)}) > 1
    for wave, one in zip(waves, found, strict=True):
        samples = torch.tensor((wave.samples - wave.samples.mean()) / np.sqrt(wave.samples.var() + 1e-7))
        with torch.inference_mode():
            likely = model(samples[None]).logits[0].softmax(-1)
        labels = likely.argmax(-1).tolist()
        merged = [label for place, label in enumerate(labels) if place == 0 or label != labels[place - 1]]
        text = "".join({"|": " "}.get(LETTERS[label], LETTERS[label]) for label in merged if label > 3)
        assert isinstance(one, Transcript)
        assert one.text.replace("<s>", "").replace("</s>", "").replace("<unk>", "").split() == text.split()
        spoken = [float(likely[place].max()) for place, label in enumerate(labels) if label]
        assert one.confidence == pytest.approx(math.exp(np.mean(np.log(spoken))), rel=1e-3)


def test_ctc_keeps_the_contract_of_engines(ctc: Path, waves: list[Waveform]) -> None:
    check_engine(lambda: load_engine(f"transformers:{ctc}?device=cpu"), waves=waves)


def test_what_is_too_short_for_the_first_layer_is_a_failure_and_the_next_one_is_heard(
    ctc: Path, waves: list[Waveform]
) -> None:
    short, nothing = Waveform(np.ones(3, dtype=np.float32), 16_000), Waveform(np.zeros(0, dtype=np.float32), 16_000)
    first, second, third = load_engine(f"transformers:{ctc}?device=cpu").transcribe([short, nothing, waves[0]])
    assert isinstance(first, EngineFailure)
    assert isinstance(second, EngineFailure)
    assert "no samples" in second.error
    assert isinstance(third, Transcript)


def test_another_sample_rate_is_resampled_and_options_say_what_it_is(ctc: Path) -> None:
    engine = load_engine(f"transformers:{ctc}?device=cpu")
    slow = Waveform(np.random.default_rng(2).normal(0, 0.1, 8_000).astype(np.float32), 8_000)
    (said,) = engine.transcribe([slow])
    assert isinstance(said, Transcript)
    assert engine.options.items() >= {"kind": "ctc", "sample_rate": 16_000, "device": "cpu", "max_tokens": None}.items()
    assert engine.model_id == f"transformers:{ctc.name}?device=cpu#{engine.digest[:8]}"


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper of the library, of random weights, with the tokenizer of openai-whisper."""
    load_torchaudio()
    from transformers import (
        PreTrainedTokenizerFast,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )
    from whisper.tokenizer import get_tokenizer

    from workbench.engines.whisper_conversion import _tokenizer

    folder = tmp_path_factory.mktemp("models") / "whisper"
    known = get_tokenizer(False)
    config = WhisperConfig(
        vocab_size=51_864, d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=32, decoder_ffn_dim=32, pad_token_id=known.eot, bos_token_id=known.eot, eos_token_id=known.eot,
        decoder_start_token_id=known.sot, suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    torch.manual_seed(2)
    model = WhisperForConditionalGeneration(config)
    model.generation_config.no_timestamps_token_id = known.no_timestamps
    model.generation_config.is_multilingual = False
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(known),
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        bos_token="<|endoftext|>",
    ).save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    return folder


@pytest.mark.long
def test_a_whisper_of_the_library_writes_what_its_generate_writes(whisper: Path, waves: list[Waveform]) -> None:
    engine: Any = load_engine(f"transformers:{whisper}?device=cpu&max_tokens=6")
    found = engine.transcribe(waves)
    assert engine.options["kind"] == "sequence"
    for wave, one in zip(waves, found, strict=True):
        features = engine.processor(wave.samples, sampling_rate=16_000, return_tensors="pt")
        made = engine.model.generate(**features, max_new_tokens=6, do_sample=False)
        assert isinstance(one, Transcript), one
        assert one.text == engine.processor.batch_decode(made, skip_special_tokens=True)[0].strip()
        assert one.confidence is not None
        assert 0 < one.confidence < 1


def test_files_that_are_missing_or_cut_off_are_named(ctc: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(ctc, copy)
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5_000])
    with pytest.raises(EngineError, match=r"copy: cannot be loaded \("):
        load_engine("transformers:copy", base=tmp_path)
    weights.unlink()
    with pytest.raises(EngineError, match=r"model\.safetensors missing in copy"):
        load_engine("transformers:copy", base=tmp_path)
    (copy / "config.json").unlink()
    with pytest.raises(EngineError, match=r"config\.json, model\.safetensors missing in copy"):
        load_engine("transformers:copy", base=tmp_path)


def test_a_model_that_was_not_trained_to_write_is_told(ctc: Path, tmp_path: Path) -> None:
    """Its output layer would be drawn at random, with a warning that nobody reads."""
    import shutil

    from safetensors.torch import load_file, save_file

    copy = tmp_path / "pretrained"
    shutil.copytree(ctc, copy)
    tensors = load_file(copy / "model.safetensors")
    save_file(
        {name: tensor for name, tensor in tensors.items() if "lm_head" not in name},
        copy / "model.safetensors",
        {"format": "pt"},
    )
    with pytest.raises(EngineError, match=r"lack 2 of the model's tensors \(lm_head\.bias"):
        load_engine("transformers:pretrained", base=tmp_path)


def test_a_model_of_text_is_told(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel

    BertModel(BertConfig(vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)).save_pretrained(tmp_path / "bert")  # fmt: skip
    (tmp_path / "bert" / "preprocessor_config.json").write_text("{}")
    with pytest.raises(EngineError, match="a bert model does not write speech down"):
        load_engine("transformers:bert", base=tmp_path)


def test_names_folders_and_options_that_are_not_there(
    ctc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, **options: Any) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    with pytest.raises(EngineError) as caught:
        load_engine("transformers:some/model", base=tmp_path)
    for part in ("'some/model'", "model.safetensors", "no route to host", str(tmp_path / "hf"), "--local-dir FOLDER"):
        assert part in str(caught.value)
    with pytest.raises(EngineError, match=f"no model folder '{ctc.name}x'; did you mean '{ctc.name}'"):
        load_engine(f"transformers:{ctc.name}x", base=ctc.parent)
    with pytest.raises(EngineError, match="no option 'beams'"):
        load_engine(f"transformers:{ctc}?beams=3")
    with pytest.raises(EngineError, match="no model is named"):
        load_engine("transformers")
