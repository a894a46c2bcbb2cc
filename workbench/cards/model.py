"""The service card as one frozen value: everything that its PDF, JSON and CSV say.

``Card.model_validate_json(card.model_dump_json())`` gives an equal card. Numbers are kept in full; how they are rounded
for people is decided once, in :mod:`workbench.figures.words`. A missing number is ``None``, never zero.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict

from workbench.fairness.verdicts import doubt
from workbench.schema import GAPS, RATES

EVERYONE = "everyone"
"""The group of a rate over all speakers; its attribute is empty."""


class Block(BaseModel):
    """A part of the card: frozen, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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
    n_speakers: int
    n_utterances: int
    n_dropped: int
    n_speakers_tested: int
    n_utterances_tested: int
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
    measured: dict[str, FactBlock] = {}
    """By the names of the columns of FACTS, which carry the units."""


class MethodBlock(Block):
    """How rates, intervals and verdicts were computed."""

    normaliser_id: str
    margin: float
    reference_group: str
    pairing: str
    seed: int
    filter: dict[str, tuple[str, ...]]
    """The study's choice of groups: attribute and its levels; empty if all were tested."""


class RateRow(Block):
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
    rate: float | None
    ci_low: float | None
    ci_high: float | None
    evidence: str
    reason: str


class GapRow(Block):
    """One row of GAPS."""

    model_id: str
    condition_id: str
    attribute: str
    group: str
    reference_group: str
    n_speakers: int
    n_speakers_reference: int
    mode: str
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p_value: float | None
    p_adjusted: float | None
    mde: float | None
    more_speakers: int | None
    verdict: str
    reason: str

    @property
    def doubt(self) -> str:
        """Why the verdict is tentative; empty if it is not."""
        return doubt(
            self.verdict,
            n_speakers=self.n_speakers,
            n_speakers_reference=self.n_speakers_reference,
            p_adjusted=self.p_adjusted,
        )


class Reproduction(Block):
    """What it takes to compute the card again."""

    versions: dict[str, str]
    study_json: str
    study_digest: str
    """SHA-256 of ``study_json``."""


class Card(Block):
    """A service card: what was tested, on whom, how, what came out, and where it ends."""

    schema_version: Literal["1"] = "1"
    intended_use: str
    caveat: str
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
    limits: tuple[str, ...]
    reproduction: Reproduction

    @property
    def title(self) -> str:
        """Title of the document."""
        return f"Service card: {self.run.study}"

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
        frame = pd.DataFrame([row.model_dump() for row in self.rates], columns=list(RateRow.model_fields))
        if attribute is not None:
            chosen = frame[frame["attribute"] == attribute].drop(columns="attribute")
            frame = chosen.rename(columns={"group": attribute}).reset_index(drop=True)
        keys = ["model_id", "condition_id"]
        own = [name for name in frame.columns if name not in RATES.column_names]
        return RATES.validate(frame)[[*keys, *own, *[name for name in RATES.column_names if name not in keys]]]

    def gaps_frame(self) -> pd.DataFrame:
        """Return GAPS."""
        return GAPS.validate(pd.DataFrame([row.model_dump() for row in self.gaps], columns=GAPS.column_names))
