"""The tables of counts added up per speaker: TALLIES of one condition each, PAIRS of clean and degraded together."""

from __future__ import annotations

from workbench.schema.table import Table, column

TALLIES = Table(
    "TALLIES",
    "SCORES added up: one row per model x condition x speaker x attributes. Rates, gaps and spread need no more.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition"),
        column("corpus_id", "str", "name of the corpus", optional=True),
        column("speaker_id", "str", "the unit of independence; never empty"),
        column("errors", "Int64", "substitutions + deletions + insertions"),
        column("ref_words", "Int64", "words in the references"),
        column("substitutions", "Int64", "words replaced"),
        column("deletions", "Int64", "words missed"),
        column("insertions", "Int64", "words invented"),
        column("char_errors", "Int64", "character edit distance", optional=True),
        column("ref_chars", "Int64", "characters of the references", optional=True),
        column("n_utterances", "Int64", "utterances scored"),
        column("n_failed", "Int64", "utterances whose decoding failed"),
        column("n_empty_references", "Int64", "utterances whose reference is empty after normalisation"),
        column("false_speech_words", "Int64", "words invented on empty references"),
        column("stopping_factor", "float64", "adaptive runs: as in SCORES, the largest of the rows", optional=True),
        column("normaliser_id", "str", "constant within a frame", optional=True),
    ),
    key=(),
    attributes=True,
)

PAIRS = Table(
    "PAIRS",
    "Utterances scored both clean and under a condition, added up: one row per model x condition x speaker.",
    (
        column("model_id", "str", "engine, weights and decoding options"),
        column("condition_id", "str", "the condition, compared with clean"),
        column("corpus_id", "str", "name of the corpus", optional=True),
        column("speaker_id", "str", "the unit of independence; never empty"),
        column("pair_words", "Int64", "reference words of the pairs"),
        column("pair_clean_errors", "Int64", "errors of the pairs, clean"),
        column("pair_errors", "Int64", "errors of the pairs under the condition"),
        column("pair_missed", "Int64", "words wrong or missing under the condition"),
        column("pair_squares", "Int64", "squared changes of the errors, added up over the utterances"),
        column("n_pairs", "Int64", "utterances scored under both"),
        column("n_failed", "Int64", "utterances whose decoding failed on a side"),
        column("n_unpaired", "Int64", "rows without a partner in the other condition"),
        column("n_empty", "Int64", "utterances without reference words"),
        column("stopping_factor", "float64", "adaptive runs: the larger of both sides", optional=True),
    ),
    key=(),
    attributes=True,
)
