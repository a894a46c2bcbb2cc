"""A store with a large finished run, written directly: for what the pages do with a million rows of scores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.corpora import Corpus, CorpusInfo
from workbench.engines import ModelInfo
from workbench.schema import UTTERANCES
from workbench.store import Store
from workbench.store.records import now
from workbench.study import Study

WORDS = np.array(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "zero"])
CONDITIONS = [
    "clean", *(f"{name}@{level}" for name in ("white_noise", "babble", "room", "equip_pulse", "opus") for level in (1, 2, 3, 4))
]  # fmt: skip
MODEL = ModelInfo("made:up#1", "made", "1", "d" * 64, {})
CHUNK = 50_000


def large_run(store: Store, folder: Path, *, utterances: int, speakers: int, conditions: int, accents: int = 20) -> str:
    """Write a finished run of ``utterances`` x ``conditions`` rows and return its id. Voices, words and errors are made up."""
    rng = np.random.default_rng(1)
    corpus = _corpus(folder, utterances, speakers, accents, rng)
    store.add_corpus(corpus)
    fields = {
        "name": "large", "corpus": ["large.csv"], "engines": ["imported:made.csv"], "conditions": CONDITIONS[:conditions],
        "normaliser": "basic", "attributes": ["accent", "gender"],
    }  # fmt: skip
    record = store.enqueue(Study.create(fields, base=folder))
    ids = corpus.utterances["utterance_id"].tolist()
    chosen = CONDITIONS[:conditions]
    store.prepare(
        record.run_id,
        items=_items(ids, chosen, corpus.info.fingerprint),
        models=[MODEL],
        corpora=[corpus.info.fingerprint],
        versions={},
        notes=[],
        content_digest="large",
    )
    said = corpus.utterances["reference"].tolist()
    for place, condition in enumerate(chosen):
        rows = [
            _transcript(name, condition, _heard(text, 0.05 + 0.02 * place, rng))
            for name, text in zip(ids, said, strict=True)
        ]
        for start in range(0, len(rows), CHUNK):
            store.add_transcripts(rows[start : start + CHUNK])
    total = len(ids) * len(chosen)
    store.update(record.run_id, state="done", total=total, done=total, finished_at=now())
    return record.run_id


def _corpus(folder: Path, n: int, speakers: int, accents: int, rng: np.random.Generator) -> Corpus:
    who = np.arange(n) % speakers
    texts = [" ".join(WORDS[rng.integers(0, 10, 8)]) for _ in range(n)]
    frame = pd.DataFrame(
        {
            "utterance_id": [f"large/{i:07d}" for i in range(n)],
            "corpus_id": "large",
            "path": [str(folder / f"{i:07d}.wav") for i in range(n)],
            "reference": texts,
            "speaker_id": [f"s{i:04d}" for i in who],
            "start_s": np.nan,
            "end_s": np.nan,
            "channel": pd.NA,
            "prompt_id": [f"p{i % 500:03d}" for i in range(n)],
            "slot": np.arange(n),
            "duration_s": 3.0,
            "source_digest": [f"{i:064x}" for i in range(n)],
            "accent": [f"accent {i % accents:02d}" for i in who],
            "gender": ["female" if i // accents % 2 else "male" for i in who],
        }
    )
    frame = UTTERANCES.validate(frame)
    told = {name: {"obtained": "annotated"} for name in ("accent", "gender")}
    info = CorpusInfo.model_validate(
        {
            "title": "Large", "language": "en", "attributes": told, "corpus_id": "large", "fingerprint": "f" * 64,
            "n_utterances": n, "n_speakers": speakers, "n_dropped": 0,
        }
    )  # fmt: skip
    return Corpus(info, frame, ())


def _heard(text: str, share: float, rng: np.random.Generator) -> str:
    words = text.split()
    return " ".join(
        "what" if wrong else word for word, wrong in zip(words, rng.random(len(words)) < share, strict=True)
    )


def _items(ids: list[str], conditions: list[str], fingerprint: str) -> Iterator[dict[str, Any]]:
    for condition in conditions:
        for name in ids:
            yield {
                "fingerprint": fingerprint, "utterance_id": name, "condition_id": condition, "model_id": MODEL.model_id,
                "transcript_key": f"{condition}|{name}"[-40:],
            }  # fmt: skip


def _transcript(name: str, condition: str, text: str) -> dict[str, Any]:
    return {
        "transcript_key": f"{condition}|{name}"[-40:], "condition_id": condition, "model_id": MODEL.model_id, "status": "ok",
        "error": None, "hypothesis_raw": text, "confidence": None, "decode_s": 0.1, "duration_s": 3.0,
        "audio_digest": "a" * 64, "achieved_snr_db": None, "facts": json.dumps({}),
    }  # fmt: skip
