"""Inputs of a run: a study with its corpora loaded, its engines ready, and every contradiction found before the start."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import NamedTuple

import pandas as pd

from workbench import audio, schema
from workbench.conditions import Condition
from workbench.corpora import Corpus, load_corpus, remarks
from workbench.engines import Engine, ImportedEngine, describe_engine, egress, join_report, load_engine
from workbench.engines.protocol import warning_of
from workbench.engines.remote import cost_note
from workbench.errors import ManifestError, ScoringError, StudyError, choices
from workbench.runner import speaker_split
from workbench.runner.recording_folders import look
from workbench.study import Study
from workbench.text import get_normaliser, require_language
from workbench.version import __version__

EngineLoader = Callable[..., Engine]

RECORDED_PACKAGES = (
    "numpy", "scipy", "pandas", "soundfile", "av", "torch", "torchaudio", "audiomentations", "pocketsphinx",
    "openai-whisper", "rapidfuzz",
)  # fmt: skip


AUDIO_PACKAGES = ("numpy", "scipy", "soundfile", "av", "torch", "torchaudio", "audiomentations")
"""What decodes, resamples, draws noise and filters: another version of one of them may give other samples."""


class Unit(NamedTuple):
    """What is transcribed or not as a whole: a speaker under a condition."""

    corpus_id: str
    speaker_id: str
    condition_id: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a study evaluates, ready to run: corpora, the utterances selected from each, engines, remarks."""

    study: Study
    corpora: tuple[Corpus, ...]
    selected: tuple[pd.DataFrame, ...]
    engines: tuple[Engine, ...]
    notes: tuple[str, ...]
    recordings: Mapping[str, str] = field(default_factory=dict)
    """Digests of the folders of recordings that are listened to, by their names in the study."""
    chosen: frozenset[Unit] | None = None
    """What is transcribed of it so far, in an adaptive run; everything if None."""

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """Fingerprints of the corpora."""
        return tuple(corpus.info.fingerprint for corpus in self.corpora)

    def conditions_for(self, engine: Engine) -> list[Condition]:
        """Return the study's conditions that this engine has an answer for."""
        return [
            condition
            for condition in self.study.conditions
            if engine.conditions is None or condition.condition_id in engine.conditions
        ]

    @property
    def content_digest(self) -> str:
        """Digest over the study, the data, the models and the software: equal digests, equal results."""
        parts = [self.study.unlabelled.to_json(), *self.fingerprints, *(engine.digest for engine in self.engines)]
        parts += [f"{name}={value}" for name, value in versions().items()]
        parts += [f"{folder}: {digest}" for folder, digest in sorted(self.recordings.items())]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def audio_software() -> str:
    """Return what makes the samples that an engine hears: the workbench's own code and the versions of its libraries."""
    result = versions()
    return " ".join([f"audio={audio.CODE_VERSION}", *(f"{name}={result[name]}" for name in AUDIO_PACKAGES)])


def versions() -> dict[str, str]:
    """Return the versions of the software that decides what a run computes."""
    result = {"workbench": __version__, "python": python_version()}
    result.update({name: _installed_version(name) for name in RECORDED_PACKAGES})
    return result


