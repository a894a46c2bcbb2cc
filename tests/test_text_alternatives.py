"""Alternatives: another way to write the same is no error, and nothing else changes; against a search of all ways."""

from __future__ import annotations

import itertools
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ScoringError
from workbench.text import (
    Alternatives,
    add_scores,
    count_words,
    get_normaliser,
    read_alternation,
    read_variants,
    write_alternation,
)
from workbench.text.alternatives import english_variants
from workbench.text.joins import Sketch, merges, splits

LETTERS = Alternatives.of([["a", "b c"], ["b", "c"], ["d d", "a c", "e"]])
WORDS = st.lists(st.sampled_from("abcdex"), max_size=6).map(" ".join)


def errors(alternatives: Alternatives, reference: str, hypothesis: str) -> int:
    return count_words(reference, alternatives.as_written(reference, hypothesis)).errors


def fewest_by_search(alternatives: Alternatives, said: tuple[str, ...], written: tuple[str, ...]) -> int:
    """The definition: edit distance in which a way may be exchanged for another of its class at no cost."""
    pairs = [(one, other) for ways in alternatives.classes for one, other in itertools.permutations(ways, 2)]
    table: dict[tuple[int, int], int] = {}
    for i in range(len(said) + 1):
        for j in range(len(written) + 1):
            costs = [0] if i == j == 0 else []
            if i:
                costs.append(table[i - 1, j] + 1)
            if j:
                costs.append(table[i, j - 1] + 1)
            if i and j:
                costs.append(table[i - 1, j - 1] + (said[i - 1] != written[j - 1]))
            for one, other in pairs:
                if said[max(i - len(one), 0) : i] == one and written[max(j - len(other), 0) : j] == other:
                    costs.append(table[i - len(one), j - len(other)])
            table[i, j] = min(costs)
    return table[len(said), len(written)]


@settings(max_examples=600)
@given(reference=WORDS, hypothesis=WORDS)
def test_the_errors_are_the_fewest_that_any_exchange_of_ways_leaves(reference, hypothesis):
    expected = fewest_by_search(LETTERS, tuple(reference.split()), tuple(hypothesis.split()))
    assert errors(LETTERS, reference, hypothesis) == expected
    assert expected <= count_words(reference, hypothesis).errors


@given(reference=WORDS, hypothesis=WORDS)
def test_the_reference_and_its_number_of_words_stay(reference, hypothesis):
    counts = count_words(reference, LETTERS.as_written(reference, hypothesis))
    assert counts.ref_words == len(reference.split())


@pytest.mark.parametrize(
    ("reference", "hypothesis"),
    [
        ("i cannot see", "I can't see."),
        ("He didnae say aye", "he didn't say aye"),
        ("y'all finna go", "you all fixing to go"),
        ("it's okay", "its OK"),
        ("gonna wanna gotta", "going to want to got to"),
    ],
)
def test_fair_en_charges_nobody_for_a_spelling(reference, hypothesis):
    rules = get_normaliser("fair_en")
    assert errors(rules.alternatives, rules(reference), rules(hypothesis)) == 0
    assert errors(rules.alternatives, rules(hypothesis), rules(reference)) == 0


@pytest.mark.parametrize(
    ("reference", "hypothesis"),
    [
        ("its paw", "it is paw"),
        ("he did", "he didn't"),
        ("i can", "i cannot"),
        ("i will", "i won't"),
        ("she had", "she would"),
    ],
)
def test_fair_en_does_not_excuse_what_means_something_else(reference, hypothesis):
    rules = get_normaliser("fair_en")
    assert errors(rules.alternatives, rules(reference), rules(hypothesis)) > 0


NEGATIVE = re.compile(
    r"\b(not|cannot|dunno|\w+n't|ain't|aint|(?!gon)\w+nae|(did|was|can|din|does|is|have|would|could|should)na|"
    r"(ca|wo|do|does|did|is|are|was|were|have|has|had|would|could|should|must|need)nt)\b"
)


def test_no_class_that_ships_joins_a_word_with_its_negation():
    for ways in english_variants():
        assert len({bool(NEGATIVE.search(way)) for way in ways}) == 1, ways


def test_the_shipped_classes_survive_their_own_normaliser():
    assert len(get_normaliser("fair_en").alternatives.classes) >= 0.95 * len(english_variants())


@pytest.mark.parametrize("heard", ["did not", "didn't", ""])
def test_alternatives_of_one_reference_in_nist_s_notation_cost_nothing(heard):
    frame = pd.DataFrame({"reference_raw": ["I { did not / didn't / @ } know"], "hypothesis_raw": [f"I {heard} know"]})
    row = add_scores(frame, get_normaliser("basic")).iloc[0]
    assert (row["errors"], row["ref_words"], row["reference"]) == (0, 4, "i did not know")
    assert row["hypothesis"] == "i did not know"


