"""Aggregates: the tables that findings show of a run, computed once and kept as Parquet beside its scores.

Each is computed from counts added up per speaker (``fairness.counts.cells.tallied``, ``fairness.counts.clean_pairs.paired_tallies``) where
counts are enough, else from the columns or the rows of one condition that it needs. Of a large run (``results.kept_scores.LEAST`` rows)
they are kept, under a name that says everything that they depend on: the store, the run and how far it was, the normaliser, the
code, the table and its arguments. ``preparation`` computes the usual ones at the end of a run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from workbench import fairness
from workbench.fairness import Comparison
from workbench.fairness.adjusted.adjustment import Adjustment
from workbench.fairness.adjusted.covariates import available_covariates
from workbench.fairness.changes.gap_changes import gap_changes_against
from workbench.fairness.comparison.systems import gap_checks
from workbench.fairness.counts.cells import CELL, COUNTED, tallied
from workbench.fairness.counts.clean_pairs import paired_tallies
from workbench.fairness.counts.intersection import crossed_name
from workbench.fairness.words.normaliser_band import band_of, bands_for, rescore
from workbench.fairness.words.word_errors import Spoken, spoken
from workbench.results import kept_scores, run_comparison
from workbench.results.loader import Results
from workbench.schema import STOPPING_FACTOR
from workbench.text import get_normaliser

KEPT = 3_000
"""Files, most of them of a few kilobytes; the one that was used the longest ago goes first."""
COMPUTED_BY = ("numpy", "scipy", "pandas", "scikit-learn", "statsmodels")
"""Libraries whose version the tables may hang on."""
COUNTED_BY = ("corpus_id", "speaker_id", *CELL, "status", "normaliser_id")
"""What every table is made of, besides attributes and what follows."""
TALLIED = (*COUNTED_BY, *COUNTED, "char_errors", "ref_chars", STOPPING_FACTOR)
PAIRED = (*COUNTED_BY, "utterance_id", "errors", "ref_words", "substitutions", "deletions", STOPPING_FACTOR)
DOSED = (*PAIRED, "severity", "level", "level_unit")
COMPARED = (*PAIRED, "reference", "hypothesis")


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
    """The tables of one run under one normaliser; ``url`` names the store that it is in.

    ``whole`` are those of the same results before attributes ``by`` were crossed.
    """

    def __init__(self, of: Results, *, url: str, by: Sequence[str] = (), whole: Aggregates | None = None) -> None:
        self.results = of
        self.url = url
        self.by = tuple(by)
        self.whole = self if whole is None else whole
        self._spoken: dict[tuple[str, str], Spoken] = {}

    @cached_property
    def tallies(self) -> pd.DataFrame:
        """The counts per model, condition, speaker and attributes: what ``fairness.counts.cells.tallied`` makes of the scores."""
        if self.by:
            return fairness.crossed(self.whole.tallies, self.by)
        declared = self.results.declared
        return self._kept("tallies", [declared], lambda: tallied(self._columns(TALLIED, *declared)))

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The same utterances clean and degraded per speaker: what ``fairness.counts.clean_pairs.paired_tallies`` makes of the scores."""
        declared = self.results.declared
        return self._kept("paired", [declared], lambda: paired_tallies(self._columns(PAIRED, *declared)))

    def crossed(self, *by: str) -> Aggregates:
        """Return the tables of the same results with one more attribute: the intersection of these."""
        made = self.results.derived(lambda rows: fairness.crossed(rows, by), crossed_name(by))
        found: Aggregates = vars(made).setdefault("_tables", Aggregates(made, url=self.url, by=by, whole=self))
        return found

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
        return self.gap_changes_against(attribute, [reference])[reference]

    def gap_changes_against(self, attribute: str, references: Sequence[str]) -> dict[str, pd.DataFrame]:
        """Return GAP_CHANGES by one attribute against each of several: what is not kept is computed together."""
        margin = self.results.study.margin
        asked: dict[str, list[object]] = {one: [attribute, one, margin] for one in references}
        lacking = [one for one in references if not self._is_kept("gap_changes", asked[one])]

        @cache
        def made() -> Mapping[str, pd.DataFrame]:
            return gap_changes_against(self._paired(attribute), attribute, lacking, margin=margin)

        def one_of(reference: str) -> pd.DataFrame:
            if reference in lacking:
                return made()[reference]
            return fairness.gap_changes(self._paired(attribute), attribute, reference=reference, margin=margin)

        return {one: self._kept("gap_changes", asked[one], partial(one_of, one)) for one in references}

    def _paired(self, attribute: str) -> pd.DataFrame:
        """Return the pairs with this attribute; the scores if it gives a speaker several groups, which is then refused."""
        pairs, parts = self.whole.pairs, self.by if attribute == crossed_name(self.by) else (attribute,)
        if not set(parts) <= set(pairs.columns):
            return self.results.scores
        return fairness.crossed(pairs, parts) if len(parts) > 1 else pairs

    def doses(self, attribute: str) -> pd.DataFrame:
        """Return DOSE_RESPONSE over severity by one attribute."""
        return self._kept(
            "doses", [attribute], lambda: fairness.dose_response(self._columns(DOSED, attribute), attribute)
        )

    def _columns(self, names: Sequence[str], *attributes: str) -> pd.DataFrame:
        return self.results.columns(*dict.fromkeys([*names, *attributes]))

    def compared(self, attribute: str, reference: str, first: str, second: str) -> Comparison:
        """Return two engines on the same utterances, with the margin of the study."""
        how: dict[str, Any] = {"margin": self.results.study.margin, "system": first, "versus": second}
        known = self._is_kept("comparisons", [attribute, first, second])

        @cache
        def rows() -> pd.DataFrame:
            return self._columns(COMPARED, attribute)

        @cache
        def made() -> Comparison:
            return fairness.compare(rows(), rows(), [attribute], reference=reference, **how)

        def checks() -> pd.DataFrame:
            return gap_checks(rows(), rows(), [attribute], reference=reference, **how) if known else made().gap_checks

        return self._comparison(
            [attribute, first, second], [attribute, first, second, reference, how["margin"]], made, checks
        )

    def compared_with(self, other: Results, attribute: str, reference: str, model: str) -> Comparison:
        """Return another run beside this one on the same utterances, as ``results.run_comparison`` does."""
        place = kept_scores.place(self.url, other.run, other.normaliser_id)
        margins = [self.results.study.margin, other.study.margin]
        arguments: list[object] = ["runs", attribute, reference, model, place.stem, margins]

        @cache
        def made() -> Comparison:
            return run_comparison.compare_runs(self.results, other, [attribute], reference=reference, system=model)

        return self._comparison(arguments, arguments, made, lambda: made().gap_checks)

    def _comparison(
        self,
        arguments: list[object],
        to: list[object],
        make: Callable[[], Comparison],
        checks: Callable[[], pd.DataFrame],
    ) -> Comparison:
        """Return a comparison of which the parts are kept: the gap checks with what they are ``to``."""
        notes = self._kept("notes", arguments, lambda: pd.DataFrame({"note": make().notes}, dtype="str"))
        return Comparison(
            self._kept("comparisons", arguments, lambda: make().comparisons),
            self._kept("gap_checks", to, checks),
            tuple(notes["note"]),
        )

    def spread(self, attribute: str) -> pd.DataFrame:
        """Return SPREAD by one attribute."""
        return self._kept("spread", [attribute], lambda: fairness.spread(self.tallies, attribute))

    def words(self, model: str, condition: str, attribute: str, reference: str) -> Words:
        """Return WORD_ERRORS and CONFUSIONS of a model under a condition."""
        arguments: list[object] = [model, condition, attribute, reference]
        rows = self._rows(model, condition)

        def said() -> Spoken:
            found = self._spoken.get((model, condition))
            if found is None:
                found = spoken(rows())
                self._spoken = {(model, condition): found}  # one cell's at a time: all of its tables share them
            return found

        return Words(
            self._kept("words", arguments, lambda: fairness.word_errors(said(), attribute, reference=reference)),
            self._kept("pairs", arguments, lambda: fairness.confusions(said(), attribute, reference=reference)),
        )

    def covariates(self, model: str, condition: str, attribute: str) -> list[str]:
        """Return what can be held equal under a condition (``fairness.adjusted.covariates``)."""
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
        margin = self.results.study.margin
        arguments: list[object] = [model, condition, attribute, reference, margin]

        def under(name: str) -> pd.DataFrame:
            rules = get_normaliser(name)
            found = self._read_under(rules.id, "gaps", [attribute, reference, margin])
            if found is not None:
                return _of_cell(found, model, condition)
            counts = self._tallies_under(rules.id)
            counts = rescore(rows(), rules) if counts is None else _of_cell(counts, model, condition)
            return fairness.gaps(counts, attribute, reference=reference, margin=margin)

        found = {name: self._kept("gaps_under", [*arguments, name], partial(under, name)) for name in names}
        return Band(found, self._kept("band", [*arguments, *names], lambda: band_of(found)))

    def _read_under(self, normaliser_id: str, table: str, arguments: list[object]) -> pd.DataFrame | None:
        """Return a table under another normaliser if it is kept."""
        path = self._path(table, arguments, normaliser_id)
        return None if path is None else kept_scores.read(path)

    def _tallies_under(self, normaliser_id: str) -> pd.DataFrame | None:
        """Return the counts under another normaliser if they are kept."""
        found = self._read_under(normaliser_id, "tallies", [self.whole.results.declared])
        return fairness.crossed(found, self.by) if found is not None and self.by else found

    def _rows(self, model: str, condition: str) -> Callable[[], pd.DataFrame]:
        """Return what reads the scores of a model under a condition, once."""
        return cache(lambda: self.results.rows(model_id=model, condition_id=condition))

    def _path(self, table: str, arguments: list[object], normaliser_id: str = "") -> Path | None:
        """Return where a table of a finished large run is kept; None of other runs."""
        run = self.results.run
        if not run.finished or run.done < kept_scores.LEAST:
            return None
        scores = kept_scores.place(self.url, run, normaliser_id or self.results.normaliser_id)
        parts = [scores.stem, code_digest(), table, arguments]
        name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]
        return scores.parent / "tables" / f"{table}-{name}.parquet"

    def _is_kept(self, table: str, arguments: list[object]) -> bool:
        path = self._path(table, arguments)
        return path is not None and path.is_file()

    def _kept(self, table: str, arguments: list[object], make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a table: the one that is kept, else made now and kept."""
        path = self._path(table, arguments)
        if path is None:
            return make()
        found = kept_scores.read(path)
        if found is None:
            found = make()
            kept_scores.write(path, found, least=0, kept=KEPT)
        return found


def _of_cell(table: pd.DataFrame, model: str, condition: str) -> pd.DataFrame:
    cell = (table["model_id"] == model) & (table["condition_id"] == condition)
    return table[cell].reset_index(drop=True)


def tables_of(results: Results, *, url: str) -> Aggregates:
    """Return the tables of these results, each time the same object."""
    found: Aggregates = vars(results).setdefault("_tables", Aggregates(results, url=url))
    return found


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of the code that makes these tables: of another version, nothing is read."""
    found = hashlib.sha256(" ".join(version(name) for name in COMPUTED_BY).encode())
    for folder in (Path(__file__).parent, Path(fairness.__path__[0])):
        for file in sorted(folder.rglob("*.py")):
            found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()
