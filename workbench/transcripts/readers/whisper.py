"""openai-whisper and those who keep its layout (faster-whisper, WhisperX, OpenAI's API, transformers)."""

from __future__ import annotations

import math
from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word


def _words(given: Any, speaker: str) -> tuple[Word, ...]:
    return tuple(
        Word(
            str(word.get("word", word.get("text", ""))).strip(),
            seconds(word.get("start")),
            seconds(word.get("end")),
            number(word.get("probability", word.get("score"))),
            str(word.get("speaker", speaker) or ""),
        )
        for word in given or ()
    )


def _segments(file: TranscriptFile, given: Any, *, own_spaces: bool) -> list[Segment]:
    results = []
    for segment in given:
        speaker = str(segment.get("speaker") or "")
        logprob = segment.get("avg_logprob")
        words = _words(segment.get("words"), speaker)
        confidence = None if logprob is None else min(1.0, math.exp(float(logprob)))
        results.append(
            Segment(
                file.recording, str(segment["text"]), seconds(segment.get("start")), seconds(segment.get("end")),
                speaker=speaker, confidence=confidence, words=words, own_spaces=own_spaces,
            )
        )  # fmt: skip
    return results or [Segment(file.recording, "")]


def _read_whisper(file: TranscriptFile) -> list[Segment]:
    document = file.document
    if document.get("segments"):
        spaced = (
            "".join(str(segment["text"]) for segment in document["segments"]).strip() == str(document["text"]).strip()
        )
        return _segments(file, document["segments"], own_spaces=spaced)
    return [Segment(file.recording, str(document["text"]))]


def _read_pieces(file: TranscriptFile) -> list[Segment]:
    pieces = [
        {"text": chunk["text"], "start": chunk["timestamp"][0], "end": chunk["timestamp"][1]}
        for chunk in file.document["chunks"]
    ]
    return _segments(file, pieces, own_spaces=True)


def _is_segment_list(file: TranscriptFile) -> bool:
    rows = file.document
    return (
        isinstance(rows, list)
        and bool(rows)
        and all(isinstance(row, dict) and {"start", "end", "text"} <= row.keys() for row in rows)
    )


def _is_whisper(file: TranscriptFile) -> bool:
    keys = file.keys()
    return {"text", "segments"} <= keys or (
        keys <= {"text", "usage", "logprobs", "language", "task", "duration"} and "text" in keys
    )


FORMATS = (
    Format(
        "whisperx", "WhisperX JSON", "https://github.com/m-bain/whisperX",
        lambda file: file.has("segments") and not file.has("text"),
        lambda file: _segments(file, file.document["segments"], own_spaces=False),
    ),
    Format("whisper", "openai-whisper JSON", "https://github.com/openai/whisper/blob/main/whisper/transcribe.py", _is_whisper, _read_whisper),
    Format(
        "faster-whisper", "faster-whisper segments as a JSON list", "https://github.com/SYSTRAN/faster-whisper",
        _is_segment_list, lambda file: _segments(file, file.document, own_spaces=all(str(row["text"]).startswith(" ") for row in file.document)),
    ),
    Format(
        "transformers", "Hugging Face pipeline JSON (chunks)", "https://huggingface.co/docs/transformers/main_classes/pipelines",
        lambda file: file.has("text", "chunks"), _read_pieces,
    ),
)  # fmt: skip
