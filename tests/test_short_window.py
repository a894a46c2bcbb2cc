"""Shorter Whisper windows: how short one may be, what looks invented, and that it is decoded again in the full window."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.conftest import require
from workbench.audio import Waveform, decode
from workbench.engines import EngineFailure, Transcript, load_engine, short_window
from workbench.engines.spec import parse_spec
from workbench.engines.weights_packages import PACKAGED, installed_packages
from workbench.errors import EngineError

ENGINES = ("whisper", "faster-whisper")


def seconds(query: str) -> float:
    return short_window.window_seconds(parse_spec(f"whisper:tiny.en{query}", base=Path(), language="en"))


def test_the_window_is_full_unless_a_number_of_seconds_is_given() -> None:
    assert [seconds(query) for query in ("", "?window=full", "?window=30", "?window=15", "?window=17.5")] == [
        30,
        30,
        30,
        15,
        17.5,
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("fit", r"window=fit was withdrawn: .* invents text in loops .* write window=15 .* should not be used"),
        (
            "14.9",
            "window=14.9 is not a number of seconds from 15 to 30: in shorter windows Whisper invents text; write window=15",
        ),
        ("31", "window=31 is not a number of seconds from 15 to 30; write window=15"),
        ("nan", "window=nan is not a number"),
        ("short", "window=short is not a number"),
    ],
)
def test_a_window_that_is_not_offered_says_why_and_what_to_write(value: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        seconds(f"?window={value}")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_study_with_the_withdrawn_window_is_refused_before_weights_are_looked_for(engine: str) -> None:
    with pytest.raises(EngineError, match="window=fit was withdrawn"):
        load_engine(
            f"{engine}:no-such-model.pt?window=fit" if engine == "faster-whisper" else f"{engine}:tiny.en?window=fit"
        )


def test_the_window_is_never_shorter_than_the_utterance_and_half_a_second() -> None:
    for length in (0.1, 5.0, 14.4, 14.6, 20.0, 29.0, 30.0):
        window = short_window.positions(round(16_000 * length), 15.0) / 50
        assert max(15.0, min(30.0, length + 0.5)) <= window <= max(15.0, min(30.0, length + 1.5))


def answer(text: str = "some words", **figures: float) -> Transcript:
    return Transcript(text, 1.0, 0.5, {"avg_logprob": -0.5, "no_speech_prob": 0.1, "compression_ratio": 1.2, **figures})


def test_what_looks_invented_repeats_itself_is_unlikely_or_too_long() -> None:
    def invented(given: Transcript, tokens: int = 10) -> bool:
        return short_window.looks_invented(given, tokens=tokens, seconds=3.0)

    assert not invented(answer())
    assert not invented(Transcript("", 1.0))
    assert invented(answer(compression_ratio=2.5)) and not invented(answer(compression_ratio=2.4))
    assert invented(answer(avg_logprob=-1.1)) and not invented(answer(avg_logprob=-1.0))
    assert invented(answer(), tokens=41) and not invented(answer(), tokens=40)


def test_every_answer_says_which_window_it_is_from_and_counts_both_times() -> None:
    first, again = answer(), Transcript("other words", 2.0, 0.7, {"avg_logprob": -0.3})
    assert short_window.marked(first, None) == answer(decoded_again=0.0)
    final = short_window.marked(first, again)
    assert final == Transcript("other words", 3.0, 0.7, {"avg_logprob": -0.3, "decoded_again": 1.0})
    failure = short_window.marked(EngineFailure("no memory", 1.0), None)
    assert failure == EngineFailure("no memory", 1.0)


@pytest.mark.engine
@pytest.mark.long
@pytest.mark.parametrize("engine", ENGINES)
def test_invented_text_is_replaced_by_that_of_the_full_window(
    engine: str, shared_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In windows as short as the withdrawn ones trained weights do invent; those texts, and no others, are the full window's."""
    require(installed_packages(PACKAGED["tiny.en"]), f"not installed: {PACKAGED['tiny.en'].install}")
    clips = sorted((shared_dir / "corpora" / "common-voice-100" / "clips").iterdir())[:16]
    waves = [Waveform(decode(clip).samples, 16_000) for clip in clips]
    monkeypatch.setattr(short_window, "SAFE_S", 1.0)
    cut = load_engine(f"{engine}:tiny.en?device=cpu&window=1").transcribe(waves)
    full = load_engine(f"{engine}:tiny.en?device=cpu").transcribe(waves)
    again = 0
    for wave, short, whole in zip(waves, cut, full, strict=True):
        assert isinstance(short, Transcript) and isinstance(whole, Transcript)
        if short.extra["decoded_again"]:
            assert short.text == whole.text
            again += 1
        else:
            assert short.extra["compression_ratio"] <= 2.4 and short.extra["avg_logprob"] >= -1.0
            assert len(short.text.split()) <= math.ceil(10 * wave.duration_s + 10)
    assert 0 < again < len(waves)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("whisper:tiny.en?window=15&decoding=library", "leave out decoding, or window"),
        ("whisper:tiny.en?window=15&timestamps=yes&beam_size=2", "leave out beam_size, timestamps, or window"),
        ("whisper:tiny.en?decoding=library&fallback=yes", "decides on fallback too; leave out fallback, or decoding"),
        ("whisper:tiny.en?decoding=deployed", "decoding=deployed is unknown"),
        ("faster-whisper:tiny.en?window=15&decoding=library", "leave out decoding, or window"),
        ("faster-whisper:tiny.en?decoding=library&max_tokens=8", "leave out max_tokens, or decoding"),
        ("faster-whisper:tiny.en?vad=yes", "write decoding=library&vad=yes"),
    ],
)
def test_options_that_exclude_each_other_say_which_to_leave_out(spec: str, message: str) -> None:
    require(installed_packages(PACKAGED["tiny.en"]), f"not installed: {PACKAGED['tiny.en'].install}")
    with pytest.raises(EngineError, match=message):
        load_engine(spec)
