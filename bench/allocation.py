"""Share of transcriptions that adaptive allocation needs for the same half-width of the declared gaps, and its coverage.

``python -m bench.allocation [--studies N] [--transcripts FILE]``: simulated corpora of speakers like EdAcc's. Every simulated
group is an accent of the published transcripts with three speakers or more; its speakers are drawn from that accent's
real ones, and their utterances from theirs, so that errors of a speaker clump and systems agree as they really do. The
seven published systems stand for seven conditions. The truth is known: it is the accent's pooled rate. Against it stands
the full design, every speaker under every condition; the target is the half-width that its widest gap has (the last line
of the table), or a narrower or wider one (the curve). Changes of gaps against the first system are those of the speakers whom the
rule transcribed under both. Writes docs/allocation.md.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.shared_folder import existing_file
from workbench.adaptive.allocation import PILOT, ROUNDS, CellState, half_width, next_round
from workbench.conditions import rng_for
from workbench.fairness import score_table
from workbench.fairness.changes.gap_changes import changes_against
from workbench.fairness.counts.cells import SixSums
from workbench.fairness.counts.clean_pairs import PairedSpeakers
from workbench.fairness.inference.intervals import difference
from workbench.fairness.inference.paired import Change, gap_change
from workbench.fairness.inference.stopping import STOPPING, factor

ROOT = Path(__file__).resolve().parent.parent
EDACC = ROOT.parent / "shared" / "hypotheses" / "edacc_7systems.csv"
SPEAKERS, UTTERANCES = 40, 40
"""Of a group on average (half to twice as many), and of a speaker under each condition."""
FACTORS = (1.0, 1.25, 1.5, 2.0)
REFERENCE = "Mainstream US English"
DOCUMENT = ROOT / "docs" / "allocation.md"


HEAD = """# Adaptive allocation, measured

What `run --target-ci` saves, and what stopping early costs. Written by `python -m bench.allocation`: {studies} simulated
corpora of {groups} groups under {conditions} conditions, from the real speakers and transcripts of EdAcc (seven published
systems stand for the conditions); {pilot} speakers per cell first, at most {rounds} rounds. The target is a half-width that the full design
reaches; the share is of its transcriptions, with the range of 90 % of the corpora. Coverage is how often a 95 % interval holds the
true gap, with its standard error; the speakers of each real accent are few and uneven, so the full design has not quite 95 % either.
Stopping by width makes intervals too narrow; wherever speakers are left, they are hence taken wider ({widening:.2g} times) in the rule and in
what is reported of rates, gaps and their changes. The last two columns are controls: the coverage without that, and that of as many speakers of each cell, others than
those by whom their number was found, which nothing stopped. The factor was chosen by this simulation: with it intervals hold the
truth as often as those of the full design.

| target | transcriptions | widest half-width / target | coverage | without the widening | as many other speakers |
|---|---|---|---|---|---|"""

CHANGES = """
## Changes of gaps

Whether a condition widens a gap (`changes`), or a second system or run does (`compare`), is asked of the speakers whom both sides
have. Stopping makes these intervals too narrow as well; the variance of a group is hence taken larger if either of its cells has
speakers left. Coverage in the same corpora, the first system against each of the others, with the same controls; all changes of a
corpus share its first system and its reference group, so that standard errors are larger. Against the full design of the same corpora,
intervals in points without the widening hold the truth less often by {stopped} where each condition has its own target, by
{most_stopped} where all have the widest; with it by {paid} and {most_paid}. As many other speakers, whom nothing
stopped, do about as well as that: having few speakers costs coverage too.
The change of one group's own rate is widened in the same way, which is not measured here. Adjusted gaps and dose-response slopes
are not widened.

| target | in points | without the widening | as many other speakers | as a ratio | without the widening | gap checks | without the widening |
|---|---|---|---|---|---|---|---|"""

FOR_REAL = """
## For real

With pocketsphinx on recordings of people, after `prepare`; a small corpus has no speakers to spare, and the run says so.

