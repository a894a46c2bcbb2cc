"""Known numbers, computed on this machine: counts, an interval, a sound per condition family, a decode, a card that verifies.

``doctor --check`` runs it. What is expected stands in ``self_check.json``, written by ``python -m tests.self_check_values`` where the whole
test suite passes. Sounds are compared by their sketch (the level, and products with fixed patterns of signs), which another
processor or library changes in the last digits and another algorithm in the first.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import WorkbenchError
from workbench.extras import MissingPackageError, missing

if TYPE_CHECKING:
    from workbench.conditions import CorpusPool

EXPECTED = Path(__file__).with_name("self_check.json")
TOLERANCE = 0.02
"""Of a sketch, in units of the sound's own level: codecs of two versions differ by less, two realisations of a noise by more."""
PATTERNS = 24
WITH_A_POOL = ("babble", "overlap", "cafe", "user_noise", "user_room", "place:ward")
"""Conditions that need more than the recording, one or more of each family of that kind."""
SPEAKERS = {"a": ((1, 10), (2, 10), (2, 10), (3, 10)), "b": ((4, 10), (6, 10), (5, 10), (7, 10))}
"""Errors and words of the speakers of two groups: rates of .2 and .55."""
DECODED = 3


class Known(NamedTuple):
    """One number that is known: what it is, whether it came out (None: a part is not installed), what came out, and the seconds."""

    name: str
    ok: bool | None
    detail: str
    seconds: float


def self_check() -> list[Known]:
    """Return every known number with what this machine made of it, in under 20 s on two idle cores."""
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    checks: list[tuple[str, Callable[[], str]]] = [
        ("word counts", lambda: _counts(expected)),
        ("interval and p-value", lambda: _interval(expected)),
        *((f"condition {family}", lambda family=family: _sound(family, expected)) for family in families()),
        ("decoding", lambda: _decoding(expected)),
        ("service card", _card),
    ]
    return [_timed(name, check) for name, check in checks]


def _timed(name: str, check: Callable[[], str]) -> Known:
    started = time.monotonic()
    ok: bool | None
    try:
        detail, ok = check(), True
    except ModuleNotFoundError as error:
        detail, ok = str(missing(error) or error), None
    except (WorkbenchError, ArithmeticError) as error:
        detail, ok = str(error), False
    return Known(name, ok, detail, time.monotonic() - started)


def _require(holds: bool, found: object, wanted: object) -> None:
    if not holds:
        raise ArithmeticError(f"{found} came out, {wanted} is right")


# -- counts and statistics


SAID = "please call the night nurse before you close the door"
WRITTEN = "please ring the night before you close the door now"


def counts() -> list[int]:
    """Return hits, substitutions, deletions and insertions of a pair with one of each error."""
    from workbench.text.edit_counts import count_words

    result = count_words(SAID, WRITTEN)
    return [result.hits, result.substitutions, result.deletions, result.insertions]


def counts_by_jiwer() -> list[int]:
    """Return what jiwer, another implementation, counts of the same pair."""
    from jiwer import process_words

    result = process_words(SAID, WRITTEN)
    return [result.hits, result.substitutions, result.deletions, result.insertions]


def _counts(expected: dict[str, Any]) -> str:
    result = counts()
    _require(result == expected["counts"], result, expected["counts"])
    _require(result == (other := counts_by_jiwer()), result, f"{other} by jiwer")
    return f"{result[0]} hits, {result[1]} substitution, {result[2]} deletion, {result[3]} insertion"


def statistics() -> dict[str, float]:
    """Return the rate of group a with its interval, and the gap's p-value over every relabelling of eight speakers."""
    from workbench.fairness import gaps, rates

    scores = _scores()
    rate = next(row for row in rates(scores, ["accent"]).to_dict("records") if row["accent"] == "a")
    gap = next(row for row in gaps(scores, "accent", margin=0.02).to_dict("records") if row["group"] == "a")
    return {**{name: float(rate[name]) for name in ("rate", "ci_low", "ci_high")}, "p_value": float(gap["p_value"])}


