"""Bought services against servers on loopback that behave as the services' public API pages say."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import soundfile

from tests.corpus import make
from tests.loopback import form_parts, listening
from workbench.audio import Waveform
from workbench.engines import EngineFailure, Transcript, load_engine
from workbench.engines.http_engine import HttpEngine
from workbench.engines.remote import RetryPolicy
from workbench.engines.testing import check_engine
from workbench.errors import EngineError, EngineStoppedError
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

KEY = "vk-Very-Secret-0123456789"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


Route = Callable[[Request], tuple[int, Any]]


@dataclass
class Vendor:
    """Answers from ``plan`` first, then from its ``route``; keeps the requests."""

    route: Route
    url: str = ""
    plan: list[tuple[int, Any]] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def samples_of(wav: bytes) -> tuple[Any, int]:
    samples, sample_rate = soundfile.read(io.BytesIO(wav))
    return samples, sample_rate


def parts_of(request: Request) -> dict[str, bytes]:
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in form_parts(request.headers["content-type"], request.body)
    }


def text_of(wav: bytes) -> str:
    """What the service understands: it depends on the audio alone."""
    samples, sample_rate = samples_of(wav)
    assert sample_rate == 16_000 and samples.ndim == 1
    return f"{len(samples)} samples" if np.abs(samples).max(initial=0.0) > 0 else ""


def deepgram(request: Request) -> tuple[int, Any]:
    assert (request.method, request.path) == ("POST", "/v1/listen") and request.headers["content-type"] == "audio/wav"
    text = text_of(request.body)
    best = {"transcript": text, "confidence": 0.75 if text else 0.0, "words": []}
    return 200, {"metadata": {"request_id": "r"}, "results": {"channels": [{"alternatives": [best]}]}}


def azure(request: Request) -> tuple[int, Any]:
    assert (request.method, request.path) == ("POST", "/speechtotext/transcriptions:transcribe")
    text = text_of(parts_of(request)["audio"])
    phrases = [{"offsetMilliseconds": 0, "durationMilliseconds": 100, "text": text, "confidence": 0.75, "words": []}]
    return 200, {
        "durationMilliseconds": 100,
        "combinedPhrases": [{"text": text}],
        "phrases": phrases if text else [],
    }


def google(request: Request) -> tuple[int, Any]:
    assert (request.method, request.path) == ("POST", "/v1/speech:recognize")
    text = text_of(base64.b64decode(json.loads(request.body)["audio"]["content"]))
    results = [
        {"alternatives": [{"transcript": text, "confidence": 0.75}], "resultEndTime": "1s", "languageCode": "en-gb"}
    ]
    return 200, {"totalBilledTime": "15s", "requestId": "1"} | ({"results": results} if text else {})


class AssemblyAi:
    """Uploads, orders that are queued, in work, and done; what is deleted is gone."""

    def __init__(self) -> None:
        self.uploads: list[bytes] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.seen: dict[str, int] = {}
        self.deleted: list[str] = []

    def __call__(self, request: Request) -> tuple[int, Any]:
        if request.path == "/v2/upload":
            self.uploads.append(request.body)
            return 200, {"upload_url": f"https://cdn.example.org/upload/{len(self.uploads) - 1}"}
        if request.method == "POST":
            name = f"t{len(self.orders)}"
            self.orders[name] = json.loads(request.body)
            return 200, {"id": name, "status": "queued", "audio_url": self.orders[name]["audio_url"]}
        name = request.path.removeprefix("/v2/transcript/")
        if request.method == "DELETE":
            self.deleted.append(name)
            return 200, {"id": name, "status": "completed", "text": "deleted by user"}
        self.seen[name] = self.seen.get(name, 0) + 1
        url = self.orders[name]["audio_url"]
        if self.seen[name] < 3:
            return 200, {
                "id": name,
                "status": ("queued", "processing")[self.seen[name] - 1],
                "audio_url": url,
                "text": None,
            }
        text = text_of(self.uploads[int(url.rpartition("/")[2])])
        trust = 0.75 if text else None
        return 200, {
            "id": name,
            "status": "completed",
            "audio_url": url,
            "text": text,
            "confidence": trust,
            "words": [],
        }


@contextmanager
def serving(route: Route) -> Iterator[Vendor]:
    vendor = Vendor(route)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, parts.path, parse_qs(parts.query), headers, body)
            with vendor.lock:
                vendor.asked.append(request)
                status, content = vendor.plan.pop(0) if vendor.plan else vendor.route(request)
            written = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Handler) as vendor.url:
        yield vendor


SERVICES: dict[str, tuple[Callable[[], Route], str]] = {
    "deepgram": (lambda: deepgram, "deepgram:nova-3?language=en-GB"),
    "azure-speech": (lambda: azure, "azure-speech?language=en-GB"),
    "google-speech": (lambda: google, "google-speech:latest_long?language=en-GB"),
    "assemblyai": (AssemblyAi, "assemblyai:universal?language=en-GB&poll_s=0.001"),
}


@pytest.fixture(params=list(SERVICES))
def vendor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Vendor]]:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    with serving(SERVICES[request.param][0]()) as started:
        yield request.param, started


def spec_of(name: str, vendor: Vendor, more: str = "") -> str:
    return f"{SERVICES[name][1]}&url={vendor.url}&key=VENDOR_KEY{more}"


def engine(name: str, vendor: Vendor, more: str = "") -> HttpEngine:
    loaded = load_engine(spec_of(name, vendor, more))
    assert isinstance(loaded, HttpEngine)
    return replace(loaded, retry_policy=RetryPolicy(2, first_s=0.001, longest_s=0.002))


def wave(n: int = 1600, sample_rate: int = 16_000) -> Waveform:
    return Waveform(np.linspace(-0.5, 0.5, n, dtype=np.float32), sample_rate, f"c/{n}", "s1")


def silence() -> Waveform:
    return Waveform(np.zeros(1600, dtype=np.float32), 16_000, "c/silence", "s1")


def test_an_utterance_is_transcribed_with_the_services_confidence_and_silence_is_empty(
    vendor: tuple[str, Vendor],
) -> None:
    name, server = vendor
    first, second, third = engine(name, server).transcribe([wave(), silence(), wave(800, 8_000)])
    assert isinstance(first, Transcript) and isinstance(second, Transcript) and isinstance(third, Transcript), (
        first,
        second,
    )
    assert (first.text, second.text, third.text) == ("1600 samples", "", "1600 samples")
    assert first.confidence == pytest.approx(0.75)
    assert "left_behind" not in first.extra


def test_the_contract_holds(vendor: tuple[str, Vendor]) -> None:
    name, server = vendor
    check_engine(lambda: load_engine(spec_of(name, server)), threads=True)


def test_a_request_carries_key_language_and_model_as_the_service_wants_them(vendor: tuple[str, Vendor]) -> None:
    name, server = vendor
    engine(name, server).transcribe([wave()])
    asked = server.asked[0]
    match name:
        case "deepgram":
            assert asked.headers["authorization"] == f"Token {KEY}"
            assert asked.query == {"model": ["nova-3"], "language": ["en-GB"], "mip_opt_out": ["true"]}
        case "azure-speech":
            assert asked.headers["ocp-apim-subscription-key"] == KEY
            assert asked.query == {"api-version": ["2024-11-15"]}
            assert json.loads(parts_of(asked)["definition"]) == {"locales": ["en-GB"], "profanityFilterMode": "None"}
        case "google-speech":
            assert asked.headers["x-goog-api-key"] == KEY and asked.query == {}
            assert json.loads(asked.body)["config"] == {
                "encoding": "LINEAR16", "sampleRateHertz": 16_000, "languageCode": "en-GB", "model": "latest_long",
            }  # fmt: skip
        case "assemblyai":
            assert {request.headers["authorization"] for request in server.asked} == {KEY}
            order = next(json.loads(request.body) for request in server.asked if request.path == "/v2/transcript")
            assert order == {
                "language_code": "en_gb", "speech_models": ["universal"], "audio_url": "https://cdn.example.org/upload/0",
            }  # fmt: skip
            assert [request.method for request in server.asked] == ["POST", "POST", "GET", "GET", "GET", "DELETE"]


def test_a_key_that_is_refused_ends_the_run_and_is_not_repeated(vendor: tuple[str, Vendor]) -> None:
    name, server = vendor
    server.plan = [(401, {"err_msg": f"Invalid credentials {KEY}"})] * 4
    with pytest.raises(EngineStoppedError, match="does not accept the key") as raised:
        engine(name, server).transcribe([wave()])
    assert "VENDOR_KEY" in str(raised.value) and KEY not in str(raised.value)
    assert KEY not in repr(engine(name, server)) and KEY not in repr(engine(name, server).ask)


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("deepgram", 400, {"err_code": "Bad Request", "err_msg": "No such model/language/tier combination found."}),
        ("azure-speech", 400, {"error": {"code": "InvalidLocale", "message": "The specified locale is not supported."}}),
        ("google-speech", 400, {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}),
        ("assemblyai", 400, {"error": "\"speech_model\" is not a valid model"}),
    ],
)  # fmt: skip
def test_what_concerns_every_utterance_ends_the_run_at_once(
    name: str, status: int, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    with serving(SERVICES[name][0]()) as server:
        server.plan = [(status, body)] * 8
        with pytest.raises(EngineStoppedError, match="takes no request like this"):
            engine(name, server).transcribe([wave(), wave(900)])


def test_what_may_pass_is_asked_again_and_audio_that_is_not_taken_is_a_failed_row(vendor: tuple[str, Vendor]) -> None:
    name, server = vendor
    server.plan = [(429, {"err_msg": "too many requests"}), (503, b"")]
    (answer,) = engine(name, server).transcribe([wave()])
    assert isinstance(answer, Transcript) and answer.text == "1600 samples"
    server.plan = [
        (400, {"err_code": "Bad Request", "err_msg": "failed to process audio: corrupt or unsupported data"})
    ]
    (failed,) = engine(name, server).transcribe([wave()])
    assert isinstance(failed, EngineFailure) and "corrupt or unsupported data" in failed.error


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"<html>", b'{"results": 3}', b"[" * 10_000, b"\xff\xfe\x00", b'{"results": {"channels": [3]}}'],
)
def test_an_answer_that_is_none_is_a_failed_row_in_words(vendor: tuple[str, Vendor], body: bytes) -> None:
    name, server = vendor
    server.plan = [(200, body)] * 3
    (failed,) = engine(name, server).transcribe([wave()])
    assert isinstance(failed, EngineFailure) and "Error" not in failed.error, failed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"Bearer {KEY}", "the text repeats the key"),
        ("one \0 two", "the text is not Unicode"),
        ("x" * 1_000_001, "is no transcript"),
    ],
)
def test_a_text_that_may_not_be_stored_is_a_failed_row(text: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    answer = {"results": {"channels": [{"alternatives": [{"transcript": text, "confidence": 0.9, "words": []}]}]}}
    with serving(lambda request: (200, answer)) as server:
        (failed,) = engine("deepgram", server).transcribe([wave()])
    assert isinstance(failed, EngineFailure) and reason in failed.error and KEY not in failed.error


def test_an_order_that_fails_is_paid_once_and_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    route = AssemblyAi()
    with serving(route) as server:
        wanted = "/v2/transcript/t0"

        def failing(request: Request) -> tuple[int, Any]:
            if request.method == "GET" and request.path == wanted:
                return 200, {"id": "t0", "status": "error", "error": "Audio duration is too short."}
            return route(request)

        server.route = failing
        (failed,) = engine("assemblyai", server).transcribe([wave()])
        assert isinstance(failed, EngineFailure) and "Audio duration is too short" in failed.error
        assert list(route.orders) == route.deleted == ["t0"]


def test_an_order_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    route = AssemblyAi()
    with serving(route) as server:
        server.route = lambda request: (
            (200, {"id": "t0", "status": "queued"}) if request.method == "GET" else route(request)
        )
        (failed,) = engine("assemblyai", server, "&timeout_s=0.2").transcribe([wave()])
        assert isinstance(failed, EngineFailure) and "no transcript within 0.2 s of the order" in failed.error
        assert len(route.orders) == 1 and route.deleted == ["t0"]


def test_more_than_a_minute_is_not_sent_to_google(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    with serving(google) as server:
        (failed,) = engine("google-speech", server).transcribe([wave(61 * 16_000)])
        assert isinstance(failed, EngineFailure) and "61 s are longer than the 60 s" in failed.error
        assert server.asked == []


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("deepgram?key=VENDOR_KEY", "no model is named"),
        ("deepgram:nova-3", "no key is named"),
        ("deepgram:nova-3?key=VENDOR_KEY&keep=maybe", "keep=maybe is unknown"),
        ("deepgram:nova-3?key=VENDOR_KEY&modle=x", "no option 'modle'"),
        ("azure-speech?language=en-GB&key=VENDOR_KEY", "no region is given"),
        ("azure-speech?region=west%20europe&language=en-GB&key=VENDOR_KEY", "is no region of Azure"),
        ("azure-speech?region=westeurope&key=VENDOR_KEY", "wants a language with its region, not 'en'"),
        ("google-speech?key=VENDOR_KEY", "wants a language with its region, not 'en'"),
        ("google-speech?language=en-GB&key=OTHER_KEY", "the environment variable OTHER_KEY is not set"),
        ("assemblyai:universal?key=VENDOR_KEY&poll_s=0", "poll_s=0 is not a number"),
    ],
)
def test_what_a_study_cannot_ask_for_is_said_before_anything_is_sent(
    spec: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    monkeypatch.delenv("OTHER_KEY", raising=False)
    with pytest.raises(EngineError, match=reason):
        load_engine(spec)


@pytest.mark.parametrize(
    ("spec", "goes_to"),
    [
        ("deepgram:nova-3?key=VENDOR_KEY", "https://api.deepgram.com"),
        ("azure-speech?region=WestEurope&language=en-GB&key=VENDOR_KEY", "https://westeurope.api.cognitive.microsoft.com"),
        ("google-speech?language=en-GB&key=VENDOR_KEY&url=https://eu-speech.googleapis.com", "https://eu-speech.googleapis.com"),
        ("assemblyai?key=VENDOR_KEY", "https://api.assemblyai.com"),
    ],
)  # fmt: skip
def test_a_study_must_allow_that_audio_leaves(
    spec: str, goes_to: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    loaded = load_engine(spec)
    assert isinstance(loaded, HttpEngine) and loaded.audio_goes_to == goes_to and KEY not in loaded.model_id
    study = Study.create(
        {"name": "away", "corpus": [make(tmp_path).name], "conditions": ["clean"], "engines": [spec]}, base=tmp_path
    )
    store = open_store(f"sqlite:///{tmp_path / 'w.sqlite'}")
    with pytest.raises(EngineError, match="audio_leaves_this_machine = true"):
        run(study, store=store)
    store.close()
