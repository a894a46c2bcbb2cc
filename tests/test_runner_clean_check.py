"""A first look at a recogniser: the rate is that of jiwer on the same recordings, and failures are counted apart."""

from __future__ import annotations

from pathlib import Path

import jiwer
import pytest

from tests.corpus import make
from tests.pages import Stumbling, said
from workbench.corpora import load_corpus
from workbench.engines import ScriptedEngine
from workbench.engines.recommended import PRESETS, cautions, recommended
from workbench.runner import read
from workbench.runner.clean_check import clean_check
from workbench.text import get_normaliser


def test_the_rate_is_that_of_the_same_recordings(tmp_path: Path) -> None:
    utterances = load_corpus(make(tmp_path)).utterances
    result = clean_check(utterances, ScriptedEngine(said), get_normaliser("basic"), n=len(utterances))
    texts = [said(read(row)) for _, row in utterances.iterrows()]
    assert result.rate == pytest.approx(jiwer.wer(utterances["reference"].tolist(), texts))
    assert (result.n, result.speakers, result.failed) == (18, 6, 0)
    few = clean_check(utterances, Stumbling(said), get_normaliser("basic"))
    assert few.n + few.failed == 8
    assert few.failed > 0
    nothing = clean_check(utterances, ScriptedEngine(lambda wave: ""), get_normaliser("basic"))
    assert nothing.rate == 1.0
    assert nothing.unfit


def test_presets_say_what_brings_what_is_not_ready_and_cautions_are_those_of_the_study() -> None:
    frame = recommended().set_index("spec")
    assert list(frame.index) == [preset.spec for preset in PRESETS]
    assert ((frame["install"] == "") == frame["ready"]).all()
    sizes = frame["size_mb"].dropna()
    assert sizes["faster-whisper:large-v3"] > 10 * sizes["faster-whisper:base"]
    assert cautions(["pocketsphinx?grammar=a.gram", "faster-whisper:base"]) == []
    assert len(cautions(["pocketsphinx"])) == 1
