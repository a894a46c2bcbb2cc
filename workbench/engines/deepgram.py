"""Deepgram, recorded audio: ``deepgram:nova-3?key=DEEPGRAM_API_KEY``; ``url`` for another region or a server of one's own.

The audio leaves this machine, so a study must say ``audio_leaves_this_machine = true``. Each utterance is one request with
the WAV as its body. Nothing is asked for but words in the corpus' language (``language=en-GB`` for another): no formatting
of numbers, no punctuation. Unless ``keep=yes``, the request tells Deepgram not to keep the audio for improving its models,
for which Deepgram may charge another price.

Confidence: Deepgram's own, of the whole transcript.

Source: Deepgram API reference, "Pre-recorded audio" and "Errors"; "The Deepgram Model Improvement Partnership Program".
"""

from __future__ import annotations

from workbench.audio import Waveform
from workbench.engines import hosted
from workbench.engines.answers import Answer
from workbench.engines.http_engine import HttpEngine, audio_file, timeout_s
from workbench.engines.http_transport import Refusal, open_transport
from workbench.engines.spec import Spec

DESCRIPTION = "Deepgram, a bought service. Audio leaves this machine."
SPEC_EXAMPLE = "deepgram:nova-3?key=DEEPGRAM_API_KEY"
INSTALL = hosted.INSTALL

_OPTIONS = ("url", "language", "keep")
_ADDRESS = "https://api.deepgram.com"
_SERVICE = hosted.Service(
    "deepgram", "deepgram", ("no such model", "project does not have access", "language/tier", "invalid query")
)
readiness = hosted.readiness


def load(spec: Spec) -> HttpEngine:
    """Return the engine for one model; nothing is sent yet.

    Raises
    ------
    EngineError : no model, an address that is none, a variable that is not set, an option out of range
    """
    hosted.check(spec, _OPTIONS)
    if not spec.target:
        raise spec.error("no model is named", remedy=f"write for example {SPEC_EXAMPLE!r}")
    language = spec.options.get("language", spec.language).replace("_", "-")
    keep = spec.one_of("keep", "no", ("no", "yes"))
    transport = open_transport(
        spec, timeout_s=timeout_s(spec), usual=_ADDRESS, tail="/v1/listen", prefix="Token ", needs_key=True
    )
    query = {"model": spec.target, "language": language} | ({"mip_opt_out": "true"} if keep == "no" else {})

    def ask(wave: Waveform) -> Answer | Refusal:
        reply = transport.send(
            "POST", "/v1/listen", params=query, data=audio_file(wave, "wav"), headers={"Content-Type": "audio/wav"}
        )
        return hosted.transcript(transport, reply, _SERVICE)

    options = {"model": spec.target, "language": language}
    return hosted.hosted_engine(spec, _SERVICE, options, ask, transport=transport, version="API v1")
