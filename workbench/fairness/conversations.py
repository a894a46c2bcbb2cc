"""Word error rates of conversations, by the speaker who was heard: cpWER, tcpWER and ORC-WER, counted by meeteval.

A recording with several speakers has one reference per speaker; a recogniser writes streams (its speakers, or channels) and
nobody says whose each is. cpWER gives every reference speaker the stream that makes the fewest errors in all; tcpWER does so with words
matched only where they lie within a collar in time; ORC-WER gives every reference utterance to a stream.

Source: von Neumann, Boeddeker, Delcroix, Haeb-Umbach, "MeetEval: A Toolkit for Computation of Word Error Rates for Meeting
Transcription Systems", CHiME 2023 (arXiv:2307.11394).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.extras import load_package
from workbench.fairness.group_gaps.gaps import REST, gaps
from workbench.fairness.group_rates.rates import rates
from workbench.schema import CLEAN, GAPS, NOT_STATED
from workbench.text import align_words, get_normaliser
from workbench.text.scores import add_scores
from workbench.transcripts.joined import recordings_of
from workbench.transcripts.references import read_references
from workbench.transcripts.segments import Segment
from workbench.transcripts.source import read_transcripts

Metric = Literal["cpwer", "tcpwer", "orcwer"]
COLLAR_S = 5.0
"""Seconds by which a word may lie outside its reference for tcpWER; the collar of the CHiME challenges."""
_LISTED = 20
_NOBODY = 0

Counts = dict[str, int]
Segments = list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class Conversations:
    """``recordings``: a row per recording with what meeteval counts (errors, length, insertions, deletions, substitutions,
    missed and false-alarm speakers), and ``unassigned``, the words of streams that were given to no reference speaker.

    ``rates`` and ``gaps`` are RATES and GAPS by reference speaker; words of nobody's streams are in none of them.
    """

    metric: Metric
    recordings: pd.DataFrame
    rates: pd.DataFrame
    gaps: pd.DataFrame
    scores: pd.DataFrame
    normaliser_id: str
    notes: tuple[str, ...]

    @property
    def error_rate(self) -> float:
        """The errors of all recordings over their reference words, false-alarm streams included, as meeteval's average has it."""
        return float(self.recordings["errors"].sum() / self.recordings["length"].sum())


def score_conversations(
    source: Path | str,
    references: Path | str,
    *,
    by: Sequence[str] = (),
    metric: Metric | str = "cpwer",
    collar_s: float = COLLAR_S,
    normaliser: str = "whisper_en",
    reference_group: str = REST,
    margin: float | None = None,
    transcript_format: str = "",
    encoding: str = "",
) -> Conversations:
    """Return the word error rate of conversations by reference speaker, with groups.

    ``references`` is a manifest with a row per utterance of a recording (path, speaker_id, reference, and start_s and end_s for
    tcpWER); ``source`` anything that :func:`workbench.transcripts.source.read_transcripts` reads. Both are normalised first. A
    recording without a transcript is left out and named.

    Raises
    ------
    ScoringError : no such metric, times that tcpWER needs and that are missing, a column to group by that the manifest lacks,
        recordings of which none has a transcript
    MissingPackageError : meeteval is not installed
    """
    if metric not in get_args(Metric):
        raise ScoringError(f"no metric {metric!r}", remedy=choices(str(metric), get_args(Metric)))
    rows, remarks = read_references(references)
    attributes = tuple(dict.fromkeys(by))
    missing = [name for name in ("speaker_id", *attributes) if name not in rows.columns]
    if missing:
        problem = f"no column {', '.join(map(repr, missing))}"
        raise ScoringError(problem, place=str(references), remedy=choices(missing[0], map(str, rows.columns)))
    if (nobody := rows["speaker_id"] == "").any():
        named = ", ".join(rows.loc[nobody, "utterance_id"].head(5))
        raise ScoringError(
            f"{int(nobody.sum())} rows name no speaker ({named})", place=str(references), remedy="say who speaks"
        )
    transcripts = read_transcripts(source, format=transcript_format, encoding=encoding)
    rules = get_normaliser(normaliser)
    result = recordings_of(transcripts.by_name(), rows)
    held = rows.assign(recording=result.recording_of_row).groupby("recording", sort=False)
    counted: list[pd.DataFrame] = []
    totals: list[dict[str, Any]] = []
    left_out: list[str] = []
    problems: list[str] = []
    for recording, utterances in held:
        segments = result.segments.get(str(recording))
        if segments is None:
            left_out.append(str(recording))
            continue
        text = _reference_segments(utterances, rules)
        heard = _hypothesis_segments(segments, rules)
        if metric == "tcpwer" and any(row["start_time"] is None or row["end_time"] is None for row in text + heard):
            problems.append(
                f"{recording}: {'the transcript' if all(r['start_time'] is not None for r in text) else 'the manifest'} has no times"
            )
            continue
        per_speaker, total = _count(str(metric), text, heard, collar_s)
        counted.append(_rows(str(recording), utterances, text, per_speaker, attributes))
        totals.append({"recording": str(recording), **total})
    if problems:
        raise ScoringError(
            "\n".join(problems[:_LISTED]) + "\n", place=str(source), remedy="tcpWER needs times: use cpwer or orcwer"
        )
    if not counted:
        raise ScoringError(
            "no recording of the manifest has a transcript",
            place=f"{source} and {references}",
            remedy="name them alike",
        )
    scores = _scores(pd.concat(counted, ignore_index=True), rules, Path(source).stem)
    groups = [gaps(scores, name, reference=reference_group, margin=margin, method="linearised") for name in attributes]
    recordings = pd.DataFrame(totals)
    return Conversations(
        metric=metric,  # type: ignore[arg-type]  # checked above
        recordings=recordings,
        rates=rates(scores, attributes, method="linearised"),
        gaps=pd.concat(groups, ignore_index=True) if groups else GAPS.empty(),
        scores=scores,
        normaliser_id=rules.id,
        notes=(*transcripts.notes, *remarks, *_notes(recordings, left_out, result.spare, transcripts.segments)),
    )


