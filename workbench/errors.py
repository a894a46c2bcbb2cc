"""Every error that the workbench raises on purpose, under one root.

::

    WorkbenchError              something the user can mend: value, place, remedy
    ├── ManifestError           a corpus manifest or its description cannot be used as it is
    ├── AudioError              a file or an array is not usable audio
    ├── ConditionError          an unknown condition, or a parameter outside its range
    ├── EngineError             an unknown engine, or one that cannot be loaded here
    │   └── EngineStoppedError  an engine that can transcribe nothing more: the run ends, and can be resumed
    ├── StudyError              a study file that contradicts itself or names what does not exist
    ├── StoreError              the store cannot be opened, or holds no such run
    │   └── LeaseError          another process took the run over, and this one may not write any more
    ├── ScoringError            transcripts that cannot be scored: missing column, unknown normaliser
    ├── CardError               a service card that cannot be made or written
    └── GalleryError            a gallery of conditions that cannot be written

The app and the command line show a :class:`WorkbenchError` as a message and let anything else crash loudly:

>>> try:
...     raise ManifestError("no value for speaker_id", place="cv.csv line 41", remedy="add it or drop the row")
... except WorkbenchError as error:
...     print(error)
cv.csv line 41: no value for speaker_id; add it or drop the row
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class WorkbenchError(Exception):
    """A problem that the user can mend, printed as ``place: what; remedy``.

    Parameters
    ----------
    what : what is wrong, with the offending value in it
    place : file, line, column or option in which it was found; may be empty
    remedy : what to do about it; may be empty
    """

    def __init__(self, what: str, *, place: str = "", remedy: str = "") -> None:
        self.what = what
        self.place = place
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{self.place}: {self.what}" if self.place else self.what
        return f"{head}; {self.remedy}" if self.remedy else head


class ManifestError(WorkbenchError):
    """A corpus manifest or its description cannot be used as it is."""


class AudioError(WorkbenchError):
    """A file or an array is not usable audio."""


class ConditionError(WorkbenchError):
    """An unknown condition, or a parameter outside its range."""


class EngineError(WorkbenchError):
    """An unknown engine, or one that cannot be loaded here."""


class EngineStoppedError(EngineError):
    """An engine that can transcribe nothing more: the run ends with the reason, and goes on from there when it is mended.

    ``answers`` are those that came before, one per waveform of the batch, None for each that has none; they are kept.
    Empty means that there are none.
    """

    def __init__(self, what: str, *, place: str = "", remedy: str = "", answers: Sequence[object] = ()) -> None:
        self.answers = tuple(answers)
        super().__init__(what, place=place, remedy=remedy)


class StudyError(WorkbenchError):
    """A study file that contradicts itself or names what does not exist."""


class StoreError(WorkbenchError):
    """The store cannot be opened, or holds no such run."""


class LeaseError(StoreError):
    """Another process took the run over, because this one gave no sign of life for too long; it may not write any more."""


class ScoringError(WorkbenchError):
    """Transcripts that cannot be scored: missing column, unknown normaliser."""


class CardError(WorkbenchError):
    """A service card that cannot be made or written."""


class GalleryError(WorkbenchError):
    """A gallery of conditions that cannot be written."""


def choices(given: str, known: Iterable[str]) -> str:
    """Return the remedy for an unknown name: the nearest known one, then all of them.

    >>> choices("wite_noise", ["clean", "white_noise"])
    "did you mean 'white_noise'? Available: clean, white_noise"
    """
    names = sorted(known)
    close = get_close_matches(given, names, n=1, cutoff=0.6)
    listing = "Available: " + (", ".join(names) if names else "none")
    return f"did you mean '{close[0]}'? {listing}" if close else f"choose one of those known. {listing}"
