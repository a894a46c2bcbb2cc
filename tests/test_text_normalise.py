"""Normalisers: what each does, that it never fails, and that its id means the same rules for good."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.errors import ScoringError
from workbench.text import NORMALISERS, get_normaliser, require_language, whisper_english
from workbench.text.language_rules import CHARACTERS, WORDS

WHISPER_RULES = "bf92abe5759da802131e0cd1c4110e6ee125b517b354ad10e62beb06c2502b02"
"""Digest of openai-whisper 20250625: basic.py, english.py, english.json."""

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_names_and_ids_find_the_same_normaliser():
    of_languages = {f"basic_{tag}" for tag in (*WORDS, *CHARACTERS)}
    assert set(NORMALISERS) == {"none", "basic", "whisper_en", "openasr_2026", "koenecke2020", "fair_en"} | of_languages
    for name, normaliser in NORMALISERS.items():
        assert get_normaliser(name) is normaliser
        assert get_normaliser(normaliser.id) is normaliser
        assert normaliser.id == f"{name}-{2 if name == 'fair_en' else 1}"


def test_an_unknown_normaliser_is_refused_with_the_nearest_name():
    with pytest.raises(ScoringError, match=r"'wisper_en'.*did you mean 'whisper_en'\?.*basic, basic_ar"):
        get_normaliser("wisper_en")


def test_another_version_is_refused_with_the_one_that_there_is():
    for asked, now in (("basic-2", "basic-1"), ("fair_en-1", "fair_en-2")):
        with pytest.raises(ScoringError, match=f"'{asked}' have changed since.* {now} now"):
            get_normaliser(asked)


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


@pytest.mark.parametrize("name", sorted(set(NORMALISERS) - {"whisper_en", "openasr_2026"}))
@given(text=ANY_TEXT)
@example(text="\u0cd5\U00020000")  # a combining mark without a letter before a Han character
def test_normalising_twice_changes_nothing_more(name, text):
    normalise = get_normaliser(name)
    assert normalise(normalise(text)) == normalise(text)


@given(text=ANY_TEXT)
def test_basic_gives_the_same_for_composed_and_decomposed_text_and_leaves_a_letter_in_every_word(text):
    basic = get_normaliser("basic")
    assert basic(unicodedata.normalize("NFD", text)) == basic(unicodedata.normalize("NFC", text)) == basic(text)
    assert all(any(map(str.isalnum, word)) for word in basic(text).split())


SPOKEN = st.lists(
    st.sampled_from(
        [
            "um",
            "UH,",
            "er",
            "north",
            "east",
            "New",
            "York",
            "north.",
            "1,250",
            "$20",
            "0775",
            "1984",
            "one",
            "hundred",
            "two",
            "o'clock",
            "Saint",
            "(laughs)",
            "[x]",
            "e",
            "mail",
            "can't",
            "’cause",
            "<um>",
            "N",
            "S.",
            "T",
            "V",
            "all",
            "right",
            "3.5%",
            "80s",
            "2nd",
            "&",
            "uh-huh",
            "mm",
            "-",
            "colour",
            "theatre",
            "£1.50",
            "10:30",
            "&",
            "@",
            "$3.5 million",
            "20°C",
            "½",
            "2 1/2",
            "10-15",
            "5 km",
            "3 p.m.",
            "U.S.",
            "Ph.D.",
            "info@example.org",
            "SPEAKER_00:",
            "((maybe))",
            "/RD-NAME-2/",
            "/like/",
            "♪",
            "%um",
            "~A",
            "{laugh}",
            "%HESITATION",
            "#5",
            "café",
        ]
    ),
    max_size=8,
).map(" ".join)


@pytest.mark.parametrize("name", ["koenecke2020", "fair_en"])
@given(text=SPOKEN)
def test_normalising_what_people_say_twice_changes_nothing_more(name, text):
    normalise = get_normaliser(name)
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("um uh mm hmm mhm er erm eh ah yes", "yes"),
        ("Uh-huh. Mm-hm, yes", "yes"),
        ("oh my god", "oh my god"),
        ("one o'clock", "one o'clock"),
        ("one two three", "one two three"),
        ("John’s colour", "john's color"),
        ("can't cannot", "can't cannot"),
        ("gen z", "gen z"),
        ("in 1984, £20 & 3.5%", "in nineteen eighty four twenty pounds and three point five percent"),
        ("E mail (laughs) [noise] <foreign> me", "email me"),
        ("SPEAKER_01: ((I think)) so {laugh} /RD-NAME-2/ %HESITATION", "i think so"),
        ("the café in the U.S. at 3 p.m.", "the cafe in the us at three pm"),
        ("humming ummah errand", "humming ummah errand"),
    ],
)
def test_fair_en_writes_everybody_s_speech_one_way(text, expected):
    assert get_normaliser("fair_en")(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aks him, cuz he's gonna be tryna", "ask him cause hes going to be trying to"),
        ("uh, damn! OK, till then", "okay til then"),
        ("in 1984 and 2005 and 2015", "in nineteen eighty four and two thousand five and twenty fifteen"),
        ("101 people on the 21st", "one oh one people on the twenty first"),
        ("New York and west Virginia and Utah", "ny and wv and ut"),
        ("the T V in D C", "the tv in dc"),
        ("all right, north-east N 5th street", "alright northeast north fifth st"),
        ("we (laughs) went /unintelligible/ <ts> home %HESITATION", "we went home"),
        ("$20", "twenty dollars"),
    ],
)
def test_koenecke2020_cleans_as_the_published_audit_did(text, expected):
    assert get_normaliser("koenecke2020")(text) == expected


@pytest.mark.long
def test_the_steps_of_whisper_en_together_are_the_library_s_one_call(shared_dir):
    path = shared_dir / "hypotheses" / "edacc_7systems.csv"
    frame = pd.read_csv(path, keep_default_na=False, dtype=str, usecols=["reference", "hypothesis"])
    texts = sorted({*frame["reference"], *frame["hypothesis"].sample(5000, random_state=1)})
    rules = [step.load() for step in get_normaliser("whisper_en").steps]
    whole = whisper_english.whole()
    for text in texts:
        stepped = text
        for rule in rules:
            stepped = rule(stepped)
        assert stepped == whole(text), text


def test_a_step_left_out_is_part_of_name_and_id_and_changes_only_what_it_did():
    plain = get_normaliser("fair_en?without=fillers,listening")
    assert plain is get_normaliser("fair_en?without=fillers,listening")
    assert plain.name == "fair_en?without=listening,fillers"
    assert get_normaliser(plain.name).id == plain.id == "fair_en-2?without=listening,fillers"
    assert plain("Erm, colour") == "erm color"
    assert get_normaliser("whisper_en?without=numbers")("one two") == "one two"
    assert plain.digest != get_normaliser("fair_en").digest
    with pytest.raises(ScoringError, match=r"fair_en has no step 'filers'; did you mean 'fillers'\?"):
        get_normaliser("fair_en?without=filers")


def test_english_rules_are_refused_for_other_languages():
    require_language(get_normaliser("basic"), "sw")
    require_language(get_normaliser("fair_en"), "en-GB")
    with pytest.raises(
        ScoringError, match=r"'fair_en' is for en, the speech is in 'de'.*use one of: none, basic, basic_de$"
    ):
        require_language(get_normaliser("fair_en"), "de")
