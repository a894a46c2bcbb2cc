"""Ratio of one run: a Common Voice table to checked rows of UTTERANCES over ``pandas.read_csv`` on the same file.

``python -m bench.corpora [--rows N] [--rounds K]``: a made-up table in Common Voice's columns (client ids of 128 digits, as there),
its rows checked as ``prepare`` checks them, all but the clips, which a table alone does not have: values, paths, ids,
speakers, languages. Both sides take turns in one process, each round in that order; the best of the rounds stands for
each, and the memory is the highest that a process of its own reached above what it began with. Then the whole of
``prepare`` on a smaller corpus with clips (of no sound), manifest written; and a plain manifest of as many rows, segments of
1,000 recordings, from the file to a checked corpus.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from workbench.corpora import load_corpus, prepare
from workbench.corpora.adapters import get_adapter
from workbench.corpora.prompts import prompt_ids
from workbench.corpora.row_checks import Screen

HEADER = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccents\tlocale\tsegment\n"
WORDS = [
    "river",
    "stone",
    "the",
    "of",
    "market",
    "morning",
    "a",
    "letter",
    "carries",
    "12",
    "song's",
    "winter,",
    "when",
    '"bridge"',
    "open",
    "window",
]
ROWS_PER_SPEAKER = 20
SENTENCES = 500_000
WITH_CLIPS = 20_000
RECORDINGS = 1_000


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("manifest",), help="only load a plain manifest")
    parser.add_argument("--child", choices=tuple(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(growth_mb(lambda: SIDES[arguments.child](arguments.folder)))
        return
    with tempfile.TemporaryDirectory() as name:
        if arguments.only:
            manifest(Path(name) / "manifest", arguments.rows)
            return
        folder = write(Path(name) / "million", arguments.rows, clips=False)
        ours = theirs = float("inf")
        for _ in range(arguments.rounds):
            theirs = min(theirs, seconds(lambda: table(folder)))
            ours = min(ours, seconds(lambda: utterances(folder)))
        size = (folder / "validated.tsv").stat().st_size / 1e6
        print(f"{arguments.rows} rows, {size:.0f} MB")
        print(f"to UTTERANCES {ours:.2f} s, pandas.read_csv {theirs:.2f} s, ours / pandas = {ours / theirs:.2f}")
        for side in list(SIDES)[:-1]:
            print(f"memory, {side}: {memory_mb(side, folder)} MB")
        small = write(Path(name) / "clips", WITH_CLIPS, clips=True)
        spent = seconds(lambda: prepare("common-voice", small, out=Path(name) / "out"))
        print(f"prepare with clips: {1e6 * spent / WITH_CLIPS:.0f} s per million rows")
        manifest(Path(name) / "manifest", arguments.rows)


def manifest(folder: Path, rows: int) -> None:
    """Print what it takes to load a manifest."""
    size = write_manifest(folder, rows).stat().st_size
    spent = seconds(lambda: loaded(folder))
    peak = memory_mb("manifest", folder)
    print(
        f"manifest of {rows} rows, {size / 1e6:.0f} MB: {spent:.1f} s, {1e6 * spent / rows:.1f} us and "
        f"{1e6 * peak / rows:.0f} bytes per row, {peak} MB in all"
    )


def memory_mb(side: str, folder: Path) -> int:
    """Return the memory that a process of its own takes for a side."""
    command = [sys.executable, "-m", "bench.corpora", "--child", side, "--folder", str(folder)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def write(folder: Path, rows: int, *, clips: bool) -> Path:
    """Write a corpus of ``rows`` rows."""
    (folder / "clips").mkdir(parents=True)
    sentences = [" ".join(WORDS[(i * k + k) % len(WORDS)] for k in range(3, 12)) + f" {i}." for i in range(SENTENCES)]
    with open(folder / "validated.tsv", "w", encoding="utf-8") as file:
        file.write(HEADER)
        for row in range(rows):
            if row % ROWS_PER_SPEAKER == 0:
                client = hashlib.sha512(str(row).encode()).hexdigest()
                stated = "twenties\tmale_masculine\tUnited States English" if row % 3 else "\t\t"
            name = f"common_voice_en_{17_000_000 + row}.mp3"
            file.write(f"{client}\t{name}\t{sentences[row % SENTENCES]}\t2\t0\t{stated}\ten\t\n")
            if clips:
                (folder / "clips" / name).write_bytes(b"ID3")
    return folder


def utterances(folder: Path) -> pd.DataFrame:
    """Return the rows of the corpus as UTTERANCES has them, without what only its clips tell (duration, digest)."""
    adapter = get_adapter("common-voice")
    screen = Screen(folder, adapter.attributes, look_for_audio=False)
    parts = [screen.sift(rows)[0] for rows in adapter.read(folder, adapter.resolve({}, language="en"))]
    frame = pd.concat(parts, ignore_index=True)
    frame["utterance_id"] = "cv/" + frame["utterance_id"]
    frame["prompt_id"] = prompt_ids(frame["reference"])
    frame["slot"] = frame.groupby("speaker_id", sort=False).cumcount()
    return frame


def table(folder: Path) -> pd.DataFrame:
    """Return the table as pandas reads it, all columns as texts, quotes as characters."""
    return pd.read_csv(folder / "validated.tsv", sep="\t", quoting=3, keep_default_na=False, dtype="str")


def streamed(folder: Path) -> int:
    """Check every row as ``prepare`` does, chunk by chunk, and keep none; return how many there are."""
    adapter = get_adapter("common-voice")
    screen = Screen(folder, adapter.attributes, look_for_audio=False)
    return sum(len(screen.sift(rows)[0]) for rows in adapter.read(folder, adapter.resolve({}, language="en")))


def write_manifest(folder: Path, rows: int) -> Path:
    """Write a manifest of ``rows`` segments in :data:`RECORDINGS` recordings of silence."""
    folder.mkdir()
    each = -(-rows // RECORDINGS)
    soundfile.write(folder / "0.flac", np.zeros(each * 800 + 800, dtype=np.int16), 8_000)
    for number in range(1, RECORDINGS):
        (folder / f"{number}.flac").symlink_to("0.flac")
    with open(folder / "rows.csv", "w", encoding="utf-8") as file:
        file.write("path,start_s,end_s,reference,speaker_id,accent,gender\n")
        for row in range(rows):
            recording, place = row % RECORDINGS, row // RECORDINGS / 10
            text = " ".join(WORDS[(row * k + k) % 12] for k in range(3, 12)).replace('"', "").replace(",", "")
            speaker = f"speaker{recording},accent {recording % 7},{'female' if recording % 2 else 'male'}"
            file.write(f"{recording}.flac,{place},{place + 0.1:.1f},{text} {row % SENTENCES},{speaker}\n")
    return folder / "rows.csv"


def loaded(folder: Path) -> object:
    """Return the corpus of the manifest in ``folder``."""
    return load_corpus(folder / "rows.csv")


SIDES: dict[str, Callable[[Path], object]] = {
    "prepare, chunk by chunk": streamed,
    "UTTERANCES": utterances,
    "pandas.read_csv": table,
    "manifest": loaded,
}


def seconds(work: Callable[[], object]) -> float:
    """Return the wall clock of a call; what it returned is kept until the clock has stopped."""
    gc.collect()
    start = time.perf_counter()
    made = work()
    spent = time.perf_counter() - start
    del made
    return spent


def growth_mb(work: Callable[[], object]) -> int:
    """Return by how many megabytes this process grew at most during a call (Linux)."""
    before = _peak_kb()
    made = work()
    after = _peak_kb()
    del made
    return round((after - before) / 1024)


def _peak_kb() -> int:
    # not getrusage: that begins with the peak of the process that started this one
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0])


if __name__ == "__main__":
    main()
