"""Vosk: one JSON object per part of a recording, as vosk-transcriber and the server write them; partial results are left out."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word

_KEYS = frozenset({"result", "text", "alternatives", "partial", "partial_result", "spk", "spk_frames"})


def _read(file: TranscriptFile) -> list[Segment]:
    results = []
    for document in file.documents:
        if "partial" in document:
            continue
        options: list[dict[str, Any]] = document.get("alternatives") or [document]
        best, *others = options
        words = tuple(
            Word(str(word["word"]), seconds(word.get("start")), seconds(word.get("end")), number(word.get("conf")))
            for word in best.get("result", ())
        )
        given = [word.confidence for word in words if word.confidence is not None]
        results.append(
            Segment(
                file.recording, str(best["text"]), words[0].start_s if words else None, words[-1].end_s if words else None,
                # "confidence" of an alternative is a log-likelihood, not a share
                confidence=sum(given) / len(given) if given else None, words=words,
                alternatives=tuple(str(other["text"]).strip() for other in others),
            )
        )  # fmt: skip
    return results or [Segment(file.recording, "")]


def _recognise(file: TranscriptFile) -> bool:
    documents = file.documents
    if not documents or not all(
        isinstance(document, dict) and document and document.keys() <= _KEYS for document in documents
    ):
        return False
    return len(documents) > 1 or bool(documents[0].keys() & (_KEYS - {"text"}))


FORMATS = (
    Format("vosk", "Vosk JSON", "https://github.com/alphacep/vosk-api/blob/master/src/vosk_api.h", _recognise, _read),
)