| corpus | conditions | speakers | target | transcriptions | gaps settled |
|---|---|---|---|---|---|
| fsdd-600, by accent, digit grammar | clean, white_noise@2, room@2, g711@1 | 1 or 2 per accent | 0.15 | 2400 of 2400 (100%) | 1 of 12 |
| common-voice-100, us against england and indian | clean, g711@1 | 48, 18, 17 | 0.15 | 166 of 168 (99%) | 0 of 4 |
| the same | the same | the same | 0.18 | 166 of 168 (99%) | 0 of 4 |
| the same | the same | the same | 0.20 | 165 of 168 (98%) | 1 of 4 |
| the same | the same | the same | 0.25 | 145 of 168 (86%) | 3 of 4 |
"""


@dataclass(frozen=True)
class People:
    """The speakers of an accent: errors per utterance under each system, and words; utterances of one speaker in one array."""

    errors: list[NDArray[np.float64]]
    words: list[NDArray[np.float64]]

    @property
    def truth(self) -> NDArray[np.float64]:
        """The pooled rate under each system where every speaker says equally many utterances."""
        e = sum(one.mean(axis=0) for one in self.errors)
        return np.asarray(e / sum(one.mean() for one in self.words))


def people_of(path: Path) -> tuple[dict[str, People], list[str]]:
    """Return the accents with three speakers or more, and the systems."""
    scored = score_table(
        path, by=["group"], speaker="speaker", system="system", normaliser="whisper_en",
        drop_reference=["<FOREIGN>"], strip_reference=["<[A-Z_]+>"],
    ).scores  # fmt: skip
    scored["utterance"] = scored.groupby(
        "model_id"
    ).cumcount()  # the systems transcribed the same rows in the same order
    scored = scored[scored["ref_words"] > 0]
    wide = scored.pivot_table(index=["group", "speaker_id", "utterance"], columns="model_id", values="errors").dropna()
    words = scored.groupby(["group", "speaker_id", "utterance"])["ref_words"].first().reindex(wide.index)
    found = {}
    for group, rows in wide.groupby(level="group"):
        each = [part for _, part in rows.groupby(level="speaker_id")]
        if len(each) >= 3:
            found[str(group)] = People(
                [p.to_numpy(float) for p in each], [words[p.index].to_numpy(float) for p in each]
            )
    return found, [str(name) for name in wide.columns]


def draw(people: People, n: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return errors (speakers x systems) and words of ``n`` speakers with as many utterances each."""
    errors, words = [], []
    for who in rng.integers(len(people.errors), size=n):
        said = rng.integers(len(people.words[who]), size=UTTERANCES)
        errors.append(people.errors[who][said].sum(axis=0))
        words.append(people.words[who][said].sum())
    return np.array(errors), np.array(words)


Numbers = Mapping[tuple[str, int], int]
"""How many speakers were transcribed of each group under each condition."""


class Crowds(NamedTuple):
    """The speakers of every group: errors (speakers x conditions) and words, in the order in which they are transcribed."""

    drawn: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
    truth: dict[str, NDArray[np.float64]]

    @property
    def sizes(self) -> dict[str, int]:
        """How many speakers each group has."""
        return {group: len(words) for group, (_, words) in self.drawn.items()}

    def cell(self, group: str, condition: int, n: int) -> SixSums:
        """The sums over the first ``n`` speakers of a group under a condition, with the factor for those left."""
        errors, words = self.drawn[group]
        return SixSums.of(errors[:n, condition].tolist(), words[:n].tolist(), factor=factor(len(words) - n))

    def pairs(self, numbers: Numbers) -> PairedSpeakers:
        """The speakers under the first condition and under each of the others, where so many were transcribed under each."""
        parts: list[list[NDArray[np.float64]]] = []
        for group, (errors, words) in self.drawn.items():
            first, *rest = (numbers[group, c] for c in range(errors.shape[1]))
            there = np.arange(len(words))[:, None] < np.minimum(first, rest)
            widened = [max(factor(len(words) - n) for n in (first, other)) for other in rest]
            counts = [there * words[:, None], there * errors[:, :1], there * errors[:, 1:]]
            parts.append([*(count.astype(np.int64) for count in counts), np.tile(widened, (len(words), 1))])
        n_words, clean, degraded, factors = (np.concatenate(column) for column in zip(*parts, strict=True))
        names = np.repeat(list(self.drawn), list(self.sizes.values()))
        none = np.zeros_like(n_words)
        conditions = tuple(str(c) for c in range(1, n_words.shape[1] + 1))
        return PairedSpeakers(
            "",
            conditions,
            names,
            n_words,
            clean,
            degraded,
            none,
            none,
            none,
            none,
            none,
            none,
            factors=np.asarray(factors),
        )


