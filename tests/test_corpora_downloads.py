"""Archives from a server on this machine: fetched, compared by SHA-256, unpacked, prepared; and what goes wrong."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import re
import tarfile
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

import workbench as wb
from tests.corpus_trees import fsdd
from workbench.__main__ import app
from workbench.corpora.adapters import get_adapter
from workbench.errors import ManifestError


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        self.server.asked += 1  # type: ignore[attr-defined]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small release of FSDD, packed as its repository packs it."""
    tree = fsdd(tmp_path / "free-spoken-digit-dataset-0.0.1")
    path = tmp_path / "served" / "v0.0.1.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tree, arcname=tree.name)
    return path


@pytest.fixture
def server(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[http.server.ThreadingHTTPServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def handle(*arguments: object) -> Handler:
        return Handler(*arguments, directory=str(archive.parent))  # type: ignore[arg-type]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handle) as served:
        served.asked = 0  # type: ignore[attr-defined]
        thread = threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def address(server: http.server.ThreadingHTTPServer, name: str = "v0.0.1.tar.gz") -> str:
    return f"http://127.0.0.1:{server.server_port}/{name}"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_archive_is_fetched_checked_and_prepared(
    server: http.server.ThreadingHTTPServer, archive: Path, tmp_path: Path
) -> None:
    steps: list[tuple[int, int]] = []
    fetched = wb.download_corpus(
        "fsdd",
        tmp_path / "here",
        url=address(server),
        sha256=sha256(archive),
        on_progress=lambda done, total: steps.append((done, total)),
    )
    size = archive.stat().st_size
    assert (fetched.checked, fetched.sha256) == (True, sha256(archive))
    assert (size, size) in steps
    assert wb.prepare("fsdd", fetched.folder, out=tmp_path / "out").n_rows == 2


def test_what_is_there_already_is_not_fetched_again(
    server: http.server.ThreadingHTTPServer, archive: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        wb.download_corpus("fsdd", tmp_path / "here", url=address(server), sha256=sha256(archive))
    assert server.asked == 1  # type: ignore[attr-defined]


def test_another_sha256_unpacks_nothing(server: http.server.ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=f"does not have the SHA-256 {'0' * 64}"):
        wb.download_corpus("fsdd", tmp_path / "here", url=address(server), sha256="0" * 64)
    assert list((tmp_path / "here").iterdir()) == []


def test_without_a_sha256_it_says_that_nothing_was_compared(
    server: http.server.ThreadingHTTPServer, archive: Path, tmp_path: Path
) -> None:
    arguments = [
        "prepare",
        "fsdd",
        str(tmp_path / "here"),
        "--url",
        address(server),
        "--out",
        str(tmp_path / "out"),
        "--json",
    ]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert json.loads(result.stdout)["n_rows"] == 2
    assert (
        re.sub(r"\s+", " ", result.stderr).count(
            f"not checked: no SHA-256 was given to compare with; that of the archive is {sha256(archive)}"
        )
        == 1
    )


@pytest.mark.parametrize("name", ["gone.tar.gz", "page.tar.gz"])
def test_what_cannot_be_fetched_or_unpacked_is_an_error(
    name: str, server: http.server.ThreadingHTTPServer, archive: Path, tmp_path: Path
) -> None:
    (archive.parent / "page.tar.gz").write_text("<html>sign in</html>")
    message = {"gone.tar.gz": r"cannot be fetched \(HTTP 404\)", "page.tar.gz": "cannot be unpacked"}[name]
    with pytest.raises(ManifestError, match=message):
        wb.download_corpus("fsdd", tmp_path / "here", url=address(server, name))


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(ManifestError, match=r"cannot be fetched \(ConnectionError\); check the network"):
        wb.download_corpus("fsdd", tmp_path / "here", url="http://127.0.0.1:9/x.tar.gz")


@pytest.mark.parametrize("kind", ["climbs", "link"])
def test_an_archive_that_leaves_its_folder_is_refused(
    kind: str, server: http.server.ThreadingHTTPServer, archive: Path, tmp_path: Path
) -> None:
    with tarfile.open(archive.parent / "bad.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("corpus/../../outside.txt" if kind == "climbs" else "corpus/link")
        if kind == "link":
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info, io.BytesIO(b""))
    with pytest.raises(ManifestError, match="cannot be unpacked"):
        wb.download_corpus("fsdd", tmp_path / "deep" / "here", url=address(server, "bad.tar.gz"))
    assert not (tmp_path / "deep" / "outside.txt").exists()
    assert not (tmp_path / "deep" / "here" / "corpus" / "link").is_symlink()


def test_a_corpus_without_archives_says_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="vctk is not downloaded from here; get it from https://doi"):
        wb.download_corpus("vctk", tmp_path)
    with pytest.raises(ManifestError, match="librispeech has no archive 'test-claen'; did you mean 'test-clean'"):
        wb.download_corpus("librispeech", tmp_path, part="test-claen")


def test_the_sums_of_librispeech_are_those_of_torchaudio() -> None:
    place = find_spec("torchaudio")
    assert place is not None and place.origin is not None
    source = Path(place.origin).parent / "datasets" / "librispeech.py"
    published = dict(
        re.findall(r'"http://www\.openslr\.org/resources/12/([\w-]+)\.tar\.gz": "([0-9a-f]{64})"', source.read_text())
    )
    assert {part: of.sha256 for part, of in get_adapter("librispeech").downloads.items()} == published
