"""Amazon Transcribe against moto: what is sent, what comes back, and that nothing stays behind."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import soundfile
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.transcribe.models import FakeTranscriptionJob

from workbench.audio import Waveform
from workbench.engines import EngineFailure, Transcript, describe_engine, load_engine
from workbench.engines.amazon import AmazonEngine, read_result
from workbench.engines.amazon_calls import Lost
from workbench.engines.remote import Brake, FailureStreak, RetryPolicy
from workbench.engines.testing import check_engine, sample_waves
from workbench.errors import EngineError, EngineStoppedError

SPEC = "amazon-transcribe?bucket=ours&region=eu-west-1&language=en-GB&poll_s=0.001"
SECRET = "moto-secret-0123456789"


def said_by_amazon(n: int) -> dict[str, Any]:
    """Amazon's JSON for audio of ``n`` samples."""
    words = [
        {"type": "pronunciation", "alternatives": [{"content": str(n), "confidence": "0.9"}]},
        {"type": "pronunciation", "alternatives": [{"content": "samples", "confidence": "0.4"}]},
        {"type": "punctuation", "alternatives": [{"content": ".", "confidence": "0.0"}]},
    ]
    return {"results": {"transcripts": [{"transcript": f"{n} samples."}], "items": words}}


@pytest.fixture(scope="module")
def loaded_once() -> Iterator[AmazonEngine]:
    """The engine in moto's cloud with an empty bucket; loaded once, since boto3 takes a second for its clients."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        loaded = load_engine(SPEC)
        assert isinstance(loaded, AmazonEngine)
        loaded.cloud.s3.create_bucket(Bucket="ours", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield loaded


@pytest.fixture
def engine(loaded_once: AmazonEngine, monkeypatch: pytest.MonkeyPatch) -> AmazonEngine:
    """An engine whose service writes transcripts into the bucket, and which asks again after a millisecond."""
    advance = FakeTranscriptionJob.advance
    JOBS.clear()

    def working(job: FakeTranscriptionJob) -> None:
        before = job.status
        advance(job)
        if job.status != "COMPLETED" or before == "COMPLETED":
            return
        JOBS.append(job)
        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        bucket, _, key = job.media["MediaFileUri"].removeprefix("s3://").partition("/")
        samples, rate = soundfile.read(io.BytesIO(backend.get_object(bucket, key).value))
        assert rate == 16_000
        backend.put_object(bucket, job.output_key, json.dumps(said_by_amazon(len(samples))).encode())

    monkeypatch.setattr(FakeTranscriptionJob, "advance", working)
    return replace(loaded_once, retry_policy=RetryPolicy(2, first_s=0.001), streak=FailureStreak(), brake=Brake())


JOBS: list[FakeTranscriptionJob] = []
"""What the service was asked for and has done."""


def wave(n: int = 1600, name: str = "c/1") -> Waveform:
    return Waveform(np.linspace(-0.5, 0.5, n, dtype=np.float32), 16_000, name, "secret speaker")


def left_in_the_cloud(loaded: AmazonEngine) -> list[str]:
    objects = loaded.cloud.s3.list_objects_v2(Bucket="ours").get("Contents", [])
    jobs = loaded.cloud.service.list_transcription_jobs()["TranscriptionJobSummaries"]
    return [one["Key"] for one in objects] + [one["TranscriptionJobName"] for one in jobs]


def breaking(
    loaded: AmazonEngine, part: str, call: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    """Let one call of a client fail; return a list that grows with each time it was made."""
    made: list[int] = []

    def fail(**_: object) -> None:
        made.append(1)
        raise error

    monkeypatch.setattr(getattr(loaded.cloud, part), call, fail)
    return made


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")


def test_audio_becomes_a_job_and_its_transcript_and_nothing_stays(engine: AmazonEngine) -> None:
    loaded = engine
    answers = loaded.transcribe([wave(1600), wave(3200, "c/2"), wave(800, "c/3")])
    assert [one.text for one in answers if isinstance(one, Transcript)] == [
        "1600 samples.",
        "3200 samples.",
        "800 samples.",
    ]
    first = answers[0]
    assert isinstance(first, Transcript)
    assert first.confidence == pytest.approx(math.sqrt(0.9 * 0.4))
    assert first.extra == {}
    assert {job.language_code for job in JOBS} == {"en-GB"}
    assert all("secret" not in job.transcription_job_name and "c/" not in job.output_key for job in JOBS)
    assert left_in_the_cloud(loaded) == []


def test_the_same_audio_in_a_batch_is_one_job(engine: AmazonEngine) -> None:
    answers = engine.transcribe([wave(), wave(name="c/2"), wave(0, "c/3")])
    assert len(JOBS) == 1
    assert [type(one) for one in answers] == [Transcript, Transcript, EngineFailure]
    assert engine.transcribe([]) == []


def test_it_keeps_the_contract(engine: AmazonEngine) -> None:
    check_engine(lambda: engine, waves=sample_waves()[:2])
    assert left_in_the_cloud(engine) == []


def test_a_job_of_an_interrupted_run_is_found_again(engine: AmazonEngine) -> None:
    loaded = replace(engine, retry_policy=RetryPolicy(0))
    name = loaded._name(wave())
    loaded.cloud.start(name, b"RIFF")
    (answer,) = loaded.transcribe([wave()])
    assert isinstance(answer, Transcript)
    assert len(JOBS) == 1
    assert left_in_the_cloud(loaded) == []


def test_what_the_service_cannot_do_is_a_failed_row_and_is_cleaned_up(
    engine: AmazonEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = engine
    asked = loaded.cloud.service.get_transcription_job

    def failed(**arguments: Any) -> Any:
        job = asked(**arguments)
        job["TranscriptionJob"] |= {"TranscriptionJobStatus": "FAILED", "FailureReason": "the audio is too short"}
        return job

    monkeypatch.setattr(loaded.cloud.service, "get_transcription_job", failed)
    (answer,) = loaded.transcribe([wave()])
    assert isinstance(answer, EngineFailure)
    assert answer.error == "the service gave up: the audio is too short"
    assert left_in_the_cloud(loaded) == []


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"results": {"transcripts": []}}', b"[]", b"\xff"])
def test_a_result_that_is_no_transcript_is_a_failed_row(
    engine: AmazonEngine, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(engine.cloud), "result", lambda cloud, name: body)
    (answer,) = engine.transcribe([wave()])
    assert isinstance(answer, EngineFailure)
    assert answer.error == "what the service wrote into the bucket is no transcript (tried 3 times)"
    assert left_in_the_cloud(engine) == []
    with pytest.raises(Lost):
        read_result(body)


@pytest.mark.parametrize(
    ("part", "call", "code"),
    [
        ("s3", "put_object", "InvalidAccessKeyId"), ("s3", "put_object", "NoSuchBucket"), ("s3", "put_object", "AccessDenied"),
        ("service", "start_transcription_job", "UnrecognizedClientException"),
        ("service", "get_transcription_job", "ExpiredTokenException"), ("s3", "get_object", "AccessDenied"),
    ],
)  # fmt: skip
def test_credentials_and_buckets_that_are_refused_end_the_run_at_once(
    engine: AmazonEngine, part: str, call: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = replace(engine, in_flight=1)
    made = breaking(loaded, part, call, refusal(code), monkeypatch)
    with pytest.raises(EngineStoppedError) as caught:
        loaded.transcribe([wave(800 + n, f"c/{n}") for n in range(3)])
    assert code in str(caught.value)
    assert ("AWS_ACCESS_KEY_ID" in str(caught.value)) == ("Bucket" not in code)
    assert SECRET not in str(caught.value)
    assert len(made) == 1


def test_a_halted_engine_waits_for_the_job_that_runs_and_starts_no_other(
    engine: AmazonEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, advance = replace(engine, in_flight=1), FakeTranscriptionJob.advance

    def halting(job: FakeTranscriptionJob) -> None:
        loaded.halt()
        advance(job)

    monkeypatch.setattr(FakeTranscriptionJob, "advance", halting)
    with pytest.raises(EngineStoppedError, match="the run was stopped") as caught:
        loaded.transcribe([wave(800 + n, f"c/{n}") for n in (0, 0, 1)])
    assert [getattr(one, "text", one) for one in caught.value.answers] == ["800 samples.", "800 samples.", None]
    assert len(JOBS) == 1
    assert left_in_the_cloud(loaded) == []


@pytest.mark.parametrize(
    ("error", "tries", "said"),
    [
        (refusal("LimitExceededException"), 3, "the service answered LimitExceededException: no (tried 3 times)"),
        (
            EndpointConnectionError(endpoint_url="x"),
            3,
            "the service was not reached (EndpointConnectionError) (tried 3 times)",
        ),
        (refusal("BadRequestException"), 1, "the service answered BadRequestException: no"),
    ],
)
def test_what_may_pass_is_tried_again(
    engine: AmazonEngine, error: Exception, tries: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = engine
    made = breaking(loaded, "service", "start_transcription_job", error, monkeypatch)
    (answer,) = loaded.transcribe([wave()])
    assert isinstance(answer, EngineFailure)
    assert (answer.error, len(made)) == (said, tries)
    assert left_in_the_cloud(loaded) == []


def test_what_could_not_be_deleted_is_a_fact_of_the_utterance(
    engine: AmazonEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = engine
    breaking(loaded, "s3", "delete_object", refusal("AccessDenied"), monkeypatch)
    (answer,) = loaded.transcribe([wave()])
    assert isinstance(answer, Transcript)
    assert answer.extra == {"left_behind": 2.0}


def test_a_job_that_never_ends_is_given_up_and_deleted(engine: AmazonEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(second) for second in range(1_000))
    patient = replace(engine, retry_policy=RetryPolicy(0), timeout_s=1.0, clock=lambda: next(clock))
    monkeypatch.setattr(type(engine.cloud), "done", lambda cloud, name: False)
    (answer,) = patient.transcribe([wave()])
    assert isinstance(answer, EngineFailure)
    assert answer.error == "the job was not done within 1 s"
    assert left_in_the_cloud(engine) == []


def test_the_name_says_region_and_language_and_no_secret_or_bucket(engine: AmazonEngine) -> None:
    loaded = load_engine(f"{SPEC}&price_per_minute=0.024&price_minimum_s=15&in_flight=2&prefix=x/")
    assert isinstance(loaded, AmazonEngine)
    assert loaded.model_id == f"amazon-transcribe?language=en-GB&region=eu-west-1#{loaded.digest[:8]}"
    assert engine.digest == loaded.digest
    assert load_engine(SPEC.replace("en-GB", "en-US")).digest != loaded.digest
    told = json.dumps(vars(describe_engine(loaded))) + repr(loaded)
    assert SECRET not in told
    assert describe_engine(loaded).options["audio_goes_to"] == "Amazon Transcribe in eu-west-1, through the bucket ours"
    assert loaded.price is not None
    assert loaded.price.cost([1.0, 60.0]) == pytest.approx(0.03)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("amazon-transcribe?region=eu-west-1", "no bucket is named"),
        ("amazon-transcribe?bucket=s3://ours&region=eu-west-1", "cannot be the name of a bucket"),
        ("amazon-transcribe?bucket=ours&region=eu-wst-1", "did you mean 'eu-west-1'?"),
        (
            "amazon-transcribe?bucket=ours&region=eu-west-1",
            "no language 'en'; write 'language=' with one of en-AB, en-AU, en-GB",
        ),
        ("amazon-transcribe?bucket=ours&region=eu-west-1&language=xx", "no language 'xx'"),
        ("amazon-transcribe?buket=ours", "no option 'buket', did you mean 'bucket'?"),
        ("amazon-transcribe:x?bucket=ours", "takes nothing behind a colon"),
        ("amazon-transcribe?bucket=ours&region=eu-west-1&language=en-GB&poll_s=0", "poll_s=0 is not a number"),
    ],
)
def test_values_that_make_no_sense_are_refused(engine: AmazonEngine, spec: str, said: str) -> None:
    with pytest.raises(EngineError) as caught:
        load_engine(spec)
    assert said in str(caught.value)


def test_without_credentials_or_boto3_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(EngineError, match="there are no credentials; set AWS_ACCESS_KEY_ID"):
        load_engine(SPEC)
    with pytest.raises(EngineError, match="no region is named"):
        load_engine("amazon-transcribe?bucket=ours")
    monkeypatch.setattr("workbench.engines.amazon.find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install .*\[vendors\]"):
        load_engine(SPEC)
