"""What the audit leaves on disk: the measures of every utterance, and the studies of the counterfactuals."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workbench.errors import ScoringError, StudyError
from workbench.files import write_frame
from workbench.provenance.counterfactual import channel_equalised, counterfactual_of
from workbench.provenance.sources import require_attribute, subject_of
from workbench.provenance.swap_study import ChannelSwapStudy, channel_swap
from workbench.schema import UTTERANCES
from workbench.study import Study

DEFAULT_ENGINE = "pocketsphinx"
"""The recogniser that needs no download."""


def write_utterances(utterances: pd.DataFrame, path: Path) -> Path:
    """Write AUDIT_UTTERANCES as CSV or Parquet, by the ending of ``path``.

    Raises
    ------
    ScoringError : another ending, or a file that cannot be written
    """
    return write_frame(utterances, path, fails=ScoringError)


def write_counterfactual(
    source: Path, out: Path, *, attribute: str | None = None, engines: Sequence[str] = ()
) -> Study:
    """Write the channel-equalised study of a manifest or of a study (``.toml``) to ``out`` and return it.

    ``engines`` default to those of the study, of a manifest to pocketsphinx. Nothing is run.

    Raises
    ------
    ManifestError, StudyError, ScoringError : a source, an attribute or a file that cannot be used
    """
    _refuse_path(source, out)
    attributes = UTTERANCES.attributes_of(subject_of(source).utterances)
    attribute_name = require_attribute(attributes, attribute)
    if source.suffix == ".toml":
        study = Study.from_toml(source)
        base = out.resolve().parent
        moved = {"corpus": tuple(os.path.relpath(path, base) for path in study.manifests), "base": base}
        kept = {
            "engines": tuple(engines) or study.engines,
            "attributes": (attribute,) if attribute else study.attributes,
        }
        made = channel_equalised(study.model_copy(update={**moved, **kept}))
    else:
        made = counterfactual_of(source, out, attribute=attribute_name, engines=engines or [DEFAULT_ENGINE])
    _write(made, out)
    return made


def write_channel_swap(
    manifest: Path, out: Path, *, attribute: str, first: str, second: str, engines: Sequence[str] = ()
) -> ChannelSwapStudy:
    """Write the study in which two groups of a manifest exchange their channels to ``out``, and return it. Nothing is run.

    ``engines`` default to pocketsphinx.

    Raises
    ------
    ManifestError, StudyError, ConditionError : as ``channel_swap``; a file that cannot be used
    """
    _refuse_path(manifest, out)
    made = channel_swap(
        manifest, attribute=attribute, first=first, second=second, engines=tuple(engines) or (DEFAULT_ENGINE,),
        base=out.resolve().parent,
    )  # fmt: skip
    _write(made.study, out)
    return made


def _refuse_path(source: Path, out: Path) -> None:
    if out.suffix != ".toml":
        raise StudyError(
            f"a study is a file that ends in .toml, not {out.suffix!r}", place=str(out), remedy="name it so"
        )
    if out.resolve() == source.with_suffix(".toml").resolve():
        raise StudyError(
            "this is the description of the manifest, or the study itself", place=str(out), remedy="name another file"
        )


def _write(study: Study, out: Path) -> None:
    try:
        out.resolve().parent.mkdir(parents=True, exist_ok=True)
        study.write(out)
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error})"
        raise StudyError(problem, place=str(out), remedy="name a file that can be written") from None
