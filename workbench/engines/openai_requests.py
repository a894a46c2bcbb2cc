"""One request to a server with the OpenAI transcription API, and what its failure means: ask again, leave it, or stop."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.audio import Waveform
from workbench.engines.answers import Answer, UnreadableAnswerError
from workbench.engines.http_engine import audio_file, timeout_s
from workbench.engines.http_transport import CONNECT_S, Refusal, Reply, Transport, open_transport
from workbench.engines.openai_responses import read_answer
from workbench.engines.server_errors import flat
from workbench.engines.spec import Spec

_PATH = "/audio/transcriptions"


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
            return self.transport.without_secrets(read_answer(reply.body, reply.headers.get("Content-Type", "")))
        except UnreadableAnswerError as error:
            words = f" {self.transport.shown(error.words)!r}" if error.words else ""
            return Refusal(self.transport.without_key(str(error)) + words, final=error.final)

    def _remedy(self, status: int) -> str:
        """Return what to do about a refusal. The server's own words are left out: they may repeat a part of the key."""
        if status == 404:
            names, model = self._models(), self.form.get("model", "")
            if names and model not in names:
                return f"name another model; {_nearest(model, names)}"
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


def _nearest(given: str, names: Sequence[str]) -> str:
    """Return which of a server's models was perhaps meant, and up to 20 of them."""
    from difflib import get_close_matches

    close = get_close_matches(given, names, n=1, cutoff=0.6)
    listed = ", ".join(sorted(names)[:20])
    more = " ..." if len(names) > 20 else ""
    return (f"did you mean {close[0]!r}? " if close else "") + f"It has: {listed}{more}"
