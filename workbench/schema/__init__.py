"""The tables of the workbench: their columns, types, keys and meaning, as data.

These tables flow through the code: :data:`UTTERANCES` (what a corpus holds), :data:`TRANSCRIPTS` (what an engine
wrote), :data:`SCORES` (the central table: one row per utterance x condition x model), :data:`RATES` and
:data:`GAPS`; :data:`FACTS` is what was measured on the audio; two sides of the same utterances give
:data:`COMPARISONS` and :data:`GAP_CHECKS`, planning :data:`POWER`. The column tables of docs/tables.md are generated from here
and a test compares them.

A frame may carry further columns where its table says so: they are the **attributes** that a corpus declares
(accent, gender ...), one categorical level per row, with :data:`NOT_STATED` where nothing was given.
"""

from __future__ import annotations

from workbench.schema.adjusted_tables import ADJUSTED_GAPS as ADJUSTED_GAPS
from workbench.schema.adjusted_tables import BALANCE as BALANCE
from workbench.schema.adjusted_tables import KITAGAWA as KITAGAWA
from workbench.schema.audit_tables import AUDIT_DIFFERENCES as AUDIT_DIFFERENCES
from workbench.schema.audit_tables import AUDIT_GROUPS as AUDIT_GROUPS
from workbench.schema.audit_tables import AUDIT_MEASURES as AUDIT_MEASURES
from workbench.schema.audit_tables import AUDIT_UTTERANCES as AUDIT_UTTERANCES
from workbench.schema.change_tables import DOSE_RESPONSE as DOSE_RESPONSE
from workbench.schema.change_tables import DOSE_SLOPES as DOSE_SLOPES
from workbench.schema.change_tables import GAP_CHANGES as GAP_CHANGES
from workbench.schema.change_tables import SPREAD as SPREAD
from workbench.schema.comparison_tables import COMPARISONS as COMPARISONS
from workbench.schema.comparison_tables import GAP_CHECKS as GAP_CHECKS
from workbench.schema.comparison_tables import TEXT_DIFFERENCES as TEXT_DIFFERENCES
from workbench.schema.event_tables import BOUNDS as BOUNDS
from workbench.schema.event_tables import EVENT_RATES as EVENT_RATES
from workbench.schema.event_tables import NORMALISER_BAND as NORMALISER_BAND
from workbench.schema.fact_tables import FACT_SUMMARY as FACT_SUMMARY
from workbench.schema.fact_tables import FACTS as FACTS
from workbench.schema.planning_tables import POWER as POWER
from workbench.schema.table import Table as Table
from workbench.schema.table import column as _c
from workbench.schema.word_tables import CONFUSIONS as CONFUSIONS
from workbench.schema.word_tables import WORD_ERRORS as WORD_ERRORS

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
        _c("start_s", "float64", "start of the segment in the file, seconds", nullable=True),
        _c(
            "end_s",
            "float64",
            "end of the segment in the file, seconds; empty means the end of the file",
            nullable=True,
        ),
        _c(
            "channel",
            "Int64",
            "channel of the file that is heard, from 1 (left); empty means the mean of all",
            nullable=True,
        ),
        _c("duration_s", "float64", "seconds of clean audio", nullable=True),
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
        _c("decode_s", "float64", "wall-clock seconds of the call", nullable=True),
        _c("duration_s", "float64", "seconds of clean audio", nullable=True),
        _c("audio_digest", "str", "SHA-256 of the samples that the engine heard", nullable=True),
        _c("achieved_snr_db", "float64", "measured on active speech level (ITU-T P.56)", nullable=True),
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
        _c("duration_s", "float64", "seconds of clean audio", nullable=True),
        _c("family", "str", "family of the condition"),
        _c("severity", "Int64", "0 clean, 1-4 mild, typical, hard, extreme; empty for free parameters", nullable=True),
        _c("level", "float64", "the condition's leading parameter", nullable=True),
        _c("level_unit", "str", "unit of level"),
        _c("achieved_snr_db", "float64", "measured on active speech level (ITU-T P.56), dB", nullable=True),
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
        _c("decode_s", "float64", "wall-clock seconds of the call", nullable=True),
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

