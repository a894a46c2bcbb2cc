"""Real speech through trained weights: a study of common-voice-100 under four conditions, written as ``docs/real-speech.md``.

``python -m bench.real_speech [--shared DIR] [--store URL] [--engines SPEC ...] [--conditions ID ...] [--workers N] [--out FILE]``:
100 clips of 99 speakers, clean and under three conditions, through PocketSphinx and Whisper tiny.en and base (8-bit weights, greedy
decoding). Transcripts are kept in the store, so that the command goes on where it stopped. With
``--beside`` two more engines are compared, such as other ways to decode with the same weights. The
service card of the run is verified before anything is written. ``--run ID`` and ``--beside-run ID`` take runs that the store has.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

import workbench as wb
from bench.shared_folder import add_option
from workbench import cards
from workbench.fairness import compare
from workbench.fairness.words.invented import hallucinations
from workbench.results import loader
from workbench.runner import Local, run
from workbench.store import Store, open_store
from workbench.study import Study

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("pocketsphinx", "faster-whisper:tiny.en", "faster-whisper:base")
CONDITIONS = ("clean", "white_noise@2", "babble@2", "place:ward@2")
REFERENCE = "us"
MARGIN = 0.05
LEAST_SPEAKERS = 15
"""Of a group that is named; the other accents of the corpus have one to four speakers."""


def main() -> None:
    """Run the study and write the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--store", default="sqlite:///real-speech.sqlite")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES))
    parser.add_argument("--conditions", nargs="+", default=list(CONDITIONS))
    parser.add_argument(
        "--beside", nargs=3, action="append", default=[], metavar=("SPEC", "SPEC", "CONDITIONS"),
        help="two engines to compare, and the conditions with commas",
    )  # fmt: skip
    parser.add_argument("--run", help="a run in the store, in place of the study")
    parser.add_argument(
        "--beside-run", nargs="*", default=[], help="runs in the store with two engines; ID+ID: with one each"
    )
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "real-speech.md")
    arguments = parser.parse_args()
    store = open_store(arguments.store)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wb.prepare("common-voice", arguments.shared / "corpora" / "common-voice-100", out=folder)
        if arguments.run:
            results = loader.load(arguments.run, store=store)
        else:
            results = evaluated(
                folder, "real speech", arguments.engines, arguments.conditions, store, arguments.workers
            )
        files = cards.write_card(cards.build_card(results), folder / "card")
        verified = cards.verify_card(files.json, store=store)
        if not verified.holds:
            raise SystemExit(f"the service card does not follow from the transcripts: {verified.differences[:3]}")
        beside = [
            evaluated(folder, f"{first} and {second}", [first, second], conditions.split(","), store, arguments.workers)
            for first, second, conditions in arguments.beside
        ]
        pairs = [pair_of(results.scores, [info.model_id for info in results.models]) for results in beside]
        pairs += [joined(runs.split("+"), store) for runs in arguments.beside_run]
    arguments.out.write_text("\n".join(document(results, pairs, verified.n_values)) + "\n", encoding="utf-8")


def evaluated(
    folder: Path, name: str, engines: Sequence[str], conditions: Sequence[str], store: Store, workers: int
) -> loader.Results:
    """Return the results of the study, transcribed where the store has no transcript yet."""
    study = Study.create(
        {
            "name": name, "corpus": ["common-voice.csv"], "attributes": ["accent"], "engines": list(engines),
            "conditions": list(conditions), "normaliser": "whisper_en", "seed": 1, "margin": MARGIN,
        },
        base=folder,
    )  # fmt: skip
    record = run(study, store=store, executor=Local(workers))
    return loader.load(record.run_id, store=store)


class Pair(NamedTuple):
    """SCORES of two models on the same clips, and which is the first and the second."""

    scores: pd.DataFrame
    first: str
    second: str


def pair_of(scores: pd.DataFrame, models: Sequence[str]) -> Pair:
    """Return the scores of two models of the same weights, the usual decoding first."""
    first = models[0]
    second = next(name for name in models[1:] if short(name).partition("?")[0] == short(first).partition("?")[0])
    conditions = [set(scores.loc[scores["model_id"] == name, "condition_id"]) for name in (first, second)]
    wanted = scores["model_id"].isin([first, second]) & scores["condition_id"].isin(conditions[0] & conditions[1])
    return Pair(scores[wanted], first, second)


def joined(run_ids: Sequence[str], store: Store) -> Pair:
    """Return the pair of a run with two models, or of two runs of the same corpus."""
    runs = [loader.load(run_id, store=store) for run_id in run_ids]
    models = [info.model_id for results in runs for info in results.models]
    return pair_of(pd.concat([results.scores for results in runs], ignore_index=True), models)


