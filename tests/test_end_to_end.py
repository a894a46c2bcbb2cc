"""The whole path on real speech: manifest, engine, conditions, store, gaps, card; once per engine that runs here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from tests.speech import fsdd
from workbench import build_card, decode, gaps, heard, load, open_store, rates, run, write_card
from workbench.study import Study


@pytest.mark.long
@pytest.mark.engine
def test_fsdd_from_manifest_to_card_with_pocketsphinx(tmp_path: Path, shared_dir: Path) -> None:
    manifest = fsdd(tmp_path, shared_dir, per_digit=2)
    study = Study.create(
        {
            "name": "digits", "corpus": [manifest.name], "attributes": ["accent"], "margin": 0.05,
            "engines": ["pocketsphinx?grammar=digits.gram"], "conditions": ["clean", "white_noise@2"],
        },
        base=tmp_path,
    )  # fmt: skip
    store = open_store()
    record = run(study, store=store)
    assert (record.done, record.failed) == (240, 0)
    results = load(record.run_id, store=store)
    found = rates(results.scores, ["accent"]).set_index(["condition_id", "accent"])
    assert found.loc[("clean", "USA/neutral"), "n_speakers"] == 2
    assert found.loc[("clean", "GRC/Greek"), "evidence"] == "1 speaker"
    assert np.isnan(found.loc[("clean", "GRC/Greek"), "ci_low"])
    clean, noisy = found.xs("clean")["errors"].sum(), found.xs("white_noise@2")["errors"].sum()
    assert clean < noisy, "ten decibels of white noise cost words"
    assert found.loc[("clean", "USA/neutral"), "rate"] < found.loc[("clean", "BEL/French"), "rate"]
    against = gaps(results.scores, "accent", reference="USA/neutral", margin=study.margin)
    assert set(against["group"]) == {"DEU/German", "GRC/Greek", "BEL/French"}
    row = results.scores.iloc[7]
    heard(results, row["utterance_id"], row["condition_id"], store=store)
    files = write_card(build_card(results), tmp_path / "card")
    assert files.pdf.read_bytes().startswith(b"%PDF")
    assert "synthetic" not in json.dumps(json.loads(files.json.read_text())["corpora"][0].get("notes", "")).lower()


@pytest.mark.engine
@pytest.mark.long
def test_digit_strings_through_the_whisper_checkpoint(tmp_path: Path, shared_dir: Path) -> None:
    """Real weights in Whisper's own format: what is stored is what whisper.transcribe writes, digit words."""
    import whisper

    shutil.copy(shared_dir / "models" / "whisper-digits.pt", tmp_path / "digits.pt")
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    rows = []
    (tmp_path / "audio").mkdir()
    recordings = shared_dir / "corpora" / "fsdd-600" / "recordings"
    for speaker, accent in (("theo", "USA"), ("jackson", "USA"), ("george", "Greek")):
        for number, digits in enumerate(("381", "507", "264", "918")):
            parts = [soundfile.read(recordings / f"{digit}_{speaker}_{number}.wav")[0] for digit in digits]
            path = tmp_path / "audio" / f"{speaker}-{number}.wav"
            soundfile.write(path, np.concatenate([np.pad(part, 800) for part in parts]), 8000)
            said = " ".join(names[int(digit)] for digit in digits)
            rows.append({"path": f"audio/{path.name}", "reference": said, "speaker_id": speaker, "accent": accent})
    pd.DataFrame(rows).to_csv(tmp_path / "strings.csv", index=False)
    fields = {"name": "strings", "corpus": ["strings.csv"], "engines": ["whisper:digits.pt"], "conditions": ["clean"]}
    store = open_store()
    record = run(Study.create({**fields, "normaliser": "basic"}, base=tmp_path), store=store)
    assert (record.done, record.failed) == (12, 0)
    scores = load(record.run_id, store=store).scores
    model = whisper.load_model(str(tmp_path / "digits.pt"), device="cpu")
    options = {"temperature": 0.0, "language": "en", "condition_on_previous_text": False, "fp16": False}
    for row in scores.to_dict("records")[::4]:
        wave = decode(tmp_path / str(row["utterance_id"]).removeprefix("strings/"))
        direct = model.transcribe(wave.samples, without_timestamps=True, **options)["text"]
        assert row["hypothesis_raw"] == direct.strip()
    assert {word for text in scores["hypothesis"] for word in text.split()} <= set(names)
