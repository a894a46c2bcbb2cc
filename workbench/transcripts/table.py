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
    results: list[dict[str, object]] = []
    for name, segments in transcripts.by_name().items():
        if rows == "recordings":
            channels = sorted({segment.channel for segment in segments}, key=lambda channel: channel or 0)
            for channel in channels:
                results.append(_row(name, [segment for segment in segments if segment.channel == channel]))
        elif rows == "segments":
            results += [_row(name, [segment]) for segment in segments]
        else:
            results += [
                {
                    "utterance_id": name, "channel": segment.channel, "speaker": word.speaker or segment.speaker, "start_s": word.start_s,
                    "end_s": word.end_s, "hypothesis": word.text, "confidence": word.confidence,
                }
                for segment in segments for word in segment.words
            ]  # fmt: skip
    frame = pd.DataFrame(results, columns=list(COLUMNS), dtype=object)
    return frame[
        [name for name in COLUMNS if name in ("utterance_id", "hypothesis") or frame[name].map(_is_there).any()]
    ]


def _is_there(value: object) -> bool:
    return value is not None and value != "" and not (isinstance(value, float) and value != value)


def _row(name: str, segments: Sequence[Segment]) -> dict[str, object]:
    ordered = sorted(segments, key=lambda one: -1.0 if one.start_s is None else one.start_s)
    text = joined_text(ordered)
    speakers = list(dict.fromkeys(item.speaker for item in ordered if item.speaker))
    words = [
        {"text": word.text, "start_s": word.start_s, "end_s": word.end_s, "confidence": word.confidence}
        for item in ordered
        for word in item.words
    ]
    alternatives = [text for item in ordered for text in item.alternatives]
    references = [item.reference for item in ordered if item.reference is not None]
    starts = [item.start_s for item in ordered if item.start_s is not None]
    ends = [item.end_s for item in ordered if item.end_s is not None]
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
        "reason": next((item.reason for item in ordered if item.reason), "") if text is None else "",
    }
