"""What an adapter must not do to a run: answers that no table can keep are failed rows with the reason."""

from __future__ import annotations

import errno
import math
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from tests.corpus import make
from workbench.audio import Waveform
from workbench.engines import EngineFailure, ScriptedEngine, Transcript, load_engine, pocketsphinx
from workbench.engines.engine_process import answers
from workbench.errors import EngineError
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

WAVES = [Waveform(np.zeros(160, dtype=np.float32), 16_000, f"c/{n}", "s") for n in range(2)]


class Answering(ScriptedEngine):
    """An engine that answers whatever a function of the batch returns."""

    def __init__(self, how: Callable[[Sequence[Waveform]], Any]) -> None:
        super().__init__({})
        self.how = how

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        return self.how(batch)  # type: ignore[no-any-return]


def each(answer: Any) -> Callable[[Sequence[Waveform]], Any]:
    return lambda batch: [answer for _ in batch]


def leaves(batch: Sequence[Waveform]) -> Any:
    raise SystemExit(3)


BROKEN: dict[str, tuple[Callable[[Sequence[Waveform]], Any], str]] = {
    "too few": (lambda batch: [], "0 answers to 1 waveforms"),
    "too many": (lambda batch: [Transcript("a", 0.0)] * (len(batch) + 1), "2 answers to 1 waveforms"),
    "nothing": (lambda batch: None, "TypeError"),
    "None": (each(None), "an answer is NoneType, neither Transcript nor EngineFailure"),
    "a dict": (each({"text": "one"}), "an answer is dict, neither"),
    "no text": (each(Transcript(None, 0.0)), "a text is NoneType"),  # type: ignore[arg-type]
    "a surrogate": (each(Transcript("\ud800", 0.0)), "a text is not Unicode: '\\ud800'"),
    "a NUL": (each(Transcript("a\0b", 0.0)), "a text is not Unicode"),
    "percent": (each(Transcript("a", 0.0, 93.0)), "a confidence is 93.0, neither None nor from 0 to 1"),
    "NaN": (each(Transcript("a", 0.0, math.nan)), "a confidence is nan"),
    "extra text": (each(Transcript("a", 0.0, None, {"a": "b"})), "extra['a'] is 'b', not a finite number"),  # type: ignore[dict-item]
    "no extra": (each(Transcript("a", 0.0, None, None)), "AttributeError"),  # type: ignore[arg-type]
    "leaves": (leaves, "SystemExit: 3"),
    "no reason": (each(EngineFailure("", 0.0)), "a failure without a reason"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_cannot_be_kept_is_a_failure_with_the_reason(name: str) -> None:
    how, said = BROKEN[name]
    found = answers(Answering(how), WAVES)
    assert len(found) == len(WAVES)
    for one in found:
        assert isinstance(one, EngineFailure)
        assert said in one.error


def test_what_means_the_same_is_made_the_same() -> None:
    told = MappingProxyType({"a": np.float32(0.5), "b": math.inf})
    [one] = answers(Answering(each(Transcript(" one ", -3.0, np.float32(0.25), told))), WAVES[:1])  # type: ignore[arg-type]
    assert isinstance(one, Transcript)
    assert (one.text, one.confidence, type(one.confidence), dict(one.extra)) == ("one", 0.25, float, {"a": 0.5})
    assert math.isnan(one.decode_s), "a clock that was set back tells no time"
    assert pickle.loads(pickle.dumps(one)).extra == {"a": 0.5}
    [other] = answers(Answering(each(EngineFailure("no \udcff.wav\0", 1.0))), WAVES[:1])
    assert other == EngineFailure("no \\udcff.wav\\0", 1.0)


def test_an_adapter_with_faults_costs_its_rows_and_not_the_run(tmp_path: Path) -> None:
    make(tmp_path)
    bad = {f"tones/audio/n1-{n}.wav": answer for n, answer in enumerate([Transcript("\ud800", 0.0), 3])}

    def loader(spec: str, **_: Any) -> Answering:
        return Answering(lambda batch: [bad.get(wave.utterance_id, Transcript("one", math.nan)) for wave in batch])

    study = Study.create(
        {"name": "faults", "corpus": ["tones.csv"], "engines": ["bad"], "conditions": ["clean"]}, base=tmp_path
    )
    store = open_store()
    record = run(study, store=store, engine_loader=loader)
    assert (record.state, record.done, record.failed) == ("done", 18, 2)
    assert {utterance for utterance, _, _ in store.failures(record.run_id)} == set(bad)
    assert all("cannot be kept" in error for _, _, error in store.failures(record.run_id))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ImportError("libtorch_cpu.so: failed to map segment"),
            r"a library that it needs cannot be loaded \(libtorch_cpu.so: failed to map segment\); install its package again",
        ),
        (MemoryError(), "there is not enough memory to load it; choose a smaller model"),
        (OSError(errno.ENOSPC, "No space left on device", "/tmp/x"), r"cannot be loaded \(No space left on device: /tmp/x\)"),
    ],
)  # fmt: skip
def test_a_machine_that_has_no_room_is_told_in_words(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(spec: Any) -> Any:
        raise error

    monkeypatch.setattr(pocketsphinx, "load", full)
    with pytest.raises(EngineError, match=f"engine 'pocketsphinx': {said}"):
        load_engine("pocketsphinx")
