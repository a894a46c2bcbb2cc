"""Prompt ids: the definition, text by text, against the quick way through a column."""

from __future__ import annotations

import hashlib
import re
import string
import unicodedata

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from workbench.corpora import prompt_ids


def by_definition(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    words = re.sub(r"[^\w']+|_+", " ", plain).strip() or plain.strip()
    return "p-" + hashlib.sha256(words.encode()).hexdigest()[:12]


@given(st.lists(st.text(alphabet=string.printable + "’éß\u00a0_ Ａ\x1f", max_size=12), max_size=8))
def test_every_text_has_the_id_of_the_definition(texts: list[str]) -> None:
    assert prompt_ids(pd.Series(texts, dtype="str")).tolist() == [by_definition(text) for text in texts]


def test_the_index_is_kept() -> None:
    made = prompt_ids(pd.Series(["Yes!", "yes", "_"], index=[7, 8, 9], dtype="str"))
    assert made.index.tolist() == [7, 8, 9]
    assert made[7] == made[8] != made[9]
