"""Tables and texts of a corpus as rows with the line each began on; what cannot be read is a problem, not an end."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import ManifestError
from workbench.files import contents
from workbench.files.encodings import decode_text
from workbench.files.problems import Problem, shown
from workbench.files.rows import require_unique

_REMEDY = "save the file as UTF-8, or name its encoding: --option encoding=windows-1252"


@dataclass(frozen=True, slots=True)
class SmallTable:
    """A table that fits in memory: ``rows[i]`` by column name, from line ``lines[i]`` of ``file``."""

    file: str
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]
    problems: tuple[Problem, ...]


def text_of(
    data: bytes, file: str, *, encoding: str = "", first_line: int = 1, lenient: bool = False
) -> tuple[str, list[Problem]]:
    """Return the text of ``data`` and a problem for each line that is not text, which is empty in what is returned.

    ``lenient`` keeps a line with bytes that do not fit, each as U+FFFD: for tables of speakers, where a foreign letter in a
    remark must not cost the speaker.

    UTF-8 with or without its mark, UTF-16 and UTF-32 with theirs, or ``encoding`` if that is given.

    Raises
    ------
    ManifestError : there is no such encoding, or UTF-16 and UTF-32 that cannot be read at all
    """
    if not encoding and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        return decode_text(data, place=file), []
    try:
        name = codecs.lookup(encoding or "utf-8-sig").name
    except LookupError:
        remedy = "write a name such as windows-1252 or latin-1"
        raise ManifestError(f"there is no encoding {encoding!r}", place="--option", remedy=remedy) from None
    try:
        text = data.decode(name)
        if "\0" not in text:
            return text, []
    except UnicodeDecodeError:
        pass
    kept, problems = [], []
    for line, written in enumerate(data.split(b"\n"), start=first_line):
        try:
            sentence = written.decode(name)
            wrong = "holds a NUL character" if "\0" in sentence else ""
        except UnicodeDecodeError as error:
            sentence = written.decode("latin-1")
            wrong = f"byte {error.start + 1} of the line (0x{written[error.start]:02x}) is not {encoding or 'UTF-8'}"
        if wrong:
            problems.append(Problem(line, "", sentence, f"{wrong}: {shown(sentence)}", _REMEDY, file))
        if wrong and lenient and "\0" not in sentence:
            sentence, wrong = written.decode(name, errors="replace"), ""
        kept.append("" if wrong else sentence)
    return "\n".join(kept), problems


def lines_of(
    path: Path, folder: Path, *, encoding: str = "", lenient: bool = False
) -> tuple[list[tuple[int, str]], list[Problem]]:
    """Return every line of a text file that is not blank, with its number; problems for those that are no text.

    ``lenient`` as in :func:`text_of`.

    Raises
    ------
    ManifestError : there is no such file
    """
    file = path.relative_to(folder).as_posix()
    text, problems = text_of(
        contents(path, called="file", fails=ManifestError), file, encoding=encoding, lenient=lenient
    )
    lines = enumerate(text.split("\n"), start=1)
    return [(number, line.removesuffix("\r")) for number, line in lines if line.strip()], problems


def small_table(
    path: Path,
    folder: Path,
    *,
    need: Sequence[str],
    delimiter: str = "",
    encoding: str = "",
    quoted: bool = True,
    lenient: bool = False,
) -> SmallTable:
    """Return a table with a header; ``delimiter`` is by default a tab for .tsv and a comma for the rest.

    ``lenient`` as in :func:`text_of`. Names of columns are stripped, values stay as written. Rows with another number of fields are problems.

    Raises
    ------
    ManifestError : there is no such file, it is empty, or a column of ``need`` is missing
    """
    file = path.relative_to(folder).as_posix()
    data = contents(path, called="table", fails=ManifestError)
    text, problems = text_of(data, file, encoding=encoding, lenient=lenient)
    sign = delimiter or ("\t" if path.suffix.lower() == ".tsv" else ",")
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=sign,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        strict=True,
    )
    names: list[str] = []
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            reach = f", to line {reader.line_num}" if reader.line_num > line else ""
            problem = f"the row cannot be read ({error}{reach})"
            problems.append(Problem(line, "", "", problem, "double the quotes inside a quoted field", file))
            continue
        if not any(fields):
            continue
        if not names:
            names = [name.strip() for name in fields]
            require_columns(names, need, file, sign)
            require_unique(names, file)
        elif len(fields) != len(names):
            problem = wrong_length(fields, names, sign)
            problems.append(Problem(line, "", sign.join(fields), problem, "correct the row", file))
        else:
            rows.append(dict(zip(names, fields, strict=True)))
            lines.append(line)
    if not names:
        raise ManifestError("the file is empty", place=file, remedy="copy it from the corpus again")
    return SmallTable(file, tuple(rows), tuple(lines), tuple(problems))


def wrong_length(fields: Sequence[str], names: Sequence[str], sign: str) -> str:
    """Return what is wrong with a row that has another number of fields than the header."""
    count = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
    return f"{count} where the header has {len(names)}: {shown(sign.join(fields))}"


def require_columns(names: Sequence[str], need: Sequence[str], file: str, sign: str) -> None:
    """Raise :class:`ManifestError` if a column of ``need`` is not among ``names``; all that are missing are named."""
    missing = [name for name in need if name not in names]
    if not missing:
        return
    other = next((mark for mark in "\t,;|" if mark != sign and mark in "".join(names)), "")
    looks = f"; the header looks separated by {other!r}, expected {sign!r}" if other else ""
    raise ManifestError(
        f"no column {', '.join(map(repr, missing))} (the columns are {', '.join(map(repr, names))}){looks}",
        place=f"{file} line 1",
        remedy="use the file as the corpus distributes it",
    )
