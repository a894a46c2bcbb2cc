"""Marks of a corpus's transcribers in its references: how many there are, and in which groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from workbench.corpora.audio_notes import by_group


@dataclass(slots=True)
class _Count:
    n_marks: int = 0
    example: str = ""
    rows: list[int] = field(default_factory=list)


class MarkCounter:
    """Counts the marks of texts; ``marks`` has what each means and its pattern. Of two patterns that fit the first counts."""

    def __init__(self, marks: Mapping[str, str]) -> None:
        self._meanings = list(marks)
        pattern = "|".join(f"(?P<m{number}>{marks[meaning]})" for number, meaning in enumerate(self._meanings))
        self._pattern = re.compile(pattern, re.IGNORECASE) if marks else None
        self._counts: dict[str, _Count] = {}
        self._n_texts = 0
        self._only_marks = _Count()

    def add(self, texts: Iterable[str]) -> None:
        """Count the marks of further texts."""
        for text in texts:
            for match in self._pattern.finditer(text) if self._pattern is not None else ():
                number = next(k for k in range(len(self._meanings)) if match[f"m{k}"] is not None)
                count = self._counts.setdefault(self._meanings[number], _Count(example=match[0]))
                count.n_marks += 1
                if not count.rows or count.rows[-1] != self._n_texts:
                    count.rows.append(self._n_texts)
            if self._pattern is not None and not any(map(str.isalnum, self._pattern.sub("", text))):
                self._only_marks.rows.append(self._n_texts)
                self._only_marks.example = self._only_marks.example or text.strip()
            self._n_texts += 1

    def notes(self, attributes: pd.DataFrame | None = None) -> tuple[str, ...]:
        """Return a sentence on each mark; with ``attributes`` of the texts, in their order, in how many of each group it stands."""
        sentences = []
        for meaning, count in sorted(self._counts.items(), key=lambda item: -item[1].n_marks):
            shares = by_group(count.rows, attributes) if attributes is not None else ""
            result = "1 mark" if count.n_marks == 1 else f"{count.n_marks} marks"
            rows = "1 reference" if len(count.rows) == 1 else f"{len(count.rows)} references"
            sentence = f"{result} of the transcribers in {rows}: {count.example!r} ({meaning})"
            sentences.append(sentence + (f"; {shares}" if shares else ""))
        if self._only_marks.rows:
            n_texts = len(self._only_marks.rows)
            shares = by_group(self._only_marks.rows, attributes) if attributes is not None else ""
            hold = "1 reference holds" if n_texts == 1 else f"{n_texts} references hold"
            sentence = f"{hold} nothing beside marks: {self._only_marks.example!r}; drop them, or choose a normaliser that knows the marks"
            sentences.append(sentence + (f"; {shares}" if shares else ""))
        return tuple(sentences)
