"""Rev AI: monologues of speakers, each a row of words and of what stands between them."""

from __future__ import annotations

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word


def _read(file: TranscriptFile) -> list[Segment]:
    results = []
    speakers = {str(turn.get("speaker", "")) for turn in file.document["monologues"]}
    for turn in file.document["monologues"]:
        elements = turn.get("elements") or ()
        speaker = str(turn.get("speaker", ""))
        words = tuple(
            Word(
                str(part["value"]),
                seconds(part.get("ts")),
                seconds(part.get("end_ts")),
                number(part.get("confidence")),
                speaker,
            )
            for part in elements
            if part["type"] == "text"
        )
        text = "".join(str(part["value"]) for part in elements if part["type"] in ("text", "punct"))
        given = [word.confidence for word in words if word.confidence is not None]
        results.append(
            Segment(
                file.recording, text, words[0].start_s if words else None, words[-1].end_s if words else None,
                speaker=speaker if len(speakers) > 1 else "", confidence=sum(given) / len(given) if given else None, words=words,
            )
        )  # fmt: skip
    return results or [Segment(file.recording, "")]


FORMATS = (
    Format(
        "rev", "Rev AI JSON", "https://docs.rev.ai/api/asynchronous/transcript/",
        lambda file: file.has("monologues"), _read,
    ),
)  # fmt: skip
