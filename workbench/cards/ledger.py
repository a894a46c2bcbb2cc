"""A ledger of claims by outsiders and of what became of them: JSON lines that are only ever appended, each with the hash of the one before.

A statement names a group, a condition and a size: ``accent=Scottish & room@2: gap >= 5 points``. The owner judges it on a run of his
speakers by ``simultaneous_bounds``: SUPPORTED if the whole interval reaches the size, REFUTED if none of it does, else NOT ENOUGH
INFORMATION. A judgement says whether the claim was stated before the run or after its data could be seen. A statement may also ask for
another engine for a group, ``accent=Scottish & room@2: use whisper:base.en`` (``cards.updates``): ACCEPTED or REJECTED.

>>> Statement.parse("accent=Scottish English & room@2: gap >= 5 points").limit
0.05
>>> chained("{}", previous=FIRST)[:15]
'{"previous":"00'
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from workbench.cards.claim_verdicts import OPEN, REFUTED, SUPPORTED
from workbench.cards.hashes import run_hash
from workbench.cards.updates import USE, Update, Updates
from workbench.errors import CardError, ScoringError, choices
from workbench.fairness import simultaneous_bounds
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS
from workbench.files import contents
from workbench.results import Results
from workbench.schema import CLEAN, SCORES

FIRST = "0" * 64
"""What the first line has in place of the hash of a line before it."""
FORM = "'accent=Scottish & room@2: gap >= 5 points' or 'accent=Scottish: gap <= 2 points'"
_SHAPE = re.compile(
    r"\s*(?P<attribute>[^=&:]+?)\s*=\s*(?P<group>[^&]+?)\s*(?:&\s*(?P<condition>\S+?)\s*)?:\s*"
    r"gap\s*(?P<way>>=|<=)\s*(?P<points>\d+(?:\.\d+)?)\s*points?\s*"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: the gap of a group to everybody else under a condition is at least, or at most, ``limit`` (a fraction)."""

    attribute: str
    group: str
    condition_id: str
    way: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the statement that ``text`` makes; without a condition it is of clean speech.

        Raises
        ------
        CardError : it makes none, or a size outside 0 to 100 points
        """
        match = _SHAPE.fullmatch(text)
        if match is None or not 0 < float(match["points"]) < 100:
            raise CardError(f"{text!r} is no statement", place="claim", remedy=f"write it like {FORM}")
        return cls(
            match["attribute"],
            match["group"],
            match["condition"] or CLEAN,
            match["way"],
            round(float(match["points"]) / 100, 10),
        )

    def __str__(self) -> str:
        return (
            f"{self.attribute}={self.group} & {self.condition_id}: gap {self.way} {round(100 * self.limit, 8):g} points"
        )


class LedgerCheck(NamedTuple):
    """What checking a ledger gave: how many lines, the hash of the last, and every line that breaks the chain."""

    n_lines: int
    head: str
    faults: tuple[str, ...]


def chained(text: str, *, previous: str) -> str:
    """Return a line of the ledger: the JSON object in ``text`` with the hash of the line before, in one spelling."""
    return json.dumps(
        {**json.loads(text), "previous": previous}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def entries(path: Path | str) -> list[dict[str, Any]]:
    """Return the entries of a ledger in their order; none where there is no file yet.

    Raises
    ------
    CardError : the chain is broken: names every line at which it is
    """
    path = Path(path)
    if not path.exists():
        return []
    check = check_ledger(path)
    if check.faults:
        raise CardError(
            f"the ledger was changed: {'; '.join(check.faults)}", place=str(path), remedy="go back to an unchanged copy"
        )
    return [json.loads(line) for line in _lines(path)]


def check_ledger(path: Path | str) -> LedgerCheck:
    """Return whether every line of a ledger has the hash of the one before.

    Lines cut off at the end leave a sound chain: compare the head with the one that was published.
    """
    lines = _lines(Path(path))
    faults, previous = [], FIRST
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
            sound = told["previous"] == previous and chained(line, previous=previous) == line and told["n"] == number
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            faults.append(f"line {number} does not follow from the line before")
        previous = hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
    return LedgerCheck(len(lines), previous, tuple(faults))


def _lines(path: Path) -> list[str]:
    text = contents(path, called="ledger", fails=CardError).decode("utf-8", "replace")
    return text.removesuffix("\n").split("\n") if text else []


def append(path: Path | str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Append entries to a ledger, which is made if it is not there; return the hash of the last line.

    Raises
    ------
    CardError : the chain is broken, or the file cannot be written
    """
    import fcntl

    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # two who add at once follow one upon the other
            known = entries(path)
            previous = check_ledger(path).head if known else FIRST
            for number, row in enumerate(rows, len(known) + 1):
                line = chained(json.dumps({**row, "n": number}), previous=previous)
                file.write(line + "\n")
                previous = hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CardError(
            f"cannot be written: {error.strerror or error}", place=str(path), remedy="name a file that can be written"
        ) from None
    return previous


