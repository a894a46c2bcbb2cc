"""Federated audit: every site adds up its own speakers, only the sums leave it, and the pooled figures are those of all speakers together.

Six sums per model, condition and group are all that a pooled rate, its clustered interval and a difference need
(``counts.cells.SixSums``); sums over different speakers add. What sums cannot do is permute the labels of speakers, so verdicts come
from t here, and say so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.errors import ScoringError
from workbench.fairness.counts.cells import (
    CELL,
    SixSums,
    group_columns,
    refuse_speakers_in_two_groups,
    six_sums,
    speaker_columns,
    speaker_sums,
)
from workbench.fairness.inference.intervals import difference, rate_interval, ratio
from workbench.fairness.inference.verdicts import doubt, verdict
from workbench.files import contents
from workbench.schema import POOLED_GAPS, POOLED_RATES

LEAST_SPEAKERS = 5
"""A cell of fewer speakers does not leave its site: the sums of one speaker are that speaker's counts."""

FROM_T = "from t on the sums of the sites: labels of speakers cannot be permuted across them"


class CellSums(BaseModel):
    """Six sums over the speakers of a model, condition and group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_id: str
    condition_id: str
    group: str
    n_speakers: int = Field(ge=0)
    errors: int = Field(ge=0)
    words: int = Field(ge=0)
    errors_squared: int = Field(ge=0)
    errors_words: int = Field(ge=0)
    words_squared: int = Field(ge=0)

    @property
    def sums(self) -> SixSums:
        """Return them as the sums that the estimators take."""
        return SixSums(
            self.n_speakers, self.errors, self.words, self.errors_squared, self.errors_words, self.words_squared
        )


class SiteSums(BaseModel):
    """What leaves a site: sums, and what tells that two sites measured the same thing. Nothing of single people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = "sums of a site"
    attribute: str
    normaliser_id: str
    protocol: str = Field(min_length=8)
    least_speakers: int = Field(ge=2)
    withheld: int = Field(ge=0)
    cells: tuple[CellSums, ...]


def site_sums(
    scores: pd.DataFrame, attribute: str, *, normaliser_id: str, protocol: str, least_speakers: int = LEAST_SPEAKERS
) -> SiteSums:
    """Return the sums of one site, whole cells only: those of fewer than ``least_speakers`` speakers are withheld and counted.

    ``protocol``: a digest of what was measured and how; sites of different ones are not pooled.

    Raises
    ------
    ScoringError : as ``gaps``; fewer than two least speakers
    """
    if least_speakers < 2:
        raise ScoringError(
            f"{least_speakers} speakers at the least would publish the counts of single people",
            remedy=f"2 is the least, {LEAST_SPEAKERS} the default",
        )
    named = group_columns(scores, [attribute])
    if not named:
        raise ScoringError(f"cannot add up the groups of {attribute!r}", remedy="name an attribute of the speakers")
    speakers = speaker_sums(scores, named, method="linearised", empty_references="separate")
    refuse_speakers_in_two_groups(speakers, attribute, speaker_columns(scores))
    cells, withheld = [], 0
    for key, cell in six_sums(speakers, [*CELL, attribute]).items():
        if cell.n_speakers < least_speakers:
            withheld += 1
            continue
        values = [int(getattr(cell, name)) for name in list(CellSums.model_fields)[3:]]
        cells.append(CellSums(**dict(zip(CellSums.model_fields, [*key, *values], strict=True))))
    return SiteSums(
        attribute=attribute,
        normaliser_id=normaliser_id,
        protocol=protocol,
        least_speakers=least_speakers,
        withheld=withheld,
        cells=tuple(cells),
    )


def read_site(path: Path) -> SiteSums:
    """Return the sums that a site wrote.

    Raises
    ------
    ScoringError : no such file, or one that holds something else
    """
    data = contents(path, called="file of a site", fails=ScoringError)
    try:
        return SiteSums.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "its JSON"
        raise ScoringError(
            f"is no file of sums: {where}: {first['msg']}",
            place=str(path),
            remedy="write it with: workbench sums RUN --out",
        ) from None