def _scores() -> pd.DataFrame:
    from workbench.text import get_normaliser
    from workbench.text.scores import add_scores

    rows = [
        {"utterance_id": f"{group}{number}", "condition_id": "clean", "model_id": "known", "speaker_id": f"{group}{number}",
         "accent": group, "status": "ok", "reference_raw": " ".join(["yes"] * words),
         "hypothesis_raw": " ".join(["no"] * errors + ["yes"] * (words - errors))}
        for group, speakers in SPEAKERS.items()
        for number, (errors, words) in enumerate(speakers)
    ]  # fmt: skip
    return add_scores(pd.DataFrame(rows), get_normaliser("none"))


def _interval(expected: dict[str, Any]) -> str:
    result, wanted = statistics(), expected["statistics"]
    _require(all(abs(result[name] - wanted[name]) < 1e-9 for name in wanted), result, wanted)
    return f"{100 * result['rate']:.1f} % [{100 * result['ci_low']:.2f}, {100 * result['ci_high']:.2f}], p = {result['p_value']:.4f}"


# -- conditions


def families() -> list[str]:
    """Return the conditions that are checked, at their typical severity: all that need nothing but a recording, and one of each other family.

    What needs other voices takes those of the demo corpus; what needs a folder of recordings takes one that is made from a formula.
    """
    from workbench.conditions import CATALOGUE, KINDS, Place

    alone = [
        name
        for name, kind in KINDS.items()
        if not issubclass(kind, Place) and f"{name}@2" in CATALOGUE and not CATALOGUE[f"{name}@2"].needs_speech_pool
    ]
    return [*alone, *WITH_A_POOL]