def others(people: Crowds) -> list[str]:
    """Return the groups that are compared with the reference."""
    return [group for group in people.drawn if group != REFERENCE]


def gaps_held(found: Mapping[tuple[str, int], SixSums], people: Crowds) -> float:
    """Return the share of the gaps whose interval holds the truth."""
    held = []
    for group, c in ((group, c) for group, c in found if group != REFERENCE):
        interval = difference(found[group, c], found[REFERENCE, c]).interval
        held.append(interval.low <= people.truth[group][c] - people.truth[REFERENCE][c] <= interval.high)
    return float(np.mean(held))


def changes_held(pairs: PairedSpeakers, people: Crowds) -> list[float]:
    """Return the share of gap changes whose interval holds the truth: in points, as a ratio, and as gap checks have them."""
    truth, held = people.truth, []
    rows: list[dict[str, Any]] = changes_against(pairs, "group", [REFERENCE], None, 1, np.random.default_rng(0))[
        REFERENCE
    ]
    for row in rows:
        group, c = row["group"], int(row["condition_id"])
        (clean, rate), (clean_r, rate_r) = ((truth[one][0], truth[one][c]) for one in (group, REFERENCE))
        change = (rate - clean) - (rate_r - clean_r)
        check = gap_change(_change(pairs, group, c), _change(pairs, REFERENCE, c)).interval
        held.append(
            [
                row["ci_low"] <= change <= row["ci_high"],
                row["log_low"] <= math.log(rate / clean) - math.log(rate_r / clean_r) <= row["log_high"],
                check.low <= change <= check.high,
            ]
        )
    return [float(share) for share in np.mean(held, axis=0)]


def _change(pairs: PairedSpeakers, group: str, c: int) -> Change:
    own = (pairs.groups == group) & (pairs.words[:, c - 1] > 0)
    d = (pairs.errors - pairs.clean)[own, c - 1]
    widened = pairs.factor(own, c - 1)
    return Change(SixSums.of(d.tolist(), pairs.words[own, c - 1].tolist(), factor=widened), int((d * d).sum()))


def transcribed(people: Crowds, condition: int, target: float) -> dict[str, int]:
    """Return how many speakers of each group the rule transcribes under a condition."""
    sizes = people.sizes
    n = {group: min(PILOT, size) for group, size in sizes.items()}
    for _ in range(ROUNDS):
        cells = {group: CellState(people.cell(group, condition, n[group]), sizes[group] - n[group]) for group in sizes}
        more = next_round(cells, reference=REFERENCE, target=target)
        if not any(more.values()):
            break
        n = {group: n[group] + more[group] for group in n}
    return n


