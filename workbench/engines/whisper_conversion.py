"""A checkpoint of openai-whisper as a folder that faster-whisper reads: the same weights, in CTranslate2's layout.

So that one set of weights can be run both ways and the difference be seen. 8-bit weights are made when the folder is loaded.

Source: CTranslate2's specification of Whisper (ctranslate2/specs/whisper_spec.py); GPT-2's bytes as characters (Radford et al.
2019), in which tokenizer files write tokens.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def convert_checkpoint(checkpoint: Path, folder: Path) -> Path:
    """Write a checkpoint as a CTranslate2 model with float32 weights and its tokenizer into ``folder``; return that.

    Raises
    ------
    FileExistsError : there is a model already
    OSError : the folder cannot be written
    """
    import whisper
    from whisper.tokenizer import get_tokenizer

    if (folder / "model.bin").exists():
        raise FileExistsError(str(folder / "model.bin"))
    model = whisper.load_model(str(checkpoint), device="cpu").float()
    tokenizer = get_tokenizer(model.is_multilingual, num_languages=model.num_languages)
    folder.mkdir(parents=True, exist_ok=True)
    spec = _specification(model, tokenizer)
    spec.validate()
    spec.optimize(quantization="float32")
    spec.save(str(folder))
    _tokenizer(tokenizer).save(str(folder / "tokenizer.json"))
    features = {
        "feature_size": model.dims.n_mels,
        "sampling_rate": 16_000,
        "hop_length": 160,
        "chunk_length": 30,
        "n_fft": 400,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(features))
    return folder


def _specification(model: Any, tokenizer: Any) -> Any:
    from ctranslate2.specs.whisper_spec import WhisperSpec

    dims = model.dims
    spec = WhisperSpec(dims.n_audio_layer, dims.n_audio_head, dims.n_text_layer, dims.n_text_head)
    encoder, decoder = model.encoder, model.decoder
    for name in ("conv1", "conv2"):
        _linear(getattr(spec.encoder, name), getattr(encoder, name))
    spec.encoder.position_encodings.encodings = _array(encoder.positional_embedding)
    _norm(spec.encoder.layer_norm, encoder.ln_post)
    for layer, block in zip(spec.encoder.layer, encoder.blocks, strict=True):
        _layer(layer, block)
    spec.decoder.embeddings.weight = _array(decoder.token_embedding.weight)
    spec.decoder.position_encodings.encodings = _array(decoder.positional_embedding)
    spec.decoder.projection.weight = _array(decoder.token_embedding.weight)
    _norm(spec.decoder.layer_norm, decoder.ln)
    for layer, block in zip(spec.decoder.layer, decoder.blocks, strict=True):
        _layer(layer, block)
        _norm(layer.attention.layer_norm, block.cross_attn_ln)
        _fused(layer.attention.linear[0], block.cross_attn.query)
        _fused(layer.attention.linear[1], block.cross_attn.key, block.cross_attn.value)
        _linear(layer.attention.linear[2], block.cross_attn.out)
    tokens = _tokens(tokenizer)
    spec.register_vocabulary(tokens + [f"<|unused{number}|>" for number in range(dims.n_vocab - len(tokens))])
    spec.config.suppress_ids = sorted(tokenizer.non_speech_tokens)
    spec.config.suppress_ids_begin = [*tokenizer.encode(" "), tokenizer.eot]
    spec.config.lang_ids = list(tokenizer.all_language_tokens)
    spec.config.alignment_heads = [
        [layer, head] for layer in range(dims.n_text_layer // 2, dims.n_text_layer) for head in range(dims.n_text_head)
    ]
    return spec


def _layer(spec: Any, block: Any) -> None:
    _norm(spec.self_attention.layer_norm, block.attn_ln)
    _fused(spec.self_attention.linear[0], block.attn.query, block.attn.key, block.attn.value)
    _linear(spec.self_attention.linear[1], block.attn.out)
    _norm(spec.ffn.layer_norm, block.mlp_ln)
    _linear(spec.ffn.linear_0, block.mlp[0])
    _linear(spec.ffn.linear_1, block.mlp[2])


def _array(tensor: Any) -> Any:
    return tensor.detach().numpy()


def _norm(spec: Any, layer: Any) -> None:
    spec.gamma, spec.beta = _array(layer.weight), _array(layer.bias)


def _linear(spec: Any, layer: Any) -> None:
    spec.weight, spec.bias = _array(layer.weight), _array(layer.bias)


def _fused(spec: Any, *layers: Any) -> None:
    """Put linear layers of the same input below each other; whisper's keys have no bias."""
    import numpy as np

    spec.weight = np.concatenate([_array(layer.weight) for layer in layers])
    spec.bias = np.concatenate(
        [
            np.zeros(len(layer.weight), dtype=np.float32) if layer.bias is None else _array(layer.bias)
            for layer in layers
        ]
    )


def _tokens(tokenizer: Any) -> list[str]:
    """Return the tokens in the order of their ids, as tokenizer files write them."""
    written = {rank: _written(token) for token, rank in tokenizer.encoding._mergeable_ranks.items()}
    written |= {number: name for name, number in tokenizer.encoding._special_tokens.items()}
    return [written[number] for number in sorted(written)]


def _written(token: bytes) -> str:
    return "".join(_CHARACTERS[byte] for byte in token)


def _characters() -> dict[int, str]:
    """Return a printable character for each byte: itself where it is one, else one from U+0100 on."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {byte: chr(0x100 + place) for place, byte in enumerate(hidden)}


_CHARACTERS = _characters()


def _tokenizer(tokenizer: Any) -> Any:
    """Return whisper's tokenizer as one of the package tokenizers, with the same ids."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    ranks: dict[bytes, int] = tokenizer.encoding._mergeable_ranks
    merges = []
    for token, rank in ranks.items():
        parts = [(token[:at], token[at:]) for at in range(1, len(token))]
        pairs = [
            (ranks[first], ranks[other], first, other) for first, other in parts if first in ranks and other in ranks
        ]
        merges += [(rank, *pair) for pair in pairs]
    merges.sort(key=lambda merge: merge[:3])
    words = models.BPE(
        {_written(token): rank for token, rank in ranks.items()},
        [(_written(first), _written(other)) for *_, first, other in merges],
        fuse_unk=False,
        ignore_merges=True,
    )
    made = Tokenizer(words)
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(tokenizer.encoding._pat_str), behavior="isolated"),
            pre_tokenizers.ByteLevel(False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    special = sorted(tokenizer.encoding._special_tokens.items(), key=lambda named: named[1])
    made.add_special_tokens([AddedToken(name, normalized=False, special=True) for name, _ in special])
    return made
