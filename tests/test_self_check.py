"""The known numbers of ``doctor --check``: right by another way, and a machine that computes otherwise is noticed."""

from __future__ import annotations

import json
from itertools import combinations
from math import comb, sqrt

import pytest
from scipy import stats

from workbench.cli import self_check
from workbench.conditions import CATALOGUE, KINDS, Place

EXPECTED = json.loads(self_check.EXPECTED.read_text(encoding="utf-8"))


def test_the_counts_are_those_of_the_pair_by_hand() -> None:
    assert EXPECTED["counts"] == [8, 1, 1, 1] == self_check.counts()  # call -> ring, nurse gone, now put in


def test_a_count_that_jiwer_does_not_share_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert self_check._timed("word counts", lambda: self_check._counts(EXPECTED)).ok
    monkeypatch.setattr(self_check, "counts_by_jiwer", lambda: [8, 2, 1, 0])
    other = self_check._timed("word counts", lambda: self_check._counts(EXPECTED))
    assert other.ok is False and "[8, 2, 1, 0] by jiwer" in other.detail


def test_the_interval_is_the_linearised_one_on_the_square_root_scale() -> None:
    errors, words = zip(*self_check.SPEAKERS["a"], strict=True)
    n, rate = len(errors), sum(errors) / sum(words)
    residuals = sum((e - rate * w) ** 2 for e, w in zip(errors, words, strict=True))
    se = sqrt(n / (n - 1) * residuals) / sum(words)
    half = stats.t.ppf(0.975, n - 1) * se / (2 * sqrt(rate))
    low, high = (max(0.0, sqrt(rate) + sign * half) ** 2 for sign in (-1, 1))
    found = EXPECTED["statistics"]
    assert [found["rate"], found["ci_low"], found["ci_high"]] == pytest.approx([rate, low, high])


def test_the_p_value_is_that_of_all_seventy_labellings() -> None:
    speakers = [errors / words for group in "ab" for errors, words in self_check.SPEAKERS[group]]
    seen = abs(sum(speakers[:4]) - sum(speakers[4:]))
    as_far = sum(
        abs(sum(speakers[i] for i in chosen) - sum(speakers[i] for i in range(8) if i not in chosen)) >= seen - 1e-12
        for chosen in combinations(range(8), 4)
    )
    assert EXPECTED["statistics"]["p_value"] == pytest.approx(as_far / comb(8, 4))


def test_every_condition_that_needs_nothing_but_a_recording_has_a_known_sound_and_so_has_every_family() -> None:
    alone = {n for n, k in KINDS.items() if not issubclass(k, Place) and f"{n}@2" in CATALOGUE}
    alone = {n for n in alone if not CATALOGUE[f"{n}@2"].needs_speech_pool}
    assert set(EXPECTED["sounds"]) == alone | set(self_check.WITH_A_POOL), "run: python -m tests.self_check_values"
    known = {KINDS[name].family for name in EXPECTED["sounds"]}
    optional = {"augmentation"}  # needs a transform of another package to be named
    assert {kind.family for kind in KINDS.values()} - known == {"clean"} | optional


@pytest.mark.parametrize("family", ["white_noise", "room", "g711", "babble", "user_noise"])
def test_a_sound_is_known_again_and_a_slightly_other_one_is_noticed(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert self_check._sound(family, EXPECTED).endswith(("as known to the last digit", "apart"))
    voice = self_check._voice()
    monkeypatch.setattr(self_check, "_voice", lambda: 0.9 * voice)
    other = self_check._timed(family, lambda: self_check._sound(family, EXPECTED))
    assert other.ok is False or family == "g711"
    monkeypatch.setattr(self_check, "_voice", lambda: voice[::-1].copy())
    turned = self_check._timed(family, lambda: self_check._sound(family, EXPECTED))
    assert turned.ok is False
    assert "apart from what is known came out, less than 0.02 is right" in turned.detail


def test_what_is_not_installed_is_neither_right_nor_wrong() -> None:
    def absent() -> str:
        raise ModuleNotFoundError("No module named 'typst'", name="typst")

    found = self_check._timed("card", absent)
    assert found.ok is None
    assert found.detail == "the package typst is not installed; pip install 'speech-fairness-workbench[card]'"
