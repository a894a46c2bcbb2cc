"""Sessions of users who logged in: a cookie that holds a name and an end, and a code that only this server can make."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

COOKIE = "workbench_session"
LASTS_S = 12 * 3600
"""A working day; then the password is asked for again."""


def secret_of(folder: Path) -> bytes:
    """Return the secret of this server, from a file in ``folder`` that only its owner can read; made at the first start."""
    path = folder / "server.secret"
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(number, "wb") as file:
        value = secrets.token_bytes(32)
        file.write(value)
    return value


def made(name: str, entry: str, secret: bytes, *, now: float | None = None) -> str:
    """Return the cookie of a user; it ends with the password (``entry``) that was given, at the latest after :data:`LASTS_S`."""
    until = int((time.time() if now is None else now) + LASTS_S)
    content = base64.urlsafe_b64encode(f"{until}:{name}".encode()).decode()
    return f"{content}.{_code(content, entry, secret)}"


def user_of(cookie: str, accounts: Mapping[str, str], secret: bytes, *, now: float | None = None) -> str:
    """Return whose cookie it is; empty if it was not made here, has ended, or its user or password is no more."""
    content, _, code = cookie.partition(".")
    try:
        until, _, name = base64.urlsafe_b64decode(content.encode()).decode().partition(":")
        ended = float(until) < (time.time() if now is None else now)
    except (ValueError, binascii.Error):
        return ""
    if ended or name not in accounts:
        return ""
    return name if hmac.compare_digest(code.encode(), _code(content, accounts[name], secret).encode()) else ""


def _code(content: str, entry: str, secret: bytes) -> str:
    return hmac.new(secret, f"{content}:{entry}".encode(), hashlib.sha256).hexdigest()
