"""Harm: whether the words that matter arrive, by group: numbers, negations, drugs, names, and lists of the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.errors import ScoringError
from workbench.fairness.group_rates.events import Event, event_rates
from workbench.text.keyword_lists import NEGATION, Keywords, keyword_counts, shipped_keywords
from workbench.text.normalise import get_normaliser


def keyword_recall(
    scores: pd.DataFrame, by: Sequence[str] = (), *, lists: Mapping[str, Iterable[str]] | None = None
) -> pd.DataFrame:
    """Return EVENT_RATES: of the keywords of each class that were said, how many the transcript has right, by group.

    Parameters
    ----------
    scores : SCORES; the keywords are normalised as the transcripts are
    by : attributes
    lists : terms by class; default: numbers, negation, pronouns, slang and drugs, which ship with the workbench

    Returns
    -------
    Per class the event ``<class> right`` out of those said. For the class ``negation`` also ``negation dropped``
    (said and not right) and ``negation added`` (written where nobody said it, per utterance).

    Raises
    ------
    ScoringError : the frame is not scored under one normaliser

    Source: recall per class of words; intervals as for ``rates``.
    """
    used = list(scores["normaliser_id"].unique()) if "normaliser_id" in scores.columns else []
    if len(used) != 1:
        raise ScoringError("rows under no normaliser or several", place="SCORES", remedy="score them under one")
    given = shipped_keywords() if lists is None else lists
    keywords = Keywords.of(given, get_normaliser(str(used[0])))
    hypotheses = [text if isinstance(text, str) else None for text in scores["hypothesis"]]
    counts = keyword_counts(scores["reference"].tolist(), hypotheses, keywords)
    events = []
    heard = scores["errors"].notna().to_numpy().astype(np.int64)
    for name in given:
        of_class = counts[counts["keyword_class"] == name]
        sentence, right, added = (_per_row(of_class, column, len(scores)) for column in ("said", "right", "added"))
        events.append(Event(f"{name} right", right, sentence, f"{name} said"))
        if name == NEGATION:
            events.append(Event(f"{name} dropped", sentence - right, sentence, f"{name} said"))
            events.append(Event(f"{name} added", added, heard, "utterance", share=False))
    return event_rates(scores, by, events)


def _per_row(counts: pd.DataFrame, column: str, rows: int) -> np.ndarray:
    values = np.zeros(rows, dtype=np.int64)
    values[counts["row"].to_numpy()] = counts[column].to_numpy()
    return values