def sketch(family: str) -> list[float]:
    """Return what a sound of two seconds is under a condition: its level in dB, and its products with patterns of signs."""
    from workbench.audio import Waveform
    from workbench.conditions import degrade, parse_condition

    wave = Waveform(_voice(), 16_000, utterance_id="known", speaker_id="known")
    with tempfile.TemporaryDirectory(prefix="workbench-check-") as folder:
        pool = _pool(Path(folder)) if family in WITH_A_POOL else None
        condition = parse_condition(f"{family}@2" + (f"?folder={family}" if family.startswith("user_") else ""))
        degraded = degrade(wave, condition, slot=0, seed=1, pool=pool)
    heard = degraded.wave.samples.astype(np.float64)
    level = float(np.sqrt(np.mean(heard**2)))
    signs = np.random.default_rng(7).integers(0, 2, size=(PATTERNS, 64)) * 2 - 1
    blocks = np.array([part.mean() for part in np.array_split(np.abs(heard), 64)])
    fine = heard[: len(heard) // 64 * 64].reshape(-1, 64).T[:, ::17].sum(axis=1)
    shape, detail = signs[:12] @ blocks / level / 8, signs[12:] @ fine / level / 8 / np.sqrt(fine.size)
    return [round(20 * float(np.log10(level)), 3), *(round(float(value), 4) for value in (*shape, *detail))]


def _pool(folder: Path) -> CorpusPool:
    """Return the voices of the demo corpus, beside two folders with a decaying hiss each: a noise, and the response of a room."""
    import soundfile

    from workbench.conditions import CorpusPool
    from workbench.corpora import load_corpus
    from workbench.files import demo_folder

    at = np.arange(32_000) / 16_000
    hiss = np.random.default_rng(3).integers(-1000, 1001, size=at.size) / 2000
    hiss[0] = 0.9  # the sound that comes straight, without which this is no response of a room
    for name, decay in (("user_noise", 0.5), ("user_room", 12.0)):
        (folder / name).mkdir()
        soundfile.write(folder / name / "hiss.wav", np.exp(-decay * at) * hiss, 16_000)
    return CorpusPool(load_corpus(demo_folder() / "demo.csv").utterances, base=folder)


def _voice() -> NDArray[np.float32]:
    """Return something with the pitch, the syllables and the pauses of speech, from a formula."""
    at = np.arange(32_000) / 16_000
    syllables = np.clip(np.sin(2 * np.pi * 2.0 * at), 0, None) ** 0.5
    tone = sum(np.sin(2 * np.pi * 130 * k * at + 3 * np.sin(2 * np.pi * 0.7 * at)) / k for k in range(1, 25))
    return np.asarray(0.05 * syllables * tone, dtype=np.float32)


def _sound(family: str, expected: dict[str, Any]) -> str:
    from workbench.conditions import KINDS

    if reason := KINDS[family].unavailable():
        raise MissingPackageError(reason)
    wanted = expected["sounds"].get(family)
    if wanted is None:
        raise ArithmeticError("what it should sound like is not known; it is newer than self_check.json")
    result = sketch(family)
    apart = max(abs(result[0] - wanted[0]) / 10, *(abs(a - b) for a, b in zip(result[1:], wanted[1:], strict=True)))
    _require(apart < TOLERANCE, f"a sound {apart:.3f} apart from what is known", f"less than {TOLERANCE}")
    return f"{result[0]:.1f} dB" + (", as known to the last digit" if result == wanted else f", {apart:.1e} apart")


# -- a recogniser and a card


def decoded() -> dict[str, str]:
    """Return what pocketsphinx writes for the first utterances of the demo corpus, by utterance."""
    from workbench.corpora import load_corpus
    from workbench.engines import Transcript, load_engine
    from workbench.files import demo_folder
    from workbench.runner import read

    rows = load_corpus(demo_folder() / "demo.csv").utterances.sort_values("utterance_id").head(DECODED)
    engine = load_engine("pocketsphinx?grammar=demo.gram", base=demo_folder())
    answers = engine.transcribe([read(row) for row in rows.to_dict("records")])
    return {
        str(name): answer.text if isinstance(answer, Transcript) else str(answer)
        for name, answer in zip(rows["utterance_id"], answers, strict=True)
    }


def _decoding(expected: dict[str, Any]) -> str:
    result, wanted = decoded(), expected["decoded"]
    _require(result == wanted, result, wanted)
    return f"pocketsphinx wrote {len(result)} texts as known"


def _card() -> str:
    from workbench.cards import build_card, verify_card, write_card
    from workbench.results import load
    from workbench.runner import run
    from workbench.store import open_store
    from workbench.study import Study

    with tempfile.TemporaryDirectory(prefix="workbench-check-") as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder / 'store.sqlite'}")
        try:
            record = run(Study.from_toml(_study(folder)), store=store)
            results = load(record.run_id, store=store)
            files = write_card(build_card(results, evidence=[]), folder / "card")
            verified = verify_card(files.pdf, store=store)
        finally:
            store.close()
        _require(verified.holds, [difference.place for difference in verified.differences], "a card that holds")
    return f"a PDF whose {verified.n_values:,} values are those of its transcripts"


def _study(folder: Path) -> Path:
    """Write a study over the demo corpus with transcripts made elsewhere: every fifth lacks its first word."""
    from workbench.files import demo_folder

    manifest = demo_folder() / "demo.csv"
    rows = pd.read_csv(manifest, keep_default_na=False)
    texts = [text.partition(" ")[2] if n % 5 == 0 else text for n, text in enumerate(rows["reference"])]
    pd.DataFrame({"utterance_id": "demo/" + rows["utterance_id"], "text": texts}).to_csv(folder / "t.csv", index=False)
    path = folder / "known.study.toml"
    lines = [
        'name = "known"', f"corpus = [{json.dumps(str(manifest))}]", 'attributes = ["accent"]',
        'engines = ["imported:t.csv"]', 'conditions = ["clean"]', 'normaliser = "basic"', "margin = 0.02",
    ]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def expectations() -> dict[str, Any]:
    """Return what this machine makes of everything that is compared, to be kept as ``self_check.json``."""
    sounds = dict(_sketches())
    return {"counts": counts(), "statistics": statistics(), "sounds": sounds, "decoded": decoded()}


def _sketches() -> Iterator[tuple[str, list[float]]]:
    for family in families():
        yield family, sketch(family)
