"""What an adapter is: a corpus in the layout in which it is distributed, told as the rows of a manifest.

An adapter is one file with one value, ``ADAPTER``, and one line in the catalogue (:mod:`workbench.corpora.adapters`). It reads
text only and in chunks; whether the audio is there, ids are unique and times make sense is checked for all adapters alike by
:func:`workbench.corpora.conversion.prepare`. What the corpus does not state is ``""``, which becomes ``not stated``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError, choices
from workbench.files.problems import Problem
from workbench.schema import NOT_STATED

Options = Mapping[str, str]
"""Every option of the adapter and of :data:`COMMON`, given or by default, and ``language``, the code of the corpus's language."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Some rows of a corpus, in its own order.

    ``frame`` (n rows, texts) has ``path`` (relative to the folder that is read, with /), ``reference``, ``speaker_id``, as
    many of ``utterance_id``, ``start_s``, ``end_s`` and ``prompt_id`` as the corpus has, and one column per attribute; all
    chunks have the same columns. ``files`` and ``lines`` (n each) say where a row was written, for messages; a line counts
    from 1. ``problems`` are rows of the corpus that are not in ``frame``. ``share`` is how much of the corpus has been read
    with these rows, from 0 to 1.
    """

    frame: pd.DataFrame
    files: Sequence[str]
    lines: NDArray[np.int64]
    problems: tuple[Problem, ...] = ()
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that a user may choose when a corpus is prepared: ``--option name=value``."""

    meaning: str
    default: str = ""
    choices: tuple[str, ...] = ()


COMMON = {
    "encoding": Option("encoding of the corpus's tables and texts, where it is not UTF-8 (windows-1252, latin-1)")
}
"""Options that every adapter has."""


@dataclass(frozen=True, slots=True)
class Download:
    """An archive that is published at ``url``; ``sha256`` is "" where no source states it."""

    url: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class HubColumns:
    """What the columns of a corpus are called in its Parquet files on the Hugging Face hub.

    ``text`` and ``speaker``: names, the first that is there counts. ``attributes``: the column of each attribute of the adapter
    where its name is another one, and of further ones, described by ``described``. ``signature``: columns that together are no
    other corpus's. ``anonymous``: the hub's files name no speakers, and every recording counts as one. ``missing``: the corpus's words
    for "not known". ``refused``: a column whose presence means another release, and why that is not read.
    """

    text: tuple[str, ...] = ("text", "sentence", "transcription", "transcript", "reference")
    speaker: tuple[str, ...] = ("speaker_id", "speaker", "client_id", "spk_id", "spk", "user_id", "user_ids")
    attributes: Mapping[str, str] = field(default_factory=dict)
    described: Mapping[str, AttributeInfo] = field(default_factory=dict)
    signature: frozenset[str] = frozenset()
    anonymous: bool = False
    missing: tuple[str, ...] = ("nan", "none", "n/a", "null")
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adapter:
    """A corpus that the workbench can read as it is distributed.

    ``tree`` is the expected folder, as text. ``recognise(folder)`` says whether a folder looks like this corpus: it opens as
    little as it can, and is only used to suggest. ``read(folder, options)`` yields :class:`Rows` and raises
    :class:`~workbench.errors.ManifestError` where nothing can be read.
    """

    name: str
    title: str
    tree: str
    licence: str
    source: str
    citation: str
    attributes: Mapping[str, AttributeInfo]
    recognise: Callable[[Path], bool]
    read: Callable[[Path, Options], Iterator[Rows]]
    language: str = "en"
    options: Mapping[str, Option] = field(default_factory=dict)
    speaker_note: str = ""
    speech_style: str = NOT_STATED
    consent: str = NOT_STATED
    downloads: Mapping[str, Download] = field(default_factory=dict)
    versions: str = ""
    """Which releases are read and which are not, where that has to be said."""
    generic: bool = False
    """A format that any corpus may come in: title, licence and source are then the user's to state, in the description."""
    hub: HubColumns = HubColumns()
    """How it stands on the Hugging Face hub, as Parquet files with the audio inside."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """What the corpus's transcribers wrote that is no plain word: what it means, and a pattern (regular expression, case aside).
    The first pattern that fits counts. The text keeps them; the normaliser decides what becomes of them."""
    more: Callable[[Path, Options], Mapping[str, AttributeInfo]] | None = None
    """Attributes that only the corpus itself knows; ``frame`` has a column for each of them too."""

    def attributes_in(self, folder: Path, options: Options) -> dict[str, AttributeInfo]:
        """Return the attributes of the corpus in ``folder``.

        Raises
        ------
        ManifestError : what says so cannot be read
        """
        return {**self.attributes, **(self.more(folder, options) if self.more is not None else {})}

    def resolve(self, given: Mapping[str, str], *, language: str) -> dict[str, str]:
        """Return the value of every option, and ``language``.

        Raises
        ------
        ManifestError : an option that the adapter does not have, or a value that it does not take
        """
        accepted = {**self.options, **COMMON}
        for name, value in given.items():
            if name not in accepted:
                problem = f"{self.name} has no option {name!r}"
                raise ManifestError(problem, place="--option", remedy=choices(name, accepted))
            allowed = accepted[name].choices
            if allowed and value not in allowed:
                raise ManifestError(f"{name} is not {value!r}", place="--option", remedy=choices(value, allowed))
        return {name: option.default for name, option in accepted.items()} | dict(given) | {"language": language}


def tree_of(doc: str | None) -> str:
    """Return the expected tree from an adapter's module docstring: what stands under ``::``, without its indent."""
    _, _, below = inspect.cleandoc(doc or "").partition("::\n")
    lines = below.strip("\n").split("\n")
    end = next((i for i, line in enumerate(lines) if line and not line.startswith(" ")), len(lines))
    return inspect.cleandoc("\n" + "\n".join(lines[:end]))


def require_folder(folder: Path, adapter: str, *needed: str) -> None:
    """Return if ``folder`` holds every one of ``needed`` (files or folders).

    Raises
    ------
    ManifestError : something is missing; all that is, is named
    """
    missing = [name for name in needed if not (folder / name).exists()]
    if missing:
        named = ", ".join(repr(name) for name in missing)
        raise ManifestError(
            f"there is no {named}", place=str(folder), remedy=f"name the folder that holds what {adapter} has"
        )