def test_what_is_no_alternative_still_costs():
    frame = pd.DataFrame({"reference_raw": ["I { did not / didn't } know"], "hypothesis_raw": ["I do know"]})
    assert add_scores(frame, get_normaliser("basic")).iloc[0]["errors"] == 2


@given(
    parts=st.lists(
        st.tuples(WORDS, st.lists(st.lists(st.sampled_from("abc"), max_size=2).map(tuple), min_size=2, unique=True)),
        max_size=3,
    ),
    end=WORDS,
)
def test_nist_s_notation_survives_a_round_trip(parts, end):
    text = " ".join(f"{before} {{ {' / '.join(' '.join(way) or '@' for way in ways)} }}" for before, ways in parts)
    words, own = read_alternation(f"{text} {end}", str)
    assert write_alternation(words.split(), own).split() == f"{text} {end}".split()


def test_a_brace_without_a_slash_is_left_to_the_normaliser():
    assert read_alternation("a {b} c", get_normaliser("basic")) == ("a b c", ())


def test_equal_classes_in_any_order_have_equal_digests():
    assert Alternatives.of([["a", "b"], ["c", "d"]]).digest == Alternatives.of([["d", "c"], ["b", "a"]]).digest
    assert Alternatives.of([["a", "b"]]).digest != Alternatives.of([["a", "c"]]).digest


def test_a_failed_decode_stays_missing_under_alternatives():
    frame = pd.DataFrame({"reference_raw": ["okay", "okay"], "hypothesis_raw": [None, "ok"]})
    scored = add_scores(frame, get_normaliser("fair_en"))
    assert scored["hypothesis"].isna().tolist() == [True, False]
    assert scored["errors"].isna().tolist() == [True, False]
    assert scored["errors"].iloc[1] == 0


def test_a_variants_file_says_everything_that_is_wrong_at_once(tmp_path):
    path = tmp_path / "variants.toml"
    path.write_text('colour = 1\n[[classes]]\nways = [["a"], ["b", 3], ["c", "d"]]\n[[classes]]\nabout = "x"\n')
    with pytest.raises(ScoringError) as raised:
        read_variants(path)
    message = str(raised.value)
    for part in ("variants.toml", "unknown field 'colour'", "['a']", "['b', 3]", "class 2 has no ways", "ways = [["):
        assert part in message
    path.write_text("[[classes]\n")
    with pytest.raises(ScoringError, match="not a TOML file"):
        read_variants(path)
    with pytest.raises(ScoringError, match=r"nowhere\.toml"):
        read_variants(tmp_path / "nowhere.toml")


# NIST SCTK, input formats: alternations may stand inside each other, "(word)" is optionally deletable.
@pytest.mark.parametrize(
    ("reference", "hypothesis", "errors", "words"),
    [
        ("i { { am / 'm } going / going } home", "i going home", 0, 4),
        ("i { { am / 'm } going / going } home", "i 'm going home", 0, 4),
        ("i { { am / 'm } going / going } home", "i was going home", 1, 4),
        ("i (really) think so", "i really think so", 0, 3),
        ("i (really) think so", "i think so", 0, 3),
        ("i (really) think so", "i really really think so", 1, 3),
        ("the ratio {1/2} is right", "the ratio {1/2} is right", 0, 5),
        ("on 3/4 we {met", "on 3/4 we met", 0, 5),
        ("it costs {ten dollars / $10} now", "it costs $10 now", 0, 5),
    ],
)
def test_nist_s_notation_is_read_as_its_document_says(reference, hypothesis, errors, words):
    frame = pd.DataFrame({"reference_raw": [reference], "hypothesis_raw": [hypothesis]})
    row = add_scores(frame, get_normaliser("basic")).iloc[0]
    assert (row["errors"], row["ref_words"]) == (errors, words)


@given(text=st.text(st.sampled_from("ab {}/@() "), max_size=16))
def test_any_braces_can_be_read_and_equal_texts_are_right(text):
    words, own = read_alternation(text, get_normaliser("basic"))
    assert all(0 <= slot.start <= slot.end <= len(words.split()) for slot in own)
    frame = pd.DataFrame({"reference_raw": [text], "hypothesis_raw": [text]})
    assert add_scores(frame, get_normaliser("basic")).iloc[0]["errors"] == 0


SYLLABLES = st.sampled_from(["a", "b", "ab", "ba", "abc", "bc", "c"])


@settings(max_examples=200)
@given(st.lists(SYLLABLES, max_size=8), st.lists(SYLLABLES, max_size=8))
def test_a_sketch_never_hides_that_words_can_be_joined(said, written):
    sketch, other = Sketch.of(said), Sketch.of(written)
    assert sketch.may_merge_into(other) or not list(merges(said, written))
    assert other.may_merge_into(sketch) or not list(splits(said, written))
    alone = Sketch.of(["xy", "z"])
    assert not Sketch.of(["p", "q"]).may_merge_into(alone), "there is something to leave out"
