"""Results: what a run found, scored now from the stored transcripts under any normaliser."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from workbench import audio, runner, schema, score_cache
from workbench.audio import Waveform
from workbench.conditions import Condition, CorpusPool, Degraded, degrade
from workbench.corpora import CorpusInfo
from workbench.engines import ModelInfo
from workbench.errors import AudioError, ScoringError, StoreError
from workbench.files import write_frame
from workbench.stopping import factors
from workbench.store import RunRecord, Store, open_store
from workbench.study import Study
from workbench.text import Normaliser, add_scores, get_normaliser, require_language

SYNTHETIC = "Synthetic voices: these figures describe speech synthesisers, not people."
PARTLY_SYNTHETIC = "Synthetic voices among them ({}): these figures describe speech synthesisers and people together."

PLACE = "place "
"""The column of kept rows that says where each stood; no attribute has a name that ends in a space."""
MEASURED = ["utterance_id", "condition_id", "audio_digest", "achieved_snr_db", "facts"]
"""The columns of stored transcripts that say what was measured."""


@dataclass(frozen=True)
class Results:
    """A run with its scores. ``scores`` is SCORES; everything else says where it comes from."""

    run: RunRecord
    study: Study
    corpora: tuple[CorpusInfo, ...]
    models: tuple[ModelInfo, ...]
    scores: pd.DataFrame
    normaliser_id: str
    measured: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What ``measurements.facts`` reads: the transcripts' facts as they are stored."""

    @property
    def attributes(self) -> list[str]:
        """Attributes to compare: those the study names, else every declared one."""
        return list(self.study.attributes) or self.declared

    @cached_property
    def declared(self) -> list[str]:
        """Every attribute that the corpora declare."""
        return schema.SCORES.attributes_of(self.scores)

    def levels(self, column: str) -> list[str]:
        """The different values of a text column of the scores."""
        return [str(value) for value in self.scores[column].unique()]

    def rows(self, **equal: str) -> pd.DataFrame:
        """The scores whose columns have these values."""
        chosen = pd.Series(True, index=self.scores.index)
        for name, value in equal.items():
            chosen &= self.scores[name] == value
        return self.scores[chosen]

    def derived(self, make: Callable[[pd.DataFrame], pd.DataFrame], *more: str) -> Results:
        """Return these results with more attributes, named ``more``, which ``make`` adds to the scores."""
        return replace(self, scores=make(self.scores))

    @cached_property
    def conditions(self) -> list[str]:
        """Condition ids in the study's order, as far as there are scores for them."""
        present = set(self.levels("condition_id"))
        return [c.condition_id for c in self.study.conditions if c.condition_id in present]

    @property
    def synthetic(self) -> bool:
        """Whether any of the voices are synthetic."""
        return self.caveat != ""

    @cached_property
    def caveat(self) -> str:
        """What every figure of these results has to say; empty if nothing."""
        scored = set(self.levels("corpus_id"))
        kinds = {corpus.corpus_id: corpus.synthetic_voices for corpus in self.corpora if corpus.corpus_id in scored}
        made = sorted(name for name, synthetic in kinds.items() if synthetic)
        if made and len(made) < len(kinds):
            return PARTLY_SYNTHETIC.format(", ".join(made))
        return SYNTHETIC if made else ""


class KeptResults(Results):
    """Results of a finished run whose rows are read from ``score_cache`` when somebody first asks for them.

    What is made of counts alone (``aggregates``) does without the rows, so that a large run opens at once.
    """

    _place: Path
    _columns: list[str]
    _make: Callable[[pd.DataFrame], pd.DataFrame] | None
    _rows: Callable[[], tuple[pd.DataFrame, pd.DataFrame]]

    @classmethod
    def _at(
        cls, place: Path, columns: Sequence[str], rows: Callable[[], tuple[pd.DataFrame, pd.DataFrame]], **known: Any
    ) -> KeptResults:
        """Return results whose rows are kept at ``place``; ``rows`` gives ``scores`` and ``measured``, ``known`` is the rest."""
        made = object.__new__(cls)
        made.__dict__.update(known, _place=place, _columns=list(columns), _rows=rows, _make=None)
        return made

    def __getattr__(self, name: str) -> Any:
        """Read the rows when they are first asked for; every other field is there."""
        if name not in ("scores", "measured") or "_rows" not in self.__dict__:
            raise AttributeError(name)
        self.__dict__["scores"], self.__dict__["measured"] = self._rows()
        return self.__dict__[name]

    @cached_property
    def declared(self) -> list[str]:
        """Every attribute that the corpora declare."""
        known = {*schema.SCORES.column_names, "facts", PLACE}
        return [name for name in self._columns if name not in known]

    def levels(self, column: str) -> list[str]:
        """The different values of a text column of the scores."""
        return super().levels(column) if "scores" in self.__dict__ else score_cache.distinct(self._place, column)

    def rows(self, **equal: str) -> pd.DataFrame:
        """The scores whose columns have these values; if nobody has asked for all rows, only those of a condition are read."""
        kept = {name: value for name, value in equal.items() if name in ("condition_id", "model_id")}
        found = score_cache.read(self._place, **kept) if kept and "scores" not in self.__dict__ else None
        if found is None:
            return super().rows(**equal)
        some = _in_order(found).drop(columns="facts")
        some = some if self._make is None else self._make(some)
        return Results(**_known(self), scores=some).rows(**equal)

    def derived(self, make: Callable[[pd.DataFrame], pd.DataFrame], *more: str) -> Results:
        """Return these results with more attributes, which ``make`` adds to the scores when they are read."""
        rows = lambda: (make(self.scores), self.measured)  # noqa: E731 - one expression
        made = KeptResults._at(self._place, [*self._columns, *more], rows, **_known(self))
        made.__dict__["_make"] = make
        return made


