"""What a run costs besides audio and engines: keys planned, rows stored, bytes and memory for each transcript.

``python -m bench.bookkeeping [--rows N]``: a SQLite store in a temporary folder, commits of 256 rows as a run makes them, the keys
of the demo corpus under 40 conditions. Processor time of one thread, so that other work on the machine counts for little.
These are constants of docs/scale.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from workbench.engines import ScriptedEngine
from workbench.figures.gallery.selection import DEMO
from workbench.runner import plan, resolve
from workbench.runner.work_list import items
from workbench.store import open_store
from workbench.study import Study

COMMIT = 256
TEXT = "would you please send the corrected forms to the clinic before friday noon"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    given = parser.parse_args()
    base = Study.from_toml(DEMO.with_name("demo.study.toml"))
    fields = base.model_dump(exclude={"base", "conditions", "claims"})
    conditions = [f"white_noise?snr_db={step}" for step in range(-10, 30)]
    study = Study.create({**fields, "engines": ["scripted"], "conditions": conditions}, base=base.base)
    inputs = resolve(study, engine_loader=lambda spec, **_: ScriptedEngine(lambda wave: ""))
    began = time.process_time()
    keys = [key for task in plan(inputs) for key in task.keys]
    planned = time.process_time() - began
    fact = {"achieved_snr_db": 10.01, "stoi": 0.913, "si_sdr_db": 9.87, "level_dbov": -26.02, "rolloff_hz": 6987.5}
    rows = [
        {
            "transcript_key": f"{number:040d}", "condition_id": "white_noise@2", "model_id": "whisper:small.en#12345678",
            "status": "ok", "error": None, "hypothesis_raw": TEXT, "confidence": 0.9, "decode_s": 0.3, "duration_s": 5.0,
            "audio_digest": f"{number:064d}", "achieved_snr_db": 10.0, "facts": json.dumps(fact),
        }
        for number in range(given.rows)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "store.sqlite"
        store = open_store(f"sqlite:///{file}")
        empty = size(file)
        began = time.process_time()
        for begin in range(0, len(rows), COMMIT):
            store.add_transcripts(rows[begin : begin + COMMIT])
        kept = time.process_time() - began
        store.close()  # its log goes into the file; connections are made anew
        full = size(file)
        record = store.enqueue(study)
        began = time.process_time()
        store.prepare(
            record.run_id, items=items(inputs), models=[], corpora=[], versions={}, notes=[], content_digest=""
        )
        listed = time.process_time() - began
        store.close()
        whole = size(file)
    print(
        f"plan          {len(keys) / planned:10.0f} keys/s of one core, {sys.getsizeof(keys[0]) + 66} bytes of memory each"
    )
    print(f"work list     {len(keys) / listed:10.0f} rows/s, {(whole - full) / len(keys):.0f} bytes each")
    print(f"transcripts   {len(rows) / kept:10.0f} rows/s, {(full - empty) / len(rows):.0f} bytes each")


def size(file: Path) -> int:
    """Return the bytes of a SQLite store with what is still in its log."""
    return sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*") if not part.name.endswith("-shm"))


if __name__ == "__main__":
    main()
