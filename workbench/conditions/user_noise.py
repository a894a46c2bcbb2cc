"""The user's own noise: recordings of the real last mile, at a set level."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, field_validator

from workbench.audio import Waveform
from workbench.conditions.audible_frames import sounding_envelope
from workbench.conditions.condition import Condition, SpeechPool, parameter, text_parameter
from workbench.conditions.mixer import mix
from workbench.conditions.parameters import written
from workbench.conditions.recordings import Excerpt, Recordings, open_recordings


class FromRecordings(Condition):
    """A condition that is made from a folder of recordings; the folder is relative to that of the study."""

    folder: str = text_parameter(what="folder of recordings, or one file; relative to the study's folder")

    model_config = ConfigDict(validate_default=True)

    needs_folder: ClassVar[bool] = True
    draws_responses: ClassVar[bool] = False

    @field_validator("folder")
    @classmethod
    def _normal(cls, folder: str) -> str:
        if not folder.strip() or not folder.isprintable():
            raise ValueError(f"folder = {folder!r} names no folder: write {cls.name()}@2?folder=recordings")
        return str(PurePosixPath(folder))

    @property
    def draw_name(self) -> str:
        """The id: a folder keeps its draws where it is renamed, and the same recording is heard at every level."""
        return self.id

    @property
    def folders(self) -> tuple[str, ...]:
        """The folder."""
        return (self.folder,)

    @property
    def response_folders(self) -> tuple[str, ...]:
        """The folder, if room responses are drawn from it."""
        return self.folders if self.draws_responses else ()

    def content_id(self, recordings: Mapping[str, str]) -> str:
        """Return the values with what the folder holds in place of its name."""
        held = {"folder": recordings.get(self.folder, self.folder)}
        return f"{self.id}?{written(sorted({**self.parameters, **held}.items()))}"

    def recordings(self, pool: SpeechPool | None) -> Recordings:
        """Return the recordings, from the pool's folder; without a pool from the current one."""
        return open_recordings(Path(self.folder)) if pool is None else pool.recordings(self.folder)


class UserNoise(FromRecordings):
    """A piece of one of the user's recordings, as strong on average while it sounds as ``snr_db`` asks for.

    A noise without pauses sounds all the time. Of one that is silent now and then, frames of 50 ms more than 60 dB below the
    loudest do not count, and ``sounding_share`` says how much of the utterance does.

    Every recording is as likely as any other, however long it is; the piece is drawn by the seed and the slot, so that all
    speakers hear the same one and a longer utterance hears more of it. A recording that ends goes on from its
    beginning, cross-faded. Neither the name of the folder nor the SNR has a part in the draw: the same noise is heard
    at every level.
    """

    id: Literal["user_noise"] = "user_noise"
    snr_db: float = parameter(
        10.0, -30.0, 60.0, unit="dB", what="active speech level minus level of the noise while it sounds"
    )

    family: ClassVar[str] = "recordings"
    title: ClassVar[str] = "Your own noise"
    hears: ClassVar[str] = "The place where you recorded, behind the voice."
    source: ClassVar[str] = "recordings of the user; SNR on active speech level, ITU-T P.56 method B"
    leading: ClassVar[str] = "snr_db"
    levels: ClassVar[tuple[dict[str, float], ...]] = tuple({"snr_db": snr_db} for snr_db in (20.0, 10.0, 5.0, 0.0))

    def _apply(
        self, wave: Waveform, rng: np.random.Generator, pool: SpeechPool | None
    ) -> tuple[NDArray[Any], dict[str, float]]:
        result = self.recordings(pool).excerpt(rng, len(wave.samples), sample_rate=wave.sample_rate)
        envelope = sounding_envelope(result.samples, sample_rate=wave.sample_rate)
        mixed, facts = mix(wave, result.samples, snr_db=self.snr_db, envelope=envelope)
        share = {} if envelope is None else {"sounding_share": float(np.mean(envelope))}
        return mixed, facts | share | drawn(result)


def drawn(found: Excerpt) -> dict[str, float]:
    """Return which recording was heard, as facts."""
    facts = {"recording_number": float(found.number), "excerpt_start_s": found.start_s}
    return facts | {"recordings_passed_over": float(found.passed_over)} if found.passed_over else facts
