"""A server with the OpenAI transcription API (``POST .../audio/transcriptions``): OpenAI's own, or one of yours.

``openai-api:MODEL?url=https://host/v1&key=VARIABLE``. Each utterance is sent as a file of its own, mono, 16 kHz, 16 bits
(``?upload=flac`` for FLAC), with temperature 0 and the corpus' language; ``?answer=verbose_json`` or ``?answer=logprobs``
asks for what the confidence is computed from. ``key`` is the name of the environment variable that holds the key; none is
sent unless it is named.

The audio leaves this machine unless ``url`` is a loopback address, so a study must say ``audio_leaves_this_machine = true``.
Redirections are not followed: the audio goes where the study says and nowhere else.

Up to ``in_flight`` requests are made at once, ``per_minute`` at most. What may pass (429, 500 and above, an answer that is
none, silence for ``timeout_s``) is tried ``retries`` times more, after the server's ``Retry-After`` or a doubled delay; then
the utterance is a failure. ``give_up`` utterances in a row lost like that end the run, as does at once what concerns all of
them: a key that is refused, a model that is not there.

The digest covers address, model name, and options; which weights a server has behind a name it does not say.

Confidence: the exponential of the mean log probability per token, if the server gives one.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Event
from typing import Any

from workbench.audio import SAMPLE_RATE, Waveform, resample, samples_digest, wav_bytes
from workbench.engines.openai_requests import Call, Refusal, Server, open_server
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest
from workbench.engines.remote import (
    LONGEST_WAIT_S,
    Brake,
    FailureStreak,
    Price,
    RateLimit,
    RetryPolicy,
    ask_all,
    price_of,
)
from workbench.engines.spec import Spec, model_id
from workbench.extras import install_command

DESCRIPTION = "A server with the OpenAI transcription API. Audio leaves this machine unless the server runs on it."
SPEC_EXAMPLE = "openai-api:whisper-1?url=https://api.openai.com/v1&key=OPENAI_API_KEY"
INSTALL = install_command("vendors")

_ADAPTER = 1
_DECIDES = ("url", "language", "prompt", "temperature", "answer", "upload")
"""Options that the text may depend on: they are part of the model's name. Those below are not."""
_OPTIONS = (
    *_DECIDES, "key", "in_flight", "per_minute", "timeout_s", "retries", "give_up", "price_per_minute",
    "price_minimum_s", "currency",
)  # fmt: skip
_FORMS = {"json": "json", "logprobs": "json", "verbose_json": "verbose_json"}


