"""What a finding keeps when it is looked at again: with another seed on the same speakers, and with other speakers.

``python -m bench.second_looks``: null studies of 60 conditions x 8 groups, in which every speaker has a sensitivity of their own
to every condition and no group differs. The largest gap change of each study is looked at again.
"""

from __future__ import annotations

import argparse

import numpy as np

CONDITIONS, GROUPS, SPEAKERS = 60, 8, 6


def second_looks(
    studies: int, *, seed: int = 1, speakers: int = SPEAKERS, words: int = 100, spread: float = 0.15
) -> tuple[float, float, float]:
    """Return the mean largest gap change, what it is under another seed, and what it is with other speakers.

    ``spread`` is the standard deviation between speakers of their true loss under one condition; a seed draws which of the
    ``words`` are lost.
    """
    rng = np.random.default_rng(seed)
    kept = np.zeros((studies, 3))
    for study in range(studies):
        losses = [
            np.clip(rng.normal(0.3, spread, (CONDITIONS, GROUPS, speakers)), 0.0, 1.0) for _ in range(2)
        ]  # two sets of speakers
        first, again, others = (gap_changes(rng.binomial(words, loss) / words) for loss in (losses[0], *losses))
        best = np.unravel_index(np.argmax(first), first.shape)
        kept[study] = first[best], again[best], others[best]
    mean = kept.mean(axis=0)
    return float(mean[0]), float(mean[1]), float(mean[2])


def gap_changes(lost: np.ndarray) -> np.ndarray:
    """Return each group's mean loss minus that of all others, shape (conditions, groups)."""
    groups = lost.mean(axis=2)
    rest = (groups.sum(axis=1, keepdims=True) - groups) / (groups.shape[1] - 1)
    return groups - rest


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1_000)
    found, same, other = second_looks(parser.parse_args().studies)
    print(f"largest of {CONDITIONS} x {GROUPS} gap changes where nothing differs: {100 * found:+.1f} points")
    print(f"under another seed, the same speakers: {100 * same:+.1f} points")
    print(f"with other speakers: {100 * other:+.1f} points")
