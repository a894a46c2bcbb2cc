"""Layouts as corpora have them today: other table names, tables twice, splits in folders, commands that only decode, transforms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import workbench as wb
from tests.corpus_trees import afrispeech
from tests.synthetic_speech import RATE, speech_like
from workbench.corpora import Prepared, load_corpus
from workbench.corpora.adapters import recognised
from workbench.corpora.adapters.decoder_commands import DecodedFile, decoded_file


def prepared(name: str, folder: Path, **options: str) -> tuple[Prepared, Any]:
    made = wb.prepare(name, folder, out=folder.parent / "out", options=options, overwrite=True)
    return made, load_corpus(made.manifest, decode=True).utterances


def sound(path: Path, seconds: float = 0.6) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, speech_like(seconds, seed=len(path.name)), RATE, format="WAV")
    return path


@pytest.mark.parametrize("name", ["metadata.tsv", "downloaded_file.tsv"])
def test_fair_speechs_table_has_any_name(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "fair"
    sound(folder / "asr_fairness_audio" / "h1.wav")
    (folder / name).write_text(
        "hash_name\ttranscription\tage\tgender\th1\n".replace("\th1", "") + "h1\tcall my mum\t31 - 45\tfemale\n"
    )
    (folder / "._x.tsv").write_bytes(b"\0\5\x16\7")
    assert recognised(folder) == ["fair-speech"]
    assert prepared("fair-speech", folder)[1]["age"].tolist() == ["31 - 45"]


def test_afrispeechs_combined_tables_are_read_once_and_are_enough(tmp_path: Path) -> None:
    folder = afrispeech(tmp_path / "afri")
    lines = [(folder / "transcripts" / name).read_text().splitlines() for name in ("yoruba/test.csv", "hausa/dev.csv")]
    (folder / "transcripts" / "test.csv").write_text("\n".join(lines[0]) + "\n")
    (folder / "transcripts" / "dev.csv").write_text("\n".join(lines[1]) + "\n")
    made, rows = prepared("afrispeech-200", folder)
    assert (len(rows), sum(made.left_out.values())) == (2, 0)
    assert made.notes == (
        "transcripts: 2 utterances stand in a table of their accent and in one of all accents; each is read once; nothing has to be done",
    )
    for accent in ("yoruba", "hausa"):
        for file in (folder / "transcripts" / accent).iterdir():
            file.unlink()
        (folder / "transcripts" / accent).rmdir()
    assert recognised(folder) == ["afrispeech-200"]
    assert len(prepared("afrispeech-200", folder)[1]) == 2


def test_an_audio_folder_keeps_its_split(tmp_path: Path) -> None:
    folder = tmp_path / "af"
    for split in ("train", "test"):
        sound(folder / split / "a.wav")
        (folder / split / "metadata.csv").write_text("file_name,text,speaker\na.wav,one,s1\n")
    assert sorted(prepared("audio-folder", folder)[1]["split"]) == ["test", "train"]
    for split in ("train", "test"):
        (folder / split / "metadata.csv").unlink()
    (folder / "metadata.csv").write_text("file_name,text,speaker\ntrain/a.wav,one,s1\ntest/a.wav,one,s2\n")
    assert prepared("audio-folder", folder)[1]["split"].tolist() == ["train", "test"]
    (folder / "metadata.csv").write_text("file_name,text,speaker,split\ntrain/a.wav,one,s1,mine\n")
    assert prepared("audio-folder", folder)[1]["split"].tolist() == ["mine"]


def test_spontaneous_speech_of_common_voice(tmp_path: Path) -> None:
    folder = tmp_path / "sps-corpus-1.0-en"
    sound(folder / "audios" / "spontaneous-speech-en-1.mp3")
    sound(folder / "audios" / "spontaneous-speech-en-2.mp3")
    head = "client_id\taudio_id\taudio_file\tduration_ms\tprompt_id\tprompt\ttranscription\tvotes\tage\tgender\tlanguage\tsplit\n"
    rows = 'c1\t1\tspontaneous-speech-en-1.mp3\t600\tp\tWhy?\tBecause "so".\t1\ttwenties\tfemale\ten\ttest\n'
    rows += "c2\t2\tspontaneous-speech-en-2.mp3\t600\tp\tWhy?\t\t0\t\t\ten\t\n"
    (folder / "ss-corpus-en.tsv").write_text(head + rows)
    assert recognised(folder) == ["common-voice"]
    made, table = prepared("common-voice", folder)
    assert table[["reference", "speaker_id", "age"]].iloc[0].tolist() == ['Because "so".', "c1", "twenties"]
    assert "1 answers that nobody has transcribed are not read" in made.notes[0]


@pytest.mark.parametrize(
    ("command", "path", "channel"),
    [
        ("flac -c -d -s /export/LibriSpeech/84-1-0.flac |", "/export/LibriSpeech/84-1-0.flac", 0),
        ("flac -cds a.flac|", "a.flac", 0),
        ("/usr/bin/flac --decode --stdout --silent 'a b.flac' |", "a b.flac", 0),
        ("sph2pipe -f wav -p -c 2 /swbd/sw02001.sph |", "/swbd/sw02001.sph", 2),
        ("/kaldi/tools/sph2pipe_v2.5/sph2pipe -f wav -p -c 1 a.sph |", "a.sph", 1),
        ("sph2pipe -f wav a.sph |", "a.sph", 0),
        ("sox a.wav -t wav - |", "a.wav", 0),
        ("sox a.wav -t wav - remix 1 |", "a.wav", 1),
        ("sox -t wav a.wav -r 16000 -b 16 -t wav - |", "a.wav", 0),
        ("ffmpeg -i a.m4a -f wav -ar 16000 -ac 1 - |", "a.m4a", 0),
        ("ffmpeg -v 8 -nostdin -i a.mp4 -vn -f wav pipe:1 |", "a.mp4", 0),
        ("cat a.wav |", "a.wav", 0),
        ("sph2pipe -f wav -p -c 1 a.sph | sox -t wav - -r 16000 -t wav - |", "a.sph", 1),
    ],
)
def test_commands_that_only_decode_name_file_and_channel(command: str, path: str, channel: int) -> None:
    assert decoded_file(command) == DecodedFile(path, channel)


@pytest.mark.parametrize(
    "command",
    [
        "sox a.wav -t wav - speed 1.1 |", "sox -v 0.5 a.wav -t wav - |", "sox a.wav -t wav - trim 0 5 |", "sox a.wav b.wav -t wav - |",
        "sox a.wav -t wav - remix 1,2 |", "sox -m a.wav b.wav -t wav - |", "ffmpeg -ss 5 -i a.wav -f wav - |", "ffmpeg -i a.wav -af volume=2 -f wav - |",
        "ffmpeg -i a.wav -i b.wav -f wav - |", "flac -c -d a.flac b.flac |", "flac -c a.wav |", "rm -rf / |", "cat a.wav b.wav |", "cat a.wav; rm b |",
        "cat $(ls) |", "sph2pipe -t 0:5 a.sph |", "wav-reverberate a.wav - |", "sox a.wav out.wav |", "flac -c -d 'a.flac |",
        "sph2pipe -c 1 a.sph | sox -t wav - -t wav - remix 2 |",
    ],
)  # fmt: skip
def test_commands_that_may_do_more_are_not_understood(command: str) -> None:
    assert decoded_file(command) is None


def test_kaldi_reads_what_its_commands_decode_and_runs_none(tmp_path: Path) -> None:
    data = tmp_path / "data"
    sound(data / "wav" / "u1.flac", 2.0)
    two = np.stack([speech_like(2.0), 0.5 * speech_like(2.0, seed=9)], axis=1)
    soundfile.write(data / "wav" / "call.sph", two, RATE, format="NIST", subtype="PCM_16")
    scp = "u1 flac -c -d -s /export/wav/u1.flac |\ncallB sph2pipe -f wav -p -c 2 /export/wav/call.sph |\n"
    (data / "wav.scp").write_text(scp + f"u3 touch {tmp_path / 'ran'} |\n")
    (data / "text").write_text("u1 ONE\nb1 TWO\nu3 THREE\n")
    (data / "segments").write_text("u1 u1 0 -1\nb1 callB 0.5 1.5\nu3 u3 0 1\n")
    (data / "utt2spk").write_text("u1 s1\nb1 s2\nu3 s3\n")
    made, rows = prepared("kaldi", data)
    assert rows["channel"].fillna(0).tolist() == [0, 2]
    assert [Path(path).name for path in rows["path"]] == ["u1.flac", "call.sph"]
    assert "is the output of a command (wav.scp line 3)" in str(made.problems[0])
    assert not (tmp_path / "ran").exists()


def lhotse(folder: Path, transforms: list[dict[str, Any]] | None, *, more: dict[str, Any] | None = None) -> Path:
    sound(folder / "a.wav", 3.0)
    recording = {
        "id": "a",
        "sources": [{"type": "file", "channels": [0], "source": "a.wav"}],
        "sampling_rate": RATE,
        "num_samples": 3 * RATE,
        "duration": 3.0,
    }
    recording |= {} if transforms is None else {"transforms": transforms}
    supervision = {
        "id": "a-1",
        "recording_id": "a",
        "start": 0.5,
        "duration": 1.0,
        "channel": 0,
        "text": "one",
        "speaker": "s",
    }
    cut = {
        "id": "c",
        "start": 0.0,
        "duration": 3.0,
        "channel": 0,
        "supervisions": [supervision],
        "recording": recording,
        "type": "MonoCut",
    }
    lines = [json.dumps(cut), *([json.dumps(more)] if more else [])]
    (folder / "cuts.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.parametrize(
    ("transform", "words"),
    [({"name": "Speed", "kwargs": {"factor": 1.1}}, "Speed(factor=1.1)"), ({"name": "Volume", "kwargs": {"factor": 0.5}}, "Volume(factor=0.5)"),
     ({"name": "Tempo", "kwargs": {"factor": 0.9}}, "Tempo(factor=0.9)"), ({"name": "ReverbWithImpulseResponse", "kwargs": {}}, "ReverbWithImpulseResponse()")],
)  # fmt: skip
def test_what_lhotse_would_change_is_refused_with_the_change_named(
    transform: dict[str, Any], words: str, tmp_path: Path
) -> None:
    more = {
        "id": "d",
        "start": 0,
        "duration": 3.0,
        "channel": 0,
        "supervisions": [],
        "recording": {"id": "b"},
        "type": "MonoCut",
    }
    folder = lhotse(
        tmp_path / "l",
        [transform, {"name": "Resample", "kwargs": {"source_sampling_rate": 8000, "target_sampling_rate": RATE}}],
        more=more,
    )
    with pytest.raises(wb.WorkbenchError) as caught:
        prepared("lhotse", folder)
    assert f"is changed by {words} when lhotse reads it" in str(caught.value)


def test_a_recording_that_is_only_resampled_is_read_and_a_mixed_cut_is_named(tmp_path: Path) -> None:
    mixed = {"id": "m", "tracks": [{"cut": {}, "type": "MixTrack", "offset": 0.0}], "type": "MixedCut"}
    folder = lhotse(
        tmp_path / "l",
        [{"name": "Resample", "kwargs": {"source_sampling_rate": 8000, "target_sampling_rate": RATE}}],
        more=mixed,
    )
    made, rows = prepared("lhotse", folder)
    assert (rows["start_s"].tolist(), rows["end_s"].tolist()) == ([0.5], [1.5])
    assert "'m' is a MixedCut, not a part of one file" in str(made.problems[0])
