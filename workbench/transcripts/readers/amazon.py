"""Amazon Transcribe: the JSON that a finished batch job leaves, with speakers or channels where they were asked for."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word

_NO_SPACE = frozenset({"zh-CN", "zh-TW", "ja-JP", "th-TH"})


def _of_items(items: Any, name: str, also: tuple[str, ...], glue: str, channel: int | None) -> list[Segment]:
    """Return the items as segments, one per turn of a speaker; punctuation joins the word before it."""
    results: list[Segment] = []
    words: list[Word] = []
    text = ""

    def close() -> None:
        if words:
            given = [word.confidence for word in words if word.confidence is not None]
            mean = sum(given) / len(given) if given else None
            turn = Segment(
                name, text, words[0].start_s, words[-1].end_s, channel, words[0].speaker, mean, tuple(words), also=also
            )
            results.append(turn)

    for item in items:
        best = item["alternatives"][0]
        if item["type"] == "punctuation":
            text += str(best["content"])
            continue
        speaker = str(item.get("speaker_label", ""))
        if words and speaker != words[-1].speaker:
            close()
            words, text = [], ""
        word = Word(
            str(best["content"]),
            seconds(item.get("start_time")),
            seconds(item.get("end_time")),
            number(best.get("confidence")),
            speaker,
        )
        words.append(word)
        text += (glue if text else "") + word.text
    close()
    return results


def _read(file: TranscriptFile) -> list[Segment]:
    document = file.document
    results = document.get("results") or {}
    also = (str(document["jobName"]),) if document.get("jobName") else ()
    name = file.recording
    if document.get("status") not in (None, "COMPLETED"):
        return [Segment(name, None, also=also, reason=f"the job's status is {document['status']}")]
    glue = "" if results.get("language_code") in _NO_SPACE else " "
    channels = (results.get("channel_labels") or {}).get("channels")
    if channels:
        result = []
        for number_, channel in enumerate(channels, start=1):
            result += _of_items(channel["items"], name, also, glue, number_)
        return result or [Segment(name, "", also=also)]
    text = " ".join(str(part["transcript"]) for part in results["transcripts"])
    result = _of_items(results.get("items") or (), name, also, glue, None)
    alternatives = tuple(
        str(other["transcript"]) for segment in results.get("segments") or () for other in segment["alternatives"][1:]
    )
    if len(result) > 1 and "".join(part.text or "" for part in result).replace(" ", "") == text.replace(" ", ""):
        return result
    # the transcript is what Amazon calls the result; items may be left out of it
    words = tuple(word for part in result for word in part.words)
    confidence = result[0].confidence if len(result) == 1 else None
    start, end = (words[0].start_s, words[-1].end_s) if words else (None, None)
    return [Segment(name, text, start, end, confidence=confidence, words=words, alternatives=alternatives, also=also)]


FORMATS = (
    Format(
        "amazon-transcribe", "Amazon Transcribe JSON", "https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html",
        lambda file: isinstance(file.document, dict)
        and isinstance(file.document.get("results"), dict)
        and ("transcripts" in file.document["results"] or ("jobName" in file.document and "channels" not in file.document["results"])),
        _read,
    ),
)  # fmt: skip
