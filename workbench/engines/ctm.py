"""CTM files of NIST's scoring toolkit: words with times, put together as the transcripts of a corpus's utterances."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import EngineError
from workbench.files import contents
from workbench.files.encodings import decode_text
from workbench.files.problems import Problem, shown

_LISTED = 100
_CHANNELS = {"A": 1, "B": 2, **{str(number): number for number in range(1, 100)}}


def read_ctm(path: Path | str, utterances: pd.DataFrame) -> pd.DataFrame:
    """Return what a CTM says of every utterance (UTTERANCES): utterance_id and hypothesis, for an imported engine.

    A line is ``<recording> <channel> <start> <duration> <word> [<confidence> ...]``; ``;;`` begins a comment. A word
    belongs to the utterances of its recording (the audio's file name without ending) in which its middle lies, and of
    utterances that name a channel to those of its own (1 or A, 2 or B ...); an utterance without a word has ``""``, one whose recording the CTM does not name is left out: nobody transcribed it.

    Raises
    ------
    EngineError : a line that is no word with its times, or alternatives, all of them at once; no recording of the corpus

    Source: SCTK, doc/infmts.htm ("ctm - time marked conversation scoring").
    """
    path = Path(path)
    words = _words(path)
    by_recording = {str(name): rows for name, rows in words.groupby("recording", sort=False)}
    stems = [Path(str(written)).stem for written in utterances["path"]]
    rows = []
    columns = (utterances[name] for name in ("utterance_id", "start_s", "end_s", "channel"))
    for stem, name, start, end, channel in zip(stems, *columns, strict=True):
        if stem not in by_recording:
            continue
        of = by_recording[stem]
        of = of if pd.isna(channel) else of[of["channel"] == channel]
        first, last = np.nan_to_num(start, nan=0.0), math.inf if np.isnan(end) else end
        rows.append((name, " ".join(of["word"][(of["middle"] >= first) & (of["middle"] < last)])))
    if not rows:
        named = ", ".join(sorted(by_recording)[:5])
        what = f"no recording of the corpus is in it (it has {named or 'no words'})"
        raise EngineError(what, place=path.name, remedy="recordings are named as the audio files, without ending")
    return pd.DataFrame(rows, columns=["utterance_id", "hypothesis"], dtype="str")


def _words(path: Path) -> pd.DataFrame:
    """Return recording, channel (from 1; 0 where it is no channel's name), word and middle (s) of every word, by time."""
    text = decode_text(contents(path, called="CTM", fails=EngineError), place=path.name)
    rows: list[tuple[str, int, str, float]] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if not fields or fields[0].startswith(";;"):
            continue
        try:
            recording, side, start, duration, word, *_ = fields
            middle = float(start) + float(duration) / 2
        except ValueError:
            middle = math.nan
        if not math.isfinite(middle) or middle < 0:
            what = f"not <recording> <channel> <start> <duration> <word>: {shown(line.strip())}"
            problems.append(Problem(number, "", line, what, "correct the line", path.name))
        else:
            rows.append((recording, _CHANNELS.get(side.upper(), 0), word, middle))
    if problems:
        listed = "\n".join(map(str, problems[:_LISTED]))
        count = "1 line" if len(problems) == 1 else f"{len(problems)} lines"
        raise EngineError(f"{count} cannot be read\n{listed}", place=path.name)
    frame = pd.DataFrame(rows, columns=["recording", "channel", "word", "middle"])
    return frame.sort_values("middle", kind="stable")
