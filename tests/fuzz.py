"""Fuzzing of every public reader: whatever a file holds, there is a result or a message, no traceback, no hang, no file outside.

``python -m tests.fuzz [--examples 2000]`` (``make fuzz``) changes valid files of every kind in all ways that hypothesis can think of and
prints, per reader, how many inputs it got, what was refused, and what failed. Inputs that once failed are kept in
``tests/fuzz_seeds`` and are tried first, and by ``tests/test_fuzz.py`` every time.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import sys
import tempfile
import time
import traceback
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from workbench.errors import WorkbenchError

SEEDS = Path(__file__).with_name("fuzz_seeds")
HANG_S = 10.0
GROWTH_MB = 1024
"""What one input may add to the memory of the process, at its highest."""

STUDY = b"""name = "s"
corpus = ["tones.csv"]
attributes = ["accent"]
engines = ["pocketsphinx"]
conditions = ["clean", "white_noise@2", { id = "room", rt60_s = 0.5 }]
normaliser = "basic"
seed = 1
margin = 0.02
"""
DESCRIPTION = (
    b'title = "T"\nlicence = "l"\nsource = "s"\nlanguage = "en"\n[attributes.accent]\nobtained = "annotated"\n'
)
LABELS = b'attribute = "accent"\n[groups]\nScottish = ["Scottish English", "Glasgow"]\n'
NOISY_SITE = (
    b'{"kind":"noisy sums of a site","attribute":"accent","normaliser_id":"b-1","protocol":"12345678","epsilon":1.0,"words_cap":9,'
    b'"errors_cap":3,"n_cells":1,"cells":[{"model_id":"m","condition_id":"clean","group":"a","speakers":9,"errors":3,"words":50,"spread":5}]}'
)
SITE = (
    b'{"kind":"sums of a site","attribute":"accent","normaliser_id":"b-1","protocol":"12345678","least_speakers":5,"withheld":0,'
    b'"cells":[{"model_id":"m","condition_id":"clean","group":"a","n_speakers":9,"errors":3,"words":50,"errors_squared":5,'
    b'"errors_words":20,"words_squared":300}]}'
)
TEXTS = b"utterance_id,text\na,one two\nb,three\n"
JSON_TEXTS = b'[{"utterance_id": "a", "text": "one two"}, {"utterance_id": "b", "text": "three"}]'
SRT = b"1\n00:00:00,000 --> 00:00:01,000\none two\n"
CTM = b"a 1 0.0 0.5 one 0.9\na 1 0.5 0.5 two 0.8\n"


ROWS = [("inside/a.wav", "one two", f"s{number}", "Scottish", 30 + number) for number in range(6)]


def _manifest() -> bytes:
    lines = [",".join(map(str, row)) for row in (("path", "reference", "speaker_id", "accent", "age"), *ROWS)]
    return "\n".join(lines).encode()


def _wav() -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\x01\x00" * 4_000)
    return data.getvalue()


def _encoded(format: str, subtype: str | None = None) -> bytes:
    import numpy as np
    import soundfile

    data = io.BytesIO()
    soundfile.write(data, np.zeros(4_000, dtype=np.float32), 16_000, format=format, subtype=subtype)
    return data.getvalue()


def _table(kind: str) -> bytes:
    import pandas as pd

    data = io.BytesIO()
    frame = pd.DataFrame(ROWS, columns=["path", "reference", "speaker_id", "accent", "age"])
    if kind == "parquet":
        frame.to_parquet(data, index=False)
    else:
        frame.to_excel(data, index=False)
    return data.getvalue()


def _coded(format: str, codec: str) -> bytes:
    """Return a quarter of a second as FFmpeg writes it."""
    import av
    import numpy as np

    data = io.BytesIO()
    with av.open(data, "w", format=format) as container:
        stream: Any = container.add_stream(codec, rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1_024), dtype=np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        for _ in range(4):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return data.getvalue()


def _zip() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m.csv", "path,reference,speaker_id\na.wav,one,s\n")
        archive.writestr("a.wav", _wav())
    return data.getvalue()


class Reader(NamedTuple):
    """A public reader: its name, valid files of its kind, their ending, and how a file is read."""

    name: str
    seeds: Callable[[], list[bytes]]
    suffix: str
    read: Callable[[Path], object]


def _study(path: Path) -> object:
    from workbench.study import Study

    return Study.from_toml(path)


def _checked_manifest(path: Path) -> object:
    from workbench.corpora import check_manifest

    audio = path.parent / "inside" / "a.wav"
    if not audio.is_file():
        audio.write_bytes(_wav())
    return check_manifest(path)


def _described(path: Path) -> object:
    from workbench.corpora.description import parse_description

    return parse_description(path.read_bytes(), path.name)


def _label_map(path: Path) -> object:
    from workbench.corpora.labels import read_label_map

    return read_label_map(path)


def _transcripts(path: Path) -> object:
    from workbench.transcripts import read_transcripts

    return read_transcripts(path)


def _condition(path: Path) -> object:
    from workbench.conditions import parse_condition

    return parse_condition(path.read_bytes().decode(errors="replace"))


def _unpacked(path: Path) -> object:
    from workbench.corpora.zips import unpack_zip

    return unpack_zip(path, path.parent / "inside" / "uploads")


def _audio(path: Path) -> object:
    from workbench.audio import decode

    return decode(path)


def _card(path: Path) -> object:
    from workbench.cards import verify_card
    from workbench.store import open_store

    return verify_card(path, store=open_store(f"sqlite:///{path.parent / 'store.sqlite'}"))


def _site(path: Path) -> object:
    from workbench.fairness.pooled_sites import read_site

    return read_site(path)


def _noisy_site(path: Path) -> object:
    from workbench.fairness.noisy_sites import named_noisy_sites

    return named_noisy_sites([path])


def _normalised(path: Path) -> object:
    from workbench.text import get_normaliser

    text = path.read_bytes().decode(errors="replace")
    return [get_normaliser(name)(text) for name in ("basic", "whisper_en")]


READERS = (
    Reader("study", lambda: [STUDY], ".toml", _study),
    Reader("manifest csv", lambda: [_manifest()], ".csv", _checked_manifest),
    Reader(
        "manifest jsonl",
        lambda: [b'{"path": "inside/a.wav", "reference": "one", "speaker_id": "s"}\n' * 2],
        ".jsonl",
        _checked_manifest,
    ),
    Reader("manifest parquet", lambda: [_table("parquet")], ".parquet", _checked_manifest),
    Reader("manifest excel", lambda: [_table("excel")], ".xlsx", _checked_manifest),
    Reader("description", lambda: [DESCRIPTION], ".toml", _described),
    Reader("label map", lambda: [LABELS], ".toml", _label_map),
    Reader("transcripts csv", lambda: [TEXTS], ".csv", _transcripts),
    Reader("transcripts json", lambda: [JSON_TEXTS], ".json", _transcripts),
    Reader("transcripts srt", lambda: [SRT], ".srt", _transcripts),
    Reader("transcripts ctm", lambda: [CTM], ".ctm", _transcripts),
    Reader("condition", lambda: [b"room@3>equip_pulse?frequency_hz=900&rate_hz=2", b"babble@10dB"], ".txt", _condition),
    Reader("zip", lambda: [_zip()], ".zip", _unpacked),
    Reader("audio wav", lambda: [_wav()], ".wav", _audio),
    Reader("audio flac", lambda: [_encoded("FLAC")], ".flac", _audio),
    Reader("audio ogg", lambda: [_encoded("OGG", "VORBIS")], ".ogg", _audio),
    Reader("audio m4a", lambda: [_coded("ipod", "aac")], ".m4a", _audio),
    Reader("audio mp3", lambda: [_encoded("MP3")], ".mp3", _audio),
    Reader("card", lambda: [b'{"schema_version": "1", "run": {"run_id": "r"}, "hash": "x"}'], ".json", _card),
    Reader("sums of a site", lambda: [SITE], ".json", _site),
    Reader("noisy sums", lambda: [NOISY_SITE], ".json", _noisy_site),
    Reader("normaliser", lambda: ["Dr. Smith’s £3,000.50, twenty-one ½ 世界 😀".encode()], ".txt", _normalised),
)

HOSTILE = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b'"', b"\n", b"\r", b",", b";", b"=", b"[", b"{", b"'", b"../" * 9, b"/etc/passwd",
    b"file:///etc/passwd", b"[" * 3000, b"{" * 3000, b'{"a":' * 3000, b"a=" + b"[" * 3000, b"9" * 5000, b"-1e999", b"nan", b"1979-99-99",
    "\u202e".encode(), b"\x1b]0;t\x07", b"[/x]", b"%", b"&", b"?", b"@", b">",
)  # fmt: skip
Edit = tuple[int, float, float, bytes]


def _edits() -> st.SearchStrategy[list[Edit]]:
    share = st.floats(0, 1)
    edit = st.tuples(st.integers(0, 4), share, share, st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=12)))
    return st.lists(edit, max_size=5)


def changed(data: bytes, edits: list[Edit]) -> bytes:
    """Return a file after some edits: inserted, overwritten, cut out, repeated or cut off."""
    for kind, start, length, new in edits:
        at = int(start * len(data))
        until = at + int(length * length * (len(data) - at))
        if kind == 0:
            data = data[:at] + new + data[at:]
        elif kind == 1:
            data = data[:at] + new + data[at + len(new) :]
        elif kind == 2:
            data = data[:at] + data[until:]
        elif kind == 3:
            data = data[:until] + data[at:]
        else:
            data = data[:until]
    return data[:2_000_000]


class Outcome(NamedTuple):
    """What a reader did with its inputs."""

    reader: str
    inputs: int
    refused: int
    failures: list[str]


def _status(name: str) -> float:
    """Return a size of this process in MB: ``VmRSS``, what it has now, ``VmHWM``, the most that it had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def _from_here() -> float:
    """Let the highest size be measured from now on, and return what this process has; 0 where the system does not tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return 0.0


def _highest() -> float:
    try:
        return _status("VmHWM")
    except OSError:
        return 0.0


def tried(reader: Reader, data: bytes, folder: Path) -> tuple[bool, str]:
    """Let a reader read these bytes; return whether it refused them, and what went wrong: nothing, as it should be."""
    (folder / "inside").mkdir(parents=True, exist_ok=True)
    path = folder / f"input{reader.suffix}"
    path.write_bytes(data)
    before, began = {item.name for item in folder.iterdir()}, time.process_time()
    resident = _from_here()
    refused, failure = False, ""
    try:
        reader.read(path)
    except WorkbenchError:
        refused = True
    except Exception:
        failure = "".join(traceback.format_exc().splitlines(keepends=True)[-3:])
    if (took := time.process_time() - began) > HANG_S:
        failure = failure or f"took {took:.1f} s"
    if (grown := _highest() - resident) > GROWTH_MB:
        failure = failure or f"took {grown:.0f} MB"
    outside = (
        {item.name for item in folder.iterdir()}
        - before
        - {"inside", "store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}
    )
    return refused, failure or (f"wrote outside: {sorted(outside)}" if outside else "")


def fuzzed(reader: Reader, folder: Path, *, examples: int) -> Outcome:
    """Let a reader read kept inputs and changed files; keep what fails."""
    failures: list[str] = []
    count = refusals = 0

    def one(data: bytes) -> None:
        nonlocal count, refusals
        refused, failure = tried(reader, data, folder)
        count, refusals = count + 1, refusals + refused
        if failure and failure not in failures:
            failures.append(failure)
            SEEDS.mkdir(exist_ok=True)
            (SEEDS / f"{reader.name.replace(' ', '_')}-new-{len(failures)}{reader.suffix}").write_bytes(data)

    for path in sorted(SEEDS.glob(f"{reader.name.replace(' ', '_')}-*")):
        one(path.read_bytes())

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.sampled_from(reader.seeds()), edits=_edits())
    def search(data: bytes, edits: list[Edit]) -> None:
        one(changed(data, edits))

    search()
    return Outcome(reader.name, count, refusals, failures)


def main() -> int:
    """Fuzz every reader and print a table; exit 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=1_000, help="inputs for each reader")
    parser.add_argument("--only", default="", help="readers whose name begins so")
    arguments = parser.parse_args()
    failed = total = 0
    with tempfile.TemporaryDirectory() as name:
        os.environ["WORKBENCH_HOME"] = str(Path(name) / "home")
        for reader in READERS:
            if reader.name.startswith(arguments.only):
                result = fuzzed(reader, Path(name) / "work", examples=arguments.examples)
                total, failed = total + result.inputs, failed + len(result.failures)
                print(
                    f"{result.reader:18} {result.inputs:6} inputs {result.refused:6} refused {len(result.failures):3} failed",
                    flush=True,
                )
                for failure in result.failures:
                    print(f"    {failure}", flush=True)
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{total} inputs, {failed} kinds of failure, {highest:.0f} MB at the most")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
