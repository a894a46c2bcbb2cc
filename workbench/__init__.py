"""A workbench that measures how speech recognition treats accents in the rooms where it is used.

Everything that the app shows can be reached from here::

    import workbench as wb

    study = wb.Study.from_toml("data_manifests/demo.study.toml")
    record = wb.run(study, store=wb.open_store())
    results = wb.load(record.run_id)
    wb.rates(results.scores, ["accent"])
    wb.gaps(results.scores, "accent", margin=study.margin)

Names are loaded when they are first used, so that ``import workbench`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.version import __version__ as __version__

if TYPE_CHECKING:
    from workbench.adaptive.matched_difficulty import match
    from workbench.adaptive.rounds import run
    from workbench.audio import Waveform, decode, speech_level
    from workbench.cards import build as build_card
    from workbench.cards import verify as verify_card
    from workbench.cards import write as write_card
    from workbench.conditions import CATALOGUE, Condition, CorpusPool, chain, degrade, parse_condition, sweep
    from workbench.corpora import (
        Corpus,
        Prepared,
        apply_labels,
        check_manifest,
        download_corpus,
        export_manifest,
        label_table,
        load_corpus,
        open_zip,
        prepare,
        read_label_map,
        relabel_manifest,
    )
    from workbench.corpora.review import apply_review, review_corpus, write_review
    from workbench.engines import ScriptedEngine, availability, load_engine, read_ctm
    from workbench.errors import WorkbenchError
    from workbench.fairness import (
        PowerAssumptions,
        adjust,
        adjusted_gaps,
        balance,
        binned,
        bootstrap_gaps,
        compare,
        compare_systems,
        confusions,
        crossed,
        dialect_erasure,
        dose_response,
        dose_slopes,
        e_value,
        gap_changes,
        gaps,
        gaps_under,
        hallucinations,
        intersections,
        keyword_recall,
        kitagawa,
        metrics,
        normaliser_band,
        power,
        power_of_corpus,
        rates,
        rates_and_gaps,
        rates_without_flagged,
        rescued,
        score_table,
        simultaneous_bounds,
        speakers_needed,
        spread,
        text_differences,
        with_speech_rate,
        word_errors,
    )
    from workbench.figures import (
        adjusted_intervals,
        audit_plot,
        balance_plot,
        covariate_differences,
        degradation_dumbbells,
        dose_curves,
        engine_rates,
        error_kinds,
        exported,
        failing_words,
        gap_change_heatmap,
        gap_intervals,
        invented_rates,
        normaliser_gaps,
        paired_differences,
        rate_heatmap,
        rate_intervals,
        speaker_spread,
        split_bars,
        verdict_words,
    )
    from workbench.notebook import show
    from workbench.provenance import (
        audit,
        audit_differences,
        audit_groups,
        audit_measures,
        audit_sentences,
        audit_utterances,
        channel_equalised,
    )
    from workbench.results import Results, heard, load, rescored, write_scores
    from workbench.results.audio_facts import fact_summary, facts, reported, with_facts, write_facts
    from workbench.results.run_comparison import compare_runs
    from workbench.runner import Estimate, Local, Progress, Ray, estimate, start_worker
    from workbench.store import RunRecord, Store, open_store
    from workbench.study import Study
    from workbench.text import (
        add_scores,
        align,
        align_words,
        count_words,
        get_normaliser,
        hallucination_flags,
        normaliser_audit,
        rule_table,
        trace,
        with_another_seed,
        write_sclite,
        write_trn,
    )

_FIGURES = (
    "adjusted_intervals", "audit_plot", "balance_plot", "covariate_differences", "degradation_dumbbells",
    "dose_curves", "engine_rates", "error_kinds", "exported", "failing_words", "gap_change_heatmap", "gap_intervals",
    "invented_rates", "normaliser_gaps", "paired_differences", "rate_heatmap", "rate_intervals", "speaker_spread",
    "split_bars", "verdict_words",
)  # fmt: skip
_PLACES = {
    "adaptive": ("run",),
    "audio": ("Waveform", "decode", "speech_level"),
    "conditions": ("CATALOGUE", "Condition", "CorpusPool", "chain", "degrade", "parse_condition", "sweep"),
    "corpora": (
        "Corpus",
        "Prepared",
        "apply_labels",
        "check_manifest",
        "download_corpus",
        "export_manifest",
        "label_table",
        "load_corpus",
        "open_zip",
        "prepare",
        "read_label_map",
        "relabel_manifest",
    ),
    "engines": ("ScriptedEngine", "availability", "load_engine", "read_ctm"),
    "errors": ("WorkbenchError",),
    "fairness": (
        "dialect_erasure",
        "hallucinations",
        "rates_without_flagged",
        "keyword_recall",
        "normaliser_band",
        "rescued",
        "PowerAssumptions",
        "adjust",
        "adjusted_gaps",
        "balance",
        "binned",
        "bootstrap_gaps",
        "compare",
        "compare_systems",
        "confusions",
        "crossed",
        "dose_response",
        "dose_slopes",
        "e_value",
        "gap_changes",
        "gaps",
        "gaps_under",
        "intersections",
        "kitagawa",
        "metrics",
        "power",
        "power_of_corpus",
        "rates",
        "rates_and_gaps",
        "score_table",
        "simultaneous_bounds",
        "speakers_needed",
        "spread",
        "text_differences",
        "with_speech_rate",
        "word_errors",
    ),
    "figures": _FIGURES,
    "adaptive.matched_difficulty": ("match",),
    "results.audio_facts": ("fact_summary", "facts", "reported", "with_facts", "write_facts"),
    "provenance": (
        "audit",
        "audit_differences",
        "audit_groups",
        "audit_measures",
        "audit_sentences",
        "audit_utterances",
        "channel_equalised",
    ),
    "results": ("Results", "heard", "load", "rescored", "write_scores"),
    "corpora.review": ("apply_review", "review_corpus", "write_review"),
    "results.run_comparison": ("compare_runs",),
    "runner": ("Estimate", "Local", "Progress", "Ray", "estimate", "start_worker"),
    "notebook": ("show",),
    "store": ("RunRecord", "Store", "open_store"),
    "study": ("Study",),
    "text": (
        "add_scores",
        "align",
        "align_words",
        "count_words",
        "get_normaliser",
        "hallucination_flags",
        "normaliser_audit",
        "rule_table",
        "trace",
        "with_another_seed",
        "write_sclite",
        "write_trn",
    ),
}
_LAZY = {name: (module, name) for module, names in _PLACES.items() for name in names}
_LAZY |= {"build_card": ("cards", "build"), "verify_card": ("cards", "verify"), "write_card": ("cards", "write")}

__all__ = [
    "CATALOGUE",
    "Condition",
    "Corpus",
    "CorpusPool",
    "Estimate",
    "Local",
    "PowerAssumptions",
    "Prepared",
    "Progress",
    "Ray",
    "Results",
    "RunRecord",
    "ScriptedEngine",
    "Store",
    "Study",
    "Waveform",
    "WorkbenchError",
    "add_scores",
    "adjust",
    "adjusted_gaps",
    "adjusted_intervals",
    "align",
    "align_words",
    "apply_labels",
    "apply_review",
    "audit",
    "audit_differences",
    "audit_groups",
    "audit_measures",
    "audit_plot",
    "audit_sentences",
    "audit_utterances",
    "availability",
    "balance",
    "balance_plot",
    "binned",
    "bootstrap_gaps",
    "build_card",
    "chain",
    "channel_equalised",
    "check_manifest",
    "compare",
    "compare_runs",
    "compare_systems",
    "confusions",
    "count_words",
    "covariate_differences",
    "crossed",
    "decode",
    "degradation_dumbbells",
    "degrade",
    "dialect_erasure",
    "dose_curves",
    "dose_response",
    "dose_slopes",
    "download_corpus",
    "e_value",
    "engine_rates",
    "error_kinds",
    "estimate",
    "export_manifest",
    "exported",
    "fact_summary",
    "facts",
    "failing_words",
    "gap_change_heatmap",
    "gap_changes",
    "gap_intervals",
    "gaps",
    "gaps_under",
    "get_normaliser",
    "hallucination_flags",
    "hallucinations",
    "heard",
    "intersections",
    "invented_rates",
    "keyword_recall",
    "kitagawa",
    "label_table",
    "load",
    "load_corpus",
    "load_engine",
    "match",
    "metrics",
    "normaliser_audit",
    "normaliser_band",
    "normaliser_gaps",
    "open_store",
    "open_zip",
    "paired_differences",
    "parse_condition",
    "power",
    "power_of_corpus",
    "prepare",
    "rate_heatmap",
    "rate_intervals",
    "rates",
    "rates_and_gaps",
    "rates_without_flagged",
    "read_ctm",
    "read_label_map",
    "relabel_manifest",
    "reported",
    "rescored",
    "rescued",
    "review_corpus",
    "rule_table",
    "run",
    "score_table",
    "show",
    "simultaneous_bounds",
    "speaker_spread",
    "speakers_needed",
    "speech_level",
    "split_bars",
    "spread",
    "start_worker",
    "sweep",
    "text_differences",
    "trace",
    "verdict_words",
    "verify_card",
    "with_another_seed",
    "with_facts",
    "with_speech_rate",
    "word_errors",
    "write_card",
    "write_facts",
    "write_review",
    "write_sclite",
    "write_scores",
    "write_trn",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    value = getattr(import_module(f"workbench.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
