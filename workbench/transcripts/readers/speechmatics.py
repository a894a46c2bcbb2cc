"""Speechmatics: json-v2, a row of words and punctuation; turns of speakers and channels are put together again."""

from __future__ import annotations

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word


def _read(file: TranscriptFile) -> list[Segment]:
    document = file.document
    also = tuple(filter(None, [str((document.get("job") or {}).get("data_name") or "")]))
    glue = ((document.get("metadata") or {}).get("language_pack_info") or {}).get("word_delimiter", " ")
    names: list[str] = []
    turns: list[tuple[str, str, list[Word], str]] = []
    for item in document["results"]:
        best = (item.get("alternatives") or [{"content": ""}])[0]
        content = str(best["content"])
        if item["type"] not in ("word", "punctuation", "entity"):
            continue
        before = item["type"] == "punctuation" and item.get("attaches_to", "previous") in ("previous", "both")
        channel, speaker = str(item.get("channel") or ""), str(best.get("speaker") or "")
        if before and turns:
            key = turns[-1]
            turns[-1] = (key[0], key[1], key[2], key[3] + content)
            continue
        if channel and channel not in names:
            names.append(channel)
        word = Word(
            content,
            seconds(item.get("start_time")),
            seconds(item.get("end_time")),
            number(best.get("confidence")),
            speaker,
        )
        if turns and turns[-1][:2] == (channel, speaker):
            key = turns[-1]
            turns[-1] = (channel, speaker, [*key[2], word], key[3] + glue + content)
        else:
            turns.append((channel, speaker, [word], content))
    several = len(names) > 1
    results = []
    for channel, speaker, words, text in turns:
        given = [word.confidence for word in words if word.confidence is not None]
        results.append(
            Segment(
                file.recording, text, words[0].start_s, words[-1].end_s, names.index(channel) + 1 if several else None, speaker,
                sum(given) / len(given) if given else None, tuple(words), also=also,
            )
        )  # fmt: skip
    return results or [Segment(file.recording, "", also=also)]


FORMATS = (
    Format(
        "speechmatics", "Speechmatics JSON (json-v2)", "https://docs.speechmatics.com/speech-to-text/batch/output",
        lambda file: isinstance(file.document, dict)
        and isinstance(file.document.get("results"), list)
        and ("format" in file.document or all(isinstance(row, dict) and "type" in row for row in file.document["results"]))
        and not file.keys() & {"result_index"}
        and bool(file.document["results"] or "format" in file.document),
        _read,
    ),
)  # fmt: skip
