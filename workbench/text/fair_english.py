"""``fair_en``: one English spelling for all, whoever says it.

What the common normalisers do for some speakers only is done for all: **every** filled pause goes, those that British,
Scottish and Irish speakers make as well (er, erm, eh) as those that Americans make (um, uh); an apostrophe is written one
way and stays inside its word (``John's`` is neither ``John is`` nor ``Johns``); numbers are spelled out, so that a wrong
digit costs one word and not a whole number; British and American spellings are one.

What has several right spellings is **not rewritten**: ``can't | cannot | can not``, ``okay | ok``, ``gonna | going to``,
``didnae | didn't`` are alternatives (:mod:`workbench.text.alternatives`, the list is ``english_variants.toml``), and a
hypothesis may use any of them.

Source: chosen by us; what it answers to is measured in ``tests/test_text_normalise.py`` (the table of openai-whisper's
behaviours), the spelling pairs are openai-whisper's.
"""

from __future__ import annotations

import re

from workbench.text.basic import APOSTROPHES, fold_case, words_only
from workbench.text.numbers import spell_out
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

SYMBOLS = {"&": " and ", "@": " at ", "°": " degrees ", "½": " and a half"}
COMPOUNDS = {"e mail": "email", "e mails": "emails", "web site": "website", "on line": "online", "t v": "tv"}


def _markers(text: str) -> str:
    return re.sub(r"<[^<>]*>|\([^()]*\)|\[[^\[\]]*\]", " ", text)


def _apostrophes(text: str) -> str:
    return text.translate({ord(mark): "'" for mark in APOSTROPHES})


def _symbols(text: str) -> str:
    for symbol, words in SYMBOLS.items():
        text = text.replace(symbol, words)
    return text


def _fillers(text: str) -> str:
    kept = (word for word in text.split() if word.strip(".,!?;:…-–\"'") not in FILLERS)
    return " ".join(kept)


def _spelling() -> Rule:
    pairs = whole().standardize_spellings.mapping
    return replace_words({british: american for british, american in pairs.items() if american not in pairs})


STEPS = (
    step("case", 1, "capital letters become small ones", fold_case),
    step("markers", 1, "what stands in brackets goes: (laughs), [noise], <foreign>", _markers),
    step("apostrophes", 1, "every apostrophe is written '", _apostrophes),
    step("listening", 1, "uh-huh, mm-hm and the like go", _fillers),
    step("numbers", 1, "numbers are spelled out in words", spell_out),
    step("symbols", 1, "& becomes and, @ at", _symbols),
    step("punctuation", 1, "what is neither letter nor number becomes a space; apostrophes stay in words", words_only),
    step("fillers", 1, "um, uh, er, erm, eh, ah, mm, mhm, hmm go, whoever says them", remove_words(FILLERS)),
    step("compounds", 1, "e mail becomes email, web site website", replace_words(COMPOUNDS)),
    Step("spelling", 1, "British spelling becomes American", _spelling),
)
