"""Share of transcriptions that adaptive allocation needs for the same half-width of the declared gaps, and its coverage.

``python -m bench.allocation [--studies N] [--transcripts FILE]``: simulated corpora of speakers like EdAcc's. Every simulated
group is an accent of the published transcripts with three speakers or more; its speakers are drawn from that accent's
real ones, and their utterances from theirs, so that errors of a speaker clump and systems agree as they really do. The
seven published systems stand for seven conditions. The truth is known: it is the accent's pooled rate. Against it stands
the full design, every speaker under every condition; the target is the half-width that its widest gap has (the last line
of the table), or a narrower or wider one (the curve). Writes docs/allocation.md.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.conditions import rng_for
from workbench.fairness import score_table
from workbench.fairness.allocation import PILOT, ROUNDS, CellState, half_width, next_round
from workbench.fairness.cells import SixSums
from workbench.fairness.intervals import difference
from workbench.stopping import STOPPING, factor

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
what is reported of rates and gaps. The last two columns are controls: the coverage without that, and that of as many speakers of each cell, others than
those by whom their number was found, which nothing stopped. The factor was chosen by this simulation: with it intervals hold the
truth as often as those of the full design.

| target | transcriptions | widest half-width / target | coverage | without the widening | as many other speakers |
|---|---|---|---|---|---|"""

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


def sums(errors: NDArray[np.float64], words: NDArray[np.float64], n: int) -> SixSums:
    """Return the sums over the first ``n`` speakers."""
    return SixSums.of(errors[:n].tolist(), words[:n].tolist())


def one_study(
    population: Mapping[str, People], rng: np.random.Generator, fresh: np.random.Generator
) -> tuple[list[list[float]], list[list[list[bool]]]]:
    """Return, by design, the share transcribed and the widest half-width over the wanted; and which intervals hold the truth: as
    reported, without their widening, and of as many speakers drawn from ``fresh``."""
    reference = REFERENCE
    sizes = {group: int(rng.integers(SPEAKERS // 2, 2 * SPEAKERS)) for group in population}
    corpus = {group: draw(people, sizes[group], rng) for group, people in population.items()}
    unseen = {group: draw(people, sizes[group], fresh) for group, people in population.items()}
    n_conditions = corpus[reference][0].shape[1]
    truth = {group: people.truth for group, people in population.items()}
    full = {
        (group, c): sums(errors[:, c], words, sizes[group])
        for group, (errors, words) in corpus.items() for c in range(n_conditions)
    }  # fmt: skip
    others = [group for group in population if group != reference]
    widths = [max(half_width(full[group, c], full[reference, c]) for group in others) for c in range(n_conditions)]
    widest = max(widths)

    def held(found: Mapping[tuple[str, int], SixSums]) -> list[bool]:
        result = []
        for group in others:
            for c in range(n_conditions):
                interval = difference(found[group, c], found[reference, c]).interval
                result.append(bool(interval.low <= truth[group][c] - truth[reference][c] <= interval.high))
        return result

    figures, holds = [[1.0, 1.0]], [[held(full)] * 3]
    for targets in (widths, *([times * widest] * n_conditions for times in FACTORS)):
        spent, found, other, over = 0, {}, {}, []
        for c, target in enumerate(targets):
            n = {group: min(PILOT, sizes[group]) for group in population}
            for _ in range(ROUNDS):
                cells = {
                    group: CellState(sums(corpus[group][0][:, c], corpus[group][1], n[group]), sizes[group] - n[group])
                    for group in population
                }
                more = next_round(cells, reference=reference, target=target)
                if not any(more.values()):
                    break
                n = {group: n[group] + more[group] for group in n}
            spent += sum(n.values())
            found |= {
                (group, c): replace(
                    sums(corpus[group][0][:, c], corpus[group][1], n[group]),
                    factor=factor(sizes[group] - n[group]),
                )
                for group in population
            }
            other |= {(group, c): sums(unseen[group][0][:, c], unseen[group][1], n[group]) for group in population}
            over.append(max(half_width(found[group, c], found[reference, c]) for group in others) / target)
        figures.append([spent / (n_conditions * sum(sizes.values())), max(over)])
        narrow = {key: replace(cell, factor=1.0) for key, cell in found.items()}
        holds.append([held(found), held(narrow), held(other)])
    return figures, holds


def main() -> None:
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--transcripts", type=Path, default=EDACC)
    given = parser.parse_args()
    population, systems = people_of(given.transcripts)
    made = [
        one_study(population, rng_for("allocation", number, seed=1), rng_for("allocation, others", number, seed=1))
        for number in range(given.studies)
    ]
    table, coverage = (np.array(part) for part in zip(*made, strict=True))
    names = ["every speaker under every condition", "the widest half-width of each condition"]
    names += [f"the widest half-width of all, times {factor:g}" for factor in FACTORS]
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
        held = coverage[:, row].mean(axis=2)  # study x (reported, without the widening, others)
        errors = held.std(axis=0, ddof=1) / np.sqrt(len(held))
        told_of = [f"{value:.1%} +- {error:.1%}" for value, error in zip(held.mean(axis=0), errors, strict=True)]
        lines.append(
            f"| {name} | {share.mean():.1%} ({low:.0%} to {high:.0%}) | {width.mean():.3f} | "
            + " | ".join(told_of if row else [told_of[0], "", ""])
            + " |"
        )
    text = "\n".join(lines) + "\n" + FOR_REAL
    print(text)
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
