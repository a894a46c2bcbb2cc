"""IBM Watson Speech to Text: the answer to recognize; results that are not final are left out."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word


def _words(best: dict[str, Any], speakers: dict[float, str]) -> tuple[Word, ...]:
    confidences = [number(value) for _, value in best.get("word_confidence", ())]
    times = best.get("timestamps", ())
    matched = confidences if len(confidences) == len(times) else [None] * len(times)
    return tuple(
        Word(str(text), seconds(start), seconds(end), confidence, speakers.get(float(start), ""))
        for (text, start, end), confidence in zip(times, matched, strict=True)
    )


def _read(file: TranscriptFile) -> list[Segment]:
    results = []
    for document in file.documents:
        speakers = {float(label["from"]): str(label["speaker"]) for label in document.get("speaker_labels", ())}
        for result in document.get("results", ()):
            if result.get("final") is False:
                continue
            best, *others = result["alternatives"]
            words = _words(best, speakers)
            voices = {word.speaker for word in words}
            results.append(
                Segment(
                    file.recording, str(best["transcript"]), words[0].start_s if words else None,
                    words[-1].end_s if words else None, speaker=voices.pop() if len(voices) == 1 else "",
                    confidence=number(best.get("confidence")), words=words,
                    alternatives=tuple(str(other["transcript"]).strip() for other in others),
                )
            )  # fmt: skip
    return results or [Segment(file.recording, "")]


def _recognise(file: TranscriptFile) -> bool:
    documents = [document for document in file.documents if isinstance(document, dict)]
    if not documents or len(documents) != len(file.documents):
        return False
    results = [row for document in documents for row in document.get("results", ()) if isinstance(row, dict)]
    marked = any("result_index" in document or "speaker_labels" in document for document in documents)
    return marked or (bool(results) and all("final" in row and "alternatives" in row for row in results))


FORMATS = (
    Format(
        "watson", "IBM Watson Speech to Text JSON", "https://cloud.ibm.com/docs/speech-to-text?topic=speech-to-text-basic-response",
        _recognise, _read,
    ),
)  # fmt: skip