def short(model_id: str) -> str:
    """Return a model's name without the digest."""
    return model_id.partition("#")[0].replace("compute_type=int8&", "").replace("?compute_type=int8", "")


def percent(rate: float, low: float, high: float, *, sign: bool = False) -> str:
    """Return a rate or difference with its interval, in percent."""
    if pd.isna(rate):
        return "-"
    form = "+.1f" if sign else ".1f"
    limits = f" ({100 * low:{form}} to {100 * high:{form}})" if pd.notna(low) and pd.notna(high) else ""
    return f"{100 * rate:{form}}{limits}"


def named(results: loader.Results) -> list[str]:
    """Return the accents that enough speakers have, the reference first."""
    speakers = results.scores.groupby("accent", observed=True)["speaker_id"].nunique()
    groups = [str(group) for group in speakers[speakers >= LEAST_SPEAKERS].index]
    return sorted(groups, key=lambda group: (group != REFERENCE, -int(speakers[group])))


def document(results: loader.Results, beside: Sequence[Pair], n_values: int) -> Iterator[str]:
    """Yield the lines of the document."""
    scores, groups = results.scores, named(results)
    speakers = scores.groupby("accent", observed=True)["speaker_id"].nunique()
    counted = ", ".join(f"{group} {speakers[group]}" for group in groups)
    others = int(scores["speaker_id"].nunique() - speakers[groups].sum())
    yield "# Real speech"
    yield ""
    yield "Written by `python -m bench.real_speech`; do not edit. Word error rates in percent under `whisper_en`, pooled, with 95 % intervals"
    yield f"clustered on the speaker. The service card of the run was verified: all {n_values:,} values follow from the stored transcripts."
    yield ""
    yield f"Heard: common-voice-100 (Common Voice EN 6.1, CC0), {scores['utterance_id'].nunique()} clips of {scores['speaker_id'].nunique()} speakers, a sentence each, read aloud;"
    yield f"accents as the speakers stated them: {counted}, and {others} speakers of other accents, too few of each to be named."
    yield f"Models: {', '.join(f'`{info.model_id}`' for info in results.models)}."
    yield ""
    yield from rate_tables(scores, groups)
    yield from gap_table(scores, groups)
    yield from invented_table(scores, groups)
    if beside:
        yield from beside_table(beside)
    yield from limits(scores, groups)


