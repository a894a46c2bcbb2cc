"""Parts of long recordings: the samples of the whole file, cut, without decoding the whole file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import workbench as wb
from tests.manifest_files import said
from workbench.audio import decode
from workbench.errors import ManifestError

RATE = 16_000
LENGTH_S = 60.0
PARTS = [(0.0, 0.25), (0.9, 1.4), (1.1, 1.6), (31.37, 33.01), (58.123, 60.0)]
TOLERANCE = {"wma": 0.02}
"""Formats whose decoder remembers more than the second before a part; the others are exact."""
CODECS = {"mp3": ("libmp3lame", "mp3"), "m4a": ("aac", "ipod"), "webm": ("libopus", "webm"), "wma": ("wmav2", "asf")}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of noise with a rhythm, in every format that is read differently."""
    folder = tmp_path_factory.mktemp("long")
    time = np.arange(round(LENGTH_S * RATE)) / RATE
    noise = np.random.default_rng(3).normal(size=len(time))
    samples = (0.1 * noise * np.clip(np.sin(2 * np.pi * 0.37 * time), 0.05, 1)).astype(np.float32)
    for kind in ("wav", "flac", "ogg"):
        soundfile.write(folder / f"a.{kind}", samples, RATE)
    for kind, (codec, container) in CODECS.items():
        encode(folder / f"a.{kind}", samples, codec, container)
    return folder


def encode(path: Path, samples: np.ndarray, codec: str, container: str) -> None:
    import av

    with av.open(str(path), "w", format=container) as file:
        rate = 48_000 if codec == "libopus" else RATE
        stream = file.add_stream(codec, rate=rate, layout="mono", bit_rate=48_000)
        size = stream.codec_context.frame_size
        to_codec = av.AudioResampler(format=stream.format.name, rate=rate, layout="mono", frame_size=size)
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        for part in to_codec.resample(frame) + to_codec.resample(None):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", *CODECS])
def test_a_part_is_the_whole_cut(recordings: Path, kind: str) -> None:
    path = recordings / f"a.{kind}"
    whole = decode(path, sample_rate=None)
    for start_s, end_s in PARTS:
        part = decode(path, start_s=start_s, end_s=min(end_s, whole.duration_s), sample_rate=None)
        cut = whole.samples[round(start_s * whole.sample_rate) : round(end_s * whole.sample_rate)]
        np.testing.assert_allclose(part.samples, cut, rtol=0, atol=TOLERANCE.get(kind, 0.0))


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="this system does not count the bytes that are read")
@pytest.mark.parametrize(("kind", "share"), [("wav", 0.05), ("flac", 0.10)])
def test_a_part_reads_a_part_of_the_file(recordings: Path, kind: str, share: float) -> None:
    path = recordings / f"a.{kind}"
    decode(path, start_s=0.0, end_s=0.1)  # imports what it needs
    for start_s in (0.0, 29.0, 58.0):
        before = bytes_read()
        decode(path, start_s=start_s, end_s=start_s + 1.0, sample_rate=None)
        assert bytes_read() - before < share * path.stat().st_size


@pytest.mark.parametrize("kind", [*CODECS])
def test_a_part_decodes_little_more_than_itself(recordings: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    decoded: list[float] = []

    class Counting:
        def __init__(self, **options: Any) -> None:
            self._real = real(**options)

        def resample(self, frame: Any) -> Any:
            if frame is not None:
                decoded.append(frame.samples / frame.sample_rate)
            return self._real.resample(frame)

    real: Callable[..., Any] = av.AudioResampler
    monkeypatch.setattr(av, "AudioResampler", Counting)
    for start_s in (0.0, 29.0, 57.0):
        decoded.clear()
        decode(recordings / f"a.{kind}", start_s=start_s, end_s=start_s + 2.0, sample_rate=None)
        assert 2.0 <= sum(decoded) < 10.0  # a seek in webm goes back to the start of a cluster, up to 5 s


def test_a_manifest_of_segments_reads_each_file_for_its_segments_only(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        f"a.{kind},{kind} {start},s{start},{start},{start + 1}" for kind in ("wav", "flac") for start in (0, 20, 59)
    ]
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,reference,speaker_id,start_s,end_s\n" + "\n".join(rows) + "\n")
    frames: list[int] = []
    real = soundfile.SoundFile.read

    def counted(self: Any, count: int = -1, *args: Any, **options: Any) -> Any:
        found = real(self, count, *args, **options)
        frames.append(len(found))
        return found

    monkeypatch.setattr(soundfile.SoundFile, "read", counted)
    corpus = wb.check_manifest(manifest, audio_root=recordings)
    assert (corpus.problems, frames) == ((), [RATE] * 6)
    assert corpus.utterances["duration_s"].tolist() == [1.0] * 6


def test_segments_that_cannot_be_are_named_by_row_all_at_once_and_the_others_are_usable(
    recordings: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(
        "path,reference,speaker_id,start_s,end_s\n"
        "a.wav,good,s1,1.5,2.5\n"
        "a.wav,negative,s1,-0.5,1\n"
        "a.flac,backwards,s2,3,2\n"
        "a.m4a,nothing,s2,2,2\n"
        "a.flac,late,s3,61,62\n"
        "a.wav,long,s3,59,61\n"
        "a.wav,good too,s4,59,\n"
        "a.wav,no number,s4,1:30,\n"
    )
    corpus = wb.check_manifest(manifest, audio_root=recordings)
    assert corpus.utterances["reference"].tolist() == ["good", "good too"]
    assert said(corpus) == [
        "m.csv line 3: start_s = '-0.5' is negative; count from the file's start",
        "m.csv line 4: the segment starts at 3 s and ends at 2 s; end_s must be larger than start_s",
        "m.csv line 5: the segment starts at 2 s and ends at 2 s; end_s must be larger than start_s",
        "m.csv line 6: start_s = 61 is past the end of 'a.flac', which is 60.000 s long; correct start_s",
        "m.csv line 7: end_s = 61 is past the end of 'a.wav', which is 60.000 s long; "
        "correct end_s, or leave it empty for the end of the file",
        "m.csv line 9: start_s = '1:30' is not a number of seconds; write seconds with a decimal point, such as 12.5",
    ]
    with pytest.raises(ManifestError, match=r"6 problems, 2 of 8 rows are usable"):
        wb.load_corpus(manifest, audio_root=recordings)
