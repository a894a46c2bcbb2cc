"""``fair_en``: one English spelling for all, whoever says it.

What the common normalisers do for some speakers only is done for all: **every** filled pause goes, those that British,
Scottish and Irish speakers make as well (er, erm, eh) as those that Americans make (um, uh); an apostrophe is written one
way and stays inside its word (``John's`` is neither ``John is`` nor ``Johns``); numbers are spelled out, so that a wrong
digit costs one word and not a whole number; British and American spellings are one.

What has several right spellings is **not rewritten**: ``can't | cannot | can not``, ``okay | ok``, ``gonna | going to``,
``didnae | didn't`` are alternatives (:mod:`workbench.text.alternatives`, the list is ``english_variants.toml``), and a
hypothesis may use any of them. So are the ways to say a number (*two hundred fifty*, *two hundred and fifty*, *two fifty*;
:mod:`workbench.text.english_numbers`) and to write a compound (*white paper*, *whitepaper*; *b b c*, *bbc*).

Source: chosen by us; what it answers to is measured in ``tests/test_text_normalise.py`` (the table of openai-whisper's
behaviours), the spelling pairs are openai-whisper's.
"""

from __future__ import annotations

import re

from workbench.text.basic import APOSTROPHES, fold_case, words_only
from workbench.text.english_digits import join_digit_groups, say
from workbench.text.marks import remove_marks
from workbench.text.steps import Rule, Step, remove_words, replace_words, step
from workbench.text.whisper_english import whole

FILLERS = frozenset(
    [
        "um",
        "umm",
        "uhm",
        "uh",
        "uhh",
        "er",
        "err",
        "erm",
        "ehm",
        "eh",
        "ah",
        "ahh",
        "mm",
        "mmm",
        "mhm",
        "hm",
        "hmm",
        "hmmm",
        "mm-hm",
        "uh-huh",
        "uh-uh",
    ]
)
"""Filled pauses and sounds of listening, in the spellings that transcribers use."""

SYMBOLS = {"&": " and ", "@": " at "}
SPEEDS = {"km": "kilometers", "mi": "miles", "m": "meters"}
COMPOUNDS = {"e mail": "email", "e mails": "emails", "web site": "website", "on line": "online", "t v": "tv"}
_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_LETTERS = re.compile(r"(?<![\w.])(?:[a-z]\.)+[a-z]\.?(?!\w)|\b(?:ph|ed|b|m)\.\s?(?:d|sc|phil)\b\.?")
_PER = re.compile(r"\b(km|mi|m)/h\b|/(?=(?:second|minute|hour|day|night|week|month|year|person|head|mile|km|kg)\b)")
_ADDRESS = re.compile(
    r"(?<=\bwww)\.(?=[a-z0-9])|(?<=[a-z0-9])\.(?=(?:com|org|net|edu|gov|info|io|ai|co|ac|uk|us|ca|au|in|ie|za|ng)\b)"
)


def _case(text: str) -> str:
    return _ACCENTS.sub("", fold_case(text))


def _abbreviations(text: str) -> str:
    return _ADDRESS.sub(" dot ", _LETTERS.sub(lambda match: match[0].replace(".", "").replace(" ", ""), text))


def _apostrophes(text: str) -> str:
    return text.translate({ord(mark): "'" for mark in APOSTROPHES})


def _symbols(text: str) -> str:
    for symbol, words in SYMBOLS.items():
        text = text.replace(symbol, words)
    return _PER.sub(lambda match: f" {SPEEDS[match[1]]} per hour " if match[1] else " per ", text)


def _fillers(text: str) -> str:
    kept = (word for word in text.split() if word.strip(".,!?;:…-–\"'") not in FILLERS)
    return " ".join(kept)


def _spelling() -> Rule:
    pairs = whole().standardize_spellings.mapping
    return replace_words({british: american for british, american in pairs.items() if american not in pairs})


STEPS = (
    step("digit groups", 1, "12 500 with a no-break space is one number", join_digit_groups),
    step("case", 2, "capital letters become small ones, é becomes e", _case),
    step(
        "markers",
        2,
        "marks of transcribers go: (laughs), [noise], <unk>, SPEAKER_00:, /RD-NAME-2/; ((word)) stays",
        remove_marks(),
    ),
    step("apostrophes", 1, "every apostrophe is written '", _apostrophes),
    step("listening", 1, "uh-huh, mm-hm and the like go", _fillers),
    step("abbreviations", 1, "U.S. becomes us, p.m. pm, Ph.D. phd; a dot in an address is dot", _abbreviations),
    step("numbers", 2, "numbers, money, units, times and fractions are spelled out in words", say),
    step("symbols", 2, "& becomes and, @ at, 5/day five per day", _symbols),
    step("punctuation", 1, "what is neither letter nor number becomes a space; apostrophes stay in words", words_only),
    step("fillers", 1, "um, uh, er, erm, eh, ah, mm, mhm, hmm go, whoever says them", remove_words(FILLERS)),
    step("compounds", 1, "e mail becomes email, web site website", replace_words(COMPOUNDS)),
    Step("spelling", 1, "British spelling becomes American", _spelling),
)
