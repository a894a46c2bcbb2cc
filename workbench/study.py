"""Study: the one frozen description of what is evaluated.

A study is one TOML file whose paths are relative to it; the same fields are the arguments of :class:`Study`.
It describes itself: its JSON is its provenance and turns back into an equal value.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from workbench import card_fields
from workbench.claims import Claim
from workbench.conditions import PAIRINGS, Condition, Pairing, expand
from workbench.display_names import DisplayNames
from workbench.engines import api_keys
from workbench.errors import StudyError, WorkbenchError
from workbench.files import contents
from workbench.files.toml import toml_fields
from workbench.text import get_normaliser


def _condition(given: object) -> Condition:
    """Accept a condition, its id, or its table."""
    if isinstance(given, Condition):
        return given
    if isinstance(given, str | Mapping):
        try:
            return expand(given)[0]  # a sweep was taken apart before
        except WorkbenchError as error:
            raise ValueError(str(error)) from None
    raise ValueError(f"{given!r} is neither the id of a condition nor a table with one")


def _expanded(entry: Any) -> Sequence[Any]:
    """Return the conditions that an entry names, or the entry itself if it names none."""
    if not isinstance(entry, str | Mapping):
        return (entry,)
    try:
        return expand(entry)
    except WorkbenchError:
        return (entry,)


def _is_free(condition: Condition) -> bool:
    """Return whether a table with its numbers says more clearly than its id what the condition is."""
    return condition.severity is None and condition.steps == (condition,)


def _said(problem: ErrorDetails) -> str:
    """Return one of pydantic's problems in the words of a study file."""
    where = ".".join(str(part) for part in problem["loc"]) or "study"
    plain = {
        "missing": "is missing",
        "extra_forbidden": "is no field of a study",
        "tuple_type": f"= {problem['input']!r} is not a list: write it in square brackets",
        "too_short": "is empty: name at least one",
        "string_too_short": "is empty",
        "string_type": f"= {problem['input']!r} is not a text: write it in quotes",
        "bool_type": f"= {problem['input']!r} is neither true nor false",
        "bool_parsing": f"= {problem['input']!r} is neither true nor false",
        "literal_error": f"= {problem['input']!r} is none of {', '.join(PAIRINGS)}",
    }
    text = plain.get(problem["type"])
    return f"{where} {text}" if text else f"{where}: {problem['msg'].removeprefix('Value error, ')}"


class Allocation(BaseModel):
    """The rule of an adaptive run, fixed before it: transcribe until every gap to ``reference`` is certain enough."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target_ci: float = Field(gt=0, lt=1)
    """Half-width that the 95 % interval of every gap shall have."""
    attribute: str = Field(min_length=1)
    reference: str = Field(min_length=1)
    """A group by name: what ``rest`` is made of would depend on who is transcribed."""
    pilot: int = Field(default=8, ge=2)
    """Speakers of every group under every condition who are transcribed before anything is decided."""
    rounds: int = Field(default=6, ge=1, le=100)


class Split(BaseModel):
    """Speakers divided into two halves before anything is heard: one to explore, one that confirms a declared cell once.

    ``runner.speaker_split`` divides them, within each group of ``attribute``, by a hash of the study's seed and the id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    explore: float = Field(default=0.5, gt=0, lt=1)
    """Share of each group's speakers who explore."""
    attribute: str = ""
    """Whose groups are divided; empty: the first of the study's attributes."""
    half: Literal["explore", "confirm"] = "explore"
    """Whose speakers the study evaluates."""
    cells: tuple[str, ...] = ()
    """What a confirming study was declared to test, in words; part of its identity, so that each test is a run of its own."""


