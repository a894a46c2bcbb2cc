"""The channel swap of two groups: how each was recorded, and the study in which each is heard through the other's channel.

A gap may be of the people or of how they were recorded. Under ``channel_swap`` both groups keep their words and voices and exchange level,
long-term spectrum and noise floor. What is left of the gap is not explained by these.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workbench.conditions import Condition, CorpusPool, parse_condition
from workbench.conditions.channels import Channel, lost_hz
from workbench.conditions.parameters import written
from workbench.corpora import Corpus, load_corpus
from workbench.errors import StudyError, choices
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.schema import CLEAN, NOT_STATED
from workbench.study import Study

AUDIBLE_DB = 3.0
"""A difference of levels or noise floors below this is not spoken of."""
LIMITS = (
    "Level, long-term spectrum and noise floor are exchanged; echo, clipping and what a codec does beyond its band stay with each recording.",
    "A spectrum is also that of the voices: two groups of unlike voices are made to sound alike in that too.",
)


@dataclass(frozen=True, eq=False)
class ChannelSwapStudy:
    """The study of a channel swap, and what it rests on.

    Attributes
    ----------
    study : clean and ``channel_swap``, of the two groups
    channels : one row per group: speakers, utterances, level_db (dBov), floor_db (dBov), snr_db
    sentences : what differs, what cannot be given back, and what the swap leaves alone
    """

    study: Study
    channels: pd.DataFrame
    sentences: tuple[str, ...]


def channel_swap(
    manifest: Path | str, *, attribute: str, first: str, second: str, engines: Sequence[str], base: Path | None = None
) -> ChannelSwapStudy:
    """Return the study in which the groups ``first`` and ``second`` are heard through each other's channel, and their channels.

    Parameters
    ----------
    manifest : of the corpus; rows with problems are left out
    engines : of the study
    base : folder that the study will lie in; default: that of the manifest

    Raises
    ------
    ManifestError : no manifest that can be read
    StudyError : no such attribute or group, a speaker or a recording in both groups, no engine: all at once
    ConditionError : a group without audible speech

    Source: level by ITU-T P.56 method B; counterfactual for confounding by provenance (Li, Cohen and Pakhomov 2024, arXiv 2407.13982).
    """
    manifest = Path(manifest)
    corpus = load_corpus(manifest, allow_dropped=True)
    members = _members(corpus, attribute, first, second)
    condition = swap_condition(attribute, first, second)
    pool = CorpusPool(corpus.utterances)
    channels = {group: pool.channel(group, attribute) for group in (first, second)}
    home = (base or manifest.parent).resolve()
    study = Study.create(
        {
            "name": f"{manifest.stem}, channels of {first} and {second} swapped",
            "corpus": [os.path.relpath(manifest.resolve(), home)],
            "attributes": [attribute],
            "engines": list(engines),
            "conditions": [CLEAN, condition.condition_id],
            "filter": {attribute: [first, second]},
            "allow_dropped": True,
        },
        base=home,
    )
    rows = [
        {
            "group": group,
            "n_speakers": members[group]["speaker_id"].nunique(),
            "n_utterances": len(members[group]),
            "level_db": channels[group].level_db,
            "floor_db": channels[group].floor_db,
            "snr_db": channels[group].level_db - channels[group].floor_db,
        }
        for group in (first, second)
    ]
    return ChannelSwapStudy(study, pd.DataFrame(rows), tuple(_sentences(channels, members)))


def swap_condition(attribute: str, first: str, second: str) -> Condition:
    """Return the condition under which two groups exchange their channels.

    Raises
    ------
    ConditionError : not two groups
    """
    return parse_condition(f"channel_swap?{written([('by', attribute), ('first', first), ('second', second)])}")


def _members(corpus: Corpus, attribute: str, first: str, second: str) -> dict[str, pd.DataFrame]:
    """Return the utterances of both groups, or refuse what cannot be swapped."""
    rows, place = corpus.utterances, f"corpus {corpus.info.corpus_id}"
    attributes = [name for name in corpus.info.attributes if name in rows.columns]
    if attribute not in attributes:
        raise StudyError(f"no attribute {attribute!r}", place=place, remedy=choices(attribute, attributes))
    labels = rows[attribute].astype("str").fillna(NOT_STATED)
    groups = sorted(set(labels))
    problems = [
        f"no group {name!r} in {attribute!r}, {choices(name, groups)}" for name in (first, second) if name not in groups
    ]
    if first == second:
        problems.append(f"{first!r} twice: a group has no channel to exchange with itself")
    if problems:
        raise StudyError("; ".join(problems), place=place, remedy="name two groups of the attribute")
    members = {name: rows[labels == name] for name in (first, second)}
    for column, called in (("speaker_id", "speakers"), ("source_digest", "recordings")):
        both = sorted(set(members[first][column].astype("str")) & set(members[second][column].astype("str")))
        if both:
            shown = ", ".join(both[:3]) + (" ..." if len(both) > 3 else "")
            problems.append(f"{len(both)} {called} are in both groups ({shown})")
    silent = [name for name in (first, second) if (members[name]["path"].astype("str") == "").all()]
    problems += [f"{name!r} has no audio" for name in silent]
    if problems:
        raise StudyError("; ".join(problems), place=place, remedy="mend the manifest")
    return members


def _sentences(channels: dict[str, Channel], members: dict[str, pd.DataFrame]) -> list[str]:
    (first, one), (second, other) = channels.items()
    sentences = []
    if abs(one.level_db - other.level_db) >= AUDIBLE_DB:
        louder, quieter = (first, second) if one.level_db > other.level_db else (second, first)
        sentences.append(
            f"{louder} is {abs(one.level_db - other.level_db):.0f} dB louder than {quieter}: after the swap it is the other way round."
        )
    floors = {name: item.floor_db - item.level_db for name, item in channels.items()}
    noisy, quiet = sorted(floors, key=lambda name: -floors[name])
    difference = floors[noisy] - floors[quiet]
    if difference >= AUDIBLE_DB:
        pauses = (
            f"The pauses of {quiet} are digital silence"
            if math.isinf(difference)
            else f"The noise floor of {quiet} is {difference:.0f} dB lower than that of {noisy}, relative to the speech"
        )
        sentences.append(
            f"{pauses}: the noise of {noisy} is added to it. That of {noisy} cannot be taken away, so both are noisy after the swap."
        )
    for lacks, has in ((first, second), (second, first)):
        lost = lost_hz(channels[lacks], channels[has])
        if lost is not None:
            sentences.append(
                f"{lacks} lacks what {has} has between {lost[0]:.0f} and {lost[1]:.0f} Hz. It cannot be given back: {has} is heard "
                f"without it, {lacks} as before."
            )
    if not sentences:
        sentences.append("The two channels are alike: a swap changes little.")
    few = [name for name, rows in members.items() if rows["speaker_id"].nunique() < ENOUGH_SPEAKERS]
    if few:
        sentences.append(
            f"Fewer than {ENOUGH_SPEAKERS} speakers: {', '.join(few)}. Their voices and their channel cannot be told apart."
        )
    return [*sentences, *LIMITS]
