"""Label maps: what people wrote about themselves, to the groups a study compares, by rules that can be read and edited.

A map is a TOML file. Its rules name a label and a family, and which texts mean it: exactly (case and white space do not
matter) or by a pattern that matches the whole text. A text that no rule matches stays ``not stated``: nothing is guessed.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from workbench.errors import ManifestError, choices
from workbench.files import contents
from workbench.files.problems import shown
from workbench.files.toml import toml_fields
from workbench.schema import NOT_STATED

SHIPPED = {"common-voice-en": Path(__file__).with_name("common_voice_accents.toml")}
"""Maps that come with the workbench, by name; copy the file to change one."""

NO_ANSWER = frozenset(
    [
        "n/a", "na", "nan", "none", "null", "unknown", "unspecified", "undisclosed", "-", "--", "?", ".", "not known", "not available",
        "not specified", "no answer", "prefer not to say", "prefer not to answer", "declined",
    ]
)  # fmt: skip
"""What people write where they do not say a group, in small letters."""
ALIKE = "alike"
"""In place of a map: texts that differ only in case, width and blanks are one (:func:`alike_map`)."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
How = Literal["exact", "pattern", "parts", "several", "no rule", "blank"]


class LabelRule(BaseModel):
    """One label, its family, and the texts that mean it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Text
    family: Text
    exact: tuple[Text, ...] = ()
    patterns: tuple[Text, ...] = ()
    """Regular expressions; each must match the whole text, after lower case and single spaces."""
    details: tuple[Text, ...] = ()
    """Texts that are understood only beside this label ("Midlands" beside "England English") and alone say nothing."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a map makes of one text: the label, its family, how it was found and, if it was not, why not."""

    label: str
    family: str
    how: How
    reason: str = ""


class LabelMap(BaseModel):
    """Rules from free text to labels, as in the TOML file. Frozen.

    A text that is matched as a whole has that label. Else it is cut at the ``separators`` that stand outside
    parentheses, and every part needs a rule: the label on which all parts agree; ``several`` where parts name different
    labels (the family too, unless they share one); ``not stated`` as soon as one part has no rule.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = ""
    columns: tuple[Text, ...] = ("accents", "accent")
    """Columns that hold the free text; the first that a manifest has is used."""
    into: Text = "accent"
    family_into: Annotated[str, StringConstraints(strip_whitespace=True)] = "accent_family"
    """Column for the families; empty: none is written."""
    separators: tuple[Annotated[str, StringConstraints(min_length=1, max_length=1)], ...] = ("|", ",")
    several: Text = "several"
    details: tuple[Text, ...] = ()
    """Texts that change no label wherever they stand, such as "Non native speaker"."""
    rule: tuple[LabelRule, ...] = Field(min_length=1)

    @cached_property
    def _exact(self) -> dict[str, LabelRule]:
        return {fold(text): rule for rule in self.rule for text in rule.exact}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], LabelRule]]:
        return [(re.compile(pattern), rule) for rule in self.rule for pattern in rule.patterns]

    @cached_property
    def _details(self) -> dict[str, set[str]]:
        """Return the labels beside which a detail is understood."""
        result: dict[str, set[str]] = {}
        for rule in self.rule:
            for text in rule.details:
                result.setdefault(fold(text), set()).add(rule.label)
        return result

    @cached_property
    def _idle(self) -> set[str]:
        return {fold(text) for text in self.details}

    def resolve(self, text: str) -> Resolved:
        """Return what this map makes of ``text``."""
        whole = fold(text)
        if not whole:
            return Resolved(NOT_STATED, NOT_STATED, "blank")
        if rule := self._exact.get(whole):
            return Resolved(rule.label, rule.family, "exact")
        if rules := self._matching(whole):
            return self._one_of(rules, whole)
        return self._together([part for part in map(fold, self._parts(text)) if part])

    def _matching(self, folded: str) -> list[LabelRule]:
        if rule := self._exact.get(folded):
            return [rule]
        return list({r.label: r for pattern, r in self._patterns if pattern.fullmatch(folded)}.values())

    def _one_of(self, rules: list[LabelRule], folded: str) -> Resolved:
        if len(rules) == 1:
            return Resolved(rules[0].label, rules[0].family, "pattern")
        named = " and ".join(rule.label for rule in rules)
        return Resolved(NOT_STATED, NOT_STATED, "no rule", f"patterns of {named} match {shown(folded)}")

    def _parts(self, text: str) -> list[str]:
        depth, parts = 0, [""]
        for sign in text:
            depth = max(0, depth + (sign == "(") - (sign == ")"))
            if sign in self.separators and depth == 0:
                parts.append("")
            else:
                parts[-1] += sign
        return parts

    def _together(self, parts: list[str]) -> Resolved:
        rules: dict[str, LabelRule] = {}
        beside: list[str] = []
        unknown: list[str] = []
        for part in parts:
            result = self._matching(part)
            if len(result) == 1:
                rules[result[0].label] = result[0]
            elif part in self._details and not result:
                beside.append(part)
            elif part not in self._idle:
                unknown.append(part)
        unknown += [part for part in beside if rules and not self._details[part] & set(rules)]
        if unknown:
            return Resolved(NOT_STATED, NOT_STATED, "no rule", f"no rule for {', '.join(map(shown, unknown))}")
        if not rules:
            text = ", ".join(map(shown, parts)) or "separators alone"
            return Resolved(NOT_STATED, NOT_STATED, "no rule", f"{text}: a detail, with no label beside it")
        families = {rule.family for rule in rules.values()}
        if len(rules) == 1:
            (rule,) = rules.values()
            return Resolved(rule.label, rule.family, "parts")
        family = families.pop() if len(families) == 1 else self.several
        return Resolved(self.several, family, "several", " and ".join(rules))


def fold(text: str) -> str:
    """Return a text as it is compared: Unicode NFKC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def alike_map(texts: Iterable[str], column: str) -> LabelMap:
    """Return the map of a column's own texts: those that differ only in case, width and blanks become the commonest of them, and
    what looks like no answer (:data:`NO_ANSWER`) stays not stated.

    Raises
    ------
    ManifestError : no text is left

    >>> alike_map(["England", "England", " england", "n/a"], "accent").resolve("ENGLAND").label
    'England'
    """
    ways: dict[str, Counter[str]] = {}
    for text in texts:
        folded = fold(text)
        if folded and folded not in NO_ANSWER and folded != NOT_STATED:
            ways.setdefault(folded, Counter())[" ".join(text.split())] += 1
    if not ways:
        raise ManifestError(f"{column!r} holds no label", remedy="name another column: --column")
    labels = {folded: max(counts, key=lambda way: (counts[way], way)) for folded, counts in ways.items()}
    return LabelMap(
        title=f"labels of {column!r} that differ in case or blanks only",
        columns=(column,),
        into=column,
        family_into="",
        rule=tuple(LabelRule(label=label, family=label, exact=(folded,)) for folded, label in labels.items()),
    )


