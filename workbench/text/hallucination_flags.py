"""Hallucination flags: transcripts that look invented rather than misheard, each with its reasons.

A transcript is flagged if **two or more** of these hold; one alone is too easily had by an ordinary mistake:

==================  ===========================================================================================
``inserted run``    five or more invented words in a row
``mostly invented``  more than half as many insertions as reference words, and a character error rate above .6
``too fast``        more than 6 words per second of speech (of audio, where the share of speech is not known)
``repetitive``      the text compresses to less than 1/2.4 of its bytes (Whisper's own limit for a failed decode)
``loop``            the same three words four times or more
``known phrase``    a phrase that recognisers are known to invent ("thanks for watching")
``no speech``       the engine's own no-speech probability is above .6, and yet there is text
``unstable``        under the same condition with other noise (another seed) more than half of the words differ
==================  ===========================================================================================

A transcript with any word on an **empty reference** is not flagged here: it is false speech by definition, and counted as
such (``fairness.false_speech``). Flags point at transcripts to listen to; they do not prove anything.

Source: thresholds chosen by us, except the compression ratio (openai-whisper, ``transcribe``), its no-speech threshold
(same), and the idea of a list of invented phrases (Baranski et al. 2025).
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from workbench.errors import ScoringError
from workbench.schema import HEARD
from workbench.text.align import align_words
from workbench.text.basic import fold_case, words_only

LONG_RUN = 5
WORDS_PER_SECOND = 6.0
COMPRESSION = 2.4
LOOPS = 4
NO_SPEECH = 0.6
REASONS_NEEDED = 2
KNOWN_PHRASES = (
    "thanks for watching", "thank you for watching", "please subscribe", "subscribe to my channel",
    "like and subscribe", "don't forget to subscribe", "see you in the next video", "subtitles by",
    "transcription by", "captions by", "all rights reserved",
)  # fmt: skip
_NEEDED = ("reference", "hypothesis", "hypothesis_raw", "insertions", "ref_words", "char_errors", "ref_chars")


def hallucination_flags(scores: pd.DataFrame) -> pd.DataFrame:
    """Return ``flagged`` (bool) and ``reasons`` (text) for each row of SCORES, over its index.

    Parameters
    ----------
    scores : SCORES; ``heard_s`` (else ``duration_s``), ``activity_factor`` (the share of speech), ``no_speech_prob`` and ``hypothesis_again``
        (what the same engine wrote with other noise: :func:`with_another_seed`) are used where they are there

    Raises
    ------
    ScoringError : a column is missing
    """
    missing = [name for name in _NEEDED if name not in scores.columns]
    if missing:
        raise ScoringError(
            f"no column {', '.join(map(repr, missing))}", place="SCORES", remedy="score the transcripts first"
        )
    words = scores["hypothesis"].fillna("").str.split().map(len).to_numpy()
    insertions = scores["insertions"].fillna(0).to_numpy(dtype=np.int64)
    ref_words = scores["ref_words"].fillna(0).to_numpy(dtype=np.int64)
    errors, length = (scores[name].fillna(0).to_numpy(dtype=np.int64) for name in ("char_errors", "ref_chars"))
    heard = scores["hypothesis"].notna().to_numpy() & (ref_words > 0) & (words > 0)
    raw = scores["hypothesis_raw"].fillna("").astype("str").tolist()
    compressed = {text: _compression(text) > COMPRESSION for text in set(raw)}
    held = {
        "inserted run": heard & _long_runs(scores, heard & (insertions >= LONG_RUN)),
        "mostly invented": heard & (2 * insertions > ref_words) & (errors > 0.6 * length),
        "too fast": heard & _too_fast(scores, words),
        "repetitive": heard & np.array([compressed[text] for text in raw], dtype=bool),
        "loop": heard & np.array([loops(text) >= LOOPS for text in _texts(scores)], dtype=bool),
        "known phrase": heard & np.array([_known(text) for text in raw], dtype=bool),
        "no speech": heard & _no_speech(scores),
        "unstable": heard & _unstable(scores),
    }
    count = np.sum(list(held.values()), axis=0)
    flagged = count >= REASONS_NEEDED
    reasons = ["; ".join(name for name, where in held.items() if where[row]) for row in range(len(scores))]
    return pd.DataFrame({"flagged": flagged, "reasons": pd.Series(reasons, dtype="str").array}, index=scores.index)


def with_another_seed(scores: pd.DataFrame, again: pd.DataFrame) -> pd.DataFrame:
    """Return ``scores`` with ``hypothesis_again``: what ``again``, SCORES of the same study under another seed, has in that place.

    Rows without a counterpart have none, and clean audio has none either: it is the same under every seed. One model on
    each side is taken for the same one whatever it is called: transcripts made elsewhere are named by their file.

    Raises
    ------
    ScoringError : the two have no utterance under the same condition by the same model in common
    """
    keys = ["utterance_id", "condition_id", "model_id"]
    other = again.loc[again["condition_id"] != "clean", [*keys, "hypothesis"]]
    if scores["model_id"].nunique() == other["model_id"].nunique() == 1:
        other = other.assign(model_id=scores["model_id"].iloc[0])
    joined = scores[keys].merge(
        other.rename(columns={"hypothesis": "hypothesis_again"}), on=keys, how="left", validate="one_to_one"
    )
    if joined["hypothesis_again"].isna().all():
        raise ScoringError(
            "the two runs share no utterance under the same condition with noise",
            remedy="run the same study again with another seed",
        )
    return scores.assign(hypothesis_again=joined["hypothesis_again"].array)


def loops(text: str) -> int:
    """Return how often the commonest three words in a row occur in a text.

    >>> loops("i am here i am here i am here")
    3
    """
    words = text.split()
    if len(words) < 3 * 2:
        return 1 if len(words) >= 3 else 0
    return max(Counter(zip(words, words[1:], words[2:], strict=False)).values())


def _texts(scores: pd.DataFrame) -> Sequence[str]:
    return list(scores["hypothesis"].fillna("").astype("str"))


def _long_runs(scores: pd.DataFrame, candidates: np.ndarray) -> np.ndarray:
    """Return whether so many words in a row are invented; only candidates are aligned."""
    result = np.zeros(len(scores), dtype=bool)
    references, hypotheses = scores["reference"].tolist(), scores["hypothesis"].tolist()
    for row in np.flatnonzero(candidates):
        run = longest = 0
        for word in align_words(references[row], hypotheses[row]):
            run = run + 1 if word.op == "insertion" else 0
            longest = max(longest, run)
        result[row] = longest >= LONG_RUN
    return result


def _too_fast(scores: pd.DataFrame, words: np.ndarray) -> np.ndarray:
    length = next((name for name in (HEARD, "duration_s") if name in scores.columns), None)
    if length is None:
        return np.zeros(len(scores), dtype=bool)
    seconds = scores[length].to_numpy(dtype=np.float64, na_value=np.nan)
    if "activity_factor" in scores.columns:
        active = scores["activity_factor"].to_numpy(dtype=np.float64, na_value=np.nan)
        seconds = seconds * np.where(active > 0, active, 1.0)
    return np.asarray(words > WORDS_PER_SECOND * np.where(seconds > 0, seconds, np.inf), dtype=bool)


def _no_speech(scores: pd.DataFrame) -> np.ndarray:
    if "no_speech_prob" not in scores.columns:
        return np.zeros(len(scores), dtype=bool)
    return np.asarray(scores["no_speech_prob"].to_numpy(dtype=np.float64, na_value=np.nan) > NO_SPEECH, dtype=bool)


def _unstable(scores: pd.DataFrame) -> np.ndarray:
    if "hypothesis_again" not in scores.columns:
        return np.zeros(len(scores), dtype=bool)
    result = np.zeros(len(scores), dtype=bool)
    there = (scores["hypothesis"].notna() & scores["hypothesis_again"].notna()).to_numpy()
    first, second = scores["hypothesis"].tolist(), scores["hypothesis_again"].tolist()
    for row in np.flatnonzero(there):
        before, other = first[row].split(), second[row].split()
        result[row] = 2 * Levenshtein.distance(before, other) > max(len(before), len(other))
    return result


def _compression(text: str) -> float:
    """Return bytes of the text over bytes of it compressed: high for repetitions."""
    data = text.encode("utf-8", errors="surrogatepass")
    return len(data) / len(zlib.compress(data)) if data else 0.0


def _known(text: str) -> bool:
    written = f" {words_only(fold_case(text))} "
    return any(f" {phrase} " in written for phrase in KNOWN_PHRASES)
