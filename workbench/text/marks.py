"""Marks of transcribers: what stands in a transcript and was not said, by kind, each with the guide that it comes from.

A mark either goes as a whole (``[noise]``), or it goes and the words inside it stay, because they were said (LDC's ``((word))``,
words that the transcriber is unsure of).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.errors import ScoringError, choices


@dataclass(frozen=True, slots=True)
class Mark:
    """One kind of mark. ``kept``: the group of the pattern that stays, 0 for none."""

    kind: str
    pattern: re.Pattern[str]
    what: str
    source: str
    kept: int = 0


def _mark(kind: str, pattern: str, what: str, source: str, kept: int = 0) -> Mark:
    return Mark(kind, re.compile(pattern, re.IGNORECASE), what, source, kept)


MARKS = (
    _mark(
        "speaker label",
        r"(?:^|(?<=\s))\[?(?:speaker|spk|spkr|channel)(?:[ _-]?[0-9]{1,3}|[ _-][a-z])\]?\s?:",
        "who speaks: SPEAKER_00:",
        "pyannote and WhisperX, RTTM labels",
    ),
    _mark(
        "uncertain words",
        r"\(\(\s*([^()]*?)\s*\)\)",
        "words the transcriber is unsure of: ((word))",
        "LDC, RT-04 and Fisher guides",
        1,
    ),
    _mark(
        "not understood",
        r"(?<!\S)/\s?(?:rd\b|\?*\s?(?:unintelligible|inaudible)|\?+|x+\b)[^/]*/",
        "not understood or taken out: /unintelligible/, /RD-NAME-2/",
        "CORAAL user guide",
    ),
    _mark(
        "guessed words",
        r"(?<!\S)/\s?([^/\s][^/]{0,80}?)\s?/(?![\w/])",
        "words the transcriber guesses: /word/",
        "CORAAL user guide",
        1,
    ),
    _mark("hesitation mark", r"%hesitation\b|<hes(?:itation)?>", "a filled pause: %HESITATION", "IBM Watson; NIST"),
    _mark("tag", r"<[^<>\s][^<>]*>", "noise and the like: <unk>, <foreign>", "Kaldi, NIST, EdAcc"),
    _mark("square brackets", r"\[[^\[\]]*\]", "noise and the like: [noise], [laughter]", "LDC, Switchboard guide"),
    _mark("braces", r"\{[^{}/]*\}", "noise and the like: {laugh}", "LDC, CallHome and Fisher guides"),
    _mark("parentheses", r"\([^()]*\)", "noise and the like: (laughs)", "usual in captions"),
    _mark(
        "word mark",
        r"(?<![^\s(])[%~^*+](?=[^\W\d_])",
        "a sign before a word: %um, ~A",
        "LDC, Fisher and CallHome guides",
    ),
    _mark("music", "[♪♫]+", "singing or music: ♪", "usual in captions"),
)
"""Every kind of mark, in the order in which they are looked for: what is inside an earlier one is not looked at again."""
ALTERNATION = re.compile(r"\{(?:[^{}]|\{[^{}]*\})*/(?:[^{}]|\{[^{}]*\})*\}")
"""NIST's { a / b }, and one inside another: words that were said, no mark (``alternatives.read_alternation``)."""
KINDS = tuple(mark.kind for mark in MARKS)


def remove_marks(*kinds: str) -> Callable[[str], str]:
    """Return a rule that takes marks of these kinds (by default all) out of a text; words that were said inside them stay.

    Raises
    ------
    ScoringError : a kind that is not known

    >>> remove_marks()("SPEAKER_00: ((I think)) [noise] so %HESITATION yes")
    '   I think    so   yes'
    """
    chosen = _chosen(kinds)

    def rule(text: str) -> str:
        for mark in chosen:
            text = mark.pattern.sub(rf" \{mark.kept} " if mark.kept else " ", text)
        return text

    return rule


def find_marks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the marks of a text: the kind and the mark as it is written. Alternatives in NIST's notation are none.

    >>> list(find_marks("SPEAKER_00: [noise] so"))
    [('speaker label', 'SPEAKER_00:'), ('square brackets', '[noise]')]
    """
    text = ALTERNATION.sub(" ", text)
    for mark in MARKS:
        written = [match[0].strip() for match in mark.pattern.finditer(text)]
        if written:
            yield from ((mark.kind, item) for item in written)
            text = mark.pattern.sub(rf" \{mark.kept} " if mark.kept else " ", text)


def mark_counts(scores: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return how often each kind of mark stands in the texts, by side of the comparison and group.

    Columns: ``by`` ..., side (reference, hypothesis), mark, n_marks, n_texts (with it), texts, examples. Kinds that stand
    nowhere have no row.

    Raises
    ------
    ScoringError : no such column
    """
    missing = [name for name in by if name not in scores.columns]
    if missing:
        raise ScoringError(
            f"no column {missing[0]!r} to group by", remedy=choices(missing[0], map(str, scores.columns))
        )
    groups = scores.groupby(list(by), sort=True, dropna=False) if by else [((), scores)]
    rows = []
    for key, frame in groups:
        names = dict(zip(by, map(str, key if isinstance(key, tuple) else (key,)), strict=True))
        for side in ("reference", "hypothesis"):
            texts = frame[f"{side}_raw"].dropna()
            marks: dict[str, list[tuple[int, str]]] = {}
            for number, text in enumerate(texts.tolist()):
                for kind, written in find_marks(text):
                    marks.setdefault(kind, []).append((number, written))
            rows += [
                {
                    **names, "side": side, "mark": kind, "n_marks": len(written), "n_texts": len({number for number, _ in written}),
                    "texts": len(texts), "examples": "; ".join(list(dict.fromkeys(mark for _, mark in written))[:3]),
                }
                for kind, written in marks.items()
            ]  # fmt: skip
    return pd.DataFrame(rows, columns=[*by, "side", "mark", "n_marks", "n_texts", "texts", "examples"])


def _chosen(kinds: Sequence[str]) -> tuple[Mark, ...]:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ScoringError(f"no mark of kind {unknown[0]!r}", remedy=choices(unknown[0], KINDS))
    return tuple(mark for mark in MARKS if not kinds or mark.kind in kinds)
