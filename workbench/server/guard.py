"""The guard: stands before everything that the app serves, pages, uploads, audio and the socket of a session alike.

- A request for another host is refused (DNS rebinding), before anything else is looked at.
- Where the server has users, nothing is served to whoever has not logged in: a form, a cookie, and for the app a header with the name.
  Where a proxy says who it let in, that name is taken, and a request without one is refused.
- Every answer says what a browser may fetch (nothing from elsewhere) and that no other site may show the app in a frame.

It is plain ASGI and knows nothing of what it guards.

Source: ASGI 3.0; Content Security Policy Level 3; OWASP Authentication Cheat Sheet.
"""

from __future__ import annotations

import asyncio
import html
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from workbench.errors import WorkbenchError
from workbench.files import home
from workbench.server import accounts, sessions
from workbench.server.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

USER_HEADER = "x-workbench-user"
"""In which the app finds who its visitor is; what a browser sends under this name is taken out."""
LOGIN, LOGOUT = "/_workbench/login", "/_workbench/logout"
HEALTH = "/_stcore/health"
"""Answered to everybody, for whoever watches over the server; it holds nothing."""

MOST_FORM = 10_000
TRIES, LOCKED_S = 5, 60.0
"""So many wrong passwords for one name within this time, and the name is refused until it has passed."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://{host} wss://{host}; worker-src 'self' blob:; "
    "frame-src 'self' blob: data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""What a browser may fetch, and from where: from this server alone. Streamlit's own pages need scripts inside the page, so that
these are not refused; neither they nor anything else can fetch from, or send to, another host."""

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Log in: speech fairness workbench</title><style>body{{font:1rem/1.5 sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem}}
label,input,button{{display:block;width:100%;box-sizing:border-box}}input,button{{font:inherit;padding:.5rem;margin:.25rem 0 1rem}}</style></head>
<body><h1>Log in</h1><p role="alert">{message}</p><form method="post" action="{action}">
<label for="name">Name</label><input id="name" name="name" autocomplete="username" required autofocus>
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Log in</button></form></body></html>"""


class Guard:
    """An ASGI app that lets through to ``app`` what its settings allow; ``settings`` default to those of the environment."""

    def __init__(self, app: App, settings: Settings | None = None) -> None:
        self._app = app
        self._settings = Settings.of() if settings is None else settings
        self._secret = sessions.secret_of(home()) if self._settings.users else b""
        self._wrong: dict[str, list[float]] = {}
        self._one_at_a_time = asyncio.Semaphore(2)  # each guess takes 16 MiB

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = _header(scope, "host")
        if not self._settings.answers_to(host):
            text = f"This server does not answer to the host {host[:100]!r}. Whoever runs it allows it with: workbench app --host NAME\n"
            await _refuse(scope, send, 421, text)
            return
        if self._settings.users is not None:
            await self._for_users(self._settings.users, host, scope, receive, send)
            return
        name = _header(scope, self._settings.header) if self._settings.header else ""
        if self._settings.header and not name and scope["path"] != HEALTH:
            await _refuse(scope, send, 401, f"The proxy did not say who asks: no header {self._settings.header}.\n")
            return
        await self._pass_on(name, host, scope, receive, send)

    async def _pass_on(self, name: str, host: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, with the name of the visitor; what a browser may do stands in the answer."""
        headers = [item for item in scope["headers"] if item[0].decode("latin-1").lower() != USER_HEADER]
        if name:
            headers.append((USER_HEADER.encode(), name.encode("latin-1", "replace")))
        secured = _secured(send, host)
        await self._app({**scope, "headers": headers}, receive, secured if scope["type"] == "http" else send)

    async def _for_users(self, users: Path, host: str, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == HEALTH:
            await self._pass_on("", host, scope, receive, send)
            return
        try:
            known = accounts.read_accounts(users)
        except WorkbenchError as error:
            await _refuse(scope, send, 503, f"Nobody can log in: {error.what}. Whoever runs the server can mend it.\n")
            return
        if scope["type"] == "http" and path == LOGIN and scope["method"] == "POST":
            await self._log_in(known, host, scope, receive, send)
            return
        if scope["type"] == "http" and path == LOGOUT:
            cookie = f"{sessions.COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
            await _answer(_secured(send, host), 303, "", [("location", "/"), ("set-cookie", cookie)])
            return
        name = sessions.user_of(_cookie(scope), known, self._secret)
        if name:
            await self._pass_on(name, host, scope, receive, send)
        elif scope["type"] == "websocket":
            await _refuse(scope, send, 401, "")
        else:
            await self._ask(host, send, 401, "")

    async def _log_in(self, known: dict[str, str], host: str, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _header(scope, "origin")
        if origin and urlsplit(origin).netloc != host:  # a form on a page of somebody else
            await _refuse(scope, send, 403, "This form was sent from another site.\n")
            return
        fields = parse_qs((await _body(receive)).decode("utf-8", "replace"))
        name, password = (fields.get(field, [""])[0] for field in ("name", "password"))
        now = time.monotonic()
        self._wrong = {
            of: recent for of, times in self._wrong.items() if (recent := [at for at in times if now - at < LOCKED_S])
        }
        if len(self._wrong.get(name, ())) >= TRIES:
            await self._ask(host, send, 429, f"{TRIES} wrong passwords for this name. Try again in a minute.")
            return
        async with self._one_at_a_time:
            right = await asyncio.to_thread(accounts.fits, known.get(name), password)
        if not right:
            self._wrong.setdefault(name, []).append(now)
            await self._ask(host, send, 401, "This name and password do not belong together.")
            return
        self._wrong.pop(name, None)
        secure = "; Secure" if scope.get("scheme") == "https" or _header(scope, "x-forwarded-proto") == "https" else ""
        value = sessions.made(name, known[name], self._secret)
        cookie = f"{sessions.COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={sessions.LASTS_S}{secure}"
        await _answer(_secured(send, host), 303, "", [("location", "/"), ("set-cookie", cookie)])

    async def _ask(self, host: str, send: Send, status: int, message: str) -> None:
        page = PAGE.format(message=html.escape(message), action=LOGIN)
        await _answer(_secured(send, host), status, page, [("content-type", "text/html; charset=utf-8")])


def _secured(send: Send, host: str) -> Send:
    """Return a way to answer that says what a browser may fetch, and that no other site may frame it."""
    own = {
        "content-security-policy": POLICY.format(host=host),
        "x-frame-options": "SAMEORIGIN",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }

    async def answer(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [item for item in message.get("headers", ()) if item[0].decode("latin-1").lower() not in own]
            message = {**message, "headers": [*kept, *((name.encode(), text.encode()) for name, text in own.items())]}
        await send(message)

    return answer


async def _refuse(scope: Scope, send: Send, status: int, text: str) -> None:
    """Refuse a connection: a socket before it is accepted, anything else with a line of text."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await _answer(
        send, status, text, [("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff")]
    )


async def _answer(send: Send, status: int, text: str, headers: list[tuple[str, str]]) -> None:
    body = text.encode()
    told = [*headers, ("content-length", str(len(body))), ("cache-control", "no-store")]
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in told]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    """Return what was sent, no more of it than a form of a name and a password can have."""
    data = b""
    while len(data) <= MOST_FORM:
        message = await receive()
        data += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            break
    return data[:MOST_FORM]


def _header(scope: Scope, name: str) -> str:
    """Return a header of a request; empty if it is missing, or there more than once."""
    values = [value for key, value in scope["headers"] if key.decode("latin-1").lower() == name]
    return str(values[0].decode("latin-1")) if len(values) == 1 else ""


def _cookie(scope: Scope) -> str:
    try:
        jar = SimpleCookie(_header(scope, "cookie"))
    except CookieError:
        return ""
    return jar[sessions.COOKIE].value if sessions.COOKIE in jar else ""
