"""The tables of a run: computed when they are asked for, and kept under one key.

The key says everything that a table depends on: the store, the run and how far it was, the normaliser, the code, the statistic
and what was asked. Every table is held in memory as long as its results are; of a large finished run (``kept_scores.LEAST`` rows)
it is kept as Parquet too, for whoever opens the run next. ``preparation`` asks for the usual ones at the end of a run.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import pandas as pd

from workbench import fairness
from workbench.corpora import CorpusInfo
from workbench.engines import ModelInfo
from workbench.errors import ScoringError, choices
from workbench.fairness import REST
from workbench.fairness.catalogue import Statistic, statistic_named
from workbench.fairness.clusters import clustered, with_clusters
from workbench.fairness.counts.cells import CELL, COUNTED, tallied
from workbench.fairness.counts.clean_pairs import paired_tallies
from workbench.fairness.counts.intersection import crossed, crossed_name
from workbench.fairness.group_gaps.gaps import Shared
from workbench.fairness.words.normaliser_band import band_of, bands_for, rescore
from workbench.fairness.words.word_errors import Spoken, spoken
from workbench.results import kept_scores
from workbench.schema import CLEAN, PAIRS, STOPPING_FACTOR, TALLIES
from workbench.store import RunRecord
from workbench.study import Study
from workbench.text import get_normaliser

KEPT = 3_000
"""Files, most of them of a few kilobytes; the one that was used the longest ago goes first."""
IN_MEMORY = 256
"""Tables of one run that are held in memory; the one that was used the longest ago goes first."""
COMPUTED_BY = ("numpy", "scipy", "pandas", "scikit-learn", "statsmodels")
"""Libraries on whose version the tables may depend."""
COUNTED_BY = ("corpus_id", "speaker_id", *CELL, "status", "normaliser_id")
"""The columns that every table is made of, besides attributes and those of its kind."""
OF_TALLIES = (*COUNTED_BY, *COUNTED, "char_errors", "ref_chars", STOPPING_FACTOR)
OF_PAIRS = (*COUNTED_BY, "utterance_id", "errors", "ref_words", "substitutions", "deletions", STOPPING_FACTOR)
ROWS_ONLY = {"mode": ("utterance_mean", "weighted"), "empty_references": ("count",)}
"""Options whose answer only single utterances can tell: with them TALLIES are not enough."""


class Source(Protocol):
    """What tables are made of: the results of a run (``results.Results``)."""

    @property
    def run(self) -> RunRecord: ...
    @property
    def study(self) -> Study: ...
    @property
    def corpora(self) -> tuple[CorpusInfo, ...]: ...
    @property
    def models(self) -> tuple[ModelInfo, ...]: ...
    @property
    def normaliser_id(self) -> str: ...
    @property
    def store_url(self) -> str: ...
    @property
    def crossed_by(self) -> tuple[str, ...]: ...
    @property
    def scores(self) -> pd.DataFrame: ...
    @property
    def attributes(self) -> list[str]: ...
    @property
    def declared(self) -> list[str]: ...
    @property
    def conditions(self) -> list[str]: ...
    def levels(self, column: str) -> list[str]: ...
    def rows(self, **equal: str) -> pd.DataFrame: ...
    def columns(self, *names: str) -> pd.DataFrame: ...


class Tables:
    """The tables of one run under one normaliser.

    Parameters
    ----------
    results : what they are made of
    whole : the tables of the same results before attributes were crossed; default: these
    """

    def __init__(self, results: Source, whole: Tables | None = None) -> None:
        self.results = results
        self.whole: Tables = self if whole is None else whole
        self._memory: OrderedDict[str, Any] = OrderedDict()
        self._latest: dict[str, tuple[str, Any]] = {}
        self._locks: dict[str, Lock] = {}

    # -- the route ----------------------------------------------------------------------------------------------------

    def table(self, name: str, **asked: Any) -> pd.DataFrame:
        """Return a table of the catalogue; see ``results.Results.table``."""
        statistic = statistic_named(name)
        conditions = tuple(asked.pop("conditions", None) or ())
        self._refuse_conditions(conditions)
        asked = self._completed(statistic, asked)
        if name == "normaliser_band":  # made of the gaps under each normaliser, which are tables too
            return self.kept(name, asked, lambda: band_of(self.gaps_under(**asked)))
        if conditions and "p_familywise" in statistic.table.column_names:
            # Conditions are chosen among all that were run: the family of the tests stays the whole run.
            whole = self.table(name, **asked)
            return whole[whole["condition_id"].isin(conditions)].reset_index(drop=True)
        make = lambda: self._computed(statistic, asked, conditions)  # noqa: E731 - one expression
        return self.kept(name, {**asked, **({"conditions": conditions} if conditions else {})}, make)

    @property
    def tallies(self) -> pd.DataFrame:
        """TALLIES of all scores (``fairness.counts.cells.tallied``)."""
        if by := self.results.crossed_by:
            made = self._held(_key("tallies", {"crossed": by}), lambda: crossed(self.whole.tallies, by))
            return TALLIES.marked(made)
        declared = self.results.declared
        make = lambda: tallied(self.results.columns(*dict.fromkeys([*OF_TALLIES, *declared])))  # noqa: E731
        return TALLIES.marked(self.kept("tallies", {"attributes": declared}, make))

    @property
    def pairs(self) -> pd.DataFrame:
        """PAIRS of all scores (``fairness.counts.clean_pairs.paired_tallies``)."""
        declared = self.results.declared
        make = lambda: paired_tallies(self.results.columns(*dict.fromkeys([*OF_PAIRS, *declared])))  # noqa: E731
        return PAIRS.marked(self.kept("paired", {"attributes": declared}, make))

    def gaps_under(
        self,
        *,
        model: str,
        condition: str,
        attribute: str,
        reference: str,
        margin: float | None = None,
        normalisers: Sequence[str] = (),
    ) -> dict[str, pd.DataFrame]:
        """Return GAPS of one cell under each normaliser, by its name; margin and normalisers default to the study's."""
        margin = self.results.study.margin if margin is None else margin
        normalisers = normalisers or bands_for([info.language for info in self.results.corpora])

        def under(name: str) -> pd.DataFrame:
            rules = get_normaliser(name)
            # GAPS of the whole run may be kept, but their family-wise p is over the run: the band's is over its cell.
            counts = self._tallies_under(rules.id)
            if counts is None:
                counts = rescore(self.results.rows(model_id=model, condition_id=condition), rules)
            else:
                counts = _of_cell(counts, model, condition)
            shared: Shared = "covariance" if self.results.study.cluster else "refuse"
            return fairness.gaps(self._in_units(counts), attribute, reference=reference, margin=margin, shared=shared)

        arguments = {
            "model": model, "condition": condition, "attribute": attribute, "reference": reference, "margin": margin
        }  # fmt: skip
        return {
            name: self.kept("gaps_under", {**arguments, "normaliser": name}, partial(under, name))
            for name in normalisers
        }

    # -- what a statistic is computed from ----------------------------------------------------------------------------

    def _computed(self, statistic: Statistic, asked: Mapping[str, Any], conditions: Sequence[str]) -> pd.DataFrame:
        given = {name: value for name, value in asked.items() if name not in ("model", "condition")}
        if self.results.study.cluster and "shared" in statistic.options:
            given.setdefault("shared", "covariance")
        if not statistic.part:
            result = _checked(statistic, statistic.function(self._needed(statistic, asked, conditions), **given))
            if self.results.study.cluster and "n_clusters" in statistic.table.column_names:
                result = with_clusters(result, self._frame(statistic, asked, conditions))
            return result
        joint = self._shared(
            statistic.function.__qualname__,
            {**asked, "conditions": conditions},
            lambda: statistic.function(self._needed(statistic, asked, conditions), **given),
        )
        return _checked(statistic, getattr(joint, statistic.part))

    def _needed(
        self, statistic: Statistic, asked: Mapping[str, Any], conditions: Sequence[str]
    ) -> pd.DataFrame | Spoken:
        """Return what the statistic is computed from, restricted to its cell or to some conditions."""
        if statistic.needs == "words":
            cell = {name: asked[name] for name in ("model", "condition")}
            aligned: Spoken = self._shared("words", cell, lambda: spoken(self._cell(asked)))
            return aligned
        if statistic.of_cell:
            return self._cell(asked)
        return self._in_units(self._frame(statistic, asked, conditions))

    def _in_units(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows whose unit of inference is the cluster that the study declares."""
        return clustered(frame, self.results.study.cluster).rows

    def _frame(self, statistic: Statistic, asked: Mapping[str, Any], conditions: Sequence[str]) -> pd.DataFrame:
        """Return the counts or rows of all cells, or of some conditions, as far as the statistic reads them."""
        cluster = self.results.study.cluster
        attributes = list(asked.get("by") or ()) + ([asked["attribute"]] if "attribute" in asked else [])
        only_rows = any(asked.get(option) in values for option, values in ROWS_ONLY.items()) or bool(
            asked.get("prompt")
        )
        if statistic.needs == "tallies" and not only_rows:
            frame = self.tallies
        elif statistic.needs == "pairs" and asked.get("clean", CLEAN) == CLEAN:  # PAIRS are of clean audio
            frame = self._pairs_by(attributes)
        elif statistic.columns:
            frame = self.results.columns(*dict.fromkeys([*OF_PAIRS, *statistic.columns, *attributes, *cluster]))
        else:
            frame = self.results.scores
        return frame[frame["condition_id"].isin(conditions)] if conditions else frame

    def _cell(self, asked: Mapping[str, Any]) -> pd.DataFrame:
        return self._in_units(self.results.rows(model_id=asked["model"], condition_id=asked["condition"]))

    def _pairs_by(self, attributes: Sequence[str]) -> pd.DataFrame:
        """Return PAIRS with these attributes; the scores if one gives a speaker several groups, which is then refused."""
        by = self.results.crossed_by
        pairs = self.whole.pairs
        parts = [part for name in attributes for part in (by if by and name == crossed_name(by) else (name,))]
        if not set(parts) <= set(pairs.columns):
            return self.results.scores
        return crossed(pairs, by) if by and set(by) <= set(parts) else pairs

    # -- what is asked ------------------------------------------------------------------------------------------------

    def _completed(self, statistic: Statistic, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is asked with the usual values of what is not, in the order of the statistic's questions."""
        if "attribute" in asked and "by" in statistic.asks and "by" not in asked:
            asked = {
                **{name: value for name, value in asked.items() if name != "attribute"},
                "by": [asked["attribute"]],
            }
        statistic.refuse_unknown(asked)
        complete = {name: asked[name] if name in asked else self._usual(name, statistic) for name in statistic.asks}
        options = {name: asked[name] for name in statistic.options if name in asked and name not in complete}
        listed = {name: _listed(value) for name, value in {**complete, **options}.items()}
        if "by" in listed:
            listed["by"] = (listed["by"],) if isinstance(listed["by"], str) else listed["by"]
        return listed

    def _usual(self, name: str, statistic: Statistic) -> Any:
        results = self.results
        match name:
            case "reference":
                return REST
            case "margin":
                return results.study.margin
            case "by" | "attribute":
                if not results.attributes:
                    raise ScoringError(
                        f"the table {statistic.name!r} compares groups, and the corpora declare no attribute",
                        remedy="add a column such as accent to the manifest, and run the study again",
                    )
                return (
                    tuple(results.attributes[:2])
                    if statistic.name in ("intersections", "joint_model")
                    else results.attributes[0]
                )
            case "condition":
                return results.conditions[0]
            case "normalisers":
                return bands_for([info.language for info in results.corpora])
        models = self.models
        if name == "versus" and len(models) < 2:
            raise ScoringError(f"the table {statistic.name!r} compares two models, and the run has one")
        return models[1] if name == "versus" else models[0]

    @property
    def models(self) -> list[str]:
        """The models that there are scores of, in the order of the study."""
        present = self.results.levels("model_id")
        ordered = [model.model_id for model in self.results.models if model.model_id in present]
        return [*ordered, *(name for name in sorted(present) if name not in ordered)]

    def _refuse_conditions(self, conditions: Sequence[str]) -> None:
        if conditions:
            present = self.results.levels("condition_id")
            absent = [name for name in conditions if name not in present]
            if absent:
                raise ScoringError(f"no condition {', '.join(map(repr, absent))}", remedy=choices(absent[0], present))

    # -- what is kept -------------------------------------------------------------------------------------------------

    def kept(self, table: str, arguments: Mapping[str, Any], make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a table: that of the memory, else that of its file, else computed now and kept."""

        def read_or_make() -> pd.DataFrame:
            path = self._path(table, arguments)
            frame = None if path is None else kept_scores.read(path)
            if frame is None:
                frame = make()
                if path is not None:
                    kept_scores.write(path, frame, least=0, kept=KEPT)
            return frame

        frame: pd.DataFrame = self._held(_key(table, arguments), read_or_make)
        return frame.copy(deep=False)

    def _held(self, key: str, make: Callable[[], Any]) -> Any:
        """Return a value of the memory, computed if it is not there; two who ask at once compute it once."""
        with self._locks.setdefault(key, Lock()):
            if key not in self._memory:
                self._memory[key] = make()
                while len(self._memory) > IN_MEMORY:
                    self._memory.popitem(last=False)
            self._memory.move_to_end(key)
            return self._memory[key]

    def _shared(self, kind: str, arguments: Mapping[str, Any], make: Callable[[], Any]) -> Any:
        """Return a value that several tables are made of: of each kind only the latest is held, for it may be large."""
        key = _key(kind, arguments)
        with self._locks.setdefault(kind, Lock()):
            if self._latest.get(kind, ("",))[0] != key:
                self._latest[kind] = (key, make())
            return self._latest[kind][1]

    def _path(self, table: str, arguments: Mapping[str, Any], normaliser_id: str = "") -> Path | None:
        """Return where a table of a finished large run is kept; None of other runs."""
        run, url = self.results.run, self.results.store_url
        if not url or not run.finished or run.done < kept_scores.LEAST:
            return None
        scores = kept_scores.place(url, run, normaliser_id or self.results.normaliser_id)
        parts = [scores.stem, code_digest(), _key(table, arguments)]
        name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
        return scores.parent / "tables" / f"{table}-{name}.parquet"

    def _tallies_under(self, normaliser_id: str) -> pd.DataFrame | None:
        """Return TALLIES under another normaliser if they are kept."""
        path = self._path("tallies", {"attributes": self.whole.results.declared}, normaliser_id)
        counts = None if path is None else kept_scores.read(path)
        if counts is None:
            return None
        counts, by = TALLIES.marked(counts), self.results.crossed_by
        return crossed(counts, by) if by else counts


def _key(table: str, arguments: Mapping[str, Any]) -> str:
    """Return the one key of a table: its name and everything that was asked."""
    return json.dumps([table, arguments], sort_keys=True, default=repr)


def _listed(value: Any) -> Any:
    """Return lists as tuples, so that they can be part of a key."""
    return tuple(value) if isinstance(value, list | tuple) else value


def _checked(statistic: Statistic, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame of a statistic, which has the columns of its table."""
    table = statistic.table
    missing = [column.name for column in table.columns if not column.optional and column.name not in frame.columns]
    if missing:
        raise ScoringError(f"{statistic.name} gave no column {', '.join(missing)}", place=table.name)
    return frame


def _of_cell(table: pd.DataFrame, model: str, condition: str) -> pd.DataFrame:
    """Return the rows of a table that are of one model under one condition."""
    return table[(table["model_id"] == model) & (table["condition_id"] == condition)].reset_index(drop=True)


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of the code that makes these tables: of another version, nothing is read."""
    result = hashlib.sha256(" ".join(version(name) for name in COMPUTED_BY).encode())
    for folder in (Path(__file__).parent, Path(fairness.__path__[0])):
        for file in sorted(folder.rglob("*.py")):
            result.update(file.name.encode() + file.read_bytes())
    return result.hexdigest()
