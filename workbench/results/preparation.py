"""Preparation: the usual tables of a large run, computed by its worker, so that whoever opens its findings does not wait.

In the order in which findings ask for them, and no more than :data:`MOST` of them and :data:`SECONDS` of processor time: what is
not prepared is computed, and kept, when somebody asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import permutations, product

from workbench.errors import WorkbenchError
from workbench.fairness.catalogue import STATISTICS
from workbench.fairness.counts.intersection import crossed_name
from workbench.results import kept_scores
from workbench.results.loader import kept_under, load
from workbench.results.scored_run import Results
from workbench.store import RunRecord, Store
from workbench.text import fitting_normalisers, get_normaliser

MOST = 1_500
"""Steps of preparation; each keeps a table or the few that belong together."""
SECONDS = 100.0
"""Of processor time, after which no further step is begun."""
BOARD = 3
"""Statistics of the catalogue, its first, that Findings opens on."""
MOST_GROUPS = 30
"""Of an attribute whose groups are each prepared as the reference."""
MOST_CROSSED = 3
"""Attributes every two of which are crossed, and engines every two of which are compared."""
Step = Callable[[], object]


def prepared_for(record: RunRecord) -> bool:
    """Tell whether a run is finished and large: its tables are kept for whoever looks at it."""
    return record.finished and record.done >= kept_scores.LEAST


def prepare(run_id: str, *, store: Store) -> None:
    """Keep the scores of a large finished run under every normaliser that fits, and its usual tables.

    What cannot be computed of this run (no clean audio, one group) is left out: the page that asks for it says why.
    """
    if not prepared_for(store.run(run_id)):
        return
    began = time.process_time()
    with suppress(WorkbenchError):
        own = load(run_id, store=store, kept=True)
        for done, step in enumerate(steps(own, store)):
            if done >= MOST or time.process_time() - began > SECONDS:
                return
            with suppress(WorkbenchError):
                step()


def steps(own: Results, store: Store) -> Iterator[Step]:
    """Yield what there is to prepare: every usual statistic of the catalogue, what is asked for first first."""
    usual = [statistic for statistic in STATISTICS.values() if statistic.usual]
    of_run = [item for item in usual if not item.of_cell and not item.of_sides]
    of_cell = [item for item in usual if item.of_cell]
    of_sides = [item for item in usual if item.of_sides]
    attributes, models = own.attributes, own.tables.models
    pairs = list(permutations(attributes[:MOST_CROSSED], 2))
    # The board of each attribute and normaliser comes first: it is what Findings opens on.
    for statistic, attribute in product(of_run[:BOARD], attributes):
        yield partial(own.table, statistic.name, attribute=attribute)
    for name in fitting_normalisers([info.language for info in own.corpora]):
        yield partial(_under, own, name, store, [statistic.name for statistic in of_run[:BOARD]])
    for statistic, attribute in product(of_run[BOARD:], attributes):
        yield partial(own.table, statistic.name, attribute=attribute)
    for condition, model, attribute in product(own.conditions, models, attributes):
        cell = {"model": model, "condition": condition, "attribute": attribute}
        for statistic in of_cell:
            yield partial(own.table, statistic.name, **cell)
    for statistic, attribute, (system, versus) in product(of_sides, attributes, permutations(models[:MOST_CROSSED], 2)):
        yield partial(own.table, statistic.name, attribute=attribute, system=system, versus=versus)
    for statistic, pair in product(of_run, pairs):
        yield partial(own.crossed(*pair).table, statistic.name, attribute=crossed_name(pair))
    for attribute in attributes:
        groups = sorted(own.levels(attribute))
        if len(groups) <= MOST_GROUPS:
            yield from (partial(own.table, "gaps", attribute=attribute, reference=group) for group in groups)


def _under(own: Results, normaliser: str, store: Store, names: Sequence[str]) -> None:
    """Keep the scores under another normaliser and these tables of it."""
    if get_normaliser(normaliser).id == own.normaliser_id:
        return
    other = kept_under(own, normaliser, store=store)
    for name, attribute in product(names, own.attributes):
        other.table(name, attribute=attribute)
