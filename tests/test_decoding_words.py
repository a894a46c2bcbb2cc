"""How a Whisper engine decoded is on the card in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import require
from workbench.engines import load_engine
from workbench.engines.decoding_words import decoding_in_words
from workbench.engines.weights_packages import PACKAGED, installed_packages


def words(engine: str, options: Mapping[str, Any]) -> str:
    return decoding_in_words(
        engine, {name: value if isinstance(value, str) else json.dumps(value) for name, value in options.items()}
    )


@pytest.mark.engine
@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("whisper:tiny.en", ["Greedy at temperature 0", "without timestamps"]),
        ("whisper:tiny.en?timestamps=yes", ["Greedy at temperature 0", "With timestamps"]),
        ("whisper:tiny.en?beam_size=3", ["With 3 beams at temperature 0"]),
        ("whisper:tiny.en?fallback=yes", ["sampled at higher temperatures"]),
        ("whisper:tiny.en?window=15", ["The window is 15 s or as long as the utterance", "decoded again"]),
        ("whisper:tiny.en?decoding=library", ["most who deploy it", "one beam", "seeded by the audio"]),
        ("faster-whisper:tiny.en", ["Greedy at temperature 0"]),
        ("faster-whisper:tiny.en?decoding=library", ["5 beams", "seeded by the audio"]),
        ("faster-whisper:tiny.en?decoding=library&vad=yes", ["5 beams", "voice activity"]),
    ],
)
def test_each_way_to_decode_has_its_words(spec: str, parts: list[str]) -> None:
    require(installed_packages(PACKAGED["tiny.en"]), f"not installed: {PACKAGED['tiny.en'].install}")
    engine = load_engine(f"{spec}{'&' if '?' in spec else '?'}device=cpu")
    told = words(engine.engine, engine.options)
    assert all(part in told for part in parts), told


def test_an_old_run_with_the_withdrawn_window_says_so_and_other_engines_say_nothing() -> None:
    assert "withdrawn" in words("whisper", {"window": "fit", "temperature": 0.0})
    assert words("pocketsphinx", {"window": "fit"}) == ""
