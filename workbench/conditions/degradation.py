"""The one call that others use: a waveform, a condition, a slot and a seed in; degraded audio with its facts out."""

from __future__ import annotations

import dataclasses

from workbench.audio import Waveform, check_samples
from workbench.conditions.condition import Condition, Degraded, SpeechPool, rng_for
from workbench.conditions.draw_keys import Pairing, draw_key
from workbench.conditions.measured_facts import Original, measured


def degrade(
    wave: Waveform,
    condition: Condition,
    *,
    slot: int,
    seed: int,
    pairing: Pairing = "slot",
    pool: SpeechPool | None = None,
    original: Original | None = None,
) -> Degraded:
    """Return ``wave`` under ``condition``: the same samples for the same arguments, in any process, thread or order.

    ``slot`` is the rank of the utterance within its speaker: slot 7 of every speaker hears the same noise, whatever
    the length of the utterance, unless another ``pairing`` is chosen (:func:`draw_key`). See ``schema.FACTS`` for the
    facts. ``original`` is ``Original(wave)``: who puts one utterance under several conditions makes it once.

    Raises
    ------
    AudioError : the audio is empty, holds NaN, or is silent under a condition that is defined by an SNR
    ConditionError : the condition needs a pool of other speakers and has none, or too few in it; or this machine
        lacks a part that it needs
    """
    samples = check_samples(wave.samples, place=wave.utterance_id)
    checked = wave if samples is wave.samples else dataclasses.replace(wave, samples=samples)
    if original is None or original.wave.samples is not samples:
        original = Original(checked)
    if checked.level is None:
        checked = dataclasses.replace(checked, level=original.level)
    key = draw_key(pairing, slot=slot, utterance_id=wave.utterance_id)
    result = condition.realise(checked, lambda name: rng_for(name, key, seed=seed), pool=pool)
    facts = {**result.facts, **measured(original, result.wave, condition)}
    if not condition.keeps_length:
        facts["duration_s"] = result.wave.duration_s
    return Degraded(result.wave, facts)