def slug(name: str) -> str:
    """Return a name in characters that fit a file name.

    >>> slug("Ward, at night")
    'ward-at-night'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "study"


class Study(BaseModel):
    """What is evaluated: corpora x conditions x engines, and how it is scored. Frozen and comparable.

    Raises
    ------
    StudyError : from :meth:`from_toml` and :meth:`create`, with every problem of the description at once
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    corpus: tuple[str, ...] = Field(min_length=1)
    """Manifests, relative to ``base``."""
    attributes: tuple[str, ...] = ()
    """Attributes to compare by default; every declared attribute is kept."""
    engines: tuple[str, ...] = Field(min_length=1)
    conditions: tuple[Annotated[SerializeAsAny[Condition], BeforeValidator(_condition)], ...] = Field(min_length=1)
    base: Path = Field(default=Path(), exclude=True)
    """Folder that the paths are relative to; where it was read, not part of what it describes."""
    normaliser: str = "whisper_en"
    seed: int = Field(default=1, ge=0, lt=2**63)
    margin: float = Field(default=0.02, gt=0, lt=1)
    """Gaps smaller than this count as equal; fixed before looking."""
    claims: tuple[str, ...] = ()
    """What a card has to support or refute, stated before looking (``workbench.claims``)."""
    card: dict[str, str] = Field(default_factory=dict)
    """What a person says of the service on its card (``workbench.card_fields``): no part of what is run."""
    labels: DisplayNames = Field(default_factory=DisplayNames)
    """What models, conditions and groups are called where results are shown: no part of what is run."""
    pairing: Pairing = "slot"
    """Who hears the same draw: the same slot of every speaker, nobody else (``utterance``), or everybody (``global``)."""
    filter: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    cluster: tuple[str, ...] = ()
    """Columns above the speaker (session, site): whatever shares one is one unit in intervals, tests and planning."""
    allow_dropped: bool = False
    """Run although rows of a manifest have problems; those rows are dropped, counted and shown."""
    audio_leaves_this_machine: bool = False
    """Engines that send the audio to another machine may be run; without it they are refused before the start."""
    allocation: Allocation | None = None
    """Transcribe in rounds, where the gaps are still uncertain; everything if None."""
    split: Split | None = None
    """Evaluate one half of the speakers; all of them if None."""

    @model_validator(mode="after")
    def _split_by_an_attribute(self) -> Self:
        if self.split is not None and not self.split_attribute:
            raise ValueError("split: the study names no attribute whose groups are divided; give attribute = ...")
        return self

    @property
    def split_attribute(self) -> str:
        """The attribute within whose groups the speakers are divided; empty without a split."""
        if self.split is None:
            return ""
        return self.split.attribute or next(iter(self.attributes), "")

    @field_validator("name")
    @classmethod
    def _more_than_spaces(cls, name: str) -> str:
        if not name.strip():
            raise ValueError(f"{name!r} is blank")
        return name

    @field_validator("engines")
    @classmethod
    def _no_secrets(cls, engines: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a key in an engine's name before the study is written or stored anywhere."""
        for name in engines:
            if faults := api_keys.faults(name):
                raise ValueError(f"{api_keys.hidden(name)!r}: {'; '.join(faults)}")
        return engines

    @field_validator("normaliser")
    @classmethod
    def _known_normaliser(cls, name: str, info: ValidationInfo) -> str:
        try:
            get_normaliser(name, base=info.data.get("base"))
        except WorkbenchError as error:
            raise ValueError(str(error)) from None
        return name

    @field_validator("claims")
    @classmethod
    def _readable_claims(cls, claims: tuple[str, ...]) -> tuple[str, ...]:
        problems = []
        for text in claims:
            try:
                Claim.parse(text)
            except WorkbenchError as error:
                problems.append(f"{error.what}; {error.remedy}")
        if problems:
            raise ValueError("; ".join(problems))
        return claims

    @model_validator(mode="after")
    def _labels_of_this_study(self) -> Self:
        fitting = self.labels.fitting(self.engines, [condition.condition_id for condition in self.conditions])
        unknown = [
            f"labels.{kind}s: the study has no {noun} {name!r}"
            for kind, noun, given, known in (
                ("condition", "condition", self.labels.conditions, fitting.conditions),
                ("model", "engine", self.labels.models, fitting.models),
            )
            for name in given
            if name not in known
        ]
        if unknown:
            raise ValueError("; ".join(unknown))
        return self

    @field_validator("card")
    @classmethod
    def _known_card_fields(cls, fields: dict[str, str]) -> dict[str, str]:
        try:
            return card_fields.checked(fields)
        except WorkbenchError as error:
            raise ValueError(f"{error.what}; {error.remedy}") from None

    @field_validator("conditions", mode="before")
    @classmethod
    def _take_sweeps_apart(cls, given: Any) -> Any:
        """Put each condition of a sweep in its place; what cannot be read is left to be complained of there."""
        if not isinstance(given, list | tuple):
            return given
        return [condition for entry in given for condition in _expanded(entry)]

    @field_validator("conditions")
    @classmethod
    def _each_condition_once(cls, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        ids = [condition.condition_id for condition in conditions]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"listed twice: {', '.join(twice)}")
        return conditions

    @classmethod
    def create(cls, fields: Mapping[str, Any], *, base: Path = Path(), place: str = "study") -> Self:
        """Return the study with these fields, or a StudyError that lists every problem."""
        try:
            return cls.model_validate({**fields, "base": base})
        except ValidationError as error:
            lines = [_said(problem) for problem in error.errors()]
            field_names = ", ".join(name for name in cls.model_fields if name != "base")
            raise StudyError("; ".join(lines), place=place, remedy=f"a study has the fields {field_names}") from None

    @classmethod
    def from_toml(cls, path: Path | str) -> Self:
        """Read a study file. Paths in it are relative to its folder."""
        path = Path(path)
        try:
            fields = toml_fields(contents(path, called="study file", fails=StudyError))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StudyError(f"not a TOML file: {error}", place=str(path), remedy="see docs/studies.md") from None
        if "base" in fields:
            raise StudyError("unknown field 'base'", place=str(path), remedy="paths are relative to the study's folder")
        return cls.create(fields, base=path.resolve().parent, place=str(path))

    @classmethod
    def from_json(cls, text: str, *, base: Path = Path()) -> Self:
        """Return the study that :meth:`to_json` wrote."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise StudyError(f"not the JSON of a study: {error}", remedy="write it again from the study file") from None
        return cls.create(fields, base=base)

    def to_json(self) -> str:
        """Return the study as canonical JSON: equal studies, equal text."""
        fields = self.model_dump(mode="json", exclude_none=True)
        if not self.claims:
            del fields["claims"]  # a study without claims keeps the digest it always had
        for name in ("card", "cluster", "labels"):
            if not getattr(self, name):
                del fields[name]
        if "labels" in fields:
            named = self.labels.fitting(self.engines, [condition.condition_id for condition in self.conditions])
            fields["labels"] = {kind: names for kind, names in named.model_dump().items() if names}
        return json.dumps(fields, sort_keys=True, ensure_ascii=False)

    def to_toml(self) -> str:
        """Return the study as the text of a study file."""
        fields = json.loads(self.to_json())
        fields["conditions"] = [
            {"id": condition.id, **condition.parameters} if _is_free(condition) else condition.condition_id
            for condition in self.conditions
        ]
        ordered = {name: fields[name] for name in type(self).model_fields if fields.get(name) not in (None, {}, [])}
        return tomli_w.dumps(ordered)

    def write(self, path: Path) -> Path:
        """Write the study file; it must lie in the folder its paths are relative to."""
        if path.resolve().parent != self.base.resolve():
            raise StudyError(
                "a study's paths are relative to its file",
                place=str(path),
                remedy=f"write it into {self.base.resolve()}",
            )
        path.write_text(self.to_toml(), encoding="utf-8")
        return path

    @property
    def manifests(self) -> tuple[Path, ...]:
        """Paths of the manifests."""
        return tuple(self.base / name for name in self.corpus)

    @property
    def unlabelled(self) -> Self:
        """The same study without display names, which change nothing that is run or computed."""
        return self.model_copy(update={"labels": DisplayNames()})

    @property
    def digest(self) -> str:
        """Digest of the description and of the folder it lives in: an unfinished run of it can be resumed."""
        described = self.unlabelled.model_copy(update={"card": {}}).to_json()  # words on the card begin no other run
        return hashlib.sha256(f"{described}\n{self.base.resolve()}".encode()).hexdigest()

    @property
    def slug(self) -> str:
        """The name in characters that fit a file name."""
        return slug(self.name)
