"""whisper.cpp: ``--output-json`` and ``--output-json-full``; times are milliseconds, tokens become words at their spaces."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, seconds
from workbench.transcripts.segments import Segment, Word


def _words(tokens: Any) -> tuple[Word, ...]:
    """Return tokens put together: one that begins with a space begins a word; [_BEG_] and other marks are none."""
    words: list[Word] = []
    for token in tokens or ():
        text = str(token["text"])
        if text.startswith("[_"):
            continue
        start, end = (seconds(token.get("offsets", {}).get(side), per_second=1000) for side in ("from", "to"))
        p = token.get("p")
        if words and not text.startswith(" "):
            last = words[-1]
            both = None if p is None or last.confidence is None else min(last.confidence, float(p))
            words[-1] = Word(last.text + text, last.start_s, end, both)
        else:
            words.append(Word(text.strip(), start, end, None if p is None else float(p)))
    return tuple(words)


def _read(file: TranscriptFile) -> list[Segment]:
    results = []
    for part in file.document["transcription"]:
        offsets = part.get("offsets", {})
        words = _words(part.get("tokens"))
        given = [word.confidence for word in words if word.confidence is not None]
        results.append(
            Segment(
                file.recording, str(part["text"]), seconds(offsets.get("from"), per_second=1000),
                seconds(offsets.get("to"), per_second=1000), speaker=str(part.get("speaker", "")),
                confidence=sum(given) / len(given) if given else None, words=words, own_spaces=True,
            )
        )  # fmt: skip
    return results or [Segment(file.recording, "")]


FORMATS = (
    Format(
        "whisper.cpp", "whisper.cpp JSON", "https://github.com/ggml-org/whisper.cpp/blob/master/examples/cli/cli.cpp",
        lambda file: file.has("transcription"), _read,
    ),
)  # fmt: skip
