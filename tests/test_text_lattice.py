"""Edit distance over a lattice: the exact minimum by the definition, in blocks or at once, at any length."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.text import Alternatives, count_words, lattice
from workbench.text.lattice import Offer, exchanges

WORDS = st.lists(st.sampled_from("abc"), max_size=7)


def fewest(said: list[str], written: list[str], offers: list[Offer]) -> int:
    """The definition: the cheapest path through every node, where each slot between words is passed once."""
    slots = sorted({(offer.start, offer.slot) for offer in offers if offer.start == offer.end})
    infinite = 10**6
    cost = [[infinite] * (len(written) + 1) for _ in range(len(said) + 1)]
    after = [row[:] for row in cost]
    for i in range(len(said) + 1):
        for j in range(len(written) + 1):
            steps = [0] if i == j == 0 else []
            if i:
                steps.append(after[i - 1][j] + 1)
            if i and j:
                steps.append(after[i - 1][j - 1] + (said[i - 1] != written[j - 1]))
            if j:
                steps.append(cost[i][j - 1] + 1)
            steps += [
                after[offer.start][j - offer.length]
                for offer in offers
                if offer.end == i > offer.start and j - offer.length in offer.begins
            ]
            cost[i][j] = min(steps)
        stage = cost[i]
        for slot in [slot for slot in slots if slot[0] == i]:
            passed = list(stage)
            for offer in offers:
                if offer.start == offer.end == i and offer.slot == slot[1]:
                    for begin in offer.begins:
                        passed[begin + offer.length] = min(passed[begin + offer.length], stage[begin])
            for j in range(1, len(passed)):
                passed[j] = min(passed[j], passed[j - 1] + 1)
            stage = passed
        after[i] = stage
    return after[-1][-1]


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[str], list[str], list[Offer]]:
    said, written = draw(WORDS), draw(WORDS)
    offers = []
    for slot in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(said)))
        end = draw(st.integers(start, min(len(said), start + 3)))
        length = draw(st.integers(0, min(3, len(written))))
        begins = draw(st.sets(st.integers(0, len(written) - length)))
        offers.append(Offer(start, end, length, sorted(begins), slot))
    return said, written, offers


def rewritten(said: list[str], written: list[str], offers: list[Offer]) -> tuple[int, list[lattice.Exchange]]:
    """Errors of the plain distance between the exchanges, which are checked to be on offer and in reading order."""
    chosen = exchanges(said, written, offers)
    errors = i = j = 0
    for exchange in [*chosen, lattice.Exchange(len(said), len(said), len(written), len(written))]:
        assert i <= exchange.start
        assert j <= exchange.begin
        gap = count_words(" ".join(said[i : exchange.start]), " ".join(written[j : exchange.begin]))
        errors += gap.errors
        i, j = exchange.end, exchange.finish
    for exchange in chosen:
        length = exchange.finish - exchange.begin
        assert any(
            (offer.start, offer.end, offer.length) == (exchange.start, exchange.end, length)
            and exchange.begin in offer.begins
            for offer in offers
        )
    return errors, chosen


@settings(max_examples=800)
@given(problem=problems(), cells=st.sampled_from([1, 30, 2**22]))
def test_the_path_has_the_fewest_errors_of_all_paths(problem, cells):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lattice, "CELLS_AT_ONCE", cells)
        errors, _ = rewritten(*problem)
    assert errors == fewest(*problem)
    assert errors <= count_words(" ".join(problem[0]), " ".join(problem[1])).errors


@given(said=WORDS, offers=st.just([]))
def test_equal_texts_need_no_exchange(said, offers):
    assert exchanges(said, said, [Offer(0, 1, 1, [0])] if said else offers) == []


CONTRACTIONS = [["i'm", "i am"], ["don't", "do not"], ["gonna", "going to"], ["okay", "ok"], ["it's", "it is"]]


def speech(n_words: int, seed: int) -> tuple[str, str]:
    """A reference dense in contractions, and what writes them the other way and loses two words in a hundred."""
    rng = np.random.default_rng(seed)
    reference, hypothesis = [], []
    for _ in range(n_words):
        if rng.random() < 0.3:
            ways = CONTRACTIONS[rng.integers(len(CONTRACTIONS))]
            first, other = ways if rng.random() < 0.5 else ways[::-1]
        else:
            first = other = f"w{rng.integers(2000)}"
        reference.append(first)
        hypothesis += [] if rng.random() < 0.02 else [other]
    return " ".join(reference), " ".join(hypothesis)


def errors(reference: str, hypothesis: str) -> int:
    return count_words(reference, Alternatives.of(CONTRACTIONS).as_written(reference, hypothesis)).errors


def test_a_long_transcript_is_forgiven_what_its_pieces_are():
    """Only what can be read across a seam may be one less: no more of it than there are seams."""
    pieces = [speech(50, seed) for seed in range(80)]
    whole = errors(*map(" ".join, zip(*pieces, strict=True)))
    parts = sum(errors(*piece) for piece in pieces)
    assert 0 < whole <= parts
    assert parts - whole <= 0.03 * parts
    plain = count_words(*map(" ".join, zip(*pieces, strict=True))).errors
    assert plain > 10 * whole


@pytest.mark.slow
def test_ten_thousand_words_take_seconds():
    reference, hypothesis = speech(9000, 1)
    start = time.process_time()
    found = errors(reference, hypothesis)
    assert time.process_time() - start < 4
    assert found < 0.04 * len(reference.split())


def test_a_loop_of_exchanges_is_exact_and_bounded_in_memory():
    ways = Alternatives.of([["cannot", "can not"]])
    assert ways.as_written("cannot " * 2000, "can not " * 2000).split() == ["cannot"] * 2000


def test_a_long_text_is_not_searched_chain_by_chain(monkeypatch):
    """Every two exchanges of a chain cost a distance of thousands of words: a hundred would take minutes."""

    def refused(*_: object) -> None:
        raise AssertionError("a chain over a long text")

    monkeypatch.setattr(lattice, "_chain", refused)
    rng = np.random.default_rng(1)
    said = rng.choice([f"w{number}" for number in range(500)], 3_000).tolist()
    written = list(said)
    offers = []
    for place in range(0, 3_000, 50):
        written[place] = f"other{place}"
        offers.append(Offer(place, place + 1, 1, [place]))
    assert len(exchanges(said, written, offers)) == 60
