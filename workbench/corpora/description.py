"""What a corpus says about itself: ``<name>.toml`` beside the manifest."""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from workbench.errors import ManifestError, choices
from workbench.files import contents
from workbench.files.toml import toml_fields
from workbench.schema import NOT_STATED

SPEAKER_LEVEL = frozenset(
    {
        "accent", "birthplace", "country", "dialect", "ethnicity", "first_language", "gender", "l1", "mother_tongue",
        "native_language", "race", "region", "sex",
    }
)  # fmt: skip
"""Attributes that are constant per speaker unless the description says ``per = "utterance"``."""


class AttributeInfo(BaseModel):
    """How an attribute was obtained, and whether a speaker has one value of it.

    ``per = "speaker"`` makes two values for one speaker a problem, ``per = "utterance"`` allows them; left out, the
    names in :data:`SPEAKER_LEVEL` (accent, gender, first_language, region ...) are checked and others (age, task) are not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    obtained: Literal["self-reported", "annotated", "unknown"] = "unknown"
    note: str = ""
    per: Literal["speaker", "utterance"] | None = None

    def one_per_speaker(self, name: str) -> bool:
        """Return whether a speaker may have only one value of the attribute ``name``."""
        if self.per is not None:
            return self.per == "speaker"
        return name.strip().lower().replace(" ", "_").replace("-", "_") in SPEAKER_LEVEL


def _compiles(pattern: object) -> object:
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
    return pattern


Pattern = Annotated[str, BeforeValidator(_compiles)]


class Description(BaseModel):
    """Where the speech comes from and what may be done with it; what is left out is ``not stated``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = ""
    licence: str = NOT_STATED
    source: str = NOT_STATED
    language: str = Field(default="en", min_length=2)
    synthetic_voices: bool = False
    """The speakers are a synthesiser's voices: every figure and interval over them says so."""
    speaker_note: str = ""
    consent: str = NOT_STATED
    """What the speakers agreed to."""
    speech_style: str = NOT_STATED
    """``read``, ``spontaneous``, ``conversation`` ...; an attribute ``speech_style`` says it for each utterance."""
    reference_empty: Literal["", "silence"] = ""
    """``silence``: an empty reference says that nobody spoke; what is written there is false speech. Else it is a problem."""
    marks: dict[str, Pattern] = Field(default_factory=dict)
    """Marks of the corpus's transcribers: what it means, and a pattern (regular expression, case aside)."""
    attributes: dict[str, AttributeInfo] = Field(default_factory=dict)


def _safe_name(name: object) -> object:
    if isinstance(name, str) and (name != name.strip() or "/" in name or "\\" in name):
        raise ValueError("a corpus_id has no slash, and no space at either end")
    return name


def _known_encoding(name: object) -> object:
    if isinstance(name, str) and name:
        try:
            codecs.lookup(name)
            "a".encode(name)
        except (LookupError, ValueError):
            raise ValueError("there is no such encoding of text; windows-1252 and latin-1 are two") from None
    return name


CorpusId = Annotated[str, BeforeValidator(_safe_name)]


class ManifestDescription(Description):
    """The contents of ``<name>.toml``: a description, and how the manifest is to be read."""

    corpus_id: CorpusId = ""
    """Name of the corpus in utterance ids; empty means the name of the manifest's file."""
    audio_root: str = ""
    """Folder that holds the audio, relative to the manifest's folder; empty means that folder itself."""
    quoting: Literal["minimal", "none"] = "minimal"
    """``none``: a double quote in a CSV or TSV is a character like any other."""
    encoding: Annotated[str, BeforeValidator(_known_encoding)] = ""
    """Encoding of the manifest's text where it is not UTF-8, such as ``windows-1252``; empty means UTF-8, or what a byte order
    mark says."""


class CorpusInfo(Description):
    """What is known about a loaded corpus. ``n_dropped`` rows of the manifest had problems and are not in it."""

    corpus_id: str
    fingerprint: str
    n_utterances: int
    n_speakers: int
    n_dropped: int


def read_description(manifest: Path) -> tuple[ManifestDescription, list[str]]:
    """Return the description beside ``manifest`` (empty if there is none), and every fault of that file."""
    path = manifest.with_suffix(".toml") if manifest.name else manifest
    if not os.path.isfile(path):
        return ManifestDescription(), []
    return parse_description(contents(path, called="description", fails=ManifestError), path.name)


def parse_description(data: bytes, name: str) -> tuple[ManifestDescription, list[str]]:
    """Return the description in ``data``, and every fault of it; ``name`` is the file's name in messages."""
    nothing = ManifestDescription()
    try:
        given = toml_fields(data)
    except UnicodeDecodeError as error:
        return nothing, [f"{name} is not UTF-8 (byte {error.start}); save it as UTF-8"]
    except tomllib.TOMLDecodeError as error:
        return nothing, [f"{name} is not valid TOML ({error}); correct it or remove it"]
    if "engines" in given and "corpus" in given:
        return nothing, [
            f"{name} is a study, but by its name it would describe the manifest beside it; rename the study"
        ]
    try:
        return ManifestDescription.model_validate(given), []
    except ValidationError as error:
        return nothing, [_fault(name, problem) for problem in error.errors()]


def _fault(file: str, problem: ErrorDetails) -> str:
    """Return one pydantic problem as a line of a message."""
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        fields = AttributeInfo.model_fields if len(problem["loc"]) > 1 else ManifestDescription.model_fields
        return f"{file}: unknown key {where!r}; {choices(str(problem['loc'][-1]), fields)}"
    text = str(problem["msg"]).removeprefix("Value error, ")
    return f"{file}: {where} = {problem['input']!r}: {text}; correct it"
