"""Page 1 of a card in sentences: who is served worst and how sure that is, how fast each group is served, and what models are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from workbench.cards.rows import EfficiencyRow, GapRow, HeadlineRow, RateRow, frame_of
from workbench.display_names import shown
from workbench.figures.headline import headline
from workbench.schema import GAPS, RATES


def headlines(
    rates: Sequence[RateRow], gaps: Sequence[GapRow], attributes: Sequence[str], models: Sequence[str]
) -> tuple[HeadlineRow, ...]:
    """Return the headline of every model and attribute that was compared, from the rows that the card shows."""
    made = []
    for model in models:
        for attribute in attributes:
            cells = [row for row in rates if (row.model_id, row.attribute) == (model, attribute)]
            compared = [row for row in gaps if (row.model_id, row.attribute) == (model, attribute)]
            if not cells or not compared:
                continue
            frame = frame_of(cells, RateRow).drop(columns="attribute").rename(columns={"group": attribute})
            sentences = headline(
                GAPS.validate(frame_of(compared, GapRow)[GAPS.column_names]),
                RATES.validate(frame),
                attribute,
                model_id=model,
            )
            made.append(
                HeadlineRow(
                    model_id=model,
                    attribute=attribute,
                    certainty=sentences.certainty,
                    title=sentences.title,
                    worst=sentences.worst_words,
                    best=sentences.best_words,
                    needed=sentences.needed_words,
                    remarks=sentences.remarks,
                    counts=sentences.counts,
                )
            )
    return tuple(made)


def efficiency(
    scores: pd.DataFrame, attributes: Sequence[str], models: Sequence[str], hidden: Mapping[str, Sequence[str]]
) -> tuple[EfficiencyRow, ...]:
    """Return how long each model took for each group, over all conditions, and how many decodings failed.

    The time is that of the run, on its machine and with as many workers as it had. Transcripts made elsewhere have none.
    """
    made = []
    for attribute in ("", *attributes):
        keys = ["model_id", *([attribute] if attribute else [])]
        for key, rows in scores.groupby(keys, sort=True, observed=True):
            group = str(key[1]) if attribute else ""
            if group in hidden.get(attribute, ()) or key[0] not in models:
                continue
            timed = rows[rows["decode_s"].notna() & (rows["decode_s"] > 0) & rows["duration_s"].notna()]
            decoded, heard = float(timed["decode_s"].sum()), float(timed["duration_s"].sum())
            made.append(
                EfficiencyRow(
                    model_id=str(key[0]),
                    attribute=attribute,
                    group=group,
                    n_utterances=len(rows),
                    n_failed=int((rows["status"] == "failed").sum()),
                    decode_s=decoded if len(timed) else None,
                    audio_s=heard if len(timed) else None,
                    real_time_factor=decoded / heard if heard else None,
                )
            )
    order = {model: place for place, model in enumerate(models)}
    return tuple(sorted(made, key=lambda row: (order[row.model_id], row.attribute)))


def model_names(model_ids: Sequence[str]) -> dict[str, str]:
    """Return what each model is called: its display name, else its engine and weights, with as much of the options as tells two apart.

    >>> model_names(["faster-whisper:tiny.en?compute_type=int8#f21b", "pocketsphinx?grammar=demo.gram#2d41"])
    {'faster-whisper:tiny.en?compute_type=int8#f21b': 'faster-whisper tiny.en', 'pocketsphinx?grammar=demo.gram#2d41': 'pocketsphinx'}
    >>> list(model_names(["vosk:a#1", "vosk:a?words=yes#2", "vosk:a#3"]).values())
    ['vosk:a#1', 'vosk a (words=yes)', 'vosk:a#3']
    """
    short = {name: shown().model(name) or _called(name) for name in model_ids}
    longer = {name: shown().model(name) or _called(name, options=True) for name in model_ids}
    names = {}
    for name in model_ids:
        fitting = [
            words[name] for words in (short, longer) if words[name] and list(words.values()).count(words[name]) == 1
        ]
        names[name] = fitting[0] if fitting else name
    return names


def _called(model_id: str, *, options: bool = False) -> str:
    described = model_id.partition("#")[0]
    base, _, asked = described.partition("?")
    text = base.replace(":", " ", 1).strip()
    return f"{text} ({asked.replace('&', ', ')})" if options and asked else text
