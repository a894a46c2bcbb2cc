"""Dialect: kept, erased and lost add up to what was said; the audit charges what a normaliser does not forgive."""

from __future__ import annotations

import pytest

from workbench.errors import ScoringError
from workbench.text import get_normaliser
from workbench.text.dialect import Lexicon, dialect_counts, dialect_lexicon, normaliser_audit


def counts(reference: str, hypothesis: str | None) -> list[int]:
    return dialect_counts([reference], [hypothesis]).iloc[0].tolist()


@pytest.mark.parametrize(
    ("reference", "hypothesis", "expected"),
    [
        ("He didnae ken", "he didn't know", [2, 0, 2, 0]),
        ("He didnae ken", "he didnae ken", [2, 2, 0, 0]),
        ("He didnae ken", "he did Ken", [2, 1, 0, 1]),
        ("I'm finna go", "I'm going to go", [1, 0, 1, 0]),
        ("she be working", "she is working", [1, 0, 1, 0]),
        ("she be working", "she be working", [1, 1, 0, 0]),
        ("she be working", "sheep working", [1, 0, 0, 1]),
        ("aye aye captain", "yes aye captain", [2, 1, 1, 0]),
        ("plain words", "other words", [0, 0, 0, 0]),
        ("he didnae", None, [0, 0, 0, 0]),
        ("he didnae", "", [1, 0, 0, 1]),
    ],
)
def test_what_becomes_of_dialect_tokens(reference, hypothesis, expected):
    assert counts(reference, hypothesis) == expected


def test_kept_erased_and_lost_add_up_for_every_token_of_the_lexicon():
    for entry in dialect_lexicon().entries:
        said = f"they said {entry.token} to me"
        assert counts(said, said)[1] == counts(said, said)[0] >= 1, entry
        erased = counts(said, f"they said {entry.standard[0]} to me")
        assert erased[0] == sum(erased[1:]), entry
        assert erased[2] >= 1, entry


def test_fair_en_charges_fewer_spellings_than_any_other_normaliser():
    charged = {
        name: int((normaliser_audit(get_normaliser(name))["errors_dialect_reference"] > 0).sum())
        for name in ("basic", "whisper_en", "koenecke2020", "fair_en")
    }
    assert charged["basic"] == len([one for one in dialect_lexicon().entries if one.kind == "spelling"])
    assert charged["fair_en"] <= 2 < charged["koenecke2020"]
    assert charged["fair_en"] < charged["whisper_en"] < charged["basic"]


def test_the_audit_is_about_spellings_not_about_words_of_a_variety():
    tokens = set(normaliser_audit(get_normaliser("basic"))["token"])
    assert "didnae" in tokens
    assert "outwith" not in tokens


def test_a_lexicon_says_everything_that_is_wrong(tmp_path):
    path = tmp_path / "lexicon.toml"
    path.write_text(
        '[[varieties]]\nwords = { a = ["b"] }\n[[varieties]]\nname = "X"\nspelings = {}\n'
        '[varieties.words]\nouth = "outside"\n"..." = ["a"]\nyon = ["that"]\n'
    )
    with pytest.raises(ScoringError) as raised:
        Lexicon.read(path)
    for part in ("variety 1 has no name", "X: unknown field 'spelings'", "X: 'outh'", "X: '...'"):
        assert part in str(raised.value)
    path.write_text('[[varieties]]\nname = "X"\nwords = { yon = ["that"] }\n')
    assert dialect_counts(["yon hill"], ["that hill"], Lexicon.read(path))["erased"].tolist() == [1]


def test_a_token_that_is_said_twice_and_kept_once_is_kept_once():
    counts = dialect_counts(["i didnae and i didnae"], ["i didnae and i banana"])
    assert counts.iloc[0].to_dict() == {"dialect_tokens": 2, "kept": 1, "erased": 0, "lost": 1}
