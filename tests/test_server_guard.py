"""What stands in front of the app: other hosts, visitors without a password, frames and fetches of other sites are refused."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from typer.testing import CliRunner

from workbench.__main__ import app as commands
from workbench.errors import StoreError
from workbench.server import accounts, sessions
from workbench.server.guard import LOGIN, LOGOUT, TRIES, USER_HEADER, Guard
from workbench.server.settings import Settings

PASSWORD = "correct horse battery"


class Asked:
    """An app that notes what reached it, and answers a page that frames and fetches whatever it likes."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        headers = [(b"content-type", b"text/html"), (b"X-Frame-Options", b"ALLOWALL")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"page"})

    @property
    def visitor(self) -> str:
        return dict(self.scopes[-1]["headers"]).get(USER_HEADER.encode(), b"").decode()


class Answer:
    def __init__(self, messages: list[Any]) -> None:
        self.kind = messages[0]["type"]
        self.status = messages[0].get("status")
        self.headers = {name.decode().lower(): value.decode() for name, value in messages[0].get("headers", ())}
        self.text = b"".join(message.get("body", b"") for message in messages[1:]).decode()

    @property
    def cookie(self) -> str:
        return SimpleCookie(self.headers["set-cookie"])[sessions.COOKIE].value


def ask(
    guard: Guard,
    path: str = "/",
    *,
    host: str = "localhost:8501",
    type: str = "http",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Answer:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": urlencode(form or {}).encode()}

    async def send(message: Any) -> None:
        sent.append(message)

    named = {"host": host, **(headers or {})}
    scope = {
        "type": type, "path": path, "method": method, "scheme": type,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items()],
    }  # fmt: skip
    asyncio.run(guard(scope, receive, send))
    return Answer(sent)


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    accounts.add_account(tmp_path / "accounts.txt", "ann", PASSWORD)
    return tmp_path / "accounts.txt"


def log_in(guard: Guard, password: str = PASSWORD, name: str = "ann", **more: Any) -> Answer:
    return ask(guard, LOGIN, method="POST", form={"name": name, "password": password}, **more)


