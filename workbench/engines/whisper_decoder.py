"""Whisper's text decoder, one token at a time for several windows at once, which leave as they finish.

Attention to the audio is computed on the encoded audio itself: ``q . (W_k x) = (W_k^T q) . x``, and the weighted mean of
``W_v x`` is ``W_v`` times the weighted mean of ``x``. Keys and values of 30 s of audio, 2 x layers times as large as the
encoded audio, are neither made nor read again for every token.

Source: whisper/model.py; the two identities are linear algebra (Whisper's keys have no bias, and weights sum to 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor, nn

from workbench.engines.whisper_layers import Affine, on_processor, packed, times

ROWS = 16
"""Windows for which the weights are laid out; any number may be decoded."""


@dataclass(frozen=True, slots=True)
class _Block:
    norms: tuple[Any, Any, Any]
    heads: Affine
    out: Affine
    query: Affine
    keys: list[Tensor]
    values: list[Tensor]
    value_bias: Tensor
    cross_out: Affine
    widen: Affine
    narrow: Affine


class Decoder:
    """The text decoder of a Whisper model, laid out for single steps."""

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        decoder: Any = model.decoder
        weight = decoder.token_embedding.weight.detach()
        like = torch.zeros(1, device=weight.device, dtype=dtype)
        self.like = like
        self.onednn = on_processor(like)
        self.n_head = decoder.blocks[0].attn.n_head
        self.width = weight.shape[1]
        self.embedding, self.positions, self.norm = weight, decoder.positional_embedding.detach(), decoder.ln
        self._words = packed(weight, ROWS) if self.onednn else weight.to(dtype)
        self.blocks = [self._block(block) for block in decoder.blocks]

    def _block(self, block: Any) -> _Block:
        def layer(*layers: Any) -> Affine:
            return Affine.of(*layers, like=self.like, rows=ROWS)

        def by_head(weight: Tensor) -> Tensor:
            return weight.detach().to(self.like).view(self.n_head, -1, self.width)

        keys = [part.t().contiguous() for part in by_head(block.cross_attn.key.weight)]
        values = [part.contiguous() for part in by_head(block.cross_attn.value.weight)]
        if self.onednn:
            keys, values = [packed(part, ROWS) for part in keys], [packed(part, ROWS) for part in values]
        return _Block(
            (block.attn_ln, block.cross_attn_ln, block.mlp_ln),
            layer(block.attn.query, block.attn.key, block.attn.value),
            layer(block.attn.out),
            layer(block.cross_attn.query),
            keys,
            values,
            block.cross_attn.value.bias.detach().to(self.like),
            layer(block.cross_attn.out),
            layer(block.mlp[0]),
            layer(block.mlp[2]),
        )

    def words(self, x: Tensor) -> Tensor:
        """Return the logits, windows x vocabulary, of what :meth:`State.step` returned."""
        made = times(x, self._words) if self.onednn else F.linear(x, self._words)
        return made.float()


class State:
    """Windows that are being decoded: their encoded audio, and what the decoder keeps of the tokens so far."""

    def __init__(self, decoder: Decoder, features: Sequence[Tensor], length: int) -> None:
        """Begin with encoded audio, positions x width for each window, for up to ``length`` tokens.

        The windows are all of one length, unless the decoder goes through oneDNN.
        """
        self._decoder = decoder
        self._audio = _Audio.of(features) if decoder.onednn else None
        self._features = torch.empty(0) if decoder.onednn else torch.stack(list(features))
        n, heads = len(features), decoder.n_head
        shape = (len(decoder.blocks), 2, n, heads, length, decoder.width // heads)
        self._kept = torch.empty(shape, device=features[0].device, dtype=features[0].dtype)
        self._at = 0

    def keep(self, windows: Tensor) -> None:
        """Let all but these windows leave."""
        if self._audio is not None:
            self._audio = self._audio.only(windows.tolist())
        else:
            self._features = self._features[windows]
        self._kept = self._kept[:, :, windows]

    def step(self, tokens: Tensor) -> Tensor:
        """Take one more token of each window; return the last layer's answer, windows x width."""
        decoder, at = self._decoder, self._at
        x = (decoder.embedding[tokens] + decoder.positions[at]).to(self._kept.dtype)
        self._at += 1
        for number, block in enumerate(decoder.blocks):
            x = x + block.out(self._before(number, block.heads(block.norms[0](x))))
            x = x + block.cross_out(self._hear(block, block.query(block.norms[1](x))))
            x = x + block.narrow(block.widen(block.norms[2](x), gelu=True))
        return cast(Tensor, decoder.norm(x))

    def _before(self, number: int, joined: Tensor) -> Tensor:
        """Return what a token takes from itself and those before it."""
        q, k, v = joined.view(len(joined), 3, self._decoder.n_head, -1).unbind(1)
        keys, values = self._kept[number]
        keys[:, :, self._at - 1], values[:, :, self._at - 1] = k, v
        keys, values = keys[:, :, : self._at], values[:, :, : self._at]
        scores = (keys * (q * q.shape[-1] ** -0.5)[:, :, None]).sum(-1)
        weights = torch.softmax(scores.float(), dim=-1).to(q.dtype)
        return (values * weights[..., None]).sum(2).flatten(1)

    def _hear(self, block: _Block, query: Tensor) -> Tensor:
        """Return what a token takes from the audio."""
        n, heads = len(query), self._decoder.n_head
        q = (query * (query.shape[-1] // heads) ** -0.5).view(n, heads, -1)
        if self._audio is not None:
            asked = torch.stack([times(q[:, head].contiguous(), key) for head, key in enumerate(block.keys)], dim=1)
            mean = self._audio.means(asked)
            heard = [times(mean[:, head].contiguous(), value) for head, value in enumerate(block.values)]
        else:
            asked = torch.stack([F.linear(q[:, head], key) for head, key in enumerate(block.keys)], dim=1)
            audio = self._features[:, None]
            mean = F.scaled_dot_product_attention(asked[:, None], audio, audio, scale=1.0)[:, 0]
            heard = [F.linear(mean[:, head], value) for head, value in enumerate(block.values)]
        return torch.cat(heard, dim=1) + block.value_bias


@dataclass(frozen=True, slots=True)
class _Audio:
    """Encoded windows as oneDNN reads them: as rows to be compared with, and as columns to be averaged."""

    rows: list[Tensor]
    columns: list[Tensor]

    @classmethod
    def of(cls, features: Sequence[Tensor]) -> _Audio:
        heads = 8
        return cls(
            [packed(window, heads) for window in features],
            [packed(window.t().contiguous(), heads) for window in features],
        )

    def only(self, windows: list[int]) -> _Audio:
        return _Audio([self.rows[window] for window in windows], [self.columns[window] for window in windows])

    def means(self, asked: Tensor) -> Tensor:
        """Return the mean of each window's positions, windows x heads x width, weighted by the softmax of their likeness."""
        return torch.stack(
            [
                times(torch.softmax(times(query, rows), dim=-1), columns)
                for query, rows, columns in zip(asked, self.rows, self.columns, strict=True)
            ]
        )
