"""What pocketsphinx is told to listen for: a JSGF grammar or a keyword list, checked before it sees them.

pocketsphinx itself takes a rule that is not defined for silence, hears only the first of two public rules, and accepts
keywords that it cannot pronounce; all of that would look like a recogniser that fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_TAG = re.compile(r"\{[^{}]*\}")
_WEIGHT = re.compile(r"/[^/<>()\[\]|;\n]*/")
_RULE_NAME = re.compile(r"<([^<>]*)>")
_HEADER = re.compile(r"\s*#JSGF\b[^;\n]*;")
_GRAMMAR = re.compile(r"grammar\s+[^\s;]+")
_RULE = re.compile(r"(public\s+)?<([^<>]+)>\s*=(.*)", re.DOTALL)
_IMPORT = re.compile(r"import\s*<[^<>]*>")
_KEYWORD = re.compile(r"(?P<phrase>[^/]*?)\s*(?:/(?P<threshold>[^/]*)/)?")
_BUILT_IN = ("NULL", "VOID")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A phrase to listen for, and the likelihood ratio from which on it counts as heard (smaller: more detections)."""

    phrase: str
    threshold: float


def grammar_faults(text: str, pronounced: Callable[[str], bool]) -> list[str]:
    """Return everything about a JSGF grammar that pocketsphinx would reject, or would accept and not honour.

    ``pronounced`` tells whether the dictionary has a word.

    Source: JSpeech Grammar Format, W3C Note 5 June 2000; imports and quoted words are not among what is supported here.
    """
    faults = []
    header = _HEADER.match(text)
    if not header:
        faults.append("does not begin with '#JSGF V1.0;'")
    body = _COMMENT.sub(" ", text[header.end() :] if header else text)
    body = _TAG.sub(" ", body)
    public: list[str] = []
    defined: set[str] = set()
    expansions: list[str] = []
    named = False
    for statement in filter(None, (part.strip() for part in body.split(";"))):
        if rule := _RULE.fullmatch(statement):
            defined.add(_last(rule[2]))
            public += [rule[2].strip()] if rule[1] else []
            expansions.append(rule[3])
            if not rule[3].strip():
                faults.append(f"rule <{rule[2]}> is empty")
        elif _GRAMMAR.fullmatch(statement):
            named = True
        elif _IMPORT.fullmatch(statement):
            faults.append(f"'{statement}': imports are not supported; put all rules into one file")
        else:
            faults.append(f"cannot be understood: {_short(statement)} (a rule is '<name> = ...;', in one statement)")
    if not named:
        faults.append("has no line 'grammar NAME;'")
    if not public:
        faults.append("has no public rule; write 'public <name> = ...;'")
    if len(public) > 1:
        listed = ", ".join(f"<{name}>" for name in public)
        faults.append(f"has {len(public)} public rules ({listed}) and pocketsphinx hears only one; join them into one")
    return faults + _expansion_faults(expansions, defined, pronounced)


def _expansion_faults(expansions: list[str], defined: set[str], pronounced: Callable[[str], bool]) -> list[str]:
    faults = []
    undefined: dict[str, None] = {}
    words: dict[str, None] = {}
    for expansion in expansions:
        for opening, other in ("()", "[]"):
            if expansion.count(opening) != expansion.count(other):
                faults.append(f"{opening} and {other} do not match in {_short(expansion)}")
        for name in _RULE_NAME.findall(expansion):
            if _last(name) not in defined and name.strip().upper() not in _BUILT_IN:
                undefined[name] = None
        bare = _WEIGHT.sub(" ", _RULE_NAME.sub(" ", expansion))
        words |= dict.fromkeys(re.sub(r"[()\[\]|*+=]", " ", bare).split())
    if undefined:
        faults.append(f"rules that are not defined: {', '.join(f'<{name}>' for name in undefined)}")
    quoted = [word for word in words if '"' in word]
    if quoted:
        faults.append(f"quoted words are not supported: {', '.join(quoted)}; write them without quotes")
    return faults + unknown_words([word for word in words if '"' not in word], pronounced)


def _last(name: str) -> str:
    return name.strip().rpartition(".")[2]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= 60 else f"{flat[:57]}...")


def unknown_words(words: list[str], pronounced: Callable[[str], bool]) -> list[str]:
    """Return a fault that lists all words that the dictionary does not have, or none."""
    unknown = [word for word in words if not pronounced(word)]
    if not unknown:
        return []
    remedy = "use words that are in it, or others that sound alike"
    lower = [word for word in unknown if word != word.lower() and pronounced(word.lower())]
    if lower:
        remedy = f"the dictionary is in lower case, write {', '.join(word.lower() for word in lower)}"
        remedy += "; for the others use words that are in it" if len(lower) < len(unknown) else ""
    return [f"words that are not in the pronouncing dictionary: {', '.join(unknown)}; {remedy}"]


def read_keywords(
    text: str, *, threshold: float, pronounced: Callable[[str], bool]
) -> tuple[tuple[Keyword, ...], list[str]]:
    """Return the keywords of a list and everything that is wrong with it.

    One phrase per line, with its own threshold between slashes or without (then ``threshold``): ``code blue /1e-20/``.
    Empty lines and lines that begin with ``#`` are passed over.
    """
    result: dict[str, Keyword] = {}
    faults: list[str] = []
    words: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = _KEYWORD.fullmatch(line.strip())
        phrase = " ".join(parts["phrase"].split()) if parts else ""
        if not parts or not phrase:
            faults.append(f"line {number}: {line.strip()!r} is not a phrase, or a phrase and /threshold/")
            continue
        given = parts["threshold"]
        value = threshold if given is None else _threshold(given)
        if value is None:
            faults.append(f"line {number}: threshold /{given}/ is not a number above 0, at most 1e50")
            continue
        if phrase in result:
            faults.append(f"line {number}: {phrase!r} is there already")
        result[phrase] = Keyword(phrase, value)
        words |= dict.fromkeys(phrase.split())
    if not result and not faults:
        faults.append("holds no keyword; write one per line")
    return tuple(result.values()), faults + unknown_words(list(words), pronounced)


def _threshold(given: str) -> float | None:
    try:
        value = float(given)
    except ValueError:
        return None
    return value if 0.0 < value <= 1e50 else None
