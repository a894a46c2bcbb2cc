"""The pictures of conditions in the README: ``python -m bench.spectrograms [--out docs]``.

The clip is that of the gallery (a synthetic voice of the demo corpus), the seed 1: equal software, equal bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from workbench.conditions import degrade, parse_condition
from workbench.figures import condition_label
from workbench.figures.gallery import clip_of
from workbench.figures.spectrogram import figure

SHOWN = ("clean", "equip_pulse@4", "room@3", "amr_nb@2")


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "docs")
    folder = parser.parse_args().out
    clip, pool = clip_of()
    for name in SHOWN:
        condition = parse_condition(name)
        degraded = degrade(clip.wave, condition, slot=0, seed=1, pool=pool)
        label = condition_label(name)
        path = folder / f"spectrogram-{condition.id}.png"
        path.write_bytes(figure(degraded.wave, title=label[:1].upper() + label[1:]))
        print(path)


if __name__ == "__main__":
    main()
