"""Transcripts to the utterances of a corpus: by id, then by the recording's stem, then by the end of its path."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import ScoringError
from workbench.transcripts.formats import AUDIO
from workbench.transcripts.segments import Segment, Word, join_texts, joined_text, mean_confidence

_LISTED = 20
_DRIVE = re.compile(r"^([A-Za-z]:)?[\\/]*")


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Transcripts by utterance. ``frame``: utterance_id, hypothesis (missing where there is none), confidence, joined_by
    ("id", "stem", "path" or ""), name (what the files call it), reason (why it is missing), in the utterances' order.

    ``spare`` are names in the files that belong to no utterance; ``notes`` say how many were joined how.
    """

    frame: pd.DataFrame
    spare: tuple[str, ...]
    notes: tuple[str, ...]


def join_transcripts(transcripts: Mapping[str, Sequence[Segment]], utterances: pd.DataFrame) -> Joined:
    """Return the transcript of every utterance (utterance_id and path; start_s, end_s and channel where they are parts).

    ``transcripts`` are segments by the name that a file gives them. A recording with several utterances is cut by the
    times of its words, or of its segments where words have none: each belongs where its middle lies.

    Raises
    ------
    ScoringError : two transcripts claim one utterance, or a recording must be cut and has no times: all of them
    """
    index = _Index(utterances)
    claims: dict[int, list[tuple[str, str]]] = defaultdict(list)
    spare: list[str] = []
    for name, segments in transcripts.items():
        names = dict.fromkeys((name, *(other for segment in segments for other in segment.also)))
        rows, way = index.find(list(names))
        if not rows:
            spare.append(name)
        for row in rows:
            claims[row].append((name, way))
    ids = utterances["utterance_id"].tolist()
    problems = [
        f"{ids[row]} has {len(held)} transcripts: {', '.join(name for name, _ in held)}"
        for row, held in sorted(claims.items())
        if len(held) > 1
    ]
    uncut = [] if problems else _uncut(claims, transcripts, index)
    if problems or uncut:
        listed = (problems + uncut)[:_LISTED] + (
            [f"and {len(problems + uncut) - _LISTED} more"] if len(problems + uncut) > _LISTED else []
        )
        remedy = (
            "keep one transcript for each" if problems else "give a transcript for each utterance, or one with times"
        )
        raise ScoringError("\n".join(listed) + "\n", place="transcripts", remedy=remedy)
    answers = [_row(ids[row], row, claims.get(row), transcripts, index) for row in range(len(ids))]
    frame = pd.DataFrame(answers, columns=["utterance_id", "hypothesis", "confidence", "joined_by", "name", "reason"])
    return Joined(frame, tuple(spare), _notes(frame, spare, transcripts, index))


@dataclass(frozen=True, slots=True)
class Recordings:
    """Transcripts by recording: the recording of each utterance, the segments of each recording, and names of no recording."""

    recording_of_row: tuple[str, ...]
    segments: Mapping[str, Sequence[Segment]]
    spare: tuple[str, ...]


def recordings_of(transcripts: Mapping[str, Sequence[Segment]], utterances: pd.DataFrame) -> Recordings:
    """Return which transcript is of which recording, whole, for recordings with several speakers.

    Raises
    ------
    ScoringError : two transcripts claim one recording
    """
    index = _Index(utterances)
    claims: dict[str, list[str]] = defaultdict(list)
    spare: list[str] = []
    for name, segments in transcripts.items():
        rows, _ = index.find(list(dict.fromkeys((name, *(other for segment in segments for other in segment.also)))))
        if rows:
            claims[index.recordings[rows[0]]].append(name)
        else:
            spare.append(name)
    problems = [
        f"{recording} has {len(names)} transcripts: {', '.join(names[:5])}"
        for recording, names in claims.items()
        if len(names) > 1
    ]
    if problems:
        remedy = "give one transcript of each whole recording"
        raise ScoringError("\n".join(problems[:_LISTED]) + "\n", place="transcripts", remedy=remedy)
    return Recordings(
        tuple(index.recordings), {recording: transcripts[name] for recording, (name,) in claims.items()}, tuple(spare)
    )


