"""The glossary: every term that the pages use is defined once, and rules are quoted, not worded again."""

from __future__ import annotations

import re
from pathlib import Path

import workbench
from workbench.fairness.glossary import GLOSSARY, by_theme
from workbench.fairness.inference.verdicts import RULES

PAGES = Path(workbench.__file__).parent / "pages"


def test_terms_that_readers_ask_for_are_defined() -> None:
    asked = {
        "WER", "gap", "interval", "firm", "tentative", "GAP", "EQUIVALENT", "INCONCLUSIVE", "SATURATED", "NOT COMPUTED",
        "margin", "normaliser", "condition", "severity", "SNR", "RT60", "STOI", "SMD", "propensity",
    }  # fmt: skip
    assert asked <= set(GLOSSARY)
    assert sum(map(len, by_theme().values())) == len(GLOSSARY)


def test_a_meaning_is_a_sentence_and_a_verdict_is_its_rule() -> None:
    for term in GLOSSARY.values():
        assert term.meaning[0].isupper() or term.meaning[0] == "“", term
        assert term.meaning.endswith("."), term
    for name, rule in RULES.items():
        assert rule.lower() in GLOSSARY[name].meaning.lower()


def test_pages_link_terms_that_are_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES.rglob("*.py"))
    linked = {
        name
        for call in re.findall(r"glossary_link\.(?:terms|meaning)\(([^)]*)\)", text)
        for name in re.findall(r'"([^"]+)"', call)
    }
    assert linked
    assert linked <= set(GLOSSARY)
