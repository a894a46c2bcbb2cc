"""A Whisper model in CTranslate2's format as one of openai-whisper: the same values under whisper's names, in memory.

The inverse of ``whisper_conversion``. CTranslate2 puts linear layers of the same input below each other and gives Whisper's keys
a bias of zeros; here they are taken apart. Values are not computed with, so they are the same to the last bit.

Source: CTranslate2's binary format (ctranslate2/specs/model_spec.py, version 6) and specification of Whisper
(ctranslate2/specs/whisper_spec.py); whisper/model.py.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_VERSION = 6
_TYPES: tuple[Any, ...] = (np.float32, np.int8, np.int16, np.int32, np.float16)
"""In the order of CTranslate2's type ids; bfloat16, which follows, numpy does not have."""


def read_model(content: bytes) -> tuple[str, dict[str, Array]]:
    """Return the specification's name and the variables of a ``model.bin``; arrays share its memory.

    Raises
    ------
    ValueError : another version of the format, a type that numpy lacks, or bytes that end too early or too late
    """
    at = 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{kind}", content, at)
        at += struct.calcsize(f"<{kind}")
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("H")
        value = content[at : at + length - 1]
        at += length
        return value.decode()

    try:
        if (version := number("I")) != _VERSION:
            raise ValueError(f"CTranslate2's binary format {version}, not {_VERSION}")
        name = text()
        number("I")  # revision of the specification
        variables: dict[str, Array] = {}
        for _ in range(number("I")):
            variable = text()
            shape = [number("I") for _ in range(number("B"))]
            kind, size = number("B"), number("I")
            if kind >= len(_TYPES):
                raise ValueError(f"{variable} is of type {kind}")
            if at + size > len(content):
                raise EOFError(f"it ends in {variable}")
            values = np.frombuffer(
                content, dtype=_TYPES[kind], count=size // np.dtype(_TYPES[kind]).itemsize, offset=at
            )
            variables[variable] = values.reshape(shape)
            at += size
        for _ in range(number("I")):
            alias, original = text(), text()
            variables[alias] = variables[original]
        if at > len(content):
            raise EOFError("it ends too early")
    except (struct.error, KeyError, UnicodeDecodeError, EOFError) as error:
        raise ValueError(f"cut off or damaged ({error})") from None
    if at != len(content):
        raise ValueError(f"{len(content) - at} bytes too many")
    return name, variables


def whisper_model(content: bytes) -> Any:
    """Return the ``whisper.model.Whisper`` whose values are those of a ``model.bin``, in float32 on the processor.

    Raises
    ------
    ValueError : no Whisper model, rounded weights, or values that whisper's model cannot hold
    """
    from whisper.model import ModelDimensions, Whisper

    name, variables = read_model(content)
    if name != "WhisperSpec":
        raise ValueError(f"a model of {name}, not of Whisper")
    if any(key.endswith("weight_scale") for key in variables):
        raise ValueError("its weights are rounded to 8 bits, and openai-whisper has whole ones only")
    vocabulary, text_width = variables["decoder/embeddings/weight"].shape
    audio_width, n_mels, _ = variables["encoder/conv1/weight"].shape
    dims = ModelDimensions(
        n_mels=n_mels,
        n_audio_ctx=len(variables["encoder/position_encodings/encodings"]),
        n_audio_state=audio_width,
        n_audio_head=int(variables["encoder/num_heads"]),
        n_audio_layer=_layers(variables, "encoder"),
        n_vocab=vocabulary,
        n_text_ctx=len(variables["decoder/position_encodings/encodings"]),
        n_text_state=text_width,
        n_text_head=int(variables["decoder/num_heads"]),
        n_text_layer=_layers(variables, "decoder"),
    )
    model = Whisper(dims)
    try:
        model.load_state_dict(state_dict(variables))
    except RuntimeError as error:
        raise ValueError(f"does not fit whisper's model ({str(error).splitlines()[0]})") from None
    return model.eval()


def _layers(variables: Mapping[str, Array], side: str) -> int:
    return len({key.split("/")[1] for key in variables if key.startswith(f"{side}/layer_") and key.count("/") > 2})


def state_dict(variables: Mapping[str, Array]) -> dict[str, Any]:
    """Return CTranslate2's variables of a Whisper model under the names of ``whisper.model.Whisper``.

    Raises
    ------
    ValueError : keys with a bias, which whisper's layers do not have
    """
    import torch

    arrays: dict[str, Array] = {}
    for name in ("conv1", "conv2"):
        _linear(arrays, f"encoder.{name}", variables, f"encoder/{name}")
    _norm(arrays, "encoder.ln_post", variables, "encoder/layer_norm")
    _norm(arrays, "decoder.ln", variables, "decoder/layer_norm")
    arrays["encoder.positional_embedding"] = variables["encoder/position_encodings/encodings"]
    arrays["decoder.positional_embedding"] = variables["decoder/position_encodings/encodings"]
    arrays["decoder.token_embedding.weight"] = variables["decoder/embeddings/weight"]
    for side in ("encoder", "decoder"):
        for number in range(_layers(variables, side)):
            block, layer = f"{side}.blocks.{number}", f"{side}/layer_{number}"
            _norm(arrays, f"{block}.attn_ln", variables, f"{layer}/self_attention/layer_norm")
            _split(arrays, f"{block}.attn", ("query", "key", "value"), variables, f"{layer}/self_attention/linear_0")
            _linear(arrays, f"{block}.attn.out", variables, f"{layer}/self_attention/linear_1")
            _norm(arrays, f"{block}.mlp_ln", variables, f"{layer}/ffn/layer_norm")
            _linear(arrays, f"{block}.mlp.0", variables, f"{layer}/ffn/linear_0")
            _linear(arrays, f"{block}.mlp.2", variables, f"{layer}/ffn/linear_1")
            if side == "decoder":
                _norm(arrays, f"{block}.cross_attn_ln", variables, f"{layer}/attention/layer_norm")
                _linear(arrays, f"{block}.cross_attn.query", variables, f"{layer}/attention/linear_0")
                _split(arrays, f"{block}.cross_attn", ("key", "value"), variables, f"{layer}/attention/linear_1")
                _linear(arrays, f"{block}.cross_attn.out", variables, f"{layer}/attention/linear_2")
    return {name: torch.from_numpy(values.copy()) for name, values in arrays.items()}


def _linear(arrays: dict[str, Array], name: str, variables: Mapping[str, Array], layer: str) -> None:
    arrays[f"{name}.weight"], arrays[f"{name}.bias"] = variables[f"{layer}/weight"], variables[f"{layer}/bias"]


def _norm(arrays: dict[str, Array], name: str, variables: Mapping[str, Array], layer: str) -> None:
    arrays[f"{name}.weight"], arrays[f"{name}.bias"] = variables[f"{layer}/gamma"], variables[f"{layer}/beta"]


def _split(
    arrays: dict[str, Array], name: str, parts: tuple[str, ...], variables: Mapping[str, Array], layer: str
) -> None:
    """Take layers apart that lie below each other; the keys' bias must be zero, for whisper's keys have none."""
    weights = np.split(variables[f"{layer}/weight"], len(parts))
    biases = np.split(variables[f"{layer}/bias"], len(parts))
    for part, weight, bias in zip(parts, weights, biases, strict=True):
        arrays[f"{name}.{part}.weight"] = weight
        if part != "key":
            arrays[f"{name}.{part}.bias"] = bias
        elif bias.any():
            raise ValueError(f"{layer} has keys with a bias")
