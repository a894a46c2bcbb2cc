"""What servers with the OpenAI transcription API really answer: read where it can only mean one text, else named in their words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import pytest

from tests.asr_server import AsrServer, Reply, serving
from tests.synthetic_speech import RATE, speech_like
from workbench.audio import Waveform
from workbench.engines import EngineFailure, Transcript, load_engine
from workbench.engines.answers import UnreadableAnswerError
from workbench.engines.openai_responses import read_answer
from workbench.engines.server_errors import retry_after_s, server_says

TEXT = "and so my fellow americans"
WAVE = Waveform(speech_like(0.5), RATE, "u")


@pytest.fixture
def server() -> Iterator[AsrServer]:
    with serving() as running:
        yield running


def ask(server: AsrServer, *plan: Reply, options: str = "") -> Transcript | EngineFailure:
    server.plan = list(plan)
    (answer,) = load_engine(f"openai-api:small-asr?url={server.url}&retries=2{options}").transcribe([WAVE])
    return answer


def dumped(content: object) -> bytes:
    return json.dumps(content).encode()


STREAM = b'data: {"type":"transcript.text.delta","delta":"and so "}\n\ndata: {"type":"transcript.text.delta","delta":"my fellow americans"}\n\n'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (dumped({"text": TEXT}), "application/json"),
        (b"\xef\xbb\xbf" + dumped({"text": TEXT}), "application/json"),
        (dumped(TEXT), "application/json"),
        (f"{TEXT}\n".encode(), "text/plain; charset=utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "text/plain"),
        (STREAM + b'data: {"type":"transcript.text.done","text":"' + TEXT.encode() + b'"}\n\ndata: [DONE]\n\n', "text/event-stream"),
        (STREAM + b"data: [DONE]\n\n", "text/event-stream; charset=utf-8"),
        (b"".join(b"data: " + dumped({"choices": [{"delta": {"content": piece}, "finish_reason": end}]}) + b"\n\n"
                  for piece, end in (("and so my ", None), ("fellow americans", "stop"))), "text/event-stream"),
        (dumped({"segments": [{"text": " and so my"}, {"text": " fellow americans"}]}), "application/json"),
    ],
)  # fmt: skip
def test_an_answer_that_can_only_mean_one_text_is_read(body: bytes, content_type: str) -> None:
    answer = read_answer(body, content_type)
    assert (answer.text, answer.confidence, answer.extra) == (TEXT, None, {})


def test_the_charset_that_the_server_names_is_heeded() -> None:
    body = json.dumps({"text": "caf\u00e9"}, ensure_ascii=False).encode("latin-1")
    assert read_answer(body, "application/json; charset=iso-8859-1").text == "caf\u00e9"
    with pytest.raises(UnreadableAnswerError, match="not UTF-8"):
        read_answer(body, "application/json")


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"<html>login</html>", "text/plain", "not JSON"),
        (b"WEBVTT\n\n00:00.000 --> 00:01.000\none\n", "text/plain", "not JSON"),
        (b"1\n00:00:00,000 --> 00:00:01,000\none\n", "text/plain", "not JSON"),
        (b"one two", "application/octet-stream", "not JSON"),
        (b"", "text/plain", "is empty"),
        (STREAM, "text/event-stream", "ended without a whole text"),
        (b"data: {cut", "text/event-stream", "not JSON"),
        (dumped({"result": {"text": TEXT}}), "application/json", "holds no text"),
        (dumped({"text": None}), "application/json", "holds no text"),
        (dumped({"text": None, "segments": [{"text": "x"}]}), "application/json", "holds no text"),
        (dumped([TEXT]), "application/json", "holds no text"),
    ],
)
def test_what_is_no_transcript_is_refused(body: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(UnreadableAnswerError, match=reason) as caught:
        read_answer(body, content_type)
    assert not caught.value.final


@pytest.mark.parametrize("tokens", [[], [1, 2, 3]])
def test_zeros_in_every_segment_are_no_confidence(tokens: list[int]) -> None:
    empty = {
        "start": 0.0,
        "end": 1.5,
        "text": TEXT,
        "avg_logprob": 0.0,
        "tokens": tokens,
        "no_speech_prob": 0.0,
        "compression_ratio": 0.0,
    }
    answer = read_answer(dumped({"text": TEXT, "segments": [empty, empty]}), "application/json")
    assert (answer.confidence, answer.extra) == (None, {})
    filled = {**empty, "avg_logprob": -0.4}
    answer = read_answer(dumped({"text": TEXT, "segments": [filled]}), "application/json")
    assert answer.confidence == pytest.approx(math.exp(-0.4))
    zeros = [{"token": "a", "logprob": 0.0}] * 3
    assert read_answer(dumped({"text": TEXT, "logprobs": zeros}), "application/json").confidence is None


def test_an_error_within_a_success_is_final_unless_it_may_pass(server: AsrServer) -> None:
    answer = ask(server, Reply(body=dumped({"error": "failed to process audio"})))
    assert isinstance(answer, EngineFailure)
    assert "failed to process audio" in answer.error
    assert len(server.asked) == 1
    server.asked.clear()
    assert isinstance(ask(server, Reply(body=dumped({"error": "model is loading"}))), Transcript)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "content", "words"),
    [
        (422, {"detail": [{"loc": ["body", "temperature"], "msg": "extra fields not permitted", "type": "value_error"}]}, "body.temperature: extra fields not permitted"),
        (422, {"detail": [{"loc": ["body", "file"], "msg": "field required"}, {"loc": ["body", "model"], "msg": "unknown"}]}, "body.file: field required; body.model: unknown"),
        (422, {"detail": "no such language"}, "no such language"),
        (500, {"error": {"message": "Audio file is too short. Minimum audio length is 0.1 seconds.", "code": "audio_too_short"}}, "too short"),
        (400, {"object": "error", "message": "Maximum clip duration (30s) exceeded.", "code": 400}, "Maximum clip duration"),
    ],
)  # fmt: skip
def test_a_refusal_of_the_audio_is_told_in_the_servers_words_and_not_repeated(
    status: int, content: object, words: str, server: AsrServer
) -> None:
    answer = ask(server, Reply(status, dumped(content)))
    assert isinstance(answer, EngineFailure)
    assert words in answer.error
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "2"}, 2.0), ({"Retry-After": "0.5"}, 0.5), ({"retry-after-ms": "300"}, 0.3), ({"Retry-After": "1", "retry-after-ms": "300"}, 1.0),
     ({"Retry-After": "soon"}, None), ({"Retry-After": "-1"}, None), ({"Retry-After": "1e9"}, None), ({}, None)],
)  # fmt: skip
def test_fractions_of_a_second_are_waited_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


def test_details_of_any_shape_are_words_or_nothing() -> None:
    for content in ({"detail": [1, None]}, {"detail": {"a": 1}}, {"detail": [{"loc": 3, "msg": None}]}, [], "x", None):
        code, words = server_says(dumped(content))
        assert isinstance(code, str)
        assert isinstance(words, str)
