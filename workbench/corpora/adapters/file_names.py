"""A folder of audio files whose names say who speaks, by a pattern that you give.

Layout::

    corpus/
        <anything>.wav                  matched by --option pattern=REGEX, from its path below the corpus
        <anything>.txt                  what was said, unless the pattern has a group named reference

``pattern`` is a regular expression for the whole path (with /). Its named groups become columns: ``speaker`` or ``speaker_id`` is
needed; ``reference`` is the text; every other group is an attribute: ``(?P<accent>[a-z]+)/(?P<speaker>\\w+)_\\d+\\.wav``. Audio files
that the pattern does not match are listed.

Source: the names that you describe.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, tree_of
from workbench.corpora.adapters.generic_columns import attributes_of
from workbench.corpora.adapters.row_builder import AUDIO, Builder, walk
from workbench.corpora.adapters.source_tables import text_of
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError
from workbench.files.problems import shown

_SPEAKER = ("speaker_id", "speaker")


def _recognise(_: Path) -> bool:
    return False


def _pattern(options: Options) -> re.Pattern[str]:
    try:
        result = re.compile(options["pattern"])
    except re.error as error:
        problem = f"{options['pattern']!r} is no regular expression ({error})"
        raise ManifestError(problem, place="--option pattern", remedy="correct it") from None
    if not options["pattern"] or not set(_SPEAKER) & set(result.groupindex):
        problem = "a pattern with a group named speaker is needed" if options["pattern"] else "no pattern"
        remedy = r"for example --option 'pattern=(?P<accent>[a-z]+)/(?P<speaker>\w+)_\d+\.wav'"
        raise ManifestError(problem, place="--option pattern", remedy=remedy)
    return result


def _attributes(_: Path, options: Options) -> dict[str, AttributeInfo]:
    return attributes_of(_pattern(options).groupindex, without=_SPEAKER, note="as the file's name states it")


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    pattern = _pattern(options)
    attributes = list(_attributes(folder, options))
    builder = Builder(["path", "reference", "speaker_id", *attributes])
    speaker = next(name for name in _SPEAKER if name in pattern.groupindex)
    for path in walk(folder):
        if os.path.splitext(path)[1].lower() not in AUDIO:
            continue
        match = pattern.fullmatch(path)
        if match is None:
            builder.lost(path, 0, path, f"{shown(path)} does not match the pattern", "widen it, or move the file")
            continue
        sentence = {name: value or "" for name, value in match.groupdict().items()}
        text = sentence["reference"] if "reference" in sentence else _beside(folder, path, builder, options)
        row = {"path": path, "reference": text, "speaker_id": sentence[speaker]}
        builder.add(path, 0, {**{name: sentence[name] for name in attributes}, **row})
    yield builder.rows()


def _beside(folder: Path, path: str, builder: Builder, options: Options) -> str:
    """Return what the text file of the same name holds, on one line; "" if there is none, which is a problem of the row."""
    written = folder / f"{os.path.splitext(path)[0]}.txt"
    if not written.is_file() or not written.resolve().is_relative_to(folder.resolve()):
        return ""
    text, problems = text_of(written.read_bytes(), written.relative_to(folder).as_posix(), encoding=options["encoding"])
    builder.problems += problems
    return " ".join(text.split())


ADAPTER = Adapter(
    name="file-names",
    title="Folder of files with speaking names",
    tree=tree_of(__doc__),
    licence="that of the corpus",
    source="https://docs.python.org/3/library/re.html",
    citation="none: the names are yours",
    attributes={},
    recognise=_recognise,
    read=_read,
    options={"pattern": Option("regular expression with named groups for a file's path")},
    generic=True,
    more=_attributes,
)
