"""A bundle: one zip with a run, its transcripts and its card, from which the card is computed again on a machine that has nothing else.

It holds no audio. Its files are stored as they are, in one order and with one date, so that every byte of the zip follows from the
files, and every file is named with its SHA-256 in ``manifest.json``. The **seal** is the SHA-256 of that manifest: who publishes it can
later show that nothing was changed, for whoever rewrites a bundle rewrites its hashes too.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import pandas as pd

from workbench.cards.builder import build
from workbench.cards.evidence import PARTS
from workbench.cards.html import html
from workbench.cards.model import Card
from workbench.cards.redaction import kinds_of, redacted
from workbench.cards.rendered import draw
from workbench.cards.writer import json_bytes, pdf
from workbench.errors import CardError
from workbench.results import Results
from workbench.results.scored_rows import MEASURED, LoadedRows
from workbench.schema import SCORES
from workbench.version import __version__

FORMAT = "workbench-bundle/1"
MANIFEST, RUN, ROWS, CARD, PAGE, PRINT, ABOUT = (
    "manifest.json", "run.json", "scores.parquet", "card.json", "card.html", "card.pdf", "README.txt"
)  # fmt: skip
FILES = (ABOUT, CARD, PAGE, PRINT, RUN, ROWS)
"""What the manifest names, in the order of the zip; the manifest comes first."""
DATE = (1980, 1, 1, 0, 0, 0)
OF_TEXTS = ("band", "events", "words", "keywords")
"""Parts of a card that are computed from texts: a bundle with blanked texts has none of them."""
REDACTED, FACTS = "redacted", "facts"
"""Columns of the rows beside SCORES: whether a text was blanked, and what was measured."""
NAMED = ("speaker_id", "utterance_id", "prompt_id")


class Bundle(NamedTuple):
    """A bundle as it is written: its bytes, its seal, its card, and what whoever passes it on has to know."""

    content: bytes
    seal: str
    card: Card
    notes: tuple[str, ...]


def make_bundle(results: Results, *, redact: Sequence[str] = (), key: bytes | None = None, **asked: Any) -> Bundle:
    """Return the bundle of a run, with a card made from exactly what the bundle holds.

    Parameters
    ----------
    redact : kinds of words to blank (``redaction.KINDS``); counts stay what they were
    key : replace names of speakers, utterances and prompts by keyed hashes (HMAC-SHA-256), which only the key leads back;
        attributes that the card does not report are left out then. Default: names stay
    asked : as for ``build_card``

    Raises
    ------
    CardError : as ``build_card``; examples where texts are blanked; names cannot be found in the texts
    """
    if redact and asked.get("examples"):
        raise CardError(
            "transcripts cannot be printed where texts are blanked", place="bundle", remedy="leave one of them out"
        )
    scores, changed = redacted(results.scores, redact)
    measured = results.measured.reindex(columns=MEASURED).reset_index(drop=True)
    if redact:
        parts = asked.get("evidence")
        asked["evidence"] = [name for name in (PARTS if parts is None else parts) if name not in OF_TEXTS]
    if key is not None:
        measured = measured.assign(utterance_id=measured["utterance_id"].map(_pseudonyms(scores["utterance_id"], key)))
        scores = with_pseudonyms(scores, key)
        reported = set(results.attributes if asked.get("attributes") is None else asked["attributes"])
        scores = scores.drop(columns=[name for name in SCORES.attributes_of(scores) if name not in reported])
    if redact or key is not None:
        scores = scores.assign(error=scores["error"].where(scores["error"].isna(), "not passed on"))
    run = replace(results.run, base="", pid=0, message="", host="", belongs_to="")
    bundled = replace(
        results, run=run, rows_of_run=LoadedRows(scores, measured), store_url="", whole=None, crossings={}, pools={}
    )
    card = build(bundled, **asked)
    rows = scores.assign(**{REDACTED: changed.to_numpy(), FACTS: measured["facts"].to_numpy()})
    drawn = draw(card)
    files = {
        ABOUT: _about(card, redact, pseudonyms=key is not None).encode("utf-8"),
        CARD: json_bytes(card),
        PAGE: html(drawn).encode("utf-8"),
        PRINT: pdf(drawn),
        RUN: _json(_described(bundled)),
        ROWS: _parquet(rows),
    }
    manifest = _json(
        {
            "format": FORMAT,
            "workbench": __version__,
            "run_id": run.run_id,
            "redacted": list(redact),
            "pseudonyms": key is not None,
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        }
    )
    return Bundle(
        zipped({MANIFEST: manifest, **files}), hashlib.sha256(manifest).hexdigest(), card, _notes(card, scores, changed)
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of these files, the manifest first: the same files always give the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name in (MANIFEST, *FILES):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return sink.getvalue()


def protected_scores(scores: pd.DataFrame, redact: Sequence[str], key: bytes | None) -> pd.DataFrame:
    """Return SCORES as a bundle would hold them: words blanked (``redaction.KINDS``), names replaced by keyed hashes; counts stay.

    Raises
    ------
    CardError : an unknown kind of words, or names that cannot be found in the texts
    """
    scores, _ = redacted(scores, kinds_of(redact))
    if key is not None:
        scores = with_pseudonyms(scores, key)
    return scores.assign(error=scores["error"].where(scores["error"].isna(), "not passed on"))


def with_pseudonyms(scores: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """Return SCORES with names of speakers, utterances and prompts replaced by keyed hashes (HMAC-SHA-256)."""
    names = {column: _pseudonyms(scores[column], key) for column in NAMED if column in scores}
    return scores.assign(**{column: scores[column].map(of).astype("str") for column, of in names.items()})


def _pseudonyms(names: pd.Series[Any], key: bytes) -> dict[str, str]:
    """Return a name for every name: its rank, which keeps the order that figures depend on, and a keyed hash of it."""
    known = sorted(str(name) for name in names.dropna().unique())
    return {
        name: f"{rank:06d}-{hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:16]}"
        for rank, name in enumerate(known)
    }


def _described(results: Results) -> dict[str, Any]:
    run = asdict(results.run)
    run.pop("models")
    return {
        "run": run,
        "models": [asdict(model) for model in results.models],
        "corpora": [info.model_dump(mode="json") for info in results.corpora],
        "normaliser": results.study.normaliser,
        "normaliser_id": results.normaliser_id,
    }


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _parquet(rows: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    rows.reset_index(drop=True).to_parquet(sink, index=False)
    return sink.getvalue()


def _about(card: Card, redact: Sequence[str], *, pseudonyms: bool) -> str:
    blanked = f"Blanked in both texts after counting: {', '.join(redact)}.\n" if redact else "No text was blanked.\n"
    named = (
        "Speakers and utterances have pseudonyms.\n" if pseudonyms else "Speakers and utterances have their names.\n"
    )
    return (
        f"{card.title}\nRun {card.run.run_id}, {card.run.date[:10]}\n\n"
        "card.pdf, card.html, card.json: the service card, three forms of the same numbers.\n"
        "scores.parquet: every transcript with its reference, counts, groups and what was measured; no audio.\n"
        "run.json: study, recognisers and corpora. manifest.json: the SHA-256 of every file.\n\n"
        f"{blanked}{named}\n"
        "To compute every number of the card again, on a machine with the workbench and nothing else:\n"
        "    workbench verify audit.zip\n"
    )


def _notes(card: Card, scores: pd.DataFrame, changed: pd.Series[bool]) -> tuple[str, ...]:
    """Return what whoever passes the bundle on has to know."""
    notes = [
        f"{len(scores):,} transcripts of {scores[['corpus_id', 'speaker_id']].drop_duplicates().shape[0]:,} speakers; no audio"
    ]
    if changed.any():
        notes.append(f"{int(changed.sum()):,} of them with blanked words; their counts are those of the whole texts")
    attributes = SCORES.attributes_of(scores)
    if attributes:
        notes.append(f"attributes of every speaker are in it: {', '.join(attributes)}")
    hidden = sum(map(len, card.privacy.hidden.values()))
    if hidden:
        notes.append(
            f"{hidden} groups that the card hides are in its rows: pass it on only to those who may see single speakers"
        )
    return tuple(notes)
