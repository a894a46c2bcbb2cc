"""One request to a server with the OpenAI transcription API, and what its failure means: ask again, leave it, or stop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.audio import Waveform
from workbench.engines.http_engine import audio_file, timeout_s
from workbench.engines.http_transport import CONNECT_S, Refusal, Reply, Transport, open_transport
from workbench.engines.openai_responses import Answer, UnreadableAnswerError, flat, nearest, read_answer
from workbench.engines.spec import Spec

_PATH = "/audio/transcriptions"
_LEAST_KEY = 8
"""Characters; what is shorter ("none", "x") stands for no key where a server wants one, and may be a word."""


@dataclass(frozen=True)
class Server:
    """A server, the fields of the form that it is sent with every file, and the format of the files."""

    transport: Transport
    form: Mapping[str, str]
    upload: str

    def __call__(self, wave: Waveform) -> Answer | Refusal:
        """Send one utterance.

        Raises
        ------
        EngineStoppedError : what concerns every utterance: the key, the model, the address, a certificate, no credit left
        """
        file = (f"audio.{self.upload}", audio_file(wave, self.upload))
        reply = self.transport.send("POST", _PATH, data=dict(self.form), files={"file": file})
        if isinstance(reply, Refusal):
            return reply
        return self._transcript(reply) if reply.status == 200 else self.transport.refused(reply, self._remedy)

    def _transcript(self, reply: Reply) -> Answer | Refusal:
        try:
            answer = read_answer(reply.body, reply.headers.get("Content-Type", ""))
        except UnreadableAnswerError as error:
            words = f" {self.transport.shown(error.words)!r}" if error.words else ""
            return Refusal(self.transport.without_key(str(error)) + words, final=error.final)
        repeated = len(self.transport.key) >= _LEAST_KEY and self.transport.key in answer.text
        return Refusal("the text repeats the key") if repeated else answer

    def _remedy(self, status: int) -> str:
        """Return what to do about a refusal. The server's own words are left out: they may repeat a part of the key."""
        if status == 404:
            names, model = self._models(), self.form.get("model", "")
            if names and model not in names:
                return f"name another model; {nearest(model, names)}"
            return "check url, which as a rule ends in /v1, and the name of the model"
        if status == 405:
            return "check url, which as a rule ends in /v1"
        return self.transport.key_remedy()

    def _models(self) -> list[str]:
        """Return the names of the server's models, none where it does not tell."""
        reply = self.transport.send("GET", "/models", timeout_s=CONNECT_S)
        if isinstance(reply, Refusal) or reply.status != 200:
            return []
        try:
            listed = json.loads(reply.body)["data"]
            return [self.transport.shown(flat(str(item["id"]).encode(errors="replace"))) for item in listed]
        except (ValueError, KeyError, TypeError, RecursionError):
            return []


def open_server(spec: Spec, form: Mapping[str, str], *, upload: str) -> Server:
    """Return the server that ``url`` names, with the key from the environment; nothing is sent yet.

    Raises
    ------
    EngineError : no address, one that is not http or https with a host, a variable that is not set or holds no key
    """
    return Server(open_transport(spec, timeout_s=timeout_s(spec), tail=_PATH, start="/v1"), form, upload)
