"""Small tables of counted rows for the tests of rates and gaps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd


def make_scores(rows: Iterable[tuple], **columns: object) -> pd.DataFrame:
    """Rows of (speaker, group, errors, words); errors None is a failed decode, words 0 an empty reference."""
    frame = pd.DataFrame(list(rows), columns=["speaker_id", "accent", "errors", "ref_words"])
    failed = frame["errors"].isna()
    errors = frame["errors"].astype("Int32")
    empty = frame["ref_words"] == 0
    frame = frame.assign(
        model_id="m",
        condition_id="clean",
        corpus_id="c",
        status=np.where(failed, "failed", "ok"),
        errors=errors,
        substitutions=errors.where(~empty, 0),
        deletions=errors * 0,
        insertions=errors.where(empty, 0),
        ref_words=frame["ref_words"].astype("Int32").mask(failed),
    )
    return frame.assign(**columns)
