"""Signed cards: by whom is told, and a forged card, with whatever hashes, is found. OpenSSH's own program is the second implementation."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.card_material import build, results
from tests.command_line import call
from workbench import cards
from workbench.cards.hashes import content_hash
from workbench.cards.signatures import NAMESPACE
from workbench.cards.writer import json_bytes
from workbench.errors import CardError

SSH_KEYGEN = shutil.which("ssh-keygen")


def key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A private and a public key, as ``ssh-keygen -t ed25519 -C name`` writes them."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / name, folder / f"{name}.pub"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    )
    private.chmod(0o600)
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    public.write_text(f"{line.decode()} {name}@example.org\n")
    return private, public


@pytest.fixture(scope="module")
def card() -> cards.Card:
    return build(results())


@pytest.fixture(scope="module")
def folder(card: cards.Card, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card in all forms, the keys of two people, and the signature of the first."""
    made = tmp_path_factory.mktemp("signed")
    cards.write_card(card, made)
    private, _ = key_pair(made, "ann")
    key_pair(made, "mallory")
    (made / "card.sig").write_text(cards.sign(cards.signed_bytes(made / "card.json"), private))
    return made


@pytest.mark.parametrize("name", ["card.json", "card.pdf", "card.html"])
def test_a_signature_is_of_the_card_in_every_form(folder: Path, name: str) -> None:
    result = cards.check_signature(cards.signed_bytes(folder / name), folder / "card.sig", folder / "ann.pub")
    assert (result.holds, result.signer) == (True, "ann@example.org")
    other = cards.check_signature(cards.signed_bytes(folder / name), folder / "card.sig", folder / "mallory.pub")
    assert (other.holds, other.signer) == (True, "")


def test_a_forged_card_with_new_hashes_is_found_and_so_is_one_that_the_forger_signs(
    card: cards.Card, folder: Path, tmp_path: Path
) -> None:
    better = card.model_copy(update={"rates": tuple(row.model_copy(update={"rate": 0.01}) for row in card.rates)})
    forged = better.model_copy(update={"content_hash": content_hash(better)})
    (tmp_path / "card.json").write_bytes(json_bytes(forged))
    shutil.copy(folder / "card.sig", tmp_path)
    status, said = _verify(tmp_path / "card.json", folder / "ann.pub")
    assert status == 1
    assert "was changed after it was signed" in said
    (tmp_path / "card.sig").write_text(cards.sign(json_bytes(forged), folder / "mallory"))
    status, said = _verify(tmp_path / "card.json", folder / "ann.pub")
    assert status == 1
    assert "which is not in" in said
    (tmp_path / "card.sig").unlink()
    status, said = _verify(tmp_path / "card.json", folder / "ann.pub")
    assert status == 1
    assert "not signed" in said


def test_the_signer_is_named_before_the_card_is_computed_again(folder: Path) -> None:
    status, said = _verify(folder / "card.json", folder / "ann.pub")
    assert "signed by ann@example.org (key SHA256:" in said
    assert status == 2, "the store of this test does not have the run"
    status, said = _verify(folder / "card.json", None)
    assert "name the public key with --key" in said


def _verify(card: Path, key: Path | None) -> tuple[int, str]:
    words = ["verify", card, "--store", f"sqlite:///{card.parent / 'empty.sqlite'}", *(["--key", key] if key else [])]
    result = call(*words)
    return result.exit_code, result.output


@pytest.mark.skipif(SSH_KEYGEN is None, reason="needs OpenSSH's ssh-keygen")
def test_openssh_makes_and_checks_the_same_signatures(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "signers").write_text(f"ann {(folder / 'ann.pub').read_text()}")
    content = (folder / "card.json").read_bytes()
    words = ["-Y", "verify", "-f", tmp_path / "signers", "-I", "ann", "-n", NAMESPACE, "-s", folder / "card.sig"]
    done = subprocess.run([SSH_KEYGEN, *words], input=content, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    shutil.copy(folder / "card.json", tmp_path / "card.json")
    subprocess.run(
        [SSH_KEYGEN, "-Y", "sign", "-f", folder / "ann", "-n", NAMESPACE, tmp_path / "card.json"],
        check=True,
        capture_output=True,
    )
    result = cards.check_signature(content, tmp_path / "card.json.sig", tmp_path / "signers")
    assert (result.holds, result.signer) == (True, "ann")
    assert (tmp_path / "card.json.sig").read_text() == (folder / "card.sig").read_text(), "ed25519 draws nothing"
    listed = subprocess.run(
        [SSH_KEYGEN, "-l", "-f", folder / "ann.pub"], capture_output=True, text=True, check=True
    ).stdout
    assert result.fingerprint in listed


def test_what_is_no_signature_and_no_key_is_said(folder: Path, tmp_path: Path) -> None:
    for text in ("", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", "x" * 99):
        (tmp_path / "bad.sig").write_text(text)
        with pytest.raises(CardError, match="no signature of a card"):
            cards.check_signature(b"", tmp_path / "bad.sig")
    with pytest.raises(CardError, match="holds no ed25519 public key"):
        cards.check_signature(b"", folder / "card.sig", folder / "card.json")
    with pytest.raises(CardError, match="no private key that can be read"):
        cards.sign(b"", folder / "ann.pub")
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "other.pem").write_bytes(other)
    with pytest.raises(CardError, match="is no ed25519 key"):
        cards.sign(b"", tmp_path / "other.pem")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(CardError, match="no bundle"):
        cards.signed_bytes(tmp_path / "a.zip")
