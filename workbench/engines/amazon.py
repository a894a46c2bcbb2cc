"""Amazon Transcribe: each utterance a batch job, its audio and its transcript passing through a bucket of yours.

``amazon-transcribe?bucket=NAME&region=eu-west-1&language=en-GB``. The audio leaves this machine, so a study must say
``audio_leaves_this_machine = true``. Credentials are found by boto3 as usual (environment, profile, role) and never stored
here. The audio is sent as 16 kHz, 16-bit WAV; nothing is asked of the service but the transcript in one language.

Job and objects are named after the audio and the options, so that a job of an interrupted run is found again and not paid
twice. All three (audio, transcript, job) are deleted when the answer is there, or is given up; where that fails the
utterance's facts say so (``engine_left_behind``, how many). A rule of the bucket that lets ``prefix`` expire is a second net.

Confidence: the geometric mean of the words' confidences as Amazon gives them.

Source: Amazon Transcribe API 2017-10-26.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Event
from typing import Any

from workbench.audio import SAMPLE_RATE, Waveform, resample, samples_digest, wav_bytes
from workbench.engines.amazon_calls import Cloud, Denied, Lost, open_cloud
from workbench.engines.protocol import EngineFailure, Readiness, Transcript, content_digest
from workbench.engines.remote import Brake, FailureStreak, Price, RetryPolicy, ask_all, price_of
from workbench.engines.spec import Spec, model_id
from workbench.errors import EngineStoppedError, choices
from workbench.extras import install_command

DESCRIPTION = "Amazon Transcribe, batch jobs through a bucket of yours. Audio leaves this machine."
SPEC_EXAMPLE = "amazon-transcribe?bucket=NAME&region=eu-west-1&language=en-GB"
INSTALL = install_command("vendors")

_ADAPTER = 1
_OPTIONS = (
    "bucket", "region", "prefix", "language", "in_flight", "poll_s", "timeout_s", "retries", "give_up", "price_per_minute",
    "price_minimum_s", "currency",
)  # fmt: skip


@dataclass(frozen=True)
class AmazonEngine:
    """Amazon Transcribe in one region and language. A waveform without samples is a failure. Safe for threads."""

    model_id: str
    version: str
    digest: str
    options: Mapping[str, Any]
    audio_goes_to: str
    price: Price | None
    cloud: Cloud = field(repr=False)
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    in_flight: int = 8
    poll_s: float = 5.0
    timeout_s: float = 3_600.0
    streak: FailureStreak = field(default_factory=FailureStreak)
    brake: Brake = field(default_factory=Brake, repr=False)
    engine: str = "amazon-transcribe"
    conditions: frozenset[str] | None = None
    needs_audio: bool = True
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @property
    def batch_size(self) -> int:
        """How many waveforms it likes to be given at a time: enough that its last answers keep few requests waiting."""
        return 2 * self.in_flight

    def transcribe(self, batch: Sequence[Waveform]) -> list[Transcript | EngineFailure]:
        """Return one answer per waveform; up to ``in_flight`` jobs run at once, the same audio in one job only.

        Raises
        ------
        EngineStoppedError : credentials that are refused, no such bucket, ``give_up`` utterances lost in a row, or
            :meth:`halt` was called; with the answers that came
        """
        self.streak.require_short(self.model_id)
        names = [self._name(wave) if len(wave.samples) else "" for wave in batch]
        waves = dict(zip(names, batch, strict=True))
        return ask_all(
            names, lambda name, halt: self._answer(name, waves[name], halt), at_once=self.in_flight, brake=self.brake,
            place=self.model_id,
        )  # fmt: skip

    def halt(self) -> None:
        """Start no more jobs; those that run are waited for, since they are paid."""
        self.brake.pull()

    def _name(self, wave: Waveform) -> str:
        """Return the name of the job: the same for the same audio and options, and nothing about who speaks."""
        return "workbench-" + hashlib.sha256(f"{samples_digest(wave)}|{self.digest}".encode()).hexdigest()[:40]

    def _answer(self, name: str, wave: Waveform, halt: Event) -> Transcript | EngineFailure | None:
        if not name:
            return EngineFailure("the audio holds no samples", 0.0)
        began, reason = self.clock(), ""
        samples = resample(wave.samples, orig_sr=wave.sample_rate, target_sr=SAMPLE_RATE)
        audio = wav_bytes(Waveform(samples, SAMPLE_RATE))
        for attempt in range(self.retry_policy.retries + 1):
            try:
                return self._job(name, audio)
            except Denied as error:
                raise EngineStoppedError(str(error), place=self.model_id, remedy=error.remedy) from None
            except Lost as error:
                reason = str(error)
                if error.final:
                    return EngineFailure(reason, self.clock() - began)
            if attempt < self.retry_policy.retries and halt.wait(self.retry_policy.delay_s(name, attempt)):
                return None
        tries = f" (tried {self.retry_policy.retries + 1} times)" if self.retry_policy.retries else ""
        self.streak.reasons.append(reason + tries)
        return EngineFailure(reason + tries, self.clock() - began)

    def _job(self, name: str, audio: bytes) -> Transcript:
        """Return the transcript of one job, from upload to clean-up."""
        began = self.clock()
        left = 0
        try:
            self.cloud.start(name, audio)
            while not self.cloud.done(name):
                if self.clock() - began > self.timeout_s:
                    raise Lost(f"the job was not done within {self.timeout_s:g} s")
                time.sleep(self.poll_s)
            content = self.cloud.result(name)
        finally:
            left = self.cloud.clean_up(name)
        self.streak.reasons.clear()
        text, confidence = read_result(content)
        return Transcript(text, self.clock() - began, confidence, {"left_behind": float(left)} if left else {})


def read_result(content: bytes) -> tuple[str, float | None]:
    """Return the text and the confidence in Amazon's JSON.

    Raises
    ------
    Lost : it holds no transcript
    """
    try:
        results = json.loads(content)["results"]
        text = str(results["transcripts"][0]["transcript"]).strip()
        words = [item["alternatives"][0] for item in results.get("items", []) if item.get("type") == "pronunciation"]
        trust = [float(word["confidence"]) for word in words if word.get("confidence") is not None]
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise Lost("what the service wrote into the bucket is no transcript") from None
    if not trust or not all(0.0 <= item <= 1.0 for item in trust):
        return text, None
    return text, 0.0 if min(trust) == 0.0 else math.exp(math.fsum(map(math.log, trust)) / len(trust))


def readiness() -> Readiness:
    """Tell whether boto3 is installed; neither credentials nor the service are asked for."""
    if find_spec("boto3") is None:
        return Readiness(False, "the package boto3 is not installed", INSTALL)
    return Readiness(True, "needs a bucket and credentials, and that the study allows audio to leave this machine")


def load(spec: Spec) -> AmazonEngine:
    """Return the engine; nothing is sent yet.

    Raises
    ------
    EngineError : not installed, no bucket, region or credentials, a language that the service does not have
    """
    spec.only(_OPTIONS)
    spec.no_target()
    if find_spec("boto3") is None:
        raise spec.error("the package boto3 is not installed", remedy=INSTALL)
    cloud = open_cloud(spec)
    language = _language(spec, cloud.languages)
    options = {
        "service": "Amazon Transcribe, batch", "region": cloud.region, "language": language, "sample_rate": SAMPLE_RATE,
        "upload": "wav",
    }  # fmt: skip
    digest = content_digest({"engine": "amazon-transcribe", "adapter": _ADAPTER, "options": options})
    return AmazonEngine(
        model_id("amazon-transcribe", "", {"language": language, "region": cloud.region}, digest),
        "API 2017-10-26", digest, options, f"Amazon Transcribe in {cloud.region}, through the bucket {cloud.bucket}",
        price_of(spec), cloud.speaking(language),
        retry_policy=RetryPolicy(spec.whole("retries", 5, low=0, high=20, unit="retries"), first_s=1.0),
        in_flight=spec.whole("in_flight", 8, low=1, high=100, unit="jobs at once"),
        poll_s=spec.number("poll_s", 5.0, low=0.001, high=600.0, unit="seconds"),
        timeout_s=spec.number("timeout_s", 3_600.0, low=1.0, high=86_400.0, unit="seconds"),
        streak=FailureStreak(spec.whole("give_up", 10, low=1, high=1_000_000, unit="utterances")),
    )  # fmt: skip


def _language(spec: Spec, known: Sequence[str]) -> str:
    """Return the service's code for the language; a corpus that names no region leaves the choice to the user."""
    wanted = spec.options.get("language", spec.language)
    same = [code for code in known if code.lower() == wanted.lower().replace("_", "-")]
    if same:
        return same[0]
    near = [code for code in known if code.partition("-")[0].lower() == wanted.partition("-")[0].lower()]
    remedy = f"write 'language=' with one of {', '.join(near)}" if near else choices(wanted, known)
    raise spec.error(f"the service has no language {wanted!r}", remedy=remedy)
