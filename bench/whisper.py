"""Ratios of one run: Whisper engines over a loop of ``whisper.transcribe`` with the same options; and whether the text is the same.

``python -m bench.whisper [--rounds N] [--utterances N] [--seconds 2-10 1-2 ...]``: the dimensions of tiny.en, random weights,
which write on for as long as they may: 30 tokens; utterances of noise, of lengths that are alike likely; as many threads as
the libraries take by themselves. An engine is given as many utterances at a time as a run gives it. The loop hears every
second one; it takes as long for each. All take turns; the best round of each counts. Processor time is that of the same
rounds, which other work on the machine disturbs less. All have the allocator's settings of an engine's process in a run
(``--usual-allocator``: those of any process).

``python -m bench.whisper --exact [--shared DIR] [--model base.en]``: no times. Every recording of fsdd-600 and strings of them
through the trained checkpoint, with and without timestamps, and random weights at the real dimensions, against
``whisper.transcribe`` utterance by utterance; then again in another order and other batch sizes.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tests.speech import DIGITS
from workbench.audio import Waveform, decode
from workbench.engines import EngineFailure, Transcript, load_engine
from workbench.engines.engine_process import batch_size
from workbench.runner.local import ALLOCATOR

DIMENSIONS = {"tiny.en": (384, 6, 4), "base.en": (512, 8, 6)}
"""Width, heads and layers of encoder and decoder."""
OPTIONS: dict[str, Any] = {
    "language": "en", "temperature": 0.0, "condition_on_previous_text": False, "fp16": False, "compression_ratio_threshold": None,
}  # fmt: skip
TOKENS = 30


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--utterances", type=int, default=64)
    parser.add_argument("--seconds", nargs="+", default=["2-10"], help="lengths of utterances, such as 1-2 2-5 5-10")
    parser.add_argument("--model", choices=list(DIMENSIONS), default="tiny.en")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="with --exact: only every n-th recording and string")
    parser.add_argument("--usual-allocator", action="store_true")
    arguments = parser.parse_args()
    if not arguments.usual_allocator and not ALLOCATOR.items() <= os.environ.items():  # it reads them when it starts
        os.execve(sys.executable, [sys.executable, "-m", "bench.whisper", *sys.argv[1:]], os.environ | ALLOCATOR)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # converted weights go there
        path = random_checkpoint(Path(folder), arguments.model)
        if arguments.exact:
            exact(arguments.shared, path, arguments.utterances, arguments.every)
        else:
            engines = ready(path)
            for span in arguments.seconds:
                shortest, longest = map(float, span.split("-"))
                speed(path, engines, noise(arguments.utterances, shortest, longest), span, arguments.rounds)


def random_checkpoint(folder: Path, name: str) -> Path:
    """Write a checkpoint of a model's real dimensions with random weights; return its path."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    width, heads, layers = DIMENSIONS[name]
    torch.manual_seed(0)
    model = Whisper(ModelDimensions(80, 1500, width, heads, layers, 51864, 448, width, heads, layers))
    for part, weight in model.named_parameters():  # torch's own start repeats its first token for ever
        if weight.ndim > 1:
            scale = 2.0 if "query" in part or "key" in part else 1.0
            torch.nn.init.normal_(weight, std=0.05 if "embedding" in part else scale / math.sqrt(weight[0].numel()))
    path = folder / f"random-{name}.pt"
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, path)
    return path


def noise(n: int, shortest: float = 2.0, longest: float = 10.0) -> list[Waveform]:
    """Return utterances of so many seconds whose loudness rises and falls."""
    rng = np.random.default_rng(1)
    made = []
    for number in range(n):
        seconds = rng.uniform(shortest, longest)
        envelope = np.sin(np.linspace(0, seconds * rng.uniform(2, 8), round(seconds * 16_000))) ** 2
        made.append(
            Waveform((rng.normal(0, 0.1, len(envelope)) * envelope).astype(np.float32), 16_000, f"noise/{number}")
        )
    return made