@dataclass(frozen=True)
class HttpEngine:
    """One model of one server. Any sample rate and length; a waveform without samples is a failure. Safe for threads."""

    model_id: str
    digest: str
    options: Mapping[str, Any]
    audio_goes_to: str
    price: Price | None
    server: Server = field(repr=False)
    form: Mapping[str, str] = field(repr=False)
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    limit: RateLimit = field(default_factory=RateLimit)
    in_flight: int = 4
    streak: FailureStreak = field(default_factory=FailureStreak)
    brake: Brake = field(default_factory=Brake, repr=False)
    engine: str = "openai-api"
    version: str = "(version not stated)"
    conditions: frozenset[str] | None = None
    needs_audio: bool = True
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @property
    def batch_size(self) -> int:
        """How many waveforms it likes to be given at a time: enough that its last answers keep few requests waiting."""
        return 4 * self.in_flight

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform; up to ``in_flight`` of them are asked for at once.

        Raises
        ------
        EngineStoppedError : the server refuses whatever is sent, lost ``give_up`` utterances in a row, or :meth:`halt` was
            called; with the answers that came
        """
        self.streak.require_short(self.model_id)
        places = range(len(batch))
        return ask_all(
            places, lambda n, halt: self._answer(batch[n], halt), at_once=self.in_flight, brake=self.brake, place=self.model_id
        )  # fmt: skip

    def halt(self) -> None:
        """Ask for nothing more; what has been asked for is waited for, since it is paid."""
        self.brake.pull()

    def _answer(self, wave: Waveform, halt: Event) -> Transcript | EngineFailure | None:
        began = self.clock()
        if len(wave.samples) == 0:
            return EngineFailure("the audio holds no samples", 0.0)
        call = Call(self.form, f"audio.{self.options['upload']}", _file(wave, str(self.options["upload"])))
        name, reason = samples_digest(wave), ""
        for attempt in range(self.retry_policy.retries + 1):
            if halt.wait(self.limit.wait_s(self.clock())):
                return None
            asked = self.clock()
            result = self.server.ask(call)
            if not isinstance(result, Refusal):
                self.streak.reasons.clear()
                return Transcript(result.text, self.clock() - asked, result.confidence, result.extra)
            reason = result.reason
            if result.final:
                return EngineFailure(reason, self.clock() - began)
            delay = self.retry_policy.delay_s(name, attempt) if result.wait_s is None else result.wait_s
            if delay > LONGEST_WAIT_S:
                reason = f"{reason}; the server asks to wait {delay:.0f} s"
                break
            if attempt < self.retry_policy.retries and halt.wait(delay):
                return None
        tries = f" (tried {self.retry_policy.retries + 1} times)" if self.retry_policy.retries else ""
        self.streak.reasons.append(reason + tries)
        return EngineFailure(reason + tries, self.clock() - began)


def _file(wave: Waveform, upload: str) -> bytes:
    """Return the audio as it is sent: mono, 16 kHz, 16 bits; samples beyond full scale are limited."""
    samples = resample(wave.samples, orig_sr=wave.sample_rate, target_sr=SAMPLE_RATE)
    wav = wav_bytes(Waveform(samples, SAMPLE_RATE))
    if upload == "wav":
        return wav
    import soundfile

    values, sample_rate = soundfile.read(io.BytesIO(wav), dtype="int16")
    packed = io.BytesIO()
    soundfile.write(packed, values, sample_rate, format="FLAC", subtype="PCM_16")
    return packed.getvalue()


def readiness() -> Readiness:
    """Tell whether the package that makes the requests is installed; no server is asked."""
    if find_spec("requests") is None:
        return Readiness(False, "the package requests is not installed", INSTALL)
    return Readiness(True, "needs the address of a server; beyond this machine only if the study allows it")


def load(spec: Spec) -> HttpEngine:
    """Return the engine for a model of a server; nothing is sent yet.

    Raises
    ------
    EngineError : no model or address, an address that is none, a variable that is not set, an option out of range
    """
    spec.only(_OPTIONS)
    if find_spec("requests") is None:
        raise spec.error("the package requests is not installed", remedy=INSTALL)
    if not spec.target:
        raise spec.error("no model is named", remedy=f"write for example {SPEC_EXAMPLE!r}")
    timeout_s = spec.number("timeout_s", 120.0, low=0.1, high=3_600.0, unit="seconds")
    server = open_server(spec, timeout_s=timeout_s)
    answer = spec.one_of("answer", "json", tuple(_FORMS))
    language = spec.one_of("language", "corpus", ("corpus", "none"))
    spoken = spec.language.lower().replace("_", "-").partition("-")[0] if language == "corpus" else ""
    options = {
        "url": server.address,
        "model": spec.target,
        "language": spoken,
        "prompt": spec.options.get("prompt", ""),
        "temperature": spec.number("temperature", 0.0, low=0.0, high=2.0, unit="0 is the likeliest text"),
        "answer": answer,
        "upload": spec.one_of("upload", "wav", ("wav", "flac")),
        "sample_rate": SAMPLE_RATE,
    }
    form = {"model": spec.target, "response_format": _FORMS[answer], "temperature": f"{options['temperature']:g}"}
    form |= {name: str(options[name]) for name in ("language", "prompt") if options[name]}
    form |= {"include[]": "logprobs"} if answer == "logprobs" else {}
    digest = content_digest({"engine": "openai-api", "adapter": _ADAPTER, "options": options})
    told = {name: value for name, value in spec.options.items() if name in _DECIDES} | {"url": server.address}
    return HttpEngine(
        model_id("openai-api", spec.target, told, digest), digest, options, server.elsewhere, price_of(spec), server, form,
        retry_policy=RetryPolicy(spec.whole("retries", 5, low=0, high=20, unit="retries")),
        limit=RateLimit(spec.number("per_minute", float("inf"), low=0.01, high=float("inf"), unit="requests a minute")),
        in_flight=spec.whole("in_flight", 4, low=1, high=64, unit="requests at once"),
        streak=FailureStreak(spec.whole("give_up", 10, low=1, high=1_000_000, unit="utterances")),
    )  # fmt: skip
