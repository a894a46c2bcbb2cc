"""What a corpus says about itself, stated later: licence, source, consent and how attributes were obtained, kept beside the manifest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from workbench.corpora.description import AttributeInfo, ManifestDescription, read_description
from workbench.corpora.manifest_writer import describe
from workbench.errors import ManifestError

STATED = ("title", "licence", "source", "consent", "speech_style", "speaker_note")
"""Texts of a description that a person may state after the corpus was read."""


def state_description(manifest: Path, texts: Mapping[str, str], attributes: Mapping[str, AttributeInfo]) -> Path:
    """Write ``texts`` (of :data:`STATED`) and ``attributes`` into ``<name>.toml`` beside ``manifest`` and return that file.

    What the description held beyond these stays; comments of the file do not. An empty text takes a statement back.

    Raises
    ------
    ManifestError : the description that is there cannot be read, a text is none of :data:`STATED`, the file cannot be written
    """
    path = manifest.with_suffix(".toml")
    description, faults = read_description(manifest)
    faults += [f"{name!r} is not among {', '.join(STATED)}" for name in texts if name not in STATED]
    if faults:
        raise ManifestError("; ".join(faults), place=path.name, remedy="correct the description first")
    given = description.model_dump() | {name: text.strip() for name, text in texts.items() if text.strip()}
    for name in (name for name, text in texts.items() if not text.strip()):
        given.pop(name)
    given["attributes"] = {**description.attributes, **attributes}
    try:
        stated = ManifestDescription.model_validate(given)
    except ValidationError as error:
        raise ManifestError(str(error.errors()[0]["msg"]), place=path.name, remedy="correct it") from None
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(describe(stated, default_id=manifest.stem), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        problem = f"cannot be written ({error.strerror})"
        raise ManifestError(problem, place=str(path), remedy="choose a folder that you may write to") from None
    return path
