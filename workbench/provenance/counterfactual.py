"""The channel-equalised counterfactual: the same study with everybody through one strict common channel.

Groups that were recorded differently differ in error rates for that reason too. No statistics can take it out afterwards,
but a channel can cover it: what is outside its band, below its noise or finer than its codec is gone for everyone. What is
left of a gap in the common channel is not explained by what that channel carries away.

It removes differences and adds none; it cannot give back what a recording lacks (a band narrower than the channel's, clipped
samples, reverberation in the band), so a gap that is left may still be of the recordings. And everyone has more errors in it:
compare gaps, on both scales (``gap_changes``).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from workbench.conditions import Condition, chain, parse_condition
from workbench.errors import ConditionError
from workbench.schema import CLEAN
from workbench.study import Study

LEVEL_DB = -26.0
"""dBov; the active level that telephony tests set speech to (ITU-T P.56, P.830)."""
SNR_DB = 15.0
"""dB; strict: the added noise covers what most recordings have of their own."""
EXPLAINED = (
    "Everybody goes through one channel: 300 to 3400 Hz, speech at {level:g} dBov, white noise {snr:g} dB below it, G.711 "
    "({condition}). It takes away differences between recordings that this channel covers, and adds none.",
    "It cannot give back what a recording lacks: a narrower band, clipped samples, echo. A gap that is left may still come "
    "from them.",
    "Run the study and compare the gaps of clean and of this condition, with their intervals: workbench changes RUN "
    "--by ATTRIBUTE.",
)


def common_channel(*, snr_db: float = SNR_DB, level_db: float = LEVEL_DB) -> Condition:
    """Return the common channel: band, level, noise and codec, in this order, whatever a recording was before.

    The noise comes after band and level, unlike in a room: so it is as loud for everybody, in dBov and against the speech.

    Raises
    ------
    ConditionError : a level or a ratio outside what the conditions take

    Source: 300 to 3400 Hz as in ITU-T G.712; level and ratio on active speech level, ITU-T P.56; codec ITU-T G.711.
    """
    level = {"id": "low_level", "level_db": level_db, "bits": 16}
    return chain("handset_band@4", level, {"id": "white_noise", "snr_db": snr_db}, "g711@1")


def channel_equalised(study: Study, *, snr_db: float = SNR_DB, level_db: float = LEVEL_DB) -> Study:
    """Return ``study`` with two conditions, clean and the common channel, and everything else as it is.

    Raises
    ------
    ConditionError : a level or a ratio outside what the conditions take

    Source: counterfactual for confounding by provenance (Li, Cohen and Pakhomov 2024, arXiv 2407.13982).
    """
    conditions = (parse_condition(CLEAN), common_channel(snr_db=snr_db, level_db=level_db))
    return study.model_copy(update={"name": f"{study.name} (one channel for all)", "conditions": conditions})


def counterfactual_of(manifest: Path, out: Path, *, attribute: str, engines: Sequence[str]) -> Study:
    """Return the channel-equalised study of a manifest, to be written to ``out``.

    Raises
    ------
    StudyError : no engine
    """
    base = out.resolve().parent
    fields = {
        "name": manifest.stem,
        "corpus": [os.path.relpath(manifest.resolve(), base)],
        "attributes": [attribute],
        "engines": list(engines),
        "conditions": [CLEAN],
        "allow_dropped": True,
    }
    return channel_equalised(Study.create(fields, base=base, place=str(out)))


def explained(channel: Condition) -> tuple[str, ...]:
    """Return what a study with this common channel can show and what it cannot, in sentences.

    Raises
    ------
    ConditionError : another condition than :func:`common_channel` makes
    """
    steps = {step.id: step.parameters for step in channel.steps}
    if list(steps) != [step.id for step in common_channel().steps]:
        raise ConditionError(
            "is not the common channel", place=channel.condition_id, remedy="take that of common_channel()"
        )
    values = {"level": steps["low_level"]["level_db"], "snr": steps["white_noise"]["snr_db"]}
    return tuple(text.format(condition=channel.condition_id, **values) for text in EXPLAINED)
