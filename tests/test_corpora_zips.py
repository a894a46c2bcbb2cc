"""Zips of a corpus: unpacked below their folder or refused, by what they declare and by what comes out."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import Path

import pytest

import workbench as wb
from tests.manifest_files import sounds
from workbench.corpora import zips
from workbench.errors import ManifestError

ROWS = "path,reference,speaker_id\na.wav,one,s1\nsub/b.wav,two,s2\n"
GIB = 2**30


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    return (sounds(tmp_path / "sounds") / "a.wav").read_bytes()


def inside(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) if folder.exists() else []


def test_a_zip_becomes_a_corpus_from_a_file_or_from_bytes(sound: bytes, tmp_path: Path) -> None:
    data = packed(
        ("ward/m.csv", ROWS),
        ("ward/m.toml", 'title = "Ward"'),
        ("ward/a.wav", sound),
        ("ward\\sub\\b.wav", sound),
        ("ward/notes/readme.txt", "x"),
        ("__MACOSX/ward/._m.csv", "x"),
        ("ward/.DS_Store", "x"),
    )
    manifest = wb.open_zip(data, tmp_path / "in")
    corpus = wb.load_corpus(manifest)
    assert (corpus.info.title, corpus.info.n_utterances, corpus.problems) == ("Ward", 2, ())
    assert [line for line in inside(tmp_path / "in") if "MACOSX" in line or "DS_Store" in line] == []
    (tmp_path / "ward.zip").write_bytes(data)
    before = inside(tmp_path / "in")
    assert wb.open_zip(tmp_path / "ward.zip", tmp_path / "in") == manifest
    assert inside(tmp_path / "in") == before


def test_the_manifest_is_the_table_with_the_columns(sound: bytes, tmp_path: Path) -> None:
    data = packed(("m.csv", ROWS), ("speakers.csv", "id,accent\n1,x\n"), ("a.wav", sound))
    assert wb.open_zip(data, tmp_path).name == "m.csv"
    for entries, message in [
        ((("m.csv", ROWS), ("n.csv", ROWS)), "2 manifests in it: m.csv, n.csv"),
        ((("a.csv", "x\n1"), ("b.csv", "y\n1")), "no manifest in it; none of a.csv, b.csv has the columns path"),
        ((("a.wav", sound),), "no manifest in it; put one manifest"),
    ]:
        with pytest.raises(ManifestError, match=message):
            wb.open_zip(packed(*entries), tmp_path / "other")
        assert inside(tmp_path / "other") == []


def test_entries_that_leave_the_folder_are_refused_all_at_once_and_nothing_is_unpacked(tmp_path: Path) -> None:
    data = packed(
        ("m.csv", ROWS),
        ("../up.wav", "x"),
        ("sub/../../up.wav", "x"),
        ("/etc/up.wav", "x"),
        ("C:/up.wav", "x"),
        ("..\\up.wav", "x"),
        ("\\\\host\\up.wav", "x"),
        (link("passwd.wav"), "/etc/passwd"),
        ("fine.wav", "x"),
    )
    with pytest.raises(ManifestError) as error:
        wb.open_zip(data, tmp_path / "deep" / "in")
    said = str(error.value)
    assert said.startswith("the zip: 7 entries cannot be used")
    assert [said.count(word) for word in ("leaves the folder", "is absolute", "is a link", "fine.wav")] == [3, 3, 1, 0]
    assert inside(tmp_path) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"'\./m\.csv' is in it twice"):
        wb.open_zip(packed(("m.csv", ROWS), ("./m.csv", ROWS)), tmp_path)


def zeros(*, gib: float, declared: int) -> bytes:
    """A zip of a real deflate stream of zeros (full flushes make its pieces repeatable), which declares any size."""
    piece = 64 * 2**20
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = deflate.compress(bytes(piece)) + deflate.flush(zlib.Z_FULL_FLUSH)
    stream = once * int(gib * GIB / piece) + deflate.flush()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("m.csv", ROWS)
        archive.writestr("a.wav", stream)
        info = archive.infolist()[1]
        info.compress_type, info.file_size, info.CRC = zipfile.ZIP_DEFLATED, declared, zlib.crc32(bytes(declared % GIB))
    return buffer.getvalue()


def test_ten_gigabytes_of_zeros_are_refused_without_unpacking_a_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zeros(gib=10, declared=10 * GIB)
    assert len(data) < 12 * 2**20

    def never(*_: object) -> None:
        raise AssertionError("something was unpacked")

    monkeypatch.setattr(zipfile.ZipFile, "open", never)
    with pytest.raises(ManifestError, match=r"10\.0 GiB once unpacked"):
        wb.open_zip(data, tmp_path)
    with pytest.raises(ManifestError, match="more than 100 times, as no recording does"):
        wb.open_zip(data, tmp_path, max_bytes=20 * GIB)
    assert inside(tmp_path) == []


def test_a_zip_that_declares_less_than_it_holds_never_gives_more_than_it_declares(tmp_path: Path) -> None:
    manifest = wb.open_zip(zeros(gib=10, declared=1000), tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) == 1000 + len(ROWS)
    assert wb.check_manifest(manifest).problems


def test_a_copy_never_writes_more_than_was_declared() -> None:
    info = zipfile.ZipInfo("a.wav")
    for declared in (10, 4000):
        info.file_size, out = declared, io.BytesIO()
        with pytest.raises(ManifestError, match=f"is not {declared} bytes long"):
            zips._copy(io.BytesIO(bytes(3000)), out, info, "z")
        assert len(out.getvalue()) in (0, 3000)


@pytest.mark.parametrize("harm", ["none", "cut", "crc", "text"])
def test_damage_is_an_error_and_leaves_nothing(sound: bytes, tmp_path: Path, harm: str) -> None:
    data = packed(("m.csv", ROWS), ("a.wav", sound))
    if harm == "cut":
        data = data[: len(data) // 2]
    elif harm == "crc":
        at = data.index(b"a.wav") + 2000
        data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    elif harm == "text":
        data = b"path,reference\n"
    else:
        assert wb.open_zip(data, tmp_path / "in").exists()
        return
    with pytest.raises(ManifestError, match="cannot be read as a zip"):
        wb.open_zip(data, tmp_path / "in")
    assert inside(tmp_path / "in") == []


def test_an_encrypted_entry_and_a_missing_zip_are_refused(tmp_path: Path) -> None:
    data = bytearray(packed(("m.csv", ROWS)))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ManifestError, match="is encrypted"):
        wb.open_zip(bytes(data), tmp_path)
    with pytest.raises(ManifestError, match="there is no such zip"):
        wb.open_zip(tmp_path / "nothing.zip", tmp_path)


def test_a_description_in_a_zip_cannot_point_out_of_it(sound: bytes, tmp_path: Path) -> None:
    for root in ("../..", "/etc"):
        data = packed(("m.csv", ROWS), ("m.toml", f'audio_root = "{root}"'), ("a.wav", sound))
        with pytest.raises(ManifestError, match="is outside the zip"):
            wb.open_zip(data, tmp_path / "in")
    data = packed(("lists/m.csv", ROWS), ("lists/m.toml", 'audio_root = ".."'), ("a.wav", sound))
    assert wb.open_zip(data, tmp_path / "in").name == "m.csv"


def test_too_many_files_are_refused_before_any_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_FILES", 2)
    with pytest.raises(ManifestError, match="3 files in it"):
        wb.open_zip(packed(("m.csv", ROWS), ("a", "x"), ("b", "x")), tmp_path)
    assert inside(tmp_path) == []
