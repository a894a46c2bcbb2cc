"""Every original of a corpus, measured: in parallel, and each file only once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from workbench.audio import channel_of
from workbench.provenance.measure_cache import Cache
from workbench.provenance.measurement_pool import Clip, listen
from workbench.provenance.recording import Facts
from workbench.provenance.sources import Source, Subject, subject_of
from workbench.schema import AUDIT_UTTERANCES, UTTERANCES
from workbench.text import language_of

Progress = Callable[[int, int], None]
"""Called with (utterances done, utterances in all)."""

NO_WORDS = "words are not counted: the language is written without spaces"
_KEEP = 256
_FACTS = (
    "sample_rate_hz", "channels", "duration_s", "active_level_db", "source_floor_db", "source_snr_db", "rolloff_hz", "edge_hz",
    "clipped_percent", "digital_silence_percent", "decay_s", "pause_percent",
)  # fmt: skip


def audit_utterances(
    source: Source, *, cache: Cache | None = None, on_progress: Progress | None = None
) -> pd.DataFrame:
    """Return AUDIT_UTTERANCES: how each original of a manifest, a study or a corpus was recorded.

    Measured on the file as it is, at its own sample rate, channels averaged (or the one that the manifest names); nothing is
    degraded. What was measured before
    is taken from ``cache`` (default: a file under ``WORKBENCH_HOME``, by the digest of the audio). Audio that cannot be
    read is a row with status ``failed`` and the reason.

    Raises
    ------
    ManifestError, StudyError : nothing that could be audited

    Source: each measure names its own: ``workbench.provenance.recording``, ``edges``, ``decay``; ``workbench.audio``.
    """
    return measured(subject_of(source), cache=cache, on_progress=on_progress)


def measured(subject: Subject, *, cache: Cache | None = None, on_progress: Progress | None = None) -> pd.DataFrame:
    """Return AUDIT_UTTERANCES of these utterances."""
    rows = subject.utterances
    kept = cache if cache is not None else Cache()
    cached = kept.get(rows["source_digest"])
    result: dict[str, Facts] = dict(cached)
    waiting = rows[~rows["source_digest"].isin(list(cached))].drop_duplicates("source_digest")
    done, total = len(rows) - len(waiting), len(rows)
    if on_progress is not None:
        on_progress(done, total)
    fresh: dict[str, Facts] = {}
    try:
        for heard in listen(_clips(waiting)):
            fresh |= heard
            done += len(heard)
            if on_progress is not None:
                on_progress(done, total)
            if len(fresh) >= _KEEP:
                result |= _kept(fresh, kept)
                fresh = {}
    finally:  # what was heard before an interruption is not heard again
        result |= _kept(fresh, kept)
    return _frame(subject, result)


def _kept(fresh: dict[str, Facts], kept: Cache) -> dict[str, Facts]:
    kept.put({digest: facts for digest, facts in fresh.items() if facts["status"] == "ok"})
    return fresh


def _clips(rows: pd.DataFrame) -> list[Clip]:
    columns = (rows[name].tolist() for name in ("source_digest", "path", "start_s", "end_s", "channel"))
    return [
        Clip(str(digest), str(path), float(start_s), float(end_s), channel_of(number))
        for digest, path, start_s, end_s, number in zip(*columns, strict=True)
    ]


def _frame(subject: Subject, found: Mapping[str, Facts]) -> pd.DataFrame:
    rows = subject.utterances
    in_words = {info.corpus_id: language_of(info.language).unit == "word" for info in subject.infos}
    attributes = UTTERANCES.attributes_of(rows)
    table: list[dict[str, Any]] = []
    for row in rows.to_dict("records"):
        facts = found[row["source_digest"]]
        counted = in_words.get(str(row["corpus_id"]), True)
        words = float(count_words(str(row["reference"]))) if counted else math.nan
        length = facts.get("duration_s", math.nan)
        table.append(
            {
                **{name: row[name] for name in ("utterance_id", "corpus_id", "speaker_id")},
                **{name: facts.get(name, "") for name in ("container", "codec", "status")},
                **{name: facts.get(name, math.nan) for name in _FACTS},
                "words": words,
                "words_per_s": words / length if length > 0.0 else math.nan,
                "reason": "; ".join(filter(None, [facts["reason"], "" if counted else NO_WORDS])),
                **{str(name): row[name] for name in attributes},
            }
        )
    order = [*AUDIT_UTTERANCES.column_names, *attributes]
    return AUDIT_UTTERANCES.validate(pd.DataFrame(table, columns=order))


def count_words(text: str) -> int:
    """Return how many words of ``text``, between spaces, hold a letter or a digit; no normaliser is applied.

    >>> count_words("Well – 2 of them don't.")
    5
    """
    return sum(any(char.isalnum() for char in word) for word in text.split())
