"""Edit distance over a lattice: words, and spans of the two texts that count as the same.

The texts span a grid: a node (i, j) stands after i words of the reference and j of the hypothesis. Besides the usual steps (hit,
substitution, deletion, insertion) an **exchange** leads from (start, begin) to (end, finish) at no cost. The result is the exact
minimum over all paths, at any length of the texts.

A row of the grid is one vector. It holds ``cost(i, j) - j``, so that an insertion keeps the value and a running minimum takes
all insertions of a row at once. Two bounds keep the grid small, and both are exact:

- No exchange touches what stands before the first one can begin; there the distance is the plain one, whose common prefix can be
  left out. The same holds at the end.
- A path never costs more than the plain distance. A node whose drift (j - i) cannot be had from so many errors and from the drift
  that exchanges allow is left out (Ukkonen's band, widened by the exchanges).

Texts too long for all rows to stay in memory are taken in blocks of rows: each block keeps its last rows, from which the next,
and later the way back through it, can be computed again.

Source: Ukkonen 1985, Algorithms for approximate string matching (the band); the rest is the textbook recurrence (Wagner and
Fischer 1974) with further arcs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

Row = NDArray[np.int32]
OUTSIDE = 2**30
"""Value of a node outside the band."""
NO_WORD = ""
"""Token of a slot between words; no word of a text is empty."""
CHAINED_WORDS = 30
"""Words beyond which a longer text does not allow more exchanges in a chain."""
FEW_EXCHANGES = 4
"""Exchanges up to which every chain of them is tried at once."""
CELLS_AT_ONCE = 2**22
"""Nodes whose values are kept at one time (16 MiB); a longer pair of texts is taken in blocks."""


class Offer(NamedTuple):
    """Words ``start:end`` of the reference are the same as ``length`` words of the hypothesis, at each of ``begins``."""

    start: int
    end: int
    length: int
    begins: Sequence[int]
    """In ascending order."""
    slot: int = 0
    """Tells apart what may stand at one place between two words: of each slot, one offer is taken at most."""


class Exchange(NamedTuple):
    """Words ``start:end`` of the reference are taken for words ``begin:finish`` of the hypothesis."""

    start: int
    end: int
    begin: int
    finish: int


def exchanges(said: Sequence[str], written: Sequence[str], offers: Sequence[Offer]) -> list[Exchange]:
    """Return the exchanges, in reading order, on a path of fewest errors; none that can be done without.

    Parameters
    ----------
    said, written : words of the reference and of the hypothesis
    offers : what may be exchanged; a span without words is nothing at all

    >>> exchanges(["i", "cannot"], ["i", "can", "not"], [Offer(1, 2, 2, [1])])
    [Exchange(start=1, end=2, begin=1, finish=3)]
    """
    if said == written:
        return []
    offers = [offer for offer in offers if offer.begins and (offer.end > offer.start or offer.length)]
    if sum(len(offer.begins) for offer in offers) <= FEW_EXCHANGES and all(offer.end > offer.start for offer in offers):
        return _chain(said, written, offers)  # what follows would take longer than it saves
    tokens, offers, places = _with_slots(said, written, offers)
    if not offers:
        return []
    before = _common(tokens, written, limit=min(min(offer.start, offer.begins[0]) for offer in offers))
    after = _common(
        tokens[::-1],
        written[::-1],
        limit=min(
            min(len(tokens) - offer.end, len(written) - offer.begins[-1] - offer.length) for offer in offers
        ),
    )  # fmt: skip
    tokens, heard = tokens[before : len(tokens) - after], written[before : len(written) - after]
    offers = [
        Offer(offer.start - before, offer.end - before, offer.length, [begin - before for begin in offer.begins])
        for offer in offers
    ]
    if NO_WORD not in tokens:
        offers = _reachable(tokens, heard, offers)
        if not offers:
            return []
    # With few exchanges, the best chain of them is found sooner than the best path through all nodes. Every two of a chain cost a
    # distance of what lies between, which grows faster with the texts than a row of nodes does.
    n_exchanges = sum(len(offer.begins) for offer in offers)
    few = n_exchanges**2 < 25 * min(len(tokens), CHAINED_WORDS)
    chosen = []
    for start, end, begin, finish in _chain(tokens, heard, offers) if few else _Grid(tokens, heard, offers).exchanges():
        exchange = Exchange(places[start + before], places[end + before], begin + before, finish + before)
        if exchange.end > exchange.start or exchange.finish > exchange.begin:
            chosen.append(exchange)
    return chosen


def _reachable(said: Sequence[str], written: Sequence[str], offers: Sequence[Offer]) -> list[Offer]:
    """Return the offers that a path with fewer errors than the plain distance can take.

    A node's drift (j - i) that the exchanges of all offers together do not explain is paid for in insertions or deletions, before
    the exchange and behind it.
    """
    bound, end_drift = Levenshtein.distance(said, written), len(written) - len(said)
    drifts: dict[tuple[int, int], tuple[int, int]] = {}
    for offer in offers:
        least, most = drifts.get((offer.start, offer.end), (0, 0))
        drift = offer.length - (offer.end - offer.start)
        drifts[offer.start, offer.end] = min(least, drift), max(most, drift)
    down, up = (sum(drift[side] for drift in drifts.values()) for side in (0, 1))
    result = []
    for offer in offers:
        # The drift before the exchange is at most what is gained by all and paid for, and what the drift behind it leaves.
        rest = end_drift - (offer.length - (offer.end - offer.start))
        high, low = _most(up, rest - down, bound - 1), -_most(-down, up - rest, bound - 1)
        first = bisect_left(offer.begins, offer.start + low)
        begins = offer.begins[first : bisect_right(offer.begins, offer.start + high)]
        if begins:
            result.append(offer._replace(begins=begins))
    return result


def _most(one: int, other: int, errors: int) -> int:
    """Return the greatest d for which max(d - one, 0) + max(d - other, 0) is at most ``errors``."""
    low, high = sorted((one, other))
    return low + errors if errors <= high - low else (low + high + errors) // 2


def _with_slots(
    said: Sequence[str], written: Sequence[str], offers: list[Offer]
) -> tuple[list[str], list[Offer], list[int]]:
    """Return the reference with a token for each slot between words, the offers on its tokens, and the word at each token.

    Where the reference may have nothing or something, the something is offered for an empty token, which may also be
    exchanged for nothing: so that each slot is used once.
    """
    slots = sorted({(offer.start, offer.slot) for offer in offers if offer.start == offer.end})
    if not slots:
        return list(said), offers, list(range(len(said) + 1))
    tokens, places, before, after = list[str](), list[int](), dict[int, int](), dict[int, int]()
    token_of: dict[tuple[int, int], int] = {}
    for place in range(len(said) + 1):
        before[place] = len(tokens)
        for slot in slots:
            if slot[0] == place:
                token_of[slot] = len(tokens)
                tokens.append(NO_WORD)
                places.append(place)
        after[place] = len(tokens)
        tokens += said[place : place + 1]
        places.append(place)
    anywhere = range(len(written) + 1)
    moved = [Offer(at, at + 1, 0, anywhere) for at in token_of.values()]
    for offer in offers:
        if offer.start == offer.end:
            at = token_of[offer.start, offer.slot]
            moved.append(offer._replace(start=at, end=at + 1))
        else:
            moved.append(offer._replace(start=after[offer.start], end=before[offer.end]))
    return tokens, moved, places


def _common(said: Sequence[str], written: Sequence[str], *, limit: int) -> int:
    """Return how many words the two texts have in common at the beginning, ``limit`` at most."""
    for place in range(limit):
        if said[place] != written[place]:
            return place
    return limit


def _chain(said: Sequence[str], written: Sequence[str], offers: Sequence[Offer]) -> list[Exchange]:
    """Return the chain of exchanges with the fewest errors, the plain distance lying between one and the next."""
    nodes = sorted(
        Exchange(offer.start, offer.end, begin, begin + offer.length) for offer in offers for begin in offer.begins
    )
    fewest, last = Levenshtein.distance(said, written), -1
    best: list[tuple[int, int]] = []  # fewest errors up to the end of a node, and the node before it (-1: none)
    for node in nodes:
        cost, before = Levenshtein.distance(said[: node.start], written[: node.begin]), -1
        for number, (errors, _) in enumerate(best):
            earlier = nodes[number]
            if earlier.end <= node.start and earlier.finish <= node.begin and errors < cost:
                gap = Levenshtein.distance(said[earlier.end : node.start], written[earlier.finish : node.begin])
                if errors + gap < cost:
                    cost, before = errors + gap, number
        best.append((cost, before))
        total = cost + Levenshtein.distance(said[node.end :], written[node.finish :])
        if total < fewest:
            fewest, last = total, len(best) - 1
    chosen = []
    while last >= 0:
        chosen.append(nodes[last])
        last = best[last][1]
    return chosen[::-1]


class _Grid:
    """The grid of one pair of texts."""

    def __init__(self, said: Sequence[str], written: Sequence[str], offers: Sequence[Offer]) -> None:
        self.said, self.written = said, written
        self.bound = Levenshtein.distance([word for word in said if word], written)
        places: dict[str, list[int]] = {}
        for place, word in enumerate(written):
            places.setdefault(word, []).append(place)
        self.places = {word: np.array(at) for word, at in places.items()}
        self.ending: dict[int, list[Offer]] = {}
        for offer in offers:
            self.ending.setdefault(offer.end, []).append(offer)
        self.begins = {id(offer): np.array(offer.begins) for offer in offers}
        self.reach = max(offer.end - offer.start for offer in offers) + 1
        """Rows that a row is computed from."""
        self.low, self.high = _band(len(said), len(written), self.bound, offers)

    def exchanges(self) -> list[Exchange]:
        """Return the exchanges on the way back from the end, where nothing cheaper leads to a node."""
        if not self.bound:
            return []
        n_rows = len(self.said) + 1
        in_block = max(self.reach, CELLS_AT_ONCE // (len(self.written) + 1))
        starts = list(range(0, n_rows, in_block))
        kept: list[list[Row]] = [[]]
        """Of each block, the rows before it that it is computed from."""
        rows: list[Row] = []
        for start in starts:
            rows = self._rows(kept[-1], start, min(start + in_block, n_rows))
            kept.append(rows[-self.reach :])
        chosen: list[Exchange] = []
        i, j = len(self.said), len(self.written)
        for start, earlier in zip(reversed(starts), reversed(kept[:-1]), strict=True):
            if i < start:  # an exchange has led past this block
                continue
            if start != starts[-1]:
                rows = self._rows(earlier, start, min(start + in_block, n_rows))
            i, j = self._back(rows, start - len(earlier), start, i, j, chosen)
        return chosen[::-1]

    def _rows(self, earlier: list[Row], start: int, stop: int) -> list[Row]:
        """Return the rows ``start`` to ``stop``, after those of ``earlier``, which stand right before them."""
        rows = list(earlier)
        first = start - len(earlier)
        for i in range(start, stop):
            rows.append(self._row(rows, first, i))
        return rows

    def _row(self, rows: list[Row], first: int, i: int) -> Row:
        low, high = self.low[i], self.high[i]
        row = np.full(len(self.written) + 1, OUTSIDE, dtype=np.int32)
        if i == 0:
            row[0] = 0
        else:
            above = rows[i - 1 - first]
            # A deletion adds one. A substitution adds one and moves one place on, which the shifted value takes back.
            np.add(above[low:high], 1, out=row[low:high])
            one_on = max(low, 1)
            np.minimum(row[one_on:high], above[one_on - 1 : high - 1], out=row[one_on:high])
            at = self.places.get(self.said[i - 1])
            if at is not None:
                row[at + 1] = np.minimum(row[at + 1], above[at] - 1)
        for offer in self.ending.get(i, ()):
            begins = self.begins[id(offer)]
            at = begins + offer.length
            row[at] = np.minimum(row[at], rows[offer.start - first][begins] - offer.length)
        inside = row[low:high]
        np.minimum.accumulate(inside, out=inside)
        return row

    def _back(self, rows: list[Row], first: int, start: int, i: int, j: int, chosen: list[Exchange]) -> tuple[int, int]:
        """Add the exchanges on the way back to a row before ``start`` (or the first node); return where that ends."""
        while (i > start or (i == start and start > 0)) or (start == 0 and j > 0):
            row, here = rows[i - first], rows[i - first][j]
            if i:
                above = rows[i - 1 - first]
                if j and above[j - 1] - (self.said[i - 1] == self.written[j - 1]) == here:
                    i, j = i - 1, j - 1
                    continue
                if above[j] + 1 == here:
                    i -= 1
                    continue
            if j and row[j - 1] == here:
                j -= 1
                continue
            i, j = self._exchanged(rows, first, i, j, chosen)
        return i, j

    def _exchanged(self, rows: list[Row], first: int, i: int, j: int, chosen: list[Exchange]) -> tuple[int, int]:
        here = rows[i - first][j]
        for offer in self.ending[i]:
            begin = j - offer.length
            at = bisect_left(offer.begins, begin)
            offered = at < len(offer.begins) and offer.begins[at] == begin
            if offered and rows[offer.start - first][begin] - offer.length == here:
                chosen.append(Exchange(offer.start, i, begin, j))
                return offer.start, begin
        raise AssertionError(f"no step leads to node ({i}, {j})")


def _band(n: int, m: int, bound: int, offers: Sequence[Offer]) -> tuple[list[int], list[int]]:
    """Return, for each row, the first column of the band and the one behind its last.

    Let ``grown[i]`` be the most that exchanges before row i can add to the drift j - i, and ``shrunk[i]`` the most that they
    can take from it. A node at drift d costs at least d - grown[i] before it and, with what remains to the end's drift, at
    least d - (m - n) - (shrunk after it) behind it; both together cost no more than the bound. Likewise below.
    """
    drifts: dict[tuple[int, int], tuple[int, int]] = {}
    for offer in offers:
        least, most = drifts.get((offer.start, offer.end), (0, 0))
        drift = offer.length - (offer.end - offer.start)
        drifts[offer.start, offer.end] = min(least, drift), max(most, drift)
    arcs = np.zeros((4, n + 2), dtype=np.int64)
    for (start, end), (least, most) in drifts.items():
        arcs[0, end] += most
        arcs[1, end] -= least
        arcs[2, start] += most
        arcs[3, start] -= least
    grown, shrunk = np.cumsum(arcs[:2], axis=1)[:, : n + 1]
    grows, shrinks = np.cumsum(arcs[2:, ::-1], axis=1)[:, ::-1][:, : n + 1]
    high = np.minimum(grown + bound, (bound + grown + m - n + shrinks) // 2)
    low = np.maximum(-shrunk - bound, -((bound + shrunk + n - m + grows) // 2))
    rows = np.arange(n + 1)
    return np.clip(rows + low, 0, m).tolist(), (np.clip(rows + high, 0, m) + 1).tolist()
