"""Aggregates: the tables that findings show of a run, computed once and kept as Parquet beside its scores.

Each is computed from counts added up per speaker (``fairness.cells.tallied``) where counts are enough, else from the rows. Of a
large run (``score_cache.LEAST`` rows) they are kept, under a name that says everything that they depend on: the store, the
run and how far it was, the normaliser, the code, the table and its arguments. The worker of a large run prepares the
usual ones at its end, so that whoever opens it first does not wait for the permutation tests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd

from workbench import fairness, score_cache
from workbench.errors import WorkbenchError
from workbench.fairness.cells import tallied
from workbench.fairness.crossing import crossed_name
from workbench.results import Results, load
from workbench.store import Store

KEPT = 600
"""Files, most of them of a few kilobytes; the one that was used the longest ago goes first."""


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


def prepare(run_id: str, *, store: Store) -> None:
    """Keep the scores of a large finished run and its usual tables: every attribute of the study, against the rest.

    What cannot be computed of this run (no clean audio, one group) is left out: the page that asks for it says why.
    """
    record = store.run(run_id)
    if not record.finished or record.done < score_cache.LEAST:
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


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of the code that makes these tables: of another version, nothing is read."""
    found = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(Path(fairness.__path__[0]).glob("*.py")):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()