def loop(path: Path, waves: Sequence[Waveform], **options: Any) -> list[str]:
    """Return the texts of ``whisper.transcribe``, one utterance after the other."""
    import whisper

    model = whisper.load_model(str(path), device="cpu")
    return [transcribed(model, wave, **options) for wave in waves]


def transcribed(model: Any, wave: Waveform, **options: Any) -> str:
    """Return the text of ``whisper.transcribe``."""
    return str(model.transcribe(wave.samples, **{**OPTIONS, "without_timestamps": True, **options})["text"]).strip()


def texts(engine: Any, waves: Sequence[Waveform]) -> list[str]:
    """Return an engine's texts, given as many utterances at a time as in a run; a failure becomes its reason."""
    size = batch_size(engine)
    found = [answer for at in range(0, len(waves), size) for answer in engine.transcribe(waves[at : at + size])]
    return [answer.text if isinstance(answer, Transcript) else answer.error for answer in found]


def ready(path: Path) -> dict[str, Any]:
    """Return the engines by the names under which they are told."""
    specs = {"whisper": f"whisper:{path}?device=cpu"}
    if find_spec("faster_whisper") is not None:
        specs["faster-whisper int8"] = f"faster-whisper:{path}?device=cpu"
    windows = {"": "", " window=fit": "&window=fit"}
    return {
        f"{name}{told}": load_engine(f"{spec}{query}&max_tokens={TOKENS}")
        for name, spec in specs.items()
        for told, query in windows.items()
    }


def speed(path: Path, engines: dict[str, Any], waves: list[Waveform], span: str, rounds: int) -> None:
    """Print milliseconds per utterance and ratios."""
    import whisper

    model = whisper.load_model(str(path), device="cpu")
    ways: dict[str, Callable[[], list[str]]] = {
        "loop": lambda: [transcribed(model, wave, sample_len=TOKENS) for wave in waves[::2]]
    }
    for name, engine in engines.items():
        ways[name] = lambda engine=engine: texts(engine, waves)
        ways[name]()
    best = {name: (math.inf, math.inf) for name in ways}
    said: dict[str, list[str]] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            processor, began = time.process_time(), time.perf_counter()
            said[name] = way()
            took = (time.perf_counter() - began, time.process_time() - processor)
            best[name] = (min(best[name][0], took[0]), min(best[name][1], took[1]))
            print(f"{name}: {took[0]:.1f} s, processor {took[1]:.1f} s", file=sys.stderr, flush=True)
    heard = said.pop("loop")
    wall, processor = (1000.0 * one / len(heard) for one in best.pop("loop"))
    print(f"{span} s: {'loop':28} {wall:7.1f} ms per utterance, processor {processor:7.1f} ms", flush=True)
    for name, texts_of in said.items():
        own, spent = (1000.0 * one / len(waves) for one in best[name])
        same = sum(one == other for one, other in zip(texts_of[::2], heard, strict=True))
        print(
            f"{span} s: {name:28} {own:7.1f} ms per utterance, processor {spent:7.1f} ms; ratio {wall / own:5.2f}, of processor"
            f" time {processor / spent:5.2f}; text of the loop: {same}/{len(heard)}",
            flush=True,
        )


def exact(shared: Path, random: Path, n: int, every: int = 1) -> None:
    """Print how many texts are those of ``whisper.transcribe``."""
    digits = shared / "models" / "whisper-digits.pt"
    recordings = [
        Waveform(decode(path).samples, 16_000, path.stem)
        for path in sorted((shared / "corpora" / "fsdd-600" / "recordings").glob("*.wav"))
    ]
    strings = joined(recordings, 150)[::every]
    compare("fsdd-600", digits, recordings[::every])
    compare("digit strings", digits, strings)
    compare("digit strings, timestamps", digits, strings, "&timestamps=yes", without_timestamps=False)
    compare(f"{random.stem}", random, noise(n), f"&max_tokens={TOKENS}", sample_len=TOKENS)
    compare_tokens(random, noise(n))


