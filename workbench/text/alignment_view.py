"""Word alignment to look at: as text in columns, and as HTML that a screen reader can follow.

In HTML the kind of an error is said in words that are read aloud and not shown. A label would not do: what is deleted or
inserted cannot be named (WAI-ARIA 1.2, roles ``deletion`` and ``insertion``), so that screen readers pass over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from workbench.text.align import AlignedWord, align_words

_NOTHING = "*"
_LETTERS = {"hit": "", "substitution": "S", "deletion": "D", "insertion": "I"}
_UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"
"""Read aloud and not shown: the style that accessibility guides call visually hidden."""


class AlignedWords(tuple[AlignedWord, ...]):
    """An alignment, word by word, that shows itself: in columns where it is printed, marked up in a notebook."""

    __slots__ = ()

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)


def align(reference: str, hypothesis: str) -> AlignedWords:
    """Return which word of the hypothesis stands for which word of the reference, as :func:`align_words` finds it.

    >>> print(align("turn it off please", "turn off please now"))
    REF  turn it off please ***
    HYP  turn ** off please now
              D             I
    """
    return AlignedWords(align_words(reference, hypothesis))


def as_text(words: Sequence[AlignedWord], *, width: int = 100) -> str:
    """Return the alignment in three lines (REF, HYP, and the letters S, D, I), folded at ``width`` columns.

    >>> from workbench.text import align_words
    >>> print(as_text(align_words("turn the pump off", "turn a pump")))
    REF  turn the pump off
    HYP  turn a   pump ***
              S        D
    """
    lines: list[tuple[str, str, str]] = [("", "", "")]
    for word in words:
        size = max(len(word.reference), len(word.hypothesis))
        cells = [
            (word.reference or _NOTHING * size).ljust(size),
            (word.hypothesis or _NOTHING * size).ljust(size),
            _LETTERS[word.op].ljust(size),
        ]
        if lines[-1][0] and 5 + len(lines[-1][0]) + size > width:
            lines.append(("", "", ""))
        lines[-1] = tuple(f"{line}{cell} " for line, cell in zip(lines[-1], cells, strict=True))  # type: ignore[assignment]
    return "\n\n".join(f"REF  {ref}".rstrip() + f"\nHYP  {hyp}".rstrip() + f"\n     {ops}".rstrip() for ref, hyp, ops in lines)  # fmt: skip


def as_html(words: Sequence[AlignedWord]) -> str:
    """Return the alignment as one HTML paragraph: ``del`` is what was said, ``ins`` what was written, words right are plain.

    Before each of them stands, unseen and read aloud, what it is: said, written, missing, invented.

    >>> from workbench.text import align_words
    >>> as_html(align_words("pump off", "pump on")).replace(f' style="{_UNSEEN}"', "")
    '<p>pump <del><span>said </span>off</del> <ins><span>written </span>on</ins></p>'
    """
    parts = []
    for word in words:
        if word.op == "hit":
            parts.append(escape(word.reference))
        elif word.op == "substitution":
            parts += [_marked("del", "said", word.reference), _marked("ins", "written", word.hypothesis)]
        elif word.op == "deletion":
            parts.append(_marked("del", "missing", word.reference))
        else:
            parts.append(_marked("ins", "invented", word.hypothesis))
    return f"<p>{' '.join(parts)}</p>"


def _marked(element: str, kind: str, word: str) -> str:
    return f'<{element}><span style="{_UNSEEN}">{kind} </span>{escape(word)}</{element}>'
