"""Files as telephones, call recorders and old corpora leave them: read whole, or refused with the coding named, one by one."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from typer.testing import CliRunner

from tests.synthetic_speech import RATE, level_db, speech_like
from workbench.__main__ import app
from workbench.audio import decode, file_facts, probe, speech_level
from workbench.audio.sndfile import NO_LENGTH
from workbench.corpora import check_manifest
from workbench.corpora.review import review_corpus
from workbench.engines import ScriptedEngine
from workbench.errors import AudioError
from workbench.provenance.recording import read_header
from workbench.results import loader
from workbench.results.audio_facts import facts as facts_of
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study

SPHERE = (
    "NIST_1A\n   1024\nsample_count -i 40000\nsample_n_bytes -i {bytes}\nchannel_count -i 1\n"
    "sample_rate -i 8000\nsample_coding -s{length} {coding}\nend_head\n"
)
TELEPHONE = 8_000


def speech(seconds: float = 3.0, rate: int = RATE) -> NDArray[np.float32]:
    return speech_like(seconds)[:: RATE // rate].astype(np.float32)


def wav(samples: NDArray[np.float32], *, tag: int = 1, riff: int | None = None, data: int | None = None) -> bytes:
    """A 16-bit mono WAV at RATE whose header says what it is told to."""
    pcm = np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    fmt = struct.pack("<HHIIHH", tag, 1, RATE, 2 * RATE, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"data" + struct.pack("<I", len(pcm) if data is None else data) + pcm
    return b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body


def encode(path: Path, samples: NDArray[np.float32], rate: int, codec: str, container: str, bit_rate: int) -> None:
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono", bit_rate=bit_rate)
        size = stream.codec_context.frame_size or 1_024
        to_codec = av.AudioResampler(format=stream.format.name, rate=rate, layout="mono", frame_size=size)
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
        frame.sample_rate = rate
        frame.pts = 0
        for part in to_codec.resample(frame) + to_codec.resample(None):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))


def manifest(folder: Path, *names: str) -> Path:
    """A manifest whose speakers are the files; the first character of a name is the accent."""
    rows = [f"{name},ask not what,{name},{name[0]}" for name in names]
    path = folder / "m.csv"
    path.write_text("\n".join(["path,reference,speaker_id,accent", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("coding", ["ulaw,embedded-shorten-v2.00", "pcm,embedded-shorten-v2.00"])
def test_shorten_is_named_with_the_tool_that_decodes_it(coding: str, tmp_path: Path) -> None:
    head = SPHERE.format(bytes=1 if coding.startswith("ulaw") else 2, length=len(coding), coding=coding)
    noise = np.random.default_rng(0).integers(0, 256, 30_000, dtype="uint8").tobytes()
    path = tmp_path / "sw02001.sph"
    path.write_bytes(head.encode().ljust(1_024) + b"ajkg\x02" + noise)
    for read in (decode, probe, read_header):
        with pytest.raises(AudioError) as caught:
            read(path)
        assert coding in caught.value.what
        assert "sph2pipe" in caught.value.remedy


@pytest.mark.parametrize("tag", [0x0133, 0x1234, 0x674F])
def test_a_format_tag_that_no_decoder_knows_is_named_and_costs_only_its_row(tag: int, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(wav(speech(), tag=tag))
    soundfile.write(tmp_path / "good.wav", speech(), RATE)
    corpus = check_manifest(manifest(tmp_path, "good.wav", "bad.wav"))
    assert list(corpus.utterances["path"]) == [str(tmp_path / "good.wav")]
    (problem,) = corpus.problems
    assert f"0x{tag:04x}" in problem.what
    assert problem.line == 3


def test_no_command_ends_in_a_traceback_for_an_unknown_coding(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(wav(speech(), tag=0x1234))
    soundfile.write(tmp_path / "good.wav", speech(), RATE)
    path = str(manifest(tmp_path, "good.wav", "bad.wav"))
    for command, code in (("check", 2), ("audit", 0), ("review", 0)):
        result = CliRunner().invoke(app, [command, path])
        assert result.exit_code == code, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
    degraded = CliRunner().invoke(
        app, ["degrade", str(tmp_path / "bad.wav"), str(tmp_path / "o.wav"), "--condition", "clean"]
    )
    assert degraded.exit_code == 2
    assert "0x1234" in degraded.output


def test_whatever_a_decoder_raises_is_an_audio_error_of_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "a.wav", speech(), RATE)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("integer modulo by zero")

    monkeypatch.setattr("workbench.audio.sndfile.read", broken)
    with pytest.raises(AudioError, match=r"ZeroDivisionError: integer modulo by zero"):
        decode(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\n", "git lfs pull"),
        (b"#EXTM3U\n#EXTINF:5,\n/etc/passwd\n", "names other files"),
        (b"ffconcat version 1.0\nfile good.wav\n", "names other files"),
    ],
)
@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m3u8", "a.ffconcat"])
def test_what_is_no_audio_is_named(content: bytes, words: str, name: str, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "good.wav", speech(), RATE)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AudioError) as caught:
        decode(tmp_path / name)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("WAV", "GSM610"), ("AIFF", "GSM610"), ("W64", "GSM610"), ("WAV", "G721_32"), ("AU", "G721_32"), ("AU", "G723_24"), ("AU", "G723_40"),
     ("WAV", "NMS_ADPCM_16"), ("WAV", "NMS_ADPCM_24"), ("WAV", "NMS_ADPCM_32"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"),
     ("AIFF", "DWVW_16"), ("AIFF", "DWVW_24"), ("WAV", "ULAW"), ("WAV", "ALAW")],
)  # fmt: skip
def test_telephone_codings_are_read_whole_and_in_parts(container: str, subtype: str, tmp_path: Path) -> None:
    path, original = tmp_path / "a.audio", speech(3.0, TELEPHONE)
    soundfile.write(path, original, TELEPHONE, format=container, subtype=subtype)
    whole = decode(path, sample_rate=None)
    assert len(original) <= len(whole.samples) < len(original) + 512  # the last block is filled up
    assert probe(path) == pytest.approx(whole.duration_s)
    n = len(original)
    assert np.corrcoef(whole.samples[:n], original)[0, 1] > 0.85
    assert level_db(whole.samples[:n]) == pytest.approx(level_db(original), abs=1.0)
    part = decode(path, start_s=1.25, end_s=2.5, sample_rate=None)
    assert np.array_equal(part.samples, whole.samples[10_000:20_000])


@pytest.mark.parametrize("bit_rate", [12_200, 10_200, 7_950, 4_750])
def test_amr_is_as_long_as_its_frames_whatever_its_bit_rate(bit_rate: int, tmp_path: Path) -> None:
    """FFmpeg divides the size by the bit rate of the first frame; 20 ms a frame is the truth (3GPP TS 26.101)."""
    path = tmp_path / "a.amr"
    encode(path, speech(10.0, TELEPHONE), TELEPHONE, "libopencore_amrnb", "amr", bit_rate)
    whole = decode(path, sample_rate=None)
    assert whole.duration_s == pytest.approx(10.0, abs=0.041)
    assert probe(path) == pytest.approx(whole.duration_s, abs=1e-6)
    part = decode(path, start_s=4.0, end_s=5.0, sample_rate=None)
    assert np.allclose(part.samples, whole.samples[32_000:40_000], atol=1e-6)


def test_mp3_in_a_wav_is_read_whole(tmp_path: Path) -> None:
    path, original = tmp_path / "a.wav", speech(10.0)
    encode(path, original, RATE, "libmp3lame", "wav", 32_000)
    whole = decode(path, sample_rate=None)
    assert whole.duration_s == pytest.approx(10.0, abs=0.15)  # with the encoder's delay, which a WAV does not state
    assert probe(path) == pytest.approx(whole.duration_s, abs=0.1)
    assert file_facts(path).coding == "MP3"
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(AudioError, match="breaks off"):
        decode(path)


@pytest.mark.parametrize(
    ("riff", "data"), [(36, 0), (0, 0), (0xFFFF_FFFF, 0), (0xFFFF_FFFF, 0xFFFF_FFFF), (0x7FFF_0024, 0x7FFF_0000)]
)
def test_a_wav_that_was_never_finished_is_read_to_its_end_with_a_note(riff: int, data: int, tmp_path: Path) -> None:
    path, original = tmp_path / "a.wav", speech(3.0)
    path.write_bytes(wav(original, riff=riff, data=data))
    wave = decode(path, sample_rate=None)
    assert len(wave.samples) == len(original)
    assert np.abs(wave.samples - original).max() < 1e-3
    assert probe(path) == pytest.approx(3.0)
    assert "does not state how long" in wave.notes[0]
    part = decode(path, start_s=1.5, end_s=2.0, sample_rate=None)
    assert np.array_equal(part.samples, wave.samples[24_000:32_000])
    corpus = check_manifest(manifest(tmp_path, "a.wav"))
    assert len(corpus.utterances) == 1
    assert "1 row (first: line 2): the header does not state" in corpus.notes[0]


def test_an_empty_wav_stays_empty(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0, dtype=np.float32), RATE)
    with pytest.raises(AudioError, match="no samples"):
        decode(tmp_path / "a.wav")
    silent = (tmp_path / "a.wav").read_bytes()[:44] + b"LIST" + struct.pack("<I", 4) + b"INFO"
    (tmp_path / "b.wav").write_bytes(silent[:4] + struct.pack("<I", len(silent) - 8) + silent[8:])
    with pytest.raises(AudioError, match="no samples"):
        decode(tmp_path / "b.wav")


@pytest.mark.parametrize("container", ["FLAC", "AIFF"])
@pytest.mark.parametrize("tagged", [False, True])
def test_what_was_written_to_a_pipe_is_read_to_its_end_with_a_note(
    container: str, tagged: bool, tmp_path: Path
) -> None:
    """A FLAC of unknown length says 0 samples (RFC 9639), an AIFF of SoX 2 GB; tagged: a FLAC behind ID3."""
    path = tmp_path / "a.bin"
    soundfile.write(path, speech(4.0), RATE, format=container, subtype="PCM_16")
    whole = decode(path).samples
    data = bytearray(path.read_bytes())
    if container == "FLAC":
        data[21] &= 0xF0
        data[22:26] = bytes(4)
        data[26:42] = bytes(16)  # nor is the sum of what was not written yet known
    else:
        data[4:8] = (0x7F00_0050).to_bytes(4, "big")
    path.write_bytes((b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) if tagged and container == "FLAC" else b"") + data)
    assert probe(path) == pytest.approx(4.0)
    wave = decode(path)
    assert wave.notes == (NO_LENGTH,)
    assert np.allclose(wave.samples, whole, atol=1e-4)
    part = decode(path, start_s=2.0, end_s=3.0)
    assert np.allclose(part.samples[400:-400], whole[2 * RATE + 400 : 3 * RATE - 400], atol=1e-3)


@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("matroska", "libopus"), ("matroska", "flac")])
def test_a_part_of_a_webm_is_that_of_the_whole_to_the_sample(container: str, codec: str, tmp_path: Path) -> None:
    """Its times are whole milliseconds, so that a seek would land beside the sample."""
    path = tmp_path / "a.bin"
    encode(path, speech(5.0), RATE, codec, container, 48_000)
    rate = decode(path, sample_rate=None).sample_rate
    whole = decode(path, sample_rate=None).samples
    part = decode(path, start_s=2.25, end_s=3.5, sample_rate=None).samples
    assert np.array_equal(part, whole[round(2.25 * rate) : round(3.5 * rate)])


def test_a_file_that_was_never_finished_is_not_called_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.caf"
    soundfile.write(path, speech(2.0), RATE, format="CAF", subtype="PCM_16")
    data = path.read_bytes()
    at = data.index(b"data") + 4
    path.write_bytes(data[:at] + (4).to_bytes(8, "big") + data[at + 8 :])  # four bytes: the edit count, and no sample
    with pytest.raises(AudioError, match=r"holds no samples, where the file has .* never finished"):
        decode(path)


def test_a_data_chunk_longer_than_its_file_is_named_though_the_outer_length_agrees(tmp_path: Path) -> None:
    whole = wav(speech(3.0), data=2 * RATE * 4)
    (tmp_path / "a.wav").write_bytes(whole)
    with pytest.raises(AudioError, match=r"breaks off after 3\.000 of 4\.000 s"):
        decode(tmp_path / "a.wav")


@pytest.mark.parametrize("gain", [-1.0, -0.9, -0.5])
@pytest.mark.parametrize("shared", ["nothing", "offset", "hum"])
def test_channels_that_cancel_are_not_averaged(gain: float, shared: str, tmp_path: Path) -> None:
    voice = 0.5 * speech(3.0)
    times = np.arange(len(voice)) / RATE
    common = {"nothing": 0.0 * times, "offset": 0.0 * times + 0.1, "hum": 0.3 * np.sin(2 * np.pi * 50 * times)}[shared]
    soundfile.write(
        tmp_path / "a.wav", np.stack([voice + common, gain * voice + common], axis=1), RATE, subtype="FLOAT"
    )
    wave = decode(tmp_path / "a.wav", sample_rate=None)
    assert np.allclose(wave.samples, voice + common, atol=1e-6)
    assert wave.notes[0].endswith("channel 1 is taken")
    part = decode(tmp_path / "a.wav", start_s=1.0, end_s=2.0, sample_rate=None)
    assert np.array_equal(part.samples, wave.samples[RATE : 2 * RATE])


def test_channels_that_agree_or_have_nothing_in_common_are_averaged(tmp_path: Path) -> None:
    voice, noise = 0.5 * speech(3.0), 0.05 * np.random.default_rng(1).normal(size=3 * RATE).astype(np.float32)
    quiet = 0.0 * voice
    for name, stack in {
        "same": [voice, voice], "quieter": [voice, 0.3 * voice], "one of two": [voice, quiet], "one of six": [quiet] * 5 + [voice],
        "another sound": [voice, noise], "silence": [quiet, quiet],
    }.items():  # fmt: skip
        soundfile.write(tmp_path / "a.wav", np.stack(stack, axis=1), RATE, format="WAVEX", subtype="FLOAT")
        wave = decode(tmp_path / "a.wav", sample_rate=None)
        assert np.allclose(wave.samples, np.mean(stack, axis=0), atol=1e-6), name
        assert wave.notes == (), name


def test_a_snr_is_set_on_the_voice_and_not_on_what_is_left_of_it(tmp_path: Path) -> None:
    voice = 0.5 * speech(3.0)
    soundfile.write(tmp_path / "a.wav", np.stack([voice, -voice], axis=1), RATE)
    args = [
        "degrade",
        str(tmp_path / "a.wav"),
        str(tmp_path / "o.wav"),
        "--condition",
        "white_noise?snr_db=20",
        "--json",
    ]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0
    assert "channel 1 is taken" in result.stderr
    facts = json.loads(result.stdout)
    assert facts["active_level_db"] == pytest.approx(speech_level(voice, RATE).active_db, abs=0.1)
    assert facts["achieved_snr_db"] == pytest.approx(20.0, abs=0.2)
    assert facts["taken_channel"] == 1


def test_a_run_keeps_which_channel_was_taken_row_by_row(tmp_path: Path, workbench_home: Path) -> None:
    voice = 0.5 * speech(3.0)
    soundfile.write(tmp_path / "us.wav", np.stack([voice, 0.9 * voice], axis=1), RATE)
    soundfile.write(tmp_path / "sa.wav", np.stack([0.5 * voice, -voice, voice], axis=1) * [1, 1, 0.4], RATE)
    manifest(tmp_path, "us.wav", "sa.wav")
    study = Study.create(
        {"name": "channels", "corpus": ["m.csv"], "conditions": ["clean", "white_noise@2"], "engines": ["scripted"]},
        base=tmp_path,
    )
    engine = ScriptedEngine(lambda wave: "one")
    record = run(study, store=open_store(), engine_loader=lambda spec, **_: engine)
    kept = facts_of(loader.load(record.run_id)).set_index("utterance_id")["taken_channel"]
    assert kept[["us.wav" in name for name in kept.index]].isna().all()
    assert kept[["sa.wav" in name for name in kept.index]].tolist() == [2.0, 2.0]


def test_what_cannot_be_heard_is_a_problem_and_is_said_by_group(tmp_path: Path) -> None:
    voice = 0.5 * speech(3.0)
    soundfile.write(tmp_path / "us.wav", voice, RATE)
    soundfile.write(tmp_path / "iq.wav", 1e-4 * voice, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "is.wav", 0.0 * voice, RATE)
    soundfile.write(tmp_path / "sa.wav", np.stack([voice, -voice], axis=1), RATE)
    path = manifest(tmp_path, "us.wav", "iq.wav", "is.wav", "sa.wav")
    corpus = check_manifest(path)
    assert [problem.line for problem in corpus.problems] == [0, 3, 4]
    assert "accent: i 2 of 2, s 0 of 1, u 0 of 1" in corpus.problems[0].what
    assert "is silent" in corpus.problems[2].what
    assert "accent: s 1 of 1, i 0 of 2, u 0 of 1" in corpus.notes[0]
    assert len(review_corpus(corpus)) == 2  # the same audio under two speakers: the channel that was taken
    for command in ("review", "audit"):
        said = " ".join(CliRunner().invoke(app, [command, str(path)]).output.split())
        assert "channels cancel each other" in said
        assert ("i 2 of 2" in said) and ("s 1 of 1" in said)


def test_a_small_file_does_not_become_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "a.flac", np.zeros(RATE * 20, dtype=np.float32), RATE)
    encode(tmp_path / "a.mka", np.zeros(RATE * 20, dtype=np.float32), RATE, "libmp3lame", "matroska", 32_000)
    monkeypatch.setattr("workbench.audio.facts.MOST_SAMPLES", RATE * 10)
    for name in ("a.flac", "a.mka"):
        with pytest.raises(AudioError, match="at most 160000 are decoded") as caught:
            decode(tmp_path / name)
        assert "start_s and end_s" in caught.value.remedy
        assert decode(tmp_path / name, start_s=12.0, end_s=20.0, sample_rate=None).duration_s == pytest.approx(
            8.0, abs=0.2
        )
