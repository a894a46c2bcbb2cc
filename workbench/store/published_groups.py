"""What cards have shown so far: groups of speakers, by keyed hashes of their ids, kept for the comparison with the next card.

An erased speaker stays in it as a hash, so that a card without them, beside an earlier one with them, does not tell on them either.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa

from workbench.store import database_access
from workbench.store.database import Store
from workbench.store.records import now
from workbench.store.sql_tables import PUBLISHED

Groups = Mapping[str, Mapping[str, frozenset[str]]]
"""By attribute and group, the speakers; everybody is the group "" of the attribute ""."""
Cells = frozenset[tuple[str, str]]
"""Model and condition of the figures that were shown."""


class Published(NamedTuple):
    """What one card showed."""

    run_id: str
    created_at: str
    cells: Cells
    groups: Groups


def hashed(store: Store, groups: Mapping[str, Mapping[str, Iterable[object]]]) -> Groups:
    """Return groups of speakers with keyed hashes in place of ids; the key is one for the store."""
    with store.connected() as connection:
        salt = _salt(connection)
    return {
        name: {group: frozenset(_hash(speaker, salt) for speaker in people) for group, people in members.items()}
        for name, members in groups.items()
    }


def earlier(store: Store) -> list[Published]:
    """Return what every card of this store showed, the oldest first."""
    query = sa.select(PUBLISHED).order_by(PUBLISHED.c.created_at, PUBLISHED.c.card_hash)
    with store.connected() as connection:
        rows = connection.execute(query).mappings().all()
    result = []
    for row in rows:
        content = json.loads(row["content"])
        groups = {name: {g: frozenset(of) for g, of in members.items()} for name, members in content["groups"].items()}
        cells = frozenset((model, condition) for model, condition in content["cells"])
        result.append(Published(row["run_id"], row["created_at"], cells, groups))
    return result


def record(
    store: Store, card_hash: str, run_id: str, cells: Cells, groups: Mapping[str, Mapping[str, Iterable[object]]]
) -> None:
    """Keep what a card shows, once; of its speakers the keyed hashes."""
    with database_access.alone(store._engine) as connection:
        if connection.execute(sa.select(PUBLISHED.c.run_id).where(PUBLISHED.c.card_hash == card_hash)).first() is None:
            salt = _salt(connection)
            written = {
                name: {group: sorted(_hash(speaker, salt) for speaker in people) for group, people in members.items()}
                for name, members in groups.items()
            }
            content = json.dumps({"cells": sorted(cells), "groups": written}, ensure_ascii=False)
            row = {"card_hash": card_hash, "run_id": run_id, "created_at": now(timespec="microseconds")}
            connection.execute(sa.insert(PUBLISHED), row | {"salt": salt, "content": content})


def _salt(connection: sa.Connection) -> str:
    """Return the key of this store: that of its first card."""
    query = sa.select(PUBLISHED.c.salt).order_by(PUBLISHED.c.created_at).limit(1)
    salt = connection.execute(query).scalar_one_or_none()
    return salt or _NEW


_NEW = secrets.token_hex(16)
"""The key that the first card of a store brings; with no card there is nothing to compare with."""


def _hash(speaker: object, salt: str) -> str:
    text = json.dumps(speaker, default=list).encode()
    return hashlib.blake2b(text, digest_size=12, key=bytes.fromhex(salt)).hexdigest()
