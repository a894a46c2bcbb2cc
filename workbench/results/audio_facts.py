"""Measurements: what was measured on the audio of a run, as tables; and what its engines reported of their transcripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workbench import runner, schema
from workbench.engines.word_times import is_word_time
from workbench.errors import ScoringError, choices
from workbench.files import write_frame
from workbench.results.scored_rows import MEASURED
from workbench.results.scored_run import Results


def facts(results: Results) -> pd.DataFrame:
    """Return FACTS of a run: what was measured, one row per utterance x condition, in the order of the run.

    Models that heard the same audio share a row. Audio that could not be made, and transcripts made elsewhere, have a
    row without facts.
    """
    rows = results.measured.reindex(columns=MEASURED)
    rows = rows.assign(unheard=rows["audio_digest"].isna(), position=range(len(rows)))
    rows = rows.sort_values("unheard", kind="stable").drop_duplicates(["utterance_id", "condition_id"])
    rows = rows.sort_values("position").reset_index(drop=True)
    matches = [
        {name: value for name, value in json.loads(text).items() if not name.startswith(runner.FROM_ENGINE)}
        for text in rows["facts"]
    ]
    measured = pd.DataFrame(matches, index=rows.index, dtype="float64")
    lacking = [name for name in schema.FACTS.column_names if name not in {*rows.columns, *measured.columns}]
    kept = rows[["utterance_id", "condition_id", "audio_digest"]]
    snr = rows["achieved_snr_db"] if "achieved_snr_db" not in measured else measured["achieved_snr_db"]
    measured = measured.reindex(columns=[*measured.columns, *lacking]).assign(achieved_snr_db=snr.astype("float64"))
    return schema.FACTS.validate(pd.concat([kept, measured], axis=1))


def with_facts(results: Results, names: Sequence[str]) -> pd.DataFrame:
    """Return ``results.scores`` with facts as further columns, to look at or to group by (``wb.binned``).

    Raises
    ------
    ScoringError : no such fact

    >>> # by the noise of the originals: wb.binned(wb.with_facts(results, ["source_snr_db"]), "source_snr_db", [20, 30])
    """
    measured = facts(results)
    fact_columns = [name for name in measured.columns if name not in ("utterance_id", "condition_id", "audio_digest")]
    for name in names:
        if name not in fact_columns:
            raise ScoringError(f"no fact {name!r}", remedy=choices(name, fact_columns))
    keys = ["utterance_id", "condition_id"]
    joined = results.scores[keys].merge(measured[[*keys, *names]], on=keys, how="left", validate="many_to_one")
    return results.scores.assign(**{name: joined[name].to_numpy() for name in names})


def reported(results: Results) -> pd.DataFrame:
    """Return what the engines themselves reported of each transcript, row by row of ``results.scores``.

    The columns are those that the engines give (openai-whisper: ``no_speech_prob``, ``compression_ratio`` ...); a value
    that an engine does not give is missing.
    """
    mark = runner.FROM_ENGINE
    matches = [
        {
            name.removeprefix(mark): value
            for name, value in json.loads(text).items()
            if name.startswith(mark) and not is_word_time(name.removeprefix(mark))
        }
        for text in results.measured["facts"]
    ]
    return pd.DataFrame(matches, index=results.scores.index, dtype="float64")


def fact_summary(facts: pd.DataFrame) -> pd.DataFrame:
    """Return FACT_SUMMARY of a FACTS frame: median and spread of every fact under every condition that has it."""
    long = facts.drop(columns=["utterance_id", "audio_digest"]).melt("condition_id", var_name="fact").dropna()
    order = {name: position for position, name in enumerate(facts["condition_id"].unique())}
    grouped = long.groupby(["condition_id", "fact"], sort=False)["value"]
    summary = grouped.agg(
        n_utterances="size",
        median="median",
        p05=lambda values: values.quantile(0.05),
        p95=lambda values: values.quantile(0.95),
    ).reset_index()
    summary = summary.sort_values("condition_id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)
    return schema.FACT_SUMMARY.validate(summary)


def write_facts(measured: pd.DataFrame, path: Path) -> Path:
    """Write a FACTS frame as CSV or Parquet, by the ending of ``path``; columns in which nothing stands are left out."""
    return write_frame(measured.dropna(axis=1, how="all"), path, fails=ScoringError)
