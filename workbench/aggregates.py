"""Aggregates: the tables that findings show of a run, computed once and kept as Parquet beside its scores.

Each is computed from counts added up per speaker (``fairness.cells.tallied``) where counts are enough, else from the rows. Of a
large run (``score_cache.LEAST`` rows) they are kept, under a name that says everything that they depend on: the store, the
run and how far it was, the normaliser, the code, the table and its arguments. The worker of a large run prepares the
usual ones at its end, so that whoever opens it first does not wait for the permutation tests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from workbench import fairness, score_cache
from workbench.errors import WorkbenchError
from workbench.fairness.adjustment import Adjustment
from workbench.fairness.cells import tallied
from workbench.fairness.covariates import available_covariates
from workbench.fairness.crossing import crossed_name
from workbench.fairness.normaliser_band import bands_for, rescore
from workbench.results import Results, load
from workbench.store import RunRecord, Store
from workbench.text import NORMALISERS, get_normaliser

KEPT = 600
"""Files, most of them of a few kilobytes; the one that was used the longest ago goes first."""


class Words(NamedTuple):
    """Words that fail, and what was written instead."""

    failing: pd.DataFrame
    pairs: pd.DataFrame


class Adjusted(NamedTuple):
    """Gaps raw and adjusted, where they lie, and how alike the matched are."""

    gaps: pd.DataFrame
    split: pd.DataFrame
    balance: pd.DataFrame


class Band(NamedTuple):
    """Gaps under each normaliser by its name, and the band of them."""

    gaps: dict[str, pd.DataFrame]
    band: pd.DataFrame


class Aggregates:
    """The tables of one run under one normaliser; ``url`` names the store that it is in."""

    def __init__(self, of: Results, *, url: str) -> None:
        self.results = of
        self.url = url

    @cached_property
    def tallies(self) -> pd.DataFrame:
        """The counts per model, condition, speaker and attributes: what ``fairness.cells.tallied`` makes of the scores."""
        return self._kept("tallies", [self.results.declared], lambda: tallied(self.results.scores))

    def crossed(self, *by: str) -> Aggregates:
        """Return the tables of the same results with one more attribute: the intersection of these."""

        def cross(rows: pd.DataFrame) -> pd.DataFrame:
            return fairness.crossed(rows, by)

        made = tables_of(self.results.derived(cross, crossed_name(by)), url=self.url)
        vars(made)["tallies"] = cross(self.tallies)
        return made

    def rates(self, attribute: str) -> pd.DataFrame:
        """Return RATES by one attribute."""
        return self._kept("rates", [attribute], lambda: fairness.rates(self.tallies, [attribute]))

    def metrics(self, attribute: str) -> pd.DataFrame:
        """Return METRICS by one attribute."""
        return self._kept("metrics", [attribute], lambda: fairness.metrics(self.tallies, [attribute]))

    def gaps(self, attribute: str, reference: str) -> pd.DataFrame:
        """Return GAPS by one attribute against a group or the rest, with the margin of the study."""
        margin = self.results.study.margin
        return self._kept(
            "gaps", [attribute, reference, margin],
            lambda: fairness.gaps(self.tallies, attribute, reference=reference, margin=margin),
        )  # fmt: skip

    def gap_changes(self, attribute: str, reference: str) -> pd.DataFrame:
        """Return GAP_CHANGES by one attribute against a group or the rest, with the margin of the study."""
        margin = self.results.study.margin
        return self._kept(
            "gap_changes", [attribute, reference, margin],
            lambda: fairness.gap_changes(self.results.scores, attribute, reference=reference, margin=margin),
        )  # fmt: skip

    def doses(self, attribute: str) -> pd.DataFrame:
        """Return DOSE_RESPONSE over severity by one attribute."""
        return self._kept("doses", [attribute], lambda: fairness.dose_response(self.results.scores, attribute))

    def spread(self, attribute: str) -> pd.DataFrame:
        """Return SPREAD by one attribute."""
        return self._kept("spread", [attribute], lambda: fairness.spread(self.tallies, attribute))

    def words(self, model: str, condition: str, attribute: str, reference: str) -> Words:
        """Return WORD_ERRORS and CONFUSIONS of a model under a condition."""
        arguments: list[object] = [model, condition, attribute, reference]
        rows = self._rows(model, condition)
        return Words(
            self._kept("words", arguments, lambda: fairness.word_errors(rows(), attribute, reference=reference)),
            self._kept("pairs", arguments, lambda: fairness.confusions(rows(), attribute, reference=reference)),
        )

    def covariates(self, model: str, condition: str, attribute: str) -> list[str]:
        """Return what can be held equal under a condition (``fairness.covariates``)."""
        rows = self._rows(model, condition)
        made = self._kept(
            "covariates", [model, condition, attribute],
            lambda: pd.DataFrame({"covariate": available_covariates(rows(), attribute)}, dtype="str"),
        )  # fmt: skip
        return made["covariate"].tolist()

    def adjusted(self, model: str, condition: str, attribute: str, reference: str, held: Sequence[str]) -> Adjusted:
        """Return ADJUSTED_GAPS, KITAGAWA and BALANCE of a model under a condition, with this held equal."""
        arguments: list[object] = [model, condition, attribute, reference, list(held)]
        rows = self._rows(model, condition)

        @cache
        def made() -> Adjustment:
            return fairness.adjust(rows(), attribute, reference=reference, covariates=tuple(held))

        return Adjusted(
            self._kept("adjusted", arguments, lambda: made().gaps),
            self._kept("split", arguments, lambda: made().split),
            self._kept("balance", arguments, lambda: made().balance),
        )

    def band(self, model: str, condition: str, attribute: str, reference: str) -> Band:
        """Return GAPS under each normaliser of the band, and NORMALISER_BAND, of a model under a condition."""
        rows, names = self._rows(model, condition), bands_for([info.language for info in self.results.corpora])
        arguments: list[object] = [model, condition, attribute, reference, self.results.study.margin]
        how: dict[str, Any] = {"reference": reference, "margin": self.results.study.margin}

        def under(name: str) -> pd.DataFrame:
            return fairness.gaps(rescore(rows(), get_normaliser(name)), attribute, **how)

        found = {name: self._kept("gaps_under", [*arguments, name], partial(under, name)) for name in names}

        def whole() -> pd.DataFrame:
            return fairness.normaliser_band(rows(), attribute, normalisers=names, **how)

        return Band(found, self._kept("band", [*arguments, *names], whole))

    def _rows(self, model: str, condition: str) -> Callable[[], pd.DataFrame]:
        """Return what reads the scores of a model under a condition, once."""
        return cache(lambda: self.results.rows(model_id=model, condition_id=condition))

    def _kept(self, table: str, arguments: list[object], make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a table: the one that is kept, else made now and kept."""
        run = self.results.run
        if not run.finished or run.done < score_cache.LEAST:
            return make()
        scores = score_cache.place(self.url, run, self.results.normaliser_id)
        parts = [scores.stem, code_digest(), table, arguments]
        name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
        path = scores.parent / "tables" / f"{table}-{name}.parquet"
        found = score_cache.read(path)
        if found is None:
            found = make()
            score_cache.write(path, found, least=0, kept=KEPT)
        return found