def pooled(sites: Mapping[str, SiteSums], *, margin: float | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return POOLED_RATES and POOLED_GAPS (against the rest) of the sums of several sites, by the name of each.

    Rates, differences and their t intervals are those of all speakers in one place. No speaker may be at two sites: sums
    cannot tell.

    Raises
    ------
    ScoringError : sites that measured different things, the same sums twice, or a site that sent a cell of few speakers
    """
    _refuse(sites)
    cells: dict[tuple[str, str], dict[str, SixSums]] = {}
    senders: dict[tuple[str, str, str], int] = {}
    for site in sites.values():
        for cell in site.cells:
            groups = cells.setdefault((cell.model_id, cell.condition_id), {})
            groups[cell.group] = groups.get(cell.group, SixSums()) + cell.sums
            senders[(cell.model_id, cell.condition_id, cell.group)] = (
                senders.get((cell.model_id, cell.condition_id, cell.group), 0) + 1
            )
    rates: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    for key, groups in sorted(cells.items()):
        everyone = sum(groups.values(), SixSums())
        for group, own in sorted(groups.items()):
            fixed = dict(zip(CELL, key, strict=True)) | {"group": group, "n_speakers": own.n_speakers}
            interval = rate_interval(own)
            sums = {"ref_words": own.words, "errors": own.errors, "rate": own.rate}
            ends = {"ci_low": interval.low, "ci_high": interval.high}
            rates.append({**fixed, "n_sites": senders[(*key, group)], **sums, **ends})
            gaps.append(fixed | _gap(own, everyone - own, margin, comparisons=len(groups)))
    return tuple(  # type: ignore[return-value]
        pd.DataFrame(rows, columns=table.column_names) for rows, table in ((rates, POOLED_RATES), (gaps, POOLED_GAPS))
    )


def _gap(own: SixSums, rest: SixSums, margin: float | None, *, comparisons: int) -> dict[str, Any]:
    gap, (quotient, _) = difference(own, rest), ratio(own, rest)
    # Sums do not tell missed words from invented ones; missed words are no more than errors, so a rate below the limit is below it.
    missed = tuple(min(side.rate, 1.0) if side.words else math.nan for side in (own, rest))
    concluded = verdict(
        gap.interval, p_value=gap.p_value, margin=margin, missed=(missed[0], missed[1]), inside=(gap.skewed,)
    )
    counts = {"n_speakers": own.n_speakers, "n_speakers_reference": rest.n_speakers}
    why = doubt(concluded, **counts, p_familywise=min(1.0, gap.p_value * comparisons))  # Bonferroni over the groups
    return {
        "n_speakers_reference": rest.n_speakers,
        "difference": gap.estimate,
        "ci_low": gap.interval.low,
        "ci_high": gap.interval.high,
        "ratio": quotient,
        "p_value": gap.p_value,
        "verdict": concluded,
        "tentative": bool(why),
        "reason": f"{FROM_T}; tentative: {why}" if why else FROM_T,
    }


def _refuse(sites: Mapping[str, SiteSums]) -> None:
    """Raise where the sums of these sites must not be added up."""
    if not sites:
        raise ScoringError("no site to pool", remedy="name the files that the sites wrote")
    names = list(sites)
    first = sites[names[0]]
    problems = [
        f"{name}: {called} is not that of {names[0]}"
        for name, site in sites.items()
        for called in ("protocol", "normaliser_id", "attribute")
        if getattr(site, called) != getattr(first, called)
    ]
    problems += [
        f"{name}: a cell of {min(cell.n_speakers for cell in site.cells)} speakers, fewer than {LEAST_SPEAKERS}"
        for name, site in sites.items()
        if site.cells and min(cell.n_speakers for cell in site.cells) < LEAST_SPEAKERS
    ]
    problems += [
        f"{name}: no cell of at least {site.least_speakers} speakers" for name, site in sites.items() if not site.cells
    ]
    for position, name in enumerate(names):
        twins = [other for other in names[:position] if sites[other].cells and sites[other].cells == sites[name].cells]
        problems += [f"{name}: the same sums as {other}: one of them would count twice" for other in twins]
    if problems:
        raise ScoringError(
            "; ".join(problems),
            place="pool",
            remedy="every site runs the same conditions, engines, normaliser and seed, and withholds small cells",
        )


def written(site: BaseModel) -> str:
    """Return the sums of a site as the text of its file."""
    return json.dumps(site.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def named_sites(paths: Sequence[Path]) -> dict[str, SiteSums]:
    """Return the sums of several files, by their path; all problems of the files at once.

    Raises
    ------
    ScoringError : files that cannot be read, or the same one named twice
    """
    sites: dict[str, SiteSums] = {}
    problems: list[str] = []
    for path in paths:
        try:
            if str(path) in sites:
                problems.append(f"{path}: named twice")
            sites[str(path)] = read_site(path)
        except ScoringError as error:
            problems.append(str(error))
    if problems:
        raise ScoringError("; ".join(problems))
    return sites
