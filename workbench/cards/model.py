"""The service card as one frozen value: everything that its PDF, JSON and CSV say.

``Card.model_validate_json(card.model_dump_json())`` gives an equal card. Numbers are kept in full; how they are rounded
for people is decided once, in :mod:`workbench.figures.wording`. A missing number is ``None``, never zero.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
from pydantic import Field

from workbench import card_fields
from workbench.cards.rows import (
    AnswerRow,
    BalanceRow,
    BandRow,
    Block,
    ChangeRow,
    ClaimRow,
    DoseRow,
    EfficiencyRow,
    EventRow,
    ExampleRow,
    FloorRow,
    GapRow,
    HeadlineRow,
    KindRow,
    RateRow,
    RecordingRow,
    SpeakersRow,
    WordRow,
    frame_of,
)
from workbench.schema import GAPS, RATES
from workbench.text import UNIT_WORDS, Unit, unit_of

EVERYONE = "everyone"
"""The group of a rate over all speakers; its attribute is empty."""


class RunBlock(Block):
    """Which run the card reports, and how far it got."""

    run_id: str
    study: str
    state: str
    total: int
    done: int
    failed: int
    date: str
    """When the run ended, else when it began: ISO 8601, UTC."""


class AttributeBlock(Block):
    """How a corpus came by an attribute."""

    name: str
    obtained: str
    note: str = ""


class CorpusBlock(Block):
    """On whom: one corpus as its description states it, its size, and how much of it was tested."""

    corpus_id: str
    title: str
    licence: str
    source: str
    language: str
    synthetic_voices: bool
    speaker_note: str
    consent: str
    speech_style: str
    n_speakers: int
    n_utterances: int
    n_dropped: int
    n_speakers_tested: int
    n_utterances_tested: int
    minutes_tested: float | None = None
    fingerprint: str
    attributes: tuple[AttributeBlock, ...]


class GroupBlock(Block):
    """Size of one group in the material that was played to the models, before any condition."""

    attribute: str
    group: str
    n_speakers: int
    n_utterances: int
    ref_words: int
    minutes: float | None


class ModelBlock(Block):
    """One model: engine, version, digest, and the decoding options pinned for the run."""

    model_id: str
    engine: str
    version: str
    digest: str
    options: dict[str, str]


class FactBlock(Block):
    """One measured fact of a condition: the median of its utterances, and between what 90 % of them lie."""

    n_utterances: int
    median: float
    p05: float
    p95: float


class ConditionBlock(Block):
    """One condition with its physical parameters and what was measured."""

    condition_id: str
    label: str
    family: str
    severity: int | None
    parameters: dict[str, float | str]
    units: dict[str, str]
    hears: str
    source: str
    mean_achieved_snr_db: float | None
    n_utterances: int
    measured: dict[str, FactBlock] = Field(default_factory=dict)
    """By the names of the columns of FACTS, which carry the units."""


class MethodBlock(Block):
    """How rates, intervals and verdicts were computed."""

    normaliser_id: str
    margin: float
    """Gaps smaller than this count as equal: the study's, unless one was chosen for the card."""
    margin_of_the_study: float
    """Fixed before the run."""
    reference_group: str
    pairing: str
    seed: int
    filter: dict[str, tuple[str, ...]]
    """The study's choice of groups: attribute and its levels; empty if all were tested."""


class Choices(Block):
    """What was asked of the card: with the run and these the card is computed again."""

    attributes: tuple[str, ...]
    reference_group: str
    normaliser: str
    intended_use: str
    limits: tuple[str, ...]
    """Limits in the analyst's own words."""
    claims: tuple[str, ...]
    """Claims stated for the card, beside those of the study."""
    margin: float | None
    """A margin chosen for the card after the run; None: the study's."""
    evidence: tuple[str, ...]
    """Parts of the card beyond rates and gaps."""
    minimum_speakers: int
    examples: tuple[tuple[str, str], ...]
    """Utterance and condition of the transcripts that are printed."""
    fields: dict[str, str] = Field(default_factory=dict)
    """Fields given for the card, in place of those of the study (``workbench.card_fields``)."""


class Privacy(Block):
    """What the card keeps to itself, and where the audio went."""

    minimum_speakers: int
    hidden: dict[str, tuple[str, ...]]
    """Attribute and its groups that are not shown: too few speakers, or needed to hide one that has."""
    audio: str
    """Whether audio left the machine on which the study ran."""


