"""The normaliser band: every gap under each normaliser, and what each rule rescues for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.errors import ScoringError
from workbench.fairness.counts.frames import typed
from workbench.fairness.group_gaps.gaps import REST, gaps
from workbench.schema import COUNTS, NORMALISER_BAND, NOT_STATED
from workbench.text import Normaliser, add_scores, get_normaliser, language_of
from workbench.text.normalise import ALTERNATIVES

BAND = ("basic", "whisper_en", "koenecke2020", "fair_en")
"""The normalisers of the band for English; other languages have ``none``, ``basic`` and their own."""


def bands_for(languages: Sequence[str]) -> tuple[str, ...]:
    """Return the normalisers of the band that fit corpora in these languages (BCP 47 tags).

    >>> bands_for(["en-GB"]) == BAND, bands_for(["de"])
    (True, ('none', 'basic', 'basic_de'))
    """
    english = all(language_of(tag).tag == "en" for tag in languages)
    own = {language_of(tag).normaliser for tag in languages}
    return BAND if english else tuple(dict.fromkeys(("none", "basic", *(own if len(own) == 1 else ()))))


def normaliser_band(
    scores: pd.DataFrame,
    attribute: str,
    *,
    normalisers: Sequence[str] = BAND,
    reference: str = REST,
    margin: float | None = None,
) -> pd.DataFrame:
    """Return NORMALISER_BAND: each gap under every normaliser, flagged where sign or verdict hangs on the choice.

    Parameters
    ----------
    scores : SCORES; the raw texts are scored anew under each normaliser
    attribute, reference, margin : as for ``gaps``
    normalisers : two or more names

    Raises
    ------
    ScoringError : fewer than two normalisers, or what ``gaps`` refuses

    Source: that one way of standardising text is an audit pitfall: Mei et al. 2025 (arXiv 2506.08846); ``gaps``.
    """
    return band_of(gaps_under(scores, attribute, normalisers=normalisers, reference=reference, margin=margin))


def gaps_under(
    scores: pd.DataFrame,
    attribute: str,
    *,
    normalisers: Sequence[str] = BAND,
    reference: str = REST,
    margin: float | None = None,
) -> dict[str, pd.DataFrame]:
    """Return GAPS under each normaliser, by its name; parameters and errors as for :func:`normaliser_band`.

    Source: ``gaps``.
    """
    if len(set(normalisers)) < 2:
        raise ScoringError("a band needs two normalisers", remedy=f"name some of: {', '.join(BAND)}")
    return {
        name: gaps(rescore(scores, get_normaliser(name)), attribute, reference=reference, margin=margin)
        for name in dict.fromkeys(normalisers)
    }


def band_of(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return NORMALISER_BAND of the GAPS under two or more normalisers, by their names.

    Source: :func:`normaliser_band`.
    """
    names = list(found)
    keys = ["model_id", "condition_id", "attribute", "group", "reference_group"]
    rows = []
    placed = [frame.assign(place=place) for place, frame in enumerate(found.values())]
    for key, frame in pd.concat(placed).groupby(keys, sort=False):
        frame = frame.sort_values("place")
        gap = frame["difference"].to_numpy(dtype=np.float64)
        finite = gap[np.isfinite(gap)]
        reach = ((frame["ci_high"] - frame["ci_low"]) / 2).to_numpy(dtype=np.float64)
        width = float(np.nanmax(reach)) if np.isfinite(reach).any() else float("nan")
        spread = float(finite.max() - finite.min()) if len(finite) else float("nan")
        rows.append(
            {
                **dict(zip(keys, key, strict=True)),
                "normalisers": ", ".join(names[place] for place in frame["place"]),
                "differences": ", ".join(f"{100 * value:+.2f}" if np.isfinite(value) else "none" for value in gap),
                "verdicts": ", ".join(frame["verdict"]),
                "lowest": finite.min() if len(finite) else None,
                "highest": finite.max() if len(finite) else None,
                "fragility": spread / width if width > 0 else None,
                "sign_changes": bool((finite > 0).any() and (finite < 0).any()),
                "verdict_changes": len(set(frame["verdict"])) > 1,
            }
        )
    return typed(rows, NORMALISER_BAND, NORMALISER_BAND.column_names)


def rescued(scores: pd.DataFrame, normaliser: str, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return what each step of a normaliser rescues: errors that would be counted without it, by group.

    Columns: ``by`` ..., step (``alternatives`` for the alternatives of a normaliser), errors, errors_without, rescued
    (per 100 reference words of the full rules; negative where a step adds errors), ref_words. One step is left out at a
    time, so that the rows do not add up where steps work together.

    Raises
    ------
    ScoringError : unknown normaliser, or no such column

    Source: leave-one-out over the normaliser's own steps.
    """
    rules = get_normaliser(normaliser)
    variants: list[tuple[str, Normaliser]] = [(step.name, rules.without(step.name)) for step in rules.steps]
    if rules.alternatives:
        variants.append((ALTERNATIVES, rules.without(ALTERNATIVES)))
    keys = list(by)
    base = rescored_totals(scores, rules, keys)
    rows: list[dict[str, object]] = []
    for name, variant in variants:
        without = rescored_totals(scores, variant, keys)
        for key, (errors, words) in base.items():
            rows.append(
                {
                    **dict(zip(keys, key, strict=True)),
                    "step": name,
                    "errors": errors,
                    "errors_without": without[key][0],
                    "rescued": 100 * (without[key][0] - errors) / words if words else float("nan"),
                    "ref_words": words,
                }
            )
    return pd.DataFrame(rows, columns=[*keys, "step", "errors", "errors_without", "rescued", "ref_words"])


def rescore(scores: pd.DataFrame, normaliser: Normaliser) -> pd.DataFrame:
    """Return SCORES under another normaliser, from its raw texts."""
    old = ["normaliser_id", "reference", "hypothesis", *COUNTS]
    return add_scores(scores.drop(columns=[name for name in old if name in scores.columns]), normaliser)


def rescored_totals(
    scores: pd.DataFrame, normaliser: Normaliser | None, by: Sequence[str]
) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return (errors, reference words) of each group under another normaliser, or (None) as they are counted.

    Words on empty references are left out.
    """
    scored = scores if normaliser is None else rescore(scores, normaliser)
    scored = scored[scored["ref_words"].fillna(0) > 0]
    counted = scored[["errors", "ref_words"]].fillna(0).astype("int64")
    if not by:
        return {(): (int(counted["errors"].sum()), int(counted["ref_words"].sum()))}
    labels = [scored[name].astype("str").fillna(NOT_STATED).to_numpy() for name in by]
    sums = counted.groupby(labels, sort=True).sum()
    names = [key if isinstance(key, tuple) else (key,) for key in sums.index.tolist()]
    return {name: (int(row[0]), int(row[1])) for name, row in zip(names, sums.to_numpy().tolist(), strict=True)}
