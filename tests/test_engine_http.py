"""A server with the OpenAI transcription API: what it is sent, and what becomes of everything it may answer."""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from tests.asr_server import AsrServer, Reply, serving
from tests.corpus import make
from workbench.audio import Waveform
from workbench.engines import EngineFailure, Transcript, describe_engine, load_engine
from workbench.engines.http_engine import HttpEngine
from workbench.engines.remote import Price, RateLimit, RetryPolicy, cost_note
from workbench.errors import EngineError, EngineStoppedError, StudyError
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

KEY = "sk-Very-Secret-0123456789"


@pytest.fixture
def server() -> Iterator[AsrServer]:
    with serving() as started:
        yield started


def wave(n: int = 1600, name: str = "c/1", sample_rate: int = 16_000) -> Waveform:
    return Waveform(np.linspace(-0.5, 0.5, n, dtype=np.float32), sample_rate, name, "s1")


def engine(server: AsrServer, more: str = "", *, retries: int = 2) -> HttpEngine:
    """An engine that waits milliseconds where it would wait seconds."""
    loaded = load_engine(f"openai-api:small-asr?url={server.url}&retries={retries}{more}")
    assert isinstance(loaded, HttpEngine)
    return replace(loaded, retry_policy=RetryPolicy(retries, first_s=0.001, longest_s=0.002))


def only(answers: list[Transcript | EngineFailure]) -> Transcript | EngineFailure:
    (answer,) = answers
    return answer


def failure(answers: list[Transcript | EngineFailure]) -> str:
    answer = only(answers)
    assert isinstance(answer, EngineFailure), answer
    return answer.error


