"""Ratio of one run: every form of the demo study's card from figures drawn once, over each form drawing its own.

``python -m bench.card [--rounds N]``: seconds of the processor to compute the card, to draw its figures, and to make PDF, HTML
and pictures of the pages from them; then the same forms each by itself, as a caller gets them who wants only one. The two
ways take turns after a round that does not count; medians. The study is run first where that has not been done.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import TypeVar

import workbench as wb
from bench.card_pictures import ROOT
from workbench import cards

FORMS = (cards.pdf, cards.html, cards.pages)
T = TypeVar("T")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    store = wb.open_store()
    record = wb.run(wb.Study.from_toml(ROOT / "data_manifests" / "demo.study.toml"), store=store)
    results = wb.load(record.run_id, store=store)
    spent: dict[str, list[float]] = {"the card": [], "its figures": [], "PDF, HTML, pages": [], "each by itself": []}
    for _ in range(rounds + 1):
        card = timed(spent["the card"], lambda: cards.build_card(results))
        drawn = timed(spent["its figures"], lambda card=card: cards.draw(card))
        together = timed(spent["PDF, HTML, pages"], lambda drawn=drawn: [form(drawn) for form in FORMS])
        alone = timed(spent["each by itself"], lambda card=card: [form(card) for form in FORMS])
        assert together == alone
    first = {name: times.pop(0) for name, times in spent.items()}
    found = {name: median(times) for name, times in spent.items()}
    for name, seconds in found.items():
        print(f"{name:20}{seconds:6.2f} s (the first time {first[name]:.2f} s)")
    once = found["its figures"] + found["PDF, HTML, pages"]
    print(f"figures drawn once / by each form = {once / found['each by itself']:.2f}, the same bytes")
    print(f"card and all forms = {found['the card'] + once:.2f} s of the processor")


def timed(times: list[float], make: Callable[[], T]) -> T:
    """Return what ``make`` returns; add the seconds of the processor to ``times``."""
    start = time.process_time()
    made = make()
    times.append(time.process_time() - start)
    return made


if __name__ == "__main__":
    main()
