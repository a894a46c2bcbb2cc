"""Keys of pseudonyms: read from a file that a command is given, or made and kept beside what it writes."""

from __future__ import annotations

import secrets
from pathlib import Path

from workbench.cli.console import OUT
from workbench.errors import CardError

KEY_BYTES = 32


def read_key(path: Path) -> bytes:
    """Return the key of pseudonyms in a file."""
    from workbench.files import contents

    try:
        secret = bytes.fromhex(contents(path, called="key", fails=CardError).decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) < KEY_BYTES:
        raise CardError(
            "not a key of 64 hexadecimal digits",
            place=str(path),
            remedy="name the .key file of an earlier bundle or export",
        )
    return secret


def new_key(out: Path) -> bytes:
    """Return a new key of pseudonyms, written into a file beside ``out`` that only its owner can read."""
    secret, path = secrets.token_bytes(KEY_BYTES), out.with_name(out.name + ".key")
    write(path, secret.hex().encode() + b"\n", private=True)
    text = "leads from pseudonyms back to names; keep it, pass it on to nobody"
    OUT.print(f"{path}: {text}", highlight=False, markup=False)
    return secret


def write(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file, one that only its owner can read where it is ``private``; a CardError says why it cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if private:
            path.touch(mode=0o600)
        path.write_bytes(content)
    except OSError as error:
        raise CardError(
            f"cannot be written: {error.strerror or error}", place=str(path), remedy="name a file that can be written"
        ) from None
