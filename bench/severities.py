"""What the four severities cost: word error rate and STOI by condition and severity, written as ``docs/severities.md``.

``python -m bench.severities [--shared DIR] [--store URL] [--engines SPEC ...] [--each N] [--conditions ID ...] [--workers N] [--write]``: clips
of common-voice-100, as many of each of the accents us, england and indian, under every condition of the catalogue at its four
severities, through Whisper tiny.en and base (8-bit weights, the window of 15 s). Voices for babble are those of all 99 speakers.
One study for each family and engine; transcripts are kept in the store clip by clip, so that the command goes on where it stopped,
also with more clips. With ``--write`` nothing is transcribed: the document is written from what the store has, and says what
it lacks.
"""

from __future__ import annotations

import argparse
import csv
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pandas as pd

import workbench as wb
from bench.shared_folder import add_option
from workbench.conditions import KINDS, Condition
from workbench.fairness import compare
from workbench.results import loader
from workbench.results.audio_facts import with_facts
from workbench.runner import Local, run
from workbench.schema import CLEAN
from workbench.store import Store, open_store
from workbench.study import Study

ROOT = Path(__file__).resolve().parents[1]
ENGINES = (
    "faster-whisper:tiny.en?compute_type=int8&window=15",
    "faster-whisper:base?compute_type=int8&window=15",
)
ACCENTS = ("us", "england", "indian")
FIRST = ("chains", "noise", "crowds")
"""Families that are transcribed first; the others follow by name."""
LITTLE = 0.10
"""Points of word error rate that ``mild`` may cost beyond clean speech."""
UNFIT = 0.60
"""A word error rate above which a recogniser is of no use for the speech, as everywhere in the workbench."""


class Level(NamedTuple):
    """A condition at one severity: what both engines made of it."""

    rates: Mapping[str, float]
    right: Mapping[str, float]
    """Share of the reference words that were recognised, by engine."""
    stoi: float


