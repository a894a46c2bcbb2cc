"""Confirmations that were made: a file per confirming run under WORKBENCH_HOME, so that a figure can mark what other speakers confirmed."""

from __future__ import annotations

import json

import pandas as pd

from workbench.errors import StoreError
from workbench.fairness.counts.frames import typed
from workbench.files import home
from workbench.results import Results
from workbench.schema import CONFIRMATIONS
from workbench.store import Store


def keep(rows: pd.DataFrame) -> None:
    """Keep CONFIRMATIONS of one confirming run.

    Raises
    ------
    StoreError : the file cannot be written
    """
    path = home() / "confirmations" / f"{rows['run_id'].iloc[0]}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(rows.to_json(orient="records", double_precision=15), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"cannot be written ({error.strerror})", place=str(path), remedy="set WORKBENCH_HOME"
        ) from None


def confirmed(results: Results, attribute: str, group: str, *, store: Store) -> frozenset[str]:
    """Return the conditions under which other speakers of the same corpora confirmed a gap change of a group.

    What was confirmed on a corpus that has changed since, or whose run was erased, does not count.
    """
    conditions: set[str] = set()
    runs = {run.run_id: run for run in store.runs()}
    for path in sorted((home() / "confirmations").glob("*.json")):
        run = runs.get(path.stem)
        if run is None or not set(run.corpora) & set(results.run.corpora):
            continue
        try:
            rows = typed(json.loads(path.read_text(encoding="utf-8")), CONFIRMATIONS, CONFIRMATIONS.column_names)
        except (OSError, ValueError, KeyError):
            continue
        own = (rows["attribute"] == attribute) & (rows["group"] == group) & (rows["verdict"] == "CONFIRMED")
        conditions |= set(rows.loc[own, "condition_id"])
    return frozenset(conditions)