def _reference_segments(utterances: pd.DataFrame, rules: Callable[[str], str]) -> Segments:
    columns = ("speaker_id", "reference", "start_s", "end_s")
    return [
        {
            "session_id": "", "speaker": str(speaker), "words": rules(str(text)),
            "start_time": None if pd.isna(start) else float(start), "end_time": None if pd.isna(end) else float(end),
        }
        for speaker, text, start, end in utterances[list(columns)].itertuples(index=False, name=None)
    ]  # fmt: skip


def _hypothesis_segments(segments: Sequence[Segment], rules: Callable[[str], str]) -> Segments:
    """Return segments by stream: a stream is a speaker of a channel, as far as the file tells them apart."""
    return [
        {
            "session_id": "", "speaker": f"{segment.speaker}@{segment.channel}" if segment.channel is not None else segment.speaker,
            "words": rules(segment.text or ""), "start_time": segment.start_s, "end_time": segment.end_s,
        }
        for segment in segments
    ]  # fmt: skip


def _count(
    metric: str, said: Segments, heard: Segments, collar_s: float
) -> tuple[Mapping[str, Counts], dict[str, Any]]:
    """Return the counts of each reference speaker, and those of the recording as meeteval has them."""
    load_package("meeteval")
    from meeteval.io import SegLST
    from meeteval.wer.wer import orc, time_constrained
    from meeteval.wer.wer.cp import cp_word_error_rate

    if any(
        row["start_time"] is None or row["end_time"] is None for row in said + heard
    ):  # then no order but that of the files
        said, heard = (
            [{key: row[key] for key in ("session_id", "speaker", "words")} for row in rows] for rows in (said, heard)
        )
    reference, hypothesis = SegLST(said), SegLST(heard)
    if metric == "cpwer":
        whole = cp_word_error_rate(reference, hypothesis)
    elif metric == "tcpwer":
        whole = time_constrained.time_constrained_minimum_permutation_word_error_rate(
            reference, hypothesis, collar=collar_s
        )
    else:
        whole = orc.orc_word_error_rate(reference, hypothesis)
    counts = _of_orc(said, heard, whole) if metric == "orcwer" else _of_pairs(metric, said, heard, whole, collar_s)
    unassigned = whole.errors - sum(count["errors"] for count in counts.values())
    total = {
        "errors": whole.errors, "length": whole.length, "insertions": whole.insertions, "deletions": whole.deletions,
        "substitutions": whole.substitutions, "missed_speakers": getattr(whole, "missed_speaker", _NOBODY),
        "false_alarm_speakers": getattr(whole, "falarm_speaker", _NOBODY), "unassigned": unassigned,
    }  # fmt: skip
    return counts, total


def _of_pairs(metric: str, said: Segments, heard: Segments, whole: Any, collar_s: float) -> dict[str, Counts]:
    """Return the counts of each reference speaker against the stream that it was given."""
    from meeteval.io import SegLST
    from meeteval.wer.wer.siso import siso_word_error_rate
    from meeteval.wer.wer.time_constrained import time_constrained_siso_word_error_rate

    counts: dict[str, Counts] = {}
    for speaker, stream in whole.assignment:
        if speaker is None:
            continue
        own = [row for row in said if row["speaker"] == speaker]
        theirs = [row for row in heard if stream is not None and row["speaker"] == stream]
        n = sum(len(row["words"].split()) for row in own)
        if not any(row["words"] for row in theirs) or not n:
            inserted = 0 if n else sum(len(row["words"].split()) for row in theirs)
            counts[str(speaker)] = _counts(n, n, 0, inserted)
            continue
        if metric == "tcpwer":
            pair = time_constrained_siso_word_error_rate(SegLST(own), SegLST(theirs), collar=collar_s)
        else:
            texts = (" ".join(row["words"] for row in _in_order(rows)) for rows in (own, theirs))
            pair = siso_word_error_rate(*texts)
        counts[str(speaker)] = _counts(n, pair.deletions, pair.substitutions, pair.insertions)
    return counts


