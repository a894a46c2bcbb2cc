"""Private release of a run: what it would be good for, said first; then what it costs, taken; then the figures, kept."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.extras import load_package
from workbench.fairness.private_rates import WIDEST, Caps, contributions, expected_half_width, private_rates
from workbench.results.scored_run import Results
from workbench.schema import NOT_STATED
from workbench.store import Store, privacy_budget


@dataclass(frozen=True)
class ReleasePlan:
    """What a release would be, from public numbers alone."""

    by: str
    groups: tuple[str, ...]
    model_id: str
    condition_id: str
    epsilon: float
    caps: Caps
    minimum_speakers: int
    half_width: float
    """Of a rate's interval by noise alone, in a group of the minimum of speakers."""
    groups_of_corpus: bool = False
    """Whether nobody gave the list of groups, so that it is the corpus' own."""

    @property
    def group_names(self) -> str:
        """Say where the names of the groups come from, and whether the release protects them."""
        if self.groups_of_corpus:
            return (
                "the names of the groups are those of the corpus: epsilon does not protect who is the only speaker of a group from "
                "being known to be there; give the public list of groups with --group"
            )
        return "the list of groups was given"

    @property
    def sentence(self) -> str:
        """Say how wide the intervals will be."""
        return (
            f"with epsilon {self.epsilon:g}, noise alone makes the interval of a group of {self.minimum_speakers} speakers who each "
            f"say {self.caps.words} words or more +-{100 * self.half_width:.1f} points wide; of four times as many, a fourth of that"
        )


def plan_release(
    results: Results,
    *,
    by: str,
    epsilon: float,
    minimum_speakers: int = 100,
    condition_id: str = "clean",
    model_id: str = "",
    caps: Caps | None = None,
    groups: Sequence[str] = (),
    widest: float = WIDEST,
) -> ReleasePlan:
    """Return what a release would be; nothing is spent, and nothing is computed from what was heard.

    ``groups``: the public list; default: the groups of the corpus, whose names are then published.

    Raises
    ------
    ScoringError : epsilon or caps not positive, no such condition, model or group, or intervals wider than ``widest`` by noise alone
    """
    caps = caps or Caps()
    if not (math.isfinite(epsilon) and epsilon > 0) or min(caps) < 1 or minimum_speakers < 2:
        raise ScoringError(
            f"epsilon {epsilon:g}, caps {caps.words} words and {caps.errors} errors, {minimum_speakers} speakers",
            place="release",
            remedy="epsilon and caps are above 0, the minimum of speakers is 2 or more",
        )
    load_package("opendp.prelude")
    models = [model.model_id for model in results.models]
    if not model_id and len(models) > 1:
        raise ScoringError(
            f"the run has {len(models)} models, and every speaker is in each", remedy="name one with --model"
        )
    model_id = model_id or models[0]
    conditions = [condition.condition_id for condition in results.study.conditions]
    for given, available, called in ((model_id, models, "model"), (condition_id, conditions, "condition")):
        if given not in available:
            raise ScoringError(f"no {called} {given!r} in the run", remedy=choices(given, available))
    if by not in results.attributes:
        raise ScoringError(f"no attribute {by!r}", place="--by", remedy=choices(by, results.attributes))
    width = expected_half_width(minimum_speakers, epsilon, caps)
    if width > widest:
        needed = math.ceil(minimum_speakers * width / widest)
        raise ScoringError(
            f"noise alone would make the interval of a group of {minimum_speakers} speakers +-{100 * width:.1f} points wide: the release "
            "would say nothing",
            place=f"release of epsilon {epsilon:g}",
            remedy=f"publish groups of {needed} speakers or more (--minimum-speakers {needed}), or lower the cap of errors; "
            "nothing was spent",
        )
    named = groups or sorted(results.scores[by].astype("str").fillna(NOT_STATED).unique())
    return ReleasePlan(by, tuple(named), model_id, condition_id, epsilon, caps, minimum_speakers, width, not groups)


def release(results: Results, plan: ReleasePlan, *, store: Store, budget: float | None = None) -> dict[str, Any]:
    """Spend the epsilon of a plan and return what is released, ready for JSON; the store keeps it.

    Raises
    ------
    StoreError : the budget of a corpus does not suffice; nothing is computed
    ScoringError : a speaker in two groups
    """
    rows = results.scores
    rows = rows[(rows["model_id"] == plan.model_id) & (rows["condition_id"] == plan.condition_id)]
    people = contributions(rows, plan.by, plan.caps)
    corpora = [info.corpus_id for info in results.corpora]
    release_id = privacy_budget.spend(store, results.run.run_id, corpora, plan.epsilon, budget=budget)
    table, cost = private_rates(
        people, plan.groups, epsilon=plan.epsilon, caps=plan.caps, minimum_speakers=plan.minimum_speakers
    )
    content = {
        "kind": "private release",
        "release_id": release_id,
        "unit_of_privacy": "speaker",
        "epsilon": plan.epsilon,
        "map_of_one_speaker": cost,
        "mechanism": "discrete Laplace (OpenDP) on clamped sums of speakers, errors, words and spread",
        "caps_per_speaker": plan.caps._asdict(),
        "minimum_speakers": plan.minimum_speakers,
        "attribute": plan.by,
        "group_names": plan.group_names,
        "model_id": plan.model_id,
        "condition_id": plan.condition_id,
        "normaliser_id": results.normaliser_id,
        "rates": [
            {name: value for name, value in row.items() if not (isinstance(value, float) and math.isnan(value))}
            for row in table.astype(object).where(table.notna(), math.nan).to_dict("records")
        ],
    }
    privacy_budget.keep(store, release_id, json.dumps(content, ensure_ascii=False))
    return content


def table_of(content: dict[str, Any]) -> pd.DataFrame:
    """Return the rates of a release as a frame."""
    return pd.DataFrame(content["rates"])
