"""Azure AI Speech, fast transcription: ``azure-speech?region=westeurope&language=en-GB&key=AZURE_SPEECH_KEY``.

The audio leaves this machine, so a study must say ``audio_leaves_this_machine = true``. Each utterance is one request with
the WAV and a definition: the language, and profanity as it was said. ``url`` names the endpoint where it is not the region's.

Confidence: the mean of Azure's own over the phrases, weighted by their words.

Source: Microsoft Learn, "Speech to text REST API, Transcriptions - Transcribe", version 2024-11-15.
"""

from __future__ import annotations

import json

from workbench.audio import Waveform
from workbench.engines import hosted
from workbench.engines.answers import Answer
from workbench.engines.http_engine import HttpEngine, audio_file, timeout_s
from workbench.engines.http_transport import Refusal, open_transport
from workbench.engines.spec import Spec

DESCRIPTION = "Azure AI Speech (fast transcription), a bought service. Audio leaves this machine."
SPEC_EXAMPLE = "azure-speech?region=westeurope&language=en-GB&key=AZURE_SPEECH_KEY"
INSTALL = hosted.INSTALL

_OPTIONS = ("url", "region", "language")
_VERSION = "2024-11-15"
_PATH = "/speechtotext/transcriptions:transcribe"
_SERVICE = hosted.Service("azure-speech", "azure-fast", ("locale", "subscription key", "invalidapiversion"))
readiness = hosted.readiness


def load(spec: Spec) -> HttpEngine:
    """Return the engine for one region and language; nothing is sent yet.

    Raises
    ------
    EngineError : no region or endpoint, a language without its region, a variable that is not set, an option out of range
    """
    hosted.check(spec, _OPTIONS)
    spec.no_target()
    language = hosted.locale(spec, example="en-GB")
    region = spec.options.get("region", "").lower()
    if region and not region.isalnum():
        raise spec.error(f"region={region} is no region of Azure", remedy="write it like westeurope")
    if not region and "url" not in spec.options:
        raise spec.error("no region is given", remedy="write 'region=westeurope', or the endpoint as 'url=https://...'")
    transport = open_transport(
        spec, timeout_s=timeout_s(spec), usual=f"https://{region}.api.cognitive.microsoft.com", tail=_PATH,
        header="Ocp-Apim-Subscription-Key", prefix="", needs_key=True,
    )  # fmt: skip
    definition = json.dumps({"locales": [language], "profanityFilterMode": "None"})

    def ask(wave: Waveform) -> Answer | Refusal:
        reply = transport.send(
            "POST", _PATH, params={"api-version": _VERSION}, data={"definition": definition},
            files={"audio": ("audio.wav", audio_file(wave, "wav"), "audio/wav")},
        )  # fmt: skip
        return hosted.transcript(transport, reply, _SERVICE)

    options = {"language": language, "region": region}
    return hosted.hosted_engine(spec, _SERVICE, options, ask, transport=transport, version=f"API {_VERSION}")
