"""Two hashes: of a run, from everything it is made of, and of a card, from everything it says."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.cards.model import Card
    from workbench.results import Results

KEY = ("utterance_id", "condition_id", "model_id")
HASHED = (*KEY, "status", "audio_digest", "reference_raw", "hypothesis_raw")


def run_hash(results: Results) -> str:
    """Return the SHA-256 of a run: its study, corpora, models, and each transcript with the digest of the audio heard.

    The same under every normaliser and all display names, and on every machine that holds the run.
    """
    run = results.run
    digest = hashlib.sha256()
    head = [
        _without_labels(run.study_json),
        [info.fingerprint for info in results.corpora],
        [model.digest for model in results.models],
    ]
    digest.update(_line(head))
    rows = results.scores[list(HASHED)].astype("object")
    rows = rows.where(rows.notna(), None).sort_values(list(KEY))
    for row in zip(*[rows[name].tolist() for name in HASHED], strict=True):
        digest.update(_line(list(row)))
    return digest.hexdigest()


def content_hash(card: Card) -> str:
    """Return the SHA-256 of the card's canonical JSON without the hash itself."""
    return hashlib.sha256(_line(card.model_dump(mode="json", exclude={"content_hash"}))).hexdigest()


def _without_labels(study_json: str) -> str:
    """Return the JSON of a study without display names, which may change after the run."""
    fields = json.loads(study_json)
    if "labels" not in fields:
        return study_json
    return json.dumps(
        {name: value for name, value in fields.items() if name != "labels"}, sort_keys=True, ensure_ascii=False
    )


def _line(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8", "surrogatepass")
