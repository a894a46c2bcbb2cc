"""The contract of an engine as a test that any adapter passes; docs/engines.md shows how it is used.

::

    def test_contract():
        check_engine(lambda: load_engine("mine:model"))

Nothing here knows what was said: whether an engine recognises well is not asked, only whether it can be evaluated. Give it
``waves`` with speech that your engine recognises all the same, or the order of answers is checked on very little.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from workbench.audio import SAMPLE_RATE, Waveform, samples_digest
from workbench.engines.contract import answer_faults, description_faults
from workbench.engines.engine_process import halts
from workbench.engines.protocol import HALT, Engine, EngineFailure, Transcript, audio_goes_to, describe_engine
from workbench.errors import EngineStoppedError

CONFIDENCE_TOLERANCE = 1e-3
"""Batches may add numbers in another order; texts may not differ at all."""
SECRET_ENDINGS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_SHORTEST_SECRET = 8

Answers = Sequence[Transcript | EngineFailure]


def check_engine(
    make: Callable[[], Engine], *, waves: Sequence[Waveform] | None = None, threads: bool = False, pickles: bool = False
) -> None:
    """Raise :class:`AssertionError` with everything in which an engine breaks the contract.

    ``make`` returns the engine anew each time it is called. ``waves`` are at least two utterances, by default tones that no
    engine takes for speech. ``threads`` and ``pickles`` check what only some adapters promise: that ``transcribe`` may be
    called from several threads at once, and that the engine survives pickling.
    """
    faults = engine_faults(make, waves=waves, threads=threads, pickles=pickles)
    if faults:
        raise AssertionError("the engine breaks its contract:\n" + "\n".join(f"- {fault}" for fault in faults))


def engine_faults(
    make: Callable[[], Engine], *, waves: Sequence[Waveform] | None = None, threads: bool = False, pickles: bool = False
) -> list[str]:
    """Return everything in which an engine breaks the contract, a sentence each; see :func:`check_engine`."""
    engine = make()
    heard = [_own(wave) for wave in (waves if waves is not None else sample_waves())]
    if len(heard) < 2:
        raise ValueError("give at least two waveforms")
    checks: list[Callable[[], Iterator[str]]] = [
        lambda: description_faults(engine),
        lambda: _stable(engine, make()),
        lambda: _shapes(engine, heard),
        lambda: _secrets(engine, heard),
        lambda: _independence(engine, heard),
        lambda: _names(engine, heard),
        lambda: _odd_audio(engine),
    ]
    checks += [lambda: _threads(engine, heard)] if threads else []
    checks += [lambda: _pickles(engine, heard)] if pickles else []
    checks += [lambda: _halting(make(), heard)] if halts(engine) else []
    return list(dict.fromkeys(fault for check in checks for fault in _guarded(check)))


def sample_waves() -> list[Waveform]:
    """Return five utterances of different lengths: noise with the rhythm of syllables, the same in every process."""
    waves = []
    for number, seconds in enumerate((0.5, 1.6, 0.9, 1.2, 0.7)):
        t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
        noise = np.random.default_rng(number).standard_normal(len(t))
        samples = (0.1 * noise * np.clip(np.sin(2 * np.pi * (3 + number) * t), 0, None)).astype(np.float32)
        waves.append(Waveform(samples, SAMPLE_RATE, f"contract/{number}", f"speaker {number % 2}"))
    return waves


def _own(wave: Waveform) -> Waveform:
    """Return the waveform with samples of its own: an engine that writes to them spoils nothing of the caller's."""
    return replace(wave, samples=np.array(wave.samples, dtype=np.float32))


def _guarded(check: Callable[[], Iterator[str]]) -> Iterator[str]:
    try:
        yield from check()
    except Exception as error:
        yield f"raises {type(error).__name__}: {error} (what concerns an utterance is an EngineFailure in its place)"


def _stable(first: Engine, second: Engine) -> Iterator[str]:
    before, other = vars(describe_engine(first)), vars(describe_engine(second))
    yield from (
        f"{name} differs between two engines made alike: {before[name]!r}, {other[name]!r}"
        for name in before
        if before[name] != other[name]
    )
    if audio_goes_to(first) != audio_goes_to(second):
        yield "audio_goes_to differs between two engines made alike"


def _secrets(engine: Engine, waves: Sequence[Waveform]) -> Iterator[str]:
    """Yield the environment variables with keys whose values the engine tells."""
    secrets = {name: value for name, value in os.environ.items() if name.upper().endswith(SECRET_ENDINGS)}
    secrets = {name: value for name, value in secrets.items() if len(value) >= _SHORTEST_SECRET}
    if not secrets:
        return
    told = f"{vars(describe_engine(engine))!r} {engine!r}"
    told += " ".join(answer.error for answer in engine.transcribe(waves) if isinstance(answer, EngineFailure))
    for name, value in secrets.items():
        if value in told:
            yield f"it tells the secret in the environment variable {name} (in its description, its repr or a failure)"


def _shapes(engine: Engine, waves: Sequence[Waveform]) -> Iterator[str]:
    before = [samples_digest(wave) for wave in waves]
    answers = engine.transcribe(waves)
    yield from _answer_faults(answers, len(waves))
    if [samples_digest(wave) for wave in waves] != before:
        yield "it changes the samples that it is given"
    if list(engine.transcribe([])) != []:
        yield "an empty batch has an answer"


