"""The tables of rates and gaps: RATES, GAPS, METRICS and INTERSECTIONS."""

from __future__ import annotations

from workbench.schema.table import Table
from workbench.schema.table import column as _c

EVIDENCE = ("ok", "descriptive", "saturated", "1 speaker", "insufficient", "no speakers")
"""ok: 5 speakers and 500 words or more; descriptive: fewer (an interval from 3 speakers on); saturated: fewer than 20 % of the
words right, no room for differences; 1 speaker: no interval; insufficient: no reference words; no speakers: speaker ids unknown, interval withheld."""

UNITS = ("word", "character", "mixed")
"""What is counted; ``mixed``: characters, and words where the script is another (``text.UNIT_WORDS`` names the rates)."""
MODES = ("pooled", "speaker_mean", "utterance_mean", "weighted")
"""Ways to average: over words, over speakers, over utterances, over words by survey weights."""

RATES = Table(
    "RATES",
    "Error rates, of words or characters (`unit`): one row per model x condition x group.",
    (
        _c("model_id", "str", "engine, weights and decoding options"),
        _c("condition_id", "str", "the condition"),
        _c("n_speakers", "Int64", "speakers with at least one scored word"),
        _c(
            "n_clusters",
            "Int64",
            "clusters that the interval rests on; only where clusters were declared",
            nullable=True,
            optional=True,
        ),
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
            "which rate: `pooled` (errors / words), `speaker_mean` or `utterance_mean` (mean of their own rates), `weighted` (survey weights)",
            isin=MODES,
        ),
        _c("unit", "str", "what is counted as a word: `word`, `character`, or `mixed`", isin=UNITS, optional=True),
        _c(
            "rate",
            "float64",
            "error rate; pooled: sum of errors / sum of ref_words",
            nullable=True,
            unit="%",
            interval=("ci_low", "ci_high"),
        ),
        _c("ci_low", "float64", "lower end of the 95 % interval, clustered on speaker", nullable=True, unit="%"),
        _c("ci_high", "float64", "upper end of the 95 % interval, clustered on speaker", nullable=True, unit="%"),
        _c("evidence", "str", "what the cell can bear", isin=EVIDENCE),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
        _c(
            "speaker_rates",
            "str",
            "the rates of the single speakers where they are too few for an interval, as fractions, the lowest first; else empty",
            optional=True,
        ),
    ),
    key=(),
    attributes=True,
    shown=(
        "condition_id",
        "rate",
        "n_speakers",
        "n_clusters",
        "ref_words",
        "evidence",
        "n_failed",
    ),
    apart=("model_id",),
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
        _c("unit", "str", "what is counted, as in RATES", isin=UNITS, optional=True),
        _c("n_speakers", "Int64", "speakers in the group"),
        _c("n_speakers_reference", "Int64", "speakers it is compared with"),
        _c(
            "n_clusters",
            "Int64",
            "clusters of the group, by which the test goes; only where clusters were declared",
            nullable=True,
            optional=True,
        ),
        _c(
            "n_clusters_reference",
            "Int64",
            "clusters that it is compared with",
            nullable=True,
            optional=True,
            heading="Clusters compared with",
        ),
        _c(
            "difference",
            "float64",
            "rate of the group minus rate of the reference",
            nullable=True,
            unit="points",
            interval=("ci_low", "ci_high"),
        ),
        _c("ci_low", "float64", "lower end of the 95 % interval of the difference", nullable=True, unit="points"),
        _c("ci_high", "float64", "upper end of the 95 % interval of the difference", nullable=True, unit="points"),
        _c(
            "ratio",
            "float64",
            "rate of the group over rate of the reference",
            nullable=True,
            unit="x",
            interval=("ratio_low", "ratio_high"),
        ),
        _c("ratio_low", "float64", "lower end of the 95 % interval of the ratio", nullable=True, unit="x"),
        _c("ratio_high", "float64", "upper end of the 95 % interval of the ratio", nullable=True, unit="x"),
        _c(
            "p_value",
            "float64",
            "two-sided, studentised permutation of the speakers' groups: the log ratio",
            nullable=True,
            unit="p",
        ),
        _c(
            "p_adjusted",
            "float64",
            "Holm over the groups of one model and condition (or, exploring, the false discovery rate over all rows)",
            nullable=True,
            unit="p",
            heading="p (Holm)",
        ),
        _c(
            "p_familywise",
            "float64",
            "over all groups of 5 speakers or more, conditions and models of the attribute together (max-T)",
            nullable=True,
            unit="p",
            heading="p (family)",
        ),
        _c(
            "mde",
            "float64",
            "gap that this sample would have found with 80 % power",
            nullable=True,
            unit="points",
        ),
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
            "whether a GAP or EQUIVALENT is not firm: fewer than 5 speakers on a side, or p_familywise of 5 % or more",
        ),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=("model_id", "condition_id", "attribute", "group"),
    shown=(
        "condition_id",
        "group",
        "reference_group",
        "difference",
        "p_adjusted",
        "p_familywise",
        "verdict",
    ),
    apart=("model_id", "attribute"),
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
        _c("value", "float64", "a quotient of sums", nullable=True, unit="%", interval=("ci_low", "ci_high")),
        _c("ci_low", "float64", "lower end of the 95 % interval, clustered on speaker", nullable=True, unit="%"),
        _c("ci_high", "float64", "upper end of the 95 % interval, clustered on speaker", nullable=True, unit="%"),
        _c("evidence", "str", "what the cell can bear, as in RATES", isin=EVIDENCE),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=(),
    attributes=True,
    shown=(
        "metric",
        "value",
        "n_speakers",
        "evidence",
    ),
    apart=("model_id", "condition_id"),
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
        _c("rate", "float64", "pooled rate of the cell", nullable=True, unit="%", interval=("ci_low", "ci_high")),
        _c("ci_low", "float64", "lower end of its 95 % interval, clustered on speaker", nullable=True, unit="%"),
        _c("ci_high", "float64", "upper end of its 95 % interval", nullable=True, unit="%"),
        _c(
            "expected",
            "float64",
            "rate that the main effects predict, fitted together, if they multiply",
            nullable=True,
            unit="%",
        ),
        _c(
            "ratio",
            "float64",
            "rate / expected: what the intersection adds as a ratio",
            nullable=True,
            unit="x",
            interval=("ratio_low", "ratio_high"),
        ),
        _c("ratio_low", "float64", "lower end of its 95 % interval", nullable=True, unit="x"),
        _c("ratio_high", "float64", "upper end of its 95 % interval", nullable=True, unit="x"),
        _c("ratio_p_value", "float64", "two-sided, by permuting the speakers' residuals", nullable=True, unit="p"),
        _c(
            "ratio_p_familywise",
            "float64",
            "the same over all cells of 5 speakers or more, conditions and both scales of the model",
            nullable=True,
            unit="p",
        ),
        _c("expected_points", "float64", "rate that the main effects predict if they add", nullable=True, unit="%"),
        _c(
            "excess",
            "float64",
            "rate - expected_points: what the intersection adds in points",
            nullable=True,
            unit="points",
            interval=("excess_low", "excess_high"),
        ),
        _c("excess_low", "float64", "lower end of its 95 % interval", nullable=True, unit="points"),
        _c("excess_high", "float64", "upper end of its 95 % interval", nullable=True, unit="points"),
        _c("excess_p_value", "float64", "as ratio_p_value", nullable=True, unit="p"),
        _c("excess_p_familywise", "float64", "as ratio_p_familywise", nullable=True, unit="p"),
        _c("answer", "str", "on which scale an interaction is shown, family-wise at 5 %", isin=INTERACTIONS),
        _c("shrunk", "float64", "the rate drawn towards what is expected (empirical Bayes)", nullable=True, unit="%"),
        _c("weight", "float64", "how far the cell itself was believed, 0 to 1"),
        _c("evidence", "str", "what the cell can bear, as in RATES", isin=EVIDENCE),
        _c("reason", "str", "why a figure is missing or weak; empty if nothing is"),
    ),
    key=(),
    attributes=True,
    shown=(
        "rate",
        "n_speakers",
        "expected",
        "ratio",
        "excess",
        "answer",
        "evidence",
    ),
    apart=("model_id", "condition_id"),
)
