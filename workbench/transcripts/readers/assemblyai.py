"""AssemblyAI: a transcript as its API returns it; times are milliseconds, turns of speakers are utterances."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word


def _words(given: Any) -> tuple[Word, ...]:
    return tuple(
        Word(
            str(word["text"]), seconds(word.get("start"), per_second=1000), seconds(word.get("end"), per_second=1000),
            number(word.get("confidence")), str(word.get("speaker") or ""),
        )
        for word in given or ()
    )  # fmt: skip


def _read(file: TranscriptFile) -> list[Segment]:
    document = file.document
    also = (str(document["audio_url"]),) if document.get("audio_url") else ()
    if document.get("status", "completed") != "completed":
        reason = str(document.get("error") or f"the status is {document['status']}")
        return [Segment(file.recording, None, also=also, reason=reason)]
    turns = [
        Segment(
            file.recording, str(turn["text"]), seconds(turn.get("start"), per_second=1000), seconds(turn.get("end"), per_second=1000),
            channel=int(turn["channel"]) if str(turn.get("channel") or "").isdigit() else None,
            speaker=str(turn.get("speaker") or ""), confidence=number(turn.get("confidence")), words=_words(turn.get("words")), also=also,
        )
        for turn in document.get("utterances") or ()
    ]  # fmt: skip
    words = _words(document.get("words"))
    whole = Segment(
        file.recording, str(document.get("text") or ""), words[0].start_s if words else None, words[-1].end_s if words else None,
        confidence=number(document.get("confidence")), words=words, also=also,
    )  # fmt: skip
    return turns or [whole]


FORMATS = (
    Format(
        "assemblyai", "AssemblyAI JSON", "https://www.assemblyai.com/docs/api-reference/transcripts/get",
        lambda file: file.has("id", "status") and bool(file.keys() & {"text", "error", "audio_url"}), _read,
    ),
)  # fmt: skip
