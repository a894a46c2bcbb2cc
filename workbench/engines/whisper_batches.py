"""Decoding of Whisper windows in batches, greedily with the text that ``whisper.decode`` gives for each of them alone.

Sums of floats depend on their order, and no two ways of computing a model agree to the last bit; where two tokens are all
but equally likely, the way of computing would decide which is written. So the decoder measures, once per model and device,
how far its logits are from whisper's own (:meth:`Batches.deviation`), and does not decide by less than ``CAUTION`` times
that: a window in which a choice is that narrow comes back as None, to be decoded by whisper itself.

At a temperature above 0 tokens are drawn, from a generator of each window's own: what is written depends neither on the other
windows nor on what was drawn before.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(slots=True)
class Window:
    """A window to be decoded: its spectrogram, mels x frames (twice the encoder's positions), and with what options.

    ``seed`` is that of what is drawn at a temperature above 0. ``encoded`` is what the encoder made of it, once it has.
    """

    mel: Tensor
    options: DecodingOptions
    seed: int = 0
    encoded: Tensor | None = None


class Batches:
    """Decodes windows of one model, by themselves with one set of the arguments of ``whisper.DecodingOptions``."""

    def __init__(self, model: Any, options: Mapping[str, Any]) -> None:
        self.model = model
        self.options = DecodingOptions(**{**options, "temperature": 0.0, "beam_size": None, "best_of": None})
        self._task = DecodingTask(model, self.options)
        self._dtype = torch.float16 if self.options.fp16 else torch.float32
        self._filters = batched_filters(self._task)

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
        results: list[Tensor] = []
        while True:
            for token in tokens[len(results) :]:
                results.append(self._decoder.words(state.step(torch.tensor([token], device=like.device))))
            if len(tokens) - len(self._task.initial_tokens) >= _PROBE_TOKENS:
                break
            tokens.append(int(results[-1].argmax()))
        wanted = self.model.decoder(torch.tensor([tokens], device=like.device), self.model.encoder(noise))
        return float((torch.cat(results) - wanted[0]).abs().max())

    @property
    def any_length(self) -> bool:
        """Whether windows of different lengths can be decoded together."""
        return self._decoder.onednn

    def window(self, mel: Tensor) -> Window:
        """Return the first window of an utterance, to be decoded greedily."""
        return Window(mel, self.options)

    def decode(self, windows: Sequence[Window]) -> list[DecodingResult | None]:
        """Return what is written in each window, or None where a choice is too narrow to be made here.

        Windows are encoded one by one, which is no slower on a processor. Those of one temperature and length of prompt are
        decoded together.
        """
        self.tolerance  # noqa: B018  (measured before there are threads)
        waiting = [window for window in windows if window.encoded is None]
        if self.any_length:
            encoded = side_by_side(self._encoded, [window.mel for window in waiting])
        else:
            encoded = list(self._encoder_of([window.mel for window in waiting])) if waiting else []
        for window, features in zip(waiting, encoded, strict=True):
            window.encoded = features
        together: dict[tuple[float, int], list[tuple[int, Window, Any]]] = defaultdict(list)
        for number, window in enumerate(windows):
            task = self._task if window.options is self.options else DecodingTask(self.model, window.options)
            together[window.options.temperature, len(task.initial_tokens)].append((number, window, task))
        parts = [part for group in together.values() for part in self._parts(group)]
        results: dict[int, DecodingResult | None] = {}
        for part, written in zip(parts, side_by_side(self._written, parts), strict=True):
            results |= dict(zip((number for number, _, _ in part), written, strict=True))
        return [results[number] for number in range(len(windows))]

    def _parts(self, group: list[tuple[int, Window, Any]]) -> list[list[tuple[int, Window, Any]]]:
        """Return windows that are alike in as many parts as there are threads."""
        parts = min(AT_ONCE, torch.get_num_threads(), len(group)) if self.any_length else 1
        return [group[part::parts] for part in range(parts)]

    def _encoder_of(self, mels: Sequence[Tensor]) -> Tensor:
        with torch.inference_mode():
            return self.encoder(torch.stack(list(mels)))

    def _encoded(self, mel: Tensor) -> Tensor:
        return self._encoder_of([mel])[0]

    def _written(self, part: Sequence[tuple[int, Window, Any]]) -> list[DecodingResult | None]:
        """Return what is written in encoded windows that are decoded together."""
        windows, tasks = [window for _, window, _ in part], [task for _, _, task in part]
        length = tasks[0].sample_begin + tasks[0].sample_len
        with torch.inference_mode():
            state = State(self._decoder, [cast(Tensor, window.encoded) for window in windows], length)
            written = self._tokens(state, tasks, windows)
        return [
            None if tokens is None else self._result(*tokens, temperature=window.options.temperature)
            for tokens, window in zip(written, windows, strict=True)
        ]

    def _tokens(
        self, state: State, tasks: Sequence[Any], windows: Sequence[Window]
    ) -> list[tuple[list[int], float, float] | None]:
        """Return the tokens, the sum of their log probabilities and the probability of no speech, window by window."""
        task, device, n = tasks[0], self._decoder.like.device, len(windows)
        temperature = windows[0].options.temperature
        drawn = [torch.Generator().manual_seed(window.seed) for window in windows] if temperature > 0 else []
        filters = self._filters if task is self._task else batched_filters(task)
        tokens = torch.tensor([list(item.initial_tokens) for item in tasks], device=device)
        written: list[tuple[list[int], float, float] | None] = [None] * n
        silence, sums = torch.full((n,), math.nan, device=device), torch.zeros(n, device=device)
        left = torch.arange(n, device=device)
        for position in range(task.sample_begin):
            x = state.step(tokens[:, position])
            if position == task.sot_index and task.tokenizer.no_speech is not None:
                silence = self._decoder.words(x).softmax(dim=-1)[:, task.tokenizer.no_speech]
        for step in range(task.sample_len):
            logits = self._decoder.words(x)
            rule_margin = _apply_filters(filters, logits, tokens)
            if temperature > 0:
                token_ids = _drawn(logits, temperature, drawn)
                sums = sums + F.log_softmax(logits, dim=-1).gather(1, token_ids[:, None])[:, 0]
                sure = torch.ones_like(token_ids, dtype=torch.bool)
            else:
                best, token_ids = _largest(logits)
                sums = sums + F.log_softmax(logits, dim=-1).gather(1, token_ids[:, None])[:, 0]
                second = logits.scatter_(1, token_ids[:, None], -torch.inf).amax(dim=-1)
                sure = torch.minimum(best - second, rule_margin) >= self.tolerance
            tokens = torch.cat([tokens, token_ids[:, None]], dim=-1)
            ended = token_ids == task.tokenizer.eot
            if step + 1 == task.sample_len or tokens.shape[1] > task.n_ctx:
                ended = torch.ones_like(ended)
            for row in torch.nonzero(ended & sure).flatten().tolist():
                ids = tokens[row, task.sample_begin :].tolist()
                ids = ids[:-1] if ids[-1] == task.tokenizer.eot else ids
                written[int(left[row])] = (ids, float(sums[row]), float(silence[row]))
            stay = torch.nonzero(sure & ~ended).flatten()
            if len(stay) < len(tokens):
                tokens, sums, silence, left = tokens[stay], sums[stay], silence[stay], left[stay]
                drawn = [drawn[row] for row in stay.tolist()] if drawn else []
                state.keep(stay)
            if not len(stay):
                break
            x = state.step(tokens[:, -1])
        return written

    def _result(self, tokens: Sequence[int], total: float, silence: float, *, temperature: float) -> DecodingResult:
        text = self._task.tokenizer.decode(list(tokens)).strip()
        return DecodingResult(
            audio_features=torch.empty(0),
            language=cast(str, self.options.language),
            tokens=list(tokens),
            text=text,
            avg_logprob=total / (len(tokens) + 1),
            no_speech_prob=silence,
            temperature=temperature,
            compression_ratio=compression_ratio(text),
        )


def batched_filters(task: Any) -> list[Any]:
    """Return what suppresses tokens in a task; the rules on timestamps as those that tell how narrowly they decided."""
    return [TimestampRules(rule) if isinstance(rule, ApplyTimestampRules) else rule for rule in task.logit_filters]


def _apply_filters(filters: Sequence[Any], logits: Tensor, tokens: Tensor) -> Tensor:
    """Suppress what whisper suppresses, in place; return by how much the rule on timestamps was decided."""
    margin = torch.full((len(logits),), torch.inf, device=logits.device)
    for rule in filters:
        result = rule.apply(logits, tokens)
        margin = margin if result is None else result
    return margin


def _drawn(logits: Tensor, temperature: float, generators: Sequence[torch.Generator]) -> Tensor:
    """Return a token of each row, drawn with the probabilities of the logits over the temperature.

    One number of each row's generator, looked up in the row's cumulated probabilities: rows do not depend on each other.
    """
    cumulated = (logits.float() / temperature).softmax(dim=-1).double().cumsum(dim=-1)
    numbers = torch.stack([torch.rand(1, generator=generator, dtype=torch.float64) for generator in generators]).to(
        logits.device
    )
    return torch.searchsorted(cumulated, numbers * cumulated[:, -1:], right=True)[:, 0]


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