def test_a_request_is_what_the_api_asks_for(server: AsrServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_KEY", f"{KEY}\n")
    answer = only(engine(server, "&key=ASR_KEY&prompt=one%20two").transcribe([wave(800, sample_rate=8_000)]))
    assert isinstance(answer, Transcript)
    assert (answer.text, answer.confidence, dict(answer.extra)) == ("1600 samples", None, {})
    (asked,) = server.asked
    assert asked.path == "/v1/audio/transcriptions"
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert asked.form == {
        "model": "small-asr", "response_format": "json", "temperature": "0", "language": "en", "prompt": "one two",
    }  # fmt: skip
    assert (asked.file_name, asked.sample_rate) == ("audio.wav", 16_000)


@pytest.mark.parametrize("upload", ["wav", "flac"])
def test_the_server_hears_the_samples_to_16_bits(server: AsrServer, upload: str) -> None:
    sent = wave(4000)
    engine(server, f"&upload={upload}").transcribe([sent])
    assert server.asked[0].file_name == f"audio.{upload}"
    np.testing.assert_allclose(server.asked[0].samples, sent.samples, atol=1.01 / 32768)


def test_no_key_is_sent_unless_it_is_named(server: AsrServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    engine(server).transcribe([wave()])
    assert "Authorization" not in server.asked[0].headers


def test_audio_for_this_machine_takes_no_proxy(server: AsrServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert isinstance(only(engine(server).transcribe([wave()])), Transcript)


def test_confidence_comes_from_log_probabilities(server: AsrServer) -> None:
    server.says = lambda _: {
        "text": "a b",
        "logprobs": [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -0.5}],
    }
    answer = only(engine(server, "&answer=logprobs").transcribe([wave()]))
    assert isinstance(answer, Transcript)
    assert answer.confidence == pytest.approx(math.sqrt(math.exp(-0.1) * math.exp(-0.5)))
    assert server.asked[0].form["include[]"] == "logprobs"


def test_confidence_of_segments_is_weighted_by_their_tokens(server: AsrServer) -> None:
    segments = [
        {"avg_logprob": -0.2, "tokens": [1, 2, 3], "no_speech_prob": 0.1, "compression_ratio": 1.5},
        {"avg_logprob": -1.0, "tokens": [4], "no_speech_prob": 0.7, "compression_ratio": 0.9},
    ]
    server.says = lambda _: {"text": "a b", "segments": segments}
    answer = only(engine(server, "&answer=verbose_json").transcribe([wave()]))
    assert isinstance(answer, Transcript)
    assert answer.confidence == pytest.approx(math.exp((-0.2 * 3 - 1.0) / 4))
    assert answer.extra == {"avg_logprob": pytest.approx(-0.4), "no_speech_prob": 0.7, "compression_ratio": 1.5}
    assert server.asked[0].form["response_format"] == "verbose_json"


@pytest.mark.parametrize(
    "odd",
    [
        {"logprobs": [{"logprob": None}]}, {"logprobs": "none"}, {"segments": [{"avg_logprob": True, "tokens": [1]}]},
        {"segments": [{"avg_logprob": -1.0}]}, {"segments": [3]}, {"logprobs": [{"logprob": float("nan")}]},
        {"logprobs": [{"logprob": 10**400}]}, {"logprobs": [{"logprob": 1e308}] * 2}, {"logprobs": [{"logprob": 999.0}]},
        {"segments": [{"avg_logprob": -1e308, "start": -1e308, "end": 1e308}] * 2},
    ],
)  # fmt: skip
def test_odd_numbers_are_no_confidence_and_no_failure(server: AsrServer, odd: dict[str, object]) -> None:
    server.says = lambda _: {"text": "one", **odd}
    answer = only(engine(server).transcribe([wave()]))
    assert isinstance(answer, Transcript)
    assert (answer.text, answer.confidence) == ("one", None)


def test_text_of_every_script_arrives(server: AsrServer) -> None:
    said = "naïve – Ελλάδα 東京 🎧 e\u0301"
    server.says = lambda _: {"text": said}
    answer = only(engine(server).transcribe([wave()]))
    assert isinstance(answer, Transcript)
    assert answer.text == said


HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
WHOLE = json.dumps({"text": "one two three"}).encode()
PASSING = {
    "too many requests": (Reply(429, b'{"error": {"message": "slow down"}}'), "the server answered 429: slow down"),
    "an error": (Reply(500, b""), "the server answered 500"),
    "a gateway's page": (Reply(502, HTML, "text/html"), "the server answered 502: <html>"),
    "a page with status 200": (Reply(200, HTML, "text/html"), "the answer is not JSON (text/html), and begins '<html>"),
    "half a JSON": (Reply(200, WHOLE[:12]), "the answer is not JSON (application/json), and begins"),
    "an answer cut off": (Reply(200, WHOLE, cut_at=9), "the answer was cut off"),
    "nothing": (Reply(200, b""), "the answer is not JSON (application/json), and is empty"),
    "a closed connection": (Reply(closes=True), "the server closed the connection without an answer"),
    "another type of content": (Reply(200, b"\x00\x01\x02", "audio/wav"), "the answer is not JSON (audio/wav)"),
    "not UTF-8": (Reply(200, b'{"text": "\xff"}'), "the answer is not UTF-8 (byte 10)"),
    "a lone surrogate": (Reply(200, b'{"text": "\\ud800"}'), "the text is not Unicode"),
    "a NUL": (Reply(200, b'{"text": "a\\u0000b"}'), "the text is not Unicode"),
    "no text": (Reply(200, b'{"txet": "one"}'), 'the answer holds no text: \'{"txet": "one"}\''),
    "a list": (Reply(200, b"[]"), "the answer holds no text"),
    "a number without end": (Reply(200, b'{"text": "one", "id": ' + b"9" * 5000 + b"}"), "the answer is not JSON"),
    "an error without end": (Reply(500, b'{"id": ' + b"9" * 5000 + b"}"), "the server answered 500: {"),
    "a type that rings": (
        Reply(200, b"", "text/\x1b[31mhtml\x07"),
        "the answer is not JSON (text/ [31mhtml), and is empty",
    ),
    "a wait in no number": (Reply(503, b"", headers=(("Retry-After", "\u00b2"),)), "the server answered 503"),
    "another language": (
        Reply(200, b"plain", headers=(("Content-Encoding", "gzip"),)),
        "the answer cannot be read (not packed",
    ),
    "a book": (
        Reply(200, json.dumps({"text": "x" * 1_000_001}).encode()),
        "a text of 1,000,001 characters is no transcript",
    ),
    "a library": (Reply(200, b" " * ((16 << 20) + 1)), "the answer cannot be read (longer than any transcript)"),
    "deep nesting": (Reply(200, b"[" * 200_000), "the answer is not JSON"),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_tried_again_and_then_is_a_failed_row(server: AsrServer, name: str) -> None:
    reply, said = PASSING[name]
    server.plan = [reply, reply]
    answer = only(engine(server).transcribe([wave()]))
    assert isinstance(answer, Transcript), answer
    assert len(server.asked) == 3
    server.plan = [reply] * 3
    assert failure(engine(server).transcribe([wave()])).startswith(said)
    server.plan = [reply] * 3
    assert failure(engine(server).transcribe([wave()])).endswith("(tried 3 times)")


@pytest.mark.parametrize("how", ["slow", "drips"])
def test_a_server_that_is_too_slow_is_given_up(server: AsrServer, how: str) -> None:
    slow = Reply(delay_s=8.0) if how == "slow" else Reply(body=WHOLE, drips_s=0.15)
    server.plan = [slow]
    began = time.monotonic()
    said = failure(engine(server, "&timeout_s=0.2", retries=0).transcribe([wave()]))
    assert said == "no answer within 0.2 s"
    assert time.monotonic() - began < 3.0
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("piece", "said"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n", "no answer within 0.3 s"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 60, "no answer within 0.3 s"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"),
    ],
)
def test_a_head_without_end_is_given_up_in_time(piece: bytes, said: str) -> None:
    """Each byte comes in time, and still the answer never does: only the whole can be too late."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            with listening.accept()[0] as connection, suppress(OSError):
                connection.recv(1 << 16)
                for number in count():
                    connection.sendall(piece[number % len(piece) :][:1])
                    time.sleep(0.005)

        Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        away = AsrServer(url=f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
        assert failure(engine(away, "&timeout_s=0.3", retries=0).transcribe([wave()])) == said
        assert time.monotonic() - began < 3.0


def test_a_server_that_is_not_there_is_a_failed_row_with_the_reason() -> None:
    with serving() as gone:
        pass
    assert failure(engine(gone).transcribe([wave()])) == "nobody listens at this address (tried 3 times)"
    nowhere = AsrServer(url="http://asr.invalid/v1")
    assert "looked up" in failure(engine(nowhere).transcribe([wave()])) or "no host" in failure(
        engine(nowhere).transcribe([wave()])
    )


def test_what_is_wrong_with_one_utterance_is_not_tried_again(server: AsrServer) -> None:
    server.plan = [Reply(400, b'{"error": {"message": "audio is too short"}}')]
    assert failure(engine(server).transcribe([wave()])) == "the server answered 400: audio is too short"
    assert len(server.asked) == 1


STOPPING = {
    "no key": (Reply(401), "", "name the environment variable that holds the key with 'key=VARIABLE'"),
    "a wrong key": (Reply(401), "&key=ASR_KEY", "check the key in the environment variable ASR_KEY"),
    "forbidden": (Reply(403), "&key=ASR_KEY", "what its account may do"),
    "to be paid": (Reply(402), "&key=ASR_KEY", "the server wants to be paid (402)"),
    "no credit": (Reply(429, b'{"error": {"code": "insufficient_quota"}}'), "", "no credit left"),
    "another place": (
        Reply(307, headers=(("Location", "http://127.0.0.1:1/v1"),)),
        "",
        "sends the request elsewhere (307)",
    ),
    "wrong method": (Reply(405), "", "as a rule ends in /v1"),
}


@pytest.mark.parametrize("name", STOPPING)
def test_what_concerns_every_utterance_ends_the_run_at_once(
    server: AsrServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_KEY", KEY)
    reply, options, said = STOPPING[name]
    server.plan = [reply] * 9
    with pytest.raises(EngineStoppedError) as caught:
        engine(server, f"{options}&in_flight=1").transcribe([wave(name=f"c/{i}") for i in range(5)])
    assert said in str(caught.value)
    assert server.url in str(caught.value)
    assert len(server.asked) == 1, "nothing more is sent"


def test_a_model_that_the_server_does_not_have_suggests_one_that_it_has(server: AsrServer) -> None:
    server.plan = [Reply(404, b'{"error": {"code": "model_not_found"}}')]
    wrong = load_engine(f"openai-api:smal-asr?url={server.url}")
    with pytest.raises(EngineStoppedError, match="did you mean 'small-asr'\\? It has: large-asr, small-asr"):
        wrong.transcribe([wave()])


def test_an_address_that_is_not_there_is_said_to_be_wrong(server: AsrServer) -> None:
    server.plan = [Reply(404, HTML, "text/html")]
    with pytest.raises(EngineStoppedError, match="check url, which as a rule ends in /v1"):
        engine(server).transcribe([wave()])


def test_retry_after_is_honoured_in_seconds_and_as_a_date(server: AsrServer, monkeypatch: pytest.MonkeyPatch) -> None:
    dates = (("Retry-After", "Wed, 21 Oct 2026 07:28:01 GMT"), ("Date", "Wed, 21 Oct 2026 07:28:00 GMT"))
    for headers in ((("Retry-After", "1"),), dates):
        server.asked.clear()
        server.plan = [Reply(503, b"", headers=headers)]
        assert isinstance(only(engine(server).transcribe([wave()])), Transcript)
        first, second = server.asked
        assert 0.95 <= second.at_s - first.at_s < 30.0
        monkeypatch.setattr(time, "time", lambda: 0.0)  # the clock of this machine jumps by decades


def test_a_server_that_asks_for_hours_is_not_waited_for(server: AsrServer) -> None:
    server.plan = [Reply(429, b"", headers=(("Retry-After", "7200"),))]
    assert "asks to wait 7200 s" in failure(engine(server).transcribe([wave()]))


def test_the_wait_doubles_within_its_half_and_depends_on_names_alone() -> None:
    retry_policy = RetryPolicy(retries=5, first_s=0.5, longest_s=60.0)
    for attempt in range(12):
        full = min(60.0, 0.5 * 2**attempt)
        delays = [retry_policy.delay_s(f"c/{i}", attempt) for i in range(200)]
        assert all(full / 2 <= one < full for one in delays)
        assert max(delays) - min(delays) > 0.45 * full, "they do not come back all at once"
    assert retry_policy.delay_s("c/1", 3) == RetryPolicy().delay_s("c/1", 3)


def test_no_more_than_so_many_requests_a_minute(server: AsrServer) -> None:
    limited = replace(engine(server), limit=RateLimit(600.0))
    began = time.monotonic()
    limited.transcribe([wave(name=f"c/{i}") for i in range(5)])
    assert (
        max(asked.at_s for asked in server.asked) - began >= 0.4
    )  # the fifth turn comes four gaps of 0.1 s after the first
    limit = RateLimit(60.0)
    assert [limit.wait_s(now) for now in (5.0, 5.0, 5.5, 9.0)] == [0.0, 1.0, 1.5, 0.0]
    assert RateLimit().wait_s(1.0) == 0.0


def test_requests_are_in_flight_at_once_and_answers_keep_their_order(server: AsrServer) -> None:
    server.plan = [Reply(delay_s=0.3 - 0.04 * i) for i in range(6)]
    answers = engine(server, "&in_flight=6").transcribe([wave(1000 + i, f"c/{i}") for i in range(6)])
    assert [one.text for one in answers if isinstance(one, Transcript)] == [f"{1000 + i} samples" for i in range(6)]
    assert server.at_once > 2
    server.at_once = 0
    server.plan = [Reply(delay_s=0.02)] * 6
    engine(server, "&in_flight=2").transcribe([wave(1000 + i, f"c/{i}") for i in range(6)])
    assert server.at_once <= 2


def test_a_server_that_stays_away_ends_the_run_and_no_answer_is_lost(server: AsrServer) -> None:
    patient = engine(server, "&give_up=3", retries=0)
    server.plan = [Reply(500, b"broken")] * 2
    assert [type(one) for one in patient.transcribe([wave(), wave(), wave()])].count(EngineFailure) == 2
    patient.transcribe([wave()])
    server.plan = [Reply(500, b"broken")] * 3
    assert all(isinstance(one, EngineFailure) for one in patient.transcribe([wave()] * 3))
    with pytest.raises(
        EngineStoppedError, match="3 utterances in a row got no answer; the last: the server answered 500"
    ):
        patient.transcribe([wave()])


def test_the_key_is_nowhere_but_in_the_request(
    server: AsrServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ASR_KEY", KEY)
    caplog.set_level("DEBUG")
    keyed = engine(server, "&key=ASR_KEY&give_up=1000")
    seen = [repr(keyed), repr(keyed.ask), json.dumps(vars(describe_engine(keyed)))]
    server.plan = [Reply(500, f'{{"error": {{"message": "bad key {KEY}"}}}}'.encode())] * 3
    seen.append(failure(keyed.transcribe([wave()])))
    server.plan = [Reply(200, f"echo {KEY}".encode())] * 3
    seen.append(failure(keyed.transcribe([wave()])))
    for filler in range(100, 160):  # wherever a message is cut off, no piece of the key is left
        server.plan = [Reply(500, f'{{"error": {{"message": "{"x" * filler} {KEY}"}}}}'.encode())]
        seen.append(failure(replace(keyed, retry_policy=RetryPolicy(0)).transcribe([wave()])))
        server.plan = [Reply(200, f"{'x' * filler} {KEY}".encode())]
        seen.append(failure(replace(keyed, retry_policy=RetryPolicy(0)).transcribe([wave()])))
    server.plan = [Reply(200, json.dumps({"text": f"Bearer {KEY}"}).encode())] * 3
    assert failure(keyed.transcribe([wave()])).startswith("the text repeats the key")
    server.plan = [Reply(404)]
    server.models = (f"{KEY}-\x1b[31m",)
    with pytest.raises(EngineStoppedError) as listed:
        keyed.transcribe([wave()])
    assert "\x1b" not in str(listed.value)
    seen.append(str(listed.value))
    server.plan = [Reply(401, f'{{"error": {{"message": "wrong: {KEY[:8]}***"}}}}'.encode())]
    with pytest.raises(EngineStoppedError) as caught:
        keyed.transcribe([wave()])
    seen += [str(caught.value), caplog.text, *capfd.readouterr()]
    assert server.asked[0].headers["Authorization"].endswith(KEY)
    for text in seen:
        assert KEY[:8] not in text


def test_what_changes_the_text_is_another_model_and_nothing_else_is(server: AsrServer) -> None:
    usual = engine(server)
    for more in ("&in_flight=1", "&per_minute=100", "&timeout_s=7", "&give_up=2", "&price_per_minute=1"):
        other = engine(server, more)
        assert (other.model_id, other.digest) == (usual.model_id, usual.digest)
    for more in ("&language=none", "&prompt=x", "&temperature=0.5", "&answer=verbose_json", "&upload=flac"):
        other = engine(server, more)
        assert other.digest != usual.digest
        assert other.model_id != usual.model_id
    assert usual.model_id == f"openai-api:small-asr?url={server.url}#{usual.digest[:8]}"


@pytest.mark.parametrize(
    ("url", "goes_to", "address"),
    [
        ("http://localhost:8000", "", "http://localhost:8000/v1"),
        ("http://[::1]:8000/v1/", "", "http://[::1]:8000/v1"),
        ("https://API.example.org/v1/audio/transcriptions", "https://api.example.org", "https://api.example.org/v1"),
        ("http://192.168.0.7/asr/v1", "http://192.168.0.7", "http://192.168.0.7/asr/v1"),
    ],
)
def test_where_the_audio_goes_is_told_from_the_address(url: str, goes_to: str, address: str) -> None:
    loaded = load_engine(f"openai-api:m?url={url}")
    assert isinstance(loaded, HttpEngine)
    assert (loaded.audio_goes_to, loaded.options["url"]) == (goes_to, address)
    assert describe_engine(loaded).options.get("audio_goes_to", "") == goes_to


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("openai-api", "no model is named"),
        ("openai-api:m", "no address is given"),
        ("openai-api:m?url=api.example.org", "does not begin with http:// or https://"),
        ("openai-api:m?url=ftp://host/v1", "does not begin with http:// or https://"),
        ("openai-api:m?url=http:///v1", "it names no host"),
        ("openai-api:m?url=http://host:99999", "Port out of range"),
        ("openai-api:m?url=http://[::1/v1", "Invalid IPv6 URL"),
        ("openai-api:m?url=http://host/v1%3Fversion%3D1", "nothing may stand behind '?' or '#'"),
        ("openai-api:m?ulr=http://host", "no option 'ulr', did you mean 'url'?"),
        ("openai-api:m?url=http://host&key=ASR_KEY", "the environment variable ASR_KEY is not set"),
        ("openai-api:m?url=http://host&answer=xml", "answer=xml is unknown"),
        ("openai-api:m?url=http://host&in_flight=0", "in_flight=0 is not a number from 1 to 64"),
        ("openai-api:m?url=http://host&in_flight=1.5", "in_flight=1.5 is not a whole number"),
        ("openai-api:m?url=http://host&per_minute=0", "per_minute=0 is not a number from 0.01"),
        ("openai-api:m?url=http://host&currency=EUR", "currency without a price"),
    ],
)
def test_values_that_make_no_sense_are_refused_before_anything_is_sent(
    spec: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASR_KEY", raising=False)
    with pytest.raises(EngineError) as caught:
        load_engine(spec)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "spec"),
    [
        (KEY, f"openai-api:m?url=http://host/v1&key={KEY}"),
        ("AKIAIOSFODNN7EXAMPLE", "openai-api:m?url=http://host/v1&key=AKIAIOSFODNN7EXAMPLE"),
        ("hunter2", "openai-api:m?url=https://me:hunter2@host/v1"),
        ("hunter2", "openai-api:m?url=https%3A%2F%2Fme%3Ahunter2%40host/v1"),
        ("hunter2", "other:m?api_token=hunter2"),
        ("hunter2", "openai-api:m?key=hunter2&key=ASR_KEY&url=http://host/v1"),
        ("hunter2", "openai-api:m?k%65y=hunter2"),
        ("hunter2", "openai-api:m?url=https://host/v1?api-key=hunter2"),
        ("hunter2", "openai-api:m?url=https%3A//host/v1%3Fversion=1%26subscription-key=hunter2"),
    ],
)
def test_a_key_in_a_name_is_refused_unseen_and_unstored(secret: str, spec: str) -> None:
    with pytest.raises(EngineError) as caught:
        load_engine(spec)
    assert secret not in str(caught.value)
    assert "(not shown)" in str(caught.value)
    with pytest.raises(StudyError) as refused:
        Study.create({"name": "a", "corpus": ["a.csv"], "engines": [spec], "conditions": ["clean"]})
    assert secret not in str(refused.value)


def test_a_variable_that_holds_no_key_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_KEY", "two words")
    with pytest.raises(EngineError) as caught:
        load_engine("openai-api:m?url=http://host&key=ASR_KEY")
    assert "holds no key" in str(caught.value)
    assert "two words" not in str(caught.value)


def test_the_cost_is_what_the_user_says_a_minute_costs(server: AsrServer) -> None:
    assert engine(server).price is None
    priced = engine(server, "&price_per_minute=0.006&currency=EUR").price
    assert priced == Price(0.006, "EUR")
    assert priced.cost([90.0, 30.0]) == pytest.approx(0.012)
    assert Price(1.0, "USD", minimum_s=15.0).cost([1.0, 60.0]) == pytest.approx(1.25)
    assert math.isnan(priced.cost([1.0, math.nan]))


def test_a_study_runs_through_the_server_and_failures_are_rows(
    server: AsrServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path)
    monkeypatch.setenv("ASR_KEY", KEY)
    server.plan = [Reply(400, b'{"error": {"message": "no speech"}}')]
    fields = {"name": "web", "corpus": ["tones.csv"], "conditions": ["clean"], "normaliser": "basic"}
    spec = f"openai-api:small-asr?url={server.url}&key=ASR_KEY"
    store = open_store()
    record = run(Study.create({**fields, "engines": [spec]}, base=tmp_path), store=store)
    assert (record.state, record.done, record.failed) == ("done", 18, 1)
    assert store.failures(record.run_id)[0][2] == "the server answered 400: no speech"
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_refused_key_ends_the_run_with_the_remedy_and_the_run_goes_on_later(
    server: AsrServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    make(tmp_path)
    monkeypatch.setenv("ASR_KEY", KEY)
    fields = {"name": "web", "corpus": ["tones.csv"], "conditions": ["clean"], "normaliser": "basic"}
    spec = f"openai-api:small-asr?url={server.url}&key=ASR_KEY&in_flight=1&price_per_minute=6"
    study, store = Study.create({**fields, "engines": [spec]}, base=tmp_path), open_store()
    server.plan = [Reply(401)] * 10
    with pytest.raises(EngineStoppedError, match="check the key in the environment variable ASR_KEY"):
        run(study, store=store, workers=workers)
    (stopped,) = store.runs()
    assert (stopped.state, stopped.failed) == ("failed", 0)
    assert "the server does not accept the key (401)" in stopped.message
    assert len(server.asked) <= 2 * workers
    server.plan.clear()
    record = run(study, store=store, workers=workers)
    assert (record.state, record.done, record.failed) == ("done", 18, 0)
    minutes = 6 * (0.6 + 0.7 + 0.8) / 60
    assert any(f"up to {6 * minutes:.2f} USD for {minutes:.1f} minutes" in note for note in record.notes)


def test_the_cost_of_what_has_no_length_is_not_made_up(server: AsrServer) -> None:
    priced = engine(server, "&price_per_minute=2&currency=EUR")
    assert cost_note(priced, [60.0, math.nan]).endswith("; 1 utterances of unknown length come on top")
    assert "up to 2.00 EUR for 1.0 minutes of audio at 2 a minute" in cost_note(priced, [60.0, math.nan])
    assert cost_note(engine(server), [60.0]) == ""
