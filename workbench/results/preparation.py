"""Preparation: the usual tables of a large run, computed by its worker, so that whoever opens its findings does not wait.

In the order in which findings ask for them, and no more than :data:`MOST` of them and :data:`SECONDS` of processor time: what is
not prepared is computed, and kept, when somebody asks for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import permutations, product

from workbench import fairness
from workbench.errors import WorkbenchError
from workbench.fairness.counts.intersection import crossed_name
from workbench.results import kept_scores
from workbench.results.loader import kept_under, load
from workbench.results.tables import Aggregates, tables_of
from workbench.store import RunRecord, Store
from workbench.text import NORMALISERS, get_normaliser

MOST = 1_500
"""Steps of preparation; each keeps a table or the few that belong together."""
SECONDS = 900.0
"""Of processor time, after which no further step is begun."""
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
        own = tables_of(load(run_id, store=store, kept=True), url=store.url)
        for done, step in enumerate(steps(own, store)):
            if done >= MOST or time.process_time() - began > SECONDS:
                return
            with suppress(WorkbenchError):
                step()


def steps(own: Aggregates, store: Store) -> Iterator[Step]:
    """Yield what there is to prepare, what is asked for first first."""
    results, rest = own.results, fairness.REST
    attributes, conditions, present = results.attributes, results.conditions, results.levels("model_id")
    models = [one.model_id for one in results.models if one.model_id in present]
    for attribute in attributes:
        yield from _board(own, attribute)
    for name in NORMALISERS:
        yield partial(_under, own, name, store)
    for attribute in attributes:
        yield from _changes(own, attribute)
    for condition, model, attribute in product(conditions, models, attributes):
        yield partial(own.words, model, condition, attribute, rest)
        yield partial(own.band, model, condition, attribute, rest)
    for model, attribute in product(models, attributes):
        yield partial(_adjusted, own, model, conditions[0], attribute)
    for attribute, pair in product(attributes, permutations(models[:MOST_CROSSED], 2)):
        yield partial(own.compared, attribute, rest, *pair)
    for pair in permutations(attributes[:MOST_CROSSED], 2):
        crossed = own.crossed(*pair)
        yield from _board(crossed, crossed_name(pair))
    for attribute in attributes:
        groups = sorted(str(name) for name in own.tallies[attribute].unique())
        if len(groups) <= MOST_GROUPS:
            yield from (partial(own.gaps, attribute, group) for group in groups)
            yield partial(own.gap_changes_against, attribute, groups)
    for pair in permutations(attributes[:MOST_CROSSED], 2):
        yield from _changes(own.crossed(*pair), crossed_name(pair))
    for condition, model, attribute in product(conditions[1:], models, attributes):
        yield partial(_adjusted, own, model, condition, attribute)


def _board(of: Aggregates, attribute: str) -> Iterator[Step]:
    yield partial(of.rates, attribute)
    yield partial(of.gaps, attribute, fairness.REST)
    yield partial(of.metrics, attribute)


def _changes(of: Aggregates, attribute: str) -> Iterator[Step]:
    yield partial(of.gap_changes, attribute, fairness.REST)
    yield partial(of.doses, attribute)
    yield partial(of.spread, attribute)


def _adjusted(own: Aggregates, model: str, condition: str, attribute: str) -> None:
    """Keep what is adjusted by what can be held equal."""
    own.adjusted(model, condition, attribute, fairness.REST, own.covariates(model, condition, attribute))


def _under(own: Aggregates, normaliser: str, store: Store) -> None:
    """Keep the scores under another normaliser and its board."""
    if get_normaliser(normaliser).id == own.results.normaliser_id:
        return
    other = tables_of(kept_under(own.results, normaliser, store=store), url=store.url)
    for attribute in own.results.attributes:
        for step in _board(other, attribute):
            step()
