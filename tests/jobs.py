"""What other processes do in tests: functions and an engine that they can import."""

from __future__ import annotations

import os
import signal
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.audio import Waveform
from workbench.engines import EngineFailure, ScriptedEngine, Transcript

if TYPE_CHECKING:
    from workbench.provenance.measurement_pool import Clip, Heard
    from workbench.runner.task_audio import Prepared
    from workbench.runner.work_list import Task

_set_up: list[str] = []


def set_up(word: str) -> None:
    """Keep a word."""
    _set_up.append(word)


def lengths(items: Sequence[str]) -> list[tuple[str, int]]:
    """Return the length of each text; on 'poison' the process dies, 'break' raises, 'print' prints."""
    for item in items:
        if item == "poison":
            os.kill(os.getpid(), signal.SIGSEGV)
        if item == "break":
            raise ValueError("this item is broken")
        if item == "print":
            os.write(1, b"a library says something\n" * 1000)
            print("and so does Python")
    return [(_set_up[-1], len(item)) for item in items]


def dies() -> None:
    """End this process before it is ready."""
    os._exit(7)


def dies_on_n1_0(tasks: Sequence[Task]) -> list[Prepared]:
    """Take the place of what prepares audio: the process dies on one utterance."""
    from workbench.runner.task_audio import Prepared

    if any("n1-0" in task.utterance["utterance_id"] for task in tasks):
        os.kill(os.getpid(), signal.SIGKILL)
    return [Prepared.failed(task, "prepared elsewhere") for task in tasks]


class Fragile(ScriptedEngine):
    """An engine in whose native code a process crashes on some utterances. Its answer is what it heard."""

    batch_size = 5

    def __init__(self, poison: tuple[str, ...], wait_s: float = 0.0) -> None:
        super().__init__(lambda wave: f"{len(wave.samples)} {zlib.crc32(wave.samples.tobytes())}")
        self.poison, self.wait_s = poison, wait_s

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        if any(part in f"{wave.utterance_id}@{wave.condition_id}" for wave in batch for part in self.poison):
            signal.raise_signal(signal.SIGSEGV)  # in this very thread, which must not answer before the process is gone
        time.sleep(self.wait_s * len(batch))
        return super().transcribe(batch)


def fragile(spec: str, *, base: Path, language: str) -> Fragile:
    """Load an engine that dies on what is named in its spec: ``fragile:n1-0.wav@clean+s1``; ``slow`` takes its time."""
    return Fragile(tuple(filter(None, spec.partition(":")[2].split("+"))), 0.05 if spec == "slow" else 0.0)


class KilledOnce(Fragile):
    """An engine whose process is killed in the middle of its work, once: a file tells that it has happened."""

    def __init__(self, marker: Path) -> None:
        super().__init__(())
        self.marker = marker

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        if any("s2-1.wav" in wave.utterance_id for wave in batch) and not self.marker.exists():
            self.marker.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().transcribe(batch)


def killed_once(spec: str, *, base: Path, language: str) -> KilledOnce:
    """Load an engine that is killed once: ``killed:FILE`` names the file that tells that it has happened."""
    return KilledOnce(Path(spec.partition(":")[2]))


def one_at_a_time(spec: str, *, base: Path, language: str) -> Fragile:
    """Load the same engine; it likes to hear one utterance at a time."""
    engine = Fragile(())
    engine.batch_size = 1
    return engine


def dies_loading(spec: str, *, base: Path, language: str) -> Fragile:
    """Die instead of loading an engine."""
    os._exit(7)


def hear_but_die_on_phone3(clips: tuple[Clip, ...]) -> list[Heard]:
    """Listen for an audit; one recording kills the process."""
    if any("phone3" in clip.path for clip in clips):
        os._exit(9)
    from workbench.provenance import measurement_pool

    return measurement_pool.hear_all(clips)


def never_ready() -> None:
    """Die before the first job."""
    os._exit(3)


class OnLostMachine(Fragile):
    """An engine that, on one machine of a cluster, hears a batch and then waits with the next until the machine is gone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(())
        self.folder, self.batches = folder, 0

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        import ray

        self.batches += 1
        here = ray.get_runtime_context().get_node_id() if ray.is_initialized() else ""
        if self.batches == 2 and here == (self.folder / "doomed").read_text():
            (self.folder / "waiting").touch()
            while True:
                time.sleep(1.0)
        return super().transcribe(batch)


def on_lost_machine(spec: str, *, base: Path, language: str) -> OnLostMachine:
    """Load such an engine: ``lost:FOLDER``, in which the file ``doomed`` names the machine; there it tells that it waits."""
    return OnLostMachine(Path(spec.partition(":")[2]))
