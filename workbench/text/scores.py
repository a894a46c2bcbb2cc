"""From raw texts to counted rows, under any normaliser: raw text is stored, everything else is derived."""

from __future__ import annotations

import pandas as pd

from workbench.schema import COUNTS
from workbench.text.count import count_frame
from workbench.text.normalise import Normaliser


def add_scores(frame: pd.DataFrame, normaliser: Normaliser) -> pd.DataFrame:
    """Return ``frame`` with ``normaliser_id``, ``reference``, ``hypothesis`` and the counts of each row.

    Parameters
    ----------
    frame : has ``reference_raw`` and ``hypothesis_raw``; a missing hypothesis_raw is a failed decode, whose counts
        and hypothesis stay missing. Any other column is carried along; earlier scores are replaced.
    normaliser : applied to both sides, once per different text

    Raises
    ------
    ScoringError : a reference is missing
    """
    reference = normalise_column(frame["reference_raw"], normaliser)
    hypothesis = normalise_column(frame["hypothesis_raw"], normaliser)
    counts = count_frame(reference.tolist(), hypothesis.tolist()).set_axis(frame.index, axis=0)
    texts = frame.assign(normaliser_id=normaliser.id, reference=reference, hypothesis=hypothesis)
    return texts.assign(**{name: counts[name] for name in COUNTS})


def normalise_column(texts: pd.Series[str], normaliser: Normaliser) -> pd.Series[str]:
    """Return the texts normalised, each different text once; missing stays missing."""
    distinct = texts.dropna().unique()
    return texts.map({text: normaliser(text) for text in distinct}).astype("str")
