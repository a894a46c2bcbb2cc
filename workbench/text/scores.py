"""From raw texts to counted rows, under any normaliser: raw text is stored, everything else is derived."""

from __future__ import annotations

import pandas as pd

from workbench.schema import COUNTS
from workbench.text.alternatives import OwnWays, has_alternation, read_alternation
from workbench.text.edit_counts import count_frame
from workbench.text.normalise import Normaliser


def add_scores(frame: pd.DataFrame, normaliser: Normaliser) -> pd.DataFrame:
    """Return ``frame`` with ``normaliser_id``, ``reference``, ``hypothesis`` and the counts of each row.

    ``hypothesis`` is normalised and, where the normaliser has alternatives or the reference has its own
    (``{ a / b }``), written in the reference's ways: what is counted is what is shown.

    Parameters
    ----------
    frame : has ``reference_raw`` and ``hypothesis_raw``; a missing hypothesis_raw is a failed decode, whose counts
        and hypothesis stay missing. Any other column is carried along; earlier scores are replaced.
    normaliser : applied to both sides, once per different text

    Raises
    ------
    ScoringError : a reference is missing
    """
    raw = frame["reference_raw"]
    own = {text: ways for text in raw.dropna().unique() if has_alternation(text) for ways in [_own(text, normaliser)]}
    reference = normalise_column(raw, normaliser)
    if own:
        reference = raw.map({text: written for text, (written, _) in own.items()}).fillna(reference).astype("str")
    hypothesis = normalise_column(frame["hypothesis_raw"], normaliser)
    said, written = reference.tolist(), hypothesis.tolist()
    if own or normaliser.alternatives:
        _write_as_said(raw.tolist(), frame["hypothesis_raw"].tolist(), said, written, normaliser, own)
        hypothesis = pd.Series(written, index=frame.index, dtype="str")
    counts = count_frame(said, written).set_axis(frame.index, axis=0)
    texts = frame.assign(normaliser_id=normaliser.id, reference=reference, hypothesis=hypothesis)
    return texts.assign(**{name: counts[name] for name in COUNTS})


def normalise_column(texts: pd.Series[str], normaliser: Normaliser) -> pd.Series[str]:
    """Return the texts normalised, each different text once; missing stays missing."""
    distinct = texts.dropna().unique()
    return texts.map({text: normaliser(text) for text in distinct}).astype("str")


def _own(text: str, normaliser: Normaliser) -> tuple[str, tuple[OwnWays, ...]]:
    return read_alternation(text, normaliser)


def _write_as_said(
    raw: list[str], heard_raw: list[str], said: list[str], written: list[str], normaliser: Normaliser,
    own: dict[str, tuple[str, tuple[OwnWays, ...]]],
) -> None:  # fmt: skip
    """Put what was ``written``, in place, into the ways of what was ``said``, each different pair once."""
    as_written = normaliser.alternatives.as_written
    known: dict[tuple[str, str, str], str] = {}
    for place, (source, answer, text, heard) in enumerate(zip(raw, heard_raw, said, written, strict=True)):
        if heard == text or not isinstance(heard, str):
            continue
        if source == answer:  # equal texts are right, whatever signs of notation they hold
            written[place] = text
            continue
        pair = (source if source in own else "", text, heard)
        result = known.get(pair)
        if result is None:
            ways = own[source][1] if source in own else ()
            result = known[pair] = as_written(text, heard, own=ways)
        written[place] = result
