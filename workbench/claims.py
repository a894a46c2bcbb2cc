"""Claims about a service: sentences that a card has to support or refute, written before anybody looked at the numbers.

>>> claim = Claim.parse("accent: accuracy >= 92 % in clean")
>>> claim.attribute, claim.measure, claim.limit, claim.condition_id
('accent', 'accuracy', 0.92, 'clean')
>>> str(Claim.parse("accent : gap <= 2 points"))
'accent: gap <= 2 points'
"""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from workbench.errors import StudyError

EVERYONE = "everyone"
"""A claim about all speakers together, in place of an attribute."""
FORMS = "'accent: accuracy >= 92 %', 'accent: gap <= 2 points' or 'everyone: accuracy >= 90 % in clean'"

_SHAPE = re.compile(
    r"\s*(?P<attribute>[^:]+?)\s*:\s*"
    r"(?:(?P<accuracy>accuracy)\s*>=\s*(?P<percent>\d+(?:\.\d+)?)\s*%|gap\s*<=\s*(?P<points>\d+(?:\.\d+)?)\s*points?)"
    r"(?:\s+in\s+(?P<condition>\S+))?\s*"
)


class Claim(BaseModel):
    """One claim. ``accuracy``: every group's word accuracy, 1 - WER, is at least ``limit``; ``gap``: no group's rate differs
    from the reference by more than ``limit``. Both are fractions. ``condition_id`` empty: under every condition tested.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attribute: str = Field(min_length=1)
    measure: Literal["accuracy", "gap"]
    limit: float = Field(gt=0, lt=1)
    condition_id: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the claim that ``text`` states.

        Raises
        ------
        StudyError : it states none, or a limit outside 0 to 100
        """
        result = _SHAPE.fullmatch(text)
        if not result:
            raise StudyError(f"{text!r} is no claim", place="claims", remedy=f"write it like {FORMS}")
        measure: Literal["accuracy", "gap"] = "accuracy" if result["accuracy"] else "gap"
        limit = float(result["percent"] or result["points"])
        if not 0 < limit < 100:
            raise StudyError(
                f"{text!r}: {limit:g} lies outside 0 to 100", place="claims", remedy=f"write it like {FORMS}"
            )
        if result["attribute"] == EVERYONE and measure == "gap":
            raise StudyError(
                f"{text!r}: everyone has no gap", place="claims", remedy="name an attribute before the colon"
            )
        return cls(
            attribute=result["attribute"],
            measure=measure,
            limit=round(limit / 100, 10),
            condition_id=result["condition"] or "",
        )

    def __str__(self) -> str:
        limit = f"{round(self.limit * 100, 8):g}"
        text = f"accuracy >= {limit} %" if self.measure == "accuracy" else f"gap <= {limit} points"
        return f"{self.attribute}: {text}" + (f" in {self.condition_id}" if self.condition_id else "")
