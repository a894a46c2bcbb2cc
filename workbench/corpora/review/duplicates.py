"""The same audio twice: found by its decoded samples, so that another name or another lossless format hides nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from workbench.audio import Waveform, channel_of, decode, on_this_machine, samples_digest
from workbench.corpora.review.finding import Found
from workbench.errors import AudioError

Progress = Callable[[int, int], None]
_SHOWN = 3


def repeated_audio(utterances: pd.DataFrame, on_progress: Progress | None = None) -> Iterator[Found]:
    """Yield every utterance (UTTERANCES) whose decoded samples are those of another one, with the ids of the others.

    Only utterances that share their length are decoded: others cannot be equal. The reason says whether the copies have
    the same speaker and the same text. Audio that cannot be decoded is left to the check of the manifest.
    """
    audio_digests = utterances["source_digest"].to_numpy()
    lengths = utterances["duration_s"].round(3)
    alike = utterances[lengths.duplicated(keep=False).to_numpy()]
    digests = _digests(alike.drop_duplicates("source_digest"), on_progress)
    by_samples = pd.Series([digests.get(digest, "") for digest in audio_digests], index=utterances.index)
    again = by_samples.duplicated(keep=False) & (by_samples != "")
    for _, rows in utterances[again.to_numpy()].groupby(by_samples[again].to_numpy(), sort=False):
        yield from _copies(rows)


def _digests(rows: pd.DataFrame, on_progress: Progress | None) -> dict[str, str]:
    """Return the digest of the decoded samples by ``source_digest``; nothing for what cannot be decoded."""
    jobs = list(zip(rows["source_digest"], rows["path"], rows["start_s"], rows["end_s"], rows["channel"], strict=True))

    def one(job: tuple[str, str, float, float, Any]) -> str:
        _, path, start_s, end_s, channel = job
        limits = [None if np.isnan(limit) else float(limit) for limit in (start_s, end_s)]
        try:
            return samples_digest(_heard(path, limits, channel_of(channel)))
        except AudioError:
            return ""

    result = {}
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as executor:
        for number, (job, digest) in enumerate(zip(jobs, executor.map(one, jobs), strict=True), start=1):
            result[job[0]] = digest
            if on_progress is not None:
                on_progress(number, len(jobs))
    return result


def _heard(path: str, limits: list[float | None], channel: int | None) -> Waveform:
    return decode(on_this_machine(path), start_s=limits[0], end_s=limits[1], sample_rate=None, channel=channel)


def _copies(rows: pd.DataFrame) -> Iterator[Found]:
    ids, speakers, prompts = rows["utterance_id"].tolist(), rows["speaker_id"].tolist(), rows["prompt_id"].tolist()
    reason = "same audio"
    if len(set(speakers)) > 1:
        reason = "same audio, another speaker"
    elif len(set(prompts)) > 1:
        reason = "same audio, another text"
    for item in ids:
        others = [f"{other} ({speaker})" for other, speaker in zip(ids, speakers, strict=True) if other != item]
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        yield Found(item, reason, f"the samples are those of {', '.join(others[:_SHOWN])}{more}")
