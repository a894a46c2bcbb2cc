"""The inside of a helper process: jobs come in on its standard input, answers go out on its standard output.

A frame is the length of what follows (8 bytes), the number of the job (8 bytes), and a pickle. What a library prints goes
to standard error, so that it cannot end up among the answers. When the process that started it is gone, its input ends and
so does it, in the middle of a job too.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import threading
from queue import SimpleQueue
from typing import Any, BinaryIO

_HEAD = struct.Struct("<QQ")

BESIDE = 2**64 - 1
"""Number of a job that is done at once, beside the one in hand; it has no answer."""

Frame = tuple[int, bytes]
"""Number of the job, and a pickle: of (function, arguments) on the way in, of (whether it went well, result) on the way out."""


def write_frame(stream: BinaryIO, job: int, payload: bytes) -> None:
    """Write one frame and flush it."""
    stream.write(_HEAD.pack(len(payload), job))
    stream.write(payload)
    stream.flush()


def read_frame(stream: BinaryIO) -> Frame | None:
    """Return the next frame; None where the stream ends, in the middle of a frame too."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    size, job = _HEAD.unpack(head)
    payload = stream.read(size)
    return (job, payload) if len(payload) == size else None


def main() -> None:
    """Do jobs one after the other until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one; it ends us
    jobs, answers = _own_streams()
    frames: SimpleQueue[Frame] = SimpleQueue()
    threading.Thread(target=_receive, args=(jobs, frames), daemon=True).start()
    while True:
        job, payload = frames.get()
        write_frame(answers, job, _done(payload))


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams of jobs and answers; whoever reads or prints from now on gets nothing, or standard error."""
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return jobs, answers


def _receive(jobs: BinaryIO, frames: SimpleQueue[Frame]) -> None:
    while (frame := read_frame(jobs)) is not None:
        if frame[0] == BESIDE:
            _done(frame[1])
        else:
            frames.put(frame)
    os._exit(0)


def _done(payload: bytes) -> bytes:
    """Do one job and return its answer."""
    try:
        function, arguments = pickle.loads(payload)
        return pickle.dumps((True, function(*arguments)), protocol=5)
    except BaseException as error:
        return pickle.dumps((False, _portable(error)), protocol=5)


def _portable(error: BaseException) -> Any:
    """Return the exception if it survives being sent, else one that says the same."""
    try:
        sent = pickle.loads(pickle.dumps(error))
        if isinstance(sent, BaseException):
            return sent
    except Exception:
        pass
    return RuntimeError(f"{type(error).__name__}: {error}")
