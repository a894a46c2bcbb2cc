"""The board of a study in a notebook: one call from a study, a run or its results to groups x conditions."""

from __future__ import annotations

from workbench.adaptive.rounds import run
from workbench.errors import ScoringError, StudyError, choices
from workbench.fairness import rates
from workbench.figures import Picture, rate_heatmap
from workbench.results import Results, load, rescored
from workbench.store import RunRecord, Store, open_store
from workbench.study import Study


def show(
    what: Study | RunRecord | Results | str,
    attribute: str | None = None,
    *,
    model_id: str | None = None,
    normaliser: str | None = None,
    store: Store | None = None,
) -> Picture:
    """Return the board of word error rates, groups of ``attribute`` x conditions; a notebook draws it.

    Parameters
    ----------
    what : a study (run first where that has not been done), a run, its id, or results that are loaded already
    attribute : whose groups; default: the first that the study names
    model_id : which of the models; default: the first
    normaliser : which the transcripts are scored under; default: the study's

    Raises
    ------
    StudyError : nothing of that kind
    ScoringError : no such attribute or model, or no attribute at all
    """
    results = _results(what, normaliser, store)
    attributes = results.attributes
    chosen = attribute or next(iter(attributes), "")
    if chosen not in results.scores.columns or not chosen:
        raise ScoringError(f"no attribute {chosen!r} to show", remedy=choices(chosen, attributes))
    model = model_id or str(results.scores["model_id"].iloc[0])
    order = {name: place for place, name in enumerate(results.conditions)}
    result = rates(results.scores, [chosen]).sort_values("condition_id", key=lambda ids: ids.map(order), kind="stable")
    return rate_heatmap(result, chosen, model_id=model, caveat=results.caveat)


def _results(what: object, normaliser: str | None, store: Store | None) -> Results:
    if isinstance(what, Results):
        return rescored(what, normaliser) if normaliser else what
    store = store or open_store()
    if isinstance(what, Study):
        what = run(what, store=store)
    if isinstance(what, RunRecord):
        what = what.run_id
    if isinstance(what, str):
        return load(what, store=store, normaliser=normaliser)
    raise StudyError(f"a {type(what).__name__} cannot be shown", remedy="give a study, a run, its id, or its results")
