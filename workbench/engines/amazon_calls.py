"""The calls to Amazon S3 and Amazon Transcribe that one job needs, and what their errors mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from workbench.engines.spec import Spec
from workbench.errors import choices

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEYS = (
    "AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
    "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "InvalidToken", "OptInRequired",
    "SubscriptionRequiredException", "IncompleteSignature", "MissingAuthenticationToken", "403",
)  # fmt: skip
_BUCKETS = ("NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed", "301")
_CREDENTIALS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, where the workbench is started"


class Lost(Exception):  # noqa: N818 - never leaves the engine
    """Why one job gave no transcript; ``final`` if another try would not help."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


class Denied(Exception):  # noqa: N818 - never leaves the engine
    """Why no job can give one, and what to do about it."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True)
class Cloud:
    """A bucket in a region, and the two clients that work with it; boto3's clients are safe for threads."""

    region: str
    bucket: str
    prefix: str
    s3: Any = field(repr=False)
    service: Any = field(repr=False)
    language: str = ""

    @property
    def languages(self) -> list[str]:
        """The language codes of the service, as the installed boto3 knows them."""
        return sorted(self.service.meta.service_model.shape_for("LanguageCode").enum)

    def speaking(self, language: str) -> Cloud:
        """Return the same for one language."""
        return replace(self, language=language)

    def start(self, name: str, audio: bytes) -> None:
        """Upload the audio and start its job; a job of this name that is there already is that of this audio."""
        with _meaning():
            self.s3.put_object(Bucket=self.bucket, Key=f"{self.prefix}{name}.wav", Body=audio, ContentType="audio/wav")
        with _meaning(passing=("ConflictException",)):
            self.service.start_transcription_job(
                TranscriptionJobName=name,
                LanguageCode=self.language,
                MediaFormat="wav",
                Media={"MediaFileUri": f"s3://{self.bucket}/{self.prefix}{name}.wav"},
                OutputBucketName=self.bucket,
                OutputKey=f"{self.prefix}{name}.json",
            )

    def done(self, name: str) -> bool:
        """Return whether the job is done; one that failed is lost, with the service's reason."""
        with _meaning():
            job = self.service.get_transcription_job(TranscriptionJobName=name)["TranscriptionJob"]
        if job.get("TranscriptionJobStatus") == "FAILED":
            raise Lost(f"the service gave up: {job.get('FailureReason', 'no reason given')}", final=True)
        return bool(job.get("TranscriptionJobStatus") == "COMPLETED")

    def result(self, name: str) -> bytes:
        """Return what the job wrote into the bucket."""
        with _meaning():
            answer = self.s3.get_object(Bucket=self.bucket, Key=f"{self.prefix}{name}.json")
            with answer["Body"] as body:
                return bytes(body.read())

    def clean_up(self, name: str) -> int:
        """Delete the job, its audio and its transcript; return how many of the three may be left behind."""
        from botocore.exceptions import BotoCoreError, ClientError

        left = 0
        deletions: tuple[Callable[[], Any], ...] = (
            lambda: self.service.delete_transcription_job(TranscriptionJobName=name),
            lambda: self.s3.delete_object(Bucket=self.bucket, Key=f"{self.prefix}{name}.wav"),
            lambda: self.s3.delete_object(Bucket=self.bucket, Key=f"{self.prefix}{name}.json"),
        )
        for delete in deletions:
            try:
                delete()
            except ClientError as error:
                left += error.response.get("Error", {}).get("Code") not in ("NotFoundException", "BadRequestException")
            except BotoCoreError:
                left += 1
        return left


@contextmanager
def _meaning(passing: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn boto3's errors into what they mean here; codes in ``passing`` are none."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in passing:
            return
        if code in _KEYS:
            raise Denied(f"the service does not accept the credentials ({code})", _CREDENTIALS) from None
        if code in _BUCKETS:
            raise Denied(
                f"the bucket is not there, or not in this region ({code})", "correct bucket or region"
            ) from None
        text = str(error.response.get("Error", {}).get("Message", ""))[:160]
        raise Lost(f"the service answered {code}: {text}", final=code == "BadRequestException") from None
    except (NoCredentialsError, PartialCredentialsError):
        raise Denied("there are no credentials", _CREDENTIALS) from None
    except BotoCoreError as error:
        raise Lost(f"the service was not reached ({type(error).__name__})") from None


def open_cloud(spec: Spec) -> Cloud:
    """Return the bucket and the clients that the spec names; nothing is sent yet.

    Raises
    ------
    EngineError : no bucket or region, a bucket's name that cannot be, no credentials
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    bucket = spec.options.get("bucket", "")
    if not bucket:
        raise spec.error("no bucket is named", remedy="write '?bucket=NAME', a bucket that you may write to")
    if not _BUCKET.fullmatch(bucket):
        raise spec.error(
            f"bucket={bucket} cannot be the name of a bucket", remedy="write its name alone, without s3://"
        )
    try:
        session = boto3.session.Session(region_name=spec.options.get("region"))
        if session.region_name is None:
            raise spec.error("no region is named", remedy="write 'region=...', or set AWS_DEFAULT_REGION")
        regions = session.get_available_regions("transcribe")
        if session.region_name not in regions:
            raise spec.error(f"region={session.region_name} is unknown", remedy=choices(session.region_name, regions))
        if session.get_credentials() is None:
            raise spec.error("there are no credentials", remedy=_CREDENTIALS)
        config = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=10, read_timeout=60)
        s3, service = (session.client(name, config=config) for name in ("s3", "transcribe"))
    except BotoCoreError as error:
        raise spec.error(f"boto3 cannot be set up ({error})", remedy="see its configuration") from None
    return Cloud(session.region_name, bucket, spec.options.get("prefix", "workbench/"), s3, service)
