"""A label map over a manifest: what would be merged, with speakers and utterances, and the manifest with the labels in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workbench.corpora.description import AttributeInfo
from workbench.corpora.labels import LabelMap, Resolved
from workbench.corpora.manifest_edit import read_written, write_again
from workbench.errors import ManifestError, choices
from workbench.schema import NOT_STATED

COLUMNS = ("given", "label", "family", "how", "reason", "n_speakers", "n_utterances")
_SPEAKERS = ("speaker_id", "client_id")


def label_column(names: Sequence[str], labels: LabelMap, column: str | None = None) -> str:
    """Return the column that holds the free text: ``column``, or the first of the map's that is there.

    Raises
    ------
    ManifestError : no such column
    """
    wanted = [column] if column else list(labels.columns)
    results = [name for name in wanted if name in names]
    if not results:
        raise ManifestError(f"no column {' or '.join(map(repr, wanted))}", remedy=choices(wanted[0], names))
    return results[0]


def label_table(frame: pd.DataFrame, labels: LabelMap, column: str | None = None) -> pd.DataFrame:
    """Return what a map makes of every text in ``column``, before it is used; one row per text.

    Columns: given, label, family, how (exact, pattern, parts, several, no rule, blank), reason (why there is no rule, or
    which labels ``several`` are), n_speakers (speaker_id, or client_id as Common Voice calls it; NA without), and
    n_utterances. Labels in alphabetical order, ``not stated`` last; within one the most frequent first.

    Raises
    ------
    ManifestError : no such column
    """
    column = label_column(list(frame.columns), labels, column)
    speaker = next((name for name in _SPEAKERS if name in frame.columns), None)
    texts = _texts(frame[column])
    result = {text: labels.resolve(text) for text in texts.unique()}
    counts = texts.value_counts()
    speakers = frame[speaker].groupby(texts.to_numpy()).nunique() if speaker else None
    rows = [
        (text, r.label, r.family, r.how, r.reason, pd.NA if speakers is None else speakers[text], counts[text])
        for text, r in result.items()
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"n_speakers": "Int64", "n_utterances": "Int64"})
    order = table.assign(_last=(table["label"] == NOT_STATED), _blank=(table["how"] == "blank"))
    keys = ["_last", "_blank", "label", "n_utterances", "given"]
    order = order.sort_values(keys, ascending=[True, True, True, False, True])
    return order[list(COLUMNS)].reset_index(drop=True)


def apply_labels(frame: pd.DataFrame, labels: LabelMap, column: str | None = None) -> pd.DataFrame:
    """Return ``frame`` with the map's label and family of every row; what was written stays, under its own name.

    The columns ``labels.into`` and ``labels.family_into`` are added (``""`` where nothing is stated, as in a manifest).
    Where the free text stands in a column of that name it is kept as ``<column>_as_given``.

    Raises
    ------
    ManifestError : no such column, or a column that would be overwritten
    """
    column = label_column(list(frame.columns), labels, column)
    kept = f"{column}_as_given" if column in (labels.into, labels.family_into) else column
    new = [*filter(None, (labels.into, labels.family_into)), *([kept] if kept != column else [])]
    taken = [name for name in new if name in frame.columns and name != column]
    if taken:
        named = ", ".join(map(repr, taken))
        raise ManifestError(f"the labels would overwrite {named}", remedy="rename the column, or into in the map")
    texts = _texts(frame[column])
    result: dict[str, Resolved] = {text: labels.resolve(text) for text in texts.unique()}
    written = {text: ("" if r.label == NOT_STATED else r.label) for text, r in result.items()}
    families = {text: ("" if r.family == NOT_STATED else r.family) for text, r in result.items()}
    result_columns = {labels.into: texts.map(written).astype("str")}
    if labels.family_into:
        result_columns[labels.family_into] = texts.map(families).astype("str")
    return frame.rename(columns={column: kept}).assign(**result_columns)


def relabel_manifest(
    manifest: Path | str, labels: LabelMap, out: Path | str, column: str | None = None, *, encoding: str = ""
) -> Path:
    """Write a manifest, or a table of transcripts, again with the map's labels; a description says that they come from the map.

    ``encoding`` : that of a table whose description does not say it

    Raises
    ------
    ManifestError : the table cannot be read as a whole, lacks the column, or ``out`` is there already
    """
    source = read_written(manifest, encoding=encoding)
    column = label_column(list(source.table.frame.columns), labels, column)
    frame = apply_labels(source.table.frame, labels, column)
    given = source.description.attributes.get(column, AttributeInfo())
    note = f"{given.note}; " if given.note else ""
    note += f"from what was written in {column!r}, by the label map {labels.title or 'without a title'}"
    merged = given.model_copy(update={"note": note})
    attributes = {name: info for name, info in source.description.attributes.items() if name in frame.columns}
    if f"{column}_as_given" in frame.columns:
        attributes[f"{column}_as_given"] = given
    attributes |= dict.fromkeys(filter(None, (labels.into, labels.family_into)), merged)
    return write_again(frame, source, out, source.description.model_copy(update={"attributes": attributes}))


def _texts(values: pd.Series[str]) -> pd.Series[str]:
    """Return what was written; a missing value is no text, and neither is ``not stated``."""
    texts = values.astype("object").where(values.notna(), "").astype("str")
    return texts.where(texts != NOT_STATED, "")
