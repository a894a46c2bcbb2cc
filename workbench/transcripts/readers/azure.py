"""Azure AI Speech: files of batch transcription, answers of fast transcription, and the detailed answer to a short request."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word

_TICKS = 1e7
"""Units of 100 nanoseconds in a second."""


def _channel(row: dict[str, Any]) -> int | None:
    return None if row.get("channel") is None else int(row["channel"]) + 1


def _time(row: dict[str, Any], what: str) -> float | None:
    ticks = row.get(f"{what}InTicks")
    return seconds(row.get(what)) if ticks is None else seconds(ticks, per_second=_TICKS)


def _span(row: dict[str, Any]) -> tuple[float | None, float | None]:
    start, length = _time(row, "offset"), _time(row, "duration")
    return start, None if start is None or length is None else start + length


def _batch_words(best: dict[str, Any]) -> tuple[Word, ...]:
    given = best.get("displayWords") or best.get("words") or ()
    return tuple(Word(str(w.get("displayText", w.get("word"))), *_span(w), number(w.get("confidence"))) for w in given)


def _read_batch(file: TranscriptFile) -> list[Segment]:
    document = file.document
    source = str(document.get("source") or "")
    name, also = (source, (file.recording,)) if "/" in source else (file.recording, ())
    results = []
    for phrase in document.get("recognizedPhrases", ()):
        if phrase.get("recognitionStatus", "Success") != "Success":
            continue
        best, *others = phrase["nBest"]
        speaker = "" if phrase.get("speaker") is None else str(phrase["speaker"])
        text = str(best.get("display", best.get("lexical", "")))
        results.append(
            Segment(
                name, text, *_span(phrase), channel=_channel(phrase), speaker=speaker, confidence=number(best.get("confidence")),
                words=_batch_words(best), alternatives=tuple(str(other.get("display", "")) for other in others), also=also,
            )
        )  # fmt: skip
    if not results:
        results = [
            Segment(name, str(part.get("display", part.get("lexical", ""))), channel=_channel(part), also=also)
            for part in document.get("combinedRecognizedPhrases", ())
        ]
    if len({segment.channel for segment in results}) == 1:  # a single channel is the whole recording
        results = [_without_channel(segment) for segment in results]
    return results or [Segment(name, "", also=also)]


def _without_channel(segment: Segment) -> Segment:
    from dataclasses import replace

    return replace(segment, channel=None)


def _read_fast(file: TranscriptFile) -> list[Segment]:
    results = []
    for phrase in file.document.get("phrases", ()):
        start = seconds(phrase.get("offsetMilliseconds"), per_second=1000)
        length = seconds(phrase.get("durationMilliseconds"), per_second=1000)
        words = tuple(
            Word(
                str(word["text"]),
                at := seconds(word.get("offsetMilliseconds"), per_second=1000),
                None if at is None else at + (seconds(word.get("durationMilliseconds"), per_second=1000) or 0.0),
            )
            for word in phrase.get("words", ())
        )
        end = None if start is None or length is None else start + length
        speaker = "" if phrase.get("speaker") is None else str(phrase["speaker"])
        results.append(
            Segment(
                file.recording, str(phrase["text"]), start, end, _channel(phrase), speaker, number(phrase.get("confidence")), words
            )
        )  # fmt: skip
    if not results:
        results = [
            Segment(file.recording, str(part["text"]), channel=_channel(part))
            for part in file.document["combinedPhrases"]
        ]
    return results or [Segment(file.recording, "")]


def _read_short(file: TranscriptFile) -> list[Segment]:
    document = file.document
    status = document["RecognitionStatus"]
    if status != "Success":
        silent = status in ("NoMatch", "InitialSilenceTimeout", "EndOfDictation")
        return [
            Segment(file.recording, "" if silent else None, reason="" if silent else f"RecognitionStatus is {status}")
        ]
    start, length = (seconds(document.get(key), per_second=_TICKS) for key in ("Offset", "Duration"))
    end = None if start is None or length is None else start + length
    best, *others = document.get("NBest") or [{"Display": document["DisplayText"]}]
    return [
        Segment(
            file.recording, str(best["Display"]), start, end, confidence=number(best.get("Confidence")),
            alternatives=tuple(str(other["Display"]) for other in others),
        )
    ]  # fmt: skip


FORMATS = (
    Format(
        "azure-batch", "Azure batch transcription JSON",
        "https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get",
        lambda file: bool(file.keys() & {"combinedRecognizedPhrases", "recognizedPhrases"}), _read_batch,
    ),
    Format(
        "azure-fast", "Azure fast transcription JSON",
        "https://learn.microsoft.com/azure/ai-services/speech-service/fast-transcription-create",
        lambda file: file.has("combinedPhrases"), _read_fast,
    ),
    Format(
        "azure-short", "Azure speech-to-text JSON for short audio",
        "https://learn.microsoft.com/azure/ai-services/speech-service/rest-speech-to-text-short",
        lambda file: file.has("RecognitionStatus"), _read_short,
    ),
)  # fmt: skip
