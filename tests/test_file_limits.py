"""What a small file claims to hold is bounded before memory is taken: rows, cells, texts, samples, rates, channels."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from workbench.audio import decode, resample, resampler
from workbench.audio import facts as audio_facts
from workbench.errors import AudioError, ManifestError
from workbench.files import limits
from workbench.files.tables import read_table


def parquet(path: Path, text: str, rows: int) -> Path:
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text]))
    pq.write_table(pa.table({"path": column}), path)
    assert path.stat().st_size < 20_000
    return path


def test_a_few_kilobytes_of_parquet_claim_gigabytes_and_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"a.parquet: 93.1 GiB of text, more than 2 are not read; split it"):
        read_table(parquet(tmp_path / "a.parquet", "x" * 100_000, 1_000_000))
    with pytest.raises(ManifestError, match="4000000 rows, more than 3000000 are not read"):
        read_table(parquet(tmp_path / "b.parquet", "x", 4_000_000))
    assert read_table(parquet(tmp_path / "c.parquet", "ü" * 10, 1_000)).frame["path"].tolist() == ["ü" * 10] * 1_000


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".xlsx", ".parquet"])
def test_rows_and_cells_are_bounded_in_every_kind_of_table(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"a": ["x"] * 40, "b": ["y"] * 40})
    path = tmp_path / f"t{ending}"
    write = {".csv": frame.to_csv, ".xlsx": frame.to_excel, ".parquet": frame.to_parquet}
    if ending == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        write[ending](path, index=False)
    assert len(read_table(path).frame) == 40
    monkeypatch.setattr(limits, "MOST_CELLS", 79)
    with pytest.raises(ManifestError, match="of 2 columns, more than 79 cells are not read"):
        read_table(path)
    monkeypatch.setattr(limits, "MOST_ROWS", 39)
    with pytest.raises(ManifestError, match="more than 39 are not read"):
        read_table(path)
    monkeypatch.setattr(limits, "MOST_TEXT", 10)
    with pytest.raises(ManifestError, match="GiB of text"):
        read_table(path)


def test_a_workbook_that_unpacks_to_more_than_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_TEXT", 1 << 20)
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b"0" * (2 << 20))
    with pytest.raises(ManifestError, match="GiB of text"):
        read_table(tmp_path / "a.xlsx")


def test_samples_channels_and_what_a_low_rate_would_become_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (audio_facts, resampler):
        monkeypatch.setattr(module, "MOST_SAMPLES", 50_000)
    soundfile.write(tmp_path / "long.flac", np.zeros(60_000), 16_000)
    with pytest.raises(AudioError, match="60000 samples at once; at most 50000 are decoded"):
        decode(tmp_path / "long.flac")
    soundfile.write(tmp_path / "slow.flac", np.zeros(4_000), 1_000)
    with pytest.raises(AudioError, match="4000 samples at 1000 Hz are more than 50000 at 16000 Hz"):
        decode(tmp_path / "slow.flac")
    assert len(resample(np.zeros(3_000, dtype=np.float32), orig_sr=1_000, target_sr=16_000)) == 48_000
    soundfile.write(tmp_path / "wide.wav", np.zeros((10, 65)), 16_000)
    with pytest.raises(AudioError, match="65 channels; at most 64"):
        decode(tmp_path / "wide.wav")
