"""The pictures of board and card in the README: ``python -m bench.card_pictures [--out docs]``.

They show the demo study (synthetic voices), which is run first where that has not been done.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image

import workbench as wb
from workbench import cards

ROOT = Path(__file__).resolve().parent.parent
CLAIMS = ("everyone: accuracy >= 75 %", "accent: gap <= 5 points in clean")
USE = "Digits and short orders, spoken to a device on a hospital ward."


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    folder = parser.parse_args().out
    store = wb.open_store()
    record = wb.run(wb.Study.from_toml(ROOT / "data_manifests" / "demo.study.toml"), store=store)
    results = wb.load(record.run_id, store=store)
    card = cards.build_card(results, intended_use=USE, claims=CLAIMS)
    pictures = {
        "board.png": wb.exported(wb.show(results), "png", run_hash=card.reproduction.run_hash),
        "card.png": _small(cards.first_page(card)),
    }
    for name, content in pictures.items():
        (folder / name).write_bytes(content)
        print(f"{folder / name}: {len(content) / 1000:.0f} kB")


def _small(png: bytes) -> bytes:
    """Return a picture in 64 colours: text and lines need no more."""
    sink = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(64).save(sink, "png", optimize=True)
    return sink.getvalue()


if __name__ == "__main__":
    main()
