"""Conversations: the same numbers as meeteval's own reading of the same files, and the errors of each to whom they belong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench.__main__ import app
from workbench.errors import ScoringError
from workbench.extras import MissingPackageError
from workbench.fairness import score_table
from workbench.fairness.conversations import score_conversations

meeteval = pytest.importorskip("meeteval", reason="requirements-optional.txt brings it")

WORDS = ["pump", "off", "now", "please", "call", "nurse", "the", "turn"]


def meeting(seed: int, n: int = 14) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return reference and hypothesis segments (SegLST) of a made-up meeting: words lost, changed, moved to other streams."""
    rng = np.random.default_rng(seed)
    said, heard, time = [], [], 0.0
    for _ in range(n):
        speaker = f"s{rng.integers(3)}"
        words = [str(word) for word in rng.choice(WORDS, rng.integers(1, 6))]
        end = time + 0.4 * len(words)
        said.append(
            {
                "session_id": f"m{seed}",
                "speaker": speaker,
                "words": " ".join(words),
                "start_time": time,
                "end_time": end,
            }
        )
        kept = [str(rng.choice(WORDS)) if rng.random() < 0.2 else word for word in words if rng.random() > 0.15]
        stream = f"h{speaker[1]}" if rng.random() > 0.15 else f"h{rng.integers(4)}"
        if kept:
            heard.append(
                {
                    "session_id": f"m{seed}",
                    "speaker": stream,
                    "words": " ".join(kept),
                    "start_time": time + 0.1,
                    "end_time": end + 0.1,
                }
            )
        time = end + float(rng.random()) - 0.3
        time = max(time, 0.0)
    return said, heard


def files(
    folder: Path, meetings: list[tuple[list[dict[str, object]], list[dict[str, object]]]]
) -> tuple[Path, Path, Path]:
    """Return a manifest, and reference and hypothesis as SegLST for meeteval to read by itself."""
    said = [row for reference, _ in meetings for row in reference]
    heard = [row for _, hypothesis in meetings for row in hypothesis]
    manifest = pd.DataFrame(
        {
            "path": [f"{row['session_id']}.wav" for row in said],
            "reference": [row["words"] for row in said],
            "speaker_id": [f"{row['session_id']}-{row['speaker']}" for row in said],
            "start_s": [row["start_time"] for row in said],
            "end_s": [row["end_time"] for row in said],
            "accent": ["A" if row["speaker"] == "s0" else "B" for row in said],
            "utterance_id": [str(number) for number in range(len(said))],
        }
    )
    manifest.to_csv(folder / "m.csv", index=False)
    (folder / "ref.json").write_text(json.dumps(said))
    (folder / "hyp.json").write_text(json.dumps(heard))
    return folder / "m.csv", folder / "ref.json", folder / "hyp.json"


def segments(path: Path) -> object:
    return meeteval.io.SegLST(json.loads(path.read_text()))


METRICS = {
    "cpwer": lambda ref, hyp: meeteval.wer.cpwer(segments(ref), segments(hyp)),
    "tcpwer": lambda ref, hyp: meeteval.wer.tcpwer(segments(ref), segments(hyp), collar=1.0),
    "orcwer": lambda ref, hyp: meeteval.wer.orcwer(segments(ref), segments(hyp)),
}


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", [1, 2])
def test_every_recording_has_the_counts_of_meeteval_and_speakers_add_up_to_them(
    tmp_path: Path, metric: str, seed: int
) -> None:
    manifest, reference, hypothesis = files(tmp_path, [meeting(seed), meeting(seed + 100)])
    theirs = METRICS[metric](reference, hypothesis)
    ours = score_conversations(hypothesis, manifest, by=["accent"], metric=metric, collar_s=1.0, normaliser="none")
    assert len(ours.recordings) == len(theirs) == 2
    for row in ours.recordings.itertuples():
        one = theirs[Path(str(row.recording)).stem]
        assert (row.errors, row.length, row.insertions, row.deletions, row.substitutions) == (
            one.errors, one.length, one.insertions, one.deletions, one.substitutions,
        )  # fmt: skip
    assert ours.error_rate == float(meeteval.wer.combine_error_rates(*theirs.values()).error_rate)
    assert int(ours.scores["errors"].sum()) + int(ours.recordings["unassigned"].sum()) == int(
        ours.recordings["errors"].sum()
    )
    assert int(ours.rates["ref_words"].sum()) == int(ours.recordings["length"].sum())