@cache
def _installed_version(package: str) -> str:
    """Return the version of a package; asked often in a run, and read from a file that does not change while a process lives."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def resolve(study: Study, *, engine_loader: EngineLoader = load_engine) -> Inputs:
    """Load what a study names and check that it fits together.

    Raises
    ------
    StudyError : attributes, filter levels or conditions that the corpora cannot serve, all at once; conditions that this
        machine cannot make, all at once
    ManifestError, EngineError : a corpus or an engine that cannot be loaded; engines that send audio to another machine
        while the study does not allow it
    """
    corpora = _load(study)
    selected = tuple(passing(study, corpus.utterances) for corpus in corpora)
    problems = [*_clashes(corpora), *_unknown_names(study, corpora)]
    problems += [] if problems else speaker_split.problems(study, [corpus.utterances for corpus in corpora])
    if not problems and not any(len(frame) for frame in selected):
        problems.append("the filter leaves no utterance")
    languages = sorted({corpus.info.language for corpus in corpora})
    if len(languages) > 1:
        problems.append(f"corpora in several languages ({', '.join(languages)}): make one study per language")
    else:
        problems += _wrong_rules(study, languages[0])
    if problems:
        raise StudyError("; ".join(problems), place=f"study {study.name!r}", remedy="mend the study file")
    engines = tuple(engine_loader(spec, base=study.base, language=languages[0]) for spec in study.engines)
    twice = sorted({engine.model_id for engine in engines if sum(e.model_id == engine.model_id for e in engines) > 1})
    if twice:
        raise StudyError(
            f"the same model twice: {', '.join(twice)}", place=f"study {study.name!r}", remedy="name it once"
        )
    problems = _nothing_joins(selected, engines)
    if problems:
        remedy = "write the ids as they stand in utterance_id, in the manifest or made from its paths"
        raise StudyError("; ".join(problems), place=f"study {study.name!r}", remedy=remedy)
    away = egress.destinations(map(describe_engine, engines))
    egress.require_consent(away, allowed=study.audio_leaves_this_machine, place=f"study {study.name!r}")
    inputs = Inputs(study, corpora, selected, engines, tuple(_notes(study, corpora, selected, engines)))
    heard = _heard(inputs)
    talkers, missing, recorded = _too_few_talkers(inputs, heard), _missing(heard), look(study, heard)
    unlabelled = _without_labels(inputs, heard)
    if talkers or missing or unlabelled or recorded.problems:
        remedies = ["ask for fewer talkers, or use a corpus with more speakers"] if talkers else []
        remedies += ["leave out the conditions that cannot be made"]
        problems = [*missing, *talkers, *unlabelled, *recorded.problems]
        raise StudyError("; ".join(problems), place=f"study {study.name!r}", remedy="; ".join(remedies))
    return replace(inputs, recordings=recorded.digests, notes=(*inputs.notes, *recorded.notes))


def _wrong_rules(study: Study, language: str) -> list[str]:
    """Return the problem of a normaliser whose rules are for another language."""
    try:
        require_language(get_normaliser(study.normaliser, base=study.base), language)
    except ScoringError as error:
        return [str(error)]
    return []


def _load(study: Study) -> tuple[Corpus, ...]:
    """Return the corpora of a study, or one error with everything that is wrong with any of them."""
    corpora, faults = [], []
    for path in study.manifests:
        try:
            corpora.append(load_corpus(path, allow_dropped=study.allow_dropped))
        except ManifestError as error:
            faults.append(error)
    if len(faults) > 1:
        raise ManifestError("\n".join(str(fault) for fault in faults))
    if faults:
        raise faults[0]
    return tuple(corpora)


def _nothing_joins(selected: tuple[pd.DataFrame, ...], engines: tuple[Engine, ...]) -> list[str]:
    """Return a problem for imported transcripts of which not one has an utterance, or of which one might have several."""
    ids = [str(value) for frame in selected for value in frame["utterance_id"]]
    contested = [
        f"{engine.model_id}: {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}: each fits several utterances by the"
        " stem of its name only; write whole ids, or 'transcripts SOURCE --references MANIFEST --out TABLE.csv'"
        for engine in engines
        if isinstance(engine, ImportedEngine) and (names := join_report(engine, ids).contested)
    ]
    return contested + [
        f"{engine.model_id}: none of its ids ({min(name for name, _ in engine.transcripts)!r} ...)"
        f" is that of an utterance ({min(ids)!r} ...)"
        for engine in engines
        if isinstance(engine, ImportedEngine) and not join_report(engine, ids).matched
    ]


def _heard(inputs: Inputs) -> list[Condition]:
    """Return the conditions that any engine would listen to; who looks transcripts up needs no audio made."""
    listeners = [engine for engine in inputs.engines if engine.needs_audio]
    return list({item.condition_id: item for engine in listeners for item in inputs.conditions_for(engine)}.values())


def _missing(heard: Sequence[Condition]) -> list[str]:
    """Return what this machine lacks for the conditions, each part once."""
    return list(dict.fromkeys(reason for condition in heard for reason in condition.missing))


def _too_few_talkers(inputs: Inputs, heard: Sequence[Condition]) -> list[str]:
    """Return the babble that a corpus has not enough voices for."""
    problems = []
    for corpus, rows in zip(inputs.corpora, inputs.selected, strict=True):
        voices = corpus.utterances.loc[corpus.utterances["path"] != "", "speaker_id"].nunique()
        problems += [
            f"{condition.condition_id} needs {condition.voices_needed} talkers besides the speaker,"
            f" {corpus.info.corpus_id} has {max(voices - 1, 0)}"
            for condition in heard
            if len(rows) and condition.voices_needed > max(voices - 1, 0)
        ]
    return problems


def _without_labels(inputs: Inputs, heard: Sequence[Condition]) -> list[str]:
    """Return the conditions that go by an attribute which a corpus does not have."""
    return [
        f"{condition.condition_id} goes by {name}, which {corpus.info.corpus_id} does not have"
        for corpus in inputs.corpora
        for condition in heard
        for name in condition.labels
        if name not in corpus.utterances.columns
    ]


def passing(study: Study, utterances: pd.DataFrame) -> pd.DataFrame:
    """Return the utterances that pass the study's filter, of the half of its split; slots stay those of the whole corpus."""
    frame = utterances if study.split is None else speaker_split.half(study, utterances)
    for name, levels in study.filter.items():
        if name in frame.columns:
            frame = frame[frame[name].isin(levels)]
    return frame


