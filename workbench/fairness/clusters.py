"""Clusters above the speaker: what shares a session, a conversation or a site is not independent.

Declared columns become the unit of inference. A unit is everything that is connected: two rows of one speaker, or of one value of a
declared column, belong together, and so does whatever shares either with them. The coarsest column decides where columns are
nested (site over session over speaker); a column that does not lie above the speaker (a speaker in several sessions) joins them
into one unit, and the result says so. Statistics then take the unit where they take the speaker: in intervals, tests and
planning, and columns that count speakers count units.

Source: Cameron & Miller 2015, Journal of Human Resources 50: 317-372 (cluster at the coarsest level of dependence; few clusters).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from workbench.errors import ScoringError, choices
from workbench.fairness.counts.cells import CELL
from workbench.fairness.counts.sides import REST
from workbench.schema import NOT_STATED, RATES

FEW_CLUSTERS = 8
"""Fewer units on a side make intervals and tests rough (the t of so few, and few labellings)."""
ENDS = 6
PERSON = "person of a row"


def unit_in_words(columns: Sequence[str]) -> str:
    """Return what the reader of any figure has to know where clusters were declared.

    >>> unit_in_words(["session"])[:75]
    "The unit of inference is the cluster of 'session': intervals, tests and wha"
    """
    named = " and ".join(map(repr, columns))
    return (
        f"The unit of inference is the cluster of {named}: intervals, tests and what is said of few speakers go by clusters. Rates and "
        "gaps count speakers and clusters; other tables count clusters where they say speakers."
    )


def few_clusters(notes: Sequence[str]) -> tuple[str, ...]:
    """Return those notes of :func:`clustered` that say where clusters are few."""
    return tuple(note for note in notes if note.startswith(f"fewer than {FEW_CLUSTERS} clusters"))


class Clustered(NamedTuple):
    """Rows whose ``speaker_id`` is the unit of inference, and what a reader should know of it."""

    rows: pd.DataFrame
    notes: tuple[str, ...]


def clustered(
    rows: pd.DataFrame, columns: Sequence[str], attributes: Sequence[str] = (), *, names: Sequence[str] = ()
) -> Clustered:
    """Return the rows with the unit that ``columns`` make in place of the speaker.

    Parameters
    ----------
    rows : SCORES, TALLIES or PAIRS with ``speaker_id`` and these columns; equal names in two corpora are two clusters. A missing
        value is a cluster of that speaker alone.
    columns : session, conversation, site ...; none: the rows as they are
    attributes : in whose groups the units are counted, for the notes
    names : how the columns are called in words; default: as they are

    Raises
    ------
    ScoringError : no such column; all rows are one unit
    """
    if not columns or rows.empty:
        return Clustered(rows, ())
    if missing := [name for name in columns if name not in rows.columns]:
        raise ScoringError(
            f"no column {', '.join(map(repr, missing))} of clusters", remedy=choices(missing[0], map(str, rows.columns))
        )
    corpus = rows["corpus_id"].astype(str) if "corpus_id" in rows.columns else pd.Series("", index=rows.index)
    who = pd.DataFrame({"speaker_id": rows["speaker_id"].astype(str)} | {c: _stated(rows[c]) for c in columns})
    who.insert(0, "corpus_id", corpus)
    distinct = who.drop_duplicates().reset_index(drop=True)
    unit = _connected(distinct, columns)
    n_units, n_speakers = int(unit.nunique()), len(distinct.drop_duplicates(["corpus_id", "speaker_id"]))
    called = dict(zip(columns, names or columns, strict=True))
    named = " and ".join(map(repr, called.values()))
    if n_units == 1:
        raise ScoringError(
            f"all {n_speakers} speakers are one cluster of {named}: nothing is independent of anything",
            remedy="name a column with more values, or none",
        )
    labels = ("cluster " + unit.astype(str).str.zfill(ENDS)).rename("unit")
    joined = who.merge(distinct.assign(unit=labels), on=list(who.columns), how="left")
    result = rows.assign(speaker_id=joined["unit"].to_numpy())
    notes = [unit_in_words(list(called.values())), f"{n_units} clusters of {n_speakers} speakers"]
    if n_units == n_speakers:
        notes.append("each cluster holds one speaker: intervals and tests are those of speakers")
    for name in columns:
        split = distinct[distinct[name].notna()].groupby(["corpus_id", "speaker_id"])[name].nunique()
        if n := int((split > 1).sum()):
            notes.append(f"{n} speakers lie in several clusters of {called[name]!r}: what shares a speaker is one unit")
    for attribute in attributes:
        if attribute not in result.columns:
            continue
        counts = result.groupby(attribute)["speaker_id"].nunique()
        few = [f"{group} {n}" for group, n in counts.items() if n < FEW_CLUSTERS]
        if few:
            listing = ", ".join(few[:ENDS]) + (" ..." if len(few) > ENDS else "")
            notes.append(
                f"fewer than {FEW_CLUSTERS} clusters in groups of {attribute!r} ({listing}): read their intervals with care"
            )
        groups_of_unit = result.groupby("speaker_id")[attribute].nunique()
        shared = int(groups_of_unit.gt(1).sum())
        if shared:
            notes.append(
                f"{shared} of {n_units} clusters hold several groups of {attribute!r}: gaps are tested by t with the covariance of "
                "the groups, not by permutation"
            )
    result.attrs = dict(rows.attrs)
    return Clustered(result, tuple(notes))


def with_clusters(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return RATES or GAPS that was made of clusters with them in ``n_clusters``, and the speakers in ``n_speakers``.

    ``rows`` : what the table was made of, before clusters took the place of speakers
    """
    spoke = rows[(rows["errors"].fillna(0) > 0) | (rows["ref_words"].fillna(0) > 0)]
    person = spoke.groupby([name for name in ("corpus_id", "speaker_id") if name in spoke.columns], sort=False).ngroup()
    if "group" in table.columns:
        counts = _on_both_sides(table, spoke.assign(**{PERSON: person}))
    else:
        keys = [*CELL, *RATES.attributes_of(table)]
        people = pd.DataFrame({name: spoke[name].astype("str").fillna(NOT_STATED) for name in keys})
        sizes = people.assign(**{PERSON: person}).drop_duplicates().groupby(keys, as_index=False).size()
        counts = {"n_speakers": table[keys].merge(sizes, on=keys, how="left")["size"].fillna(0).tolist()}
    columns = [str(name) for name in table.columns]
    at = max(columns.index(name) for name in counts) + 1
    clusters = {name.replace("speakers", "clusters"): table[name] for name in counts}
    speakers = {name: pd.Series(n, index=table.index).astype("Int64") for name, n in counts.items()}
    return table.assign(**clusters, **speakers)[[*columns[:at], *clusters, *columns[at:]]]