@pytest.mark.parametrize("type", ["http", "websocket"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8501", "localhost.evil.example", "a@localhost", "", "[", "localhost:99999"]
)
def test_another_host_is_refused_whatever_is_asked_for(host: str, type: str) -> None:
    behind = Asked()
    answer = ask(Guard(behind, Settings(hosts=("app.example.org",))), "/_stcore/stream", host=host, type=type)
    assert behind.scopes == []
    assert (answer.kind, answer.status) in (("http.response.start", 421), ("websocket.close", None))


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8501", "[::1]:8501", "192.168.1.7:8501", "app.example.org", "APP.example.org.:443"]
)
def test_this_machine_addresses_and_the_names_that_were_given_are_answered(host: str) -> None:
    behind = Asked()
    assert ask(Guard(behind, Settings(hosts=("app.example.org",))), host=host).text == "page"
    assert (
        ask(Guard(behind, Settings(hosts=("app.example.org",))), host=host, type="websocket").kind == "websocket.accept"
    )


def test_every_answer_says_that_no_other_site_may_frame_it_and_that_nothing_is_fetched_from_elsewhere() -> None:
    headers = ask(Guard(Asked(), Settings())).headers
    policy = {part.split()[0]: part.split()[1:] for part in headers["content-security-policy"].split(";")}
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert policy["frame-ancestors"] == ["'self'"]
    assert policy["default-src"] == ["'self'"]
    sources = {source for sources in policy.values() for source in sources}
    named = {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
    assert sources - named == {"ws://localhost:8501", "wss://localhost:8501"}


def test_without_users_a_visitor_has_no_name_and_cannot_take_one() -> None:
    behind = Asked()
    ask(Guard(behind, Settings()), headers={USER_HEADER: "ann"})
    assert behind.visitor == ""


@pytest.mark.parametrize(
    "path", ["/", "/media/x.wav", "/_stcore/upload_file/a/b", "/_stcore/metrics", "/static/main.js"]
)
def test_nothing_is_served_to_who_has_not_logged_in(users: Path, path: str) -> None:
    behind = Asked()
    guard = Guard(behind, Settings(users=users))
    answer = ask(guard, path)
    assert (answer.status, behind.scopes) == (401, [])
    assert 'type="password"' in answer.text
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert ask(guard, "/_stcore/stream", type="websocket").kind == "websocket.close"
    assert ask(guard, "/_stcore/health").text == "page", "whoever watches over the server"


def test_who_logs_in_is_known_to_the_app_until_they_log_out(users: Path) -> None:
    behind = Asked()
    guard = Guard(behind, Settings(users=users))
    answer = log_in(guard, headers={"origin": "http://localhost:8501"})
    assert answer.status == 303
    attributes = answer.headers["set-cookie"]
    assert "HttpOnly" in attributes
    assert "SameSite=Strict" in attributes
    headers = {"cookie": f"other=1; {sessions.COOKIE}={answer.cookie}", USER_HEADER: "root"}
    assert ask(guard, headers=headers).text == "page"
    assert behind.visitor == "ann"
    assert ask(guard, "/_stcore/stream", type="websocket", headers=headers).kind == "websocket.accept"
    assert behind.visitor == "ann"
    assert "Max-Age=0" in ask(guard, LOGOUT, headers=headers).headers["set-cookie"]
    secure = log_in(guard, headers={"x-forwarded-proto": "https"}).headers["set-cookie"]
    assert "Secure" in secure


def test_a_wrong_password_an_unknown_name_and_a_form_of_another_site_are_refused(users: Path) -> None:
    guard = Guard(Asked(), Settings(users=users))
    assert log_in(guard, "wrong").status == 401
    assert log_in(guard, name="nobody").status == 401
    assert log_in(guard, name="<script>").text.count("<script>") == 0
    assert log_in(guard, headers={"origin": "http://evil.example"}).status == 403


def test_passwords_cannot_be_tried_at_will(users: Path) -> None:
    guard = Guard(Asked(), Settings(users=users))
    statuses = [log_in(guard, "wrong").status for _ in range(TRIES + 1)]
    assert statuses == [401] * TRIES + [429]
    assert log_in(guard).status == 429, "the right one too, until a minute has passed"


def test_a_cookie_cannot_be_made_elsewhere_and_ends(users: Path) -> None:
    known, secret = accounts.read_accounts(users), b"s" * 32
    good = sessions.made("ann", known["ann"], secret, now=1_000.0)
    assert sessions.user_of(good, known, secret, now=1_000.0 + sessions.LASTS_S) == "ann"
    assert sessions.user_of(good, known, secret, now=1_001.0 + sessions.LASTS_S) == ""
    assert sessions.user_of(good, known, b"t" * 32, now=1_000.0) == ""
    assert sessions.user_of(good[:-1] + ("0" if good[-1] != "0" else "1"), known, secret, now=1_000.0) == ""
    content, _, code = good.partition(".")
    assert all(
        sessions.user_of(bad, known, secret, now=1_000.0) == "" for bad in ("", ".", "ä.ö", f"{content}x.{code}", code)
    )
    accounts.add_account(users, "ann", "another long password")
    assert sessions.user_of(good, accounts.read_accounts(users), secret, now=1_000.0) == "", "the password was changed"


def test_a_proxy_says_who_it_let_in_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    behind = Asked()
    guard = Guard(
        behind, Settings.of({"WORKBENCH_USER_HEADER": "X-Forwarded-User", "WORKBENCH_HOSTS": "a.example, *.b.example"})
    )
    assert ask(guard, headers={"x-forwarded-user": "ann"}, host="x.b.example").text == "page"
    assert behind.visitor == "ann"
    assert ask(guard, headers={USER_HEADER: "ann"}).status == 401
    assert len(behind.scopes) == 1


def test_accounts_hold_no_password_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "new" / "accounts.txt"
    result = CliRunner().invoke(commands, ["users", "ann", "--file", str(file)], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    CliRunner().invoke(commands, ["users", "ben", "--file", str(file)], input=f"{PASSWORD}\n{PASSWORD}\n")
    known = accounts.read_accounts(file)
    assert list(known) == ["ann", "ben"]
    assert known["ann"] != known["ben"], "salted"
    assert PASSWORD not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert accounts.fits(known["ann"], PASSWORD)
    assert not accounts.fits(None, PASSWORD)
    short = CliRunner().invoke(commands, ["users", "cat", "--file", str(file)], input="short\nshort\n")
    assert short.exit_code == 2
    for name in ("everybody", "a:b", "", "x" * 65):
        with pytest.raises(StoreError, match="no name of a user"):
            accounts.add_account(file, name, PASSWORD)
    file.write_text("ann:secret\n")
    with pytest.raises(StoreError, match=r"accounts.txt line 1.*workbench users"):
        accounts.read_accounts(file)
