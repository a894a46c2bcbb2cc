"""What the gallery shows: which conditions, on which clip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench import audio
from workbench.conditions import CATALOGUE, Condition, CorpusPool, parse_condition
from workbench.corpora import Corpus, load_corpus
from workbench.errors import GalleryError
from workbench.figures.gallery.builder import Clip
from workbench.files import demo_folder
from workbench.runner import read
from workbench.schema import CLEAN

CLIP_S = 6.0
"""Of a corpus, recordings of its first speaker are joined until they are this long: time for a rhythm to be heard."""

LONGEST_S = 60.0
DEMO = demo_folder() / "demo.csv"


def choose(names: Sequence[str]) -> list[Condition]:
    """Return the conditions that ``names`` ask for, all of them without names; a bare name means all its severities.

    Raises
    ------
    ConditionError : a condition that there is not, with the nearest name
    """
    if not names:
        return [condition for condition in CATALOGUE.values() if condition.id != CLEAN]
    selected: dict[str, Condition] = {}
    for name in names:
        levels = [item for item in CATALOGUE if item.startswith(f"{name}@")]
        for item in levels or [name]:
            condition = parse_condition(item)
            selected[condition.condition_id] = condition
    return list(selected.values())


def clip_of(*, file: Path | None = None, manifest: Path | None = None) -> tuple[Clip, CorpusPool]:
    """Return what is played, and the corpus whose voices babble: the demo corpus unless ``manifest`` names another.

    Without a ``file`` the clip is the first speaker of the corpus, the recordings one after the other.

    Raises
    ------
    AudioError, ManifestError : a file that cannot be read
    GalleryError : a clip longer than a minute, or no corpus to take one from
    """
    if manifest is None and not DEMO.is_file():
        raise GalleryError(
            "the demo corpus is not beside the program", place=str(DEMO), remedy="name one with --corpus"
        )
    corpus = load_corpus(manifest or DEMO, allow_dropped=True)
    clip = _first_speaker(corpus) if file is None else _file(file)
    return clip, CorpusPool(corpus.utterances)


def _file(path: Path) -> Clip:
    wave = audio.decode(path)
    if wave.duration_s > LONGEST_S:
        raise GalleryError(
            f"the clip is {wave.duration_s:.0f} s long, and the page would hold it once per condition",
            place=str(path),
            remedy=f"use at most {LONGEST_S:.0f} s",
        )
    return Clip(audio.Waveform(wave.samples, wave.sample_rate, path.name), path.name)


def _first_speaker(corpus: Corpus) -> Clip:
    rows = corpus.utterances[corpus.utterances["path"] != ""]
    if rows.empty:
        raise GalleryError(
            "the corpus holds no audio",
            place=corpus.info.corpus_id,
            remedy="name a clip with --clip, or another corpus",
        )
    speaker = str(rows["speaker_id"].iloc[0])
    parts: list[audio.Samples] = []
    for row in rows[rows["speaker_id"] == speaker].to_dict("records"):
        parts.append(read(row).samples)
        if sum(map(len, parts)) >= CLIP_S * audio.SAMPLE_RATE:
            break
    samples = np.concatenate(parts)[: round(LONGEST_S * audio.SAMPLE_RATE)]
    problem = f"{speaker} of the corpus {corpus.info.title}"
    name = f"{corpus.info.corpus_id}/{speaker}"
    return Clip(
        audio.Waveform(samples, audio.SAMPLE_RATE, name, speaker), problem, synthetic=corpus.info.synthetic_voices
    )
