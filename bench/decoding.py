"""What the library's own decoding does beside greedy decoding, written as ``docs/decoding.md``.

``python -m bench.decoding [--shared DIR] [--store URL] [--engines SPEC ...] [--conditions ID ...] [--each N] [--workers N] [--write]``: clips of
common-voice-100, as many of each of the accents us, england and indian, through the same weights decoded greedily and with
``decoding=library``: timestamps, temperatures up to 1 on the thresholds of compression ratio and log probability, the text of the window
before; with faster-whisper five beams too. One study for each engine and condition; transcripts are kept in the store, so that the
command goes on where it stopped. With ``--write`` nothing is transcribed: the document is written from what the store has.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

import workbench as wb
from bench.real_speech import percent
from bench.severities import ACCENTS, chosen_speakers, short, spec_of
from bench.shared_folder import add_option
from workbench.fairness import compare
from workbench.fairness.words.invented import hallucinations
from workbench.results import loader
from workbench.runner import Local, run
from workbench.store import Store, open_store
from workbench.study import Study

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("whisper:tiny.en", "faster-whisper:tiny.en", "faster-whisper:base", "whisper:base")
CONDITIONS = ("babble@2", "clean", "white_noise@2", "place:ward-2@2", "place:ward@2")
LIBRARY = "?decoding=library"
NAME = "greedy and library's decoding"


def main() -> None:
    """Transcribe what is not in the store yet, or write the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--store", default="sqlite:///decoding.sqlite")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES))
    parser.add_argument("--conditions", nargs="+", default=list(CONDITIONS))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--each", type=int, default=8, help="clips of each accent")
    parser.add_argument("--write", action="store_true", help="write the document from what the store has")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "decoding.md")
    arguments = parser.parse_args()
    store = open_store(arguments.store)
    corpus = arguments.shared / "corpora" / "common-voice-100"
    speakers = chosen_speakers(corpus, arguments.each)
    if arguments.write:
        lines = document(stored(store, speakers), arguments.engines, arguments.conditions)
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as name:
        wb.prepare("common-voice", corpus, out=Path(name))
        for engine in arguments.engines:
            for condition in arguments.conditions:
                print(f"{engine}: {condition}", flush=True)
                run(study_of(engine, condition, speakers, Path(name)), store=store, executor=Local(arguments.workers))


def study_of(engine: str, condition: str, speakers: Sequence[str], base: Path) -> Study:
    """Return the study of one engine, decoded both ways, under one condition."""
    return Study.create(
        {
            "name": NAME, "corpus": ["common-voice.csv"], "attributes": ["accent"], "engines": [engine, engine + LIBRARY],
            "conditions": [condition], "normaliser": "whisper_en", "seed": 1, "margin": 0.05,
            "filter": {"speaker_id": list(speakers)},
        },
        base=base,
    )  # fmt: skip


def stored(store: Store, speakers: Sequence[str]) -> pd.DataFrame:
    """Return SCORES of every run of this command in the store, each row once, of these speakers."""
    frames = [
        loader.load(record.run_id, store=store).scores
        for record in store.runs()
        if record.study == NAME and record.done
    ]
    if not frames:
        raise SystemExit("the store has no run of this command; run it without --write first")
    scores = pd.concat(frames, ignore_index=True)
    scores = scores[scores["speaker_id"].astype(str).isin(speakers) & (scores["status"] == "ok")]
    return scores.drop_duplicates(["utterance_id", "condition_id", "model_id"], ignore_index=True)


def document(scores: pd.DataFrame, engines: Sequence[str], conditions: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the document."""
    models = {bare(name): str(name) for name in scores["model_id"].unique()}
    yield "# Greedy decoding and the library's own"
    yield ""
    yield "Written by `python -m bench.decoding --write`; do not edit. The same weights on the same clips of common-voice-100: word error rates in"
    yield "percent under `whisper_en`, greedy and with `decoding=library`, their paired difference in points with its 95 % interval clustered on the"
    yield "speaker, and how many transcripts of either look invented. Fewer clips than 100 are few: most intervals are wide, and where the interval"
    yield "holds 0, nothing was shown."
    yield ""
    yield (
        "| weights | condition | clips | greedy, library | difference | invented | "
        + " | ".join(f"difference, {accent}" for accent in ACCENTS)
        + " |"
    )
    yield "|---" * (6 + len(ACCENTS)) + "|"
    for engine in engines:
        for condition in conditions:
            pair = (models.get(engine, ""), models.get(engine + LIBRARY, ""))
            own = scores[(scores["condition_id"].astype(str) == condition) & scores["model_id"].astype(str).isin(pair)]
            if own["model_id"].astype(str).nunique() == 2:
                yield row(own, engine, condition, pair)
    yield ""
    yield "In `clean` and `white_noise@2` little falls back. Where the greedy text runs in loops, fallback shortens the loops; it does not make such audio"
    yield "legible. All 100 clips, of Whisper tiny.en: [real-speech.md](real-speech.md)."


def bare(model_id: str) -> str:
    """Return an engine as this command names it, from the id of its model: without what the engine adds by itself."""
    name, _, options = spec_of(model_id).partition("?")
    return name + (LIBRARY if "decoding=library" in options else "")


def row(scores: pd.DataFrame, engine: str, condition: str, pair: tuple[str, str]) -> str:
    """Return the row of one engine and condition."""
    found = compare(scores, scores, ["accent"], system=pair[0], versus=pair[1]).comparisons
    everybody = found[found["group"].astype(str) == ""].iloc[0]
    groups = {str(line["group"]): line for line in found.to_dict("records") if line["group"]}
    events = hallucinations(scores)
    events = events[events["event"] == "flagged as hallucinated"].set_index("model_id")["events"]
    invented = ", ".join(str(int(events.get(name, 0))) for name in pair)
    rates = f"{100 * everybody['rate_first']:.1f}, {100 * everybody['rate_second']:.1f}"
    cells = [difference(groups[accent]) if accent in groups else "-" for accent in ACCENTS]
    clips = scores["utterance_id"].nunique()
    return f"| {engine.partition(':')[0]} {short(engine)} | {condition} | {clips} | {rates} | {difference(everybody)} | {invented} | {' | '.join(cells)} |"


def difference(line: object) -> str:
    """Return a difference with its interval."""
    values = pd.Series(line)
    return percent(values["difference"], values["ci_low"], values["ci_high"], sign=True)


if __name__ == "__main__":
    main()
