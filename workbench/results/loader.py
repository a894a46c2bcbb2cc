"""Results: what a run found, scored now from the stored transcripts under any normaliser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import audio, runner, schema
from workbench.audio import Waveform
from workbench.conditions import Condition, CorpusPool, Degraded, degrade
from workbench.engines import ModelInfo
from workbench.errors import AudioError, ScoringError, StoreError
from workbench.fairness.inference.stopping import factors
from workbench.files import write_frame
from workbench.results import kept_scores
from workbench.results.scored_rows import MEASURED, KeptRows, LoadedRows, in_order, laid_out
from workbench.results.scored_run import Results
from workbench.store import RunRecord, Store, corpus_rows, open_store
from workbench.study import Study
from workbench.text import Normaliser, add_scores, get_normaliser, require_language


def load(run_id: str, *, store: Store | None = None, normaliser: str | None = None, kept: bool = False) -> Results:
    """Return the results of a run, finished or not, scored under ``normaliser`` (default: the study's).

    ``kept``: scores of a finished run that were counted before may be read from ``results.kept_scores`` and are kept there.
    Without it every number comes from the stored transcripts, now.

    Raises
    ------
    StoreError : no such run, or one without a single transcript yet
    ScoringError : an unknown normaliser, or one for another language
    """
    store = store or open_store()
    record = store.run(run_id)
    study = record.load_study()
    rules = get_normaliser(normaliser) if normaliser else get_normaliser(study.normaliser, base=study.base)
    study = study.model_copy(update={"normaliser": rules.name})
    corpora = tuple(store.corpus_info(fingerprint) for fingerprint in record.corpora)
    for info in corpora:
        require_language(rules, info.language)
    place = kept_scores.place(store.url, record, rules.id) if kept and record.finished else None

    def rows() -> LoadedRows:
        scores = kept_scores.read(place) if place else None
        if scores is None:
            scores = _score(store, record, study, rules, [store.corpus(item)[1] for item in record.corpora])
            if place:
                kept_scores.write(place, laid_out(scores))
        else:
            scores = in_order(scores).drop(columns=kept_scores.LINE)
        return LoadedRows(scores.drop(columns="facts"), scores[MEASURED])

    kept_rows = place is not None and kept_scores.names(place) is not None
    return Results(
        run=record,
        study=study,
        corpora=corpora,
        models=record.models,
        rows_of_run=KeptRows(place, rows) if place is not None and kept_rows else rows(),
        normaliser_id=rules.id,
        store_url=store.url if kept else "",
    )


def _score(
    store: Store, record: RunRecord, study: Study, chosen: Normaliser, corpora: Sequence[pd.DataFrame]
) -> pd.DataFrame:
    """Return SCORES of a run with one more column, the facts as they are stored."""
    rows = store.rows(record.run_id)
    if rows.empty:
        raise StoreError(
            "no transcripts yet", place=f"run {record.run_id}", remedy=f"it is {record.state}; wait, or start it again"
        )
    scores = _assemble(rows, pd.concat(corpora, ignore_index=True), study=study, record=record)
    scores = schema.SCORES.validate(add_scores(scores, chosen))
    return scores.assign(facts=rows["facts"].to_numpy())


def _assemble(rows: pd.DataFrame, utterances: pd.DataFrame, *, study: Study, record: RunRecord) -> pd.DataFrame:
    """Join transcripts with utterances, conditions and models into SCORES without its counts.

    Under a condition that leaves nothing of the speech, nothing was said: the reference is empty.
    """
    attributes = schema.UTTERANCES.attributes_of(utterances)
    selected = runner.passing(study, utterances).index
    utterances = utterances.assign(**{name: utterances[name].fillna(schema.NOT_STATED) for name in attributes})
    spoken = utterances[
        ["utterance_id", "corpus_id", "speaker_id", "prompt_id", "duration_s", "reference", *attributes]
    ]
    frame = rows.drop(columns=["fingerprint", "transcript_key", "facts"]).merge(
        spoken.rename(columns={"reference": "reference_raw"}), on="utterance_id", how="left", validate="many_to_one"
    )
    frame[schema.HEARD] = _heard_seconds(rows, frame["duration_s"], study.conditions)
    speechless = [c.condition_id for c in study.conditions if not c.keeps_speech]
    frame["reference_raw"] = frame["reference_raw"].mask(frame["condition_id"].isin(speechless), "")
    frame = frame.merge(_condition_columns(study.conditions), on="condition_id", how="left")
    frame = frame.merge(_model_columns(record.models), on="model_id", how="left")
    if study.allocation is not None:
        frame[schema.STOPPING_FACTOR] = factors(frame, utterances.loc[selected], study.allocation.attribute)
    return frame.assign(run_id=record.run_id, seed=record.seed)


def _heard_seconds(rows: pd.DataFrame, clean_s: pd.Series[float], conditions: Sequence[Condition]) -> pd.Series[float]:
    """Return the length of what was heard: that of the clean audio, or the one measured where a condition changes it.

    Of transcripts that were made elsewhere nothing was measured: the length that the condition gives stands in.
    """
    lengths = {c.condition_id: c.heard_s for c in conditions if not c.keeps_length}
    changed = rows["condition_id"].isin(list(lengths)).to_numpy()
    heard = clean_s.to_numpy(dtype="float64", copy=True)
    parts = zip(rows.loc[changed, "condition_id"], rows.loc[changed, "facts"], heard[changed], strict=True)
    heard[changed] = [
        json.loads(facts).get("duration_s", lengths[condition](float(clean))) for condition, facts, clean in parts
    ]
    return pd.Series(heard, index=clean_s.index)


def _condition_columns(conditions: Sequence[Condition]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {
            "condition_id": condition.condition_id,
            "family": condition.family,
            "severity": condition.severity,
            "level": condition.level,
            "level_unit": condition.level_unit,
        }
        for condition in conditions
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(severity=frame["severity"].astype("Int64"))


def _model_columns(models: Sequence[ModelInfo]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model_id": model.model_id,
                "engine": model.engine,
                "engine_version": model.version,
                "model_digest": model.digest,
                "decode_options": json.dumps(model.options, sort_keys=True, ensure_ascii=False),
            }
            for model in models
        ]
    )


def heard(
    results: Results, utterance_id: str, condition_id: str, *, store: Store | None = None
) -> tuple[Waveform, Degraded]:
    """Return the clean audio and what the engine heard of it, made again and checked against its digest.

    Raises
    ------
    AudioError : the audio file is gone, or no longer gives the samples that the engine heard
    StoreError : the run has no such utterance or condition
    """
    store = store or open_store()
    matching = [c for c in results.study.conditions if c.condition_id == condition_id]
    digests = results.digests(utterance_id, condition_id)
    if not matching or digests is None:
        raise StoreError(f"no {utterance_id!r} under {condition_id!r}", place=f"run {results.run.run_id}")
    for fingerprint in results.run.corpora:
        with store.connected() as connection:
            result = corpus_rows.one(connection, fingerprint, utterance_id)
        if not result.empty:
            break
    row, study, condition = result.iloc[0], results.study, matching[0]
    clean = runner.read(row)
    pool = _pool(results, fingerprint, store) if condition.needs_speech_pool or condition.folders else None
    degraded = degrade(clean, condition, slot=int(row["slot"]), seed=study.seed, pairing=study.pairing, pool=pool)
    if digests and audio.samples_digest(degraded.wave) not in digests:
        raise AudioError(
            "the audio no longer gives the samples that the engine heard",
            place=str(row["path"]),
            remedy="the file, the software or the kind of processor is not that of the run; run the study again",
        )
    return clean, degraded


def _pool(results: Results, fingerprint: str, store: Store) -> CorpusPool:
    """Return the speech of a corpus, looked through once for these results."""
    if fingerprint not in results.pools:
        results.pools[fingerprint] = CorpusPool(store.corpus(fingerprint)[1], base=results.study.base)
    return results.pools[fingerprint]


def rescored(results: Results, normaliser: str) -> Results:
    """Return the same results under another normaliser; no transcript is made again."""
    rules = get_normaliser(normaliser)
    for info in results.corpora:
        require_language(rules, info.language)
    kept = results.scores.drop(columns=["normaliser_id", "reference", "hypothesis", *schema.COUNTS])
    scores = schema.SCORES.validate(add_scores(kept, rules))
    return replace(
        results,
        rows_of_run=LoadedRows(scores, results.measured),
        normaliser_id=rules.id,
        crossed_by=(),
        whole=None,
        crossings={},
        study=results.study.model_copy(update={"normaliser": rules.name}),
    )


def kept_under(results: Results, normaliser: str, *, store: Store) -> Results:
    """Return the results of a finished run under another normaliser: those that are kept, else scored now and kept."""
    place = kept_scores.place(store.url, results.run, get_normaliser(normaliser).id)
    if kept_scores.names(place):
        return load(results.run.run_id, store=store, normaliser=normaliser, kept=True)
    other = rescored(results, normaliser)
    kept_scores.write(place, laid_out(other.scores.assign(facts=results.measured["facts"].to_numpy())))
    return other


def write_scores(results: Results, path: Path) -> Path:
    """Write SCORES as CSV or Parquet, by the ending of ``path``."""
    return write_frame(results.scores, path, fails=ScoringError)
