"""A run with its scores, and the one route to what it can be asked: ``results.table(name, ...)``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from workbench import schema
from workbench.conditions import CorpusPool
from workbench.corpora import CorpusInfo
from workbench.display_names import DisplayNames
from workbench.engines import ModelInfo
from workbench.engines.word_times import times
from workbench.errors import ScoringError, WorkbenchError
from workbench.fairness.clusters import clustered, few_clusters, unit_in_words
from workbench.fairness.counts.intersection import crossed, crossed_name
from workbench.results.scored_rows import MEASURED as MEASURED
from workbench.results.scored_rows import LoadedRows, ScoredRows
from workbench.results.tables import Tables
from workbench.runner import FROM_ENGINE
from workbench.store import RunRecord
from workbench.study import Study
from workbench.text import Unit, get_normaliser, unit_of

SYNTHETIC = "Synthetic voices: these figures describe speech synthesisers, not people."
EXPLORED = (
    "Exploring half of the speakers: what is found here was chosen on them; `confirm` tests it on the other half."
)
CONFIRMED_ON = "Confirming half of the speakers: only what was declared before is tested on them ({})."
EXPLORATORY = "Exploratory: scored under {}, after the study had fixed {}; what is chosen by looking again needs a test of its own."
PARTLY_SYNTHETIC = "Synthetic voices among them ({}): these figures describe speech synthesisers and people together."


@dataclass(frozen=True, eq=False)
class Results:
    """A run with its scores, under one normaliser.

    Attributes
    ----------
    rows_of_run : its SCORES, in memory or kept in a file
    crossed_by : attributes whose intersection is one more attribute, ``accent × gender``
    store_url : the store that the run is in: what is kept of a run is kept by it. Empty: nothing is kept
    """

    run: RunRecord
    study: Study
    corpora: tuple[CorpusInfo, ...]
    models: tuple[ModelInfo, ...]
    rows_of_run: ScoredRows
    normaliser_id: str
    crossed_by: tuple[str, ...] = ()
    store_url: str = ""
    whole: Results | None = field(default=None, repr=False)
    """The same results before attributes were crossed."""
    crossings: dict[tuple[str, ...], Results] = field(default_factory=dict, repr=False)
    """The same results with further attributes crossed, made once each."""
    pools: dict[str, CorpusPool] = field(default_factory=dict, repr=False)
    """Speech of the corpora, by fingerprint, looked through once to make audio again (``results.heard``)."""

    # -- rows ---------------------------------------------------------------------------------------------------------

    @cached_property
    def scores(self) -> pd.DataFrame:
        """SCORES: all rows."""
        return self._crossed(self.rows_of_run.scores)

    @property
    def unit(self) -> Unit:
        """What is counted under the normaliser: words, characters, or both."""
        return unit_of(self.normaliser_id)

    @property
    def in_memory(self) -> bool:
        """Whether all rows are in memory; those of a large run are read from a file when they are asked for."""
        return isinstance(self.rows_of_run, LoadedRows)

    @property
    def measured(self) -> pd.DataFrame:
        """The facts of the transcripts as they are stored; ``results.audio_facts.facts`` reads them."""
        return self.rows_of_run.measured

    @property
    def attributes(self) -> list[str]:
        """Attributes to compare: those the study names, else every declared one."""
        return list(self.study.attributes) or self.declared

    @cached_property
    def declared(self) -> list[str]:
        """Every attribute that the corpora declare, and the intersection that was asked for."""
        own_columns = set(schema.SCORES.column_names)
        own = [name for name in self.rows_of_run.names if name not in own_columns]
        return [*own, crossed_name(self.crossed_by)] if self.crossed_by else own

    def levels(self, column: str) -> list[str]:
        """The different values of a text column of the scores."""
        if column in self.rows_of_run.names:
            return self.rows_of_run.levels(column)
        return [str(value) for value in self.scores[column].unique()]

    def rows(self, **equal: str) -> pd.DataFrame:
        """The scores whose columns have these values; where they are kept, only those of a model and condition are read."""
        cell = {name: value for name, value in equal.items() if name in ("model_id", "condition_id")}
        return _equal(self._crossed(self.rows_of_run.read(where=cell or None)), equal)

    def columns(self, *names: str) -> pd.DataFrame:
        """Some columns of all scores, those of them that there are."""
        read = self._crossed(self.rows_of_run.read(list(dict.fromkeys([*names, *self.crossed_by]))))
        return read[[name for name in names if name in read.columns]]

    def of_utterance(self, utterance_id: str, condition_id: str) -> pd.DataFrame:
        """The SCORES of one utterance under a condition: a row per model."""
        return self.rows_of_run.read(where={"condition_id": condition_id, "utterance_id": utterance_id})

    def word_times(self, utterance_id: str, condition_id: str, model_id: str) -> list[tuple[float, float]]:
        """Start and end in seconds of every word that a model wrote for an utterance; empty where its engine gave none."""
        where = {"model_id": model_id, "condition_id": condition_id, "utterance_id": utterance_id}
        stored = self.rows_of_run.facts(where)
        return times(json.loads(stored[0]), FROM_ENGINE) if stored else []

    def digests(self, utterance_id: str, condition_id: str) -> set[str] | None:
        """The digests of what the models heard of an utterance under a condition; None if it is not in the run."""
        where = {"condition_id": condition_id, "utterance_id": utterance_id}
        heard = self.rows_of_run.read(["audio_digest"], where)
        return None if heard.empty else set(heard["audio_digest"].dropna())

    def _crossed(self, rows: pd.DataFrame) -> pd.DataFrame:
        if not self.crossed_by or not set(self.crossed_by) <= set(rows.columns):
            return rows
        return crossed(rows, self.crossed_by)

    # -- tables -------------------------------------------------------------------------------------------------------

    @cached_property
    def tables(self) -> Tables:
        """What computes and keeps the tables of these results."""
        return Tables(self, self.whole.tables if self.whole is not None else None)

    def table(self, name: str, **asked: Any) -> pd.DataFrame:
        """Return a table of the catalogue (``fairness.catalogue``): the one that is kept, else computed now.

        Parameters
        ----------
        name : of the statistic: ``rates``, ``gaps``, ``gap_changes`` ...
        asked : what it asks for (``attribute``, ``reference`` ...), each with a usual value; and its function's options.
            ``conditions`` restricts it to some conditions.

        Raises
        ------
        ScoringError : no such table, something that it does not take, and what its function refuses

        >>> # results.table("gaps", attribute="accent", reference="rest")
        """
        return self.tables.table(name, **asked)

    def crossed(self, *by: str) -> Results:
        """Return the same results with one more attribute, the intersection of these; each time the same object."""
        if by not in self.crossings:
            self.crossings[by] = replace(self, crossed_by=by, whole=self, crossings={})
        return self.crossings[by]

    @property
    def labels(self) -> DisplayNames:
        """The display names that the study gives; tables and scores hold ids."""
        return self.study.labels

    def relabelled(self, labels: DisplayNames) -> Results:
        """Return the same results under other display names."""
        study = self.study.model_copy(update={"labels": labels})
        written = self.run.load_study().model_copy(update={"labels": labels}).to_json()
        return replace(self, study=study, run=replace(self.run, study_json=written), whole=None, crossings={})

    @cached_property
    def conditions(self) -> list[str]:
        """Condition ids in the study's order, as far as there are scores for them."""
        present = set(self.levels("condition_id"))
        return [c.condition_id for c in self.study.conditions if c.condition_id in present]

    # -- what every figure says ---------------------------------------------------------------------------------------

    @property
    def synthetic(self) -> bool:
        """Whether any of the voices are synthetic."""
        return self._voices != ""

    @property
    def caveat(self) -> str:
        """What every figure of these results has to say: synthetic voices, half of the speakers, another normaliser, clusters."""
        return " ".join(filter(None, (self._voices, self._half, self._looked_again, self._units)))

    @cached_property
    def _units(self) -> str:
        cluster = self.study.cluster
        if not cluster:
            return ""
        try:
            rows = self.columns("corpus_id", "speaker_id", *cluster, *self.attributes).drop_duplicates()
            few = few_clusters(clustered(rows, cluster, self.attributes).notes)
        except ScoringError:  # clusters that cannot be: the tables say why
            few = ()
        return " ".join([unit_in_words(cluster), *(f"{note[:1].upper()}{note[1:]}." for note in few)])

    @cached_property
    def _looked_again(self) -> str:
        try:
            declared = self.run.load_study()  # ``study`` names the normaliser that is used
            fixed = get_normaliser(declared.normaliser, base=declared.base).id
        except WorkbenchError:  # rules of another version, which are not there any more
            return ""
        return "" if fixed == self.normaliser_id else EXPLORATORY.format(self.normaliser_id, fixed)

    @property
    def _half(self) -> str:
        split = self.study.split
        if split is None:
            return ""
        return (
            EXPLORED if split.half == "explore" else CONFIRMED_ON.format("; ".join(split.cells) or "nothing declared")
        )

    @cached_property
    def _voices(self) -> str:
        scored = set(self.levels("corpus_id"))
        kinds = {corpus.corpus_id: corpus.synthetic_voices for corpus in self.corpora if corpus.corpus_id in scored}
        made = sorted(name for name, synthetic in kinds.items() if synthetic)
        if made and len(made) < len(kinds):
            return PARTLY_SYNTHETIC.format(", ".join(made))
        return SYNTHETIC if made else ""


def _equal(rows: pd.DataFrame, equal: dict[str, str]) -> pd.DataFrame:
    selected = pd.Series(True, index=rows.index)
    for name, value in equal.items():
        selected &= rows[name] == value
    return rows[selected]
