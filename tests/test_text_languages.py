"""Languages: each one's normaliser forgives what its speakers do not hear, charges what they do, and counts its unit."""

from __future__ import annotations

import jiwer
import pandas as pd
import pytest

from workbench.text import (
    LANGUAGES,
    count_words,
    get_normaliser,
    language_of,
    script_not_latin,
    unit_of,
)


def scored(language: str, reference: str, hypothesis: str) -> tuple[int, int]:
    rules = get_normaliser(language_of(language).normaliser)
    said, written = rules(reference), rules(hypothesis)
    counts = count_words(said, rules.alternatives.as_written(said, written))
    return counts.errors, counts.ref_words


@pytest.mark.parametrize(
    ("language", "reference", "hypothesis", "expected"),
    [
        # Unicode SpecialCasing: dotted and dotless i are different letters of Turkish.
        ("tr", "IŞIK İYİ", "ışık iyi", (0, 2)),
        ("tr", "ışık", "işik", (1, 1)),
        # MGB-2: alif with hamza, alif maqsura and ta marbuta written one way; vowel signs are optional in writing.
        ("ar", "أَحمد كتبَ رسالة", "احمد كتب رساله", (0, 3)),
        ("ar", "كتب ١٢", "كتب 12", (0, 2)),
        ("fa", "می‌روم كتاب", "میروم کتاب", (0, 2)),
        # CLDR: the decimal sign and the sign between thousands.
        ("de", "1.250 Euro, 3,5 Prozent", "1250 Euro 3,5 Prozent", (0, 6)),
        ("de", "eintausendzweihundertfünfzig Leute", "1250 Leute", (0, 2)),
        ("de", "Straße", "STRASSE", (0, 1)),
        ("fr", "mille deux cent cinquante personnes", "1 250 personnes", (0, 5)),
        ("es", "mil doscientos cincuenta niños", "1.250 niños", (0, 4)),
        ("es", "el niño", "el nino", (1, 2)),
        ("pt", "vinte e um de maio", "21 de maio", (0, 5)),
        ("hi", "हिन्दी १२", "हिंदी 12", (0, 2)),
        ("hi", "मेरा घर नदी के पास है", "मेरी घर नदी का पास है", (2, 6)),
        ("sw", "Habari yako?", "habari, yako", (0, 2)),
        ("zh", "今天天气很好", "今天天汽很好。", (1, 6)),
        ("zh", "我 want 去", "我want去", (0, 3)),
        ("ja", "ｶﾀｶﾅ1250円", "カタカナ千二百五十円", (0, 10)),
        ("th", "สวัสดี ครับ", "สวัสดีครับ", (0, 10)),
        ("xx", "Ħello, WORLD", "ħello world", (0, 2)),
    ],
)
def test_a_language_is_scored_as_it_is_written(language, reference, hypothesis, expected):
    assert scored(language, reference, hypothesis) == expected


def test_character_errors_of_chinese_are_those_of_jiwer():
    pairs = [("今天天气很好", "今天天汽很好"), ("我们去公园", "我去了公园"), ("你好", "")]
    for reference, hypothesis in pairs:
        errors, characters = scored("zh", reference, hypothesis)
        assert errors / characters == jiwer.cer(reference, hypothesis)


@pytest.mark.parametrize(("reference", "hypothesis"), [("the white paper", "a whitepaper"), ("hello you", "hallo")])
def test_the_character_error_rate_by_wish_is_that_of_jiwer(reference, hypothesis):
    rules = get_normaliser("basic?unit=character")
    counts = count_words(rules(reference), rules(hypothesis))
    assert counts.errors / counts.ref_words == jiwer.cer(reference, hypothesis)
    assert unit_of(rules.id) == rules.unit == "character"


def test_the_id_of_a_normaliser_says_its_unit():
    for language in LANGUAGES.values():
        assert unit_of(get_normaliser(language.normaliser).id) == language.unit
    assert language_of("ja").unit == "mixed"
    assert language_of("en").unit == language_of("sw").unit == "word"


def test_letters_that_are_not_latin_are_noticed_with_the_languages_they_may_be():
    assert script_not_latin(["मेरा घर"]) == ("Devanagari", "hi, mr, ne")
    assert script_not_latin(["今天 ok"]) == ("Chinese characters", "zh or ja")
    assert script_not_latin(["hello", "été", "नमस्ते"]) is None
    assert script_not_latin(["123 ..."]) is None


def test_the_unit_stands_in_rates_gaps_and_figures() -> None:
    from workbench.fairness import score_table
    from workbench.figures import gap_intervals, rate_intervals

    rows = [
        ("s1", "a", "你好世界", "你好世间"),
        ("s2", "a", "你好", "你好"),
        ("s3", "b", "世界", "世界"),
        ("s4", "b", "世界", "世间"),
    ]
    table = pd.DataFrame(rows, columns=["who", "accent", "reference", "hypothesis"])
    for language, unit, name in (("zh", "mixed", "Character error rate"), ("en", "word", "Word error rate")):
        frame = table if language == "zh" else table.assign(reference="one two", hypothesis="one too")
        scored = score_table(frame, by=["accent"], speaker="who", language=language)
        assert set(scored.rates["unit"]) == set(scored.gaps["unit"]) == {unit}
        (model,) = scored.rates["model_id"].unique()
        assert rate_intervals(scored.rates, "accent", model_id=model).title.startswith(name)
        assert gap_intervals(scored.gaps, "accent", model_id=model).title.startswith(name)
