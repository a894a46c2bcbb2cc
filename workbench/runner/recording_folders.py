"""The folders of recordings that a study names: what they hold, and what a reader of the results should know of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.conditions import Condition
from workbench.conditions.recordings import open_recordings
from workbench.errors import ConditionError
from workbench.study import Study

_SHOWN = 5


class Recorded(NamedTuple):
    """Digest of each folder by its name in the study; notes on what it holds; problems that stop a run."""

    digests: dict[str, str]
    notes: list[str]
    problems: list[str]


def look(study: Study, heard: Sequence[Condition]) -> Recorded:
    """Look into every folder of recordings that a condition of ``heard`` is made from."""
    found = Recorded({}, [], [])
    for folder in dict.fromkeys(folder for condition in heard for folder in condition.folders):
        try:
            recordings = open_recordings(study.base / folder)
            unusable = recordings.check()
            found.digests[folder] = recordings.digest
        except ConditionError as error:
            found.problems.append(str(error))
            continue
        n, seconds = len(recordings.files), sum(file.duration_s for file in recordings.files)
        layout = f" ({recordings.layout})" if recordings.layout else ""
        found.notes.append(f"{folder}{layout}: {n} recordings, {seconds:.0f} s, digest {recordings.digest}")
        if unusable:
            more = f" and {len(unusable) - _SHOWN} more" if len(unusable) > _SHOWN else ""
            found.notes.append(f"{folder}: not used: {'; '.join(unusable[:_SHOWN])}{more}")
    return found
