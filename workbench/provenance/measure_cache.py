"""What was measured before, by the digest of the audio: a file is listened to once, whoever asks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from workbench.errors import StoreError
from workbench.provenance.recording import CODE_VERSION
from workbench.store import home

FILE = "audit.sqlite"
_CHUNK = 500


class Cache:
    """Measures by digest of the audio and version of the code, in one SQLite file under ``WORKBENCH_HOME``.

    Only a convenience: where the file cannot be read or written, everything is measured again and nothing is lost.
    """

    def __init__(self, path: Path | None = None) -> None:
        try:
            self._path = path or home() / FILE
        except StoreError:
            self._path = Path(":memory:")

    def get(self, digests: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the measures that are known, by digest."""
        wanted = list(dict.fromkeys(digests))
        result: dict[str, dict[str, Any]] = {}
        try:
            with closing(self._open()) as database:
                for begin in range(0, len(wanted), _CHUNK):
                    part = wanted[begin : begin + _CHUNK]
                    marks = ", ".join("?" * len(part))
                    query = f"SELECT digest, facts FROM measured WHERE version = ? AND digest IN ({marks})"
                    result |= {
                        digest: json.loads(facts) for digest, facts in database.execute(query, [CODE_VERSION, *part])
                    }
        except (sqlite3.Error, ValueError):
            return {}
        return result

    def put(self, measured: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep these measures."""
        rows = [(digest, CODE_VERSION, json.dumps(facts)) for digest, facts in measured.items()]
        try:
            with closing(self._open()) as database, database:
                database.executemany("INSERT OR REPLACE INTO measured VALUES (?, ?, ?)", rows)
        except sqlite3.Error:
            return

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=10.0)
        database.execute(
            "CREATE TABLE IF NOT EXISTS measured (digest TEXT, version INTEGER, facts TEXT, PRIMARY KEY (digest, version))"
        )
        return database