def ordered(table: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return a table by model, and clean speech first."""
    severity = scores.groupby("condition_id", observed=True)["severity"].first()
    rank = table["condition_id"].map({str(name): (int(level), str(name)) for name, level in severity.items()})
    return table.assign(rank=rank).sort_values(["model_id", "rank"], kind="stable").drop(columns="rank")


def rate_tables(scores: pd.DataFrame, groups: Sequence[str]) -> Iterator[str]:
    """Yield the error rates of everybody and by accent."""
    everybody = ordered(wb.rates(scores, by=[]), scores)
    by_accent = wb.rates(scores, by=["accent"])
    yield "## Word error rates"
    yield ""
    yield f"| model | condition | all | {' | '.join(groups)} |"
    yield "|---" * (3 + len(groups)) + "|"
    for row in everybody.to_dict("records"):
        same = by_accent[
            (by_accent["model_id"] == row["model_id"]) & (by_accent["condition_id"] == row["condition_id"])
        ]
        cells = [cell(same, group) for group in groups]
        yield f"| {short(row['model_id'])} | {row['condition_id']} | {percent(row['rate'], row['ci_low'], row['ci_high'])} | {' | '.join(cells)} |"
    yield ""


def cell(rows: pd.DataFrame, group: str) -> str:
    """Return the rate of a group."""
    own = rows[rows["accent"].astype(str) == group]
    return "-" if own.empty else percent(own["rate"].iloc[0], own["ci_low"].iloc[0], own["ci_high"].iloc[0])


def gap_table(scores: pd.DataFrame, groups: Sequence[str]) -> Iterator[str]:
    """Yield the gaps to the reference with their verdicts."""
    gaps = wb.gaps(scores, "accent", reference=REFERENCE, margin=MARGIN)
    gaps = ordered(gaps[gaps["group"].astype(str).isin(groups)], scores)
    yield "## Gaps"
    yield ""
    yield f"Points of word error rate beyond {REFERENCE}, whose margin of {100 * MARGIN:g} points was fixed before looking. *Found* is the gap that so many"
    yield "speakers would have found with 80 % power; p is adjusted (Holm) for the accents of a model and condition."
    yield ""
    yield "| model | condition | accent | gap | p | found from | verdict |"
    yield "|---|---|---|---|---|---|---|"
    for row in gaps.to_dict("records"):
        gap = percent(row["difference"], row["ci_low"], row["ci_high"], sign=True)
        p = "-" if pd.isna(row["p_adjusted"]) else f"{row['p_adjusted']:.2f}"
        mde = "-" if pd.isna(row["mde"]) else f"{100 * row['mde']:.0f}"
        yield f"| {short(row['model_id'])} | {row['condition_id']} | {row['group']} | {gap} | {p} | {mde} | {row['verdict']} |"
    yield ""


def invented_table(scores: pd.DataFrame, groups: Sequence[str]) -> Iterator[str]:
    """Yield how many transcripts look invented."""
    events = {"all": ordered(hallucinations(scores), scores)}
    found = hallucinations(scores, ["accent"])
    events |= {group: found[found["accent"].astype(str) == group] for group in groups}
    yield "## Invented text"
    yield ""
    yield "Transcripts in 100 that look invented rather than misheard (the flags of `invented`, of which two or more must hold)."
    yield ""
    yield f"| model | condition | {' | '.join(events)} |"
    yield "|---" * (2 + len(events)) + "|"
    flagged = {name: rows[rows["event"] == "flagged as hallucinated"] for name, rows in events.items()}
    for model, condition in flagged["all"][["model_id", "condition_id"]].itertuples(index=False):
        cells = []
        for rows in flagged.values():
            own = rows[(rows["model_id"] == model) & (rows["condition_id"] == condition)]
            cells.append(
                "-" if own.empty else percent(own["rate"].iloc[0], own["ci_low"].iloc[0], own["ci_high"].iloc[0])
            )
        yield f"| {short(model)} | {condition} | {' | '.join(cells)} |"
    yield ""


def beside_table(beside: Sequence[Pair]) -> Iterator[str]:
    """Yield paired differences of other ways to decode with the same weights."""
    yield "## The same weights, decoded otherwise"
    yield ""
    yield "Both heard the same clips: word error rates of the first and the second, and the paired difference in points; *invented* counts"
    yield "the transcripts of either that look invented. `decoding=library` is what the engine's own `transcribe` does by itself."
    yield ""
    yield "| first | second | condition | accent | WER | difference | invented |"
    yield "|---|---|---|---|---|---|---|"
    for scores, first, second in beside:
        found = compare(scores, scores, ["accent"], system=first, versus=second).comparisons
        events = hallucinations(scores)
        events = events[events["event"] == "flagged as hallucinated"].set_index(["model_id", "condition_id"])["events"]
        for row in found[found["n_speakers"] >= LEAST_SPEAKERS].to_dict("records"):
            condition = str(row["condition_first"])
            invented = (
                "" if row["group"] else f"{events.get((first, condition), 0)}, {events.get((second, condition), 0)}"
            )
            rates = f"{100 * row['rate_first']:.1f}, {100 * row['rate_second']:.1f}"
            difference = percent(row["difference"], row["ci_low"], row["ci_high"], sign=True)
            yield f"| {short(first)} | {short(second)} | {condition} | {row['group'] or 'all'} | {rates} | {difference} | {invented} |"
    yield ""


def limits(scores: pd.DataFrame, groups: Sequence[str]) -> Iterator[str]:
    """Yield what the corpus can and cannot show."""
    gaps = wb.gaps(scores[scores["condition_id"] == "clean"], "accent", reference=REFERENCE, margin=MARGIN)
    gaps = gaps[gaps["group"].astype(str).isin(groups) & gaps["mde"].notna()]
    least, most = 100 * gaps["mde"].min(), 100 * gaps["mde"].max()
    yield f"## What {scores['speaker_id'].nunique()} speakers can and cannot show"
    yield ""
    yield f"- On clean speech a gap between two accents is found with 80 % power from {least:.0f} to {most:.0f} points on, by model and accent; a smaller one"
    yield "  may be there and remain INCONCLUSIVE. INCONCLUSIVE is neither a gap nor the absence of one."
    yield "- Nearly every speaker read one sentence, and each another: easier and harder sentences are part of what differs between accents."
    yield "- Speakers are volunteers who stated their accent themselves, four in five of them men, each with a microphone of their own. Nothing here"
    yield "  is a statement about everybody with an accent, nor about spontaneous speech."
    yield "- Rates above 100 % are words that nobody said. One text that repeats itself outweighs many others, and widens the interval."
    yield "- Common Voice may have been among what a recogniser learned from; nobody outside can tell."


if __name__ == "__main__":
    main()
