"""Speaker split: who explores and who confirms, fixed by names before anything is heard.

Within each group of a corpus the speakers are put in the order of a hash of the study's seed and their id; the first share of
them explores. A share that is no whole number of speakers is rounded up or down by a hash of the group, so that many small
groups do not all end on one side. The same seed and corpus give the same halves in every study, whatever its filter.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from workbench.errors import StudyError
from workbench.schema import NOT_STATED
from workbench.study import Study

LEAST = 5
"""Speakers of a group on either side; with fewer no test on a half can be firm."""
KEYS = ["corpus_id", "speaker_id"]


class Side(NamedTuple):
    """How many speakers of a group explore, and how many confirm."""

    group: str
    explore: int
    confirm: int


def half(study: Study, utterances: pd.DataFrame) -> pd.DataFrame:
    """Return the utterances of the speakers on the side of the study's split."""
    if study.split is None:
        raise StudyError("it has no split", place=f"study {study.name!r}", remedy="write [split] with explore = 0.5")
    explores = _explorers(study, utterances)
    keys = pd.MultiIndex.from_frame(utterances[KEYS])
    result: pd.DataFrame = utterances.loc[keys.isin(explores) == (study.split.half == "explore")]
    return result


def sides(study: Study, corpora: Sequence[pd.DataFrame]) -> list[Side]:
    """Return, group by group, how many speakers of all corpora explore and confirm; of the study's filter only."""
    counted: dict[str, list[int]] = {}
    for utterances in corpora:
        explores = set(_explorers(study, utterances))
        people = _people(study, utterances)
        for name, levels in study.filter.items():
            if name in utterances.columns:
                kept = utterances.loc[utterances[name].isin(levels), KEYS].drop_duplicates()
                people = people.merge(kept, on=KEYS)
        for corpus, speaker, group in people.itertuples(index=False, name=None):
            counted.setdefault(group, [0, 0])[(corpus, speaker) not in explores] += 1
    return [Side(group, *counts) for group, counts in sorted(counted.items())]


def problems(study: Study, corpora: Sequence[pd.DataFrame]) -> list[str]:
    """Return the problem of a split that leaves no group of which anything could be confirmed."""
    if study.split is None:
        return []
    halves = sides(study, corpora)
    if any(min(side.explore, side.confirm) >= LEAST for side in halves):
        return []
    return [
        f"split: no group of {study.split_attribute!r} has {LEAST} speakers to explore and {LEAST} to confirm"
        f" ({_listed(halves)}); an even split needs {2 * LEAST} speakers of a group"
    ]


def notes(study: Study, corpora: Sequence[pd.DataFrame]) -> list[str]:
    """Return what a reader of the results should know of the split: who is heard, and which groups are too small for it."""
    if study.split is None:
        return []
    halves = sides(study, corpora)
    heard, kept = ("explore", "confirm") if study.split.half == "explore" else ("confirm", "explore")
    n_heard, n_kept = (sum(getattr(side, name) for side in halves) for name in (heard, kept))
    result = [
        f"split by {study.split_attribute} and seed {study.seed}: the {n_heard} speakers who {heard} are heard, the "
        f"{n_kept} who {kept} are not"
    ]
    small = [side for side in halves if min(side.explore, side.confirm) < LEAST]
    if small:
        result.append(f"split: too few speakers to confirm anything of {_listed(small)}; {LEAST} a side are needed")
    return result


def _listed(halves: Sequence[Side]) -> str:
    shown = [f"{side.group}: {side.explore} + {side.confirm}" for side in halves[:8]]
    return ", ".join(shown) + (f" and {len(halves) - 8} more groups" if len(halves) > 8 else "")


def _people(study: Study, utterances: pd.DataFrame) -> pd.DataFrame:
    """Return each speaker once (corpus_id, speaker_id, group)."""
    name = study.split_attribute
    group = utterances[name].astype("str").fillna(NOT_STATED) if name in utterances.columns else NOT_STATED
    return utterances[KEYS].astype("str").assign(group=group).drop_duplicates(KEYS)


def _explorers(study: Study, utterances: pd.DataFrame) -> list[tuple[str, str]]:
    split = study.split
    share = split.explore if split is not None else 1.0
    explores: list[tuple[str, str]] = []
    for (corpus, group), people in _people(study, utterances).groupby(["corpus_id", "group"], sort=True):
        order = sorted(people["speaker_id"], key=lambda speaker: _hash(study.seed, str(corpus), "speaker", speaker))
        rounded = math.floor(share * len(order) + _hash(study.seed, str(corpus), "group", str(group)))
        explores += [(str(corpus), speaker) for speaker in order[:rounded]]
    return explores


def _hash(seed: int, *names: str) -> float:
    """Return a number in [0, 1) that depends on the names and the seed alone."""
    digest = hashlib.blake2b("\x1f".join(["split", str(seed), *names]).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64
