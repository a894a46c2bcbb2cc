"""The whole audit of one attribute, in one call."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from workbench.provenance.differences import REST, audit_differences
from workbench.provenance.group_summary import audit_groups, audit_measures
from workbench.provenance.measure_cache import Cache
from workbench.provenance.sentences import audibility_sentences, audit_sentences
from workbench.provenance.sources import Source, require_attribute, subject_of
from workbench.provenance.utterance_measures import Progress, measured
from workbench.schema import UTTERANCES


class Audit(NamedTuple):
    """What the audit found for one attribute: AUDIT_UTTERANCES, AUDIT_GROUPS, AUDIT_MEASURES, AUDIT_DIFFERENCES, and words.

    ``caveat``: what has to be said wherever the figures show; empty if nothing.
    """

    attribute: str
    utterances: pd.DataFrame
    groups: pd.DataFrame
    measures: pd.DataFrame
    differences: pd.DataFrame
    sentences: tuple[str, ...]
    caveat: str = ""


def audit(
    source: Source,
    *,
    attribute: str | None = None,
    reference: str = REST,
    cache: Cache | None = None,
    on_progress: Progress | None = None,
) -> Audit:
    """Return how the groups of ``attribute`` (default: the first declared) were recorded, and how they differ.

    Parameters
    ----------
    source : a manifest or study (its path), a :class:`Study`, or a loaded corpus; no engine is needed and nothing degraded
    reference : what each group is compared with: ``rest``, or a group
    cache : where measures are kept; default: a file under ``WORKBENCH_HOME``

    Raises
    ------
    ManifestError, StudyError : nothing that could be audited
    ScoringError : no such attribute or group
    """
    subject = subject_of(source)
    column = require_attribute(UTTERANCES.attributes_of(subject.utterances), attribute)
    utterances = measured(subject, cache=cache, on_progress=on_progress)
    differences = audit_differences(utterances, column, reference=reference)
    styles = {info.corpus_id: info.speech_style for info in subject.infos}
    made = [info.title or info.corpus_id for info in subject.infos if info.synthetic_voices]
    return Audit(
        column,
        utterances,
        audit_groups(utterances, column, styles=styles),
        audit_measures(utterances, column),
        differences,
        (*audibility_sentences(utterances, column), *audit_sentences(differences)),
        f"Synthetic voices ({', '.join(made)}): not recordings of people." if made else "",
    )
