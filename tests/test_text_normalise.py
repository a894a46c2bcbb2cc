"""Normalisers: what each does, that it never fails, and that its id means the same rules for good."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ScoringError
from workbench.text import NORMALISERS, get_normaliser

WHISPER_RULES = "bf92abe5759da802131e0cd1c4110e6ee125b517b354ad10e62beb06c2502b02"
"""Digest of openai-whisper 20250625: basic.py, english.py, english.json."""

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_names_and_ids_find_the_same_normaliser():
    assert set(NORMALISERS) == {"none", "basic", "whisper_en"}
    for name, normaliser in NORMALISERS.items():
        assert get_normaliser(name) is normaliser
        assert get_normaliser(normaliser.id) is normaliser
        assert normaliser.id == f"{name}-1"


def test_an_unknown_normaliser_is_refused_with_the_nearest_name():
    with pytest.raises(ScoringError, match=r"'wisper_en'.*did you mean 'whisper_en'\?.*basic, basic-1, none"):
        get_normaliser("wisper_en")


def test_a_version_that_does_not_exist_is_refused():
    with pytest.raises(ScoringError, match="'basic-2'"):
        get_normaliser("basic-2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Hello,\tWORLD!\n", "Hello, WORLD!"),
        ("...", "..."),
        ("", ""),
        (" \u3000 ", ""),
        ("null", "null"),
    ],
)
def test_none_splits_at_white_space_and_does_nothing_else(text, expected):
    assert get_normaliser("none")(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, WORLD!", "hello world"),
        ("Don’t panic", "don't panic"),
        ("rock 'n' roll, 'cause the dogs' bone", "rock n roll cause the dogs bone"),
        ("''quoted''", "quoted"),
        ("twenty-one_two", "twenty one two"),
        ("3.5 % & $5 ♪", "3 5 5"),
        ("... – !?", ""),
        ("CAFE\u0301", "caf\u00e9"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ΟΔΟΣ", "οδοσ"),
        ("नमस्ते, दुनिया।", "नमस्ते दुनिया"),
        ("او می\u200cروم؟", "او می\u200cروم"),
        ("\ufeffsoft\u00adhyphen \u200fmark", "softhyphen mark"),
        ("❤\ufe0f ok 👍🏽", "ok"),
        ("", ""),
    ],
)
def test_basic_removes_case_and_punctuation_and_keeps_words_of_any_script(text, expected):
    assert get_normaliser("basic")(text) == expected


# What openai-whisper's normaliser is known to do (measured on its published code).
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("um uh mm hmm mhm mmm yes", "yes"),
        ("er erm eh ah yes", "er erm eh ah yes"),
        ("uh-huh", "huh"),
        ("oh my god", "0 my god"),
        ("one o'clock", "10 clock"),
        ("one two three", "123"),
        ("twenty twenty", "2020"),
        ("John's book", "john is book"),
        ("can't cannot", "can not cannot"),
        ("gonna wanna gotta", "going to want to got to"),
        ("finna tryna dunno ok okay", "finna tryna dunno ok okay"),
        ("ain't", "aint"),
        ("gen z", "general z"),
        ("colour", "color"),
        ("two lakh", "2 lakh"),
        ("(laughs) [noise] <FOREIGN> hello", "hello"),
        ("...", "."),
        ("", ""),
        ("(laughs)", ""),
    ],
)
def test_whisper_en_does_what_openai_whisper_does(text, expected):
    assert get_normaliser("whisper_en")(text) == expected


def test_whisper_en_1_means_one_set_of_rules():
    folder = Path(importlib.util.find_spec("whisper").submodule_search_locations[0]) / "normalizers"
    digest = hashlib.sha256()
    for name in ("basic.py", "english.py", "english.json"):
        digest.update((folder / name).read_bytes())
    assert digest.hexdigest() == WHISPER_RULES, "openai-whisper changed its rules: whisper_en needs a new version"


def test_whisper_en_needs_no_torch():
    program = "import sys, workbench.text as t; t.get_normaliser('whisper_en')('hi'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("name", sorted(NORMALISERS))
@given(text=ANY_TEXT)
def test_every_normaliser_takes_any_text_and_gives_words_with_single_spaces(name, text):
    result = get_normaliser(name)(text)
    assert result == " ".join(result.split())


@pytest.mark.parametrize("name", ["none", "basic"])
@given(text=ANY_TEXT)
def test_normalising_twice_changes_nothing_more(name, text):
    normalise = get_normaliser(name)
    assert normalise(normalise(text)) == normalise(text)


@given(text=ANY_TEXT)
def test_basic_gives_the_same_for_composed_and_decomposed_text_and_leaves_a_letter_in_every_word(text):
    basic = get_normaliser("basic")
    assert basic(unicodedata.normalize("NFD", text)) == basic(unicodedata.normalize("NFC", text)) == basic(text)
    assert all(any(map(str.isalnum, word)) for word in basic(text).split())
