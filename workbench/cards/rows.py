"""The rows of a card: what one line of each of its tables says. A missing number is ``None``, never zero."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from workbench.fairness.inference.verdicts import doubt
from workbench.schema import DOSE_RESPONSE, EVENT_RATES, GAP_CHANGES, GAPS, METRICS, RATES, WORD_ERRORS, Column, Table
from workbench.schema.table import UNIT_WORDS


class Block(BaseModel):
    """A part of the card: frozen, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TableRow(Block):
    """A line of a table of the schema: ``class GapRow(TableRow, table=GAPS)``.

    Each field is a column of that table, with its type, and takes its meaning and unit from there; ``own`` are the fields
    that the card adds. A class that does not fit its table cannot be defined.
    """

    def __init_subclass__(cls, **_: Any) -> None:
        """Leave what the class is given to the check below, which runs once its fields are known."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, **given: Any) -> None:
        table: Table = given["table"]
        own: Mapping[str, str] = given.get("own") or {}
        columns = {column.name: column for column in table.columns}
        for name, field in cls.model_fields.items():
            if name in own:
                field.description = own[name]
                continue
            column = columns.get(name)
            if column is None or _type_of(column) != field.annotation:
                raise TypeError(f"{cls.__name__}.{name} does not fit the table {table.name}")
            unit = UNIT_WORDS.get(column.unit, column.unit)
            field.description = f"{column.meaning} ({unit})" if unit else column.meaning
        cls.model_rebuild(force=True)


def _type_of(column: Column) -> Any:
    """Return the type of a value of a column in the card: what may be missing there is ``None`` here."""
    kind = {"str": str, "float64": float, "boolean": bool, "bool": bool}.get(column.dtype, int)
    return kind | None if column.nullable else kind


R = TypeVar("R", bound=Block)


def rows_of(frame: pd.DataFrame, kind: type[R]) -> tuple[R, ...]:
    """Return the rows of ``frame`` as blocks of this kind; columns that it does not have are left out."""
    records = frame[[name for name in kind.model_fields if name in frame.columns]].to_dict("records")
    return tuple(kind(**{str(name): present(value) for name, value in row.items()}) for row in records)


def present(value: Any) -> Any:
    """Return ``value``, or None where it is missing or infinite: JSON has neither."""
    return None if pd.isna(value) or value in (math.inf, -math.inf) else value


def frame_of(rows: Iterable[Block], kind: type[Block]) -> pd.DataFrame:
    """Return the rows as a frame with a column per field."""
    usual = {name: field.default for name, field in kind.model_fields.items() if not field.is_required()}
    return pd.DataFrame([usual | row.model_dump() for row in rows], columns=list(kind.model_fields))


_missing = (None, "").__contains__  # an optional field that says nothing is left out of the card
GROUPED, GROUP = "the attribute whose groups are told apart", "the group"


class RateRow(TableRow, table=RATES, own={"attribute": GROUPED, "group": GROUP}):
    """One row of RATES, its group named by attribute and group."""

    model_id: str
    condition_id: str
    attribute: str
    group: str
    n_speakers: int
    n_utterances: int
    n_failed: int
    n_empty_references: int
    false_speech_words: int
    ref_words: int
    errors: int
    substitutions: int
    deletions: int
    insertions: int
    mode: str
    unit: str = "word"
    rate: float | None
    ci_low: float | None
    ci_high: float | None
    evidence: str
    reason: str
    n_clusters: int | None = Field(default=None, exclude_if=_missing)
    speaker_rates: str = Field(default="", exclude_if=_missing)


class GapRow(TableRow, table=GAPS):
    """One row of GAPS."""

    model_id: str
    condition_id: str
    attribute: str
    group: str
    reference_group: str
    n_speakers: int
    n_speakers_reference: int
    mode: str
    unit: str = "word"
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p_value: float | None
    p_adjusted: float | None
    p_familywise: float | None = None
    mde: float | None
    more_speakers: int | None
    verdict: str
    tentative: bool = False
    reason: str
    n_clusters: int | None = Field(default=None, exclude_if=_missing)
    n_clusters_reference: int | None = Field(default=None, exclude_if=_missing)

    @property
    def doubt(self) -> str:
        """Why the verdict is tentative; empty if it is not. Cards made before there was a family-wise p have Holm's."""
        p = self.p_adjusted if self.p_familywise is None else self.p_familywise
        own, others = self.n_clusters or self.n_speakers, self.n_clusters_reference or self.n_speakers_reference
        return doubt(self.verdict, n_speakers=own, n_speakers_reference=others, p_familywise=p)


class ClaimRow(Block):
    """One claim under one condition: what the speakers say of it."""

    claim: str
    source: str
    """``study``: stated before the run; ``card``: stated for the card; ``margin``: that of the study."""
    model_id: str
    condition_id: str
    attribute: str
    measure: str
    limit: float
    verdict: str
    """SUPPORTED, REFUTED or NOT ENOUGH INFORMATION."""
    group: str
    """The group on which it turns; empty: everyone, or none."""
    value: float | None
    low: float | None
    high: float | None
    """The group's simultaneous 95 % interval."""
    reason: str


