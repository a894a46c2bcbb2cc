"""Audio inside the tables of a data set, written out as files below the corpus: once, and the same files every time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from workbench.audio import Waveform, write_wav
from workbench.corpora.adapters.row_builder import Tails
from workbench.corpora.audio_locations import MAGIC
from workbench.errors import ManifestError

_UNSAFE = re.compile(r"[^\w.,=+ -]")


class EmbeddedAudio:
    """The audio of a row as a file below the corpus: the one it names, or one that is written from what it holds.

    ``target`` is the folder below the corpus for what is written ("" for none), ``part`` a folder below that; ``inside`` says in what
    kind of files the audio is ("Parquet"), ``size`` how many bytes they have.
    """

    def __init__(self, folder: Path, target: str, part: str, *, inside: str, size: int) -> None:
        self.folder, self.target, self.inside, self.size = folder, target, inside, size
        self.base = folder / target / part
        self.tails = Tails(folder)
        if target and not self.base.resolve().is_relative_to(folder.resolve()):
            problem = f"extract={target!r} leaves the corpus's folder"
            raise ManifestError(problem, place="--option", remedy="name a folder below it")

    def path(self, value: Any, name: str, *, with_own_name: bool = False) -> tuple[str, str]:
        """Return the path below the corpus of a row's audio, or "" and why there is none.

        What is written is called ``name``, followed by its own name if ``with_own_name``. A file of that size is not written again.

        Raises
        ------
        ManifestError : the audio is inside and no folder was named for it
        """
        held: dict[str, Any] = (
            value if isinstance(value, dict) else {"bytes": value} if isinstance(value, bytes) else {"path": value}
        )
        data, written = held.get("bytes"), str(held.get("path") or "")
        samples = held.get("array")
        if not data and samples is None:
            return (self.tails.find(written), "") if written else ("", f"{name} holds no audio")
        if not self.target:
            remedy = f"add --option extract=audio: it is written to that folder below the corpus (about {self.size / 1e9:.1f} GB)"
            raise ManifestError(f"the audio is inside the {self.inside} files", place=str(self.folder), remedy=remedy)
        own = _UNSAFE.sub("_", written.replace("\\", "/").rsplit("/", 1)[-1])
        stem = f"{name}-{Path(own).stem}" if with_own_name and own else name
        if data:
            signs = next((suffix for suffix, starts in MAGIC.items() if data.startswith(starts)), "")
            suffix = Path(own).suffix if with_own_name and Path(own).suffix else signs or Path(own).suffix or ".wav"
            return self._kept(f"{stem}{suffix}", data), ""
        rate = held.get("sampling_rate")
        if not isinstance(rate, int) or rate <= 0 or not samples:
            return "", f"{name} holds an array without its sampling_rate, or an empty one"
        sound = self.base / f"{stem}.wav"
        if not sound.is_file():
            self.base.mkdir(parents=True, exist_ok=True)
            write_wav(sound, Waveform(np.asarray(samples, dtype=np.float32).reshape(-1), rate))
        return sound.relative_to(self.folder).as_posix(), ""

    def _kept(self, name: str, data: bytes) -> str:
        sound = self.base / name
        if not sound.is_file() or sound.stat().st_size != len(data):
            self.base.mkdir(parents=True, exist_ok=True)
            sound.write_bytes(data)
        return sound.relative_to(self.folder).as_posix()