def _in_order(rows: Segments) -> Segments:
    return sorted(rows, key=lambda row: row["start_time"]) if all("start_time" in row for row in rows) else rows


def _of_orc(said: Segments, heard: Segments, whole: Any) -> dict[str, Counts]:
    """Return the counts of each reference speaker where every utterance was given to a stream.

    A stream is aligned with the utterances that it was given, one after the other; a word that was inserted belongs to the
    speaker of the reference word before it (of the first, at the beginning).
    """
    ordered = _in_order(said)
    counts = {speaker: _counts(0, 0, 0, 0) for speaker in dict.fromkeys(row["speaker"] for row in said)}
    for stream in dict.fromkeys(row["speaker"] for row in heard):
        given = [row for row, to in zip(ordered, whole.assignment, strict=True) if to == stream]
        speakers = [row["speaker"] for row in given for _ in row["words"].split()]
        text = " ".join(row["words"] for row in _in_order([row for row in heard if row["speaker"] == stream]))
        place = 0
        for step in align_words(" ".join(row["words"] for row in given), text):
            if not speakers:  # nothing was said to this stream: its words are nobody's
                break
            owner = counts[speakers[min(max(place - (step.op == "insertion"), 0), len(speakers) - 1)]]
            owner["ref_words"] += step.op != "insertion"
            owner[f"{step.op}s" if step.op != "hit" else "hits"] += 1
            owner["errors"] += step.op != "hit"
            place += step.op != "insertion"
    return counts


def _counts(n: int, deletions: int, substitutions: int, insertions: int) -> Counts:
    return {
        "ref_words": n, "hits": n - deletions - substitutions, "substitutions": substitutions, "deletions": deletions,
        "insertions": insertions, "errors": deletions + substitutions + insertions,
    }  # fmt: skip


def _rows(
    recording: str, utterances: pd.DataFrame, said: Segments, counts: Mapping[str, Counts], attributes: Sequence[str]
) -> pd.DataFrame:
    """Return a row per speaker of a recording: who, which groups, what was said, and the counts."""
    first = utterances.drop_duplicates("speaker_id").set_index("speaker_id")
    return pd.DataFrame(
        [
            {
                "utterance_id": f"{recording}/{speaker}", "speaker_id": speaker,
                "reference_raw": " ".join(row["words"] for row in said if row["speaker"] == speaker),
                **{name: first.loc[speaker, name] or NOT_STATED for name in attributes}, **held,
            }
            for speaker, held in counts.items()
        ]
    )  # fmt: skip


def _scores(counted: pd.DataFrame, rules: Any, system: str) -> pd.DataFrame:
    """Return SCORES whose counts are meeteval's: the texts of streams are not those of utterances and are left empty."""
    held = counted.drop(columns=list(_counts(0, 0, 0, 0)))
    plain = add_scores(held.assign(model_id=system, condition_id=CLEAN, hypothesis_raw=""), get_normaliser("none"))
    given = {name: counted[name].astype("Int32") for name in _counts(0, 0, 0, 0)}
    heard = given["hits"] + given["substitutions"] + given["insertions"]
    unknown = pd.Series(pd.NA, index=plain.index, dtype="Int32")
    return plain.assign(**given, hyp_words=heard, char_errors=unknown, normaliser_id=rules.id)


def _notes(
    recordings: pd.DataFrame, left_out: list[str], spare: Sequence[str], segments: Sequence[Segment]
) -> list[str]:
    notes = []
    if left_out:
        notes.append(f"{len(left_out)} recordings have no transcript and are left out: {', '.join(left_out[:5])}")
    if spare:
        notes.append(f"{len(spare)} transcripts belong to no recording: {', '.join(spare[:5])}")
    if not any(segment.speaker or segment.channel is not None for segment in segments):
        notes.append(
            "the transcripts tell no speakers apart: everything is one stream (orcwer asks nothing of speakers)"
        )
    if n := int(recordings["unassigned"].sum()):
        notes.append(
            f"{n} words were written for streams that no reference speaker was given: in the recordings' rate, in no group's"
        )
    return notes
