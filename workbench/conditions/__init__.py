"""What the last mile does to the audio: one family of conditions per file, every level with a physical unit.

A condition is a frozen value (:class:`Condition`); :data:`CATALOGUE` names each at four severities and
:func:`parse_condition` reads what a user writes. :func:`degrade` applies one, :func:`chain` puts several in order,
:func:`sweep` varies a parameter.

>>> parse_condition("white_noise@2").parameters
{'snr_db': 10.0}
"""

from workbench.conditions.catalogue import CATALOGUE, KINDS, describe
from workbench.conditions.chain import Chain
from workbench.conditions.condition import (
    CODE_VERSION,
    SEVERITY_WORDS,
    TYPICAL,
    Condition,
    Degraded,
    SpeechPool,
    rng_for,
)
from workbench.conditions.degradation import degrade
from workbench.conditions.draw_keys import PAIRINGS, Pairing, draw_key
from workbench.conditions.measured_facts import Original
from workbench.conditions.parser import ADAPTER, AnyCondition, chain, parse_condition
from workbench.conditions.places import Place
from workbench.conditions.sweeps import expand, sweep
from workbench.conditions.voice_pool import CorpusPool

__all__ = [
    "ADAPTER",
    "CATALOGUE",
    "CODE_VERSION",
    "KINDS",
    "PAIRINGS",
    "SEVERITY_WORDS",
    "TYPICAL",
    "AnyCondition",
    "Chain",
    "Condition",
    "CorpusPool",
    "Degraded",
    "Original",
    "Pairing",
    "Place",
    "SpeechPool",
    "chain",
    "degrade",
    "describe",
    "draw_key",
    "expand",
    "parse_condition",
    "rng_for",
    "sweep",
]
