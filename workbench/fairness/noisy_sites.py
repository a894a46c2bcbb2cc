"""Noise at the site: a site of a federated audit whose sums hardly depend on whether any one of its speakers is in them.

Nobody has to be trusted, not even whoever pools: noise is added before anything leaves. A site sends, for each model, condition and
group, the four noisy sums of :mod:`workbench.fairness.private_rates`; epsilon is divided over models and conditions, in each of which a
speaker is. Pooled, the noises add up, so that ten sites have the noise of ten: it takes more speakers than noise at one place would.

Source: Dwork & Roth 2014, ch. 3 and 12 (the local and the central model).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import ScoringError
from workbench.fairness.inference.named_seeds import generator
from workbench.fairness.private_rates import DRAWS, SHARES, TAIL, Caps, NoisySums, contributions, noisy_sums
from workbench.files import contents
from workbench.schema import NOISY_POOLED_RATES

CELL = ("model_id", "condition_id")


class NoisyCell(BaseModel):
    """The four noisy sums of a model, condition and group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_id: str
    condition_id: str
    group: str
    speakers: int
    errors: int
    words: int
    spread: int


class NoisySite(BaseModel):
    """What leaves a site: noisy sums, what they cost a speaker, and what tells that two sites measured the same thing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["noisy sums of a site"] = "noisy sums of a site"
    attribute: str
    normaliser_id: str
    protocol: str = Field(min_length=8)
    epsilon: float = Field(gt=0, lt=100)
    words_cap: int = Field(ge=1, le=10**9)
    errors_cap: int = Field(ge=1, le=10**9)
    n_cells: int = Field(ge=1, le=10**6)
    """Models times conditions, over which epsilon is divided."""
    cells: tuple[NoisyCell, ...]

    @property
    def scales(self) -> tuple[float, float, float, float]:
        """Scales of the Laplace noise on speakers, errors, words and spread."""
        caps, part = Caps(self.words_cap, self.errors_cap), self.epsilon / self.n_cells
        most = {"speakers": 1, "errors": caps.errors, "words": caps.words, "spread": caps.spread}
        speakers, errors, words, spread = (most[name] / (part * SHARES[name]) for name in SHARES)
        return speakers, errors, words, spread


def noisy_site(
    scores: pd.DataFrame,
    attribute: str,
    *,
    normaliser_id: str,
    protocol: str,
    epsilon: float,
    caps: Caps,
    groups: Sequence[str] = (),
) -> tuple[NoisySite, float]:
    """Return the noisy sums of one site, and what they cost a speaker, at most ``epsilon``.

    ``groups``: the public list, the same at every site; default: those of the corpus, whose names are then published.

    Raises
    ------
    ScoringError : epsilon or caps that are not positive; as ``private_rates.contributions``
    """
    if not (math.isfinite(epsilon) and 0 < epsilon < 100) or min(caps) < 1:
        raise ScoringError(
            f"epsilon {epsilon:g}, caps {caps.words} words and {caps.errors} errors",
            place="sums",
            remedy="use positive numbers, such as 1, 300 and 100",
        )
    shown = [str(group) for group in groups] or sorted(str(group) for group in scores[attribute].dropna().unique())
    pairs = list(scores[list(CELL)].drop_duplicates().sort_values(list(CELL)).itertuples(index=False, name=None))
    cells, spent = [], 0.0
    for model, condition in pairs:
        rows = scores[(scores["model_id"] == model) & (scores["condition_id"] == condition)]
        people, cost = contributions(rows, attribute, caps), 0.0
        for group in shown:
            sums, one = noisy_sums(people[people["group"] == group], caps, epsilon / len(pairs))
            cost = max(cost, one)  # a speaker is in one group
            cells.append(
                NoisyCell(
                    model_id=str(model), condition_id=str(condition), group=group, speakers=sums.speakers, errors=sums.errors,
                    words=sums.words, spread=sums.spread,
                )
            )  # fmt: skip
        spent += cost
    site = NoisySite(
        attribute=attribute, normaliser_id=normaliser_id, protocol=protocol, epsilon=epsilon, words_cap=caps.words,
        errors_cap=caps.errors, n_cells=len(pairs), cells=tuple(cells),
    )  # fmt: skip
    return site, spent


def named_noisy_sites(paths: Sequence[Path]) -> dict[str, NoisySite]:
    """Return the noisy sums of several files, by their path; none if the first of them holds exact sums.

    Raises
    ------
    ScoringError : a file that cannot be read or holds no noisy sums beside one that does, or the same one named twice
    """
    sites: dict[str, NoisySite] = {}
    problems: list[str] = []
    for path in paths:
        data = contents(path, called="file of a site", fails=ScoringError)
        try:
            site = NoisySite.model_validate_json(data)
        except ValidationError as error:
            if not sites and b"noisy sums of a site" not in data:
                return {}
            first = error.errors()[0]
            problems.append(f"{path}: no noisy sums: {'.'.join(map(str, first['loc'])) or 'its JSON'}: {first['msg']}")
            continue
        if str(path) in sites:
            problems.append(f"{path}: named twice")
        sites[str(path)] = site
    if problems:
        raise ScoringError("; ".join(problems), remedy="pool files with noise, or files without")
    return sites


def pooled_noisy(sites: Mapping[str, NoisySite], *, minimum_speakers: int = 20) -> pd.DataFrame:
    """Return NOISY_POOLED_RATES of several sites: rates with 95 % intervals that hold the noise of all of them.

    Raises
    ------
    ScoringError : no site, sites that measured different things, or the same sums twice
    """
    names = list(sites)
    if not names:
        raise ScoringError("no site to pool", remedy="name the files that the sites wrote")
    first = sites[names[0]]
    problems = [
        f"{name}: {called} is not that of {names[0]}"
        for name, site in sites.items()
        for called in ("protocol", "normaliser_id", "attribute")
        if getattr(site, called) != getattr(first, called)
    ]
    for position, name in enumerate(names):
        twins = [other for other in names[:position] if sites[other].cells == sites[name].cells]
        problems += [f"{name}: the same sums as {other}: one of them would count twice" for other in twins]
    if problems:
        raise ScoringError(
            "; ".join(problems), place="pool", remedy="every site runs the same study, and sends one file"
        )
    parts: dict[tuple[str, str, str], list[tuple[NoisySums, int]]] = {}
    for site in sites.values():
        for cell in site.cells:
            sums = NoisySums(cell.speakers, cell.errors, cell.words, cell.spread, site.scales)
            parts.setdefault((cell.model_id, cell.condition_id, cell.group), []).append((sums, site.words_cap))
    rows = [_row(key, of, minimum_speakers) for key, of in sorted(parts.items())]
    return pd.DataFrame(rows, columns=NOISY_POOLED_RATES.column_names)


def _row(key: tuple[str, str, str], parts: Sequence[tuple[NoisySums, int]], minimum_speakers: int) -> dict[str, Any]:
    speakers, errors, words = (sum(getattr(of, name) for of, _ in parts) for name in ("speakers", "errors", "words"))
    row: dict[str, Any] = {
        **dict(zip((*CELL, "group"), key, strict=True)), "n_sites": len(parts), "speakers": speakers, "ref_words": words,
        "errors": errors, "reason": "",
    }  # fmt: skip
    if speakers < minimum_speakers or words <= 0:
        return row | {"reason": f"about {speakers} speakers, fewer than {minimum_speakers}: no rate"}
    rate = max(errors, 0) / words
    rng = generator("noisy sites", *key, str(speakers), str(errors), str(words))
    noise, variance = np.zeros(DRAWS), 0.0
    for of, cap in parts:
        _, scale_errors, scale_words, _ = of.scales
        noise += rng.laplace(scale=scale_errors, size=DRAWS) - rate * rng.laplace(scale=scale_words, size=DRAWS)
        variance += of.spread
        if of.words > 0:  # speakers of a site lie around its own rate; that lies away from the rate of all
            variance += (max(of.errors, 0) / of.words - rate) ** 2 * of.words * cap
    upper = (
        variance + math.sqrt(2 * sum(of.scales[3] ** 2 for of, _ in parts)) * 1.645
    )  # above the sum in 95 of 100 releases
    g = max(speakers, 2)
    sampling = rng.standard_normal(DRAWS) * math.sqrt(max(0.0, upper) * g / (g - 1))
    low, high = np.quantile(rate + (sampling + noise) / words, [TAIL, 1 - TAIL])
    return row | {"rate": rate, "ci_low": max(0.0, float(low)), "ci_high": float(high)}
