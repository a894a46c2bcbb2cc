"""Greedy decoding of Whisper windows in batches, with the text that ``whisper.decode`` gives for each of them alone.

Sums of floats depend on their order, and no two ways of computing a model agree to the last bit; where two tokens are all
but equally likely, the way of computing would decide which is written. So the decoder measures, once per model and device,
how far its logits are from whisper's own (:meth:`Batches.deviation`), and does not decide by less than ``CAUTION`` times
that: a window in which a choice is that narrow comes back as None, to be decoded by whisper itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor
from whisper.decoding import ApplyTimestampRules, DecodingOptions, DecodingResult, DecodingTask
from whisper.utils import compression_ratio

from workbench.engines.whisper_decoder import Decoder, State
from workbench.engines.whisper_layers import Encoder
from workbench.engines.whisper_threads import AT_ONCE, side_by_side

CAUTION = 8.0
"""A choice between tokens counts as made when their logits differ by this many times the largest deviation seen."""
_PROBE_TOKENS = 12
_LEAST = 1e-4


class Batches:
    """Decodes windows of one model, greedily, with one set of the arguments of ``whisper.DecodingOptions``."""

    def __init__(self, model: Any, options: Mapping[str, Any]) -> None:
        self.model = model
        self.options = DecodingOptions(**{**options, "temperature": 0.0, "beam_size": None, "best_of": None})
        self._task = DecodingTask(model, self.options)
        self._dtype = torch.float16 if self.options.fp16 else torch.float32
        self._filters = [
            TimestampRules(rule) if isinstance(rule, ApplyTimestampRules) else rule for rule in self._task.logit_filters
        ]

    @property
    def tokenizer(self) -> Any:
        """whisper's tokenizer for the model's language."""
        return self._task.tokenizer

    @cached_property
    def encoder(self) -> Encoder:
        return Encoder(self.model, self._dtype)

    @cached_property
    def _decoder(self) -> Decoder:
        return Decoder(self.model, self._dtype)

    @cached_property
    def tolerance(self) -> float:
        """Difference of two logits, or of a mean log probability from a threshold, below which nothing is decided here."""
        return max(CAUTION * self.deviation(), _LEAST)

    def deviation(self) -> float:
        """Return the largest difference between a logit and whisper's own, for a window of noise and what is decoded from it."""
        with torch.inference_mode():
            return self._deviation()

    def _deviation(self) -> float:
        dims, like = self.model.dims, self._decoder.like
        noise = torch.randn((1, dims.n_mels, 2 * dims.n_audio_ctx), generator=torch.Generator().manual_seed(0)).to(like)
        state = State(self._decoder, list(self.encoder(noise)), len(self._task.initial_tokens) + _PROBE_TOKENS)
        tokens = list(self._task.initial_tokens)
        found: list[Tensor] = []
        while True:
            for token in tokens[len(found) :]:
                found.append(self._decoder.words(state.step(torch.tensor([token], device=like.device))))
            if len(tokens) - len(self._task.initial_tokens) >= _PROBE_TOKENS:
                break
            tokens.append(int(found[-1].argmax()))
        wanted = self.model.decoder(torch.tensor([tokens], device=like.device), self.model.encoder(noise))
        return float((torch.cat(found) - wanted[0]).abs().max())

    @property
    def any_length(self) -> bool:
        """Whether windows of different lengths can be decoded together."""
        return self._decoder.onednn

    def decode(self, mels: Sequence[Tensor]) -> list[DecodingResult | None]:
        """Return what is written in each window, or None where a choice is too narrow to be made here.

        ``mels``: per window, mels x frames, twice as many frames as the encoder is to have positions.
        """
        if not self.any_length:
            with torch.inference_mode():
                features = list(self.encoder(torch.stack(list(mels))))
            return self._written(features)
        self.tolerance  # noqa: B018  (measured before there are threads)
        features = side_by_side(self._encoded, mels)  # one by one, which is no slower on a processor
        parts = min(AT_ONCE, torch.get_num_threads(), len(mels))
        found = side_by_side(self._written, [features[part::parts] for part in range(parts)])
        return [found[number % parts][number // parts] for number in range(len(mels))]

    def _encoded(self, mel: Tensor) -> Tensor:
        with torch.inference_mode():
            return self.encoder(mel[None])[0]

    def _written(self, features: Sequence[Tensor]) -> list[DecodingResult | None]:
        """Return what is written in encoded windows that are decoded together."""
        length = self._task.sample_begin + self._task.sample_len
        with torch.inference_mode():
            said = self._greedy(State(self._decoder, features, length), len(features))
        return [None if one is None else self._result(*one) for one in said]

    def _greedy(self, state: State, n: int) -> list[tuple[list[int], float, float] | None]:
        """Return the tokens, the sum of their log probabilities and the probability of no speech, window by window."""
        task, device = self._task, self._decoder.like.device
        tokens = torch.tensor([task.initial_tokens] * n, device=device)
        said: list[tuple[list[int], float, float] | None] = [None] * n
        silence, sums = torch.full((n,), math.nan, device=device), torch.zeros(n, device=device)
        left = torch.arange(n, device=device)
        for position in range(task.sample_begin):
            x = state.step(tokens[:, position])
            if position == task.sot_index and task.tokenizer.no_speech is not None:
                silence = self._decoder.words(x).softmax(dim=-1)[:, task.tokenizer.no_speech]
        for step in range(task.sample_len):
            logits = self._decoder.words(x)
            rule_margin = self._apply_filters(logits, tokens)
            best, chosen = _largest(logits)
            sums = sums + F.log_softmax(logits, dim=-1).gather(1, chosen[:, None])[:, 0]
            second = logits.scatter_(1, chosen[:, None], -torch.inf).amax(dim=-1)
            sure = torch.minimum(best - second, rule_margin) >= self.tolerance
            tokens = torch.cat([tokens, chosen[:, None]], dim=-1)
            ended = chosen == task.tokenizer.eot
            if step + 1 == task.sample_len:
                ended = torch.ones_like(ended)
            for row in torch.nonzero(ended & sure).flatten().tolist():
                written = tokens[row, task.sample_begin :].tolist()
                written = written[:-1] if written[-1] == task.tokenizer.eot else written
                said[int(left[row])] = (written, float(sums[row]), float(silence[row]))
            stay = torch.nonzero(sure & ~ended).flatten()
            if len(stay) < len(tokens):
                tokens, sums, silence, left = tokens[stay], sums[stay], silence[stay], left[stay]
                state.keep(stay)
            if not len(stay):
                break
            x = state.step(tokens[:, -1])
        return said

    def _apply_filters(self, logits: Tensor, tokens: Tensor) -> Tensor:
        """Suppress what whisper suppresses, in place; return by how much the rule on timestamps was decided."""
        margin = torch.full((len(logits),), torch.inf, device=logits.device)
        for rule in self._filters:
            found = rule.apply(logits, tokens)
            margin = margin if found is None else found
        return margin

    def _result(self, tokens: Sequence[int], total: float, silence: float) -> DecodingResult:
        text = self._task.tokenizer.decode(list(tokens)).strip()
        return DecodingResult(
            audio_features=torch.empty(0),
            language=cast(str, self.options.language),
            tokens=list(tokens),
            text=text,
            avg_logprob=total / (len(tokens) + 1),
            no_speech_prob=silence,
            temperature=0.0,
            compression_ratio=compression_ratio(text),
        )


def _largest(logits: Tensor) -> tuple[Tensor, Tensor]:
    """Return the largest logit of each row and its place."""
    if logits.device.type != "cpu":
        largest = logits.max(dim=-1)
        return largest.values, largest.indices
    place = torch.from_numpy(logits.numpy().argmax(axis=-1))  # several times as fast as torch's
    return logits.gather(1, place[:, None])[:, 0], place


class TimestampRules:
    """Whisper's rules on timestamps, for all windows at once, which also tell by how much the last of them was decided."""

    def __init__(self, rule: ApplyTimestampRules) -> None:
        self._tokenizer, self._begin, self._latest = rule.tokenizer, rule.sample_begin, rule.max_initial_timestamp_index

    def apply(self, logits: Tensor, tokens: Tensor) -> Tensor:
        """Suppress tokens in place; return the margin between all timestamps together and the likeliest other token."""
        first, eot = self._tokenizer.timestamp_begin, self._tokenizer.eot
        logits[:, self._tokenizer.no_timestamps] = -torch.inf
        for row, written in enumerate(tokens[:, self._begin :].tolist()):
            last = bool(written) and written[-1] >= first
            pair = len(written) < 2 or written[-2] >= first
            if last and pair:
                logits[row, first:] = -torch.inf
            elif last:
                logits[row, :eot] = -torch.inf
            stamps = [token for token in written if token >= first]
            if stamps:
                logits[row, first : stamps[-1] + (0 if last and not pair else 1)] = -torch.inf
        if tokens.shape[1] == self._begin:
            logits[:, :first] = -torch.inf
            if self._latest is not None:
                logits[:, first + self._latest + 1 :] = -torch.inf
        stamped, plain = logits[:, first:].logsumexp(dim=-1), logits[:, :first].max(dim=-1).values
        logits[stamped > plain, :first] = -torch.inf
        return (stamped - plain).abs().nan_to_num(nan=0.0, posinf=torch.inf)
