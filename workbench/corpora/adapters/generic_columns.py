"""What adapters of general formats share: which column is the text and which the speaker, and the rest as attributes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from workbench.corpora.adapters.adapter import Option
from workbench.corpora.adapters.source_tables import text_of
from workbench.corpora.description import AttributeInfo
from workbench.corpora.headers import OPTIONAL, REQUIRED, RESERVED
from workbench.errors import ManifestError
from workbench.files import contents
from workbench.files.problems import Problem, shown

TEXT = ("text", "sentence", "transcription", "transcript", "reference")
SPEAKER = ("speaker_id", "speaker", "client_id", "spk_id", "spk")
CHOOSE = {
    "text": Option("column of what was said; by default the first of " + ", ".join(TEXT)),
    "speaker": Option("column of who speaks; by default the first of " + ", ".join(SPEAKER)),
}
"""Options of formats whose columns have no fixed names."""


def chosen(option: str, given: str, names: Sequence[str], usual: Sequence[str], place: str) -> str:
    """Return the column that an option names, or the first usual one that is there.

    Raises
    ------
    ManifestError : there is none; the columns are named
    """
    results = [name for name in ([given] if given else usual) if name in names]
    if not results:
        wanted = repr(given) if given else " or ".join(usual)
        problem = f"no column {wanted} (the columns are {', '.join(map(repr, names))})"
        raise ManifestError(problem, place=place, remedy=f"name it: --option {option}=COLUMN")
    return results[0]


def attributes_of(names: Iterable[str], *, without: Iterable[str], note: str) -> dict[str, AttributeInfo]:
    """Return as attributes what is neither among ``without`` nor a name that the workbench's own tables use."""
    left_out = {*without, *REQUIRED, *OPTIONAL, *RESERVED}
    return {name: AttributeInfo(note=note) for name in names if name and name not in left_out}


def text_value(value: Any) -> str:
    """Return a value of JSON or Arrow as text; missing is "", true is "true"."""
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def ends_at(start: str, duration: str) -> str:
    """Return start plus duration without the noise of binary fractions; "" where one of them is no number.

    >>> ends_at("0.1", "0.2"), ends_at("1.5", "x")
    ('0.3', '')
    """
    try:
        return str(Decimal(start) + Decimal(duration))
    except InvalidOperation:
        return ""


def json_lines(path: Path, folder: Path, *, encoding: str = "") -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    """Yield (line, object) of a JSON-lines file, also of one that ends with .gz, or a problem in place of the object.

    Raises
    ------
    ManifestError : there is no such file, or it is not gzip although its name says so
    """
    file = path.relative_to(folder).as_posix()
    data = contents(path, called="manifest", fails=ManifestError)
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise ManifestError(f"is not gzip ({error})", place=file, remedy="write the file again") from None
    text, problems = text_of(data, file, encoding=encoding)
    yield from ((problem.line, problem) for problem in problems)
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            result = json.loads(written)
        except (ValueError, RecursionError):
            result = None
        if isinstance(result, dict):
            yield line, result
        else:
            what = f"not a JSON object: {shown(written)}"
            yield line, Problem(line, "", written, what, "write one object on each line", file)


def scalars(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of an object that are single texts or numbers, as texts."""
    return {str(name): text_value(value) for name, value in row.items() if not isinstance(value, dict | list)}
