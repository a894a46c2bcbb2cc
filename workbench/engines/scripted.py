"""The public fake: an engine that says what it is told to. For tests and notebooks; no spec leads to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from workbench.audio import Waveform
from workbench.engines.protocol import EngineFailure, Transcript, content_digest

Script = Mapping[str, str] | Callable[[Waveform], str | Transcript | EngineFailure]


class ScriptedEngine:
    """An engine that answers from a script, and listens to nothing.

    ``texts`` maps utterance_id to text (an utterance that is not in it is a failure), or is called with the waveform.
    ``conditions`` are the condition_ids it can serve, None means any.

    >>> import numpy as np
    >>> wave = Waveform(np.zeros(160, dtype=np.float32), 16_000, "demo/1")
    >>> [answer.text for answer in ScriptedEngine({"demo/1": "one two"}).transcribe([wave])]
    ['one two']
    """

    engine = "scripted"
    version = "1"

    def __init__(
        self,
        texts: Script,
        *,
        model_id: str = "scripted",
        conditions: Iterable[str] | None = None,
        needs_audio: bool = True,
        decode_s: float = 0.0,
    ) -> None:
        self.model_id = model_id
        self.conditions = None if conditions is None else frozenset(conditions)
        self.needs_audio = needs_audio
        self.options: dict[str, Any] = {"scripted": True}
        script = sorted(texts.items()) if isinstance(texts, Mapping) else "function"
        self.digest = content_digest({"engine": self.engine, "model_id": model_id, "script": script})
        self._texts = texts
        self._decode_s = decode_s

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return the script's answer to each waveform."""
        return [self._answer(wave) for wave in batch]

    def _answer(self, wave: Waveform) -> Transcript | EngineFailure:
        if isinstance(self._texts, Mapping):
            if wave.utterance_id not in self._texts:
                return EngineFailure(f"the script has no text for {wave.utterance_id}", self._decode_s)
            return Transcript(self._texts[wave.utterance_id], self._decode_s)
        text = self._texts(wave)
        return Transcript(text, self._decode_s) if isinstance(text, str) else text
