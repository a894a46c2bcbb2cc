"""Measured rooms against synthetic ones: what a recogniser makes of the same speech, written as ``docs/real-rooms.md``.

``python -m bench.real_rooms [--shared DIR] [--store URL] [--engine SPEC] [--workers N] [--out FILE]``: the 100 clips of
common-voice-100 through the recorded impulse responses of ``shared/corpora/fixtures/RIRs`` whose decay can be measured, and through two
synthetic rooms that have the response's own reverberation time and direct-to-reverberant ratio: ``room`` (Polack's
tail), and the image method of pyroomacoustics (``pip install pyroomacoustics==0.8.4``; left out where it is missing), whose
responses are heard through ``user_room`` as the recorded ones are. Word error rates are paired clip by clip, STOI is the
mean over clips. Transcripts are kept in the store, so that the command goes on where it stopped.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import soundfile

import workbench as wb
from bench.shared_folder import add_option
from workbench.audio import SAMPLE_RATE, decode
from workbench.conditions.arrays import Floats
from workbench.conditions.room_responses import split
from workbench.conditions.user_room import described
from workbench.fairness import compare
from workbench.results import loader
from workbench.results.audio_facts import facts as facts_of
from workbench.runner import Local, run
from workbench.store import open_store
from workbench.study import Study

ROOT = Path(__file__).resolve().parents[1]
VOLUME_M3 = 60.0
"""Of the image method's room: that of ``room``."""


class Measured(NamedTuple):
    """A recorded response: its name, reverberation time and direct-to-reverberant ratio."""

    name: str
    rt60_s: float
    drr_db: float


def main() -> None:
    """Run the study and write the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--store", default="sqlite:///real-rooms.sqlite")
    parser.add_argument("--engine", default="faster-whisper:tiny.en")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "real-rooms.md")
    arguments = parser.parse_args()
    folder = arguments.shared / "corpora" / "fixtures" / "RIRs"
    every = [measured(path) for path in sorted(folder.glob("*.wav"))]
    rooms = [room for room in every if math.isfinite(room.rt60_s)]
    drowned = [room.name for room in every if not math.isfinite(room.rt60_s)]
    store = open_store(arguments.store)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        wb.prepare("common-voice", arguments.shared / "corpora" / "common-voice-100", out=place)
        conditions = {"clean": ("", "clean")}
        for room in rooms:
            (place / "measured" / room.name).mkdir(parents=True)
            (place / "measured" / room.name / "response.wav").write_bytes((folder / f"{room.name}.wav").read_bytes())
            conditions[f"user_room@2?folder=measured/{room.name}"] = (room.name, "measured")
            conditions[f"room?rt60_s={room.rt60_s:.3f}&drr_db={room.drr_db:.1f}"] = (room.name, "room")
            if find_spec("pyroomacoustics"):
                (place / "image" / room.name).mkdir(parents=True)
                soundfile.write(
                    place / "image" / room.name / "response.wav", image_method(room), SAMPLE_RATE, subtype="FLOAT"
                )
                conditions[f"user_room@2?folder=image/{room.name}"] = (room.name, "image method")
        study = Study.create(
            {
                "name": "real rooms", "corpus": ["common-voice.csv"], "attributes": ["accent"], "engines": [arguments.engine],
                "conditions": list(conditions), "normaliser": "whisper_en", "seed": 1, "margin": 0.05,
            },
            base=place,
        )  # fmt: skip
        record = run(study, store=store, executor=Local(arguments.workers))
        results = loader.load(record.run_id, store=store)
        named = {wb.parse_condition(text).condition_id: where for text, where in conditions.items()}
        scores = labelled(results.scores, named)
        facts = labelled(facts_of(results), named)
    arguments.out.write_text(
        "\n".join(document(rooms, drowned, scores, facts, arguments.engine)) + "\n", encoding="utf-8"
    )


def measured(path: Path) -> Measured:
    """Return what can be measured of a response; a decay that drowns in the response's own noise is NaN."""
    wave = decode(path)
    direct, border = split(wave.samples, sample_rate=wave.sample_rate)
    facts = described(wave.samples / wave.samples[direct], border, sample_rate=wave.sample_rate)
    return Measured(path.stem, facts.get("rt60_s", math.nan), facts["drr_db"])


