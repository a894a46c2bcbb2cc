"""The tables of the provenance audit: how the originals were recorded, by utterance, by group, and how groups differ."""

from __future__ import annotations

from workbench.schema.table import Column, Table
from workbench.schema.table import column as _c

STATUS = ("ok", "failed")
AUDIT_VERDICTS = ("DIFFERENT", "MAY BE CHANCE", "WITHIN 0.25", "TOO FEW SPEAKERS", "NOT MEASURED")


def _m(name: str, meaning: str, *, interval: tuple[str, str] | None = None) -> Column:
    return _c(name, "float64", meaning, nullable=True, interval=interval)


_OF_GROUP = (
    _c("attribute", "str", "the attribute whose groups are described"),
    _c("group", "str", "the group"),
)
_MEASURE = (
    _c("measure", "str", "a column of AUDIT_UTTERANCES, or `codec=` and a codec: its share"),
    _c("unit", "str", "unit of the mean and the difference"),
    _c("kind", "str", "`recording` (how it was recorded) or `speech` (what was said and how fast)"),
)
_REASON = _c("reason", "str", "why a figure is missing or weak; empty if nothing is")

AUDIT_UTTERANCES = Table(
    "AUDIT_UTTERANCES",
    "How every original was recorded, measured on the file as it is, before any condition.",
    (
        _c("utterance_id", "str", "`<corpus>/<source id>`"),
        _c("corpus_id", "str", "name of the corpus"),
        _c("speaker_id", "str", "the unit of independence"),
        _c("container", "str", "file format that the header states; a trace, not the history of the recording"),
        _c("codec", "str", "coding of the samples that the header states"),
        _m("sample_rate_hz", "Hz; sample rate that the header states"),
        _m("channels", "channels of the file; measured on their mean"),
        _m("duration_s", "s; length of the utterance"),
        _m("active_level_db", "dBov; level of the speech, pauses left out (ITU-T P.56)"),
        _m(
            "source_floor_db",
            "dBov; level of the quietest tenth, in frames of 20 ms; empty where that is digital silence",
        ),
        _m("source_snr_db", "dB; active_level_db minus source_floor_db; too low where nobody pauses"),
        _m("rolloff_hz", "Hz; below it lies 95 % of the energy"),
        _m(
            "edge_hz",
            "Hz; low-pass edge: above it there is nothing (30 dB less within 300 Hz); half the sample rate if there is none",
        ),
        _m("clipped_percent", "%; share of the samples in runs of 3 or more at full scale"),
        _m("digital_silence_percent", "%; share of the samples in exact zeros of 10 ms and more: gating, padding"),
        _m("decay_s", "s; reverberation proxy: time in which the level, where it falls, would fall by 60 dB"),
        _m("pause_percent", "%; share of the time without active speech (ITU-T P.56)"),
        _m("words", "words of the reference; empty in languages written without spaces"),
        _m("words_per_s", "words per second of the utterance, pauses included"),
        _c("status", "str", "`ok`, or `failed` where the audio could not be measured", isin=STATUS),
        _REASON,
    ),
    key=("utterance_id",),
    attributes=True,
)

AUDIT_GROUPS = Table(
    "AUDIT_GROUPS",
    "What each group consists of: one row per group of one attribute.",
    (
        *_OF_GROUP,
        _c("n_speakers", "Int64", "speakers"),
        _c("n_utterances", "Int64", "utterances"),
        _c("n_failed", "Int64", "utterances whose audio could not be measured"),
        _m("minutes", "minutes of audio"),
        _m("words", "words of the references"),
        _m("words_per_speaker", "words over speakers"),
        _c("speech_style", "str", "read, spontaneous ... as a column or the description declares it; never guessed"),
        _c("codecs", "str", "sample rates and codings, with their shares of the utterances"),
        _REASON,
    ),
    key=("attribute", "group"),
)

AUDIT_MEASURES = Table(
    "AUDIT_MEASURES",
    "The mean of each measure in each group, speakers counting alike, with its interval over speakers.",
    (
        *_OF_GROUP,
        *_MEASURE,
        _c("n_speakers", "Int64", "speakers with this measure"),
        _c("n_utterances", "Int64", "utterances with this measure"),
        _m("mean", "mean over speakers of each speaker's mean"),
        _m("ci_low", "lower end of its 95 % interval"),
        _m("ci_high", "upper end of its 95 % interval"),
        _REASON,
    ),
    key=("attribute", "group", "measure"),
)

AUDIT_DIFFERENCES = Table(
    "AUDIT_DIFFERENCES",
    "How differently a group and those it is compared with were recorded: one row per group and measure.",
    (
        *_OF_GROUP,
        _c("reference_group", "str", "what it is compared with: a group, or `rest`"),
        *_MEASURE,
        _c("n_speakers", "Int64", "speakers of the group with this measure"),
        _c(
            "n_speakers_reference",
            "Int64",
            "speakers of the reference with this measure",
        ),
        _m("mean_group", "mean over the group's speakers"),
        _m("mean_reference", "mean over the reference's speakers"),
        _m("difference", "mean of the group minus mean of the reference", interval=("ci_low", "ci_high")),
        _m("ci_low", "lower end of its 95 % interval"),
        _m("ci_high", "upper end of its 95 % interval"),
        _m("smd", "standardised mean difference: the difference over the pooled standard deviation of speakers"),
        _m("p_value", "two-sided, over speakers"),
        _m("p_adjusted", "by Holm's method over all groups and measures of the attribute"),
        _c("verdict", "str", "what the difference shows", isin=AUDIT_VERDICTS),
        _REASON,
    ),
    key=("attribute", "group", "measure"),
)