def _answer_faults(answers: object, n: int) -> Iterator[str]:
    if not isinstance(answers, list):
        yield f"transcribe returns {type(answers).__name__}, not a list"
        return
    if len(answers) != n:
        yield f"{len(answers)} answers to {n} waveforms"
    for answer in answers:
        yield from answer_faults(answer)


def _independence(engine: Engine, waves: Sequence[Waveform]) -> Iterator[str]:
    """Yield where an answer depends on more than its waveform."""
    alone = [answer for wave in waves for answer in engine.transcribe([wave])]
    backwards = list(engine.transcribe(list(reversed(waves))))[::-1]
    pairs = [answer for start in range(0, len(waves), 2) for answer in engine.transcribe(waves[start : start + 2])]
    twice = list(engine.transcribe([*waves, *waves]))
    for change, answers in (
        ("in a batch and alone", twice[: len(waves)]),
        ("twice in a batch", twice[len(waves) :]),
        ("in another order", backwards),
        ("in batches of two", pairs),
        ("a second time", [answer for wave in waves for answer in engine.transcribe([wave])]),
    ):
        yield from _differences(alone, answers, waves, change)


def _names(engine: Engine, waves: Sequence[Waveform]) -> Iterator[str]:
    """Yield where an engine that listens is told by a waveform's names what it ought to hear."""
    if not engine.needs_audio:
        return
    renamed = [
        replace(wave, utterance_id=f"contract/renamed {number}", speaker_id="another", condition_id="another")
        for number, wave in enumerate(waves)
    ]
    yield from _differences(engine.transcribe(waves), engine.transcribe(renamed), waves, "under another name")


def _differences(expected: Answers, found: Answers, waves: Sequence[Waveform], what: str) -> Iterator[str]:
    if len(expected) != len(found):
        yield f"{len(found)} answers instead of {len(expected)} {what}"
        return
    for wave, before, other in zip(waves, expected, found, strict=True):
        if not _same(before, other):
            yield f"{wave.utterance_id} is answered otherwise {what}: {_short(before)}, {_short(other)}"
            return


def _same(one: Transcript | EngineFailure, other: Transcript | EngineFailure) -> bool:
    if not isinstance(one, Transcript) or not isinstance(other, Transcript):
        return type(one) is type(other)
    if one.text != other.text or (one.confidence is None) != (other.confidence is None):
        return False
    return abs((one.confidence or 0.0) - (other.confidence or 0.0)) <= CONFIDENCE_TOLERANCE


def _short(answer: Transcript | EngineFailure) -> str:
    if isinstance(answer, Transcript):
        return f"{answer.text[:60]!r}" + ("" if answer.confidence is None else f" ({answer.confidence:.4f})")
    return f"failure: {getattr(answer, 'error', answer)!s:.60}"


def _odd_audio(engine: Engine) -> Iterator[str]:
    """Yield what goes wrong with audio that is empty, short, silent, loud, or at another sample rate."""
    rng = np.random.default_rng(7)
    second = rng.standard_normal(SAMPLE_RATE).astype(np.float32)
    odd = {
        "without samples": (np.zeros(0), SAMPLE_RATE),
        "of one sample": (np.full(1, 0.1), SAMPLE_RATE),
        "of 10 ms": (0.1 * second[:160], SAMPLE_RATE),
        "of digital silence": (np.zeros(SAMPLE_RATE), SAMPLE_RATE),
        "beyond full scale": (2.0 * second, SAMPLE_RATE),
        "at 8 kHz": (0.1 * second[:8_000], 8_000),
        "at 44.1 kHz": (0.1 * second, 44_100),
    }
    for description, (samples, sample_rate) in odd.items():
        wave = _own(
            Waveform(samples.astype(np.float32), sample_rate, f"contract/{description} \u00e9\u4e1c", "speaker")
        )
        try:
            answers = engine.transcribe([wave])
        except Exception as error:
            yield f"audio {description} raises {type(error).__name__}: {error}"
            continue
        yield from (f"audio {description}: {fault}" for fault in _answer_faults(answers, 1))
        sentences = [answer.text for answer in answers if isinstance(answer, Transcript)]
        if engine.needs_audio and len(samples) == 0 and any(sentences):
            yield f"it hears {sentences[0][:40]!r} in audio without samples"


def _halting(engine: Engine, waves: Sequence[Waveform]) -> Iterator[str]:
    """Yield what is wrong with an engine that can be halted, once it is."""
    getattr(engine, HALT)()
    try:
        engine.transcribe(waves)
    except EngineStoppedError as error:
        if len(error.answers) != len(waves) or any(answer is not None for answer in error.answers):
            yield f"halted, it has {error.answers!r} as answers, not None for each waveform"
    else:
        yield "it still transcribes after it was halted"


def _threads(engine: Engine, waves: Sequence[Waveform]) -> Iterator[str]:
    alone = [answer for wave in waves for answer in engine.transcribe([wave])]
    with ThreadPoolExecutor(4) as pool:
        for answers in pool.map(lambda _: engine.transcribe(waves), range(4)):
            yield from _differences(alone, answers, waves, "from several threads at once")


def _pickles(engine: Engine, waves: Sequence[Waveform]) -> Iterator[str]:
    try:
        again: Engine = pickle.loads(pickle.dumps(engine))
    except Exception as error:
        yield f"it cannot be pickled: {type(error).__name__}: {error}"
        return
    yield from _stable(engine, again)
    yield from _differences(engine.transcribe(waves), again.transcribe(waves), waves, "after pickling")
