"""A workbench that measures how speech recognition treats accents in the rooms where it is used.

Everything that the app shows can be reached from here::

    import workbench as wb

    study = wb.Study.from_toml("data_manifests/demo.study.toml")
    record = wb.run(study, store=wb.open_store())
    results = wb.load(record.run_id)
    wb.rates(results.scores, ["accent"])
    wb.gaps(results.scores, "accent", margin=study.margin)

The names stand in ``__init__.pyi``, by theme (``docs/api.md``). They are loaded when they are first used, so that
``import workbench`` stays quick.
"""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
