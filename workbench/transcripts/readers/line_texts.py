"""One utterance per line: Kaldi's text, and the recogs files of icefall; last of all, a text that is one transcript."""

from __future__ import annotations

import ast
import re
from collections import Counter

from workbench.transcripts.formats import Format, TranscriptFile, UnreadableError
from workbench.transcripts.segments import Segment

_RECOG = re.compile(r"^(\S+):\s*(ref|hyp)=(\[.*\]|.*)$")
_CUT = re.compile(r"-\d+$")
_ID = re.compile(r"^(?=.*[\d/])(?=.*[A-Za-z_-])[\w./-]+$")


def _read_kaldi(file: TranscriptFile) -> list[Segment]:
    results = []
    for _, line in file.lines():
        name, *words = line.split()
        results.append(Segment(name, " ".join(words)))
    names = [segment.name for segment in results]
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise UnreadableError([f"the id {name!r} is there twice" for name in twice])
    return results


def _is_kaldi(file: TranscriptFile) -> bool:
    if file.suffix not in ("", ".txt", ".text", ".kaldi") or file.document is not None:
        return False
    firsts = [line.split()[0] for _, line in file.lines()]
    named = file.name.rsplit("/", 1)[-1] == "text"
    return (
        bool(firsts)
        and len(set(firsts)) == len(firsts)
        and (named or (len(firsts) > 1 and all(map(_ID.match, firsts))))
    )


def _read_recogs(file: TranscriptFile) -> list[Segment]:
    texts: dict[str, dict[str, str]] = {}
    problems = []
    for number, line in file.lines():
        match = _RECOG.match(line)
        try:
            if match is None:
                raise ValueError
            given = ast.literal_eval(match[3]) if match[3].startswith("[") else match[3].split()
            texts.setdefault(match[1], {})[match[2]] = " ".join(map(str, given))
        except (ValueError, SyntaxError):
            problems.append(f"line {number}: not <id>: ref=[...] or hyp=[...]: {line[:80]!r}")
    if problems:
        raise UnreadableError(problems)
    # lhotse appends the number of the supervision to the recording's id
    return [
        Segment(name, both.get("hyp"), reference=both.get("ref"), also=(_CUT.sub("", name),), reason="no hyp= line")
        for name, both in texts.items()
    ]


def _is_recogs(file: TranscriptFile) -> bool:
    lines = [line for _, line in file.lines()][:4]
    return bool(lines) and all(map(_RECOG.match, lines))


def _read_plain(file: TranscriptFile) -> list[Segment]:
    return [Segment(file.recording, " ".join(file.text.split()))]


FORMATS = (
    Format(
        "icefall", "icefall recogs", "https://github.com/k2-fsa/icefall/blob/master/icefall/utils.py", _is_recogs, _read_recogs
    ),
    Format("kaldi", "Kaldi text", "https://kaldi-asr.org/doc/data_prep.html", _is_kaldi, _read_kaldi),
    Format("txt", "plain text, one file per recording", "https://www.rfc-editor.org/rfc/rfc2046", lambda file: file.suffix == ".txt", _read_plain),
)  # fmt: skip
