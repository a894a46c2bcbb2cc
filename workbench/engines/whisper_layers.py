"""Whisper's layers for a processor: the same sums as whisper's own, in oneDNN instead of the BLAS of torch.

A row of a result depends on that row's input alone: not on how many rows there are, nor on the number of threads. (A BLAS
that chooses another kernel for another number of rows does not promise that, and what is written would depend on the batch.)
On other devices, and for other types than float32, these are torch's ordinary functions.

Source: Radford et al. 2023, Robust Speech Recognition via Large-Scale Weak Supervision; whisper/model.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor, nn

POSITIONS = 512
"""Positions for which the encoder's weights are laid out; windows may have any number."""


def has_onednn() -> bool:
    """Return whether this build of torch has oneDNN's linear layer."""
    return bool(torch.backends.mkldnn.is_available()) and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def on_processor(like: Tensor) -> bool:
    """Return whether a computation on this tensor goes through oneDNN."""
    return like.device.type == "cpu" and like.dtype == torch.float32 and has_onednn()


def times(rows: Tensor, weight: Tensor, bias: Tensor | None = None, *, gelu: bool = False) -> Tensor:
    """Return ``rows @ weight.T + bias`` (``weight`` plain or packed), through oneDNN."""
    few = rows.shape[0] == 1  # for one row it has a kernel of its own, whose sums differ
    given = rows.expand(2, *rows.shape[1:]) if few else rows
    after, kind = ("gelu", "none") if gelu else ("none", "")
    made = torch.ops.mkldnn._linear_pointwise(given, weight, bias, after, [], kind)
    return cast(Tensor, made[:1] if few else made)


def packed(weight: Tensor, rows: int) -> Tensor:
    """Return a weight in the order in which oneDNN reads it fastest for so many rows."""
    return cast(Tensor, torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), rows))


@dataclass(frozen=True, slots=True)
class Affine:
    """A linear layer: ``x -> x W^T + b`` over the last axis."""

    weight: Tensor
    bias: Tensor | None
    onednn: bool

    @classmethod
    def of(cls, *layers: Any, like: Tensor, rows: int = 0) -> Affine:
        """Return one or several linear layers of the same input as one; packed if ``rows`` are given."""
        weight = torch.cat([layer.weight.detach() for layer in layers]).to(like.dtype)
        zeros = [torch.zeros(len(layer.weight), device=like.device, dtype=like.dtype) for layer in layers]
        biases = [
            zero if layer.bias is None else layer.bias.detach().to(like.dtype)
            for layer, zero in zip(layers, zeros, strict=True)
        ]
        onednn = on_processor(like)
        return cls(packed(weight, rows) if onednn and rows else weight, torch.cat(biases), onednn)

    def __call__(self, x: Tensor, *, gelu: bool = False) -> Tensor:
        """Return the layer's answer, after GELU if asked for."""
        if self.onednn:
            return times(x, self.weight, self.bias, gelu=gelu)
        made = F.linear(x, self.weight, self.bias)
        return F.gelu(made) if gelu else made


class Encoder:
    """The audio encoder of a Whisper model, for windows of any length up to its own."""

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        self._encoder: Any = model.encoder
        self._like = torch.zeros(1, device=self._encoder.conv1.weight.device, dtype=dtype)
        self._onednn = on_processor(self._like)
        self._layers = [
            (
                block,
                Affine.of(block.attn.query, block.attn.key, block.attn.value, like=self._like, rows=POSITIONS),
                Affine.of(block.attn.out, like=self._like, rows=POSITIONS),
                Affine.of(block.mlp[0], like=self._like, rows=POSITIONS),
                Affine.of(block.mlp[2], like=self._like, rows=POSITIONS),
            )
            for block in self._encoder.blocks
        ]

    def __call__(self, mels: Tensor) -> Tensor:
        """Return the encoded audio, windows x positions x width, of spectrograms, windows x mels x twice the positions."""
        encoder, mels = self._encoder, mels.to(self._like)
        x = F.gelu(encoder.conv2(F.gelu(encoder.conv1(mels)))).permute(0, 2, 1)
        x = (x + encoder.positional_embedding[: x.shape[1]]).to(x.dtype)
        for block, heads, out, widen, narrow in self._layers:
            x = x + out(self._attend(heads(block.attn_ln(x)), block.attn.n_head))
            x = x + narrow(widen(block.mlp_ln(x), gelu=True))
        return cast(Tensor, encoder.ln_post(x))

    def _attend(self, joined: Tensor, n_head: int) -> Tensor:
        """Return what the positions take from each other, for queries, keys and values side by side."""
        windows, positions, width = joined.shape
        q, k, v = joined.view(windows, positions, 3, n_head, -1).permute(2, 0, 3, 1, 4)
        if not self._onednn:
            made = F.scaled_dot_product_attention(q, k, v)
        else:
            made = torch.empty_like(q, memory_format=torch.contiguous_format)
            q, k, v = (q * q.shape[-1] ** -0.5).contiguous(), k.contiguous(), v.transpose(-1, -2).contiguous()
            for window in range(windows):
                for head in range(n_head):
                    weights = torch.softmax(times(q[window, head], k[window, head]), dim=-1)
                    made[window, head] = times(weights, v[window, head])
        return made.permute(0, 2, 1, 3).reshape(windows, positions, width // 3)
