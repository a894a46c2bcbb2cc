"""Which engines there are: one line per adapter. A new engine is a new file, a line here, and a test.

Engines of other packages need no line: they are found by entry point.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import pandas as pd

from workbench.engines import plugins
from workbench.engines.protocol import Engine, Readiness
from workbench.engines.spec import Spec, parse_spec
from workbench.errors import choices


class Adapter(Protocol):
    """What the module of an engine offers. It imports its engine inside these functions, not at its top."""

    DESCRIPTION: str
    SPEC_EXAMPLE: str

    def load(self, spec: Spec) -> Engine:
        """Return the engine, ready to transcribe; raise EngineError if it cannot be."""
        ...

    def readiness(self) -> Readiness:
        """Tell quickly, without loading the engine, whether it can be used."""
        ...


ADAPTERS = {
    "pocketsphinx": "workbench.engines.pocketsphinx",
    "whisper": "workbench.engines.openai_whisper",
    "faster-whisper": "workbench.engines.faster_whisper",
    "transformers": "workbench.engines.transformers",
    "vosk": "workbench.engines.vosk",
    "openai-api": "workbench.engines.openai_api",
    "amazon-transcribe": "workbench.engines.amazon",
    "assemblyai": "workbench.engines.assemblyai",
    "azure-speech": "workbench.engines.azure",
    "deepgram": "workbench.engines.deepgram",
    "google-speech": "workbench.engines.google",
    "imported": "workbench.engines.imported",
}


def _adapter(name: str) -> Adapter:
    return cast(Adapter, import_module(ADAPTERS[name]))


def load_engine(spec: str, *, base: Path = Path("."), language: str = "en") -> Engine:
    """Return the engine that ``spec`` names, loaded and ready to transcribe.

    ``spec`` is ``engine:target?option=value``, e.g. ``pocketsphinx``, ``pocketsphinx?grammar=digits.gram``,
    ``whisper:tiny.en``, ``whisper:models/digits.pt``, ``imported:vendor.csv``. Paths are relative to ``base``;
    ``language`` is the corpus' BCP 47 tag.

    Raises
    ------
    EngineError : no such engine or option, a file that is missing or unfit, an engine that cannot be loaded here
    """
    parsed = parse_spec(spec, base=base, language=language)
    try:
        return _loaded(parsed)
    except MemoryError:
        raise parsed.error("there is not enough memory to load it", remedy="choose a smaller model") from None
    except ImportError as error:  # its package is there and broken, or there is no room for it
        text = (str(error).splitlines() or [type(error).__name__])[0]
        remedy = "install its package again; where memory is limited, allow it more"
        raise parsed.error(f"a library that it needs cannot be loaded ({text})", remedy=remedy) from None
    except OSError as error:  # what an adapter does not expect: no room for a temporary file, say
        problem = f"cannot be loaded ({error.strerror or error}{f': {error.filename}' if error.filename else ''})"
        raise parsed.error(problem, remedy="see to the file or the disk") from None


def _loaded(parsed: Spec) -> Engine:
    if parsed.engine in ADAPTERS:
        return _adapter(parsed.engine).load(parsed)
    others = {plugin.name: plugin for plugin in plugins.found(ADAPTERS) if not plugin.taken}
    if parsed.engine not in others:
        names = [*ADAPTERS, *others]
        raise parsed.error(f"there is no engine {parsed.engine!r}", remedy=choices(parsed.engine, names))
    return others[parsed.engine].load(parsed)


def availability() -> pd.DataFrame:
    """Return one row per engine: engine, ready, reason, install (empty if nothing is needed), spec_example, description.

    Engines of other packages follow those of the workbench; one that is broken is not ready, and its error the reason.
    """
    rows = []
    for name in ADAPTERS:
        adapter = _adapter(name)
        state = adapter.readiness()
        rows.append((name, state.ready, state.reason, state.install, adapter.SPEC_EXAMPLE, adapter.DESCRIPTION))
    for plugin in plugins.found(ADAPTERS):
        state = plugin.readiness()
        rows.append((plugin.name, state.ready, state.reason, state.install, plugin.example, plugin.description))
    return pd.DataFrame(rows, columns=["engine", "ready", "reason", "install", "spec_example", "description"])
