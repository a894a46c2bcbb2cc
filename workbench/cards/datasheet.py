"""On whom, and how they were recorded: the datasheet of a corpus, and where groups differ before any condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.cards.rows import RecordingRow, frame_of
from workbench.cards.word_tables import Table, against, blocks, soft
from workbench.figures.wording import MISSING, clean_text, counted, speakers
from workbench.provenance import audit_differences, audit_sentences, measure, smd_words
from workbench.schema import NOT_STATED

if TYPE_CHECKING:
    from workbench.cards.model import Card
    from workbench.results import Results

MONO = "mono"
"""Third item of a fact that is set in a fixed-width face."""
SOUND = ("active_level_db", "source_floor_db", "source_snr_db", "rolloff_hz")
"""Measures of the recordings that a run can have."""


def recordings(results: Results, attribute: str, reference: str) -> pd.DataFrame:
    """Return AUDIT_DIFFERENCES of the material of a run, from what was measured while it ran."""
    from workbench.provenance.run_audit import run_utterances

    utterances = run_utterances(results)
    compared = audit_differences(utterances, attribute, reference=reference)
    there = [name for name in compared["measure"].unique() if name in utterances and utterances[name].notna().any()]
    return compared[compared["measure"].isin(there)].reset_index(drop=True)


def recorded(card: Card) -> list[dict[str, Any]]:
    """Return, for each attribute that was compared, what was found in sentences and as a table."""
    results = []
    for attribute in card.attributes:
        rows = [row for row in card.recordings if row.attribute == attribute]
        if not rows:
            continue
        frame = frame_of(rows, RecordingRow)
        different = [row for row in rows if row.verdict == "DIFFERENT"]
        told = audit_sentences(frame) if different else _alike(attribute, rows)
        sentences = [*told, *_limits(card, {row.measure for row in rows})]
        results.append({"sentences": [soft(text, 40) for text in sentences], "table": _table(attribute, different)})
    return results


def _alike(attribute: str, rows: Sequence[RecordingRow]) -> list[str]:
    """Return what can be said where no measure of the recordings differs beyond chance."""
    enough = [row for row in rows if row.verdict not in ("TOO FEW SPEAKERS", "NOT MEASURED")]
    if not enough:
        return [f"The {attribute} groups have too few speakers to compare their recordings."]
    chance = sum(row.verdict == "MAY BE CHANCE" for row in enough)
    text = (
        f"No measure of the recordings differs significantly between a group of {attribute} and "
        f"{against(rows[0].reference_group)} ({counted(len(enough), 'comparison')})."
    )
    if chance:
        text += f" {chance:,} differ by more than a quarter of a standard deviation, which may be chance; card.json has them."
    return [text]


def _limits(card: Card, there: set[str]) -> list[str]:
    missing = (
        [] if there & set(SOUND) else ["Nothing was measured on the audio itself: the transcripts were made elsewhere."]
    )
    return [
        *missing,
        "Coding, low-pass edge, clipping and echo are not measured by a run: see the audit of the manifest.",
    ]


def _table(attribute: str, everything: Sequence[RecordingRow]) -> Table | None:
    """Return the measures that differ, a block for each group; None if there is none."""
    rows = list(everything)
    if not rows:
        return None
    parts = []
    for group in dict.fromkeys(row.group for row in rows):
        own = [row for row in rows if row.group == group]
        heading = f"{group}, {speakers(max(row.n_speakers for row in own))}"
        parts.append((soft(heading), [_cells(row) for row in own]))
    caption = (
        f"Significant differences between the recordings of {clean_text(attribute)} groups (Holm), before any condition: means over "
        "speakers, and the difference in standard deviations between speakers (SMD). card.json has every comparison."
    )
    columns = ["Measure", "Group", _upper(against(rows[0].reference_group)), "SMD", "Verdict"]
    return blocks(columns, "lrrrl", [2.2, 1, 1, 0.9, 1.6], parts, caption)


def _cells(row: RecordingRow) -> list[str]:
    one = measure(row.measure)
    means = [MISSING if value is None else one.write(value) for value in (row.mean_group, row.mean_reference)]
    apart = row.smd is None and row.verdict in ("DIFFERENT", "MAY BE CHANCE")
    smd = "no overlap" if apart else MISSING if row.smd is None else smd_words(row.smd).removeprefix("SMD ")
    return [f"{_upper(one.words)}, {row.unit}", *means, smd, row.verdict]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def datasheet(card: Card, i: int) -> dict[str, Any]:
    """Return the datasheet of a corpus: composition, language and style, licence, consent, and where its labels come from.

    What the corpus does not say about itself stands as ``not stated``.

    Source: the questions on composition, collection and distribution of Gebru et al. 2021, Communications of the ACM
    64(12): 86-92, as far as a manifest answers them.
    """
    one = card.corpora[i]
    who = counted(one.n_speakers, "synthetic voice") if one.synthetic_voices else speakers(one.n_speakers)
    whole = (one.n_speakers_tested, one.n_utterances_tested) == (one.n_speakers, one.n_utterances)
    length = "" if one.minutes_tested is None else f", {one.minutes_tested:.1f} minutes"
    size = f"{who}, {counted(one.n_utterances, 'utterance')}" + (length if whole else "")
    facts = [["Composition", size + (f"; {counted(one.n_dropped, 'row')} left out" if one.n_dropped else "")]]
    if not whole:
        tested = f"{speakers(one.n_speakers_tested)}, {counted(one.n_utterances_tested, 'utterance')}{length}"
        facts.append(["Tested", tested.replace("speaker", "synthetic voice") if one.synthetic_voices else tested])
    if one.synthetic_voices:
        facts.append(["Voices", "Synthetic voices: made by speech synthesisers, not spoken by people"])
    if one.speaker_note:
        facts.append(["Speakers", soft(one.speaker_note, 40)])
    facts += [
        ["Language", soft(one.language)],
        ["Read or spontaneous", soft(one.speech_style, 40)],
        ["Licence", soft(one.licence, 40)],
        ["Consent", soft(one.consent, 40)],
        ["Source", soft(one.source, 40)],
    ]
    for attribute in one.attributes:
        how = NOT_STATED if attribute.obtained == "unknown" else attribute.obtained
        label = f"Source of {clean_text(attribute.name)}"
        facts.append([soft(label), soft(how + (f": {attribute.note}" if attribute.note else ""), 40)])
    if not one.attributes:
        facts.append(["Source of labels", "no groups are reported"])
    facts.append(["Fingerprint", soft(one.fingerprint, 32), MONO])
    return {"name": soft(one.title or one.corpus_id, 40), "facts": facts}
