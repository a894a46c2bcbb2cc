"""Hand-made results and how a card's text is read back, for the tests of cards."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pypdf

from tests.figure_frames import CONDITIONS, DEMO, MODEL, Errors, scores
from workbench import cards
from workbench.cards.word_tables import BREAK
from workbench.corpora import CorpusInfo
from workbench.corpora.description import AttributeInfo
from workbench.engines import ModelInfo
from workbench.results import Results
from workbench.results.scored_rows import LoadedRows
from workbench.store import RunRecord
from workbench.study import Study


def build(made: Results, **options: Any) -> cards.Card:
    """A card with all its groups and without the parts that take time, unless asked for."""
    return cards.build_card(made, **{"minimum_speakers": 1, "evidence": (), **options})


def results(
    errors: Errors = DEMO,
    conditions: Sequence[str] = CONDITIONS,
    models: Sequence[str] = (MODEL,),
    *,
    synthetic: bool = False,
    name: str = "digits in the ward",
    scored: pd.DataFrame | None = None,
    **corpus: Any,
) -> Results:
    """Return results over a hand-made corpus, with everything else as a run leaves it."""
    frame = scores(errors, conditions, models) if scored is None else scored
    info = CorpusInfo(
        corpus_id="c",
        title="Ward digits",
        licence="CC-BY-4.0",
        source="recorded for this test",
        synthetic_voices=synthetic,
        attributes={"accent": AttributeInfo(obtained="self-reported", note="asked in a form")},
        fingerprint="f1" * 32,
        n_utterances=frame["utterance_id"].nunique(),
        n_speakers=frame["speaker_id"].nunique(),
        n_dropped=0,
    ).model_copy(update=corpus)
    study = Study.create(
        {
            "name": name,
            "corpus": ["ward.csv"],
            "attributes": ["accent"],
            "engines": ["pocketsphinx?grammar=digits.gram"],
            "conditions": list(conditions),
            "normaliser": "basic",
            "margin": 0.03,
            "seed": 7,
        }
    )
    run = RunRecord(
        run_id="20261120-ward-1f2e3d4c",
        study=name,
        state="done",
        total=len(frame),
        done=len(frame),
        failed=int((frame["status"] == "failed").sum()),
        reused=0,
        created_at="2026-11-20T10:00:00+00:00",
        started_at="2026-11-20T10:00:01+00:00",
        finished_at="2026-11-20T23:59:02+00:00",
        message="",
        seed=7,
        study_json=study.to_json(),
        base="",
        pid=0,
        versions={"workbench": "0.1.0", "python": "3.11.7", "pocketsphinx": "5.1.1"},
    )
    infos = tuple(
        ModelInfo(
            model, "pocketsphinx", "5.1.1", hashlib.sha256(model.encode()).hexdigest(), {"beam": 1e-48, "cmn": "none"}
        )
        for model in models
    )
    return Results(run, study, (info,), infos, LoadedRows(frame), "basic-1")


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ").replace(BREAK, ""))


def read(pdf: bytes) -> str:
    """The text of a PDF, spaces made plain."""
    return plain("\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def squeezed(text: str) -> str:
    """Text without any space: a name may be broken over lines."""
    return re.sub(r"\s", "", plain(text))