def compare(what: str, path: Path, waves: Sequence[Waveform], query: str = "", **options: Any) -> None:
    """Print how many texts agree, and how many are the same in other batches and backwards."""
    engine: Any = load_engine(f"whisper:{path}?device=cpu{query}")
    other = load_engine(f"whisper:{path}?device=cpu&batch_size=5{query}")
    forwards, wanted = engine.transcribe(waves), loop(path, waves, **options)
    same = sum(one.text == text for one, text in zip(forwards, wanted, strict=True) if isinstance(one, Transcript))
    some = waves[::5]
    others = zip(
        forwards[::5], other.transcribe(some[::-1])[::-1], [engine.transcribe([wave])[0] for wave in some], strict=True
    )
    alike = sum(len({content(one) for one in three}) == 1 for three in others)
    print(
        f"{what}: {same} of {len(waves)} texts are those of whisper.transcribe; {alike} of {len(some)} are the same to the last bit"
        f" of the confidence in batches of {engine.batch_size}, 5 (backwards) and 1; deviation {engine.batches.deviation():.1e}, decided at"
        f" {engine.batches.tolerance:.1e}",
        flush=True,
    )


def compare_tokens(path: Path, waves: Sequence[Waveform]) -> None:
    """Print how many utterances have whisper's tokens, one by one, before anything is left to whisper itself."""
    import whisper

    from workbench.engines.whisper_windows import spectrogram

    engine: Any = load_engine(f"whisper:{path}?device=cpu&max_tokens={TOKENS}")
    model = whisper.load_model(str(path), device="cpu")
    options = {**OPTIONS, "without_timestamps": True, "sample_len": TOKENS}
    found = engine.batches.decode([spectrogram(wave.samples, model.dims.n_mels, 3_000) for wave in waves])
    wanted = [model.transcribe(wave.samples, **options)["segments"][0]["tokens"] for wave in waves]
    made = [(one.tokens, tokens) for one, tokens in zip(found, wanted, strict=True) if one is not None]
    print(
        f"{path.stem}: {sum(own == theirs for own, theirs in made)} of {len(made)} have whisper's {TOKENS} tokens;"
        f" {len(found) - len(made)} of {len(found)} are left to whisper",
        flush=True,
    )


def content(answer: Transcript | EngineFailure) -> tuple[Any, ...]:
    """Return an answer without its time."""
    return (
        (answer.text, answer.confidence, *sorted(answer.extra.items()))
        if isinstance(answer, Transcript)
        else (answer.error,)
    )


def joined(recordings: Sequence[Waveform], n: int) -> list[Waveform]:
    """Return the strings of :func:`spoken` without what is said in them."""
    return [wave for _, wave in spoken(recordings, n)]


def spoken(recordings: Sequence[Waveform], n: int, longest: int = 9) -> list[tuple[str, Waveform]]:
    """Return strings of 2 to ``longest`` recordings of one speaker, with .2 s of silence between them, and the digits said.

    ``recordings`` are named as in the Free Spoken Digit Dataset: digit, speaker, number.
    """
    rng = np.random.default_rng(2)
    gap = np.zeros(3_200, dtype=np.float32)
    named = [(wave.utterance_id.split("_"), wave.samples) for wave in recordings]
    speakers = sorted({name[1] for name, _ in named})
    made = []
    for number in range(n):
        speaker = speakers[number % len(speakers)]
        own = [(name[0], samples) for name, samples in named if name[1] == speaker]
        parts = [own[int(at)] for at in rng.integers(0, len(own), rng.integers(2, longest + 1))]
        samples = np.concatenate([gap, *(piece for _, part in parts for piece in (part, gap))])
        text = " ".join(DIGITS[int(digit)] for digit, _ in parts)
        made.append((text, Waveform(samples, 16_000, f"strings/{number}", speaker)))
    return made


if __name__ == "__main__":
    main()
