"""Where an exported recording comes from stands in the file itself, and no reader minds."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.io import wavfile

from tests.command_line import parsed
from workbench.audio import Waveform, decode, samples_digest, wav_bytes, wav_comment, write_wav

MARK = "run ward-1 run sha256:" + "ab" * 32


@pytest.mark.parametrize("n", [1_000, 1_001])
@pytest.mark.parametrize("comment", [MARK, "odd", "even"])
def test_the_comment_is_read_back_and_the_samples_are_the_same(n: int, comment: str, tmp_path: Path) -> None:
    wave = Waveform(np.linspace(-0.5, 0.5, n, dtype=np.float32), 16_000)
    write_wav(tmp_path / "a.wav", wave, comment=comment)
    data = (tmp_path / "a.wav").read_bytes()
    assert wav_comment(data) == comment
    assert int.from_bytes(data[4:8], "little") + 8 == len(data)
    assert samples_digest(decode(tmp_path / "a.wav")) == samples_digest(wave)
    with soundfile.SoundFile(tmp_path / "a.wav") as file:  # the second implementation
        assert file.comment == comment
        assert len(file.read()) == n
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(wavfile.read(io.BytesIO(wav_bytes(wave, comment=comment)))[1]) == n
    assert wav_bytes(wave) == wav_bytes(wave, comment="")
    assert wav_comment(wav_bytes(wave)) == wav_comment(b"") == wav_comment(b"RIFFxxxxWAVE") == ""


def test_what_degrade_writes_says_what_was_done(tmp_path: Path) -> None:
    write_wav(tmp_path / "in.wav", Waveform(np.full(8_000, 0.1, dtype=np.float32), 16_000))
    facts = parsed("degrade", tmp_path / "in.wav", tmp_path / "out.wav", "--condition", "white_noise@2", "--seed", 7)
    text = wav_comment((tmp_path / "out.wav").read_bytes())
    assert text.startswith(f"condition {facts['condition_id']}, seed 7, ")
    assert text.endswith(f"sha256:{facts['audio_digest']}")
