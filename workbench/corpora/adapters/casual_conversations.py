"""Casual Conversations (version 1): paid participants answer questions before a camera and state who they are.

Layout, the annotations beside or in CC_annotations, the videos unpacked below the same folder::

    casual-conversations/
        CC_annotations/
            CasualConversations.json                    subject -> files, dark_files, label: age, gender, skin-type
            CasualConversations_transcriptions.json     list of video_path, transcription
        <part>/<subject>/<video>.MP4

The sound is read from the videos. Transcripts cover the whole video; tags of the transcribers stay in the text.

Source: ai.meta.com/datasets/casual-conversations-dataset; names of files and keys as public scripts read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.corpora.adapters.adapter import Adapter, Options, Rows, tree_of
from workbench.corpora.adapters.row_builder import Builder, Tails, json_of, stated
from workbench.corpora.description import AttributeInfo
from workbench.errors import ManifestError

_ATTRIBUTES = {"age": "age", "gender": "gender", "skin_type": "skin-type"}
_COLUMNS = ("utterance_id", "path", "reference", "speaker_id", *_ATTRIBUTES)
_SUBJECTS, _TEXTS = "CasualConversations.json", "CasualConversations_transcriptions.json"


def _find(folder: Path, name: str) -> Path | None:
    return next((path for base in ("", "CC_annotations") if (path := folder / base / name).is_file()), None)


def _recognise(folder: Path) -> bool:
    return _find(folder, _SUBJECTS) is not None


def _read(folder: Path, options: Options) -> Iterator[Rows]:
    files = {name: _find(folder, name) for name in (_SUBJECTS, _TEXTS)}
    missing = [name for name, path in files.items() if path is None]
    if missing:
        named = ", ".join(repr(name) for name in missing)
        raise ManifestError(f"there is no {named}", place=str(folder), remedy="put CC_annotations beside the videos")
    subjects, texts = (
        json_of(path, folder, encoding=options["encoding"]) for path in files.values() if path is not None
    )
    if not isinstance(subjects, dict) or not isinstance(texts, list):
        problem = f"{_SUBJECTS} is not one object of subjects, or {_TEXTS} not one list"
        raise ManifestError(problem, place=str(folder), remedy="use the annotations of version 1")
    builder = Builder(_COLUMNS)
    labels, owners = _labels(subjects), _owners(subjects)
    tails = Tails(folder)
    file = next(path.relative_to(folder).as_posix() for path in (files[_TEXTS],) if path is not None)
    for number, entry in enumerate(texts, start=1):
        if not isinstance(entry, dict) or not isinstance(entry.get("video_path"), str):
            builder.lost(file, 0, f"entry {number}", f"entry {number} has no video_path", "leave it out")
            continue
        video = entry["video_path"]
        subject = owners.get(_tail(video), "")
        if not subject:
            problem = f"the video {video!r} belongs to no subject of {_SUBJECTS}"
            builder.lost(file, 0, video, problem, "use annotations of one release", column="speaker_id")
            continue
        row = {
            "utterance_id": "/".join(Path(video).with_suffix("").parts[-2:]),
            "path": tails.find(video),
            "reference": str(entry.get("transcription") or ""),
            "speaker_id": subject,
            **labels[subject],
        }
        builder.add(file, 0, row)
    yield builder.rows()


def _tail(path: str) -> str:
    return "/".join(path.replace("\\", "/").split("/")[-2:]).lower()


def _labels(subjects: dict[str, Any]) -> dict[str, dict[str, str]]:
    labels = {}
    for subject, of in subjects.items():
        text = of.get("label", {}) if isinstance(of, dict) else {}
        text = text if isinstance(text, dict) else {}
        labels[str(subject)] = {
            name: stated(str(text.get(theirs, "")), "n/a", "none") for name, theirs in _ATTRIBUTES.items()
        }
    return labels


def _owners(subjects: dict[str, Any]) -> dict[str, str]:
    """Return whose video a file is, by its folder and name."""
    return {
        _tail(str(path)): str(subject)
        for subject, of in subjects.items()
        if isinstance(of, dict)
        for path in [*of.get("files", []), *of.get("dark_files", [])]
    }


ADAPTER = Adapter(
    name="casual-conversations",
    title="Casual Conversations",
    tree=tree_of(__doc__),
    licence="Meta's own licence for the data set",
    source="https://ai.meta.com/datasets/casual-conversations-dataset/",
    citation="Hazirbas et al. (2021). Towards Measuring Fairness in AI: the Casual Conversations Dataset. arXiv:2104.02821",
    attributes={
        "age": AttributeInfo(obtained="self-reported", per="speaker", note="years, as the participant stated it"),
        "gender": AttributeInfo(obtained="self-reported", note="as the participant stated it"),
        "skin_type": AttributeInfo(obtained="annotated", per="speaker", note="Fitzpatrick scale, 1 to 6, by trained annotators"),
    },
    recognise=_recognise,
    read=_read,
    versions="version 1",
)  # fmt: skip
