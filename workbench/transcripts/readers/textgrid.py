"""Praat's TextGrids, through praatio: a tier of words, or tiers of phrases, one for each speaker."""

from __future__ import annotations

from typing import Any

from workbench.transcripts.formats import Format, TranscriptFile, UnreadableError
from workbench.transcripts.segments import Segment, Word

_SILENCE = frozenset({"", "sp", "sil", "spn", "<eps>", "<sil>", "<p:>"})
_NOT_WORDS = ("phon", "syl", "segment", "tone", "pitch")


def _read(file: TranscriptFile) -> list[Segment]:
    from praatio.utilities.textgrid_io import parseTextgridStr

    try:
        tiers: list[dict[str, Any]] = parseTextgridStr(file.text, includeEmptyIntervals=False)["tiers"]
    except Exception as error:  # praatio lets IndexError, ValueError and its own errors through
        raise UnreadableError([f"praatio cannot read it ({type(error).__name__}: {error})"]) from None
    intervals = [tier for tier in tiers if tier["class"] == "IntervalTier"]
    of_words = [tier for tier in intervals if "word" in tier["name"].lower()]
    word_tiers = of_words or [
        tier for tier in intervals if not any(part in tier["name"].lower() for part in _NOT_WORDS)
    ]
    if not word_tiers:
        named = ", ".join(repr(tier["name"]) for tier in tiers) or "none"
        raise UnreadableError([f"no tier of words or phrases (the tiers are {named})"])
    results = []
    for tier in word_tiers:
        speaker = _speaker(tier["name"]) if len(word_tiers) > 1 else ""
        parts = [(float(start), float(end), str(text).strip()) for start, end, text, *_ in tier["entries"]]
        spoken = [part for part in parts if part[2].lower() not in _SILENCE]
        if of_words and spoken:
            words = tuple(Word(text, start, end, speaker=speaker) for start, end, text in spoken)
            text = " ".join(word.text for word in words)
            results.append(Segment(file.recording, text, spoken[0][0], spoken[-1][1], speaker=speaker, words=words))
        elif not of_words:
            results += [Segment(file.recording, text, start, end, speaker=speaker) for start, end, text in spoken]
    return results or [Segment(file.recording, "")]


def _speaker(tier: str) -> str:
    """Return the speaker that a tier's name begins with ("ann - words", as the Montreal Forced Aligner writes it)."""
    return tier.rsplit(" - ", 1)[0] if " - " in tier else tier


FORMATS = (
    Format(
        "textgrid", "Praat TextGrid", "https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html",
        lambda file: file.suffix == ".textgrid" or b'"TextGrid"' in file.data[:200].replace(b"\0", b""), _read,
    ),
)  # fmt: skip
