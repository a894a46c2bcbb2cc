"""Verify a card: compute it again from the stored transcripts and compare, number by number.

The card says which run it reports and what was asked of it, so it is built again from the transcripts in the store. Numbers
must agree to 1 part in 10^9 (processors differ in the last digits); that none was touched after writing, however little,
is what the card's own hash tells. A PDF and an HTML file carry the card's JSON; what they print is compared with what
that card prints.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from workbench.cards.builder import build
from workbench.cards.formats import CARRIERS
from workbench.cards.hashes import content_hash
from workbench.cards.labelled import display_names_of
from workbench.cards.model import Card
from workbench.cards.suppression import hidden_groups
from workbench.errors import CardError, StoreError
from workbench.files import contents
from workbench.results import load
from workbench.store import Store, open_store
from workbench.version import __version__

NEAR = 1e-9
"""Numbers that differ by less, relative to their size, are equal."""
KEYS = (
    "model_id",
    "condition_id",
    "series",
    "claim",
    "attribute",
    "group",
    "covariate",
    "measure",
    "event",
    "metric",
    "normaliser",
    "dimension",
    "corpus_id",
    "name",
)
"""What names a row of the card, as far as it has them."""
EARLIER = ("1", "2", "3")
"""Structures of cards that are no longer written: their sentences and floors were others."""
HASH = "content_hash"


class Difference(NamedTuple):
    """One place where the card is not what the transcripts give: where, what it says, and what was computed."""

    place: str
    printed: str
    recomputed: str


class Verification(NamedTuple):
    """What verifying a card found. ``n_values``: numbers and texts compared; no differences: the card holds."""

    run_id: str
    run_hash: str
    n_values: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    """What a reader of the differences should know, such as that other software wrote the card."""

    @property
    def holds(self) -> bool:
        """True if nothing differs."""
        return not self.differences


def verify(path: Path | str, *, store: Store | None = None) -> Verification:
    """Return what differs between the card in ``path`` (JSON, PDF or HTML) and the transcripts that it was made from.

    Raises
    ------
    CardError : the file is no card, or the store does not have its run
    """
    path = Path(path)
    held = contents(path, called="card", fails=CardError)
    carrier = next((item for item in CARRIERS if item.fits(held)), None)
    if carrier is None:
        raise CardError(
            "neither a card's JSON nor its PDF or HTML", place=str(path), remedy="name a file that `card` wrote"
        )
    told, card = read_card(carrier.card_json(held, path), path)
    result = list(changed(told, card))
    again, notes = _again(card, path, store or open_store())
    wanted = again.model_dump(mode="json")
    result += compare(told, wanted)
    result += [Difference(*line) for line in carrier.misprints(held, card)] if not result else []
    return Verification(
        card.run.run_id,
        again.reproduction.run_hash,
        count_values(wanted),
        tuple(result),
        (*version_notes(card), *notes),
    )


def read_card(text: str, path: Path) -> tuple[dict[str, Any], Card]:
    """Return the card in ``text``, as JSON has it and as a value.

    Raises
    ------
    CardError : no card, or one of an earlier structure
    """
    try:
        told = json.loads(text)
        if isinstance(told, dict) and str(told.get("schema_version", "")) in EARLIER:
            wrote = told.get("reproduction", {}).get("versions", {}).get("workbench", "an earlier version")
            raise CardError(
                f"a card of structure {told['schema_version']}, which this version does not write",
                place=str(path),
                remedy=f"verify it with workbench {wrote}, or write it again: workbench card {told.get('run', {}).get('run_id', 'RUN')}",
            )
        return told, Card.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CardError(
            f"not a card of this version: {where}: {first['msg']} ({error.error_count()} problems in all)",
            place=str(path),
            remedy="docs/card.schema.json says what a card holds",
        ) from None
    except (ValueError, RecursionError) as error:
        raise CardError(f"no JSON: {error}", place=str(path), remedy="name a file that `card` wrote") from None


def changed(told: Mapping[str, Any], card: Card) -> Iterator[Difference]:
    """Yield a difference if the card is not what its own hash says."""
    if told.get(HASH) != (sound := content_hash(card)):
        yield Difference(HASH, str(told.get(HASH)), sound)


def _again(card: Card, path: Path, store: Store) -> tuple[Card, list[str]]:
    """Return the card computed from the transcripts in ``store``, and which groups it hides that this run alone would show."""
    try:
        results = load(card.run.run_id, store=store, normaliser=card.choices.normaliser, kept=False)
    except StoreError as error:
        raise CardError(
            f"its run {card.run.run_id} is not in this store ({error.what})",
            place=str(path),
            remedy="name the store that has it with --store; the card's JSON names the run's hash",
        ) from None
    results = results.relabelled(display_names_of(card))  # they may have changed since
    asked = {name: getattr(card.choices, name) for name in type(card.choices).model_fields if name != "normaliser"}
    again = build(results, **asked, withheld=card.privacy.hidden)
    needed = hidden_groups(results.scores, again.attributes, again.privacy.minimum_speakers)
    more = {name: sorted(set(groups) - set(needed.get(name, ()))) for name, groups in again.privacy.hidden.items()}
    notes = [
        f"{name}: {', '.join(groups)} not shown, though this run has enough speakers: because of an earlier card, or left out on purpose"
        for name, groups in more.items()
        if groups
    ]
    return again, notes


def version_notes(card: Card) -> tuple[str, ...]:
    """Return that other software wrote the card, if it did."""
    wrote = card.reproduction.versions.get("workbench", "")
    return (f"made with workbench {wrote}, verified with {__version__}",) if wrote != __version__ else ()


def compare(told: Any, wanted: Any, place: str = "") -> list[Difference]:
    """Return every value of ``told`` that is not that of ``wanted``, with its place: ``rates[clean, accent, Wales].rate``."""
    if place == HASH:
        return []
    if isinstance(told, Mapping) and isinstance(wanted, Mapping):
        names = list(dict.fromkeys([*wanted, *told]))
        return [
            item
            for name in names
            for item in compare(
                told.get(name, _ABSENT), wanted.get(name, _ABSENT), f"{place}.{name}" if place else name
            )
        ]
    if isinstance(told, list) and isinstance(wanted, list):
        result = [Difference(f"{place}: rows", str(len(told)), str(len(wanted)))] if len(told) != len(wanted) else []
        for at, (one, other) in enumerate(zip(told, wanted, strict=False)):
            result += compare(one, other, f"{place}[{_name(other, at)}]")
        return result
    return [] if _equal(told, wanted) else [Difference(place, _shown(told), _shown(wanted))]


class _Absent:
    """Stands for a field that is not there."""


_ABSENT = _Absent()


def _shown(value: Any) -> str:
    return "(absent)" if value is _ABSENT else json.dumps(value, ensure_ascii=False)


def _name(row: Any, at: int) -> str:
    if not isinstance(row, Mapping):
        return str(at)
    return ", ".join(str(row[name]) for name in KEYS if row.get(name)) or str(at)


def _equal(told: Any, wanted: Any) -> bool:
    numbers = (int, float)
    if (
        isinstance(told, bool)
        or isinstance(wanted, bool)
        or not (isinstance(told, numbers) and isinstance(wanted, numbers))
    ):
        return type(told) is type(wanted) and bool(told == wanted)
    return math.isclose(told, wanted, rel_tol=NEAR, abs_tol=NEAR * NEAR)


def count_values(value: Any) -> int:
    """Return how many single values a card's JSON holds."""
    if isinstance(value, Mapping):
        return sum(map(count_values, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return sum(map(count_values, value))
    return 1