def image_method(room: Measured) -> Floats:
    """Return the response of a shoe-box room whose reverberation time and ratio are nearest to the measured ones.

    Absorption by Sabine's formula for the reverberation time; then the distance, of those in the room, whose response has
    the nearest direct-to-reverberant ratio.

    Source: Allen and Berkley (1979), J. Acoust. Soc. Am. 65; Scheibler et al. (2018), pyroomacoustics.
    """
    import pyroomacoustics

    size = np.array([5.0, 4.0, VOLUME_M3 / 20.0])
    absorption, order = pyroomacoustics.inverse_sabine(room.rt60_s, size)
    best, nearest = None, np.inf
    for distance in np.geomspace(0.15, 3.0, 16):
        box = pyroomacoustics.ShoeBox(
            size, fs=SAMPLE_RATE, materials=pyroomacoustics.Material(absorption), max_order=order
        )
        talker = np.array([1.1, 1.3, 1.5])
        box.add_source(talker)
        box.add_microphone(talker + distance * np.array([0.8, 0.55, 0.1]) / np.linalg.norm([0.8, 0.55, 0.1]))
        box.compute_rir()
        response = np.asarray(box.rir[0][0], dtype=np.float64)
        response /= np.abs(response).max()
        direct, border = split(response, sample_rate=SAMPLE_RATE)
        ratio = described(response / response[direct], border, sample_rate=SAMPLE_RATE)["drr_db"]
        if abs(ratio - room.drr_db) < nearest:
            best, nearest = response, abs(ratio - room.drr_db)
    assert best is not None
    return best


def labelled(table: pd.DataFrame, named: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Return a table with the room as its condition, and which way it was made as the model."""
    places = table["condition_id"].astype(str).map(named)
    return table.assign(condition_id=[room for room, _ in places], model_id=[way for _, way in places])


def document(
    rooms: list[Measured], drowned: list[str], scores: pd.DataFrame, facts: pd.DataFrame, engine: str
) -> Iterator[str]:
    """Yield the lines of the document."""
    ways = [way for way in ("room", "image method") if way in set(scores["model_id"])]
    rates = scores.groupby(["condition_id", "model_id"])[["errors", "ref_words"]].sum()
    rate = 100 * rates["errors"] / rates["ref_words"]
    stoi = facts.groupby(["condition_id", "model_id"])["stoi"].mean()
    yield "# Real rooms"
    yield ""
    yield "Written by `python -m bench.real_rooms`; do not edit. Does a synthetic room stand for a real one? The same"
    yield f"{scores['utterance_id'].nunique()} clips of common-voice-100 were heard by `{engine}` through recorded impulse responses and through synthetic rooms with"
    yield "the same reverberation time (RT60) and direct-to-reverberant ratio (DRR). Differences are points of word error rate of the"
    yield f"synthetic room beyond the recorded one, paired, with 95 % intervals clustered on the speaker. Clean: {rate['', 'clean']:.1f} %."
    yield ""
    yield (
        "| response | RT60 s | DRR dB | recorded: WER %, STOI | "
        + " | ".join(f"`{way}`: WER %, STOI | difference" for way in ways)
        + " |"
    )
    yield "|---|---|---|---|" + "---|---|" * len(ways)
    differences = {
        way: compare(scores, scores, [], system="measured", versus=way).comparisons.set_index("condition_first")
        for way in ways
    }
    for room in rooms:
        cells = [f"{rate[room.name, 'measured']:.1f}, {stoi[room.name, 'measured']:.2f}"]
        for way in ways:
            row = differences[way].loc[room.name]
            cells.append(f"{rate[room.name, way]:.1f}, {stoi[room.name, way]:.2f}")
            cells.append(f"{100 * row['difference']:+.1f} ({100 * row['ci_low']:+.1f} to {100 * row['ci_high']:+.1f})")
        yield f"| {room.name} | {room.rt60_s:.2f} | {room.drr_db:+.1f} | {' | '.join(cells)} |"
    yield ""
    yield "`room` is Polack's tail: noise that decays, without early reflections, alike at all frequencies. The image method has early"
    yield f"reflections of a box of {VOLUME_M3:.0f} m3 with walls of one absorption."
    yield ""
    if len(ways) == 2:
        nearer = sum(
            abs(rate[room.name, "image method"] - rate[room.name, "measured"])
            < abs(rate[room.name, "room"] - rate[room.name, "measured"])
            for room in rooms
        )
        yield f"It came nearer to the recorded response than `room` in {nearer} of {len(rooms)} rooms."
    easier = differences["room"].loc[[room.name for room in rooms]]
    yield f"`room` was easier for the recogniser than the recorded response in {int((easier['difference'] < 0).sum())} of {len(rooms)}; the interval excludes"
    yield f"equality in {int((easier['ci_high'] < 0).sum())}."
    yield ""
    if drowned:
        yield f"Left out: {', '.join(drowned)}, whose decay drowns in the response's own noise, so that no synthetic room can be given the same RT60."
    yield f"{len(rooms)} responses, of which nothing is known but what is measured here, are no sample of rooms: the table says whether a synthetic room with"
    yield "the same two numbers was harder or easier for this recogniser. For a room of your own, record its response and use `user_room`."


if __name__ == "__main__":
    main()
