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
    result = Recorded({}, [], [])
    parts = [part for condition in heard for part in getattr(condition, "steps", (condition,))]
    rooms = {folder for part in parts for folder in part.response_folders}
    noises = {folder for part in parts for folder in part.folders if folder not in part.response_folders}
    for folder in dict.fromkeys(folder for condition in heard for folder in condition.folders):
        try:
            recordings = open_recordings(study.base / folder)
            unusable = recordings.check(responses=folder in rooms, noises=folder in noises)
            intermittent = recordings.mostly_silent() if folder in noises else ()
            result.digests[folder] = recordings.digest
        except ConditionError as error:
            result.problems.append(str(error))
            continue
        n, seconds = len(recordings.files), sum(file.duration_s for file in recordings.files)
        layout = f" ({recordings.layout})" if recordings.layout else ""
        result.notes.append(f"{folder}{layout}: {n} recordings, {seconds:.0f} s, digest {recordings.digest}")
        if unusable:
            more = f" and {len(unusable) - _SHOWN} more" if len(unusable) > _SHOWN else ""
            result.notes.append(f"{folder}: not used: {'; '.join(unusable[:_SHOWN])}{more}")
        if intermittent:
            more = f" and {len(intermittent) - _SHOWN} more" if len(intermittent) > _SHOWN else ""
            text = f"{'; '.join(intermittent[:_SHOWN])}{more}"
            result.notes.append(f"{folder}: mostly silent: {text}; the level is that of the sound, without the silence")
    return result
