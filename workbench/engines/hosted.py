"""What the engines of bought services share: one request per utterance, an answer that the readers of transcripts understand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from workbench.audio import SAMPLE_RATE, Waveform
from workbench.engines.answers import Answer, UnreadableAnswerError, usable_text
from workbench.engines.http_engine import REQUEST_OPTIONS, HttpEngine, request_settings
from workbench.engines.http_transport import Refusal, Reply, Transport
from workbench.engines.protocol import Readiness, content_digest
from workbench.engines.remote import price_of
from workbench.engines.server_errors import server_says
from workbench.engines.spec import Spec, model_id
from workbench.extras import install_command
from workbench.transcripts.catalogue import FORMATS
from workbench.transcripts.formats import TranscriptFile, UnreadableError
from workbench.transcripts.segments import joined_text, mean_confidence

INSTALL = install_command("vendors")
ACCOUNT = "needs a key in an environment variable, and that the study allows audio to leave this machine"


@dataclass(frozen=True)
class Service:
    """A bought service: the format of its answers, and the words of its errors that concern every utterance alike."""

    name: str
    answers: str
    concerns_all: tuple[str, ...] = ()


def transcript(transport: Transport, reply: Reply | Refusal, service: Service) -> Answer | Refusal:
    """Return what a service wrote, or why there is no transcript.

    Raises
    ------
    EngineStoppedError : what concerns every utterance: the key, the model, the language, no credit left
    """
    if isinstance(reply, Refusal):
        return reply
    if not 200 <= reply.status < 300:
        return refusal(transport, reply, service)
    file = TranscriptFile("answer.json", reply.body)
    layout = FORMATS[service.answers]
    try:
        segments = layout.read(file) if layout.recognise(file) else None
    except (UnreadableError, KeyError, TypeError, ValueError, AttributeError, IndexError):
        segments = None
    if segments is None:
        return Refusal(f"the answer is no {layout.title}: {transport.shown(server_says(reply.body)[1])!r}")
    text = joined_text(segments)
    if text is None:
        reasons = "; ".join(segment.reason for segment in segments if segment.reason)
        return Refusal(f"the service could not transcribe it: {transport.shown(reasons)}", final=True)
    try:
        written = usable_text(text)
    except UnreadableAnswerError as error:
        return Refusal(str(error), final=True)
    confidence = mean_confidence(segments)
    usable = confidence is not None and math.isfinite(confidence) and 0.0 <= confidence <= 1.0
    return transport.without_secrets(Answer(written, confidence if usable else None, {}))


def refusal(transport: Transport, reply: Reply, service: Service) -> Refusal:
    """Return what an answer means that is no success; raises EngineStoppedError for what concerns every utterance."""
    words = server_says(reply.body)[1]
    if 400 <= reply.status < 500 and any(phrase in words.lower() for phrase in service.concerns_all):
        remedy = f"correct the engine's name or its account; {transport.key_remedy()}"
        raise transport.stopped(f"the service takes no request like this: {transport.shown(words)}", remedy)
    return transport.refused(reply, lambda status: _remedy(transport, status))


def _remedy(transport: Transport, status: int) -> str:
    return "check the name of the model and the address" if status in (404, 405) else transport.key_remedy()


def hosted_engine(
    spec: Spec, service: Service, options: Mapping[str, Any], ask: Callable[[Waveform], Answer | Refusal], *,
    transport: Transport, version: str, adapter: int = 1,
) -> HttpEngine:  # fmt: skip
    """Return the engine of a service; ``options`` are all that its texts depend on, the address among them."""
    told = dict(options) | {"url": transport.address, "sample_rate": SAMPLE_RATE}
    digest = content_digest({"engine": service.name, "adapter": adapter, "version": version, "options": told})
    named = {name: str(value) for name, value in options.items() if name != "model" and value != ""}
    return HttpEngine(
        service.name, version, model_id(service.name, spec.target, named, digest), digest, told, transport.elsewhere, price_of(spec), ask,
        **request_settings(spec),
    )  # fmt: skip


def check(spec: Spec, own: Sequence[str]) -> None:
    """Raise :class:`EngineError` for an unknown option, or where the package that makes the requests is not installed."""
    spec.only((*own, *REQUEST_OPTIONS))
    if find_spec("requests") is None:
        raise spec.error("the package requests is not installed", remedy=INSTALL)


def locale(spec: Spec, *, example: str) -> str:
    """Return the language with its region, such as ``en-GB``.

    Raises
    ------
    EngineError : neither ``language`` nor the corpus names a region
    """
    given = spec.options.get("language", spec.language).replace("_", "-")
    language, _, region = given.partition("-")
    if not (language.isalpha() and region):
        raise spec.error(
            f"the service wants a language with its region, not {given!r}", remedy=f"write 'language={example}'"
        )
    return f"{language.lower()}-{region}"


def readiness() -> Readiness:
    """Tell whether the package that makes the requests is installed; no service is asked."""
    if find_spec("requests") is None:
        return Readiness(False, "the package requests is not installed", INSTALL)
    return Readiness(True, ACCOUNT)
