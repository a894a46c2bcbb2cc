"""Deepgram: the answer to a request for recorded audio; a transcript per channel, turns of speakers as utterances."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word


def _words(given: Any) -> tuple[Word, ...]:
    return tuple(
        Word(
            str(word.get("punctuated_word", word["word"])), seconds(word.get("start")), seconds(word.get("end")),
            number(word.get("confidence")), "" if word.get("speaker") is None else str(word["speaker"]),
        )
        for word in given or ()
    )  # fmt: skip


def _read(file: TranscriptFile) -> list[Segment]:
    results = file.document["results"]
    channels = results.get("channels") or []
    several = len(channels) > 1
    turns = [
        Segment(
            file.recording, str(turn["transcript"]), seconds(turn.get("start")), seconds(turn.get("end")),
            channel=int(turn.get("channel", 0)) + 1 if several else None,
            speaker="" if turn.get("speaker") is None else str(turn["speaker"]),
            confidence=number(turn.get("confidence")), words=_words(turn.get("words")),
        )
        for turn in results.get("utterances") or ()
    ]  # fmt: skip
    if turns:
        return turns
    matches = []
    for index, channel in enumerate(channels, start=1):
        best, *others = channel.get("alternatives") or [{"transcript": ""}]
        words = _words(best.get("words"))
        matches.append(
            Segment(
                file.recording, str(best["transcript"]), words[0].start_s if words else None, words[-1].end_s if words else None,
                channel=index if several else None, confidence=number(best.get("confidence")) if best["transcript"] else None,
                words=words, alternatives=tuple(str(other["transcript"]) for other in others),
            )
        )  # fmt: skip
    return matches or [Segment(file.recording, "")]


FORMATS = (
    Format(
        "deepgram", "Deepgram JSON", "https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded",
        lambda file: isinstance(file.document, dict)
        and isinstance(file.document.get("results"), dict)
        and "channels" in file.document["results"],
        _read,
    ),
)  # fmt: skip
