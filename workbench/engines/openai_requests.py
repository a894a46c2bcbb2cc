"""One request to a server with the OpenAI transcription API, and what its failure means: ask again, leave it, or stop."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from workbench.engines import api_keys
from workbench.engines.egress import stays_here
from workbench.engines.openai_responses import (
    AGAIN,
    REFUSED,
    Answer,
    UnreadableAnswerError,
    concerns_the_audio,
    flat,
    nearest,
    read_answer,
    retry_after_s,
    server_says,
    shortened,
)
from workbench.engines.spec import Spec
from workbench.errors import EngineError, EngineStoppedError

if TYPE_CHECKING:
    import requests

CONNECT_S = 10.0
LONGEST_ANSWER = 16 << 20
"""Bytes; a transcript is far shorter."""
_PATH = "/audio/transcriptions"
_LEAST_KEY = 8
"""Characters; what is shorter ("none", "x") stands for no key where a server wants one, and may be a word."""


class Call(NamedTuple):
    """What is sent: fields of the form, and the file with its name."""

    form: Mapping[str, str]
    file_name: str
    content: bytes


class Refusal(NamedTuple):
    """Why there is no transcript; ``final`` if asking again would not help; the seconds that the server asks to wait."""

    reason: str
    final: bool = False
    wait_s: float | None = None


@dataclass(frozen=True)
class Server:
    """An address with a key. ``elsewhere`` is where the audio goes, without path; empty if it stays on this machine."""

    address: str
    elsewhere: str
    variable: str
    timeout_s: float
    session: Any = field(repr=False)
    _key: str = field(repr=False, default="")
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def ask(self, call: Call) -> Answer | Refusal:
        """Send one utterance.

        Raises
        ------
        EngineStoppedError : what concerns every utterance: the key, the model, the address, a certificate, no credit left
        """
        import requests

        try:
            with self.session.post(
                self.address + _PATH,
                data=dict(call.form),
                files={"file": (call.file_name, call.content)},
                timeout=(min(CONNECT_S, self.timeout_s), self.timeout_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._body(response)
        except requests.exceptions.SSLError:
            raise self._stopped("the certificate of the server is not trusted", "see REQUESTS_CA_BUNDLE") from None
        except requests.exceptions.Timeout:
            return Refusal(f"no answer within {self.timeout_s:g} s")
        except requests.exceptions.ConnectionError as error:
            return Refusal(_broken(error))
        except requests.exceptions.RequestException as error:
            return Refusal(f"the answer cannot be read ({self._shown(flat(str(error).encode(errors='replace')))})")
        return self._judge(response, body, call.form.get("model", ""))

    def _body(self, response: requests.Response) -> bytes:
        """Return what the server writes, which it may not do for ever, not even byte by byte."""
        import requests
        import urllib3

        until, parts, size = self.clock() + self.timeout_s, [], 0
        try:
            while part := response.raw.read1(1 << 16, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > LONGEST_ANSWER:
                    raise requests.exceptions.RequestException("longer than any transcript")
                if self.clock() > until:
                    raise requests.exceptions.Timeout
        except urllib3.exceptions.ReadTimeoutError:
            raise requests.exceptions.Timeout from None
        except urllib3.exceptions.DecodeError:
            raise requests.exceptions.RequestException("not packed as its head says") from None
        except urllib3.exceptions.HTTPError as error:
            raise requests.exceptions.ConnectionError(error) from None
        return b"".join(parts)

    def _judge(self, response: requests.Response, body: bytes, model: str) -> Answer | Refusal:
        status = response.status_code
        if status == 200:
            try:
                answer = read_answer(body, response.headers.get("Content-Type", ""))
            except UnreadableAnswerError as error:
                words = f" {self._shown(error.words)!r}" if error.words else ""
                return Refusal(self._without_key(str(error)) + words, final=error.final)
            repeated = len(self._key) >= _LEAST_KEY and self._key in answer.text
            return Refusal("the text repeats the key") if repeated else answer
        if 300 <= status < 400:
            raise self._stopped(
                f"the server sends the request elsewhere ({status})", "write the final address into url"
            )
        code, words = server_says(body)
        if status in REFUSED:
            raise self._stopped(f"{REFUSED[status]} ({status})", self._remedy(status, model))
        if code == "insufficient_quota":
            raise self._stopped(f"the account has no credit left ({status})", "see to the account")
        text = f"the server answered {status}" + (f": {self._shown(words)}" if words else "")
        if (status in AGAIN or status >= 500) and not concerns_the_audio(code, words):
            return Refusal(text, wait_s=retry_after_s(response.headers))
        return Refusal(text, final=True)

    def _remedy(self, status: int, model: str) -> str:
        """Return what to do about a refusal. The server's own words are left out: they may repeat a part of the key."""
        if status == 404:
            names = self._models()
            if names and model not in names:
                return f"name another model; {nearest(model, names)}"
            return "check url, which as a rule ends in /v1, and the name of the model"
        if status == 405:
            return "check url, which as a rule ends in /v1"
        if not self.variable:
            return "name the environment variable that holds the key with 'key=VARIABLE'"
        return f"check the key in the environment variable {self.variable}, and what its account may do"

    def _models(self) -> list[str]:
        """Return the names of the server's models, none where it does not tell."""
        import requests

        try:
            with self.session.get(
                f"{self.address}/models", timeout=CONNECT_S, allow_redirects=False, stream=True
            ) as response:
                listed = json.loads(self._body(response))["data"] if response.status_code == 200 else []
                return [self._shown(flat(str(item["id"]).encode(errors="replace"))) for item in listed]
        except (requests.exceptions.RequestException, ValueError, KeyError, TypeError, RecursionError):
            return []

    def _stopped(self, what: str, remedy: str) -> EngineStoppedError:
        return EngineStoppedError(what, place=self.address, remedy=remedy)

    def _shown(self, words: str) -> str:
        """Return as much of the server's own words as a message repeats."""
        return shortened(self._without_key(words))

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, api_keys.HIDDEN) if self._key else text


