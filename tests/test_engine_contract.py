"""The contract of engines: every adapter passes it, and an engine that breaks it is told where."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.asr_server import serving
from tests.speech import GRAMMAR
from workbench.audio import Waveform, decode
from workbench.engines import Engine, EngineFailure, ScriptedEngine, Transcript, load_engine
from workbench.engines.testing import check_engine, engine_faults, sample_waves
from workbench.errors import EngineStoppedError


def energy(wave: Waveform) -> str:
    """A text that depends on every sample and on nothing else."""
    return f"{len(wave.samples)} {float(np.abs(wave.samples).sum()):.2f}" if len(wave.samples) else ""


def scripted(**more: Any) -> ScriptedEngine:
    return ScriptedEngine(energy, **more)


def spoken(shared: Path, n: int) -> list[Waveform]:
    names = ["7_theo_1", "3_lucas_2", "0_jackson_3", "5_george_1"][:n]
    found = [decode(shared / "corpora" / "fsdd-600" / "recordings" / f"{name}.wav") for name in names]
    return [
        replace(wave, utterance_id=f"fsdd/{name}", speaker_id=name) for wave, name in zip(found, names, strict=True)
    ]


def test_the_scripted_engine_keeps_the_contract() -> None:
    check_engine(scripted, threads=True)


def test_imported_transcripts_keep_the_contract(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("utterance_id,text\n" + "".join(f"contract/{i},word {i}\n" for i in range(4)))
    check_engine(lambda: load_engine("imported:v.csv", base=tmp_path), threads=True, pickles=True)


@pytest.mark.engine
def test_pocketsphinx_keeps_the_contract(shared_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "digits.gram").write_text(GRAMMAR)
    check_engine(
        lambda: load_engine("pocketsphinx?grammar=digits.gram", base=tmp_path),
        waves=spoken(shared_dir, 2),
        threads=True,
    )


@pytest.mark.engine
@pytest.mark.long
def test_whisper_keeps_the_contract(shared_dir: Path) -> None:
    spec = f"whisper:{shared_dir / 'models' / 'whisper-digits.pt'}?device=cpu&max_tokens=8"
    check_engine(lambda: load_engine(spec), waves=spoken(shared_dir, 2))


def test_a_server_keeps_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_KEY", "sk-not-to-be-told")
    with serving() as server:
        spec = f"openai-api:small-asr?url={server.url}&key=CONTRACT_KEY"
        check_engine(lambda: load_engine(spec), threads=True)


# -- engines that break it --------------------------------------------------------------------------------------------


class Broken(ScriptedEngine):
    """A scripted engine of which one thing can be changed."""

    def __init__(self, how: Callable[..., Any] | None = None, **changed: Any) -> None:
        super().__init__(energy)
        self.how = how
        for name, value in changed.items():
            setattr(self, name, value)

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        answers = super().transcribe(batch)
        return self.how(self, batch, answers) if self.how else answers  # type: ignore[no-any-return]


def answering(text: str = "one", decode_s: float = 0.1, **more: Any) -> Callable[..., Any]:
    return lambda engine, batch, answers: [Transcript(text, decode_s, **more) for _ in batch]


def counting(engine: Any, batch: Sequence[Waveform], answers: list[Any]) -> list[Any]:
    engine.count = getattr(engine, "count", 0) + 1
    return [Transcript(f"call {engine.count}", 0.0) for _ in batch]


def writing(engine: Any, batch: Sequence[Waveform], answers: list[Any]) -> list[Any]:
    for wave in batch:
        wave.samples[:] = 0.0
    return answers


def raising_on_odd(engine: Any, batch: Sequence[Waveform], answers: list[Any]) -> list[Any]:
    if any(len(wave.samples) < 100 for wave in batch):
        raise ZeroDivisionError("nothing to divide")
    return answers


SORTED: Callable[..., Any] = lambda engine, batch, answers: sorted(answers, key=lambda answer: answer.text)  # noqa: E731
BREAKS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"model_id": " "}, "model_id is ' ', not a printable text"),
    "two lines": ({"version": "1\n2"}, "version is '1\\n2', not a printable text"),
    "no digest": ({"digest": "abc"}, "digest is 'abc', not a SHA-256 in hex"),
    "no JSON": ({"options": {"a": float("nan")}}, "options are no JSON"),
    "tuples": ({"options": {"a": (1, 2)}}, "options do not come back from JSON as they were"),
    "numbers as keys": ({"options": {1: "a"}}, "options do not come back from JSON as they were"),
    "conditions": ({"conditions": ["clean"]}, "conditions is neither None nor a frozenset"),
    "needs": ({"needs_audio": "yes"}, "needs_audio is neither true nor false"),
    "goes": ({"audio_goes_to": None}, "audio_goes_to is not a text"),
    "a tuple": ({"how": lambda e, b, a: tuple(a)}, "transcribe returns tuple, not a list"),
    "too few": ({"how": lambda e, b, a: a[1:]}, "4 answers to 5 waveforms"),
    "strings": ({"how": lambda e, b, a: ["one"] * len(b)}, "an answer is str, neither Transcript nor EngineFailure"),
    "None": ({"how": lambda e, b, a: [None] * len(b)}, "an answer is NoneType"),
    "no reason": ({"how": lambda e, b, a: [EngineFailure(" ", 0.0) for _ in b]}, "a failure without a reason"),
    "sorted": ({"how": SORTED}, "is answered otherwise in a batch and alone"),
    "reversed": ({"how": lambda e, b, a: a[::-1]}, "is answered otherwise in a batch and alone"),
    "memory": ({"how": counting}, "is answered otherwise"),
    "of its batch": (
        {"how": lambda e, b, a: [Transcript(f"{len(b)}", 0.0)] * len(b)},
        "otherwise in a batch and alone",
    ),
    "drifting trust": (
        {"how": lambda e, b, a: [Transcript("x", 0.0, 0.5 + 0.01 * len(b)) for _ in b]},
        "otherwise in a batch and alone",
    ),
    "odd": ({"how": raising_on_odd}, "audio without samples raises ZeroDivisionError: nothing to divide"),
    "hears nothing": ({"how": answering()}, "it hears 'one' in audio without samples"),
    "white space": ({"how": answering(" one")}, "a text has white space at its ends: ' one'"),
    "a surrogate": ({"how": answering("\ud800")}, "a text is not Unicode"),
    "a NUL": ({"how": answering("a\0b")}, "a text is not Unicode"),
    "percent": ({"how": answering(confidence=93.0)}, "a confidence is 93.0"),
    "NaN trust": ({"how": answering(confidence=float("nan"))}, "a confidence is nan"),
    "time": ({"how": answering(decode_s=-1.0)}, "decode_s is -1.0, not seconds"),
    "extra": ({"how": answering(extra={"a": float("inf")})}, "extra['a'] is inf, not a finite number"),
    "extra text": ({"how": answering(extra={"a": "b"})}, "extra['a'] is 'b', not a finite number"),
    "a secret": ({"options": {"auth": "hunter2-hunter2"}}, "it tells the secret in the environment variable ASR_TOKEN"),
    "a secret failure": (
        {"how": lambda e, b, a: [EngineFailure("401 for hunter2-hunter2", 0.0) for _ in b]},
        "it tells the secret in the environment variable ASR_TOKEN",
    ),
    "writes": ({"how": writing}, "it changes the samples that it is given"),
    "in turns": ({"batch_size": 0}, "batch_size is 0, not a whole number from 1"),
    "a bare price": ({"price": 0.006}, "price is 0.006, neither None nor a workbench.engines.remote.Price"),
    "a list of warnings": ({"warning": ["slow"]}, "warning is not a text"),
    "knows the name": (
        {"how": lambda e, b, a: [Transcript(one.utterance_id, 0.0) for one in b]},
        "contract/0 is answered otherwise under another name: 'contract/0', 'contract/renamed 0'",
    ),
    "knows the speaker": (
        {"how": lambda e, b, a: [Transcript(f"{len(one.samples)} {one.speaker_id}", 0.0) for one in b]},
        "is answered otherwise under another name",
    ),
    "always": ({"how": lambda e, b, a: a or [Transcript("", 0.0)]}, "an empty batch has an answer"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_an_engine_that_breaks_the_contract_is_told_where(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_TOKEN", "hunter2-hunter2")
    changed, said = BREAKS[name]
    faults = engine_faults(lambda: Broken(**changed))
    assert any(said in fault for fault in faults), faults
    with pytest.raises(AssertionError, match="the engine breaks its contract"):
        check_engine(lambda: Broken(**changed))


def test_an_engine_that_is_another_each_time_is_told_so() -> None:
    made = iter(range(9))
    faults = engine_faults(lambda: scripted(model_id=f"m{next(made)}"))
    assert any(fault.startswith("model_id differs between two engines made alike: 'm0', 'm1'") for fault in faults)


def test_what_only_some_promise_is_checked_where_it_is_promised() -> None:
    class Racing(ScriptedEngine):
        """Mixes up the answers of threads that ask at the same time."""

        def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
            mine = threading.get_ident()
            self.last = mine
            answers = super().transcribe(batch)
            barrier.wait() if threads else None
            return answers if self.last == mine else answers[::-1]

    threads = False
    barrier = threading.Barrier(4)
    assert engine_faults(lambda: Racing(energy)) == []
    assert any(
        "cannot be pickled" in fault for fault in engine_faults(lambda: ScriptedEngine(lambda w: ""), pickles=True)
    )

    class Switched(Racing):
        """Races only where threads are started, so that the barrier is not waited for alone."""

        def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
            nonlocal threads
            threads = threading.current_thread() is not threading.main_thread()
            return super().transcribe(batch)

    faults = engine_faults(lambda: Switched(energy), threads=True)
    assert any("from several threads at once" in fault for fault in faults), faults


def test_the_waves_are_the_same_in_every_process_and_at_least_two_are_needed() -> None:
    first, second = sample_waves(), sample_waves()
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(first, second, strict=True))
    assert len({wave.utterance_id for wave in first}) == len(first) > 2
    with pytest.raises(ValueError, match="at least two"):
        check_engine(scripted, waves=first[:1])


def test_the_environment_is_left_alone() -> None:
    before = dict(os.environ)
    made: list[Engine] = []
    check_engine(lambda: made.append(scripted()) or made[-1])  # type: ignore[func-returns-value]
    assert dict(os.environ) == before
    assert len(made) == 2


class Halting(ScriptedEngine):
    """An engine that can be halted, and does not mind."""

    def halt(self) -> None:
        pass


class HaltingAtOnce(Halting):
    halted = False

    def halt(self) -> None:
        self.halted = True

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        if self.halted:
            raise EngineStoppedError("halted")
        return super().transcribe(batch)


def test_an_engine_that_can_be_halted_is() -> None:
    assert engine_faults(lambda: Halting(energy)) == ["it still transcribes after it was halted"]
    assert engine_faults(lambda: HaltingAtOnce(energy)) == ["halted, it has () as answers, not None for each waveform"]
