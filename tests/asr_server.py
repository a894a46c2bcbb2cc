"""A server with the OpenAI transcription API on loopback, which misbehaves as it is told to."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.loopback import form_parts, listening


@dataclass(frozen=True)
class Reply:
    """What the server does once: an answer, after a delay; or part of it; or closing the connection without one."""

    status: int = 200
    body: bytes | None = None
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    cut_at: int | None = None
    closes: bool = False
    drips_s: float = 0.0


@dataclass(frozen=True)
class Asked:
    """One request: its path, headers, the fields of its form, the name of the file, the samples in it, and when."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]
    file_name: str
    samples: NDArray[np.float64]
    sample_rate: int
    at_s: float


@dataclass
class AsrServer:
    """Replies in the order of ``plan``, then with ``says(samples)``: a text that depends on the audio alone."""

    url: str = ""
    plan: list[Reply] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    at_once: int = 0
    says: Callable[[NDArray[np.float64]], dict[str, Any]] = lambda samples: {"text": f" {len(samples)} samples "}
    models: tuple[str, ...] = ("small-asr", "large-asr")
    lock: threading.Lock = field(default_factory=threading.Lock)
    busy: int = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: AsrServer

    def do_GET(self) -> None:
        listed = {"data": [{"id": name} for name in self.state.models]}
        self._reply(Reply(body=json.dumps(listed).encode()))

    def do_POST(self) -> None:
        state = self.state
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = _read(self.path, dict(self.headers), body)
        with state.lock:
            state.asked.append(asked)
            state.busy += 1
            state.at_once = max(state.at_once, state.busy)
            reply = state.plan.pop(0) if state.plan else Reply()
        try:
            self._reply(reply, asked)
        finally:
            with state.lock:
                state.busy -= 1

    def _reply(self, reply: Reply, asked: Asked | None = None) -> None:
        time.sleep(reply.delay_s)
        if reply.closes:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = reply.body
        if body is None and asked is not None:
            body = json.dumps(self.state.says(asked.samples)).encode()
        body = body or b""
        try:
            dated = any(name == "Date" for name, _ in reply.headers)
            (self.send_response_only if dated else self.send_response)(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            if reply.drips_s:
                for number in range(len(body)):
                    self.wfile.write(body[number : number + 1])
                    time.sleep(reply.drips_s)
            elif reply.cut_at is not None:
                self.wfile.write(body[: reply.cut_at])
                self.close_connection = True
            else:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client has had enough

    def log_message(self, format: str, *args: object) -> None:
        pass


def _read(path: str, headers: dict[str, str], body: bytes) -> Asked:
    kind = next(value for name, value in headers.items() if name.lower() == "content-type")
    form, file_name, samples, sample_rate = {}, "", np.zeros(0), 0
    for part in form_parts(kind, body):
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name == "file":
            file_name = part.get_filename() or ""
            samples, sample_rate = soundfile.read(io.BytesIO(content))
        else:
            form[str(name)] = content.decode("utf-8")
    return Asked(path, headers, form, file_name, samples, sample_rate, time.monotonic())


@contextmanager
def serving(**more: Any) -> Iterator[AsrServer]:
    """Serve on a free port of loopback until the block ends."""
    state = AsrServer(**more)
    with listening(type("Handler", (_Handler,), {"state": state})) as address:
        state.url = f"{address}/v1"
        yield state