def one_study(
    population: Mapping[str, People], rng: np.random.Generator, fresh: np.random.Generator
) -> tuple[list[list[float]], list[list[float]]]:
    """Return, by design, the share transcribed and the widest half-width over the wanted; and the shares of intervals that hold the
    truth, of gaps and of their changes in points, as a ratio and as checked, each as reported, without its widening, and of as many
    speakers drawn from ``fresh``."""
    sizes = {group: int(rng.integers(SPEAKERS // 2, 2 * SPEAKERS)) for group in population}
    truth = {group: people.truth for group, people in population.items()}
    corpus, unseen = (
        Crowds({group: draw(people, sizes[group], source) for group, people in population.items()}, truth)
        for source in (rng, fresh)
    )
    n_conditions = len(truth[REFERENCE])
    everyone = {(group, c): size for group, size in sizes.items() for c in range(n_conditions)}

    def found(numbers: Numbers) -> dict[tuple[str, int], SixSums]:
        return {(group, c): corpus.cell(group, c, n) for (group, c), n in numbers.items()}

    def widest_under(cells: Mapping[tuple[str, int], SixSums], c: int) -> float:
        return max(half_width(cells[group, c], cells[REFERENCE, c]) for group in others(corpus))

    def held(numbers: Numbers) -> list[float]:
        cells, pairs, fresh_pairs = found(numbers), corpus.pairs(numbers), unseen.pairs(numbers)
        narrow = {key: replace(cell, factor=1.0) for key, cell in cells.items()}
        fresh_cells = {key: replace(unseen.cell(*key, n), factor=1.0) for key, n in numbers.items()}
        changes = [
            changes_held(one, corpus)
            for one in (pairs, replace(pairs, factors=None), replace(fresh_pairs, factors=None))
        ]
        return [gaps_held(one, corpus) for one in (cells, narrow, fresh_cells)] + [
            one[scale] for scale in range(3) for one in changes
        ]

    full = found(everyone)
    widths = [widest_under(full, c) for c in range(n_conditions)]
    figures, holds = [[1.0, 1.0]], [held(everyone)]
    for targets in (widths, *([times * max(widths)] * n_conditions for times in FACTORS)):
        by_condition = [transcribed(corpus, c, target) for c, target in enumerate(targets)]
        numbers = {(group, c): n for c, found_enough in enumerate(by_condition) for group, n in found_enough.items()}
        cells = found(numbers)
        over = max(widest_under(cells, c) / target for c, target in enumerate(targets))
        figures.append([sum(numbers.values()) / sum(everyone.values()), over])
        holds.append(held(numbers))
    return figures, holds


def shares(held: NDArray[np.float64], shown: int) -> list[str]:
    """Return the mean of each column over studies with its standard error; no more than ``shown``, the others empty."""
    errors = held.std(axis=0, ddof=1) / np.sqrt(len(held))
    texts = [f"{value:.1%} +- {error:.1%}" for value, error in zip(held.mean(axis=0), errors, strict=True)]
    return [*texts[:shown], *[""] * (len(texts) - shown)]


def told(cells: Sequence[str]) -> str:
    """Return a row of a table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--transcripts", type=existing_file, default=str(EDACC))
    given = parser.parse_args()
    population, systems = people_of(given.transcripts)
    made = [
        one_study(population, rng_for("allocation", number, seed=1), rng_for("allocation, others", number, seed=1))
        for number in range(given.studies)
    ]
    table, coverage = (np.array(part) for part in zip(*made, strict=True))
    names = ["every speaker under every condition", "the widest half-width of each condition"]
    names += [f"the widest half-width of all, times {times:g}" for times in FACTORS]
    lines = [
        HEAD.format(
            studies=given.studies,
            groups=len(population),
            conditions=len(systems),
            pilot=PILOT,
            rounds=ROUNDS,
            widening=math.sqrt(STOPPING),
        )
    ]
    for row, name in enumerate(names):
        share, width = table[:, row, 0], table[:, row, 1]
        low, high = np.quantile(share, [0.05, 0.95])
        figures = [f"{share.mean():.1%} ({low:.0%} to {high:.0%})", f"{width.mean():.3f}"]
        lines.append(told([name, *figures, *shares(coverage[:, row, :3], 3 if row else 1)]))
    short = (
        coverage[:, :1, 3:4] - coverage[:, :3, 3:5]
    )  # study x design x (in points as reported, without the widening)
    lost = short.mean(axis=0), short.std(axis=0, ddof=1) / np.sqrt(len(short))
    said = {
        name: f"{100 * lost[0][place]:.1f} +- {100 * lost[1][place]:.1f} points"
        for name, place in (("paid", (1, 0)), ("stopped", (1, 1)), ("most_paid", (2, 0)), ("most_stopped", (2, 1)))
    }
    lines.append(CHANGES.format(**said))
    for row, name in enumerate(names):
        scales = (coverage[:, row, start : start + 3] for start in (3, 6, 9))
        lines.append(
            told(
                [
                    name,
                    *(
                        share
                        for scale, n in zip(scales, (3, 2, 2), strict=True)
                        for share in shares(scale[:, :n], n if row else 1)
                    ),
                ]
            )
        )
    text = "\n".join(lines) + "\n" + FOR_REAL
    print(text)
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
