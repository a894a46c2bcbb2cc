"""A workbench that measures how speech recognition treats accents in the rooms where it is used.

Everything that the app shows can be reached from here::

    import workbench as wb

    study = wb.Study.from_toml("data_manifests/demo.study.toml")
    record = wb.run(study, store=wb.open_store())
    results = wb.load(record.run_id)
    wb.rates(results.scores, ["accent"])
    wb.gaps(results.scores, "accent", margin=study.margin)

Names are loaded when they are first used, so that ``import workbench`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from workbench.audio import Waveform, decode, speech_level
    from workbench.cards import build as build_card
    from workbench.cards import write as write_card
    from workbench.conditions import CATALOGUE, Condition, CorpusPool, chain, degrade, parse_condition, sweep
