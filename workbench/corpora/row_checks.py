"""What every adapter's rows must pass before they are in a manifest: values, paths, audio files, times, ids, speakers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.corpora import text_checks
from workbench.corpora.adapters.adapter import Rows
from workbench.corpora.audio_locations import Clips
from workbench.corpora.description import AttributeInfo
from workbench.corpora.headers import OPTIONAL, REQUIRED
from workbench.files.problems import Findings, Problem, shown

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|0x[0-9a-f]+|-?\d[\d.,:]*")


def costs_a_row(problem: Problem) -> bool:
    """Return whether a problem is that of a row, which is left out; others are notes."""
    return bool(problem.line) or bool(problem.value)


def reason_of(what: str) -> str:
    """Return what is wrong without the values in it, so that equal reasons can be counted.

    >>> reason_of("the audio 'a.wav' is not there")
    'the audio ... is not there'
    """
    return _QUOTED.sub("...", what)


class _Placed(Findings):
    """Problems of rows that come from several files; ``reasons`` counts rows by the first thing that is wrong with them."""

    def __init__(self, files: Sequence[str], lines: NDArray[np.int64], reasons: Counter[str]) -> None:
        super().__init__(files[0] if len(files) else "", lines)
        self.files = files
        self.reasons = reasons

    def row(self, index: int, column: str, value: str, what: str, *, remedy: str) -> None:
        """Note a problem of row ``index``, in its own file."""
        if not self.bad[index]:
            self.reasons[reason_of(what)] += 1
        self.bad[index] = True
        self.problems.append(Problem(int(self.lines[index]), column, value, what, remedy, self.files[index]))


@dataclass(slots=True)
class _Misnamed:
    first: str
    count: int = 0


class Screen:
    """Sifts the chunks of one corpus, and remembers of each what the next must be compared with.

    Without ``look_for_audio`` only the text is checked.
    """

    def __init__(self, folder: Path, attributes: Mapping[str, AttributeInfo], *, look_for_audio: bool = True) -> None:
        self.clips = Clips(folder)
        self.look_for_audio = look_for_audio
        self.attributes = tuple(attributes)
        self.constant = [name for name, info in attributes.items() if info.one_per_speaker(name)]
        self.speakers: set[str] = set()
        self.left_out: Counter[str] = Counter()
        self._ids = _Ids()
        self._misnamed: dict[tuple[str, str], _Misnamed] = {}
        self._looked_at: dict[str, str] = {}
        self._values: dict[tuple[str, str], str] = {}
        self._contradictions: dict[tuple[str, str], Problem] = {}

    def sift(self, rows: Rows) -> tuple[pd.DataFrame, list[Problem]]:
        """Return the usable rows, with utterance_id, in the columns of a manifest; and every problem of the others."""
        frame = rows.frame
        findings = _Placed(rows.files, rows.lines, self.left_out)
        findings.problems += rows.problems
        self.left_out.update(reason_of(problem.what) for problem in rows.problems if costs_a_row(problem))
        text_checks.check_values(frame, findings)
        usable = text_checks.check_paths(frame, findings, folder="the corpus's folder", toml="the description")
        start, end, _ = text_checks.seconds(frame, findings)
        channel, _ = text_checks.channels(frame, findings)
        if self.look_for_audio:
            self._check_files(frame, usable, findings)
        ids = text_checks.source_ids(frame, start, end, channel)
        self._check_ids(ids, findings)
        others = [name for name in OPTIONAL[1:] if name in frame] + list(self.attributes)
        table = frame[[*REQUIRED, *others]].copy(deep=False)
        table.insert(0, "utterance_id", ids)
        good = table[~findings.bad] if findings.bad.any() else table
        self.speakers.update(good["speaker_id"].str.strip().unique())
        self._compare_speakers(good, rows)
        return good, sorted(findings.problems, key=lambda problem: (problem.file, problem.line))

    def closing(self) -> list[Problem]:
        """Return what can only be said when all rows have been seen; none of it costs a row."""
        return [*self._case_twins(), *self._misnamings(), *self._contradictions.values()]

    def _check_files(self, frame: pd.DataFrame, usable: text_checks.Mask, findings: Findings) -> None:
        """Note rows whose audio is not there; files that hold something else than their name says are remembered."""
        written = frame["path"].tolist()
        parts = "start_s" in frame  # many rows of one file: what was found is kept, as there are few files
        for index in np.flatnonzero(usable).tolist():
            path = written[index]
            fault = self._looked_at.get(path) if parts else None
            if fault is None:
                fault = self.clips.fault(path)
                if parts:
                    self._looked_at[path] = fault
                if not fault and (holds := self.clips.misnamed(path)):
                    self._misnamed.setdefault((Path(path).suffix.lower(), holds), _Misnamed(path)).count += 1
            if fault:
                remedy = "copy it into the folder" if "link" in fault else "download it again, or leave the row out"
                findings.row(index, "path", path, f"the audio {shown(path)} {fault}", remedy=remedy)

    def _check_ids(self, ids: pd.Series[str], findings: _Placed) -> None:
        for index, (file, line) in self._ids.again(ids, findings.files, findings.lines):
            value = ids.iloc[index]
            place = f"{file} line {line}" if line else file
            problem = f"utterance_id {shown(value)} is already at {place}"
            findings.row(index, "utterance_id", value, problem, remedy="remove one of the two")

    def _compare_speakers(self, good: pd.DataFrame, rows: Rows) -> None:
        for name in self.constant:
            pairs = good[["speaker_id", name]].drop_duplicates()
            for speaker, value in zip(pairs["speaker_id"].str.strip(), pairs[name].str.strip(), strict=True):
                before = self._values.setdefault((name, speaker), value) if value else value
                if before != value and (name, speaker) not in self._contradictions:
                    problem = f"speaker {shown(speaker)} has two values of {name}: {shown(before)} and {shown(value)}"
                    remedy = "its rows are in the manifest, but reading it leaves them out until this is mended"
                    self._contradictions[name, speaker] = Problem(0, name, "", problem, remedy, rows.files[0])

    def _case_twins(self) -> list[Problem]:
        folded: dict[str, list[str]] = {}
        for speaker in sorted(self.speakers):
            folded.setdefault(speaker.casefold(), []).append(speaker)
        return [
            Problem(
                0,
                "speaker_id",
                "",
                f"the speakers {' and '.join(map(repr, twins))} differ only in case",
                "they are kept as two speakers; if it is one person, write one of them in the manifest",
            )
            for twins in folded.values()
            if len(twins) > 1
        ]

    def _misnamings(self) -> list[Problem]:
        return [
            Problem(
                0,
                "path",
                "",
                f"{files.count} files end with {suffix} but hold {holds}, the first is {files.first!r}",
                "they are read by what they hold",
            )
            for (suffix, holds), files in self._misnamed.items()
        ]


class _Ids:
    """Which ids have been seen: 64-bit digests, so that two million take 48 MB. Two texts share one with odds of 1 in 10^7."""

    def __init__(self) -> None:
        self._digests = np.empty(0, dtype=np.uint64)
        self._places = np.empty(0, dtype=np.int64)
        self._lines: list[NDArray[np.int64]] = []
        self._files: list[Sequence[str]] = []
        self._starts: list[int] = []

    def again(
        self, ids: pd.Series[str], files: Sequence[str], lines: NDArray[np.int64]
    ) -> list[tuple[int, tuple[str, int]]]:
        """Return (index, place of the first) of every id that was seen before, in this chunk or an earlier one."""
        digests = pd.util.hash_array(ids.to_numpy(dtype=object), categorize=False)
        first = (self._starts[-1] + len(self._lines[-1])) if self._starts else 0
        self._starts.append(first)
        self._lines.append(lines)
        self._files.append(files)
        everything = np.concatenate([self._digests, digests])
        places = np.concatenate([self._places, np.arange(first, first + len(ids))])
        order = np.argsort(everything, kind="stable")  # so that of equal digests the earliest comes first
        everything, places = everything[order], places[order]
        repeated = np.zeros(len(everything), dtype=bool)
        repeated[1:] = everything[1:] == everything[:-1]
        leader = np.maximum.accumulate(np.where(repeated, 0, np.arange(len(everything))))
        results = [
            (int(places[i]) - first, self._place(int(places[leader[i]])))
            for i in np.flatnonzero(repeated)
            if ids.iloc[int(places[i]) - first] != ""
        ]
        self._digests, self._places = everything[~repeated], places[~repeated]
        return sorted(results)

    def _place(self, row: int) -> tuple[str, int]:
        chunk = int(np.searchsorted(self._starts, row, side="right")) - 1
        within = row - self._starts[chunk]
        return self._files[chunk][within], int(self._lines[chunk][within])
