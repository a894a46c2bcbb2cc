"""Corpora as they are distributed: one adapter per file, one line per adapter here.

``recognised`` says which corpora a folder looks like, ``get_adapter`` finds one by its name, ``catalogue`` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from workbench.corpora.adapters.adapter import Adapter, Download, Option, Options, Rows
from workbench.corpora.adapters.hub_snapshot import looks_like, snapshot
from workbench.errors import ManifestError, choices

__all__ = ["Adapter", "Download", "Option", "Options", "Rows", "adapters", "catalogue", "get_adapter", "recognised"]

_MODULES = (
    "common_voice",
    "speech_accent_archive",
    "l2_arctic",
    "vctk",
    "edacc",
    "coraal",
    "afrispeech",
    "svarah",
    "fair_speech",
    "casual_conversations",
    "casual_conversations_v2",
    "globe",
    "librispeech",
    "fsdd",
    "audio_mnist",
    "speechocean762",
    "kaldi",
    "nemo",
    "lhotse",
    "hf_disk",
    "audio_folder",
    "stm",
    "file_names",
)
"""The catalogue: modules with an ``ADAPTER``, in the order in which they are listed and suggested."""


@cache
def adapters() -> Mapping[str, Adapter]:
    """Return every adapter by its name, in the order of the catalogue."""
    results = [import_module(f"{__name__}.{module}").ADAPTER for module in _MODULES]
    return {adapter.name: adapter for adapter in results}


def get_adapter(name: str) -> Adapter:
    """Return the adapter of that name; case, ``_`` and spaces do not matter.

    Raises
    ------
    ManifestError : no such adapter; the nearest name is suggested
    """
    by_key = {_key(adapter.name): adapter for adapter in adapters().values()}
    if _key(name) not in by_key:
        raise ManifestError(f"there is no adapter {name!r}", place="prepare", remedy=choices(_key(name), adapters()))
    return by_key[_key(name)]


def _key(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def recognised(folder: Path) -> list[str]:
    """Return the names of the adapters whose layout ``folder`` has, in the order of the catalogue.

    A format that any corpus may come in is only named where no corpus is recognised.
    """
    parts = snapshot(folder)
    for generic in (False, True):
        kinds = {name: adapter for name, adapter in adapters().items() if adapter.generic == generic}
        matches = [name for name, adapter in kinds.items() if adapter.recognise(folder) or looks_like(adapter, parts)]
        if matches:
            return matches
    return ["hf-disk"] if parts else []


def catalogue() -> list[dict[str, str]]:
    """Return one row per adapter: name, title, versions, licence, attributes, options, downloads, tree and source, as texts."""
    return [
        {
            "name": adapter.name,
            "title": adapter.title,
            "versions": adapter.versions,
            "licence": adapter.licence,
            "attributes": ", ".join(adapter.attributes),
            "options": ", ".join(adapter.options),
            "downloads": ", ".join(adapter.downloads),
            "source": adapter.source,
            "citation": adapter.citation,
            "tree": adapter.tree,
        }
        for adapter in adapters().values()
    ]
