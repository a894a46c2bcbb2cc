"""A store with a large finished run, written directly: for what the pages do with a million rows of scores.

Texts, lengths and groups are uneven, as those of a corpus are: words of very different frequency, utterances of 4 to 14 of them, prompts read by seven, groups
from a seventh to a fiftieth of the speakers, one transcript in a thousand failed. There is audio, of a few made-up voices.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, speech_like
from workbench.corpora import Corpus, CorpusInfo
from workbench.engines import ModelInfo
from workbench.schema import UTTERANCES
from workbench.store import Store
from workbench.store.records import now
from workbench.study import Study

SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
WORDS = np.array([first + second for first in SYLLABLES for second in SYLLABLES])[
    np.random.default_rng(5).permutation(4900)[:2000]
]
FREQUENCY = 1 / np.arange(1, len(WORDS) + 1)
"""Of the words, by Zipf's law."""
CONDITIONS = [
    "clean", *(f"{name}@{level}" for name in ("white_noise", "babble", "room", "equip_pulse", "opus") for level in (1, 2, 3, 4))
]  # fmt: skip
MODELS = [ModelInfo(f"made:{name}#1", "made", "1", letter * 64, {}) for name, letter in (("up", "d"), ("other", "e"))]
FEWEST, MOST = 4, 14
"""Words of an utterance."""
READERS = 7
"""Of every prompt."""
VOICES = 8
SECONDS_A_WORD = 0.4
CHUNK = 50_000


def large_run(
    store: Store, folder: Path, *, utterances: int, speakers: int, conditions: int, accents: int = 20, models: int = 1
) -> str:
    """Write a finished run of ``utterances`` x ``conditions`` x ``models`` rows and return its id. All is made up."""
    rng = np.random.default_rng(1)
    prompts = np.arange(utterances) % max(utterances // READERS, 1)
    words = _said(int(prompts.max()) + 1, rng)[prompts]
    corpus = _corpus(folder, words, prompts, speakers, accents)
    store.add_corpus(corpus)
    fields = {
        "name": "large", "corpus": ["large.csv"], "engines": ["imported:made.csv", "imported:other.csv"][:models],
        "conditions": CONDITIONS[:conditions], "normaliser": "basic", "attributes": ["accent", "gender"],
    }  # fmt: skip
    record = store.enqueue(Study.create(fields, base=folder))
    ids = corpus.utterances["utterance_id"].tolist()
    lengths = corpus.utterances["duration_s"].tolist()
    chosen = CONDITIONS[:conditions]
    store.prepare(
        record.run_id,
        items=_items(ids, chosen, MODELS[:models], corpus.info.fingerprint),
        models=MODELS[:models],
        corpora=[corpus.info.fingerprint],
        versions={},
        notes=[],
        content_digest="large",
    )
    failed = 0
    for better, model in enumerate(MODELS[:models]):
        for place, condition in enumerate(chosen):
            texts = _heard(words, (0.05 + 0.02 * place) * 0.8**better, rng)
            lost = rng.random(len(ids)) < 0.001
            failed += int(lost.sum())
            rows = [
                _transcript(one, condition, model, None if gone else text, length)
                for one, text, gone, length in zip(ids, texts, lost.tolist(), lengths, strict=True)
            ]
            for start in range(0, len(rows), CHUNK):
                store.add_transcripts(rows[start : start + CHUNK])
    total = len(ids) * len(chosen) * models
    store.update(record.run_id, state="done", total=total, done=total, failed=failed, finished_at=now())
    return record.run_id


def _said(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the words of each prompt as codes (prompts x MOST), -1 after its end."""
    codes = rng.choice(len(WORDS), size=(n, MOST), p=FREQUENCY / FREQUENCY.sum())
    return np.where(np.arange(MOST) < rng.integers(FEWEST, MOST + 1, size=(n, 1)), codes, -1)


def _texts(codes: NDArray[np.int64]) -> list[str]:
    return [" ".join(WORDS[row[row >= 0]]) for row in codes]


def _heard(said: NDArray[np.int64], share: float, rng: np.random.Generator) -> list[str]:
    """Return what is written: of the words about ``share`` wrong, three replaced for each one missed."""
    drawn = rng.random(said.shape)
    other = rng.choice(len(WORDS), size=said.shape, p=FREQUENCY / FREQUENCY.sum())
    written = np.where((said >= 0) & (drawn < 0.75 * share), other, said)
    return _texts(np.where((drawn >= 0.75 * share) & (drawn < share), -1, written))


def _corpus(folder: Path, words: NDArray[np.int64], prompts: NDArray[np.int64], speakers: int, accents: int) -> Corpus:
    n = len(words)
    seconds = SECONDS_A_WORD * (words >= 0).sum(axis=1) * (1 + 0.1 * np.sin(np.arange(n)))
    for voice in range(VOICES):
        longest = SECONDS_A_WORD * MOST * 1.1
        soundfile.write(folder / f"voice-{voice}.wav", speech_like(longest, seed=voice), RATE)
    who = np.arange(n) % speakers
    weights = 1 / np.arange(3, accents + 3)
    ends = np.cumsum(weights) / weights.sum() * speakers
    accent = np.searchsorted(ends, np.arange(speakers) + 0.5)
    frame = pd.DataFrame(
        {
            "utterance_id": [f"large/{i:07d}" for i in range(n)],
            "corpus_id": "large",
            "path": [str(folder / f"voice-{i % VOICES}.wav") for i in who],
            "reference": _texts(words),
            "speaker_id": [f"s{i:04d}" for i in who],
            "start_s": 0.0,
            "end_s": seconds,
            "channel": pd.NA,
            "prompt_id": [f"p{i:05d}" for i in prompts],
            "slot": np.arange(n),
            "duration_s": seconds,
            "source_digest": [f"{i:064x}" for i in range(n)],
            "accent": [f"accent {accent[i]:02d}" for i in who],
            "gender": ["female" if i % 2 else "male" for i in who],
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


def _key(name: str, condition: str, model: ModelInfo) -> str:
    return f"{model.model_id[5:8]}|{condition}|{name}"[-40:]


def _items(
    ids: list[str], conditions: list[str], models: list[ModelInfo], fingerprint: str
) -> Iterator[dict[str, Any]]:
    for model in models:
        for condition in conditions:
            for name in ids:
                yield {
                    "fingerprint": fingerprint, "utterance_id": name, "condition_id": condition, "model_id": model.model_id,
                    "transcript_key": _key(name, condition, model),
                }  # fmt: skip


def _transcript(name: str, condition: str, model: ModelInfo, text: str | None, seconds: float) -> dict[str, Any]:
    """Return a row of transcripts; without a digest of the audio, as of transcripts made elsewhere."""
    return {
        "transcript_key": _key(name, condition, model), "condition_id": condition, "model_id": model.model_id,
        "status": "failed" if text is None else "ok", "error": "made up" if text is None else None, "hypothesis_raw": text,
        "confidence": None, "decode_s": 0.1, "duration_s": seconds, "audio_digest": None, "achieved_snr_db": None,
        "facts": json.dumps({}),
    }  # fmt: skip