class _Index:
    """The utterances by every name under which a file may know them."""

    def __init__(self, utterances: pd.DataFrame) -> None:
        n = len(utterances)
        none = pd.Series([""] * n)
        ids = utterances["utterance_id"].astype(str).tolist()
        paths = [_plain(str(path)) for path in utterances.get("path", none)]
        self.start = _numbers(utterances, "start_s")
        self.end = _numbers(utterances, "end_s")
        self.channel = _numbers(utterances, "channel")
        self.recordings = [path or name for path, name in zip(paths, ids, strict=True)]
        self.rows_of: dict[str, list[int]] = defaultdict(list)
        self._by_id: dict[str, int] = {}
        self._by_stem: dict[str, set[str]] = defaultdict(set)
        self._by_tail: dict[tuple[str, ...], set[str]] = defaultdict(set)
        sources = [name.partition("/")[2] or name for name in ids]
        again = {name for name, count in Counter(sources).items() if count > 1}
        for row, (name, source, recording) in enumerate(zip(ids, sources, self.recordings, strict=True)):
            self.rows_of[recording].append(row)
            self._by_id[name] = row
            if source not in again:
                self._by_id.setdefault(source, row)
            for key in {recording, _plain(source)}:
                parts = _parts(key)
                self._by_stem[parts[-1]].add(recording)
                for length in range(2, len(parts) + 1):
                    self._by_tail[parts[-length:]].add(recording)

    def find(self, names: Sequence[str]) -> tuple[list[int], str]:
        """Return the rows that a transcript with these names belongs to, and how that was found."""
        for name in names:
            if name in self._by_id:
                return [self._by_id[name]], "id"
        for name in names:
            parts = _parts(_plain(name))
            if len(recordings := self._by_stem.get(parts[-1], set())) == 1:
                return self.rows_of[next(iter(recordings))], "stem"
            for length in range(len(parts), 1, -1):
                if len(recordings := self._by_tail.get(parts[-length:], set())) == 1:
                    return self.rows_of[next(iter(recordings))], "path"
        return [], ""

    def is_part(self, row: int, way: str) -> bool:
        """Return whether the utterance is a part of a recording that has been transcribed as a whole."""
        if way == "id":
            return False
        alone = len(self.rows_of[self.recordings[row]]) == 1
        return not alone or not np.isnan(self.start[row]) or not np.isnan(self.end[row])

    def is_only_whole(self, row: int) -> bool:
        """Return whether no other utterance is the whole of the same channel of the same recording."""
        others = self.rows_of[self.recordings[row]]
        whole = [other for other in others if np.isnan(self.start[other]) and np.isnan(self.end[other])]
        channel = self.channel[row]
        return (
            sum(
                self.channel[other] == channel or (np.isnan(channel) and np.isnan(self.channel[other]))
                for other in whole
            )
            == 1
        )

    def is_cut_in_time(self, row: int, way: str) -> bool:
        """Return whether the utterance has limits in time within the transcript that it belongs to."""
        return self.is_part(row, way) and not (np.isnan(self.start[row]) and np.isnan(self.end[row]))


def _numbers(utterances: pd.DataFrame, column: str) -> list[float]:
    if column not in utterances.columns:
        return [np.nan] * len(utterances)
    return pd.to_numeric(utterances[column], errors="coerce").astype(float).tolist()


def _plain(path: str) -> str:
    """Return a path with forward slashes and without drive, host and query."""
    if "://" in path:
        path = path.split("://", 1)[1].split("?", 1)[0].split("#", 1)[0]
    return _DRIVE.sub("", path.replace("\\", "/"))


def _parts(path: str) -> tuple[str, ...]:
    """Return the parts of a path, the last without the endings of audio."""
    parts = tuple(part for part in path.split("/") if part not in ("", ".")) or ("",)
    return (*parts[:-1], AUDIO.sub("", AUDIO.sub("", parts[-1])))


def name_aliases(name: str) -> Iterator[str]:
    """Yield the ends of a name's path without the endings of audio, the longest first: of "a/b/c.wav" a/b/c, b/c and c."""
    parts = _parts(_plain(name))
    for length in range(len(parts), 0, -1):
        yield "/".join(parts[-length:])


def _uncut(
    claims: Mapping[int, list[tuple[str, str]]], transcripts: Mapping[str, Sequence[Segment]], index: _Index
) -> list[str]:
    """Return what is wrong with recordings that have several utterances and cannot be cut."""
    problems = {}
    for row, ((name, way),) in sorted(claims.items()):
        segments = transcripts[name]
        timed = all(segment.start_s is not None and segment.end_s is not None for segment in segments if segment.text)
        if not index.is_part(row, way) or (
            index.is_cut_in_time(row, way) and (timed or all(map(_has_times, segments)))
        ):
            continue
        if not index.is_cut_in_time(row, way) and index.is_only_whole(row):
            continue
        n = len(index.rows_of[index.recordings[row]])
        lacks = "the transcript has no times" if index.is_cut_in_time(row, way) else "they have no start_s and end_s"
        problems[name] = (
            f"{name}: {n} {'utterance is a part' if n == 1 else 'utterances are parts'} of this recording, and {lacks}"
        )
    return list(problems.values())