class Reproduction(Block):
    """What it takes to compute the card again."""

    versions: dict[str, str]
    study_json: str
    study_digest: str
    """SHA-256 of ``study_json``."""
    run_hash: str
    """SHA-256 of what the run is made of: study, corpora, models, and every transcript (``cards.hashes``)."""


class Card(Block):
    """A service card: what was tested, on whom, how, what came out, and where it ends."""

    schema_version: Literal["4"] = "4"
    caveat: str
    fields: dict[str, str] = Field(default_factory=dict)
    """What a person says of the service (``workbench.card_fields``)."""
    headlines: tuple[HeadlineRow, ...] = ()
    run: RunBlock
    corpora: tuple[CorpusBlock, ...]
    attributes: tuple[str, ...]
    groups: tuple[GroupBlock, ...]
    models: tuple[ModelBlock, ...]
    conditions: tuple[ConditionBlock, ...]
    conditions_not_tested: tuple[str, ...]
    method: MethodBlock
    rates: tuple[RateRow, ...]
    gaps: tuple[GapRow, ...]
    claims: tuple[ClaimRow, ...]
    floors: tuple[FloorRow, ...]
    changes: tuple[ChangeRow, ...] = ()
    doses: tuple[DoseRow, ...] = ()
    speakers: tuple[SpeakersRow, ...] = ()
    kinds: tuple[KindRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    words: tuple[WordRow, ...] = ()
    keywords: tuple[EventRow, ...] = ()
    efficiency: tuple[EfficiencyRow, ...] = ()
    band: tuple[BandRow, ...] = ()
    balance: tuple[BalanceRow, ...] = ()
    recordings: tuple[RecordingRow, ...] = ()
    examples: tuple[ExampleRow, ...] = ()
    privacy: Privacy
    dimensions: tuple[AnswerRow, ...] = ()
    limits: tuple[str, ...]
    choices: Choices
    reproduction: Reproduction
    content_hash: str = ""
    """SHA-256 of all the rest of the card, as canonical JSON."""

    @property
    def intended_use(self) -> str:
        """The analyst's own words on where the model is to be used; may be empty."""
        return self.fields.get("intended_use", "")

    @property
    def rate_name(self) -> str:
        """What the rates are called by their unit: word error rate, or character error rate."""
        return UNIT_WORDS[self.unit][0]

    @property
    def unit(self) -> Unit:
        """What was counted, by the normaliser of the run."""
        return unit_of(self.method.normaliser_id)

    @property
    def rate_in_short(self) -> str:
        """What the rates are called in a heading: WER or CER."""
        return UNIT_WORDS[self.unit][1]

    @property
    def missing_fields(self) -> tuple[str, ...]:
        """The required fields that nobody has filled: while there are any, the card is a draft."""
        return card_fields.missing(self.fields)

    @property
    def subject(self) -> str:
        """The service that the card is of; while nobody names it, the study."""
        return self.fields.get("service", "") or self.run.study

    @property
    def title(self) -> str:
        """Title of the document."""
        return f"Service card: {self.subject}"

    @property
    def synthetic_voices(self) -> bool:
        """Whether any of the voices that were tested are synthetic."""
        return any(corpus.synthetic_voices and corpus.n_speakers_tested for corpus in self.corpora)

    @property
    def only_synthetic_voices(self) -> bool:
        """Whether all of them are."""
        tested = [corpus for corpus in self.corpora if corpus.n_speakers_tested]
        return bool(tested) and all(corpus.synthetic_voices for corpus in tested)

    def rates_frame(self, attribute: str | None = None) -> pd.DataFrame:
        """Return RATES: every row with columns ``attribute`` and ``group``, or those of one attribute under its name."""
        frame = frame_of(self.rates, RateRow)
        if attribute is not None:
            chosen = frame[frame["attribute"] == attribute].drop(columns="attribute")
            frame = chosen.rename(columns={"group": attribute}).reset_index(drop=True)
        keys = ["model_id", "condition_id"]
        own = [name for name in frame.columns if name not in RATES.column_names]
        return RATES.validate(frame)[[*keys, *own, *[name for name in RATES.column_names if name not in keys]]]

    def gaps_frame(self) -> pd.DataFrame:
        """Return GAPS."""
        return GAPS.validate(frame_of(self.gaps, GapRow)[GAPS.column_names])