def main() -> None:
    """Transcribe what is not in the store yet, or write the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--store", default="sqlite:///severities.sqlite")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--each", type=int, default=8, help="clips of each accent")
    parser.add_argument("--conditions", nargs="*", help="names without severities; default: all")
    parser.add_argument("--former", action="store_true", help="the versions that newer ones superseded")
    parser.add_argument("--write", action="store_true", help="write the document from what the store has")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "severities.md")
    arguments = parser.parse_args()
    store = open_store(arguments.store)
    corpus = arguments.shared / "corpora" / "common-voice-100"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wb.prepare("common-voice", corpus, out=folder)
        speakers = chosen_speakers(corpus, arguments.each)
        if arguments.write:
            scores = stored(store, speakers, arguments.engines)
            arguments.out.write_text("\n".join(document(scores, arguments.engines)) + "\n", encoding="utf-8")
            return
        for engine in arguments.engines:
            for family, kinds in families(arguments.conditions, former=arguments.former).items():
                print(f"{engine}: {family}, {len(kinds)} conditions", flush=True)
                study = study_of(family, kinds, engine, speakers, folder)
                run(study, store=store, executor=Local(arguments.workers))


def chosen_speakers(corpus: Path, each: int) -> list[str]:
    """Return the speakers of the first ``each`` clips of every accent, in the order of the corpus; none is there twice."""
    with (corpus / "validated.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    clips = pd.Series([row["client_id"] for row in rows]).value_counts()
    chosen = []
    for accent in ACCENTS:
        own = [row["client_id"] for row in rows if row["accent"] == accent and clips[row["client_id"]] == 1]
        chosen += own[:each]
    return chosen


def families(names: Sequence[str] | None = None, *, former: bool = False) -> dict[str, list[type[Condition]]]:
    """Return the conditions that have severities, need no folder, keep the speech and can be made here, by family.

    ``former`` returns those that a newer version superseded.
    """
    result: dict[str, list[type[Condition]]] = {}
    for name, kind in KINDS.items():
        usable = kind.levels and not kind.needs_folder and kind.keeps_speech is not False
        listed = bool(kind.superseded_by) if former else kind.catalogued
        if usable and listed and (not names or name in names) and not kind.unavailable():
            result.setdefault(kind.family, []).append(kind)
    return dict(sorted(result.items(), key=lambda item: (item[0] not in FIRST, item[0])))


def study_of(family: str, kinds: Sequence[type[Condition]], engine: str, speakers: Sequence[str], base: Path) -> Study:
    """Return the study of one family and engine, clean speech with it."""
    levels = [f"{kind.name()}@{severity}" for kind in kinds for severity in (1, 2, 3, 4)]
    return Study.create(
        {
            "name": f"severities of {family}", "corpus": ["common-voice.csv"], "attributes": ["accent"], "engines": [engine],
            "conditions": [CLEAN, *levels], "normaliser": "whisper_en", "seed": 1, "margin": 0.05,
            "filter": {"speaker_id": list(speakers)},
        },
        base=base,
    )  # fmt: skip


def stored(store: Store, speakers: Sequence[str], engines: Sequence[str]) -> pd.DataFrame:
    """Return SCORES with STOI of every run of this command in the store, each row once, of these speakers and engines."""
    frames = []
    for record in store.runs():
        if not record.study.startswith("severities of ") or not record.done:
            continue
        results = loader.load(record.run_id, store=store)
        frames.append(with_facts(results, ["stoi"]))
    if not frames:
        raise SystemExit("the store has no run of this command; run it without --write first")
    scores = pd.concat(frames, ignore_index=True)
    wanted = {engine: True for engine in engines}
    scores = scores[scores["speaker_id"].astype(str).isin(speakers) & (scores["status"] == "ok")]
    scores = scores[[spec_of(name) in wanted for name in scores["model_id"].astype(str)]]
    return scores.drop_duplicates(["utterance_id", "condition_id", "model_id"], ignore_index=True)


def spec_of(model_id: str) -> str:
    """Return an engine as it is written in a study, from the id of its model."""
    return model_id.partition("#")[0]


def short(spec: str) -> str:
    """Return the name of a model for a heading."""
    return spec.partition("?")[0].partition(":")[2]


def level(scores: pd.DataFrame, condition_id: str) -> Level:
    """Return the figures of one condition at one severity; NaN where the store has no transcript."""
    own = scores[scores["condition_id"].astype(str) == condition_id]
    sums = own.groupby(own["model_id"].astype(str).map(spec_of))[["errors", "hits", "ref_words"]].sum()
    rates = (sums["errors"] / sums["ref_words"]).to_dict()
    right = (sums["hits"] / sums["ref_words"]).to_dict()
    return Level(rates, right, float(own["stoi"].mean()) if len(own) else math.nan)


class Step(NamedTuple):
    """What a severity costs beyond a milder one or clean speech: paired difference in word error rate with its interval."""

    first: str
    second: str
    engine: str
    difference: float
    ci_low: float
    ci_high: float


def step(scores: pd.DataFrame, engine: str, first: str, second: str) -> Step | None:
    """Return the paired difference of two conditions, the second minus the first; None where one was not transcribed."""
    own = scores[scores["model_id"].astype(str).map(spec_of) == engine]
    sides = own[own["condition_id"].astype(str).isin([first, second])]
    if sides["condition_id"].astype(str).nunique() < 2:
        return None
    # compare() pairs two systems on the same condition: each severity stands in for a system.
    sides = sides.assign(model_id=sides["condition_id"].astype(str), condition_id=CLEAN)
    found = compare(sides, sides, [], system=first, versus=second).comparisons.iloc[0]
    return Step(first, second, engine, float(found["difference"]), float(found["ci_low"]), float(found["ci_high"]))


def document(scores: pd.DataFrame, engines: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the document."""
    models = [engine for engine in engines if engine in set(scores["model_id"].astype(str).map(spec_of))]
    everything, scores = scores, complete(scores)
    clean = level(scores, CLEAN)
    speakers = scores.drop_duplicates("speaker_id").groupby("accent", observed=True).size()
    counted = ", ".join(f"{accent} {speakers[accent]}" for accent in ACCENTS if accent in speakers)
    words = scores[scores["condition_id"] == CLEAN].drop_duplicates("utterance_id")["ref_words"].sum()
    yield "# What the severities cost"
    yield ""
    yield "Written by `python -m bench.severities --write`; do not edit. Word error rates in percent under `whisper_en` and mean STOI of"
    yield f"{scores['utterance_id'].nunique()} clips of common-voice-100, one of each speaker ({counted}; {words} words), mild / typical / hard / extreme. Models:"
    yield f"{', '.join(f'`{model}`' for model in models)}. Clean: {' and '.join(percent(clean.rates[model]) for model in models)} %."
    yield "So few words tell coarse steps, not points: of two severities that differ by less than 10 points either may be the higher one."
    yield ""
    yield from table(scores, models, former=False)
    yield from judged(scores, models)
    if any(str(name).partition("@")[0] in former_names() for name in scores["condition_id"].unique()):
        yield "## Superseded versions"
        yield ""
        yield "There for the studies and runs that name them; no list offers them."
        yield ""
        yield from table(scores, models, former=True)
    yield from lacking(everything, models)