class FloorRow(Block):
    """The floor of one model, condition and attribute: the share of words right that every group is shown to reach."""

    model_id: str
    condition_id: str
    attribute: str
    n_groups: int
    group: str
    """The group with the lowest lower limit."""
    words_right: float | None
    """Its words right, hits over reference words."""
    low: float | None
    high: float | None
    floor: float | None
    reason: str


class HeadlineRow(Block):
    """What one model does to the groups of one attribute, in sentences (``figures.headline``)."""

    model_id: str
    attribute: str
    certainty: str
    title: str
    worst: str
    best: str
    needed: str
    remarks: tuple[str, ...]
    counts: str


class EfficiencyRow(Block):
    """How long one model took for one group over all conditions, and how many decodings failed; empty: everyone."""

    model_id: str
    attribute: str
    group: str
    n_utterances: int
    n_failed: int
    decode_s: float | None
    """Wall-clock time of the decodings, on the machine of the run."""
    audio_s: float | None
    real_time_factor: float | None
    """``decode_s / audio_s``; None for transcripts made elsewhere."""


class WordRow(TableRow, table=WORD_ERRORS):
    """A word that fails more often for a group: one row of WORD_ERRORS."""

    model_id: str
    condition_id: str
    attribute: str
    group: str
    reference_group: str
    word: str
    errors: int
    occurrences: int
    errors_reference: int
    occurrences_reference: int
    log_odds: float
    p_adjusted: float


class ChangeRow(TableRow, table=GAP_CHANGES):
    """One row of GAP_CHANGES, as far as the card prints it."""

    model_id: str
    condition_id: str
    attribute: str
    group: str
    reference_group: str
    n_speakers: int
    n_speakers_reference: int
    clean_rate: float | None
    rate: float | None
    degradation: float | None
    degradation_low: float | None
    degradation_high: float | None
    change: float | None
    ci_low: float | None
    ci_high: float | None
    log_change: float | None
    log_low: float | None
    log_high: float | None
    p_familywise: float | None
    answer: str
    reason: str


class DoseRow(TableRow, table=DOSE_RESPONSE):
    """One row of DOSE_RESPONSE."""

    model_id: str
    series: str
    over: str
    attribute: str
    group: str
    condition_id: str
    dose: float
    n_speakers: int
    ref_words: int
    errors: int
    rate: float | None
    ci_low: float | None
    ci_high: float | None
    reason: str


class SpeakersRow(Block):
    """How the speakers of a group differ: quantiles of their own rates, never the rate of one."""

    model_id: str
    condition_id: str
    attribute: str
    group: str
    n_speakers: int
    p10: float | None
    p25: float | None
    median: float | None
    p75: float | None
    p90: float | None
    above_half: float | None
    """Share of the speakers of whose words more than half were wrong."""


class EventRow(TableRow, table=EVENT_RATES, own={"attribute": GROUPED, "group": GROUP}):
    """One row of EVENT_RATES, its group named by attribute and group."""

    model_id: str
    condition_id: str
    attribute: str
    group: str
    event: str
    n_speakers: int
    n_utterances: int
    events: int
    exposure: float
    exposure_unit: str
    rate: float | None
    ci_low: float | None
    ci_high: float | None
    reason: str


class KindRow(TableRow, table=METRICS, own={"attribute": GROUPED, "group": GROUP}):
    """Words replaced, missed or invented per word that was said: one row of METRICS."""

    model_id: str
    condition_id: str
    attribute: str
    group: str
    metric: str
    n_speakers: int
    value: float | None
    ci_low: float | None
    ci_high: float | None
    reason: str


class BandRow(TableRow, table=GAPS, own={"normaliser": "the normaliser under which the gap was computed"}):
    """One row of GAPS under one normaliser of the band, as far as the card prints it."""

    normaliser: str
    model_id: str
    condition_id: str
    attribute: str
    group: str
    reference_group: str
    n_speakers: int
    n_speakers_reference: int
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    p_adjusted: float | None
    verdict: str
    reason: str


class BalanceRow(Block):
    """How unlike a group and its reference are in something else than the group, in the audio before any condition."""

    attribute: str
    group: str
    reference_group: str
    covariate: str
    mean_group: float | None
    mean_reference: float | None
    smd: float | None
    reason: str


class RecordingRow(Block):
    """How differently a group and those it is compared with were recorded, in one measure, before any condition."""

    attribute: str
    group: str
    reference_group: str
    measure: str
    unit: str
    kind: str
    n_speakers: int
    n_speakers_reference: int
    mean_group: float | None
    mean_reference: float | None
    smd: float | None
    p_adjusted: float | None
    verdict: str
    reason: str


class ExampleRow(Block):
    """One utterance that the analyst chose to print: what was said and what was written."""

    model_id: str
    condition_id: str
    reference: str
    hypothesis: str | None


class AnswerRow(Block):
    """One dimension of responsible use: what the card has to say of it, or that it was not assessed."""

    dimension: str
    assessed: bool
    text: str


def by_fields(rows: Sequence[R], **wanted: Any) -> list[R]:
    """Return the rows with these values."""
    return [row for row in rows if all(getattr(row, name) == value for name, value in wanted.items())]
