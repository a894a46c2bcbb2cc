"""Casual Conversations, version 2: paid participants of seven countries before a camera, and who they say they are.

Layout, the annotations in the folder or one below it, the videos unpacked anywhere below the same folder::

    casual-conversations-v2/
        annotations/
            CasualConversationsV2.json      a list, one object per video: video_name, subject_id, age, gender,
                                            native_language, geo_location, monk_skin_tone, fitzpatrick_skin_tone
        <part>/<video_name>                 .mp4
        <transcripts>.csv                   video_name, text: yours, see below

The annotations say who speaks and not what is said: no transcripts of version 2 are known to us. ``--option transcripts=FILE``
names a table below the corpus's folder with the columns ``video_name`` and ``text``; its rows are what is prepared. The
recordings are in ten languages: ``--language`` says which one the table is in. The sound is read from the videos.

Source: ai.meta.com/datasets/casual-conversations-v2-dataset; arXiv:2303.04838; names of keys as public scripts read them. No
release was at hand to check them against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.corpora.adapters.adapter import Adapter, Option, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder, find_audio, json_of, stated
from workbench.corpora.adapters.source_tables import small_table
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_KEYS = {
    "age": ("age",),
    "gender": ("gender",),
    "first_language": ("native_language",),
    "country": ("geo_location", "country"),
    "skin_tone": ("monk_skin_tone", "scale"),
    "skin_type": ("fitzpatrick_skin_tone", "type"),
}
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", *_KEYS)
_ANNOTATIONS = "CasualConversationsV2.json"
_UNSTATED = ("prefer not to say", "n/a", "none")


def _find(folder: Path) -> Path | None:
    return next((path for pattern in ("", "*/") for path in sorted(folder.glob(f"{pattern}{_ANNOTATIONS}"))), None)


def _recognise(folder: Path) -> bool:
    return _find(folder) is not None


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    annotations = _find(folder)
    if annotations is None:
        raise ManifestError(f"there is no {_ANNOTATIONS!r}", place=str(folder), remedy="put it beside the videos")
    if not options["transcripts"]:
        remedy = "name a table below the folder, with video_name and text: --option transcripts=FILE.csv"
        raise ManifestError(f"{_ANNOTATIONS} does not say what is said", place=str(folder), remedy=remedy)
    table = small_table(
        folder / options["transcripts"], folder, need=("video_name", "text"), encoding=options["encoding"]
    )
    people = _people(json_of(annotations, folder, encoding=options["encoding"]), annotations.name)
    videos = find_audio(folder, (".mp4", ".wav", ".flac", ".m4a"))
    builder = Builder(_COLUMNS)
    builder.problems += table.problems
    for line, row in zip(table.lines, table.rows, strict=True):
        name = row["video_name"].strip()
        of = people.get(Path(name).stem)
        if of is None:
            problem = f"the video {name!r} is not in {_ANNOTATIONS}"
            builder.lost(table.file, line, name, problem, "use annotations of one release", column="speaker_id")
            continue
        stem = Path(name).stem
        row = {"utterance_id": stem, "path": videos.get(stem, name), "reference": row["text"], **of}
        builder.add(table.file, line, row)
    yield builder.rows()


def _people(annotated: Any, file: str) -> dict[str, dict[str, str]]:
    """Return who speaks in each video, by its name without ending."""
    if not isinstance(annotated, list) or not all(
        isinstance(item, dict) and "video_name" in item for item in annotated
    ):
        raise ManifestError("is not a list of videos", place=file, remedy="use the annotations as they are distributed")
    return {
        Path(str(item["video_name"])).stem: {
            "speaker_id": str(item.get("subject_id", "")),
            **{name: _value(item, keys) for name, keys in _KEYS.items()},
        }
        for item in annotated
    }


def _value(of: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    value: Any = of
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return "" if value is None or isinstance(value, dict | list) else stated(str(value), *_UNSTATED)


ADAPTER = Adapter(
    name="casual-conversations-v2",
    title="Casual Conversations v2",
    tree=tree_of(__doc__),
    licence="Meta's own licence for the data set",
    source="https://ai.meta.com/datasets/casual-conversations-v2-dataset/",
    citation="Porgali et al. (2023). The Casual Conversations v2 Dataset. arXiv:2303.04838",
    attributes={
        "age": AttributeInfo(obtained="self-reported", per="speaker", note="years, as the participant stated it"),
        "gender": AttributeInfo(obtained="self-reported", note="as the participant stated it"),
        "first_language": AttributeInfo(obtained="self-reported", note="native language, as the participant stated it"),
        "country": AttributeInfo(obtained="self-reported", note="where the participant lives"),
        "skin_tone": AttributeInfo(obtained="annotated", per="speaker", note="Monk scale, by annotators"),
        "skin_type": AttributeInfo(obtained="annotated", per="speaker", note="Fitzpatrick scale, by annotators"),
    },
    recognise=_recognise,
    read=_read,
    options={"transcripts": Option("table of video_name and text, below the corpus's folder")},
    versions="transcripts are yours to add",
)  # fmt: skip
