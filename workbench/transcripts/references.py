"""The references that transcripts are scored against: a manifest's rows, read without its audio."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from workbench.corpora import text_checks
from workbench.corpora.description import read_description
from workbench.corpora.manifest import manifest_ids, read_raw
from workbench.errors import ManifestError, ScoringError
from workbench.files.problems import Findings
from workbench.schema import NOT_STATED

_LISTED = 20


def read_references(manifest: Path | str) -> tuple[pd.DataFrame, list[str]]:
    """Return utterance_id, path, reference, start_s, end_s, channel and every other column of a manifest, and its notes.

    The audio need not be there. Blank attributes are ``not stated``.

    Raises
    ------
    ScoringError : no such file, rows that cannot be read, no column reference, neither utterance_id nor path, an id that is there
        twice, times or channels that are none: everything at once
    """
    path = Path(manifest)
    try:
        description, faults = read_description(path)
        table = read_raw(path, description)
    except ManifestError as error:
        raise ScoringError(error.what, place=error.place, remedy=error.remedy) from None
    frame = table.frame
    names = list(frame.columns)
    faults += [str(problem) for problem in table.problems]
    if "reference" not in names:
        faults.append(f"no column 'reference' (the columns are {', '.join(map(repr, names))})")
    if not {"utterance_id", "path"} & set(names):
        faults.append("neither a column 'utterance_id' nor 'path': nothing to join transcripts by")
    if faults:
        raise _all(faults, path)
    frame = frame if "path" in names else frame.assign(path="")
    findings = Findings(path.name, table.lines)
    start, end, _ = text_checks.seconds(frame, findings)
    channel, _ = text_checks.channels(frame, findings)
    ids = manifest_ids(frame, description.corpus_id or path.stem)
    text_checks.check_unique(ids, findings, given="utterance_id" in names)
    if findings.problems:
        raise _all([str(problem) for problem in findings.in_order()], path)
    taken = ("utterance_id", "path", "reference", "start_s", "end_s", "channel")
    return pd.DataFrame(
        {
            "utterance_id": ids,
            "path": frame["path"],
            "reference": frame["reference"],
            "start_s": start,
            "end_s": end,
            "channel": np.where(channel > 0, channel, np.nan),
            **{name: text_checks.stated(frame[name]) for name in names if name not in taken},
        }
    ).replace({"speaker_id": {NOT_STATED: ""}}), list(table.notes)


def _all(faults: list[str], path: Path) -> ScoringError:
    listed = faults[:_LISTED] + ([f"and {len(faults) - _LISTED} more"] if len(faults) > _LISTED else [])
    return ScoringError("\n".join(listed) + "\n", place=path.name, remedy="correct the manifest")