def _clashes(corpora: tuple[Corpus, ...]) -> list[str]:
    problems = []
    ids = [corpus.info.corpus_id for corpus in corpora]
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        problems.append(f"two manifests are named {name!r}: rename one")
    reserved = set(schema.SCORES.column_names) | set(schema.RATES.column_names) | set(schema.GAPS.column_names)
    for corpus in corpora:
        for name in schema.UTTERANCES.attributes_of(corpus.utterances):
            if name in reserved:
                problems.append(
                    f"{corpus.info.corpus_id} has an attribute column {name!r}, a name that results use: rename it"
                )
    return problems


def _unknown_names(study: Study, corpora: tuple[Corpus, ...]) -> list[str]:
    declared = sorted({name for corpus in corpora for name in schema.UTTERANCES.attributes_of(corpus.utterances)})
    problems = [
        f"attribute {name!r} is in no manifest, {choices(name, declared)}"
        for name in study.attributes
        if name not in declared
    ]
    if study.split is not None and study.split_attribute not in [*declared, *study.attributes]:
        name = study.split_attribute
        problems.append(f"split: attribute {name!r} is in no manifest, {choices(name, declared)}")
    filterable = [*declared, "speaker_id", "prompt_id", "corpus_id"]
    for name, levels in study.filter.items():
        if name not in filterable:
            problems.append(f"filter column {name!r} is in no manifest, {choices(name, filterable)}")
            continue
        known = {
            str(level) for corpus in corpora if name in corpus.utterances for level in corpus.utterances[name].unique()
        }
        problems += [
            f"filter {name} = {level!r} matches no row, {choices(level, known)}"
            for level in levels
            if level not in known
        ]
    return problems


def _durations(study: Study, selected: tuple[pd.DataFrame, ...], engine: Engine) -> list[float]:
    """Return the seconds of everything that an engine is to be given, under each condition."""
    given = [
        condition
        for condition in study.conditions
        if engine.conditions is None or condition.condition_id in engine.conditions
    ]
    return [item.heard_s(float(seconds)) for item in given for frame in selected for seconds in frame["duration_s"]]


def _notes(
    study: Study, corpora: tuple[Corpus, ...], selected: tuple[pd.DataFrame, ...], engines: tuple[Engine, ...]
) -> list[str]:
    """Return what a reader of the results should know: dropped rows, conditions not covered, unmatched transcripts."""
    notes = [
        f"{corpus.info.corpus_id}: {corpus.info.n_dropped} rows of the manifest were dropped; first: {corpus.problems[0]}"
        for corpus in corpora
        if corpus.problems
    ]
    notes += [f"{corpus.info.corpus_id}: {note}" for corpus in corpora for note in corpus.notes]
    notes += [note for frame in selected for note in remarks(frame)]
    notes += speaker_split.notes(study, [corpus.utterances for corpus in corpora])
    notes += egress.notes(egress.destinations(map(describe_engine, engines)))
    notes += [f"{engine.model_id}: {warning}" for engine in engines if (warning := warning_of(engine))]
    notes += [note for engine in engines if (note := cost_note(engine, _durations(study, selected, engine)))]
    notes += [f"{condition.condition_id}: {note}" for condition in study.conditions for note in condition.notes]
    for engine in engines:
        if engine.conditions is not None:
            missing = [c.condition_id for c in study.conditions if c.condition_id not in engine.conditions]
            if missing:
                notes.append(f"{engine.model_id} holds no transcripts for {', '.join(missing)}: not evaluated")
        if isinstance(engine, ImportedEngine):
            ids = [str(value) for frame in selected for value in frame["utterance_id"]]
            report = join_report(engine, ids)
            for what, result in (
                ("utterances without a transcript", report.only_in_corpus),
                ("transcripts without an utterance", report.only_in_transcripts),
                ("ids that fit utterances of several corpora, used for each of them", report.ambiguous),
            ):
                if result:
                    shown = ", ".join(result[:5]) + (" ..." if len(result) > 5 else "")
                    notes.append(f"{engine.model_id}: {len(result)} {what}: {shown}")
    return notes
