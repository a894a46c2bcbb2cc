"""Folders of recordings: what is found in them, what is drawn, and what cannot be used."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.synthetic_speech import RATE, amplitude_at, level_db, tone
from workbench.conditions import excerpts
from workbench.conditions.excerpts import Blocks, looped
from workbench.conditions.recording_uploads import save_recordings
from workbench.conditions.recordings import Recording, Recordings, open_recordings
from workbench.errors import ConditionError


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def noise(seconds: float, *, seed: int = 1, rate: int = RATE) -> NDArray[np.float64]:
    return 0.1 * rng(seed).standard_normal(round(seconds * rate))


def write(path: Path, samples: NDArray[np.floating], rate: int = RATE, **options: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **options)
    return path


def only(path: Path) -> Recordings:
    return open_recordings(path)


# -- what a folder holds


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.m4a"])
def test_every_format_is_read_at_its_level(name: str, tmp_path: Path) -> None:
    samples = tone(500.0, 3.0, level=0.3)
    if name.endswith("m4a"):
        encode_m4a(tmp_path / name, samples)
    else:
        write(tmp_path / name, samples)
    found = only(tmp_path).excerpt(rng(), RATE, sample_rate=RATE).samples
    assert amplitude_at(found, 500.0) == pytest.approx(0.3, rel=0.03)


def encode_m4a(path: Path, samples: NDArray[np.float32]) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


@pytest.mark.parametrize("rate", [4_000, 8_000, 11_025, 44_100, 192_000])
def test_other_sample_rates_keep_pitch_and_place(rate: int, tmp_path: Path) -> None:
    long = np.concatenate([tone(440.0, 7.0, rate=rate, level=0.2), tone(880.0, 7.0, rate=rate, level=0.2)])
    write(tmp_path / "a.wav", long, rate)
    found = open_recordings(tmp_path)
    blocks, file = Blocks(), found.files[0]
    assert amplitude_at(blocks.read(file, 0, 6 * RATE, sample_rate=RATE), 440.0) == pytest.approx(0.2, rel=0.02)
    second = blocks.read(file, 8 * RATE, 13 * RATE, sample_rate=RATE)
    assert amplitude_at(second, 880.0) == pytest.approx(0.2, rel=0.02)
    assert amplitude_at(second, 440.0) < 0.001


def test_of_several_channels_the_first_is_used(tmp_path: Path) -> None:
    channels = np.stack([tone(300.0 + 100.0 * k, 2.0, level=0.1) for k in range(8)], axis=1)
    write(tmp_path / "a.wav", channels)
    found = only(tmp_path).excerpt(rng(), RATE, sample_rate=RATE).samples
    assert amplitude_at(found, 300.0) == pytest.approx(0.1, rel=0.03)
    assert amplitude_at(found, 400.0) < 0.002


def test_the_usual_layouts_are_known(tmp_path: Path) -> None:
    musan, demand, wham, esc = (tmp_path / name for name in ("musan", "demand", "wham", "esc"))
    for name in ("noise/free-sound/n-0001.wav", "music/fma/m-0001.wav", "speech/librivox/s-0001.wav"):
        write(musan / name, noise(0.2))
    (musan / "README").write_text("text")
    for scene in ("DKITCHEN", "TMETRO"):
        for channel in range(1, 17):
            write(demand / scene / f"ch{channel:02d}.wav", noise(0.2))
    for split in ("tr", "cv", "tt"):
        write(wham / split / f"{split}_a.wav", noise(0.2))
    write(esc / "audio" / "1-100032-A-0.wav", noise(0.2))
    write(esc / "extra.wav", noise(0.2))
    (esc / "meta").mkdir()
    (esc / "meta" / "esc50.csv").write_text("filename,fold\n")

    def names(path: Path) -> tuple[str, list[str]]:
        found = open_recordings(path)
        return found.layout, [file.name for file in found.files]

    assert names(musan) == (
        "MUSAN", ["music/fma/m-0001.wav", "noise/free-sound/n-0001.wav", "speech/librivox/s-0001.wav"],
    )  # fmt: skip
    assert names(musan / "noise") == ("", ["free-sound/n-0001.wav"])
    assert names(demand) == ("DEMAND", ["DKITCHEN", "TMETRO"])
    assert names(wham) == ("WHAM", ["tt/tt_a.wav"])
    assert names(wham / "tr") == ("", ["tr_a.wav"])
    assert names(esc) == ("ESC-50", ["audio/1-100032-A-0.wav"])
    assert names(esc / "extra.wav") == ("", ["extra.wav"])


# -- what cannot be used


def test_a_folder_that_gives_nothing_is_refused_with_the_reason(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "none", "no such folder or file"),
        (tmp_path, "holds no audio"),
    ):
        with pytest.raises(ConditionError, match=reason):
            open_recordings(path)
    (tmp_path / "a.wav").write_bytes(b"not audio")
    write(tmp_path / "short.wav", noise(0.01))
    with pytest.raises(ConditionError) as caught:
        open_recordings(tmp_path)
    assert "a.wav: cannot be decoded" in str(caught.value)
    assert "short.wav: 0.010 s long" in str(caught.value)


def test_files_that_cannot_be_used_are_named_and_the_others_used(tmp_path: Path) -> None:
    write(tmp_path / "good.wav", noise(1.0))
    write(tmp_path / "silent.wav", np.zeros(RATE))
    broken = noise(1.0)
    broken[100] = np.nan
    write(tmp_path / "nan.wav", broken, subtype="FLOAT")
    (tmp_path / "text.mp3").write_text("hello")
    (tmp_path / "notes.txt").write_text("hello")
    found = open_recordings(tmp_path)
    told = "\n".join(found.check())
    assert "silent.wav: silent" in told
    assert "nan.wav: 1 of " in told
    assert "text.mp3: cannot be decoded" in told
    assert "good.wav" not in told
    assert "notes.txt" not in told
    good = [file.name for file in found.files].index("good.wav") + 1
    for seed in range(8):
        assert found.excerpt(rng(seed), 100, sample_rate=RATE).number == good
    assert {found.excerpt(rng(seed), 100, sample_rate=RATE).passed_over for seed in range(12)} == {0, 1, 2}
    for path in (tmp_path / "good.wav", tmp_path / "nan.wav"):
        path.unlink()
    with pytest.raises(ConditionError, match="no sound was found"):
        open_recordings(tmp_path).excerpt(rng(), 100, sample_rate=RATE)


# -- what is drawn


def test_a_longer_excerpt_begins_with_the_shorter_one_also_round_the_end(tmp_path: Path) -> None:
    for number, seconds in enumerate((0.3, 7.0, 12.3)):
        write(tmp_path / f"{number}.flac", noise(seconds, seed=number, rate=44_100), 44_100)
    found = open_recordings(tmp_path)
    for seed in range(6):
        whole = found.excerpt(rng(seed), 20 * RATE, sample_rate=RATE)
        for n in (1, 320, RATE, 9 * RATE):
            again = open_recordings(tmp_path).excerpt(rng(seed), n, sample_rate=RATE)
            assert (again.number, again.start_s) == (whole.number, whole.start_s)
            assert np.array_equal(again.samples, whole.samples[:n])


def test_files_are_drawn_evenly_however_long_they_are(tmp_path: Path) -> None:
    for number, seconds in enumerate((0.1, 0.2, 3.0)):
        write(tmp_path / f"{number}.wav", noise(seconds, seed=number))
    found = open_recordings(tmp_path)
    drawn = [found.excerpt(rng(seed), 10, sample_rate=RATE) for seed in range(600)]
    counts = np.bincount([one.number for one in drawn])[1:]
    assert counts.min() > 160  # 200 expected, standard deviation 11.5
    starts = np.array([one.start_s for one in drawn if one.number == 3])
    assert np.abs(np.histogram(starts, bins=3, range=(0.0, 3.0))[0] / len(starts) - 1 / 3).max() < 0.12


def test_a_loop_keeps_the_level_and_has_no_click(tmp_path: Path) -> None:
    file = Recording("a", write(tmp_path / "a.wav", noise(1.0)), 1.0)
    period = RATE - 800
    sound = looped(Blocks(), file, 0, 5 * period, sample_rate=RATE)
    assert np.array_equal(sound[period : 2 * period], sound[:period])
    seam = np.concatenate([sound[k * period : k * period + 800] for k in range(1, 5)])
    assert level_db(seam) == pytest.approx(level_db(sound[2000:8000]), abs=1.0)
    slow = Recording("b", write(tmp_path / "b.wav", tone(5.3, 1.0)), 1.0)
    steps = np.abs(np.diff(looped(Blocks(), slow, 0, 3 * RATE, sample_rate=RATE)))
    assert steps.max() < 0.01  # without the cross-fade the sine would jump by 0.47


def test_an_excerpt_begins_where_the_sound_does(tmp_path: Path) -> None:
    padded = np.concatenate([noise(0.5), np.zeros(4 * RATE)])
    write(tmp_path / "a.wav", padded, subtype="FLOAT")
    found = open_recordings(tmp_path)
    for seed in range(10):
        assert found.excerpt(rng(seed), 10, sample_rate=RATE).samples.any()


def test_blocks_join_without_a_seam(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", tone(997.0, 16.0, rate=44_100, level=0.5), 44_100)
    file = open_recordings(tmp_path).files[0]
    found = Blocks().read(file, 0, 15 * RATE, sample_rate=RATE)
    wanted = 0.5 * np.sin(2.0 * np.pi * 997.0 * np.arange(15 * RATE) / RATE)
    assert np.abs(found - wanted)[1000:].max() < 1e-3


def test_of_a_long_recording_only_what_is_heard_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 4000, 1, subtype="PCM_U8") as file:
        minute = noise(60.0, rate=4000)
        for _ in range(180):
            file.write(minute)
    read: list[float] = []
    decode = excerpts.decode
    monkeypatch.setattr(
        excerpts, "decode", lambda *a, start_s, end_s, **k: (read.append(end_s - start_s), decode(*a, start_s=start_s, end_s=end_s, **k))[1],
    )  # fmt: skip
    found = open_recordings(path)
    assert found.files[0].duration_s == 10_800.0
    assert len(found.excerpt(rng(), 3 * RATE, sample_rate=RATE).samples) == 3 * RATE
    assert sum(read) < 30.0


def test_eight_threads_hear_the_same(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / f"{number}.wav", noise(12.0, seed=number))
    found = open_recordings(tmp_path)
    alone = [open_recordings(tmp_path).excerpt(rng(seed), RATE, sample_rate=RATE).samples for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda seed: found.excerpt(rng(seed), RATE, sample_rate=RATE).samples, range(16)))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


# -- what the digest says


def test_the_digest_follows_the_bytes_and_not_the_place(tmp_path: Path) -> None:
    here = tmp_path / "here"
    for number in range(2):
        write(here / f"{number}.wav", noise(0.5, seed=number))
    before = open_recordings(here).digest
    shutil.copytree(here, tmp_path / "elsewhere")
    assert open_recordings(tmp_path / "elsewhere").digest == before
    (here / "notes.txt").write_text("no part of it")
    assert open_recordings(here).digest == before
    content = bytearray((here / "1.wav").read_bytes())
    content[-1] ^= 1
    (here / "1.wav").write_bytes(content)
    os.utime(here / "1.wav", ns=(1, 1))
    assert open_recordings(here).digest != before
    shutil.copytree(tmp_path / "elsewhere", tmp_path / "more")
    write(tmp_path / "more" / "2.wav", noise(0.5, seed=2))
    assert open_recordings(tmp_path / "more").digest != before


# -- uploads


def test_uploads_are_stored_once_under_safe_names(tmp_path: Path) -> None:
    data = write(tmp_path / "given" / "a.wav", noise(0.5)).read_bytes()
    files = [("../../our ward.wav", data), ("C:\\x\\our ward.wav", data), ("\u00e4/!.wav", data)]
    home = tmp_path / "home" / "recordings"
    folder = save_recordings(files, home)
    assert folder.parent == home
    assert folder.name.startswith("our ward-")
    assert sorted(file.name for file in folder.iterdir()) == ["_.wav", "our ward-2.wav", "our ward.wav"]
    assert len(open_recordings(folder).files) == 3
    assert save_recordings(files, home) == folder
    assert save_recordings(files[:1], home) != folder
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given", "home"]


def test_uploads_that_are_no_recordings_leave_nothing(tmp_path: Path) -> None:
    for files, reason in (
        ([], "no recordings were given"),
        ([("a.exe", b"x")], "does not end like audio"),
        ([("a.wav", b"x")], "none of its audio files can be used"),
    ):
        with pytest.raises(ConditionError, match=reason):
            save_recordings(files, tmp_path / "recordings")
    assert not list((tmp_path / "recordings").glob("*"))
    (tmp_path / "blocked").write_text("a file where the folder should be")
    with pytest.raises(ConditionError, match="cannot be written"):
        save_recordings([("a.wav", b"x")], tmp_path / "blocked")
