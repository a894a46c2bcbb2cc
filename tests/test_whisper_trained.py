"""Whisper with trained weights on real speech: the loop's text, whatever is decoded beside it, and decoding as the library does it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import whisper

from tests.conftest import require
from workbench.audio import Waveform, decode
from workbench.conditions import CATALOGUE, rng_for
from workbench.engines import Engine, Transcript, load_engine
from workbench.engines.testing import check_engine
from workbench.engines.weights_packages import PACKAGED, installed_packages
from workbench.runner import Local, Ray, run
from workbench.store import open_store
from workbench.study import Study

pytestmark = pytest.mark.engine
GREEDY: dict[str, Any] = {"language": "en", "temperature": 0.0, "fp16": False}


@pytest.fixture(scope="module", autouse=True)
def weights() -> None:
    require(installed_packages(PACKAGED["tiny.en"]), f"not installed: {PACKAGED['tiny.en'].install}")


@pytest.fixture(scope="module")
def clips(shared_dir: Path) -> list[Waveform]:
    """The 100 clips of common-voice-100, in the order of their table."""
    root = shared_dir / "corpora" / "common-voice-100"
    with (root / "validated.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Waveform(decode(root / "clips" / row["path"]).samples, 16_000, row["path"]) for row in rows]


def degraded(waves: list[Waveform], condition: str) -> list[Waveform]:
    made = CATALOGUE[condition]
    return [
        Waveform(made.apply(wave, rng_for(made.condition_id, slot, seed=1)).wave.samples, 16_000, wave.utterance_id)
        for slot, wave in enumerate(waves)
    ]


def texts(engine: Engine, waves: list[Waveform]) -> list[str]:
    answers = engine.transcribe(waves)
    assert all(isinstance(answer, Transcript) for answer in answers), answers
    return [answer.text for answer in answers if isinstance(answer, Transcript)]


def loop(engine: Any, waves: list[Waveform], **options: Any) -> list[str]:
    """Return the texts of ``whisper.transcribe``, one utterance after the other, by the engine's own weights."""
    return [whisper.transcribe(engine.model, wave.samples, **GREEDY, **options)["text"].strip() for wave in waves]


def joined(waves: list[Waveform], each: int) -> list[Waveform]:
    """Return utterances of so many clips one behind the other."""
    return [
        Waveform(np.concatenate([wave.samples for wave in waves[at : at + each]]), 16_000, f"joined/{at}")
        for at in range(0, len(waves) - each + 1, each)
    ]


@pytest.mark.long
@pytest.mark.parametrize("condition", ["clean", "white_noise@2"])
def test_every_clip_has_the_text_of_the_loop_whatever_the_batch_and_the_order(
    condition: str, clips: list[Waveform]
) -> None:
    waves = clips if condition == "clean" else degraded(clips, condition)
    engine = load_engine("whisper:tiny.en?device=cpu")
    found = texts(engine, waves)
    assert found == loop(engine, waves, without_timestamps=True, condition_on_previous_text=False)
    some = waves[:20]
    assert texts(load_engine("whisper:tiny.en?device=cpu&batch_size=3"), some[::-1])[::-1] == found[:20]


@pytest.mark.long
def test_audio_of_several_windows_has_the_text_of_the_loop(clips: list[Waveform]) -> None:
    """12 utterances of more than 30 s, with timestamps; and with conditioning on previous text at temperature 0."""
    waves = joined(clips[:96], 8)
    assert len(waves) == 12 and min(wave.duration_s for wave in waves) > 30
    engine: Any = load_engine("whisper:tiny.en?device=cpu")
    assert texts(engine, waves) == loop(engine, waves, condition_on_previous_text=False)
    from workbench.engines.whisper_transcription import Utterance, transcribe_together

    settings = {**load_engine("whisper:tiny.en?device=cpu&decoding=library").decoding, **GREEDY}  # type: ignore[attr-defined]
    found = transcribe_together(
        engine.batches, [Utterance(wave.samples) for wave in waves[:3]], {**settings, "without_timestamps": False}
    )
    assert [getattr(one, "text", one).strip() for one in found] == loop(engine, waves[:3])


@pytest.mark.long
def test_unrounded_weights_in_both_engines_write_the_same(clips: list[Waveform]) -> None:
    first = texts(load_engine("whisper:tiny.en?device=cpu"), clips[:24])
    assert texts(load_engine("faster-whisper:tiny.en?device=cpu&compute_type=float32"), clips[:24]) == first


