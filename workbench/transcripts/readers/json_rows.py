"""Rows of JSON whose keys say what they are: SegLST of meeting transcription, and NeMo's manifests with predictions."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, seconds
from workbench.transcripts.segments import Segment


def _rows(file: TranscriptFile) -> list[dict[str, Any]]:
    rows = file.document if isinstance(file.document, list) else list(file.documents)
    return rows if rows and all(isinstance(row, dict) for row in rows) else []


def _read_seglst(file: TranscriptFile) -> list[Segment]:
    return [
        Segment(
            str(row["session_id"]), str(row["words"]), seconds(row.get("start_time")), seconds(row.get("end_time")),
            speaker=str(row.get("speaker", "")),
        )
        for row in _rows(file)
    ]  # fmt: skip


def _read_nemo(file: TranscriptFile) -> list[Segment]:
    results = []
    for row in _rows(file):
        # an offset means that the row is a part of its recording, whose times are then the row's
        start = seconds(row.get("offset"))
        length = seconds(row.get("duration"))
        end = None if start is None or length is None else start + length
        text = row["pred_text"]
        results.append(
            Segment(
                str(row["audio_filepath"]), None if text is None else str(text), start, end,
                reference=None if row.get("text") is None else str(row["text"]), reason="pred_text is null",
            )
        )  # fmt: skip
    return results


FORMATS = (
    Format(
        "seglst", "SegLST", "https://github.com/fgnt/meeteval",
        lambda file: bool(_rows(file)) and all({"session_id", "words"} <= row.keys() for row in _rows(file)), _read_seglst,
    ),
    Format(
        "nemo", "NeMo manifest with predictions",
        "https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/asr/datasets.html",
        lambda file: bool(_rows(file)) and all({"audio_filepath", "pred_text"} <= row.keys() for row in _rows(file)), _read_nemo,
    ),
)  # fmt: skip
