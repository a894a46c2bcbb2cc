"""Stereo recordings with a speaker on each side: only the channel that a row names is heard, from the manifest to the engine."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

import workbench as wb
from tests.corpus_trees import files
from tests.manifest_files import maker, said, sounds, stereo_bytes
from tests.prepared import read
from tests.synthetic_speech import amplitude_at
from workbench.audio import source_digest
from workbench.conditions.voice_pool import CorpusPool
from workbench.corpora import write_manifest
from workbench.corpora.review.duplicates import repeated_audio
from workbench.errors import AudioError, ManifestError
from workbench.provenance import Cache, audit_utterances
from workbench.runner import read as heard_by_engines
from workbench.store import open_store

HEADER = "path,reference,speaker_id,channel,start_s,end_s\n"
LEFT_HZ, RIGHT_HZ = 300.0, 700.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = sounds(tmp_path / "m")
    (made / "call.wav").write_bytes(stereo_bytes(LEFT_HZ, RIGHT_HZ))
    return made


@pytest.fixture
def call(folder: Path) -> wb.Corpus:
    return wb.load_corpus(
        maker(folder)(
            HEADER + "call.wav,left,s1,1,,\ncall.wav,right,s2,b,,\ncall.wav,both,s3,,,\ncall.wav,part,s1,A,0.5,1\n"
        )
    )


def tones(samples: np.ndarray, rate: int) -> list[float]:
    return [amplitude_at(samples, hz, rate=rate) for hz in (LEFT_HZ, RIGHT_HZ)]


def test_each_row_is_heard_on_its_side(call: wb.Corpus) -> None:
    assert call.utterances["channel"].tolist() == [1, 2, pd.NA, 1]
    assert call.utterances["utterance_id"].tolist() == [
        "m/call.wav#ch1",
        "m/call.wav#ch2",
        "m/call.wav",
        "m/call.wav#ch1#0.5-1",
    ]
    waves = [heard_by_engines(row) for row in call.utterances.to_dict("records")]
    expected = [(0.3, 0.0), (0.0, 0.3), (0.15, 0.15), (0.3, 0.0)]
    for wave, sides in zip(waves, expected, strict=True):
        assert tones(wave.samples, wave.sample_rate) == pytest.approx(sides, abs=0.01)
    assert len(waves[3].samples) == 8_000


def test_channels_are_other_audio_and_of_no_channel_the_digest_is_that_of_the_file(
    call: wb.Corpus, folder: Path
) -> None:
    digests = call.utterances["source_digest"]
    assert digests.is_unique
    assert digests.iloc[2] == source_digest(folder / "call.wav")
    assert list(repeated_audio(call.utterances)) == []


def test_talkers_in_the_background_are_heard_on_their_side(call: wb.Corpus) -> None:
    pool = CorpusPool(call.utterances[call.utterances["speaker_id"] == "s2"])
    (voice,) = pool.talkers(np.random.default_rng(1), n=1, exclude_speaker="", n_samples=16_000)
    left, right = tones(voice, 16_000)
    assert right > 100 * left


def test_the_audit_measures_the_side(folder: Path, tmp_path: Path) -> None:
    sides = np.stack([np.full(8_000, 1.0), np.random.default_rng(1).normal(0, 0.05, 8_000)], axis=1)
    soundfile.write(folder / "half.wav", sides, 8_000, subtype="FLOAT")
    manifest = maker(folder)("path,reference,speaker_id,channel,accent\nhalf.wav,x,s1,1,a\nhalf.wav,x,s2,2,b\n")
    found = audit_utterances(wb.load_corpus(manifest), cache=Cache(tmp_path / "cache"))
    assert found["clipped_percent"].tolist() == [100.0, 0.0]


def test_what_is_no_channel_is_named_and_the_others_are_usable(folder: Path) -> None:
    manifest = maker(folder)(
        HEADER
        + "call.wav,one,s1,3,,\na.wav,two,s1,2,,\nb.wav,three,s1,phone,,\ncall.wav,four,s1,0,,\na.wav,five,s2,1,,\n"
    )
    corpus = wb.check_manifest(manifest)
    assert corpus.utterances["reference"].tolist() == ["five"]
    remedy = (
        "write 1 (left, or A), 2 (right, or B) and so on, or nothing for all; rename the column if it is an attribute"
    )
    assert said(corpus) == [
        "m.csv line 2: there is no channel 3 in 'call.wav', which has 2 channels; correct channel",
        "m.csv line 3: there is no channel 2 in 'a.wav', which has 1 channel; correct channel",
        f"m.csv line 4: channel = 'phone' is not the number of a channel; {remedy}",
        f"m.csv line 5: channel = '0' is not the number of a channel; {remedy}",
    ]
    with pytest.raises(AudioError, match="there is no channel 3: the file has 2"):
        wb.decode(folder / "call.wav", channel=2)


def test_a_corpus_with_channels_survives_writing_and_the_store(call: wb.Corpus, folder: Path) -> None:
    again = wb.load_corpus(write_manifest(call.utterances, folder / "again.csv", call.info))
    columns = ["channel", "source_digest", "start_s"]
    assert again.utterances[columns].equals(call.utterances[columns])
    store = open_store()
    store.add_corpus(call)
    stored = store.corpus(call.info.fingerprint)[1]
    assert stored["channel"].tolist() == [1, 2, pd.NA, 1]
    store.close()


def test_kaldi_takes_channels_in_the_fifth_field_of_segments_and_nemo_takes_none(call: wb.Corpus, folder: Path) -> None:
    wb.export_manifest(call, folder / "data", form="kaldi")
    lines = (folder / "data" / "segments").read_text().splitlines()
    assert [line.split()[2:] for line in lines] == [
        ["0.0", "-1"],
        ["0.0", "-1", "0"],
        ["0.5", "1.0", "0"],
        ["0.0", "-1", "1"],
    ]
    prepared = wb.prepare("kaldi", folder, out=folder.parent / "out", corpus_id="m", options={"data": "data"})
    after = wb.load_corpus(prepared.manifest).utterances.set_index("utterance_id")
    before = call.utterances.set_index("utterance_id")
    assert after["channel"].to_dict() == before["channel"].to_dict()
    with pytest.raises(ManifestError, match="3 rows are one channel of their file, which a NeMo manifest cannot say"):
        wb.export_manifest(call, folder / "nemo", form="nemo")


def test_lhotse_counts_channels_from_nought(tmp_path: Path) -> None:
    recording = {"sampling_rate": 8000, "num_samples": 16000, "duration": 2.0}
    rows = {
        "r_recordings.jsonl": {"id": "r", "sources": [{"type": "file", "channels": [0, 1], "source": "call.wav"}], **recording},
        "r_supervisions.jsonl": {"id": "u", "recording_id": "r", "start": 0, "duration": 1, "channel": 1, "text": "x", "speaker": "s"},
    }  # fmt: skip
    root = files(
        tmp_path / "corpus",
        {"call.wav": stereo_bytes(), **{name: json.dumps(row) + "\n" for name, row in rows.items()}},
    )
    assert read("lhotse", root)[1]["channel"].tolist() == [2]


def test_an_stm_with_one_channel_is_the_mean_and_odd_names_are_said(tmp_path: Path) -> None:
    text = "call 1 s1 0 1 one\nother L s1 0 1 two\nother R s2 0 1 three\n"
    root = files(tmp_path / "corpus", {"t.stm": text, "call.wav": stereo_bytes(), "other.wav": stereo_bytes()})
    prepared, frame = read("stm", root)
    assert frame["channel"].isna().all()
    assert [str(problem).split(";")[0] for problem in prepared.problems] == [
        "t.stm: channels that are no numbers, of other (L, R): all channels of these recordings are averaged"
    ]
