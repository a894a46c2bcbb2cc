"""Updates in a ledger of claims: a group and the engine that serves it better, judged on sealed speakers.

``accent=Scottish & room@2: use whisper:base.en`` asks that whoever is in the group be transcribed by another engine of the run. Updates
are judged in the order in which they were stated, each against what the accepted ones before it give (``comparison.pointer_list``). The i-th
that is judged on a run may spend alpha = 5 % x 6 / (pi^2 i^2), so that all together, however many come, accept one that helps nobody in at
most 5 % of ledgers.

>>> str(Update.parse("room@2 & accent=Scottish: use whisper:base.en"))
'accent=Scottish & room@2: use whisper:base.en'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from workbench.adaptive.confirmation import spent
from workbench.cards.claim_verdicts import OPEN
from workbench.errors import CardError, ScoringError, choices
from workbench.fairness.comparison.pointer_list import LEAST_GAIN, Predicate, Routing, Sealed, UpdateTest, tested
from workbench.results import Results
from workbench.schema import SCORES

ACCEPTED, REJECTED = "ACCEPTED", "REJECTED"
USE = ": use "


@dataclass(frozen=True, slots=True)
class Update:
    """A group, and the model that is to transcribe it."""

    predicate: Predicate
    model: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the update that ``text`` asks for.

        Raises
        ------
        CardError : it asks for none
        """
        group, use, model = text.partition(USE)
        try:
            if not (use and model.strip()):
                raise ScoringError(f"{text!r} asks for no update", remedy="write GROUP: use MODEL")
            return cls(Predicate.parse(group), model.strip())
        except ScoringError as error:
            raise CardError(error.what, place="claim", remedy=error.remedy) from None

    def __str__(self) -> str:
        return f"{self.predicate}{USE}{self.model}"


class Updates:
    """The updates of a ledger on one run and base model: those that were accepted before, and the judgement of the next."""

    def __init__(self, results: Results, base: str, earlier: Sequence[Mapping[str, Any]]) -> None:
        self.results, self.judged = results, 0
        self.routing = Routing.begin(Sealed.of(results.scores, SCORES.attributes_of(results.scores)), base)
        for row in earlier:
            self.judged += "alpha" in row
            if row["verdict"] == ACCEPTED:
                update = Update.parse(str(row["statement"]))
                self.routing = self.routing.updated(update.predicate, self._model(update.model))

    def judge(self, update: Update, *, seen: bool) -> dict[str, Any]:
        """Return the verdict on an update, and keep it for the next if it is accepted.

        ``seen`` : its author has seen these speakers, so that they test nothing.
        """
        if seen:
            return _open("its author has seen these speakers: judge it on others")
        try:
            model = self._model(update.model)
            test = tested(self.routing, update.predicate, model)
        except ScoringError as error:
            return _open(f"{error.what}; {error.remedy}".rstrip("; "))
        if test.reason:
            return _open(test.reason) | _figures(test)
        self.judged += 1
        alpha, before = spent(self.judged), self.routing.rate
        chance = not test.p_value <= alpha
        small = test.gain < LEAST_GAIN
        fields = {**_figures(test), "p_value": test.p_value, "alpha": alpha, "rate_before": before}
        if chance or small:
            reason = "may be chance" if chance else f"everybody together gains less than {100 * LEAST_GAIN:g} points"
            return {"verdict": REJECTED, **fields, "rate_after": before, "repairs": 0, "reason": reason}
        nodes = len(self.routing.decisions.nodes)
        self.routing = self.routing.updated(update.predicate, model)
        repairs = len(self.routing.decisions.nodes) - nodes - 1
        return {"verdict": ACCEPTED, **fields, "rate_after": self.routing.rate, "repairs": repairs, "reason": ""}

    def _model(self, name: str) -> str:
        """Return the model of this id, or the only one whose id begins so."""
        models = list(self.routing.sealed.errors)
        matches = [model for model in models if model == name] or [model for model in models if model.startswith(name)]
        if len(matches) != 1:
            raise ScoringError(f"{len(matches) or 'no'} models {name!r}", remedy=choices(name, models))
        return matches[0]


def _figures(test: UpdateTest) -> dict[str, Any]:
    values = {"value": test.change, "low": test.low, "high": test.high}
    known = {name: None if value != value else value for name, value in values.items()}
    return {**known, "n_speakers": test.n_speakers, "n_speakers_others": test.n_speakers_others}


def _open(reason: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("value", "low", "high"))
    return {"verdict": OPEN, **nothing, "n_speakers": 0, "n_speakers_others": 0, "reason": reason}
