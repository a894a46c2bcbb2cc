"""Words that failed are marked where they were heard: times travel from an engine or a vendor's file to the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.corpus import make
from tests.pages import findings, fine, said
from workbench.audio import Waveform
from workbench.engines import Engine, EngineFailure, ScriptedEngine, Transcript
from workbench.engines.word_times import as_numbers, times
from workbench.figures.spectrogram import Mark, figure
from workbench.pages.shared import display
from workbench.pages.shared.display import failed_words
from workbench.results import load, loader
from workbench.results.audio_facts import facts, reported
from workbench.runner import run
from workbench.store import open_store
from workbench.study import Study


class Timed(ScriptedEngine):
    """A scripted engine that says that each of its words takes a tenth of a second."""

    def transcribe(self, batch: list[Waveform]) -> list[Transcript | EngineFailure]:  # type: ignore[override]
        answers = super().transcribe(batch)
        return [
            Transcript(item.text, item.decode_s, item.confidence, {"avg": -1.0, **as_numbers(spans(item.text))})
            for item in answers
            if isinstance(item, Transcript)
        ]


def spans(text: str) -> list[tuple[float, float]]:
    return [(n / 10, (n + 1) / 10) for n, _ in enumerate(text.split())]


def test_failed_words_have_the_time_of_the_word_that_was_written_for_them() -> None:
    marks = failed_words("a b c d e", "a c d e z", spans("a c d e z"))
    assert marks == [Mark(0.1, 0.1, "(b)"), Mark(0.4, 0.5, "z")]
    assert failed_words("a b", "a c", [(0.0, 0.1)]) == [], "another number of words: nobody knows which is which"
    assert times({"word_start_s.0": 0.1}) == []


def test_times_are_kept_with_a_run_and_are_no_facts_of_the_audio(
    tmp_path: Path, manifests: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, synthetic=True)

    def loaded(spec: str, *, base: Path, language: str) -> Engine:
        return Timed(said)

    fields = {
        "name": "tones",
        "corpus": ["tones.csv"],
        "engines": ["scripted"],
        "conditions": ["clean"],
        "normaliser": "basic",
    }
    run_id = run(Study.create(fields, base=tmp_path), store=open_store(), engine_loader=loaded).run_id
    for results in (load(run_id), loader.load(run_id, kept=True)):
        row = next(row for row in results.scores.to_dict("records") if row["hypothesis_raw"])
        found = results.word_times(row["utterance_id"], "clean", "scripted")
        assert np.allclose(found, spans(row["hypothesis_raw"]))
        assert list(reported(results).columns) == ["avg"]
        assert not [name for name in facts(results).columns if "word_" in name]
    drawn: list[list[Mark]] = []
    monkeypatch.setattr(display, "spectrogram", lambda label, wave, marks=(): drawn.append(list(marks)))
    at = findings(view="Utterances", group_accent="~", condition="clean", order="wer")
    assert "Words that failed are marked" in " ".join(caption.value for caption in fine(at).caption)
    assert drawn[-1] and all(isinstance(mark, Mark) for mark in drawn[-1])


def test_marks_stand_on_the_picture_at_their_time() -> None:
    wave = Waveform(np.sin(np.arange(16_000) / 5).astype(np.float32) * 0.3, 16_000, "u", "s")
    from io import BytesIO

    plain, marked = (
        np.asarray(Image.open(BytesIO(figure(wave, title="t", marks=marks))).convert("RGB"), dtype=int)
        for marks in ((), (Mark(0.5, 0.75, "pump"),))
    )
    differs = np.flatnonzero((plain != marked).any(axis=(0, 2)))
    middle = (differs.min() + differs.max()) / 2 / plain.shape[1]
    assert 0.4 < middle < 0.75, "right of the middle of the axes, which stand left of the colour scale"
