"""Small SCORES frames with known counts, for the tests of figures and cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.schema import SCORES

MODEL = "pocketsphinx?grammar=digits.gram#1f2e3d4c"
WORDS = 50
"""Reference words of every utterance."""

Errors = Mapping[str, Sequence[Sequence[int | None]]]
"""Group -> speakers -> errors of each utterance in clean audio; None is a failed decoding."""

DEMO: Errors = {
    "Scotland": [[20, 22], [30, 31], [25, 18]],
    "England": [[5, 6], [4, 9], [7, 5], [6, 6], [3, 8], [6, 5]],
    "Wales": [[11, 14]],
    "not stated": [[9, 2], [8, 12]],
}
CONDITIONS = ("clean", "white_noise@2", "babble@3")


def scores(
    errors: Errors = DEMO,
    conditions: Sequence[str] = CONDITIONS,
    models: Sequence[str] = (MODEL,),
    *,
    attribute: str = "accent",
    more: Mapping[str, str] | None = None,
    words: int = WORDS,
) -> pd.DataFrame:
    """Return SCORES in which every later condition adds four errors to each utterance, every later model one."""
    rows: list[dict[str, Any]] = []
    for model_at, model in enumerate(models):
        for condition_at, condition in enumerate(conditions):
            for group, people in errors.items():
                for speaker, counts in enumerate(people):
                    for slot, count in enumerate(counts):
                        wrong = None if count is None else count + 4 * condition_at + model_at
                        made = row(f"c/{group}-{speaker}-{slot}", condition, model, f"{group}-{speaker}", wrong, words)
                        rows.append({**made, attribute: group, **(more or {})})
    return SCORES.validate(pd.DataFrame(rows))


def row(utterance: str, condition: str, model: str, speaker: str, wrong: int | None, words: int) -> dict[str, Any]:
    """Return one row of SCORES with every column; ``wrong`` errors, None is a failed decode."""
    failed = wrong is None
    deletions = None if failed else min(wrong or 0, words)
    insertions = None if failed else (wrong or 0) - (deletions or 0)
    hits = None if failed else words - (deletions or 0)
    return {
        "utterance_id": utterance,
        "condition_id": condition,
        "model_id": model,
        "corpus_id": "c",
        "speaker_id": speaker,
        "prompt_id": "p",
        "duration_s": 3.0,
        "family": "noise",
        "severity": None,
        "level": None,
        "level_unit": "",
        "achieved_snr_db": 10.02 if condition.startswith("white_noise") else None,
        "engine": "pocketsphinx",
        "engine_version": "5.1.1",
        "model_digest": "d" * 64,
        "decode_options": "{}",
        "run_id": "run-1",
        "seed": 1,
        "audio_digest": "a" * 64,
        "status": "failed" if failed else "ok",
        "error": "the decoder gave up" if failed else None,
        "reference_raw": "one",
        "hypothesis_raw": None if failed else "one",
        "normaliser_id": "basic-1",
        "reference": "one",
        "hypothesis": None if failed else "one",
        "hits": hits,
        "substitutions": None if failed else 0,
        "deletions": deletions,
        "insertions": insertions,
        "ref_words": None if failed else words,
        "hyp_words": None if failed else (hits or 0) + (insertions or 0),
        "errors": wrong,
        "char_errors": None if failed else 4 * (wrong or 0),
        "ref_chars": None if failed else 5 * words,
        "decode_s": 0.1,
        "confidence": None,
    }
