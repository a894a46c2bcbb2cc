"""Google Cloud Speech-to-Text, synchronous: ``google-speech:latest_long?language=en-GB&key=GOOGLE_API_KEY``.

The audio leaves this machine, so a study must say ``audio_leaves_this_machine = true``. Each utterance is one request with
the samples in it, of at most 60 s and 10 MB; what is longer is a failed row. ``url=https://eu-speech.googleapis.com`` keeps the
audio in the European Union. Without a model behind the colon Google chooses.

Confidence: the mean of Google's own over the results, weighted by their words; Google gives none for some models.

Source: Google Cloud, "Speech-to-Text API v1, speech.recognize" and "Quotas and limits".
"""

from __future__ import annotations

import base64

from workbench.audio import SAMPLE_RATE, Waveform
from workbench.engines import hosted
from workbench.engines.answers import Answer
from workbench.engines.http_engine import HttpEngine, audio_file, timeout_s
from workbench.engines.http_transport import Refusal, open_transport
from workbench.engines.spec import Spec

DESCRIPTION = "Google Cloud Speech-to-Text (up to 60 s), a bought service. Audio leaves this machine."
SPEC_EXAMPLE = "google-speech:latest_long?language=en-GB&key=GOOGLE_API_KEY"
INSTALL = hosted.INSTALL

LONGEST_S = 60.0
_OPTIONS = ("url", "language")
_PATH = "/v1/speech:recognize"
_SERVICE = hosted.Service(
    "google-speech", "google-speech",
    ("api key", "invalid recognition 'config'", "incorrect model", "language code", "billing", "has not been used"),
)  # fmt: skip
readiness = hosted.readiness


def load(spec: Spec) -> HttpEngine:
    """Return the engine for one model and language; nothing is sent yet.

    Raises
    ------
    EngineError : a language without its region, a variable that is not set, an option out of range
    """
    hosted.check(spec, _OPTIONS)
    language = hosted.locale(spec, example="en-GB")
    transport = open_transport(
        spec, timeout_s=timeout_s(spec), usual="https://speech.googleapis.com", tail=_PATH, header="X-Goog-Api-Key",
        prefix="", needs_key=True,
    )  # fmt: skip
    config = {"encoding": "LINEAR16", "sampleRateHertz": SAMPLE_RATE, "languageCode": language}
    config |= {"model": spec.target} if spec.target else {}

    def ask(wave: Waveform) -> Answer | Refusal:
        seconds = len(wave.samples) / wave.sample_rate
        if seconds > LONGEST_S:
            return Refusal(f"{seconds:.0f} s are longer than the {LONGEST_S:.0f} s that the service takes", final=True)
        content = base64.b64encode(audio_file(wave, "wav")).decode("ascii")
        reply = transport.send("POST", _PATH, json={"config": config, "audio": {"content": content}})
        return hosted.transcript(transport, reply, _SERVICE)

    options = {"model": spec.target, "language": language}
    return hosted.hosted_engine(spec, _SERVICE, options, ask, transport=transport, version="API v1")
