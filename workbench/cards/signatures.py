"""Signatures: who stands for a card or a bundle, told by an ed25519 key of theirs, in the format of OpenSSH.

A hash shows that a card was not changed by accident. Whoever changes it on purpose writes a new hash as well, but no signature of somebody
else. It stands in a file of its own, and is made over the card's JSON as :func:`workbench.cards.writer.json_bytes` writes it, whichever form
carries it, or over the manifest of a bundle. ``ssh-keygen -Y verify -n workbench-card`` checks the one over ``card.json`` too.

Source: OpenSSH, PROTOCOL.sshsig (SSHSIG, version 1) and the ALLOWED SIGNERS section of ssh-keygen(1); RFC 8032 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from workbench.cards.bundle import MANIFEST
from workbench.cards.bundle_verification import is_bundle
from workbench.cards.formats import CARRIERS
from workbench.cards.verification import read_card
from workbench.cards.writer import json_bytes
from workbench.errors import CardError
from workbench.extras import load_package
from workbench.files import contents

NAMESPACE = "workbench-card"
"""What the signature is for: one made for another purpose is none of a card."""
KIND = b"ssh-ed25519"
MAGIC, VERSION, HASH = b"SSHSIG", 1, b"sha512"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
KEYS = "an OpenSSH public key (ssh-ed25519 ...), one a line, with a name behind or before it"


class Signature(NamedTuple):
    """A signature of a card: by which key, and whose that is.

    ``holds``: it is one of this card, as it is now, by that key. ``signer``: the name that the file of keys gives the key; empty if the
    key is not in it, or no file was named.
    """

    fingerprint: str
    signer: str
    holds: bool


def signed_bytes(path: Path) -> bytes:
    """Return what is signed of a card (JSON, PDF, HTML) or a bundle.

    Raises
    ------
    CardError : the file is neither, or a card that another version wrote
    """
    if is_bundle(path):
        try:
            with zipfile.ZipFile(path) as archive:
                return archive.read(MANIFEST)
        except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError):
            raise CardError("no bundle", place=str(path), remedy="name a file that `bundle` wrote") from None
    held = contents(path, called="card", fails=CardError)
    carrier = next((item for item in CARRIERS if item.fits(held)), None)
    if carrier is None:
        raise CardError("neither a card nor a bundle", place=str(path), remedy="name a file that `card` wrote")
    told, card = read_card(carrier.card_json(held, path), path)
    # What is signed is the card as this version writes it; a file that says more, or the same in other types, is another card.
    return json_bytes(card) if told == card.model_dump(mode="json") else json.dumps(told).encode()


def sign(content: bytes, key: Path, *, ask: Callable[[], str] | None = None) -> str:
    """Return the signature of these bytes by a private ed25519 key (of OpenSSH, or PEM), as text.

    ``ask`` is called for the passphrase of a key that has one.

    Raises
    ------
    CardError : no such file, another kind of key, a passphrase that does not fit
    """
    private = _private_key(key, ask)
    public = private.public_key().public_bytes_raw()
    inner = _packed(KIND) + _packed(private.sign(_to_sign(content)))
    head = MAGIC + VERSION.to_bytes(4, "big") + _packed(_packed(KIND) + _packed(public))
    blob = head + _packed(NAMESPACE.encode()) + _packed(b"") + _packed(HASH) + _packed(inner)
    text = base64.b64encode(blob).decode()
    return "\n".join([BEGIN, *(text[at : at + 70] for at in range(0, len(text), 70)), END]) + "\n"


def check_signature(content: bytes, signature: Path, keys: Path | None = None) -> Signature:
    """Return by whom these bytes are signed, and whether the signature is one of them.

    Raises
    ------
    CardError : no signature, one of another kind or for another purpose; a file of keys without a key
    """
    public, made = _read(signature)
    known = named_keys(keys) if keys is not None else {}
    ed25519 = load_package("cryptography.hazmat.primitives.asymmetric.ed25519")
    invalid = load_package("cryptography.exceptions").InvalidSignature
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(made, _to_sign(content))
        holds = True
    except (invalid, ValueError):
        holds = False
    return Signature(fingerprint(public), known.get(public, ""), holds)


def signature_of(path: Path) -> Path | None:
    """Return the file with the signature of a card or bundle, if it lies beside it: its name and ``.sig``, or ``card.sig``."""
    places = (path.with_name(f"{path.name}.sig"), path.with_name("card.sig"))
    return next((place for place in places if place.is_file()), None)


def named_keys(path: Path) -> dict[bytes, str]:
    """Return the ed25519 keys of a file, with the name of each: OpenSSH public keys, or its list of allowed signers.

    Raises
    ------
    CardError : no such file, or no such key in it
    """
    text = contents(path, called="key", fails=CardError).decode("utf-8", errors="replace")
    keys: dict[bytes, str] = {}
    for line in text.splitlines():
        words = line.split()
        if line.startswith("#") or KIND.decode() not in words[:-1]:
            continue
        at = words.index(KIND.decode())
        try:
            parts = _Parts(base64.b64decode(words[at + 1], validate=True))
            if parts.text() == KIND and len(public := parts.text()) == 32:
                keys[public] = words[0] if at else " ".join(words[2:]) or path.stem
        except (binascii.Error, ValueError):
            continue
    if not keys:
        raise CardError("holds no ed25519 public key", place=str(path), remedy=f"name a file with {KEYS}")
    return keys


def fingerprint(public: bytes) -> str:
    """Return the fingerprint of a public key, as ``ssh-keygen -l`` prints it."""
    digest = hashlib.sha256(_packed(KIND) + _packed(public)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _private_key(path: Path, ask: Callable[[], str] | None) -> Any:
    data = contents(path, called="key", fails=CardError)
    serialization = load_package("cryptography.hazmat.primitives.serialization")
    ed25519 = load_package("cryptography.hazmat.primitives.asymmetric.ed25519")
    unsupported = load_package("cryptography.exceptions").UnsupportedAlgorithm
    load = serialization.load_ssh_private_key if b"OPENSSH" in data[:64] else serialization.load_pem_private_key
    remedy = "make one with: ssh-keygen -t ed25519 -f KEY"
    try:
        try:
            key = load(data, password=None)
        except TypeError:  # it has a passphrase
            key = load(data, password=ask().encode() if ask else b"")
    except (ValueError, TypeError) as error:
        reason = (str(error).splitlines() or ["no key"])[0][:120]
        raise CardError(f"no private key that can be read ({reason})", place=str(path), remedy=remedy) from None
    except unsupported as error:
        text = f"its passphrase cannot be used here ({error})"
        raise CardError(text, place=str(path), remedy="pip install bcrypt, or use a key without one") from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise CardError("is no ed25519 key", place=str(path), remedy=remedy)
    return key


def _read(path: Path) -> tuple[bytes, bytes]:
    """Return the public key of a signature, and the signature itself."""
    text = contents(path, called="signature", fails=CardError).decode("ascii", errors="replace")
    inside = text.partition(BEGIN)[2].partition(END)[0]
    wrong = CardError("no signature of a card", place=str(path), remedy="name the file that `card --sign` wrote")
    try:
        parts = _Parts(base64.b64decode("".join(inside.split()), validate=True))
        if parts.take(len(MAGIC)) != MAGIC or int.from_bytes(parts.take(4), "big") != VERSION:
            raise wrong
        key, namespace, _, hashed, made = (parts.text() for _ in range(5))
        if namespace != NAMESPACE.encode() or hashed != HASH:
            raise wrong
        of_key, of_signature = _Parts(key), _Parts(made)
        if of_key.text() != KIND or of_signature.text() != KIND:
            raise wrong
        public, signature = of_key.text(), of_signature.text()
    except (binascii.Error, ValueError):
        raise wrong from None
    return public, signature


def _to_sign(content: bytes) -> bytes:
    head = MAGIC + _packed(NAMESPACE.encode()) + _packed(b"") + _packed(HASH)
    return head + _packed(hashlib.sha512(content).digest())


def _packed(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


class _Parts:
    """The parts of a message of SSH, read from its beginning."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, length: int) -> bytes:
        """Return the next bytes; ValueError if there are no more so many."""
        part = self._data[self._at : self._at + length]
        if len(part) != length:
            raise ValueError("cut off")
        self._at += length
        return part

    def text(self) -> bytes:
        """Return the next text, before which its length stands."""
        return self.take(int.from_bytes(self.take(4), "big"))
