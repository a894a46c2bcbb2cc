"""Word alignment to look at: as text in columns, and as HTML that a screen reader can follow."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from workbench.text.align import AlignedWord

_NOTHING = "*"
_LETTERS = {"hit": "", "substitution": "S", "deletion": "D", "insertion": "I"}
_SAID = {"substitution": "replaced by", "deletion": "missing", "insertion": "invented"}


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
    """Return the alignment as one HTML paragraph: ``ins`` and ``del`` elements with a spoken label, no style of its own.

    A replaced word is what was said, deleted, then what was written, inserted. Words right stand as they are.

    >>> from workbench.text import align_words
    >>> as_html(align_words("pump off", "pump on"))
    '<p>pump <del aria-label="off, replaced by on">off</del> <ins aria-hidden="true">on</ins></p>'
    """
    parts = []
    for word in words:
        ours, theirs = escape(word.reference), escape(word.hypothesis)
        if word.op == "hit":
            parts.append(ours)
        elif word.op == "substitution":
            label = f"{ours}, {_SAID[word.op]} {theirs}"
            parts.append(f'<del aria-label="{label}">{ours}</del> <ins aria-hidden="true">{theirs}</ins>')
        elif word.op == "deletion":
            parts.append(f'<del aria-label="{ours}, {_SAID[word.op]}">{ours}</del>')
        else:
            parts.append(f'<ins aria-label="{theirs}, {_SAID[word.op]}">{theirs}</ins>')
    return f"<p>{' '.join(parts)}</p>"
