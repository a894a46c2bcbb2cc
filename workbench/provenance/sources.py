"""What is audited: a manifest, a study, or a corpus that is loaded already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from workbench.corpora import Corpus, CorpusInfo, load_corpus
from workbench.errors import ScoringError, choices
from workbench.schema import NOT_STATED, UTTERANCES
from workbench.study import Study

Source = Corpus | Study | Path | str
"""A loaded corpus, a study, or the path of a manifest or of a study (``.toml``)."""


class Subject(NamedTuple):
    """The utterances that are audited, with what is known of the corpora they are from."""

    infos: tuple[CorpusInfo, ...]
    utterances: pd.DataFrame


def subject_of(source: Source) -> Subject:
    """Return what ``source`` names: all its corpora, of a study the utterances that its filter leaves.

    Rows of a manifest that have problems are left out and counted in ``CorpusInfo.n_dropped``.

    Raises
    ------
    ManifestError, StudyError : nothing that could be audited
    """
    if isinstance(source, str | Path):
        path = Path(source)
        source = Study.from_toml(path) if path.suffix == ".toml" else load_corpus(path, allow_dropped=True)
    if isinstance(source, Corpus):
        return Subject((source.info,), source.utterances)
    corpora = [load_corpus(path, allow_dropped=True) for path in source.manifests]
    rows = pd.concat([item.utterances for item in corpora], ignore_index=True)
    for name, levels in source.filter.items():
        if name in rows.columns:
            rows = rows[rows[name].isin(levels)]
    names = UTTERANCES.attributes_of(rows)
    stated = rows.assign(**{name: rows[name].fillna(NOT_STATED) for name in names})
    return Subject(tuple(item.info for item in corpora), stated.reset_index(drop=True))


def require_attribute(known: Sequence[str], attribute: str | None) -> str:
    """Return the attribute to group by: the one named, or the only or first one of ``known``.

    Raises
    ------
    ScoringError : no such attribute, or none at all
    """
    if attribute is None and known:
        return known[0]
    if attribute is None or attribute not in known:
        problem = f"the corpus has no attribute {attribute!r}" if attribute else "the corpus declares no attribute"
        raise ScoringError(problem, place="audit", remedy=choices(attribute or "", known))
    return attribute