def tables_of(results: Results, *, url: str) -> Aggregates:
    """Return the tables of these results, each time the same object."""
    found: Aggregates = vars(results).setdefault("_tables", Aggregates(results, url=url))
    return found


def prepared_for(record: RunRecord) -> bool:
    """Tell whether a run is finished and large: its tables are kept for whoever looks at it."""
    return record.finished and record.done >= score_cache.LEAST


def prepare(run_id: str, *, store: Store) -> None:
    """Keep the scores of a large finished run and its usual tables: every attribute of the study, against the rest.

    Scores, rates and gaps under every normaliser that fits; of the one of the study everything else.

    What cannot be computed of this run (no clean audio, one group) is left out: the page that asks for it says why.
    """
    if not prepared_for(store.run(run_id)):
        return
    with suppress(WorkbenchError):
        found = load(run_id, store=store, kept=True)
        own = tables_of(found, url=store.url)
        for attribute in found.attributes:
            for make in (own.rates, own.metrics, own.doses, own.spread):
                with suppress(WorkbenchError):
                    make(attribute)
            for compare in (own.gaps, own.gap_changes):
                with suppress(WorkbenchError):
                    compare(attribute, fairness.REST)
            for model in found.levels("model_id"):
                _prepare_model(own, model, attribute)
    for name in NORMALISERS:
        with suppress(WorkbenchError):  # one for another language
            other = tables_of(load(run_id, store=store, normaliser=name, kept=True), url=store.url)
            for attribute in other.results.attributes:
                other.rates(attribute)
                other.gaps(attribute, fairness.REST)


def _prepare_model(own: Aggregates, model: str, attribute: str) -> None:
    """Keep the words of every condition, and of the first one what is adjusted and the normaliser band."""
    conditions = own.results.conditions
    for condition in conditions:
        with suppress(WorkbenchError):
            own.words(model, condition, attribute, fairness.REST)
    with suppress(WorkbenchError):
        own.band(model, conditions[0], attribute, fairness.REST)
        own.adjusted(model, conditions[0], attribute, fairness.REST, own.covariates(model, conditions[0], attribute))


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of the code that makes these tables: of another version, nothing is read."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(Path(fairness.__path__[0]).glob("*.py")):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()
