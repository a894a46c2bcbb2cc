"""Engine cache: a loader that loads each engine once, for searches in which run after run asks for the same one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.engines import Engine
from workbench.runner.inputs import EngineLoader


def loaded_once(loader: EngineLoader) -> EngineLoader:
    """Return a loader that loads each engine once; it listens in this process."""
    loaded: dict[str, Engine] = {}

    def load_once(spec: str, *, base: Path, language: str) -> Any:
        if spec not in loaded:
            loaded[spec] = loader(spec, base=base, language=language)
        return loaded[spec]

    return load_once
