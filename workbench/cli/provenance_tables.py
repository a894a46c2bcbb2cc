"""The audit as a person reads it: what each group consists of, where groups differ, and the findings in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.cli.console import OUT, records, table
from workbench.fairness.adjusted.propensity import LARGE
from workbench.provenance import Audit, measure, smd_words

GROUPS = {
    "group": "group", "n_speakers": "speakers", "n_utterances": "utterances", "n_failed": "failed", "minutes": "minutes",
    "words": "words", "words_per_speaker": "words per speaker", "speech_style": "style", "codecs": "coding",
}  # fmt: skip
DIFFERENCES = {
    "group": "group", "what": "measure", "mean": "mean", "against": "against", "unit": "unit", "smd": "SMD", "verdict": "verdict",
}  # fmt: skip


def print_audit(found: Audit) -> None:
    """Print an audit for a person; differences within .25 and of too few speakers are not listed."""
    table(records(found.groups), GROUPS, title=f"Who is in it, by {found.attribute}")
    apart = found.differences[found.differences["verdict"].isin(["DIFFERENT", "MAY BE CHANCE"])]
    if len(apart):
        rows = [_row(row) for row in apart.to_dict("records")]
        table(
            rows,
            DIFFERENCES,
            title=f"Differences above {LARGE:g} standard deviations between speakers, by {found.attribute}",
        )
    for sentence in found.sentences:
        OUT.print(sentence, markup=False, highlight=False)
    if found.caveat:
        OUT.print(found.caveat, markup=False, highlight=False)


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    one = measure(row["measure"])
    ours, theirs = (one.write(row[name]) for name in ("mean_group", "mean_reference"))
    smd = smd_words(row["smd"]).removeprefix("SMD ")
    return {**row, "what": one.words, "mean": ours, "against": theirs, "smd": smd}