@pytest.mark.long
@pytest.mark.parametrize(
    "spec", ["whisper:tiny.en?device=cpu&decoding=library", "faster-whisper:tiny.en?device=cpu&decoding=library"]
)
def test_what_is_sampled_does_not_depend_on_batch_order_or_engine_object(spec: str, clips: list[Waveform]) -> None:
    """At the bedside the weights are unsure of half the clips, and both libraries sample."""
    waves = degraded(clips[:8], "white_noise@4")
    engine = load_engine(spec)
    answers = engine.transcribe(waves)
    assert any(isinstance(one, Transcript) and one.extra.get("temperature", 0.0) > 0 for one in answers)
    found = [(one.text, one.confidence) for one in answers if isinstance(one, Transcript)]
    again = load_engine(spec).transcribe([*clips[:1], *waves[::-1]])[:0:-1]
    assert [(one.text, one.confidence) for one in again if isinstance(one, Transcript)] == found


@pytest.mark.long
def test_workers_and_executors_write_the_same(clips: list[Waveform], shared_dir: Path, tmp_path: Path) -> None:
    root = shared_dir / "corpora" / "common-voice-100" / "clips"
    rows = [f"{wave.utterance_id},{wave.utterance_id},{n},x" for n, wave in enumerate(clips[:8])]
    (tmp_path / "cv.csv").write_text("path,utterance_id,speaker_id,reference\n" + "\n".join(rows) + "\n")
    (tmp_path / "cv.toml").write_text(
        f'title = "cv"\nlicence = "CC0-1.0"\nsource = "x"\nlanguage = "en"\naudio_root = "{root}"\n'
    )
    study = Study.create(
        {
            "name": "same", "corpus": ["cv.csv"], "conditions": ["clean", "white_noise@4"],
            "engines": ["whisper:tiny.en?decoding=library", "faster-whisper:tiny.en?window=15"],
        },
        base=tmp_path,
    )  # fmt: skip
    found = []
    for number, executor in enumerate((Local(1), Local(2), Ray(workers=2))):
        store = open_store(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        record = run(study, store=store, executor=executor)
        frame = store.rows(record.run_id).sort_values(["model_id", "condition_id", "utterance_id"])
        found.append(frame[["model_id", "condition_id", "utterance_id", "hypothesis_raw", "status"]].to_dict("records"))
        store.close()
    assert len(found[0]) == 32 and found[0] == found[1] == found[2]


@pytest.mark.long
@pytest.mark.parametrize(
    "spec",
    [
        "whisper:tiny.en?device=cpu",
        "whisper:tiny.en?device=cpu&window=15",
        "whisper:tiny.en?device=cpu&decoding=library",
        "faster-whisper:tiny.en?device=cpu",
        "faster-whisper:tiny.en?device=cpu&window=15",
        "faster-whisper:tiny.en?device=cpu&decoding=library&vad=yes",
    ],
)
def test_the_contract_holds_on_trained_weights(spec: str, clips: list[Waveform]) -> None:
    check_engine(lambda: load_engine(spec), waves=clips[:3], threads=spec.startswith("faster"))


def test_the_ways_to_decode_are_models_of_their_own_and_say_what_they_do() -> None:
    import inspect

    from faster_whisper import WhisperModel

    greedy, library = (
        load_engine("whisper:tiny.en?device=cpu"),
        load_engine("whisper:tiny.en?device=cpu&decoding=library"),
    )
    assert greedy.digest != library.digest and "decoding=library" in library.model_id
    defaults = inspect.signature(whisper.transcribe).parameters
    for name in (
        "compression_ratio_threshold",
        "logprob_threshold",
        "no_speech_threshold",
        "condition_on_previous_text",
    ):
        assert library.options[name] == defaults[name].default
    assert tuple(library.options["temperature"]) == defaults["temperature"].default == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert library.options["without_timestamps"] == "never" and "seeded" in library.options["sampling"]
    other = load_engine("faster-whisper:tiny.en?device=cpu&decoding=library&vad=yes")
    assert other.options["vad_filter"] is True and other.options["beam_size"] == 5
    theirs = inspect.signature(WhisperModel.transcribe).parameters
    assert other.options["best_of"] == theirs["best_of"].default
