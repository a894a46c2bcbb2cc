"""Kept inputs that once failed, and some new ones, for every public reader; ``make fuzz`` tries thousands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import READERS, Reader, fuzzed


@pytest.mark.parametrize("reader", READERS, ids=[reader.name for reader in READERS])
def test_whatever_a_file_holds_there_is_a_result_or_a_message(reader: Reader, tmp_path: Path) -> None:
    result = fuzzed(reader, tmp_path / "work", examples=25)
    assert result.failures == []
    assert result.inputs >= 10
