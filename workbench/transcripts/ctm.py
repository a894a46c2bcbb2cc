"""A ctm as the transcripts of a corpus's utterances, for an imported engine."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from workbench.errors import EngineError
from workbench.files import contents
from workbench.transcripts.catalogue import FORMATS
from workbench.transcripts.formats import TranscriptFile, UnreadableError
from workbench.transcripts.joined import join_transcripts
from workbench.transcripts.segments import Segment

_LISTED = 100


def read_ctm(path: Path | str, utterances: pd.DataFrame) -> pd.DataFrame:
    """Return what a CTM says of every utterance (UTTERANCES): utterance_id and hypothesis, for an imported engine.

    A line is ``<recording> <channel> <start> <duration> <word> [<confidence> ...]``; ``;;`` begins a comment, ``@`` and
    ``<eps>`` are no words. A word belongs to the utterances of its recording (the audio's file name without ending) in which
    its middle lies, and of utterances that name a channel to those of its own (1 or A, 2 or B ...); an utterance without a
    word has ``""``, one whose recording the CTM does not name is left out: nobody transcribed it.

    Raises
    ------
    EngineError : a line that is no word with its times, or alternatives, all of them at once; no recording of the corpus

    Source: SCTK, doc/infmts.htm ("ctm - time marked conversation scoring").
    """
    path = Path(path)
    file = TranscriptFile(path.name, contents(path, called="CTM", fails=EngineError))
    try:
        segments = FORMATS["ctm"].read(file)
    except UnreadableError as error:
        listed = "\n".join(f"{path.name} {problem}" for problem in error.problems[:_LISTED])
        count = "1 line" if len(error.problems) == 1 else f"{len(error.problems)} lines"
        raise EngineError(f"{count} cannot be read\n{listed}", place=path.name) from None
    by_name: dict[str, list[Segment]] = {}
    for segment in segments:
        by_name.setdefault(segment.name, []).append(segment)
    frame = join_transcripts(by_name, utterances).frame
    result = frame[frame["hypothesis"].notna()]
    if result.empty:
        named = ", ".join(sorted(by_name)[:5])
        what = f"no recording of the corpus is in it (it has {named or 'no words'})"
        raise EngineError(what, place=path.name, remedy="recordings are named as the audio files, without ending")
    return result[["utterance_id", "hypothesis"]].astype("str").reset_index(drop=True)
