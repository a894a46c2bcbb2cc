"""Windows side by side: answers in order, nothing left behind in torch, and no bit that depends on the number of threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.whisper_material import joined
from workbench.audio import Waveform, decode
from workbench.engines import Transcript, load_engine
from workbench.engines.faster_whisper import FasterWhisperEngine
from workbench.engines.openai_whisper import WhisperEngine
from workbench.engines.whisper_layers import has_onednn
from workbench.engines.whisper_threads import AT_ONCE, side_by_side

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _threads_of_torch() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def checkpoint(shared_dir: Path) -> Path:
    return shared_dir / "models" / "whisper-digits.pt"


@pytest.fixture
def strings(shared_dir: Path) -> list[Waveform]:
    place = shared_dir / "corpora" / "fsdd-600" / "recordings"
    return joined([Waveform(decode(path).samples, 16_000, path.stem) for path in sorted(place.glob("*_0.wav"))], 5)


@pytest.mark.parametrize(("processors", "things", "at_once", "each"), [(2, 7, 2, 1), (8, 9, AT_ONCE, 2), (4, 2, 2, 2)])
def test_threads_share_the_processors_and_torch_is_left_as_it_was(
    processors: int, things: int, at_once: int, each: int
) -> None:
    torch.set_num_threads(processors)
    together = threading.Barrier(at_once, timeout=20)

    def meet(number: int) -> tuple[int, int]:
        if number < at_once:
            together.wait()  # breaks unless so many are at work at once
        return number, torch.get_num_threads()

    assert side_by_side(meet, range(things)) == [(number, each) for number in range(things)]
    assert torch.get_num_threads() == processors
    later: list[int] = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [processors]


def test_one_processor_needs_no_thread_and_what_breaks_is_told() -> None:
    torch.set_num_threads(1)
    assert side_by_side(lambda _: threading.current_thread(), [1, 2]) == [threading.current_thread()] * 2
    torch.set_num_threads(2)
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda number: 1 // number, [1, 0, 2])
    assert torch.get_num_threads() == 2
    assert side_by_side(str, []) == []


@pytest.mark.parametrize("window", ["full", "15"])
def test_what_whisper_writes_does_not_depend_on_the_number_of_threads(
    window: str, checkpoint: Path, strings: list[Waveform]
) -> None:
    """To the last bit of the confidence where the layers go through oneDNN; the text, everywhere."""
    engine = load_engine(f"whisper:{checkpoint}?device=cpu&max_tokens=6&window={window}")
    assert isinstance(engine, WhisperEngine)
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        answers = engine.transcribe(strings[:3])
        found.append([(one.text, one.confidence, one.extra) for one in answers if isinstance(one, Transcript)])
    assert len(found[0]) == 3
    if has_onednn():
        assert found[0] == found[1]
    assert [one[0] for one in found[0]] == [one[0] for one in found[1]]


def test_faster_whisper_has_a_worker_for_each_processor_it_may_use(
    checkpoint: Path, strings: list[Waveform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("faster_whisper")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found, workers = [], []
    for allowed in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", allowed)
        engine = load_engine(f"faster-whisper:{checkpoint}?device=cpu&window=15")
        assert isinstance(engine, FasterWhisperEngine)
        workers.append(engine.workers)
        began = time.perf_counter()
        answers = engine.transcribe(strings)
        took = time.perf_counter() - began
        assert 0.3 * took < sum(one.decode_s for one in answers) <= took  # what was done at once is counted once
        found.append([(one.text, one.confidence, one.extra) for one in answers if isinstance(one, Transcript)])
    assert workers == [1, 3]
    assert len(found[0]) == len(strings)
    assert found[0] == found[1]
