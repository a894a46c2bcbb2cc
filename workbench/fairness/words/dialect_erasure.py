"""Dialect erasure by group: how often speakers of a variety are written in somebody else's English."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.fairness.group_rates.events import Event, event_rates
from workbench.text.dialect import Lexicon, dialect_counts


def dialect_erasure(scores: pd.DataFrame, by: Sequence[str] = (), *, lexicon: Lexicon | None = None) -> pd.DataFrame:
    """Return EVENT_RATES: of the dialect tokens that were said, how many were kept, erased and lost, by group.

    ``erased`` is written as the standard counterpart, ``lost`` as anything else or nothing. Counted on the raw texts,
    whatever the scores' normaliser forgives.

    Source: method of this workbench, see :mod:`workbench.text.dialect`.
    """
    hypotheses = [text if isinstance(text, str) else None for text in scores["hypothesis_raw"]]
    counts = dialect_counts(scores["reference_raw"].tolist(), hypotheses, lexicon)
    sentence = counts["dialect_tokens"].to_numpy(dtype=np.int64)
    return event_rates(
        scores,
        by,
        [
            Event(f"dialect {name}", counts[name].to_numpy(dtype=np.int64), sentence, "dialect token said")
            for name in ("erased", "kept", "lost")
        ],
    )
