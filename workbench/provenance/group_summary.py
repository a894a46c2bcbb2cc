"""What each group consists of, and the mean of each measure over its speakers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.fairness.counts.frames import joined, typed
from workbench.fairness.inference.intervals import TAIL, t_quantile
from workbench.provenance.measure_table import CODEC, MEASURES, measure
from workbench.schema import AUDIT_GROUPS, AUDIT_MEASURES, NOT_STATED

SPEAKER = ["corpus_id", "speaker_id"]
STYLE_COLUMNS = ("speech_style", "speaking_style", "style")
"""Attributes that say whether someone reads or speaks freely."""
UNKNOWN_CODEC = "not measured"


def groups_in_order(rows: pd.DataFrame, attribute: str) -> list[str]:
    """Return the groups, most speakers first, ``not stated`` last."""
    size = rows.drop_duplicates([*SPEAKER, attribute])[attribute].astype(str).value_counts()
    return sorted(map(str, size.index), key=lambda group: (group == NOT_STATED, -size[group], group))


def audit_groups(utterances: pd.DataFrame, attribute: str, *, styles: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return AUDIT_GROUPS: speakers, minutes, words, speech style and codings of each group of ``attribute``.

    Parameters
    ----------
    utterances : AUDIT_UTTERANCES
    styles : how each corpus says that its people speak (read, spontaneous), by corpus_id; an attribute of one of the names
        in :data:`STYLE_COLUMNS` goes before it

    Source: counts; nothing is estimated.
    """
    rows = []
    for group in groups_in_order(utterances, attribute):
        part = utterances[utterances[attribute] == group]
        n_speakers = len(part.drop_duplicates(SPEAKER))
        n_failed = int((part["status"] == "failed").sum())
        words = float(part["words"].sum(min_count=1))
        rows.append(
            {
                "attribute": attribute,
                "group": group,
                "n_speakers": n_speakers,
                "n_utterances": len(part),
                "n_failed": n_failed,
                "minutes": float(part["duration_s"].sum(min_count=1)) / 60.0,
                "words": words,
                "words_per_speaker": words / n_speakers,
                "speech_style": _style(part, styles or {}),
                "codecs": _codecs(part),
                "reason": f"the audio of {n_failed} of {len(part)} utterances could not be measured"
                if n_failed
                else "",
            }
        )
    return typed(rows, AUDIT_GROUPS, AUDIT_GROUPS.column_names)


def _style(part: pd.DataFrame, styles: Mapping[str, str]) -> str:
    column = next((name for name in STYLE_COLUMNS if name in part.columns), None)
    if column is not None:
        return _shares(part[column])
    return _shares(pd.Series([styles.get(str(corpus), NOT_STATED) for corpus in part["corpus_id"]], dtype="str"))


def _codecs(part: pd.DataFrame) -> str:
    readable = part[part["status"] == "ok"]
    return _shares(readable["codec"] + readable["sample_rate_hz"].map(" {:.0f} Hz".format)) or UNKNOWN_CODEC


def _shares(values: pd.Series[str]) -> str:
    """Return ``read``, or ``read 60 %, spontaneous 40 %``."""
    shares = values.astype(str).value_counts(normalize=True).sort_index().sort_values(ascending=False, kind="stable")
    if len(shares) <= 1:
        return str(shares.index[0]) if len(shares) else ""
    return ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items())


def with_codecs(utterances: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the utterances with a share of 0 or 100 % per codec where there are several, and the names to compare."""
    readable = utterances["status"] == "ok"
    codecs = sorted(utterances.loc[readable, "codec"].unique())
    shares = {
        f"{CODEC}{codec}": (utterances["codec"] == codec).mul(100.0).where(readable)
        for codec in (codecs if len(codecs) > 1 else [])
    }
    return utterances.assign(**shares), [*MEASURES, *shares]


def speaker_means(utterances: pd.DataFrame, attribute: str, name: str) -> dict[str, NDArray[np.float64]]:
    """Return, by group, the mean of a measure for each speaker who has it."""
    measured = utterances[utterances[name].notna()]
    means = measured.groupby([attribute, *SPEAKER], observed=True)[name].mean()
    return {str(group): part.to_numpy(dtype=np.float64) for group, part in means.groupby(level=0, observed=True)}


def audit_measures(utterances: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """Return AUDIT_MEASURES: the mean of each measure in each group of ``attribute``, with its 95 % interval.

    Every speaker counts alike: the mean over speakers of each speaker's mean, interval by Student's t over speakers. Of one
    speaker there is a mean and no interval.

    Source: Student 1908, Biometrika 6: 1-25, over speakers.
    """
    frame, names = with_codecs(utterances)
    groups = groups_in_order(utterances, attribute)
    rows = []
    for name in names:
        means = speaker_means(frame, attribute, name)
        counts = frame.loc[frame[name].notna(), attribute].value_counts()
        for group in groups:
            values = means.get(group, np.zeros(0))
            half = _half_width(values)
            mean = float(values.mean()) if len(values) else math.nan
            entry = measure(name)
            rows.append(
                {
                    "attribute": attribute,
                    "group": group,
                    "measure": name,
                    "unit": entry.unit,
                    "kind": entry.kind,
                    "n_speakers": len(values),
                    "n_utterances": int(counts.get(group, 0)),
                    "mean": mean,
                    "ci_low": mean - half,
                    "ci_high": mean + half,
                    "reason": joined(
                        [
                            "not measured" if not len(values) else "",
                            "one speaker: no interval" if len(values) == 1 else "",
                        ]
                    ),
                }
            )
    return typed(rows, AUDIT_MEASURES, AUDIT_MEASURES.column_names)


def _half_width(values: NDArray[np.float64]) -> float:
    if len(values) < 2:
        return math.nan
    return t_quantile(len(values) - 1, 1 - TAIL) * float(values.std(ddof=1)) / math.sqrt(len(values))
