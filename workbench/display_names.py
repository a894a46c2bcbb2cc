"""Display names: what people call the models, conditions and groups of a study, in place of their ids.

A study keeps them as ``[labels]``. They change how results are shown, never what is run or computed.

>>> names = DisplayNames.model_validate({"groups": {"accent": {"en-029": "Caribbean English"}}})
>>> names.group("accent", "en-029"), names.group("accent", "en-gb"), names.group_id("accent", "Caribbean English", ["en-029"])
('Caribbean English', 'en-gb', 'en-029')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

REST = "rest"
"""What a group is called that stands for all others; no group may take its name."""
CROSSING, LEVELS = " × ", ", "
"""Between the attributes of an intersection, and between its levels."""
LONGEST = 80
GROUP_COLUMNS = ("group", "reference_group", "worst_group", "group_first", "group_second")
"""Columns that hold a group of the attribute that the table is about."""


class DisplayNames(BaseModel):
    """The display names of a study; empty where the ids are shown.

    Attributes
    ----------
    models : by model id, or by the name of the engine in the study (``whisper:tiny.en``)
    conditions : by condition id
    groups : by attribute, then by group
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: dict[str, str] = Field(default_factory=dict)
    conditions: dict[str, str] = Field(default_factory=dict)
    groups: dict[str, dict[str, str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        problems = [
            problem
            for place, names in (
                ("models", self.models),
                ("conditions", self.conditions),
                *((f"groups.{attribute}", names) for attribute, names in self.groups.items()),
            )
            for problem in _problems(place, names)
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def __bool__(self) -> bool:
        return bool(self.models or self.conditions or any(self.groups.values()))

    def fitting(self, engines: Iterable[str], conditions: Iterable[str]) -> Self:
        """Return the names without those of models of other engines, and of other conditions."""
        bases, known = {name.partition("?")[0] for name in engines}, set(conditions)
        return self.model_copy(
            update={
                "models": {
                    name: text
                    for name, text in self.models.items()
                    if name.partition("#")[0].partition("?")[0] in bases
                },
                "conditions": {name: text for name, text in self.conditions.items() if name in known},
            }
        )

    def model(self, model_id: str) -> str:
        """Return the display name of a model; empty without one. An exact id wins over the name of an engine."""
        if model_id in self.models:
            return self.models[model_id]
        fitting = [name for name in self.models if _is_engine_of(name, model_id)]
        return self.models[max(fitting, key=len)] if fitting else ""

    def condition(self, condition_id: str) -> str:
        """Return the display name of a condition; empty without one."""
        return self.conditions.get(condition_id, "")

    def group(self, attribute: str, group: str) -> str:
        """Return the display name of a group, of an intersection level by level; the group itself without one."""
        parts, levels = attribute.split(CROSSING), group.split(LEVELS)
        if len(parts) != len(levels) or len(parts) == 1:
            return self.groups.get(attribute, {}).get(group, group)
        return LEVELS.join(
            self.groups.get(part, {}).get(level, level) for part, level in zip(parts, levels, strict=True)
        )

    def group_id(self, attribute: str, name: str, groups: Iterable[str]) -> str:
        """Return which of these groups is shown under this name; the name itself if none is."""
        return next((group for group in groups if self.group(attribute, group) == name), name)

    def named(self, frame: pd.DataFrame, attribute: str = "") -> pd.DataFrame:
        """Return a table of results with its groups under their display names.

        ``attribute`` is the one that the table is about, where no column ``attribute`` says so. Models and conditions keep their
        ids in the table: whoever prints one asks :meth:`model` and :meth:`condition`.
        """
        if not any(self.groups.values()) or frame.empty:
            return frame
        made: dict[str, pd.Series] = {}
        for column in frame.columns:
            name = str(column)
            if name in GROUP_COLUMNS and "attribute" in frame.columns:
                pairs = zip(frame["attribute"], frame[name], strict=True)
                values = [value if pd.isna(value) else self.group(str(of), str(value)) for of, value in pairs]
                made[name] = pd.Series(values, index=frame.index, dtype="str")
            elif name in GROUP_COLUMNS and attribute:
                made[name] = _mapped(frame[name], partial(self.group, attribute))
            elif any(part in self.groups for part in name.split(CROSSING)):
                made[name] = _mapped(frame[name], partial(self.group, name))
        return frame.assign(**made) if made else frame


def _problems(place: str, names: Mapping[str, str]) -> Iterator[str]:
    taken: dict[str, str] = {}
    for key, name in names.items():
        where = f"labels.{place}: the display name of {key!r}"
        if not name.strip():
            yield f"{where} is blank"
        elif len(name) > LONGEST:
            yield f"{where} has {len(name)} characters, more than {LONGEST}"
        elif name.strip() == REST or CROSSING in name or not name.isprintable():
            yield f"{where}, {name!r}, cannot be used: it has a meaning of its own or is not printable"
        elif name in taken:
            yield f"{where}, {name!r}, is that of {taken[name]!r} too"
        elif name != key and name in names:
            yield f"{where}, {name!r}, is the id of another one"
        taken.setdefault(name, key)


def _is_engine_of(name: str, model_id: str) -> bool:
    """Return whether an engine as a study names it is the model of this id: the same weights, and every option that is named."""
    model = model_id.partition("#")[0]
    if name == model:
        return True
    base, _, asked = name.partition("?")
    of, _, options = model.partition("?")
    return base == of and set(filter(None, asked.split("&"))) <= set(options.split("&"))


def _mapped(values: pd.Series, called: Callable[[str], str]) -> pd.Series:
    """Return text with each value replaced; missing ones stay missing."""
    names = {value: called(str(value)) for value in values.dropna().unique()}
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.rename_categories({value: names.get(value, value) for value in values.cat.categories})
    return values.map(names).astype(values.dtype)


_SHOWN: ContextVar[DisplayNames] = ContextVar("shown_names", default=DisplayNames())  # noqa: B039 - it is frozen


def shown() -> DisplayNames:
    """Return the display names in use: those of the innermost :func:`using`, else none."""
    return _SHOWN.get()


@contextmanager
def using(names: DisplayNames) -> Iterator[None]:
    """Let figures, cards and tables that are drawn inside use these display names."""
    token = _SHOWN.set(names)
    try:
        yield
    finally:
        _SHOWN.reset(token)


def use(names: DisplayNames) -> None:
    """Let everything that is drawn from now on in this context use these display names: for a command, which shows one run."""
    _SHOWN.set(names)