def test_errors_belong_to_the_speaker_who_was_misheard(tmp_path: Path) -> None:
    said = [("s0", "turn the pump off", 0, 2), ("s1", "call the nurse now", 2, 4)]
    heard = [("x", "call nurse now", 2, 4), ("y", "turn the pump off", 0, 2), ("z", "thank you", 4, 5)]
    named = lambda rows: [  # noqa: E731
        {"session_id": "m", "speaker": who, "words": text, "start_time": start, "end_time": end}
        for who, text, start, end in rows
    ]
    manifest, _, hypothesis = files(tmp_path, [(named(said), named(heard))])
    for metric in METRICS:
        found = score_conversations(hypothesis, manifest, by=["accent"], metric=metric, normaliser="basic")
        errors = dict(zip(found.rates["accent"], found.rates["errors"], strict=True))
        assert errors == {"A": 0, "B": 1}, metric
        assert found.recordings["errors"].tolist() == [3]
        assert found.recordings["unassigned"].tolist() == [2]
        assert any(
            "2 words were written for streams that no reference speaker was given" in note for note in found.notes
        )


@pytest.mark.parametrize("metric", ["cpwer", "orcwer"])
def test_one_speaker_and_one_stream_have_the_plain_word_error_rate(tmp_path: Path, metric: str) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,reference,speaker_id,accent\nc1.wav,turn the pump off now,s,A\n")
    (tmp_path / "c1.txt").write_text("Turn a pump off.")
    plain = score_table(tmp_path / "c1.txt", references=manifest, by=["accent"]).rates.iloc[0]
    found = score_conversations(tmp_path / "c1.txt", manifest, by=["accent"], metric=metric).rates.iloc[0]
    assert found[["errors", "ref_words", "rate"]].tolist() == plain[["errors", "ref_words", "rate"]].tolist()


def test_what_cannot_be_scored_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text("path,reference,speaker_id,accent\nc1.wav,one,s,A\nc2.wav,two,t,B\n")
    (tmp_path / "c1.txt").write_text("one")
    with pytest.raises(ScoringError, match="no metric 'wer'; did you mean"):
        score_conversations(tmp_path / "c1.txt", manifest, metric="wer")
    with pytest.raises(ScoringError, match=r"c1.wav: the manifest has no times\n; tcpWER needs times"):
        score_conversations(tmp_path / "c1.txt", manifest, metric="tcpwer")
    with pytest.raises(ScoringError, match="no column 'acent'; did you mean 'accent'"):
        score_conversations(tmp_path / "c1.txt", manifest, by=["acent"])
    notes = score_conversations(tmp_path / "c1.txt", manifest).notes
    assert "1 recordings have no transcript and are left out: c2.wav" in notes
    assert any("the transcripts tell no speakers apart" in note for note in notes)
    monkeypatch.setitem(__import__("sys").modules, "meeteval", None)
    with pytest.raises(MissingPackageError, match=r"meeteval is not installed; pip install .*\[meetings\]"):
        score_conversations(tmp_path / "c1.txt", manifest)


def test_the_command_prints_what_python_returns(tmp_path: Path) -> None:
    manifest, _, hypothesis = files(tmp_path, [meeting(3)])
    answer = CliRunner().invoke(
        app, ["conversations", str(hypothesis), "--references", str(manifest), "--by", "accent", "--json"]
    )
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    ours = score_conversations(hypothesis, manifest, by=["accent"])
    assert found["error_rate"] == ours.error_rate
    assert [row["errors"] for row in found["rates"]] == ours.rates["errors"].tolist()
