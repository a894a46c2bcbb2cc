"""Google Cloud Speech-to-Text, v1 and v2: the answer to recognize, a finished long-running operation, or a batch's file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, number, seconds
from workbench.transcripts.segments import Segment, Word

_MARKS = frozenset(
    {"resultEndTime", "resultEndOffset", "channelTag", "languageCode", "result_end_time", "result_end_offset"}
)


def _get(row: dict[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _words(best: dict[str, Any]) -> tuple[Word, ...]:
    return tuple(
        Word(
            str(word["word"]),
            # protobuf leaves zero out
            seconds(_get(word, "startTime", "startOffset", "start_time", "start_offset") or 0),
            seconds(_get(word, "endTime", "endOffset", "end_time", "end_offset")),
            number(word.get("confidence")),
            str(_get(word, "speakerLabel", "speakerTag", "speaker_label", "speaker_tag") or ""),
        )
        for word in best.get("words", ())
    )


def _of_results(results: Any, name: str) -> list[Segment]:
    matches: list[Segment] = []
    last: tuple[Word, ...] = ()
    for result in results:
        options = result.get("alternatives") or []
        if not options:
            continue
        best, words = options[0], _words(options[0])
        if "transcript" not in best:
            last = words  # with speakers, v1 repeats all words at the end, without a transcript of its own
            continue
        channel = _get(result, "channelTag", "channel_tag")
        speakers = {word.speaker for word in words}
        end = seconds(_get(result, "resultEndTime", "resultEndOffset", "result_end_time", "result_end_offset"))
        matches.append(
            Segment(
                name, str(best["transcript"]), words[0].start_s if words else None, words[-1].end_s if words else end,
                channel=None if channel is None else int(channel), speaker=speakers.pop() if len(speakers) == 1 else "",
                confidence=number(best.get("confidence")) or None, words=words,
                alternatives=tuple(str(other.get("transcript", "")) for other in options[1:]),
            )
        )  # fmt: skip
    if last and sum(len(segment.words) or len((segment.text or "").split()) for segment in matches) == len(last):
        return _turns(last, name)
    return matches


def _turns(words: tuple[Word, ...], name: str) -> list[Segment]:
    turns: list[list[Word]] = []
    for word in words:
        if turns and turns[-1][-1].speaker == word.speaker:
            turns[-1].append(word)
        else:
            turns.append([word])
    return [
        Segment(
            name,
            " ".join(w.text for w in turn),
            turn[0].start_s,
            turn[-1].end_s,
            speaker=turn[0].speaker,
            words=tuple(turn),
        )
        for turn in turns
    ]


def _answers(file: TranscriptFile) -> Iterator[tuple[str, Any]]:
    """Yield the recording's name and its results, wherever in the answer they are."""
    document = file.document
    if isinstance(document.get("response"), dict):
        document = document["response"]
    results = document.get("results", [])
    if isinstance(results, dict):  # v2, several files in one answer
        for uri, answer in results.items():
            inline = answer.get("inlineResult", answer)
            yield uri, (inline.get("transcript") or {}).get("results", [])
    else:
        yield file.recording, results


def _read(file: TranscriptFile) -> list[Segment]:
    if isinstance(file.document.get("error"), dict):
        return [Segment(file.recording, None, reason=str(file.document["error"].get("message", "an error")))]
    return [
        segment for name, results in _answers(file) for segment in _of_results(results, name) or [Segment(name, "")]
    ]


def _recognise(file: TranscriptFile) -> bool:
    document = file.document
    if not isinstance(document, dict) or "result_index" in document:
        return False
    if isinstance(document.get("response"), dict):
        return "results" in document["response"]
    results = document.get("results")
    if results is None:  # silence: protobuf leaves an empty list out
        return "totalBilledTime" in document
    if isinstance(results, dict):
        return bool(results) and all(
            isinstance(result, dict) and ("transcript" in result or "inlineResult" in result)
            for result in results.values()
        )
    if not isinstance(results, list):
        return False
    rows = [row for row in results if isinstance(row, dict)]
    if not rows:
        return bool(document.keys() & {"totalBilledTime", "requestId", "metadata"})
    return all(
        "alternatives" in row and "final" not in row and "type" not in row for row in rows if row.keys() - _MARKS
    )


FORMATS = (
    Format(
        "google-speech", "Google Cloud Speech-to-Text JSON (v1 or v2)",
        "https://cloud.google.com/speech-to-text/docs/reference/rest/v1/speech/recognize", _recognise, _read,
    ),
)  # fmt: skip
