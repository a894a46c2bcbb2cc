"""Fixtures that several test files share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.testing
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
if not os.environ.get("CI"):  # there, hypothesis has a profile of its own, without a deadline too
    settings.load_profile("untimed")

typer.testing._get_command = cache(typer.testing._get_command)  # type: ignore[attr-defined]
# The commands are made from their signatures at each call, an eighth of a second; they are the same each time.

ROOT = Path(__file__).resolve().parent.parent


def require(condition: object, reason: str) -> None:
    """Skip with a reason where something is missing; in CI a missing part is a failure."""
    if condition:
        return
    if os.environ.get("CI"):
        pytest.fail(f"missing in CI: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with real speech, transcripts and a checkpoint, beside the project."""
    folder = Path(os.environ.get("WORKBENCH_SHARED", ROOT.parent / "shared"))
    require((folder / "corpora").is_dir(), "the folder ../shared with test speech is not beside the project")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(440)


@pytest.fixture(autouse=True)
def workbench_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test's store and logs in a folder of its own."""
    home = tmp_path / "workbench-home"
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    from tests.browsing import chromium, launched

    require(
        chromium(), "chromium or playwright is missing (apt-get install chromium; pip install -r requirements-dev.txt)"
    )
    with launched() as found:
        yield found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """The app over an empty store and the manifests of this project."""
    from tests.browsing import Server

    app = Server(tmp_path / "streamlit.log")
    app.start()
    yield app
    app.kill()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where the pictures go that a browser test takes: WORKBENCH_SCREENSHOTS, if that names a folder."""
    folder = Path(os.environ.get("WORKBENCH_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def manifests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of manifests that the Corpus page offers, with one corpus of tones in it."""
    from tests.corpus import make

    folder = tmp_path / "manifests"
    folder.mkdir()
    make(folder, synthetic=True)
    monkeypatch.setenv("WORKBENCH_MANIFESTS", str(folder))
    return folder


@pytest.fixture
def vendor_study(tmp_path: Path) -> Path:
    """A study of transcripts made elsewhere: every speaker of the south misses a word of each prompt."""
    import pandas as pd

    from tests.command_line import STUDY
    from tests.corpus import make
    from workbench.corpora import load_corpus

    manifest = make(tmp_path)
    rows = pd.read_csv(manifest, keep_default_na=False)
    south = rows["accent"] == "south"
    rows["hypothesis"] = rows["reference"].where(~south, rows["reference"].str.replace(r" \w+$", "", regex=True))
    rows["utterance_id"] = load_corpus(manifest).utterances["utterance_id"]
    rows[["utterance_id", "hypothesis"]].to_csv(tmp_path / "vendor.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path / "study.toml"
