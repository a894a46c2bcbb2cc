"""Provenance audit, before any noise: how the originals of each group were recorded, and whether groups differ in it.

Recognisers hear recordings, not accents: where one group was recorded over the telephone and another in a studio, their gap
is of telephones as well. The audit measures every original (level, noise floor, bandwidth, clipping, coding, decay, pauses,
pace), describes groups with intervals over speakers, and says in words where they differ; ``channel_equalised`` makes the
study that shows what is left of a gap when everybody is heard through one channel.

Names are loaded when they are first used: a process that listens (:mod:`workbench.provenance.measurement_pool`) needs few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.provenance.audit_files import write_counterfactual, write_utterances
    from workbench.provenance.counterfactual import channel_equalised, common_channel, explained
    from workbench.provenance.differences import audit_differences
    from workbench.provenance.group_summary import audit_groups, audit_measures
    from workbench.provenance.measure_cache import Cache
    from workbench.provenance.measure_table import MEASURES, Measure, measure
    from workbench.provenance.report import Audit, audit
    from workbench.provenance.sentences import audit_sentences, smd_words
    from workbench.provenance.sources import subject_of
    from workbench.provenance.utterance_measures import audit_utterances

_PLACES = {
    "measure_cache": ("Cache",),
    "counterfactual": ("channel_equalised", "common_channel", "explained"),
    "differences": ("audit_differences",),
    "group_summary": ("audit_groups", "audit_measures"),
    "measure_table": ("MEASURES", "Measure", "measure"),
    "sentences": ("audit_sentences", "smd_words"),
    "sources": ("subject_of",),
    "utterance_measures": ("audit_utterances",),
    "report": ("Audit", "audit"),
    "audit_files": ("write_counterfactual", "write_utterances"),
}
_LAZY = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "MEASURES",
    "Audit",
    "Cache",
    "Measure",
    "audit",
    "audit_differences",
    "audit_groups",
    "audit_measures",
    "audit_sentences",
    "audit_utterances",
    "channel_equalised",
    "common_channel",
    "explained",
    "measure",
    "smd_words",
    "subject_of",
    "write_counterfactual",
    "write_utterances",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
