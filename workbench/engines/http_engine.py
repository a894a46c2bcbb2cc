"""The engine of a server that is asked over HTTP, one request per utterance: many at once, retries, limits, giving up.

Up to ``in_flight`` requests are made at once, ``per_minute`` at most. What may pass (429, 500 and above, an answer that is
none, silence for ``timeout_s``) is tried ``retries`` times more, after the server's ``Retry-After`` or a doubled delay; then
the utterance is a failure. ``give_up`` utterances in a row lost like that end the run, as does at once what concerns all of
them: a key that is refused, a model that is not there.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from workbench.audio import SAMPLE_RATE, Waveform, resample, samples_digest, wav_bytes
from workbench.engines.answers import Answer
from workbench.engines.http_transport import Refusal
from workbench.engines.protocol import EngineFailure, Transcript
from workbench.engines.remote import LONGEST_WAIT_S, Brake, FailureStreak, Price, RateLimit, RetryPolicy, ask_all
from workbench.engines.spec import Spec

REQUEST_OPTIONS = (
    "key", "in_flight", "per_minute", "timeout_s", "retries", "give_up", "price_per_minute", "price_minimum_s", "currency",
)  # fmt: skip
"""Options of every engine that is asked over HTTP; the text does not depend on them."""


@dataclass(frozen=True)
class HttpEngine:
    """One model of one server. Any sample rate and length; a waveform without samples is a failure. Safe for threads."""

    engine: str
    version: str
    model_id: str
    digest: str
    options: Mapping[str, Any]
    audio_goes_to: str
    price: Price | None
    ask: Callable[[Waveform], Answer | Refusal] = field(repr=False)
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    limit: RateLimit = field(default_factory=RateLimit)
    in_flight: int = 4
    streak: FailureStreak = field(default_factory=FailureStreak)
    brake: Brake = field(default_factory=Brake, repr=False)
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
        name, reason = samples_digest(wave), ""
        for attempt in range(self.retry_policy.retries + 1):
            if halt.wait(self.limit.wait_s(self.clock())):
                return None
            asked = self.clock()
            result = self.ask(wave)
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


def audio_file(wave: Waveform, upload: str) -> bytes:
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


def timeout_s(spec: Spec) -> float:
    """Return the seconds that one answer may take."""
    return spec.number("timeout_s", 120.0, low=0.1, high=3_600.0, unit="seconds")


def request_settings(spec: Spec) -> dict[str, Any]:
    """Return what a spec says of retries, limits and giving up, as arguments of :class:`HttpEngine`."""
    return {
        "retry_policy": RetryPolicy(spec.whole("retries", 5, low=0, high=20, unit="retries")),
        "limit": RateLimit(spec.number("per_minute", math.inf, low=0.01, high=math.inf, unit="requests a minute")),
        "in_flight": spec.whole("in_flight", 4, low=1, high=64, unit="requests at once"),
        "streak": FailureStreak(spec.whole("give_up", 10, low=1, high=1_000_000, unit="utterances")),
    }
