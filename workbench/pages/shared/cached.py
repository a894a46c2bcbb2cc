"""Loads that several reruns share. Each is keyed by what its answer depends on; what is cached is only read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from workbench import engines
from workbench.audio import Waveform
from workbench.conditions import CorpusPool, Degraded, degrade, parse_condition
from workbench.corpora import Corpus, check_manifest
from workbench.display_names import shown
from workbench.engines import ImportedEngine, JoinReport, ModelInfo, join_report
from workbench.errors import EngineError
from workbench.fairness.catalogue import STATISTICS
from workbench.fairness.words import notation
from workbench.pages.shared import visitor
from workbench.pages.shared.draft import Draft, draft
from workbench.results import Listing, Question, Results, listing, loader
from workbench.runner import read
from workbench.store import RunRecord, Store, default_url, open_store

_open_store = st.cache_resource(open_store, max_entries=4, show_spinner=False)


def store() -> Store:
    """Return the store that the app works on, open; where visitors log in, as this one may see it."""
    result: Store = _open_store(default_url())
    name = visitor.user()
    return result if name is None else result.for_user(name)


# -- corpora ----------------------------------------------------------------------------------------------------------


def _check(manifest: str, stamps: tuple[float, ...]) -> Corpus:
    return visitor.read_contained(check_manifest, Path(manifest), called=manifest)


_checked = st.cache_resource(_check, max_entries=8, show_spinner="Reading the manifest and every audio file ...")


def corpus(manifest: Path) -> Corpus:
    """Return the checked corpus of a manifest; checked again when the manifest or its description changes."""
    files = (manifest, manifest.with_suffix(".toml"))
    stamps = tuple(file.stat().st_mtime if file.is_file() else 0.0 for file in files)
    result: Corpus = _checked(str(manifest), stamps)
    return result


def _reference_notes(fingerprint: str, _corpus: Corpus) -> list[str]:
    return notation.reference_notes(_corpus.utterances, list(_corpus.info.attributes), _corpus.info.language)


_noted = st.cache_data(_reference_notes, max_entries=8, show_spinner="Looking at signs and marks ...")


def reference_notes(chosen: Corpus) -> list[str]:
    """Return what in the references of a corpus would make a difference between groups by how it is typed."""
    result: list[str] = _noted(f"{chosen.info.fingerprint} {chosen.info.language}", chosen)
    return result


def forget_corpora() -> None:
    """Check manifests anew at the next look, for audio files that changed."""
    _checked.clear()


def _make_pool(fingerprint: str, base: str, _utterances: pd.DataFrame) -> CorpusPool:
    return CorpusPool(_utterances, base=Path(base))


_pool = st.cache_resource(_make_pool, max_entries=4, show_spinner=False)


def pool(chosen: Corpus) -> CorpusPool:
    """Return the speech of a corpus that babble and speech-shaped noise are made of, and the recordings beside it."""
    result: CorpusPool = _pool(chosen.info.fingerprint, str(draft().base), chosen.utterances)
    return result


def _degrade(
    fingerprint: str, utterance_id: str, condition_id: str, _corpus: Corpus, _pool: CorpusPool
) -> tuple[Waveform, Degraded]:
    rows = _corpus.utterances
    row = rows[rows["utterance_id"] == utterance_id].iloc[0]
    clean = read(row)
    condition = parse_condition(condition_id)
    return clean, degrade(clean, condition, slot=int(row["slot"]), seed=1, pool=_pool)


_degraded = st.cache_resource(_degrade, max_entries=32, show_spinner="Making the audio ...")


def preview(chosen: Corpus, utterance_id: str, condition_id: str) -> tuple[Waveform, Degraded]:
    """Return an utterance of a corpus clean and under a condition, as a study with seed 1 would hear it."""
    result: tuple[Waveform, Degraded] = _degraded(
        chosen.info.fingerprint, utterance_id, condition_id, chosen, pool(chosen)
    )
    return result


# -- engines ----------------------------------------------------------------------------------------------------------

availability = st.cache_data(engines.availability, ttl=60, show_spinner=False)


class EngineLook(NamedTuple):
    """What an engine is; how imported transcripts join with the corpus; the conditions it can serve (None: any)."""

    info: ModelInfo
    joined: JoinReport | None
    conditions: frozenset[str] | None


def _look(spec: str, base: str, language: str, fingerprint: str, stamp: float, _utterances: pd.DataFrame) -> EngineLook:
    loaded = engines.load_engine(spec, base=Path(base), language=language)
    ids = [str(utterance) for utterance in _utterances["utterance_id"]]
    report = join_report(loaded, ids) if isinstance(loaded, ImportedEngine) else None
    return EngineLook(engines.describe_engine(loaded), report, loaded.conditions)


_looked = st.cache_resource(_look, max_entries=32, show_spinner="Loading the engine to see that it works ...")


def engine(chosen: Draft, spec: str) -> EngineLook:
    """Load an engine of the draft once to see that it works; return what it is."""
    if chosen.manifest is None:
        raise EngineError("no corpus is chosen", place=spec, remedy="choose one first")
    result = corpus(chosen.manifest)
    file = chosen.base / re.split("[:=]", spec)[-1]
    stamp = file.stat().st_mtime if file.is_file() else 0.0
    looked: EngineLook = _looked(
        spec, str(chosen.base), result.info.language, result.info.fingerprint, stamp, result.utterances
    )
    return looked


# -- results ----------------------------------------------------------------------------------------------------------


def _load(url: str, run_id: str, done: int, finished_at: str, normaliser: str | None, _store: Store) -> Results:
    return loader.load(run_id, store=_store, normaliser=normaliser, kept=True)


_loaded = st.cache_resource(_load, max_entries=6, show_spinner="Scoring the transcripts ...")


def load(record: RunRecord, normaliser: str | None = None) -> Results:
    """Return the results of a run, scored; the same object until the run goes on or another normaliser is chosen."""
    opened = store()
    result: Results = _loaded(opened.url, record.run_id, record.done, record.finished_at, normaliser, opened)
    return result


def key_of(loaded: Results) -> tuple[Any, ...]:
    """Return what the numbers of these results depend on."""
    run = loaded.run
    return (default_url(), run.run_id, run.done, run.finished_at, loaded.normaliser_id)


def table(loaded: Results, name: str, **asked: Any) -> pd.DataFrame:
    """Return a table of the catalogue (``Results.table``), conditions in the order of the study; says that it is computed."""
    names, attribute = shown(), str(asked.get("attribute", ""))
    if names and asked.get("reference") and attribute:
        asked["reference"] = names.group_id(attribute, asked["reference"], _levels(loaded, attribute))
    with st.spinner(STATISTICS[name].wait):
        return names.named(_in_order(loaded.table(name, **asked), loaded), attribute)


def _counts(loaded: Results) -> pd.DataFrame:
    with st.spinner("Adding up what each speaker said ..."):
        return loaded.tables.tallies


def _levels(loaded: Results, column: str) -> list[str]:
    return [str(name) for name in _counts(loaded)[column].unique()]


def levels(loaded: Results, column: str) -> list[str]:
    """Return the values of an attribute (their display names), or of model_id, in the order of their names."""
    names = shown()
    return sorted(names.group(column, name) for name in _levels(loaded, column))


def group_id(loaded: Results, attribute: str, name: str) -> str:
    """Return the id of the group that is shown under this name."""
    return shown().group_id(attribute, name, _levels(loaded, attribute))


def models(loaded: Results) -> list[str]:
    """Return the models that there are scores of, in the order of the study."""
    present = levels(loaded, "model_id")
    known = [model.model_id for model in loaded.models if model.model_id in present]
    return [*known, *(item for item in present if item not in known)]


def conditions(loaded: Results, model: str) -> list[str]:
    """Return the conditions that a model has scores under, in the order of the study."""
    tallies = _counts(loaded)
    present = set(tallies.loc[tallies["model_id"] == model, "condition_id"].unique())
    return [condition.condition_id for condition in loaded.study.conditions if condition.condition_id in present]


def _list(key: tuple[Any, ...], question: Question, crossed_by: tuple[str, ...], _loaded: Results) -> Listing:
    return listing(_loaded, question)


_listed = st.cache_resource(_list, max_entries=16, show_spinner="Reading the utterances ...")


def listed(loaded: Results, question: Question) -> Listing:
    """Return the utterances that answer a question, whose groups have the names that are shown."""
    groups = tuple((attribute, group_id(loaded, attribute, group)) for attribute, group in question.groups)
    result: Listing = _listed(key_of(loaded), replace(question, groups=groups), loaded.crossed_by, loaded)
    return result


def _take(key: tuple[Any, ...], cell: str, start: int, end: int, _listing: Listing) -> pd.DataFrame:
    return _listing.take(range(start, end)).reset_index(drop=True)


_page = st.cache_resource(_take, max_entries=32, show_spinner=False)


def page(loaded: Results, found: Listing, cell: str, start: int, size: int) -> pd.DataFrame:
    """Return one page of a listing as rows of SCORES; ``cell`` names the listing."""
    rows: pd.DataFrame = _page(key_of(loaded), cell, start, min(start + size, len(found)), found)
    return shown().named(rows)


def _in_order(frame: pd.DataFrame, loaded: Results) -> pd.DataFrame:
    """Return the rows with their conditions in the order of the study."""
    if "condition_id" not in frame.columns:
        return frame
    place = {condition.condition_id: position for position, condition in enumerate(loaded.study.conditions)}
    return frame.sort_values("condition_id", key=lambda ids: ids.map(place), kind="stable", ignore_index=True)


def _hear(
    url: str, run_id: str, utterance_id: str, condition_id: str, _loaded: Results, _store: Store
) -> tuple[Waveform, Degraded]:
    return loader.heard(_loaded, utterance_id, condition_id, store=_store)


_heard = st.cache_resource(_hear, max_entries=32, show_spinner="Making the audio again ...")


def heard(loaded: Results, utterance_id: str, condition_id: str) -> tuple[Waveform, Degraded]:
    """Return the clean audio and what the engine heard of it, digest checked."""
    opened = store()
    result: tuple[Waveform, Degraded] = _heard(
        opened.url, loaded.run.run_id, utterance_id, condition_id, loaded, opened
    )
    return result
