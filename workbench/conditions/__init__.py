"""What the last mile does to the audio: one family of conditions per file, every level with a physical unit.

A condition is a frozen value (:class:`Condition`); :data:`CATALOGUE` names each at four severities and
:func:`parse_condition` reads what a user writes. :func:`degrade` applies one, :func:`chain` puts several in order,
:func:`sweep` varies a parameter.

>>> parse_condition("white_noise@2").parameters
{'snr_db': 10.0}
"""

from workbench.conditions.base import CODE_VERSION, SEVERITY_WORDS, TYPICAL, Condition, Degraded, SpeechPool, rng_for
from workbench.conditions.catalogue import ADAPTER, CATALOGUE, KINDS, AnyCondition, describe
from workbench.conditions.chain import Chain, chain
from workbench.conditions.degrading import degrade
from workbench.conditions.measuring import Original
from workbench.conditions.pairing import PAIRINGS, Pairing, draw_key
from workbench.conditions.parse import parse_condition
from workbench.conditions.places import Place
from workbench.conditions.pool import CorpusPool
from workbench.conditions.sweeps import expand, sweep

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
