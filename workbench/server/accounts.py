"""Accounts of a shared server: names and salted hashes of passwords in one file, which only its owner can read.

A line is ``NAME:scrypt:SALT:HASH``. The file is read again when it changes, so that nobody has to restart the server.

Source: scrypt with N = 2^14, r = 8, p = 5 (OWASP Password Storage Cheat Sheet): 16 MiB and tens of milliseconds for each guess.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from workbench.errors import StoreError
from workbench.files import contents
from workbench.store import EVERYBODY

SHORTEST = 12
"""Characters of a password."""
_NAME = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
_COST = {"n": 1 << 14, "r": 8, "p": 5, "dklen": 32, "maxmem": 64 << 20}


def add_account(path: Path, name: str, password: str) -> None:
    """Write an account into the file, which is made if missing; a name that is there gets the new password.

    Raises
    ------
    StoreError : a name of other characters than letters, digits and ``._@+-``; a password that is too short; the file cannot be written
    """
    if not _NAME.fullmatch(name) or name == EVERYBODY:
        raise StoreError(
            f"{name!r} is no name of a user",
            place="users add",
            remedy=f"use up to 64 letters, digits and . _ @ + -, and not {EVERYBODY!r}",
        )
    if len(password) < SHORTEST:
        raise StoreError(
            f"the password has {len(password)} characters",
            place=f"users add {name}",
            remedy=f"use {SHORTEST} or more, such as four words",
        )
    salt = secrets.token_bytes(16)
    accounts = (read_accounts(path) if path.is_file() else {}) | {
        name: f"scrypt:{salt.hex()}:{_hashed(password, salt)}"
    }
    text = "".join(f"{known}:{entry}\n" for known, entry in sorted(accounts.items()))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        with open(new, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text)
        os.replace(new, path)
    except OSError as error:
        raise StoreError(
            f"cannot be written ({error.strerror})", place=str(path), remedy="name a file that can be written"
        ) from None


def read_accounts(path: Path) -> dict[str, str]:
    """Return the entry of every name in the file: the hash of a password with its salt.

    Raises
    ------
    StoreError : no such file, or a line that is no account
    """
    lines = contents(path, called="file of users", fails=StoreError).decode("utf-8", errors="replace").splitlines()
    accounts: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, entry = line.partition(":")
        if not _NAME.fullmatch(name) or not re.fullmatch(r"scrypt:[0-9a-f]{32}:[0-9a-f]{64}", entry):
            raise StoreError(
                "is no account", place=f"{path} line {number}", remedy="write accounts with: workbench users add NAME"
            )
        accounts[name] = entry
    return accounts


def fits(entry: str | None, password: str) -> bool:
    """Return whether a password is the one of an entry; takes as long where there is no such user."""
    _, salt, expected = (entry or f"scrypt:{'0' * 32}:{'0' * 64}").split(":")
    return hmac.compare_digest(_hashed(password, bytes.fromhex(salt)), expected)


def _hashed(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **_COST).hex()