def complete(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the conditions that a model heard at all four severities in every clip, and of clean speech."""
    n = scores["utterance_id"].nunique()
    names = scores["condition_id"].astype(str).str.partition("@")[0]
    counts = scores.groupby([names.rename("name"), scores["model_id"].astype(str)])["utterance_id"].transform("size")
    return scores[(names == CLEAN) | (counts == 4 * n)]


def former_names() -> set[str]:
    """Return the names of the conditions that a newer version superseded."""
    return {name for name, kind in KINDS.items() if kind.superseded_by}


def table(scores: pd.DataFrame, models: Sequence[str], *, former: bool) -> Iterator[str]:
    """Yield a row for each condition: word error rates of each model and STOI at the four severities."""
    yield "| condition | what rises | " + " | ".join(f"{short(model)} WER %" for model in models) + " | STOI |"
    yield "|---|---|" + "---|" * (len(models) + 1)
    for kinds in families(former=former).values():
        for kind in sorted(kinds, key=lambda kind: kind.name()):
            levels = [level(scores, f"{kind.name()}@{severity}") for severity in (1, 2, 3, 4)]
            if not any(values.rates for values in levels):
                continue
            cells = [" / ".join(percent(values.rates.get(model, math.nan)) for values in levels) for model in models]
            stoi = " / ".join("-" if math.isnan(values.stoi) else f"{values.stoi:.2f}" for values in levels)
            yield f"| `{kind.name()}` | {what_rises(kind)} | {' | '.join(cells)} | {stoi} |"
    yield ""


def percent(rate: float) -> str:
    """Return a rate in percent without decimals, a dash for NaN."""
    return "-" if math.isnan(rate) else f"{100 * rate:.0f}"


def what_rises(kind: type[Condition]) -> str:
    """Return the leading parameter at the four severities, or that a place is made of parts."""
    if not kind.leading:
        return "its parts"
    values = " / ".join(f"{values[kind.leading]:g}" for values in kind.levels)
    return f"{kind.leading} {values} {kind.units[kind.leading]}"


def judged(scores: pd.DataFrame, models: Sequence[str]) -> Iterator[str]:
    """Yield which conditions are not what the words for their severities say."""
    falls: list[Step] = []
    dear: list[Step] = []
    faint: list[str] = []
    unfit: list[str] = []
    n_steps = n_kinds = 0
    best = models[-1]
    for kinds in families().values():
        for kind in kinds:
            name = kind.name()
            ids = [CLEAN, *(f"{name}@{severity}" for severity in (1, 2, 3, 4))]
            steps = [step(scores, model, first, second) for model in models for first, second in pairwise(ids)]
            made = [one for one in steps if one is not None]
            if not made:
                continue
            n_kinds += 1
            n_steps += sum(one.first != CLEAN for one in made)
            falls += [one for one in made if one.first != CLEAN and one.ci_high < 0.0]
            dear += [one for one in made if one.first == CLEAN and one.ci_low > LITTLE]
            right = level(scores, ids[4]).right
            if right and min(right.values()) > 0.5:
                faint.append(f"`{name}` ({100 * min(right.values()):.0f} %)")
            rate = level(scores, ids[2]).rates.get(best, math.nan)
            if rate > UNFIT:
                unfit.append(f"`{name}` ({percent(rate)} %)")
    yield "## Do the words fit?"
    yield ""
    yield f"- **Monotone within error.** Of {n_steps} steps from a severity to the next, {len(falls)} have a lower word error rate beyond chance (paired, 95 %"
    yield f"  intervals clustered on the speaker; by chance alone about {0.025 * n_steps:.0f} would){': ' + listed(falls) if falls else ''}."
    yield f"- **`mild` costs little**: at most {100 * LITTLE:.0f} points beyond clean speech. {len(dear)} of {n_kinds * len(models)} cost more than that beyond chance{': ' + listed(dear) if dear else ''}."
    yield f"- **`extreme` leaves little.** More than half of the words survive it with every model in {len(faint)} of {n_kinds} conditions{': ' + ', '.join(faint) if faint else ''}."
    if faint:
        yield "  These change the sound of a voice rather than cover it; a recogniser that was trained on such speech takes them as they are."
    yield f"- **`typical` is of use**, with a word error rate of at most {100 * UNFIT:.0f} % for `{short(best)}`, in all but {len(unfit)}{': ' + ', '.join(unfit) if unfit else ''}."
    yield ""


def listed(steps: Sequence[Step]) -> str:
    """Return differences in words: condition, model, points with their interval."""
    return ", ".join(
        f"`{one.second}` ({short(one.engine)}, {100 * one.difference:+.0f}: {100 * one.ci_low:+.0f} to {100 * one.ci_high:+.0f})"
        for one in steps
    )


def lacking(scores: pd.DataFrame, models: Sequence[str]) -> Iterator[str]:
    """Yield what was not transcribed, and what is left out."""
    n = scores["utterance_id"].nunique()
    cells = scores.groupby(["condition_id", scores["model_id"].astype(str).map(spec_of)], observed=True)[
        "utterance_id"
    ].nunique()
    absent: list[str] = []
    partial: list[str] = []
    for kinds in families().values():
        for kind in kinds:
            least = {
                model: min(int(cells.get((f"{kind.name()}@{level}", model), 0)) for level in (1, 2, 3, 4))
                for model in models
            }
            if not any(least.values()):
                absent.append(f"`{kind.name()}`")
            partial += [
                f"`{kind.name()}` with {short(model)}"
                for model, got in least.items()
                if any(least.values()) and got < n
            ]
    yield "## What is not in the table"
    yield ""
    if absent:
        yield f"Not transcribed yet: {', '.join(absent)}."
        yield ""
    if partial:
        yield f"Not transcribed in all {n} clips: {', '.join(partial)}."
        yield ""
    yield "`user_noise` and `user_room` need recordings of yours; `audiomentations` has no severities; `noise_only` leaves no speech to recognise."


if __name__ == "__main__":
    main()
