"""Column names: each once, and those that a manifest must have."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from workbench.schema import RATES, SCORES, UTTERANCES

REQUIRED = ("path", "reference", "speaker_id")
"""Columns that every manifest has."""

OPTIONAL = ("utterance_id", "start_s", "end_s", "channel", "prompt_id")
"""Columns with a meaning of their own; every other column is an attribute."""

COMPUTED = ("corpus_id", "slot", "duration_s", "source_digest")
"""Columns of UTTERANCES that reading computes."""

RESERVED = frozenset(
    name for table in (UTTERANCES, SCORES, RATES) for name in table.column_names if name not in REQUIRED + OPTIONAL
)
"""Names that an attribute cannot have, because the tables have a column of that name."""


def missing_columns(names: Sequence[str]) -> list[str]:
    """Return one fault for each required column that is not there, with the name that was perhaps meant."""
    faults = []
    folded = {name.lower().replace(" ", "_"): name for name in names}
    for wanted in (name for name in REQUIRED if name not in names):
        close = get_close_matches(wanted, folded, n=1, cutoff=0.6)
        remedy = f"rename {folded[close[0]]!r}" if close and folded[close[0]] not in REQUIRED else "add it"
        faults.append(f"missing column {wanted!r}; {remedy} (the columns are {', '.join(map(repr, names))})")
    return faults
