"""A server with the OpenAI transcription API (``POST .../audio/transcriptions``): OpenAI's own, or one of yours.

``openai-api:MODEL?url=https://host/v1&key=VARIABLE``. Each utterance is sent as a file of its own, mono, 16 kHz, 16 bits
(``?upload=flac`` for FLAC), with temperature 0 and the corpus' language; ``?answer=verbose_json`` or ``?answer=logprobs``
asks for what the confidence is computed from. ``key`` is the name of the environment variable that holds the key; none is
sent unless it is named.

The audio leaves this machine unless ``url`` is a loopback address, so a study must say ``audio_leaves_this_machine = true``.
Redirections are not followed: the audio goes where the study says and nowhere else.

How often a request is made, and when the run ends: :mod:`workbench.engines.http_engine`.

The digest covers address, model name, and options; which weights a server has behind a name it does not say.

Confidence: the exponential of the mean log probability per token, if the server gives one.
"""

from __future__ import annotations

from importlib.util import find_spec

from workbench.audio import SAMPLE_RATE
from workbench.engines.http_engine import REQUEST_OPTIONS, HttpEngine, request_settings
from workbench.engines.openai_requests import open_server
from workbench.engines.protocol import Readiness, content_digest
from workbench.engines.remote import price_of
from workbench.engines.spec import Spec, model_id
from workbench.extras import install_command

DESCRIPTION = "A server with the OpenAI transcription API. Audio leaves this machine unless the server runs on it."
SPEC_EXAMPLE = "openai-api:whisper-1?url=https://api.openai.com/v1&key=OPENAI_API_KEY"
INSTALL = install_command("vendors")

_ADAPTER = 1
_DECIDES = ("url", "language", "prompt", "temperature", "answer", "upload")
"""Options that the text may depend on: they are part of the model's name. Those below are not."""
_OPTIONS = (*_DECIDES, *REQUEST_OPTIONS)
_FORMS = {"json": "json", "logprobs": "json", "verbose_json": "verbose_json"}


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
    answer = spec.one_of("answer", "json", tuple(_FORMS))
    language = spec.one_of("language", "corpus", ("corpus", "none"))
    spoken = spec.language.lower().replace("_", "-").partition("-")[0] if language == "corpus" else ""
    prompt, upload = spec.options.get("prompt", ""), spec.one_of("upload", "wav", ("wav", "flac"))
    temperature = spec.number("temperature", 0.0, low=0.0, high=2.0, unit="0 is the likeliest text")
    form = {"model": spec.target, "response_format": _FORMS[answer], "temperature": f"{temperature:g}"}
    form |= {name: value for name, value in (("language", spoken), ("prompt", prompt)) if value}
    form |= {"include[]": "logprobs"} if answer == "logprobs" else {}
    server = open_server(spec, form, upload=upload)
    options = {
        "url": server.transport.address,
        "model": spec.target,
        "language": spoken,
        "prompt": prompt,
        "temperature": temperature,
        "answer": answer,
        "upload": upload,
        "sample_rate": SAMPLE_RATE,
    }
    digest = content_digest({"engine": "openai-api", "adapter": _ADAPTER, "options": options})
    named = {name: value for name, value in spec.options.items() if name in _DECIDES} | {
        "url": server.transport.address
    }

    return HttpEngine(
        "openai-api", "(version not stated)", model_id("openai-api", spec.target, named, digest), digest, options, server.transport.elsewhere, price_of(spec), server,
        **request_settings(spec),
    )  # fmt: skip