def _has_times(segment: Segment) -> bool:
    return not segment.text or any(word.middle_s is not None for word in segment.words)


def _row(
    utterance_id: str,
    row: int,
    claim: list[tuple[str, str]] | None,
    transcripts: Mapping[str, Sequence[Segment]],
    index: _Index,
) -> tuple[str, str | None, float | None, str, str, str]:
    if claim is None:
        return utterance_id, None, None, "", "", "no transcript"
    (name, way) = claim[0]
    segments = [
        transcript for transcript in transcripts[name] if _on_channel(transcript, index.channel[row], transcripts[name])
    ]
    segments = sorted(segments, key=lambda one: -1.0 if one.start_s is None else one.start_s)
    failed = [transcript for transcript in transcripts[name] if transcript.text is None]
    if len(failed) == len(transcripts[name]):
        return utterance_id, None, None, way, name, failed[0].reason or "no value"
    if index.is_cut_in_time(row, way):
        first = 0.0 if np.isnan(index.start[row]) else index.start[row]
        last = np.inf if np.isnan(index.end[row]) else index.end[row]
        text, confidence = _between(segments, first, last)
    else:
        text, confidence = joined_text(segments) or "", mean_confidence(segments)
    return utterance_id, text, confidence, way, name, ""


def _on_channel(segment: Segment, channel: float, others: Sequence[Segment]) -> bool:
    named = any(other.channel is not None for other in others)
    return bool(np.isnan(channel)) or not named or segment.channel == int(channel)


def _between(segments: Sequence[Segment], first: float, last: float) -> tuple[str, float | None]:
    """Return the text between two times: of words where they have times, of whole segments where not."""
    texts: list[str] = []
    confidences: list[float | None] = []
    for segment in segments:
        if segment.words and _has_times(segment):
            words = [word for word, middle in _placed(segment.words) if first <= middle < last]
            texts += [word.text for word in words]
            confidences += [word.confidence for word in words]
        elif segment.text and segment.start_s is not None and segment.end_s is not None:
            inside = first <= (segment.start_s + segment.end_s) / 2 < last
            texts += [segment.text] if inside else []
            confidences += [segment.confidence] if inside else []
    given = [confidence for confidence in confidences if confidence is not None]
    return join_texts(texts), sum(given) / len(given) if given and len(given) == len(confidences) else None


def _placed(words: Sequence[Word]) -> list[tuple[Word, float]]:
    """Return words with the middle of their times; one without times (a number, for some aligners) is where its neighbour is."""
    middles_s = [word.middle_s for word in words]
    first = next((middle for middle in middles_s if middle is not None), 0.0)
    placed, last = [], first
    for word, middle in zip(words, middles_s, strict=True):
        last = last if middle is None else middle
        placed.append((word, last))
    return placed


def _notes(
    frame: pd.DataFrame, spare: list[str], transcripts: Mapping[str, Sequence[Segment]], index: _Index
) -> tuple[str, ...]:
    ways = frame["joined_by"].value_counts()
    parts = [f"{int(ways[way])} by {way}" for way in ("id", "stem", "path") if way in ways]
    notes = [f"transcripts joined to utterances: {', '.join(parts) or 'none'} (of {len(frame)})"]
    for reason, rows in frame[frame["hypothesis"].isna()].groupby("reason", sort=False):
        first = ", ".join(rows["utterance_id"].head(5)) + (" ..." if len(rows) > 5 else "")
        notes.append(f"{len(rows)} of {len(frame)} utterances count as failed, {reason}: {first}")
    if spare:
        first = ", ".join(spare[:5]) + (" ..." if len(spare) > 5 else "")
        notes.append(f"{len(spare)} transcripts belong to no utterance: {first}")
    used = {name for name in frame["name"] if name}
    mixed = [name for name in sorted(used) if len({transcript.channel for transcript in transcripts[name]}) > 1]
    whole = frame.loc[np.isnan(np.array(index.channel, dtype=float)), "name"]
    together = sorted(set(mixed) & set(whole))
    if together:
        notes.append(
            f"{len(together)} recordings were transcribed in several channels and the utterances name none: their texts are"
            f" put together by time ({', '.join(together[:5])}{' ...' if len(together) > 5 else ''})"
        )
    return tuple(notes)
