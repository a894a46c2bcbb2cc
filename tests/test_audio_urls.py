"""Audio by URL: fetched once, the same rows as from local files; what cannot be fetched is a problem of its row."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.corpus import make
from workbench.audio import decode, is_url, on_this_machine
from workbench.audio.urls import cache
from workbench.corpora import check_manifest, load_corpus
from workbench.engines import ScriptedEngine
from workbench.errors import AudioError
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

fsspec = pytest.importorskip("fsspec")


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """File systems that tests can have without a network."""
    monkeypatch.setenv("WORKBENCH_URL_SCHEMES", "file, memory, nowhere")


def by_url(folder: Path, *, name: str = "far", of: str = "tones") -> Path:
    """Write the manifest of the tones with URLs for paths; return it."""
    frame = pd.read_csv(folder / f"{of}.csv", keep_default_na=False)
    frame["path"] = [f"file://{folder / path}" for path in frame["path"]]
    frame["utterance_id"] = [f"tones/{path.removeprefix(f'file://{folder}/')}" for path in frame["path"]]
    frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / f"{name}.toml").write_text('corpus_id = "tones"\n' + (folder / f"{of}.toml").read_text())
    return folder / f"{name}.csv"


def test_the_same_study_gives_the_same_rows_by_url(tmp_path: Path) -> None:
    make(tmp_path)
    by_url(tmp_path)
    found = []
    for name in ("tones.csv", "far.csv"):
        fields = {"name": name, "corpus": [name], "engines": ["scripted"], "conditions": ["clean", "babble?talkers=2"]}
        store = open_store(f"sqlite:///{tmp_path / name}.sqlite")
        record = run(
            Study.create(fields, base=tmp_path), store=store,
            engine_loader=lambda spec, **_: ScriptedEngine(lambda wave: f"{len(wave.samples)}"),
        )  # fmt: skip
        found.append(store.rows(record.run_id)[["condition_id", "audio_digest", "hypothesis_raw", "status"]])
    pd.testing.assert_frame_equal(found[0], found[1])
    assert len(list(cache().glob("*.wav"))) == 18


def test_a_file_is_fetched_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    make(tmp_path)
    system = fsspec.filesystem("memory")
    system.pipe("/bucket/a.wav", (tmp_path / "audio" / "n1-0.wav").read_bytes())
    url = "memory://bucket/a.wav"
    first = on_this_machine(url)
    assert first.read_bytes() == (tmp_path / "audio" / "n1-0.wav").read_bytes()
    system.pipe("/bucket/a.wav", (tmp_path / "audio" / "w1-2.wav").read_bytes())
    assert on_this_machine(url).read_bytes() == (tmp_path / "audio" / "n1-0.wav").read_bytes(), "not asked again"
    assert len(decode(on_this_machine(url, fresh=True)).samples) == 12_800
    assert not list(cache().glob("*.part"))


def test_what_cannot_be_fetched_is_said_with_its_row(tmp_path: Path) -> None:
    make(tmp_path)
    manifest = by_url(tmp_path)
    text = manifest.read_text().replace("n1-0.wav", "gone.wav", 1)
    manifest.write_text(text)
    problems = check_manifest(manifest).problems
    assert len(problems) == 1
    assert "FileNotFoundError" in str(problems[0])
    assert load_corpus(manifest, allow_dropped=True).info.n_utterances == 17
    with pytest.raises(AudioError, match=r"nowhere://a/b\.wav"):
        on_this_machine("nowhere://a/b.wav")
    assert on_this_machine("audio/a.wav") == Path("audio/a.wav")
    assert not is_url("C:/audio/a.wav")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/hostname", "file:// is not read"), ("local:///etc/hostname", "local:// is not read"), ("memory://a/b.wav", "memory:// is not read"),
        ("ftp://example.com/a.wav", "ftp:// is not read"), ("webhdfs://namenode/a.wav", "webhdfs:// is not read"), ("http://example.com/a.wav", "http:// is not read"),
        ("simplecache::https://example.com/a.wav", "no URL"), ("https://example.com/a.zip::file:///etc/hostname", "a URL within a URL"),
        ("https://127.0.0.1/a.wav", "private network"), ("https://localhost:8000/a.wav", "private network"), ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://10.0.0.1/a.wav", "private network"), ("https://[fd00:0:0:0:0:0:0:1]/a.wav", "private network"),
    ],
)  # fmt: skip
def test_a_manifest_reaches_neither_this_machine_nor_a_private_network(
    url: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKBENCH_URL_SCHEMES")
    before = sorted(cache().iterdir())
    (tmp_path / "m.csv").write_text(f"path,reference,speaker_id\n{url},yes,a\n")
    (problem,) = (problem for problem in check_manifest(tmp_path / "m.csv").problems if problem.line)
    assert reason in str(problem) or reason == "no URL"
    assert sorted(cache().iterdir()) == before


def test_too_large_a_file_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.filesystem("memory").pipe("/bucket/large.wav", b"RIFF" * 1_000)
    monkeypatch.setattr("workbench.audio.urls.MOST_BYTES", 1_000)
    with pytest.raises(AudioError, match="it has 4000 bytes, more than 1000 are not fetched"):
        on_this_machine("memory://bucket/large.wav")


def test_no_copy_stays_of_what_was_fetched_and_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    make(tmp_path)
    manifest = by_url(tmp_path)
    frame = pd.read_csv(manifest, keep_default_na=False)
    (tmp_path / "secret.wav").write_bytes(b"PATH=/bin\0TOKEN=canary\0" * 40)
    frame.loc[0, "path"] = f"file://{tmp_path / 'secret.wav'}"
    frame.to_csv(manifest, index=False)
    corpus = check_manifest(manifest)
    assert len(corpus.utterances) == len(frame) - 1
    assert list(cache().iterdir()), "what is of use is kept"
    assert not any(b"canary" in path.read_bytes() for path in cache().iterdir())