def _known(of: Results) -> dict[str, Any]:
    """Return the fields of results other than their rows."""
    return {one.name: getattr(of, one.name) for one in fields(Results) if one.name not in ("scores", "measured")}


def _by_condition(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows as they are kept: those of a condition together, each with its place."""
    return rows.assign(**{PLACE: range(len(rows))}).sort_values(["model_id", "condition_id"], kind="stable")


def _in_order(kept: pd.DataFrame) -> pd.DataFrame:
    """Return rows that were kept in the order of the run."""
    ordered = kept if kept[PLACE].is_monotonic_increasing else kept.sort_values(PLACE, ignore_index=True)
    return ordered.drop(columns=PLACE)


def load(run_id: str, *, store: Store | None = None, normaliser: str | None = None, kept: bool = False) -> Results:
    """Return the results of a run, finished or not, scored under ``normaliser`` (default: the study's).

    ``kept``: scores of a finished run that were counted before may be read from ``score_cache`` and are kept there.
    Without it every number comes from the stored transcripts, now.

    Raises
    ------
    StoreError : no such run, or one without a single transcript yet
    ScoringError : an unknown normaliser, or one for another language
    """
    store = store or open_store()
    record = store.run(run_id)
    study = record.load_study()
    chosen = get_normaliser(normaliser) if normaliser else get_normaliser(study.normaliser, base=study.base)
    study = study.model_copy(update={"normaliser": chosen.name})
    corpora = tuple(store.corpus_info(fingerprint) for fingerprint in record.corpora)
    for info in corpora:
        require_language(chosen, info.language)
    place = score_cache.place(store.url, record, chosen.id) if kept and record.finished else None

    def rows() -> tuple[pd.DataFrame, pd.DataFrame]:
        found = score_cache.read(place) if place else None
        if found is None:
            found = _score(store, record, study, chosen, [store.corpus(one)[1] for one in record.corpora])
            if place:
                score_cache.write(place, _by_condition(found))
        else:
            found = _in_order(found)
        return found.drop(columns="facts"), found[MEASURED]

    known: dict[str, Any] = {
        "run": record,
        "study": study,
        "corpora": corpora,
        "models": record.models,
        "normaliser_id": chosen.id,
    }
    if place and (columns := score_cache.names(place)):
        return KeptResults._at(place, columns, rows, **known)
    scores, measured = rows()
    return Results(**known, scores=scores, measured=measured)


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
    speechless = [c.condition_id for c in study.conditions if not c.keeps_speech]
    frame["reference_raw"] = frame["reference_raw"].mask(frame["condition_id"].isin(speechless), "")
    frame = frame.merge(_condition_columns(study.conditions), on="condition_id", how="left")
    frame = frame.merge(_model_columns(record.models), on="model_id", how="left")
    if study.allocation is not None:
        frame[schema.STOPPING_FACTOR] = factors(frame, utterances.loc[selected], study.allocation.attribute)
    return frame.assign(run_id=record.run_id, seed=record.seed)


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
    chosen = [c for c in results.study.conditions if c.condition_id == condition_id]
    rows = results.scores
    rows = rows[(rows["utterance_id"] == utterance_id) & (rows["condition_id"] == condition_id)]
    if not chosen or rows.empty:
        raise StoreError(f"no {utterance_id!r} under {condition_id!r}", place=f"run {results.run.run_id}")
    for fingerprint in results.run.corpora:
        _, utterances = store.corpus(fingerprint)
        found = utterances[utterances["utterance_id"] == utterance_id]
        if not found.empty:
            break
    row = found.iloc[0]
    clean = runner.read(row)
    pool = CorpusPool(utterances, base=results.study.base)
    study = results.study
    degraded = degrade(clean, chosen[0], slot=int(row["slot"]), seed=study.seed, pairing=study.pairing, pool=pool)
    digests = set(rows["audio_digest"].dropna())
    if digests and audio.samples_digest(degraded.wave) not in digests:
        raise AudioError(
            "the audio no longer gives the samples that the engine heard",
            place=str(row["path"]),
            remedy="the file, the software or the kind of processor is not that of the run; run the study again",
        )
    return clean, degraded


def rescored(results: Results, normaliser: str) -> Results:
    """Return the same results under another normaliser; no transcript is made again."""
    chosen = get_normaliser(normaliser)
    for info in results.corpora:
        require_language(chosen, info.language)
    kept = results.scores.drop(columns=["normaliser_id", "reference", "hypothesis", *schema.COUNTS])
    scores = schema.SCORES.validate(add_scores(kept, chosen))
    return replace(
        results,
        scores=scores,
        normaliser_id=chosen.id,
        study=results.study.model_copy(update={"normaliser": chosen.name}),
    )


def write_scores(results: Results, path: Path) -> Path:
    """Write SCORES as CSV or Parquet, by the ending of ``path``."""
    return write_frame(results.scores, path, fails=ScoringError)