def _on_both_sides(table: pd.DataFrame, spoke: pd.DataFrame) -> dict[str, list[int]]:
    """Return how many speakers each row of GAPS has in the group, and in what it is compared with."""
    cells = {key: cell for key, cell in spoke.groupby(list(CELL), sort=False)}
    own: list[int] = []
    others: list[int] = []
    for row in table[[*CELL, "attribute", "group", "reference_group"]].to_dict("records"):
        cell = cells[row["model_id"], row["condition_id"]]
        label = cell[row["attribute"]].astype("str").fillna(NOT_STATED)
        inside = label == row["group"]
        beside = ~inside if row["reference_group"] == REST else label == row["reference_group"]
        own.append(int(cell.loc[inside, PERSON].nunique()))
        others.append(int(cell.loc[beside, PERSON].nunique()))
    return {"n_speakers": own, "n_speakers_reference": others}


def _stated(values: pd.Series[str]) -> pd.Series[str]:
    """Return names of clusters; what is empty or not stated is missing, and no cluster that people share."""
    text = values.astype("str")
    return text.where(~text.isin(["", NOT_STATED]))


def _connected(distinct: pd.DataFrame, columns: Sequence[str]) -> pd.Series[Any]:
    """Return the code of the connected part that each row belongs to."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(distinct)
    ends, edges, first = n, [], np.arange(n)
    for name in ("speaker_id", *columns):
        stated = distinct[name].notna().to_numpy()
        codes = distinct.groupby(["corpus_id", name], sort=True, dropna=False).ngroup().to_numpy()
        edges.append((first[stated], ends + codes[stated]))
        ends += int(codes.max()) + 1
    rows, values = (np.concatenate(part) for part in zip(*edges, strict=True))
    graph = coo_array((np.ones(len(rows)), (rows, values)), shape=(ends, ends))
    codes = connected_components(graph, directed=False)[1][:n]
    return pd.Series(pd.factorize(codes)[0], index=distinct.index)
