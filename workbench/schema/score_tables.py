"""The tables of rows: UTTERANCES of a corpus, TRANSCRIPTS of an engine, and SCORES, the central table."""

from __future__ import annotations

from workbench.schema.table import Table
from workbench.schema.table import column as _c

NOT_STATED = "not stated"
"""The level of an attribute that nobody stated. It is a group of its own, never dropped."""

CLEAN = "clean"
"""The condition_id of the undegraded audio."""

STATUS = ("ok", "failed")
COUNTS = (
    "hits",
    "substitutions",
    "deletions",
    "insertions",
    "ref_words",
    "hyp_words",
    "errors",
    "char_errors",
    "ref_chars",
)
"""The count columns of SCORES: NIST edit counts of one row, empty where decoding failed."""

HEARD = "heard_s"
"""The column of SCORES with the length of what the engine heard; ``duration_s`` is that of the clean audio."""

STOPPING_FACTOR = "stopping_factor"
"""The column of SCORES that only adaptive runs have (``workbench.fairness.inference.stopping``)."""

UTTERANCES = Table(
    "UTTERANCES",
    "What a corpus holds: one row per utterance.",
    (
        _c("utterance_id", "str", "`<corpus>/<source id>`"),
        _c("corpus_id", "str", "name of the corpus"),
        _c("speaker_id", "str", "the unit of independence; never empty"),
        _c("prompt_id", "str", "equal texts share one: makes matched-prompt comparison possible"),
        _c("slot", "Int64", "rank of the utterance within its speaker: slot 7 of every speaker hears the same noise"),
        _c("path", "str", "absolute path of the audio file; empty for a corpus of transcripts only"),
        _c("start_s", "float64", "start of the segment in the file, seconds", nullable=True, unit="s"),
        _c(
            "end_s",
            "float64",
            "end of the segment in the file, seconds; empty means the end of the file",
            nullable=True,
            unit="s",
        ),
        _c(
            "channel",
            "Int64",
            "channel of the file that is heard, from 1 (left); empty means the mean of all",
            nullable=True,
        ),
        _c("duration_s", "float64", "seconds of clean audio", nullable=True, unit="s"),
        _c("source_digest", "str", "SHA-256 of the file's bytes, with the segment's limits and its channel"),
        _c("reference", "str", "what was said, as supplied"),
    ),
    key=("utterance_id",),
    attributes=True,
)

TRANSCRIPTS = Table(
    "TRANSCRIPTS",
    "What was expensive: one row per transcribed realisation, shared by all studies.",
    (
        _c("transcript_key", "str", "digest of source audio, realisation of the condition, and model"),
        _c("condition_id", "str", "the condition as written"),
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("status", "str", "`ok` or `failed`", isin=STATUS),
        _c("error", "str", "why decoding failed", nullable=True),
        _c(
            "hypothesis_raw",
            "str",
            "as returned; empty string means nothing was recognised; missing only if decoding failed",
            nullable=True,
        ),
        _c("confidence", "float64", "the engine's own confidence", nullable=True),
        _c("decode_s", "float64", "wall-clock seconds of the call", nullable=True, unit="s"),
        _c("duration_s", "float64", "seconds of clean audio", nullable=True, unit="s"),
        _c("audio_digest", "str", "SHA-256 of the samples that the engine heard", nullable=True),
        _c("achieved_snr_db", "float64", "measured on active speech level (ITU-T P.56)", nullable=True, unit="dB"),
        _c("facts", "str", "further measured facts of the degraded audio, JSON"),
    ),
    key=("transcript_key",),
)

SCORES = Table(
    "SCORES",
    "The central table: one row per utterance x condition x model. Counts, never rates.",
    (
        _c("utterance_id", "str", "`<corpus>/<source id>`"),
        _c("condition_id", "str", "the condition, e.g. `white_noise@2`"),
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("corpus_id", "str", "name of the corpus"),
        _c("speaker_id", "str", "the unit of independence; never empty"),
        _c("prompt_id", "str", "equal texts share one"),
        _c("duration_s", "float64", "seconds of clean audio", nullable=True, unit="s"),
        _c("family", "str", "family of the condition"),
        _c("severity", "Int64", "0 clean, 1-4 mild, typical, hard, extreme; empty for free parameters", nullable=True),
        _c("level", "float64", "the condition's leading parameter", nullable=True),
        _c("level_unit", "str", "unit of level"),
        _c("achieved_snr_db", "float64", "measured on active speech level (ITU-T P.56), dB", nullable=True, unit="dB"),
        _c("engine", "str", "who decoded"),
        _c("engine_version", "str", "version of the engine's software"),
        _c("model_digest", "str", "SHA-256 over weights and decoding options"),
        _c("decode_options", "str", "decoding options, JSON"),
        _c("run_id", "str", "which run"),
        _c("seed", "Int64", "seed of the study"),
        _c("audio_digest", "str", "SHA-256 of the samples that the engine heard", nullable=True),
        _c("status", "str", "`ok` or `failed`", isin=STATUS),
        _c("error", "str", "why decoding failed", nullable=True),
        _c("reference_raw", "str", "as supplied"),
        _c("hypothesis_raw", "str", "as returned; missing only if decoding failed", nullable=True),
        _c("normaliser_id", "str", "constant within a frame"),
        _c("reference", "str", "after normalisation"),
        _c("hypothesis", "str", "after normalisation; missing only if decoding failed", nullable=True),
        _c("hits", "Int32", "words right", nullable=True),
        _c("substitutions", "Int32", "words replaced", nullable=True),
        _c("deletions", "Int32", "words missed", nullable=True),
        _c("insertions", "Int32", "words invented", nullable=True),
        _c("ref_words", "Int32", "hits + substitutions + deletions", nullable=True),
        _c("hyp_words", "Int32", "hits + substitutions + insertions", nullable=True),
        _c("errors", "Int32", "substitutions + deletions + insertions", nullable=True),
        _c("char_errors", "Int32", "character edit distance, spaces counted", nullable=True),
        _c("ref_chars", "Int32", "characters of the reference, spaces counted", nullable=True),
        _c("decode_s", "float64", "wall-clock seconds of the call", nullable=True, unit="s"),
        _c("confidence", "float64", "the engine's own confidence", nullable=True),
        _c(
            HEARD,
            "float64",
            "seconds of audio that the engine heard, which a condition may make longer or shorter; missing where nobody measured it",
            nullable=True,
            optional=True,
        ),
        _c(
            STOPPING_FACTOR,
            "float64",
            "adaptive runs: the variance of this cell in intervals is taken so many times as large, for stopping early makes it look small",
            optional=True,
        ),
    ),
    key=("utterance_id", "condition_id", "model_id"),
    attributes=True,
)