def claim_entry(text: str, *, by: str, time: str, seen: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the entry of a claim.

    Parameters
    ----------
    by : who states it
    time : when, ISO 8601, UTC
    seen : the card of the bundle that its author has seen, as JSON; None: no data, says the author

    Raises
    ------
    CardError : no statement, nobody who states it, or a group or condition that the bundle does not have
    """
    statement = Update.parse(text) if USE in text else Statement.parse(text)
    if not by.strip():
        raise CardError("nobody states the claim", place="--by", remedy="name the team")
    entry: dict[str, Any] = {"kind": "claim", "by": by.strip(), "statement": str(statement), "time": time}
    if seen is not None:
        if isinstance(statement, Statement):
            _refuse_unknown(statement, seen)
        entry["seen"] = {
            "run_id": seen["run"]["run_id"],
            "corpora": sorted(corpus["fingerprint"] for corpus in seen["corpora"]),
        }
    return entry


def _refuse_unknown(statement: Statement, seen: Mapping[str, Any]) -> None:
    groups = {row["group"] for row in seen["rates"] if row["attribute"] == statement.attribute}
    conditions = {row["condition_id"] for row in seen["conditions"]}
    for name, known, kind in ((statement.group, groups, "group"), (statement.condition_id, conditions, "condition")):
        if name not in known:
            raise CardError(f"the bundle has no {kind} {name!r}", place="claim", remedy=choices(name, known))


def judgements(ledger: Sequence[Mapping[str, Any]], results: Results, *, model: str, time: str) -> list[dict[str, Any]]:
    """Return a judgement of every claim that this run and model have not judged yet.

    Raises
    ------
    CardError : the run has no such model, or an update is to be judged on a run of one model
    """
    models = results.levels("model_id")
    if model not in models:
        raise CardError(f"the run has no model {model!r}", place="--model", remedy=choices(model, models))
    hashed = run_hash(results)
    earlier = [
        row for row in ledger if row["kind"] == "judgement" and (row["run_hash"], row["model_id"]) == (hashed, model)
    ]
    done = {row["claim"] for row in earlier}
    waiting = [row for row in ledger if row["kind"] == "claim" and row["n"] not in done]
    updates: Updates | None = None
    rows = []
    for row in waiting:
        text, stated = str(row["statement"]), _stated(row, results)
        if USE in text:  # in the order of the ledger: each is judged against what those before it left
            updates = updates or _updates(results, model, [item for item in earlier if USE in str(item["statement"])])
            verdict = updates.judge(Update.parse(text), seen=stated.startswith("after seeing this run"))
        else:
            verdict = judged(Statement.parse(text), results, model)
        rows.append(
            {
                "kind": "judgement",
                "claim": row["n"],
                "statement": row["statement"],
                "run_id": results.run.run_id,
                "run_hash": hashed,
                "model_id": model,
                "time": time,
                "stated": stated,
                **verdict,
            }
        )
    return rows


def _updates(results: Results, model: str, earlier: Sequence[Mapping[str, Any]]) -> Updates:
    try:
        return Updates(results, model, earlier)
    except ScoringError as error:
        raise CardError(error.what, place=f"run {results.run.run_id}", remedy=error.remedy) from None


def judged(statement: Statement, results: Results, model: str) -> dict[str, Any]:
    """Return verdict, gap with its simultaneous 95 % interval, and reason."""
    if statement.attribute not in SCORES.attributes_of(results.scores):
        return _unknown(f"the run has no attribute {statement.attribute}")
    bounds = simultaneous_bounds(results.scores, statement.attribute, measure="gap")
    here = bounds[(bounds["model_id"] == model) & (bounds["condition_id"] == statement.condition_id)]
    rows = here[here["group"] == statement.group].to_dict("records")
    if not rows:
        return _unknown(f"the run has no {statement.group} in {statement.condition_id}")
    row = rows[0]
    value, low, high = (None if row[name] != row[name] else float(row[name]) for name in ("value", "low", "high"))
    others = int(here["n_speakers"].sum()) - int(row["n_speakers"])
    figures = {
        "value": value,
        "low": low,
        "high": high,
        "n_speakers": int(row["n_speakers"]),
        "n_speakers_others": others,
    }
    if low is None or high is None or min(int(row["n_speakers"]), others) < ENOUGH_SPEAKERS:
        reason = f"fewer than {ENOUGH_SPEAKERS} speakers on a side" if low is not None else "no interval"
        return {"verdict": OPEN, **figures, "reason": reason}
    at_least = statement.way == ">="
    reached = low >= statement.limit if at_least else high <= statement.limit
    missed = high < statement.limit if at_least else low > statement.limit
    verdict = SUPPORTED if reached else REFUTED if missed else OPEN
    return {"verdict": verdict, **figures, "reason": "" if reached or missed else "the interval is too wide"}


def _unknown(reason: str) -> dict[str, Any]:
    return {
        "verdict": OPEN,
        "value": None,
        "low": None,
        "high": None,
        "n_speakers": 0,
        "n_speakers_others": 0,
        "reason": reason,
    }


def _stated(claim: Mapping[str, Any], results: Results) -> str:
    """Return whether the claim was stated before the run, or after what its author could see."""
    seen = claim.get("seen")
    if seen and seen["run_id"] == results.run.run_id:
        return "after seeing this run: it describes these speakers and is no test of the claim"
    if seen and set(seen["corpora"]) & {info.fingerprint for info in results.corpora}:
        return "after seeing another run of the same recordings"
    started = results.run.started_at or results.run.created_at
    if str(claim["time"]) < started:
        return "before this run"
    return "after this run, with other data seen" if seen else "after this run; no data seen, says the author"
