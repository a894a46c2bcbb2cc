"""``whisper.transcribe`` of several utterances at once: its own code and rules, and the windows that it asks for in batches.

Each utterance runs through ``whisper.transcribe`` in a thread of its own, with a model that hands every window to be decoded to
the thread that called. That one waits until every utterance has asked or is done, decodes what was asked for together, and
hands the results back: windows at all temperatures, behind a first window, and with a text before them, of as many utterances
as there are. Without batches (several beams) utterances are transcribed one after the other.

Sampling is seeded by the samples of the utterance and the number of the window that it asks for: the audio is its name. What
is drawn depends neither on the other utterances, nor on their order, nor on the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from threading import Condition
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from whisper.decoding import DecodingOptions, DecodingResult, DecodingTask
from whisper.transcribe import transcribe as whisper_transcribe

from workbench.engines.whisper_batches import Batches, Window
from workbench.engines.whisper_windows import Heard, Samples, near_a_threshold, temperatures


@dataclass(slots=True)
class Utterance:
    """Samples to be transcribed, and what is known of their first window: how it was encoded, and what was decoded greedily.

    ``positions`` cuts every window to so many positions of the encoder; 0 leaves it whole. ``narrow``: in the first window a
    choice is too narrow for anything but whisper's own decoder.
    """

    samples: Samples
    positions: int = 0
    encoded: Tensor | None = None
    first: DecodingResult | None = None
    narrow: bool = False


def transcribe(model: Any, samples: Samples, settings: Mapping[str, Any]) -> Heard:
    """Return what ``whisper.transcribe`` returns; sampling, if it comes to that, is seeded by the samples."""
    with _seeded(samples, settings):
        result = whisper_transcribe(model, samples, **settings)
    return Heard(str(result["text"]), list(result["segments"]))


def transcribe_together(
    batches: Batches, utterances: Sequence[Utterance], settings: Mapping[str, Any]
) -> list[Heard | Exception]:
    """Return what ``whisper.transcribe`` returns of each utterance, or why it could not be transcribed."""
    meeting = _Meeting(len(utterances), lambda asked: _answer(batches, asked, settings))

    def work(utterance: Utterance) -> Heard | Exception:
        try:
            result = whisper_transcribe(_Model(batches.model, utterance, meeting.ask), utterance.samples, **settings)
            return Heard(str(result["text"]), list(result["segments"]))
        except Exception as error:  # out of memory, a fault in the weights: that utterance's own
            return error
        finally:
            meeting.leave()

    processors = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(len(utterances) or 1, initializer=lambda: torch.set_num_threads(1)) as pool:
            results = [pool.submit(work, utterance) for utterance in utterances]
            meeting.hold()
            return [result.result() for result in results]
    finally:
        torch.set_num_threads(processors)  # what was set last, in whatever thread, would hold for threads to come


@dataclass(slots=True)
class _Question:
    """A window that an utterance waits for, and the answer to it."""

    window: Window
    narrow: bool
    result: DecodingResult | Exception | None = None


class _Meeting:
    """Where utterances wait until all of them have asked for a window or are done, and the calling thread answers."""

    def __init__(self, n: int, answer: Callable[[list[_Question]], None]) -> None:
        self._busy, self._answer, self._asked = n, answer, list[_Question]()
        self._changed = Condition()

    def ask(self, question: _Question) -> DecodingResult:
        """Return what is written in a window, once every other utterance has asked or is done."""
        with self._changed:
            self._asked.append(question)
            self._busy -= 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: question.result is not None)
        if isinstance(question.result, Exception):
            raise question.result
        return cast(DecodingResult, question.result)

    def leave(self) -> None:
        """Say that an utterance is done."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def hold(self) -> None:
        """Answer until every utterance is done."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._busy)
                asked, self._asked = self._asked, []
            if not asked:
                return
            self._answer(asked)
            with self._changed:
                self._busy += len(asked)
                self._changed.notify_all()


def _answer(batches: Batches, asked: list[_Question], settings: Mapping[str, Any]) -> None:
    """Decode what was asked for, together; if that breaks, one by one. What is narrow is left to whisper's own decoder."""
    together = [question for question in asked if not question.narrow]
    try:
        results = batches.decode([question.window for question in together]) if together else []
    except Exception:  # out of memory, say: each alone may do, and the last resort is whisper itself
        for question in asked:
            question.narrow |= len(asked) == 1
            _answer(batches, [question], settings)
        return
    for question, result in zip(together, results, strict=True):
        greedy = question.window.options.temperature == 0
        if result is None or (greedy and near_a_threshold(result, settings, batches.tolerance)):
            question.narrow = True
        else:
            question.result = result
    for question in asked:
        if question.narrow:
            try:
                question.result = _exact(batches, question.window)
            except Exception as error:
                question.result = error


def _exact(batches: Batches, window: Window) -> DecodingResult:
    """Return what whisper's own decoder writes in a window, which may be cut; what it draws is seeded."""
    task: Any = DecodingTask(batches.model, window.options)
    if window.mel.shape[-1] < 2 * batches.model.dims.n_audio_ctx:
        task._get_audio_features = batches.encoder  # its own takes only whole windows
    with torch.inference_mode(), torch.random.fork_rng(enabled=window.options.temperature > 0):
        if window.options.temperature > 0:
            torch.manual_seed(window.seed)
        return cast(DecodingResult, task.run(window.mel[None])[0])


class _Model:
    """What ``whisper.transcribe`` asks of a model; every window is decoded where the utterances meet."""

    def __init__(self, model: Any, utterance: Utterance, ask: Callable[[_Question], DecodingResult]) -> None:
        self._utterance, self._ask, self._asked = utterance, ask, 0
        self._window: Window | None = None
        self._segment: Tensor | None = None
        self._name = sha256(np.ascontiguousarray(utterance.samples).tobytes()).digest()
        self.dims, self.device = model.dims, model.device
        self.is_multilingual, self.num_languages = model.is_multilingual, model.num_languages

    def decode(self, segment: Tensor, options: DecodingOptions) -> DecodingResult:
        """Return what is written in one window; the same window at another temperature is not encoded again."""
        is_first, self._asked = self._asked == 0, self._asked + 1
        if is_first and self._utterance.first is not None and not self._utterance.narrow:
            self._segment, self._window = segment, Window(segment, options, encoded=self._utterance.encoded)
            return self._utterance.first
        if segment is self._segment and self._window is not None:
            encoded = self._window.encoded
        else:
            encoded = self._utterance.encoded if is_first else None
        cut = segment[:, : 2 * self._utterance.positions] if self._utterance.positions else segment
        self._segment, self._window = segment, Window(cut, options, _seed(self._name, self._asked), encoded)
        return self._ask(_Question(self._window, narrow=is_first and self._utterance.narrow))


def _seed(name: bytes, number: int) -> int:
    """Return the seed of an utterance's window: 63 bits of the digest of the audio's digest and the window's number."""
    return int.from_bytes(sha256(name + number.to_bytes(4, "big")).digest()[:8], "big") >> 1


@contextmanager
def _seeded(samples: Samples, settings: Mapping[str, Any]) -> Iterator[None]:
    """Let torch draw the same numbers whenever it samples for these samples, and leave its generator as it was."""
    if max(temperatures(settings)) == 0:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(_seed(sha256(np.ascontiguousarray(samples).tobytes()).digest(), 0))
        yield
