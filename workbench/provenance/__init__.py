"""Provenance audit, before any noise: how the originals of each group were recorded, and whether groups differ in it.

Recognisers hear recordings, not accents: where one group was recorded over the telephone and another in a studio, their gap
is of telephones as well. The audit measures every original (level, noise floor, bandwidth, clipping, coding, decay, pauses,
pace), describes groups with intervals over speakers, and says in words where they differ; ``channel_equalised`` makes the
study that shows what is left of a gap when everybody is heard through one channel.

Names are loaded when they are first used: a process that listens (:mod:`workbench.provenance.measurement_pool`) needs few of them.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
