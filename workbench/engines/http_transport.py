"""One exchange with a server over HTTP: a request, its whole answer or why there is none, and what a refusal means.

Shared by every engine that is asked over HTTP. What the answer says is the engine's own business.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from workbench.engines import api_keys
from workbench.engines.answers import Answer
from workbench.engines.egress import stays_here
from workbench.engines.server_errors import (
    AGAIN,
    REFUSED,
    concerns_the_audio,
    flat,
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
_LEAST_KEY = 8
"""Characters; what is shorter ("none", "x") stands for no key where a server wants one, and may be a word."""


class Refusal(NamedTuple):
    """Why there is no transcript; ``final`` if asking again would not help; the seconds that the server asks to wait."""

    reason: str
    final: bool = False
    wait_s: float | None = None


class Reply(NamedTuple):
    """A whole answer: its status, head and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Transport:
    """An address with a key. ``elsewhere`` is where the audio goes, without path; empty if it stays on this machine."""

    address: str
    elsewhere: str
    variable: str
    timeout_s: float
    session: Any = field(repr=False)
    key: str = field(repr=False, default="")
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def send(self, method: str, path: str, *, timeout_s: float | None = None, **content: Any) -> Reply | Refusal:
        """Send a request to ``path`` below the address; ``content`` is what :func:`requests.request` takes.

        Raises
        ------
        EngineStoppedError : the certificate of the server is not trusted
        """
        import requests

        seconds = self.timeout_s if timeout_s is None else timeout_s
        try:
            with self.session.request(
                method,
                self.address + path,
                timeout=(min(CONNECT_S, seconds), seconds),
                allow_redirects=False,
                stream=True,
                **content,
            ) as response:
                return Reply(response.status_code, response.headers, self._body(response, seconds))
        except requests.exceptions.SSLError:
            raise self.stopped("the certificate of the server is not trusted", "see REQUESTS_CA_BUNDLE") from None
        except requests.exceptions.Timeout:
            return Refusal(f"no answer within {seconds:g} s")
        except requests.exceptions.ConnectionError as error:
            return Refusal(_broken(error))
        except requests.exceptions.RequestException as error:
            return Refusal(f"the answer cannot be read ({self.shown(flat(str(error).encode(errors='replace')))})")

    def _body(self, response: requests.Response, seconds: float) -> bytes:
        """Return what the server writes, which it may not do for ever, not even byte by byte."""
        import requests
        import urllib3

        until, parts, size = self.clock() + seconds, [], 0
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

    def refused(self, reply: Reply, remedy: Callable[[int], str]) -> Refusal:
        """Return what an answer that is no success means; ``remedy`` says by status what the user can do.

        Raises
        ------
        EngineStoppedError : it concerns every utterance: a redirection, the key, the model, the address, no credit left
        """
        status = reply.status
        if 300 <= status < 400:
            raise self.stopped(f"the server sends the request elsewhere ({status})", "write the final address into url")
        code, words = server_says(reply.body)
        if status in REFUSED:
            raise self.stopped(f"{REFUSED[status]} ({status})", remedy(status))
        if code == "insufficient_quota":
            raise self.stopped(f"the account has no credit left ({status})", "see to the account")
        text = f"the server answered {status}" + (f": {self.shown(words)}" if words else "")
        if (status in AGAIN or status >= 500) and not concerns_the_audio(code, words):
            return Refusal(text, wait_s=retry_after_s(reply.headers))
        return Refusal(text, final=True)

    def without_secrets(self, answer: Answer) -> Answer | Refusal:
        """Return an answer, or a refusal if its text repeats the key: transcripts are stored and shown."""
        repeated = len(self.key) >= _LEAST_KEY and self.key in answer.text
        return Refusal("the text repeats the key") if repeated else answer

    def key_remedy(self) -> str:
        """Return what to do where a key is not accepted."""
        if not self.variable:
            return "name the environment variable that holds the key with 'key=VARIABLE'"
        return f"check the key in the environment variable {self.variable}, and what its account may do"

    def stopped(self, what: str, remedy: str) -> EngineStoppedError:
        """Return an error that ends the run."""
        return EngineStoppedError(what, place=self.address, remedy=remedy)

    def shown(self, words: str) -> str:
        """Return as much of the server's own words as a message repeats."""
        return shortened(self.without_key(words))

    def without_key(self, text: str) -> str:
        """Return a text in which the key is not shown."""
        return text.replace(self.key, api_keys.HIDDEN) if self.key else text


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


def open_transport(
    spec: Spec, *, timeout_s: float, usual: str = "", tail: str = "", start: str = "", header: str = "Authorization",
    prefix: str = "Bearer ", needs_key: bool = False,
) -> Transport:  # fmt: skip
    """Return the way to the server that ``url`` names, with the key from the environment; nothing is sent yet.

    ``usual`` is the address where the spec has no ``url``. A path that ends in ``tail`` is cut there; where none is left it
    is ``start``. The key is sent as ``header``, behind ``prefix``.

    Raises
    ------
    EngineError : no address, one that is not http or https with a host, a variable that is not set or holds no key, or no
        variable although the server ``needs_key``
    """
    from workbench.engines.connections import open_session

    address = _address(spec, spec.options.get("url", usual), tail=tail, start=start)
    here = stays_here(address.hostname or "")
    variable = spec.options.get("key", "")
    if needs_key and not variable:
        raise spec.error("no key is named", remedy="name the environment variable that holds it: 'key=VARIABLE'")
    key = _key(spec, variable)
    return Transport(
        f"{address.scheme}://{address.netloc}{address.path}",
        "" if here else f"{address.scheme}://{address.netloc}",
        variable,
        timeout_s,
        open_session(here=here, header=header, credential=f"{prefix}{key}" if key else "", size=64),
        key,
    )


def _address(spec: Spec, given: str, *, tail: str, start: str) -> SplitResult:
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
    path = parts.path.rstrip("/").removesuffix(tail).rstrip("/") or start
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
