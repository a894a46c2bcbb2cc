"""Connections to a server that may keep neither the key nor this machine waiting: imported when one is opened.

The time-outs of requests are those of a single piece of the answer. A server that sends its head byte by byte, or
``100 Continue`` for ever, would never be given up; here the whole head has to be there in the time of one piece.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Timer
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


def open_session(*, here: bool, header: str, credential: str, size: int) -> requests.Session:
    """Return a session that sends ``credential`` as ``header``, if there is one; ``here``: past any proxy of the environment."""
    session = requests.Session()
    session.trust_env = not here  # through a proxy, audio that is to stay on this machine would leave it
    session.auth = _Credential(header, credential)
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(pool_maxsize=size, max_retries=0))
    return session


class _Credential:
    """Puts the key into a request's header, and keeps requests from looking for others in a .netrc file."""

    def __init__(self, header: str, value: str) -> None:
        self._header, self._value = header, value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value:
            request.headers[self._header] = self._value
        return request


class _Watched(HTTPConnection):
    """A connection on which the head of an answer is waited for as long as ``timeout`` says, and no longer."""

    def getresponse(self) -> Any:
        late: list[bool] = []

        def break_off() -> None:
            late.append(True)
            with suppress(OSError, AttributeError):  # it was closed meanwhile
                self.sock.shutdown(socket.SHUT_RDWR)

        watch = Timer(float(self.timeout or 0.0), break_off)
        watch.daemon = True
        watch.start()
        answer = None
        try:
            answer = super().getresponse()
        except Exception:
            if not late:
                raise
        finally:
            watch.cancel()
        if late:  # where it was broken off, half a head reads like a whole one
            if answer is not None:
                answer.close()
            raise TimeoutError
        return answer


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, *arguments: Any, **more: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **more)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager
