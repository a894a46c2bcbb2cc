"""What the audit found, in sentences that claim only what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from workbench.audio import AUDIBLE_DB, CANCELLED
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.provenance.differences import NOTHING, REST, SHARED
from workbench.provenance.measure_table import measure
from workbench.provenance.recording import SILENT

NBSP = "\u00a0"
MOST = 4
"""So many measures are named in a sentence before "and 2 more"."""


def audit_sentences(differences: pd.DataFrame) -> tuple[str, ...]:
    """Return the findings in words, group by group: those that differ first, those of too few speakers at the end.

    Parameters
    ----------
    differences : AUDIT_DIFFERENCES of one attribute
    """
    if differences.empty:
        return ("Not compared: there is only one group.",)
    if (differences["reason"] == SHARED).any():
        return ("Not compared: speakers are in more than one group, so that the sides are not different people.",)
    nobody = [name for name, rows in differences.groupby("measure", sort=False) if (rows["reason"] == NOTHING).all()]
    differences = differences[~differences["measure"].isin(nobody)]
    text: dict[bool, list[str]] = {True: [], False: []}
    few = []
    for group, rows in differences.groupby("group", sort=False):
        verdicts = set(rows["verdict"])
        if verdicts <= {"TOO FEW SPEAKERS", "NOT MEASURED"}:
            few.append((str(group), rows))
            continue
        text["DIFFERENT" in verdicts] += _of_group(str(group), rows)
    unmeasured = [measure(str(name)).words for name in nobody]
    never = [f"Not measured on both sides of any comparison: {_listed(unmeasured, most=8)}."] if unmeasured else []
    return (*text[True], *text[False], *_too_few(few), *never)


def audibility_sentences(utterances: pd.DataFrame, attribute: str) -> tuple[str, ...]:
    """Return, group by group, where nothing is to be heard and where one channel was taken; any number of speakers is enough.

    Parameters
    ----------
    utterances : AUDIT_UTTERANCES
    """
    reasons = utterances["reason"].fillna("").astype(str)
    inaudible = (utterances["active_level_db"] < AUDIBLE_DB) | reasons.str.contains(SILENT, regex=False)
    one_channel = reasons.str.contains(CANCELLED, regex=False)
    kinds = (
        (inaudible, f"Nothing to transcribe is heard (speech below {AUDIBLE_DB:.0f} dBov, or none)"),
        (one_channel, "The channels cancel each other when averaged, and the strongest is measured and transcribed"),
    )
    sentences = []
    for concerned, words in kinds:
        groups = utterances.assign(_concerned=concerned).groupby(attribute, observed=True)["_concerned"]
        shares = [
            f"{group} {int(n)} of {size}"
            for group, n, size in zip(groups.sum().index, groups.sum(), groups.size(), strict=True)
            if n
        ]
        if shares:
            sentences.append(f"{words}: {_listed(shares, most=8)}.")
    return tuple(sentences)


def _of_group(group: str, rows: pd.DataFrame) -> list[str]:
    against = _against(str(rows["reference_group"].iloc[0]))
    sides = f"{group} and {against}"
    told = []
    for kind, verb in (
        ("recording", "were recorded differently"),
        ("speech", "said different amounts, or at another pace"),
    ):
        result = _worst(rows, kind, "DIFFERENT")
        if result:
            told.append(f"{sides} {verb}: {_listed([_words(row) for row in result])}.")
    also = [measure(row["measure"]).words for row in _worst(rows, "", "MAY BE CHANCE")]
    if not told:
        told.append(f"Of what was measured, nothing differs between {sides} beyond chance.")
    if also:
        told[-1] += f" Above 0.25 standard deviations in this material, perhaps by chance: {_listed(also)}."
    missing = [measure(name).words for name in rows.loc[rows["verdict"] == "NOT MEASURED", "measure"]]
    if missing:
        told.append(f"{sides}, not measured: {_listed(missing)}.")
    return told


def _too_few(found: Sequence[tuple[str, pd.DataFrame]]) -> list[str]:
    unmeasured = [group for group, rows in found if set(rows["verdict"]) == {"NOT MEASURED"}]
    sizes = [
        (group, int(rows["n_speakers"].max()), int(rows["n_speakers_reference"].max()))
        for group, rows in found
        if group not in unmeasured
    ]
    told = [f"Not measured: {_listed(unmeasured, most=8)}."] if unmeasured else []
    small = [f"{group} ({n})" for group, n, m in sizes if n < ENOUGH_SPEAKERS]
    if small:
        told.append(
            f"Too few speakers to say whether they were recorded differently (fewer than {ENOUGH_SPEAKERS}): {_listed(small, most=8)}."
        )
    alone = [group for group, n, _ in sizes if n >= ENOUGH_SPEAKERS]
    if alone:
        told.append(f"Too few speakers to compare {_listed(alone)} with (fewer than {ENOUGH_SPEAKERS}).")
    return told


def _worst(rows: pd.DataFrame, kind: str, verdict: str) -> list[dict[str, Any]]:
    """Return the rows of a verdict (and a kind, if given), the largest SMD first."""
    selected = rows[(rows["verdict"] == verdict) & ((rows["kind"] == kind) | (kind == ""))]
    return selected.sort_values("smd", key=lambda smd: -smd.abs(), kind="stable").to_dict("records")  # type: ignore[return-value]


def _words(row: dict[str, Any]) -> str:
    entry = measure(row["measure"])
    ours, theirs = (entry.write(row[name]) for name in ("mean_group", "mean_reference"))
    return f"{entry.words} {ours} against {theirs}{NBSP}{entry.unit} ({smd_words(row['smd'])})"


def smd_words(smd: float) -> str:
    """Return ``SMD +0.92``; where no side varies and they differ, ``no overlap``."""
    return "no overlap" if not math.isfinite(smd) else f"SMD {smd:+.2f}".replace("-", "−")


def _against(reference: str) -> str:
    return "the rest" if reference == REST else reference


def _listed(parts: Sequence[str], most: int = MOST) -> str:
    shown = list(parts[:most]) + ([f"{len(parts) - most} more"] if len(parts) > most else [])
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