EVIDENCE = ("ok", "descriptive", "saturated", "1 speaker", "insufficient", "no speakers")
"""ok: 5 speakers and 500 words or more; descriptive: fewer, but an interval; saturated: fewer than 20 % of the
words right, no room for differences; 1 speaker: no interval; insufficient: no reference words; no speakers: speaker ids unknown, interval withheld."""

MODES = ("pooled", "speaker_mean", "utterance_mean")
"""Ways to average: over words, over speakers, over utterances."""

RATES = Table(
    "RATES",
    "Word error rates: one row per model x condition x group.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("n_speakers", "Int64", "speakers with at least one scored word"),
        _c("n_utterances", "Int64", "utterances scored"),
        _c("n_failed", "Int64", "utterances whose decoding failed; not in the rate"),
        _c(
            "n_empty_references",
            "Int64",
            "utterances whose reference is empty after normalisation; not in the rate unless counted",
        ),
        _c("false_speech_words", "Int64", "words invented on empty references; not in the rate unless counted"),
        _c("ref_words", "Int64", "words in the references"),
        _c("errors", "Int64", "substitutions + deletions + insertions"),
        _c("substitutions", "Int64", "words replaced"),
        _c("deletions", "Int64", "words missed"),
        _c("insertions", "Int64", "words invented"),
        _c(
            "mode",
            "str",
            "which rate: `pooled` (errors / words), `speaker_mean` or `utterance_mean` (mean of their own rates)",
            isin=MODES,
        ),
        _c("rate", "float64", "word error rate; pooled: sum of errors / sum of ref_words", nullable=True),
        _c("ci_low", "float64", "lower end of the 95 % interval, clustered on speaker", nullable=True),
        _c("ci_high", "float64", "upper end of the 95 % interval, clustered on speaker", nullable=True),
        _c("evidence", "str", "what the cell can bear", isin=EVIDENCE),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=(),
    attributes=True,
)

VERDICTS = ("GAP", "EQUIVALENT", "INCONCLUSIVE", "SATURATED", "NOT COMPUTED")

GAPS = Table(
    "GAPS",
    "Differences of rates: one row per model x condition x group.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("attribute", "str", "the attribute whose groups are compared"),
        _c("group", "str", "the group"),
        _c("reference_group", "str", "what it is compared with: a group, or `rest`"),
        _c("mode", "str", "which rates are compared, as in RATES", isin=MODES),
        _c("n_speakers", "Int64", "speakers in the group"),
        _c("n_speakers_reference", "Int64", "speakers it is compared with"),
        _c("difference", "float64", "rate of the group minus rate of the reference", nullable=True),
        _c("ci_low", "float64", "lower end of the 95 % interval of the difference", nullable=True),
        _c("ci_high", "float64", "upper end of the 95 % interval of the difference", nullable=True),
        _c("ratio", "float64", "rate of the group over rate of the reference", nullable=True),
        _c("ratio_low", "float64", "lower end of the 95 % interval of the ratio", nullable=True),
        _c("ratio_high", "float64", "upper end of the 95 % interval of the ratio", nullable=True),
        _c(
            "p_value",
            "float64",
            "two-sided, studentised permutation of the speakers' groups: the log ratio",
            nullable=True,
        ),
        _c(
            "p_adjusted",
            "float64",
            "Holm over the groups of one model and condition (or, exploring, the false discovery rate over all rows)",
            nullable=True,
        ),
        _c(
            "p_familywise",
            "float64",
            "over all groups of 5 speakers or more, conditions and models of the attribute together (max-T)",
            nullable=True,
        ),
        _c("mde", "float64", "gap that this sample would have found with 80 % power", nullable=True),
        _c(
            "more_speakers",
            "Int64",
            "speakers to add on each side to settle an INCONCLUSIVE comparison with 80 % power, if the gap is as seen",
            nullable=True,
        ),
        _c("verdict", "str", "against the margin declared in the study", isin=VERDICTS),
        _c(
            "tentative",
            "bool",
            "whether a GAP or EQUIVALENT is not firm: fewer than 5 speakers, or p_familywise of 5 % or more",
        ),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
)

