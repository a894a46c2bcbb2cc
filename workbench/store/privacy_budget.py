"""Budget of private releases: how much the speakers of a corpus have been asked for so far, whatever the run."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import sqlalchemy as sa

from workbench.errors import StoreError
from workbench.store import database_access
from workbench.store.database import Store
from workbench.store.records import now
from workbench.store.sql_tables import RELEASES

BUDGET = 4.0
"""Epsilon that all releases of a corpus may cost together, unless its first release names another one."""

SLACK = 1e-9


def spent(store: Store, corpus_id: str) -> tuple[float, float | None]:
    """Return the epsilon that releases of a corpus have cost, and its budget; None before the first release."""
    with store.connected() as connection:
        return _spent(connection, corpus_id)


def _spent(connection: sa.Connection, corpus_id: str) -> tuple[float, float | None]:
    query = sa.select(sa.func.sum(RELEASES.c.epsilon), sa.func.min(RELEASES.c.budget)).where(
        RELEASES.c.corpus_id == corpus_id
    )
    total, budget = connection.execute(query).one()
    return float(total or 0.0), None if budget is None else float(budget)


def spend(store: Store, run_id: str, corpora: Sequence[str], epsilon: float, *, budget: float | None = None) -> str:
    """Take ``epsilon`` from the budget of these corpora, all or none, and return the id of the release.

    Corpora go by their names: a manifest that was changed a little has the same speakers.

    Raises
    ------
    StoreError : a budget is used up, or another budget than that of the first release is asked for
    """
    release_id = secrets.token_hex(8)
    with database_access.alone(store._engine) as connection:
        for corpus_id in sorted(set(corpora)):
            used, declared = _spent(connection, corpus_id)
            if budget is not None and declared is not None and budget != declared:
                raise StoreError(
                    f"its budget is {declared:g} since its first release and cannot be made {budget:g}",
                    place=f"corpus {corpus_id}",
                    remedy="leave --budget out",
                )
            limit = declared if declared is not None else (BUDGET if budget is None else budget)
            if used + epsilon > limit + SLACK:
                raise StoreError(
                    f"releases have cost {used:g} of its budget of {limit:g}: {epsilon:g} more cannot be spent",
                    place=f"corpus {corpus_id}",
                    remedy=f"ask for {limit - used:g} or less"
                    if limit - used > SLACK
                    else "nothing more can be released of it",
                )
            row = {
                "release_id": release_id, "corpus_id": corpus_id, "run_id": run_id, "epsilon": epsilon, "budget": limit,
                "created_at": now(),
            }  # fmt: skip
            connection.execute(sa.insert(RELEASES), row)
    return release_id


def keep(store: Store, release_id: str, content: str) -> None:
    """Keep what was released: it is public, and asking for it again costs nothing."""
    with store._engine.begin() as connection:
        connection.execute(sa.update(RELEASES).where(RELEASES.c.release_id == release_id).values(content=content))
