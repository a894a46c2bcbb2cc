"""Does damage to a store ever give a wrong figure without a word?

``python -m bench.corruption [--each 18] [--seed 1]`` writes a finished run of 240 transcripts, damages copies of its file in five ways
(flipped bits, blocks of zeros, blocks of garbage, cut off, rows deleted or changed) and opens each, computes its rates and
compares them with the undamaged ones. A damaged store may end in a message or in the right figures.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from tests.large_store import large_run
from workbench.errors import WorkbenchError
from workbench.results import load
from workbench.store import open_store
from workbench.store.maintenance import check, repair

OUTCOMES = ("right figures", "message", "WRONG FIGURES WITHOUT A WORD", "TRACEBACK")

Damaging = Callable[[Path, np.random.Generator], None]


def _written(file: Path, change: Callable[[bytearray], bytearray]) -> None:
    file.write_bytes(change(bytearray(file.read_bytes())))


def flipped_bits(file: Path, rng: np.random.Generator) -> None:
    """Flip 1 to 8 bits anywhere."""

    def change(data: bytearray) -> bytearray:
        for place in rng.integers(len(data), size=rng.integers(1, 9)):
            data[place] ^= 1 << int(rng.integers(8))
        return data

    _written(file, change)


def _block(file: Path, rng: np.random.Generator, content: Callable[[int], bytes]) -> None:
    size = int(rng.choice([16, 512, 4096, 16384]))

    def change(data: bytearray) -> bytearray:
        start = int(rng.integers(max(len(data) - size, 1)))
        data[start : start + size] = content(size)
        return data

    _written(file, change)


def zeros(file: Path, rng: np.random.Generator) -> None:
    """Write a block of zeros somewhere."""
    _block(file, rng, bytes)


def garbage(file: Path, rng: np.random.Generator) -> None:
    """Write a block of random bytes somewhere."""
    _block(file, rng, rng.bytes)


def cut_off(file: Path, rng: np.random.Generator) -> None:
    """Cut the file off: at nothing, within its first page, or anywhere."""
    _written(file, lambda data: data[: int(rng.choice([0, rng.integers(4096), rng.integers(len(data))]))])


def other_rows(file: Path, rng: np.random.Generator) -> None:
    """Delete rows of a table, or change one of its columns, as a hand in the database would."""
    table, columns = [
        ("transcripts", ("hypothesis_raw", "status", "condition_id")), ("run_items", ("condition_id", "utterance_id", "transcript_key")),
        ("utterances", ("reference", "attributes", "speaker_id")), ("runs", ("models", "study_json", "total", "state")),
        ("corpora", ("info",)),
    ][int(rng.integers(5))]  # fmt: skip
    count = int(rng.integers(1, 100))
    with contextlib.closing(sqlite3.connect(file)) as connection:
        rows = f"rowid IN (SELECT rowid FROM {table} ORDER BY random() LIMIT {count})"
        if rng.random() < 0.5:
            connection.execute(f"DELETE FROM {table} WHERE {rows}")
        else:
            connection.execute(f"UPDATE OR IGNORE {table} SET {rng.choice(columns)} = 'other' WHERE {rows}")
        connection.commit()


KINDS: tuple[Damaging, ...] = (flipped_bits, zeros, garbage, cut_off, other_rows)


def figures(folder: Path, run_id: str) -> pd.DataFrame:
    """Return the rates of a run of the store in a folder."""
    store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
    try:
        return load(run_id, store=store).table("rates", attribute="accent")
    finally:
        store.close()


def outcome(folder: Path, run_id: str, right: pd.DataFrame) -> str:
    """Open a damaged store and compute its rates; say which of :data:`OUTCOMES` came of it."""
    try:
        rates = figures(folder, run_id)
    except WorkbenchError:
        return "message"
    except Exception:  # the point of the campaign
        return "TRACEBACK"
    return "right figures" if rates.equals(right) else "WRONG FIGURES WITHOUT A WORD"


def after_repair(folder: Path) -> str:
    """Repair a damaged store; say whether nothing is damaged any more."""
    url = f"sqlite:///{folder / 'store.sqlite'}"
    try:
        repair(url)
        store = open_store(url)
        try:
            return "whole" if not check(store) else "still damaged"
        finally:
            store.close()
    except WorkbenchError:
        return "message"
    except Exception:
        return "TRACEBACK"


def campaign(folder: Path, *, each: int, seed: int) -> pd.DataFrame:
    """Damage a store ``each`` times in every way; return one row per damage: its kind, its seed, what came of it."""
    whole = folder / "whole"
    whole.mkdir()
    store = open_store(f"sqlite:///{whole / 'store.sqlite'}")
    run_id = large_run(store, whole, utterances=120, speakers=24, conditions=2, accents=4)
    store.close()
    right = figures(whole, run_id)
    rows = []
    for kind in KINDS:
        for number in range(each):
            damaged = folder / f"{kind.__name__}-{number}"
            damaged.mkdir()
            shutil.copy(whole / "store.sqlite", damaged / "store.sqlite")
            kind(damaged / "store.sqlite", np.random.default_rng([seed, KINDS.index(kind), number]))
            row = {"kind": kind.__name__, "seed": number, "outcome": outcome(damaged, run_id, right)}
            rows.append(row | {"repair": after_repair(damaged)})
            shutil.rmtree(damaged)
    return pd.DataFrame(rows)


def main() -> None:
    """Print how many damages of each kind had which outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=18, help="damages of each of the five kinds")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        table = campaign(Path(name), each=arguments.each, seed=arguments.seed)
    counts = Counter(table["outcome"])
    print(pd.crosstab(table["kind"], table["outcome"]).to_string())
    print(pd.crosstab(table["kind"], table["repair"]).to_string())
    print(f"{len(table)} damages: {', '.join(f'{counts[name]} {name}' for name in OUTCOMES)}")
    bad = table[table["outcome"].isin(OUTCOMES[2:]) | (table["repair"] != "whole")]
    print(bad.to_string() if len(bad) else "none without a message, and every store was whole after its repair")


if __name__ == "__main__":
    main()