METRIC_NAMES = ("wer", "substitutions", "deletions", "insertions", "mer", "cer", "precision", "recall", "f1")

METRICS = Table(
    "METRICS",
    "Further figures of the same counts, each pooled: one row per model x condition x group x metric.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c(
            "metric",
            "str",
            "`wer` and its parts per reference word; `mer`, match error rate; `cer`, per character; `precision`, `recall` and "
            "`f1` of words",
            isin=METRIC_NAMES,
        ),
        _c("n_speakers", "Int64", "speakers with something to count"),
        _c("value", "float64", "a quotient of sums", nullable=True),
        _c("ci_low", "float64", "lower end of the 95 % interval, clustered on speaker", nullable=True),
        _c("ci_high", "float64", "upper end of the 95 % interval, clustered on speaker", nullable=True),
        _c("evidence", "str", "what the cell can bear, as in RATES", isin=EVIDENCE),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=(),
    attributes=True,
)

INTERACTIONS = (
    *[
        f"{more} errors, {scale}"
        for more in ("more", "fewer")
        for scale in ("both scales", "relative only", "additive only")
    ],
    "scales disagree",
    "nothing shown",
    "too few speakers",
    "not computed",
)

INTERSECTIONS = Table(
    "INTERSECTIONS",
    "Every combination of the groups of several attributes, small cells drawn towards what their groups lead to expect.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("n_speakers", "Int64", "speakers with at least one scored word"),
        _c("ref_words", "Int64", "words in the references"),
        _c("rate", "float64", "pooled rate of the cell", nullable=True),
        _c("ci_low", "float64", "lower end of its 95 % interval, clustered on speaker", nullable=True),
        _c("ci_high", "float64", "upper end of its 95 % interval", nullable=True),
        _c(
            "expected",
            "float64",
            "rate that the main effects predict, fitted together, if they multiply",
            nullable=True,
        ),
        _c("ratio", "float64", "rate / expected: what the intersection adds as a ratio", nullable=True),
        _c("ratio_low", "float64", "lower end of its 95 % interval", nullable=True),
        _c("ratio_high", "float64", "upper end of its 95 % interval", nullable=True),
        _c("ratio_p_value", "float64", "two-sided, by permuting the speakers' residuals", nullable=True),
        _c(
            "ratio_p_familywise",
            "float64",
            "the same over all cells of 5 speakers or more, conditions and both scales of the model",
            nullable=True,
        ),
        _c("expected_points", "float64", "rate that the main effects predict if they add", nullable=True),
        _c("excess", "float64", "rate - expected_points: what the intersection adds in points", nullable=True),
        _c("excess_low", "float64", "lower end of its 95 % interval", nullable=True),
        _c("excess_high", "float64", "upper end of its 95 % interval", nullable=True),
        _c("excess_p_value", "float64", "as ratio_p_value", nullable=True),
        _c("excess_p_familywise", "float64", "as ratio_p_familywise", nullable=True),
        _c("answer", "str", "on which scale an interaction is shown, family-wise at 5 %", isin=INTERACTIONS),
        _c("shrunk", "float64", "the rate drawn towards what is expected (empirical Bayes)", nullable=True),
        _c("weight", "float64", "how far the cell itself was believed, 0 to 1"),
        _c("evidence", "str", "what the cell can bear, as in RATES", isin=EVIDENCE),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=(),
    attributes=True,
)

TABLES = (
    UTTERANCES,
    TRANSCRIPTS,
    SCORES,
    RATES,
    GAPS,
    METRICS,
    INTERSECTIONS,
    GAP_CHANGES,
    DOSE_RESPONSE,
    DOSE_SLOPES,
    SPREAD,
    COMPARISONS,
    GAP_CHECKS,
    TEXT_DIFFERENCES,
    FACTS,
    FACT_SUMMARY,
    ADJUSTED_GAPS,
    KITAGAWA,
    BALANCE,
    WORD_ERRORS,
    CONFUSIONS,
    POWER,
    EVENT_RATES,
    NORMALISER_BAND,
    AUDIT_UTTERANCES,
    AUDIT_GROUPS,
    AUDIT_MEASURES,
    AUDIT_DIFFERENCES,
    BOUNDS,
)
