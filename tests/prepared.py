"""Manifests that prepare wrote, read back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import workbench as wb
from workbench.corpora import Corpus, Prepared, load_corpus


def read(name: str, root: Path, **options: str) -> tuple[Prepared, pd.DataFrame]:
    """Prepare the corpus at ``root`` and return what was prepared and what the manifest's reader makes of it."""
    prepared = wb.prepare(name, root, out=root.parent / "out", options=options, overwrite=True)
    corpus: Corpus = load_corpus(prepared.manifest)
    assert corpus.problems == ()
    assert len(corpus.utterances) == prepared.n_rows
    return prepared, corpus.utterances


def column(frame: pd.DataFrame, name: str) -> dict[str, str]:
    """Return a column by the rows' own ids."""
    ids = frame["utterance_id"].str.split("/", n=1).str[1]
    return dict(zip(ids, frame[name], strict=True))
