"""Transcripts as a table that a spreadsheet and ``imported:`` read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

import pandas as pd

from workbench.transcripts.segments import Segment, joined_text, mean_confidence
from workbench.transcripts.source import Transcripts

Rows = Literal["recordings", "segments", "words"]
COLUMNS = (
    "utterance_id", "channel", "speaker", "start_s", "end_s", "hypothesis", "confidence", "alternatives", "words", "reference", "reason",
)  # fmt: skip


def transcript_table(transcripts: Transcripts, rows: Rows = "recordings") -> pd.DataFrame:
    """Return a row per recording (and channel, where it has several), per segment or per word; columns without values left out.

    ``alternatives`` and ``words`` are JSON: lists of texts, and of objects with text, start_s, end_s and confidence. What
    failed has no ``hypothesis`` and a ``reason``.
    """
    found: list[dict[str, object]] = []
    for name, segments in transcripts.by_name().items():
        if rows == "recordings":
            channels = sorted({one.channel for one in segments}, key=lambda channel: channel or 0)
            for channel in channels:
                found.append(_row(name, [one for one in segments if one.channel == channel]))
        elif rows == "segments":
            found += [_row(name, [one]) for one in segments]
        else:
            found += [
                {
                    "utterance_id": name, "channel": one.channel, "speaker": word.speaker or one.speaker, "start_s": word.start_s,
                    "end_s": word.end_s, "hypothesis": word.text, "confidence": word.confidence,
                }
                for one in segments for word in one.words
            ]  # fmt: skip
    frame = pd.DataFrame(found, columns=list(COLUMNS), dtype=object)
    return frame[
        [name for name in COLUMNS if name in ("utterance_id", "hypothesis") or frame[name].map(_is_there).any()]
    ]


def _is_there(value: object) -> bool:
    return value is not None and value != "" and not (isinstance(value, float) and value != value)


def _row(name: str, segments: Sequence[Segment]) -> dict[str, object]:
    ordered = sorted(segments, key=lambda one: -1.0 if one.start_s is None else one.start_s)
    text = joined_text(ordered)
    speakers = list(dict.fromkeys(one.speaker for one in ordered if one.speaker))
    words = [
        {"text": word.text, "start_s": word.start_s, "end_s": word.end_s, "confidence": word.confidence}
        for one in ordered
        for word in one.words
    ]
    alternatives = [text for one in ordered for text in one.alternatives]
    references = [one.reference for one in ordered if one.reference is not None]
    starts = [one.start_s for one in ordered if one.start_s is not None]
    ends = [one.end_s for one in ordered if one.end_s is not None]
    return {
        "utterance_id": name,
        "channel": ordered[0].channel,
        "speaker": ", ".join(speakers),
        "start_s": min(starts, default=None),
        "end_s": max(ends, default=None),
        "hypothesis": text,
        "confidence": mean_confidence(ordered),
        "alternatives": json.dumps(alternatives, ensure_ascii=False) if alternatives else "",
        "words": json.dumps(words, ensure_ascii=False) if words else "",
        "reference": " ".join(references),
        "reason": next((one.reason for one in ordered if one.reason), "") if text is None else "",
    }
