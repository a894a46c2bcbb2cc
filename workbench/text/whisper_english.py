"""``whisper_en``: ``EnglishTextNormalizer`` of openai-whisper, unchanged, and the same rules one step at a time.

It writes numbers as digits and spells the American way, drops um/uh/mm/hmm/mhm but keeps er/erm, and turns ``...`` into
``.``, **which counts as a word**: it is left so, because published figures hold it (without it 32 of the 49 EdAcc word
error rates in the tests would differ).

The steps call the library's own tables and classes in the library's order; a test compares all of them together with
the library's one call, on every text of EdAcc.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import warnings
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from workbench.errors import ScoringError
from workbench.text.steps import Rule, Step, step

COPY = "0.1.1"
"""The version of whisper-normalizer whose rules are those of openai-whisper 20250625."""


@cache
def library() -> Any:
    """Return openai-whisper's normalisers without running ``whisper/__init__``, which imports torch (seconds).

    Without openai-whisper (a gigabyte and more, with torch) they come from ``whisper-normalizer`` 0.1.1, a copy whose rules a test
    compares with the original's one by one. Later versions of the copy have rules of their own and are not used.
    """
    private_name = "_workbench_whisper_normalizers"
    package = importlib.util.find_spec("whisper")
    if package is None or not package.submodule_search_locations:
        return copy_of_library()
    folder = Path(package.submodule_search_locations[0]) / "normalizers"
    spec = importlib.util.spec_from_file_location(
        private_name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ScoringError("openai-whisper is installed but its normalisers are not", place=str(folder))
    module = importlib.util.module_from_spec(spec)
    sys.modules[private_name] = module
    spec.loader.exec_module(module)
    return module


def copy_of_library() -> Any:
    """Return the same normalisers from the package whisper-normalizer.

    Raises
    ------
    ScoringError : it is not installed, or is a version with other rules
    """
    remedy = f"pip install openai-whisper or pip install whisper-normalizer=={COPY}, or use the normaliser 'basic'"
    try:
        installed = version("whisper-normalizer")
    except PackageNotFoundError:
        what = (
            "the normaliser 'whisper_en' needs the package openai-whisper or whisper-normalizer; neither is installed"
        )
        raise ScoringError(what, remedy=remedy) from None
    if installed != COPY:
        what = (
            f"whisper-normalizer {installed} has other rules than openai-whisper, and openai-whisper is not installed"
        )
        raise ScoringError(what, remedy=remedy)
    english = importlib.import_module("whisper_normalizer.english")
    return SimpleNamespace(
        EnglishTextNormalizer=english.EnglishTextNormalizer, basic=importlib.import_module("whisper_normalizer.basic")
    )


@cache
def whole() -> Any:
    """Return the library's normaliser, a function from text to text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the file of its spelling map to be closed later
        normaliser = library().EnglishTextNormalizer()
    numbers = normaliser.standardize_numbers
    normaliser.standardize_numbers = lambda text: numbers(_LONG.sub(r"\1 ", text))
    return normaliser


_LONG = re.compile(r"(\d{4000})(?=\d)")
"""Python reads no number of more than 4,300 digits, at which the library would stop: such a run becomes several numbers."""


def _brackets(text: str) -> str:
    return re.sub(r"\(([^)]+?)\)", "", re.sub(r"[<\[][^>\]]*[>\]]", "", text))


def _fillers() -> Rule:
    pattern = re.compile(whole().ignore_patterns)
    return lambda text: re.sub(r"\s+'", "'", pattern.sub("", text))


def _contractions() -> Rule:
    patterns = [(re.compile(pattern), words) for pattern, words in whole().replacers.items()]

    def rule(text: str) -> str:
        for pattern, words in patterns:
            text = pattern.sub(words, text)
        return text

    return rule


def _symbols() -> Rule:
    remove = library().basic.remove_symbols_and_diacritics

    def rule(text: str) -> str:
        text = re.sub(r"(\d),(\d)", r"\1\2", text)
        text = re.sub(r"\.([^0-9]|$)", r" \1", text)
        return str(remove(text, keep=".%$¢€£"))

    return rule


def _stray_symbols(text: str) -> str:
    text = re.sub(r"[.$¢€£]([^0-9])", r" \1", text)
    return re.sub(r"\s+", " ", re.sub(r"([^0-9])%", r"\1 ", text))


STEPS = (
    step("case", 1, "capital letters become small ones", str.lower),
    step("brackets", 1, "what stands in brackets goes", _brackets),
    Step("fillers", 1, "hmm, mm, mhm, mmm, uh and um go (er, erm, eh and ah stay)", _fillers),
    Step("contractions", 1, "can't becomes can not, gonna going to, dr doctor, 's is", _contractions),
    Step("symbols", 1, "punctuation, symbols and diacritics go, except in numbers", _symbols),
    Step("numbers", 1, "numbers in words become digits", lambda: whole().standardize_numbers),
    Step("spelling", 1, "British spelling becomes American", lambda: whole().standardize_spellings),
    step("stray_symbols", 1, "what is left of . $ % beside words goes", _stray_symbols),
)