def _broken(error: Exception) -> str:
    """Return why there was no connection, or no whole answer, in a few words."""
    text = str(error)
    for part, meant in (
        ("Name or service not known", "there is no host of this name"),
        ("Temporary failure in name resolution", "the name of the host cannot be looked up"),
        ("Failed to resolve", "the name of the host cannot be looked up"),
        ("Connection refused", "nobody listens at this address"),
        ("without response", "the server closed the connection without an answer"),
        ("IncompleteRead", "the answer was cut off"),
        ("BadStatusLine", "the answer is not HTTP"),
        ("reset by peer", "the server broke the connection"),
    ):
        if part in text:
            return meant
    return "the connection failed"


def open_server(spec: Spec, *, timeout_s: float) -> Server:
    """Return the server that ``url`` names, with the key from the environment; nothing is sent yet.

    Raises
    ------
    EngineError : no address, one that is not http or https with a host, a variable that is not set or holds no key
    """
    from workbench.engines.connections import open_session

    address = _address(spec)
    host = address.hostname or ""
    here = stays_here(host)
    variable = spec.options.get("key", "")
    return Server(
        f"{address.scheme}://{address.netloc}{address.path}",
        "" if here else f"{address.scheme}://{address.netloc}",
        variable,
        timeout_s,
        open_session(here=here, key=(key := _key(spec, variable)), size=64),
        key,
    )


def _address(spec: Spec) -> SplitResult:
    given = spec.options.get("url", "")
    if not given:
        raise spec.error("no address is given", remedy="write '?url=https://host/v1'")
    try:
        parts = urlsplit(given)
        port = parts.port
    except ValueError as error:
        raise _no_address(spec, given, str(error)) from None
    if parts.scheme not in ("http", "https"):
        raise _no_address(spec, given, "it does not begin with http:// or https://")
    if not parts.hostname or any(character.isspace() for character in given) or port == 0:
        raise _no_address(spec, given, "it names no host" if not parts.hostname else "no such host or port can be")
    if parts.query or parts.fragment:
        raise _no_address(spec, given, "nothing may stand behind '?' or '#'")
    path = parts.path.rstrip("/").removesuffix(_PATH).rstrip("/") or "/v1"
    return parts._replace(path=path, netloc=parts.netloc.lower())


def _no_address(spec: Spec, given: str, why: str) -> EngineError:
    return spec.error(f"url={given} is no address of a server ({why})", remedy="write it like https://host/v1")


def _key(spec: Spec, variable: str) -> str:
    if not variable:
        return ""
    try:
        key = api_keys.from_environment(variable)
    except ValueError as error:
        raise spec.error(f"the environment variable {variable} holds no key ({error})", remedy="set it again") from None
    if not key:
        raise spec.error(
            f"the environment variable {variable} is not set",
            remedy=f"set it where the workbench is started: {variable}=...",
        )
    return key
