"""``export --redact --pseudonyms``: the table of scores without names, and without words that may tell."""

from __future__ import annotations

import stat
from pathlib import Path

import pandas as pd
import pytest

from tests.command_line import call
from tests.large_store import large_run
from workbench.store import open_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("exports")
    opened = open_store(f"sqlite:///{folder / 'store.sqlite'}")
    large_run(opened, folder, utterances=60, speakers=12, conditions=2, accents=2)
    opened.close()
    return opened.url


def exported(store: str, out: Path, *words: object) -> pd.DataFrame:
    result = call("export", "large", "--out", out, "--store", store, *words)
    assert result.exit_code == 0, result.output
    return pd.read_csv(out, keep_default_na=False)


def test_names_and_words_are_gone_and_counts_are_not(store: str, tmp_path: Path) -> None:
    plain = exported(store, tmp_path / "plain.csv")
    made = exported(store, tmp_path / "safe.csv", "--redact", "all", "--pseudonyms")
    assert made[["errors", "ref_words"]].equals(plain[["errors", "ref_words"]])
    text = (tmp_path / "safe.csv").read_text(encoding="utf-8")
    for name in ("speaker_id", "utterance_id", "prompt_id"):
        assert made[name].nunique() == plain[name].nunique()
        assert not any(f",{value}," in text for value in plain[name].unique())
    assert not any(words in text for words in plain["reference_raw"] if len(words) > 12)
    key = tmp_path / "safe.csv.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    again = exported(store, tmp_path / "again.csv", "--pseudonyms", "--key", key)
    assert again["speaker_id"].tolist() == made["speaker_id"].tolist(), "the same key, the same names"
    other = exported(store, tmp_path / "other.csv", "--pseudonyms")
    assert set(other["speaker_id"]).isdisjoint(made["speaker_id"]), "another key, other names"


def test_what_cannot_be_protected_is_refused(store: str, tmp_path: Path) -> None:
    assert (
        call("export", "large", "--out", tmp_path / "f.csv", "--facts", "--pseudonyms", "--store", store).exit_code == 2
    )
    assert call("export", "large", "--out", tmp_path / "f.csv", "--redact", "faces", "--store", store).exit_code == 2
