"""What only a person can say of a service: the fields of a card that no measurement fills.

A card without a required field is a draft and says so.

>>> missing({"service": "Ward dictation", "version": "2.1"})
('intended_use', 'out_of_scope', 'advice', 'owner', 'contact')

Source: the sections of AWS AI Service Cards (overview, intended use cases and limitations, deployment best practices) and of model
cards (Mitchell et al. 2019, Model Cards for Model Reporting: model details, intended use, out-of-scope use, caveats and recommendations).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from workbench.errors import StudyError, choices


class CardField(NamedTuple):
    """One field: its label on the card, what a person is asked, and whether a card without it is a draft."""

    label: str
    asks: str
    required: bool = True


FIELDS: Mapping[str, CardField] = {
    "service": CardField("Service", "What the service is called and what it does, in one sentence."),
    "version": CardField("Version", "The version or release that was tested."),
    "intended_use": CardField("Intended use", "Where, by whom and for what the service is to be used."),
    "out_of_scope": CardField("Out-of-scope use", "What the service must not be used for."),
    "advice": CardField("Deployment advice", "What a customer should do before and during use."),
    "owner": CardField("Owner", "Who answers for the service."),
    "contact": CardField("Contact", "Where to send questions and reports: an address or a page."),
    "date": CardField("Date of this card", "The day the card is published, as YYYY-MM-DD.", required=False),
    "review": CardField("Next review", "When the card will be reviewed.", required=False),
    "training_data": CardField("Training data", "What the recogniser was trained on, if known.", required=False),
}
"""Every field by its name, in the order of the card."""


def missing(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the required fields that are not filled."""
    return tuple(name for name, field in FIELDS.items() if field.required and not fields.get(name, "").strip())


def checked(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that are filled, in the order of the card, without blanks around them.

    Raises
    ------
    StudyError : every unknown name, and a date that is none
    """
    return {name: text for name, text in stripped(fields).items() if text}


def stripped(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields in the order of the card, without blanks around them; a blank one takes back what the study says.

    Raises
    ------
    StudyError : as :func:`checked`
    """
    unknown = [name for name in fields if name not in FIELDS]
    problems = [f"no card field {name!r}" for name in unknown]
    date = fields.get("date", "").strip()
    if date and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", date):
        problems.append(f"date {date!r} is not written as YYYY-MM-DD")
    if problems:
        remedy = choices(unknown[0], FIELDS) if unknown else "for example 2026-11-30"
        raise StudyError("; ".join(problems), place="card fields", remedy=remedy)
    return {name: fields[name].strip() for name in FIELDS if name in fields}


def parsed(given: Sequence[str]) -> dict[str, str]:
    """Return the fields that NAME=TEXT options state.

    Raises
    ------
    StudyError : an option without a name, an unknown name, or one that is given twice
    """
    fields: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise StudyError(
                f"{text!r} is not NAME=TEXT", place="--field", remedy="for example --field owner='Speech team'"
            )
        if name in fields:
            raise StudyError(f"{name!r} is given twice", place="--field", remedy="give it once")
        fields[name] = value
    return stripped(fields)
