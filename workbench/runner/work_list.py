"""Plan: from the inputs of a run to its work list. Pure: what is left to do is a set difference on the key.

What a change costs, as the key has it:

- **A row more at the end of a speaker's rows:** every other utterance keeps its slot and so its noise, and its transcript.
- **A row more in the middle:** the speaker's later utterances move up one slot. Under conditions that draw by slot they
  are other audio and are transcribed again; clean ones, and conditions that draw nothing, are kept. Where the study
  pairs by utterance or globally, nothing moves.
- **Any row more, or any file changed:** the voices of the corpus are others, so everything under babble and
  speech-shaped noise is transcribed again.
- **A label changed:** everything under a condition that goes by it (``channel_swap``) is transcribed again.
- **A byte changed, or a file more, in a folder of recordings:** everything under them is transcribed again. The folder may
  be moved or renamed.
- **Another version of what decodes, resamples or filters audio (``inputs.AUDIO_PACKAGES``):** everything that was listened to is
  transcribed again; who reads the versions on a card can rely on them. The engine's own version is in its digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from workbench.conditions import Condition, CorpusPool, Pairing, draw_key
from workbench.engines import Engine
from workbench.runner.inputs import Inputs, Unit, audio_software

_NO_RECORDINGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Task:
    """What one engine still has to transcribe of one utterance: conditions and the keys of their transcripts."""

    engine: int
    corpus: int
    utterance: Mapping[str, Any]
    conditions: tuple[int, ...]
    keys: tuple[str, ...]


def transcript_key(
    utterance: Mapping[str, Any],
    condition: Condition,
    engine: Engine,
    *,
    seed: int,
    pool_digest: str,
    software: str,
    pairing: Pairing = "slot",
    recordings: Mapping[str, str] = _NO_RECORDINGS,
) -> str:
    """Return the key of a transcript: a digest of source audio, realisation of the condition, model, and audio software.

    An engine that looks its text up by the utterance's name hears nothing: the name takes the place of the software.
    Under babble the speaker counts as well, who is not among the talkers.
    """
    drawn = draw_key(pairing, slot=int(utterance["slot"]), utterance_id=str(utterance["utterance_id"]))
    realisation = condition.realisation(slot=drawn, seed=seed, pool_digest=pool_digest, recordings=recordings)
    parts = [str(utterance["source_digest"]), realisation, engine.digest]
    parts += [software] if engine.needs_audio else [str(utterance["utterance_id"]), condition.condition_id]
    parts += [str(utterance["speaker_id"])] if condition.needs_speech_pool else []
    return hashlib.blake2b("|".join(parts).encode(), digest_size=20).hexdigest()


def plan(inputs: Inputs) -> Iterator[Task]:
    """Yield every task of a run in order: engine, corpus, utterance; an utterance's audio is read once per engine."""
    fields = [
        "utterance_id",
        "corpus_id",
        "speaker_id",
        "slot",
        "path",
        "start_s",
        "end_s",
        "channel",
        "duration_s",
        "source_digest",
    ]
    pools = [CorpusPool(corpus.utterances) for corpus in inputs.corpora]
    digests = [
        {condition.condition_id: pool.digest_with(condition.labels) for condition in inputs.study.conditions}
        for pool in pools
    ]
    software = audio_software()
    positions = {condition.condition_id: index for index, condition in enumerate(inputs.study.conditions)}
    for number, engine in enumerate(inputs.engines):
        conditions = inputs.conditions_for(engine)
        for corpus, frame in enumerate(inputs.selected):
            for values in frame[fields].itertuples(index=False, name=None):
                utterance = dict(zip(fields, values, strict=True))
                due = _chosen(inputs, utterance, conditions)
                if not due:
                    continue
                keys = tuple(
                    transcript_key(
                        utterance,
                        condition,
                        engine,
                        seed=inputs.study.seed,
                        pool_digest=digests[corpus][condition.condition_id],
                        software=software,
                        pairing=inputs.study.pairing,
                        recordings=inputs.recordings,
                    )
                    for condition in due
                )
                yield Task(number, corpus, utterance, tuple(positions[item.condition_id] for item in due), keys)


def _chosen(inputs: Inputs, utterance: Mapping[str, Any], conditions: list[Condition]) -> list[Condition]:
    """Return the conditions under which the utterance's speaker is transcribed."""
    if inputs.chosen is None:
        return conditions
    who = str(utterance["corpus_id"]), str(utterance["speaker_id"])
    return [condition for condition in conditions if Unit(*who, condition.condition_id) in inputs.chosen]


def items(inputs: Inputs) -> Iterator[dict[str, Any]]:
    """Yield the rows that tie a run to its transcripts, one per utterance x condition x model."""
    fingerprints = inputs.fingerprints
    for task in plan(inputs):
        for index, key in zip(task.conditions, task.keys, strict=True):
            yield {
                "fingerprint": fingerprints[task.corpus],
                "utterance_id": task.utterance["utterance_id"],
                "condition_id": inputs.study.conditions[index].condition_id,
                "model_id": inputs.engines[task.engine].model_id,
                "transcript_key": key,
            }


def remaining(tasks: Iterator[Task], done: Set[str]) -> Iterator[Task]:
    """Yield what is left of the tasks when the transcripts of ``done`` are there; the same key is never due twice."""
    due: set[str] = set()
    for task in tasks:
        left = []
        for pair in zip(task.conditions, task.keys, strict=True):
            if pair[1] not in done and pair[1] not in due:
                due.add(pair[1])
                left.append(pair)
        if left:
            conditions, keys = zip(*left, strict=True)
            yield Task(task.engine, task.corpus, task.utterance, conditions, keys)
