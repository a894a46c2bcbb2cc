"""AssemblyAI, recorded audio: ``assemblyai:universal?key=ASSEMBLYAI_API_KEY``; ``url=https://api.eu.assemblyai.com`` for Europe.

The audio leaves this machine, so a study must say ``audio_leaves_this_machine = true``. Each utterance is uploaded, its
transcript ordered, asked for every ``poll_s`` seconds, and deleted when it is there. Without a model behind the colon
AssemblyAI chooses. What was ordered is paid for, so an order without an answer is a failed row and is not ordered again.

Confidence: AssemblyAI's own, of the whole transcript.

Source: AssemblyAI API reference, "Upload a media file", "Submit, get and delete a transcript".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workbench.audio import Waveform
from workbench.engines import hosted
from workbench.engines.answers import Answer
from workbench.engines.http_engine import HttpEngine, audio_file, timeout_s
from workbench.engines.http_transport import Refusal, Reply, Transport, open_transport
from workbench.engines.spec import Spec

DESCRIPTION = "AssemblyAI, a bought service. Audio leaves this machine."
SPEC_EXAMPLE = "assemblyai:universal?key=ASSEMBLYAI_API_KEY"
INSTALL = hosted.INSTALL

_OPTIONS = ("url", "language", "poll_s")
_SERVICE = hosted.Service("assemblyai", "assemblyai", ("speech_model", "language_code", "account balance", "api token"))
readiness = hosted.readiness


@dataclass(frozen=True)
class _Orders:
    """Upload, order, wait, delete: one transcript."""

    transport: Transport
    order: dict[str, Any]
    poll_s: float
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __call__(self, wave: Waveform) -> Answer | Refusal:
        uploaded = self._said(
            "POST",
            "/v2/upload",
            "upload_url",
            data=audio_file(wave, "wav"),
            headers={"Content-Type": "application/octet-stream"},
        )
        if isinstance(uploaded, Refusal):
            return uploaded
        ordered = self._said("POST", "/v2/transcript", "id", json=self.order | {"audio_url": uploaded})
        if isinstance(ordered, Refusal):
            return ordered
        try:
            reply = self._finished(f"/v2/transcript/{ordered}")
            answer = hosted.transcript(self.transport, reply, _SERVICE)
        finally:
            deleted = self.transport.send("DELETE", f"/v2/transcript/{ordered}")
        left = isinstance(deleted, Refusal) or deleted.status >= 300
        if isinstance(answer, Refusal):
            return answer._replace(final=True)
        return Answer(answer.text, answer.confidence, answer.extra | ({"left_behind": 1.0} if left else {}))

    def _finished(self, path: str) -> Reply | Refusal:
        """Return the transcript when it is there; an answer that may be better in a moment is asked for again."""
        until = self.transport.clock() + self.transport.timeout_s
        last: Reply | Refusal = Refusal("no answer")
        while self.transport.clock() < until:
            last = self.transport.send("GET", path)
            if isinstance(last, Reply) and last.status == 200:
                if _value(last, "status") in ("completed", "error"):
                    return last
            elif isinstance(last, Reply) and last.status < 500 and last.status != 429:
                return last
            self.sleep(self.poll_s)
        return Refusal(f"no transcript within {self.transport.timeout_s:g} s of the order", final=True)

    def _said(self, method: str, path: str, name: str, **content: Any) -> str | Refusal:
        """Return what the answer says under ``name``."""
        reply = self.transport.send(method, path, **content)
        if isinstance(reply, Refusal):
            return reply
        if not 200 <= reply.status < 300:
            return hosted.refusal(self.transport, reply, _SERVICE)
        return _value(reply, name) or Refusal(f"the answer names no {name}")


def _value(reply: Reply, name: str) -> str:
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        return ""
    value = content.get(name) if isinstance(content, dict) else None
    return value if isinstance(value, str) else ""


def load(spec: Spec) -> HttpEngine:
    """Return the engine for one model; nothing is sent yet.

    Raises
    ------
    EngineError : an address that is none, a variable that is not set, an option out of range
    """
    hosted.check(spec, _OPTIONS)
    language = spec.options.get("language", spec.language).replace("-", "_").lower()
    poll_s = spec.number("poll_s", 3.0, low=0.001, high=600.0, unit="seconds")
    transport = open_transport(
        spec, timeout_s=timeout_s(spec), usual="https://api.assemblyai.com", tail="/v2", prefix="", needs_key=True
    )
    order = {"language_code": language} | ({"speech_models": [spec.target]} if spec.target else {})
    options = {"model": spec.target, "language": language}
    asks = _Orders(transport, order, poll_s)
    return hosted.hosted_engine(spec, _SERVICE, options, asks, transport=transport, version="API v2")
