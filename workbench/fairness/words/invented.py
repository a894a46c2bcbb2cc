"""Invented words: flagged transcripts, words on empty references, and what both do to the error rate, by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.fairness.group_rates.events import Event, event_rates
from workbench.fairness.group_rates.rates import rates
from workbench.schema import HEARD
from workbench.text.hallucination_flags import hallucination_flags

FLAGGED = "flagged as hallucinated"
FALSE_SPEECH = "words on silence"
FALSE_SPEECH_PER_MINUTE = "words per minute of silence"


def hallucinations(scores: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return EVENT_RATES: flagged transcripts per utterance, and false speech on empty references, by group.

    ``flagged as hallucinated`` is per utterance with reference words (1,000 times it: per 1,000 utterances);
    ``words on silence`` is invented words per utterance whose reference is empty (silence, noise, "(laughs)", or a
    noise-only condition), ``words per minute of silence`` the same per minute of such audio as the engine heard it, where
    that is known (``heard_s``; of a frame without that column the length of the clean recordings stands in, and the unit says so).

    Source: flags of :mod:`workbench.text.hallucination_flags`; false speech as in Koenecke et al. 2024 (Careless Whisper).
    """
    flagged = hallucination_flags(scores)["flagged"].to_numpy(dtype=np.int64)
    heard = scores["errors"].notna().to_numpy()
    words = scores["ref_words"].fillna(0).to_numpy(dtype=np.int64)
    invented = scores["insertions"].fillna(0).to_numpy(dtype=np.int64)
    silent = heard & (words == 0)
    events = [
        Event(FLAGGED, flagged, (heard & (words > 0)).astype(np.int64), "utterance"),
        Event(
            FALSE_SPEECH,
            np.where(silent, invented, 0),
            silent.astype(np.int64),
            "utterance without speech",
            share=False,
        ),
    ]
    length = next((name for name in (HEARD, "duration_s") if name in scores.columns), None)
    if length is not None:
        seconds = scores[length].to_numpy(dtype=np.float64, na_value=np.nan)
        milliseconds = np.where(silent & np.isfinite(seconds), np.rint(1000 * np.nan_to_num(seconds)), 0)
        timed = milliseconds.astype(np.int64)
        events.append(
            Event(
                FALSE_SPEECH_PER_MINUTE,
                np.where(timed > 0, invented, 0),
                timed,
                "minute without speech" + ("" if length == HEARD else ", by the length of the clean recordings"),
                scale=1 / 60_000,
                share=False,
            )
        )
    return event_rates(scores, by, events)


def rates_without_flagged(scores: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return the rate of each group with and without the transcripts flagged as hallucinated, side by side.

    Columns: model_id, condition_id, ``by`` ..., n_utterances, n_flagged, rate, ci_low, ci_high, rate_without,
    ci_low_without, ci_high_without. The second is no better a measure: it says how much of the first hangs on them.

    Source: ``rates``; flags of :mod:`workbench.text.hallucination_flags`.
    """
    flagged = hallucination_flags(scores)["flagged"].to_numpy(dtype=bool)
    keys = ["model_id", "condition_id", *by]
    whole = rates(scores, by)[[*keys, "n_utterances", "rate", "ci_low", "ci_high"]]
    kept = rates(scores[~flagged], by)[[*keys, "n_utterances", "rate", "ci_low", "ci_high"]]
    both = whole.merge(kept, on=keys, how="left", suffixes=("", "_without"))
    without = both.pop("n_utterances_without").fillna(0)
    both.insert(len(keys) + 1, "n_flagged", (both["n_utterances"] - without).astype("Int64"))
    return both