def read_label_map(source: Path | str) -> LabelMap:
    """Return the map in a TOML file, or the one of that name that ships (``common-voice-en``).

    Raises
    ------
    ManifestError : no such file or map, not TOML, or rules that cannot be used; all faults at once
    """
    path = SHIPPED.get(str(source), Path(source))
    if path == Path(source) and not path.suffix and not path.exists():
        raise ManifestError(f"there is no label map {str(source)!r}", remedy=f"name a file; {choices('', SHIPPED)}")
    data = contents(path, called="label map", fails=ManifestError)
    try:
        given = toml_fields(data)
    except UnicodeDecodeError as error:
        raise ManifestError(f"is not UTF-8 (byte {error.start})", place=path.name, remedy="save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"is not valid TOML ({error})", place=path.name, remedy="correct it") from None
    try:
        result = LabelMap.model_validate(given)
    except ValidationError as error:
        raise _faulty([_fault(problem) for problem in error.errors()], path.name) from None
    faults = _contradictions(result)
    if faults:
        raise _faulty(faults, path.name)
    return result


def _faulty(faults: list[str], file: str) -> ManifestError:
    count = "" if len(faults) == 1 else f"{len(faults)} faults\n"
    return ManifestError(count + "\n".join(faults), place=file, remedy="correct the map")


def _fault(problem: Any) -> str:
    places = [f"{part + 1}" if isinstance(part, int) else str(part) for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        fields = LabelRule.model_fields if len(places) > 2 else LabelMap.model_fields
        return f"unknown key {'.'.join(places)!r}; {choices(places[-1], fields)}"
    return f"{'.'.join(places)} = {problem['input']!r}: {problem['msg']}"


def _contradictions(found: LabelMap) -> list[str]:
    faults = []
    families: dict[str, str] = {}
    meant: dict[str, str] = {}
    reserved = {fold(NOT_STATED), fold(found.several)}
    for rule in found.rule:
        if fold(rule.label) in reserved:
            faults.append(f"the label {rule.label!r} has a meaning of its own; give the rule another")
        if families.setdefault(rule.label, rule.family) != rule.family:
            faults.append(f"the label {rule.label!r} has two families, {families[rule.label]!r} and {rule.family!r}")
        for text in rule.exact:
            if meant.setdefault(fold(text), rule.label) != rule.label:
                faults.append(f"{text!r} means both {meant[fold(text)]!r} and {rule.label!r}")
        for pattern in rule.patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                faults.append(f"the pattern {pattern!r} of {rule.label!r} is no regular expression ({error})")
    if found.into == found.family_into:
        faults.append(f"into and family_into are both {found.into!r}")
    return faults
