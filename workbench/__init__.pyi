# The public names, each once, by theme; docs/api.md is made of this file. `X as X` is how a stub says that X is public.

# -- Corpora: from files to a checked table of utterances
from .corpora import Corpus as Corpus
from .corpora import Prepared as Prepared
from .corpora import load_corpus as load_corpus
from .corpora import check_manifest as check_manifest
from .corpora import open_zip as open_zip
from .corpora import prepare as prepare
from .corpora import download_corpus as download_corpus
from .corpora import export_manifest as export_manifest
from .corpora import read_label_map as read_label_map
from .corpora import label_table as label_table
from .corpora import apply_labels as apply_labels
from .corpora import relabel_manifest as relabel_manifest
from .corpora.review import review_corpus as review_corpus
from .corpora.review import write_review as write_review
from .corpora.review import apply_review as apply_review

# -- Recordings: how the originals were made, before any condition
from .provenance import audit as audit
from .provenance import audit_groups as audit_groups
from .provenance import audit_differences as audit_differences
from .provenance import audit_sentences as audit_sentences
from .provenance import channel_equalised as channel_equalised
from .provenance import channel_swap as channel_swap

# -- Audio and conditions: what is done to the sound
from .audio import Waveform as Waveform
from .audio import decode as decode
from .audio import speech_level as speech_level
from .conditions import CATALOGUE as CATALOGUE
from .conditions import Condition as Condition
from .conditions import CorpusPool as CorpusPool
from .conditions import parse_condition as parse_condition
from .conditions import chain as chain
from .conditions import sweep as sweep
from .conditions import degrade as degrade

# -- Engines: what transcribes
from .engines import availability as availability
from .engines import load_engine as load_engine
from .engines import read_ctm as read_ctm
from .engines import ScriptedEngine as ScriptedEngine

# -- Text: what counts as an error
from .text import get_normaliser as get_normaliser
from .text import trace as trace
from .text import rule_table as rule_table
from .text import normaliser_audit as normaliser_audit
from .text import align as align
from .text import align_words as align_words
from .text import hallucination_flags as hallucination_flags
from .text import with_another_seed as with_another_seed
from .text import write_trn as write_trn
from .text import write_sclite as write_sclite

# -- Studies and runs: what is evaluated, and doing it
from .study import Study as Study
from .adaptive.rounds import run as run
from .runner import Local as Local
from .runner import Ray as Ray
from .runner import Progress as Progress
from .runner import start_worker as start_worker
from .runner import without_missing_engines as without_missing_engines
from .runner import Estimate as Estimate
from .runner import estimate as estimate
from .adaptive.matched_difficulty import match as match
from .adaptive.confirmation import confirm as confirm
from .adaptive.red_team import RedTeam as RedTeam
from .adaptive.red_team import red_team as red_team
from .adaptive.regression_suite import run_suite as run_suite
from .adaptive.pairwise_design import pairwise_design as pairwise_design
from .store import Store as Store
from .store import RunRecord as RunRecord
from .store import open_store as open_store

# -- Results: a run, scored
from .results import Results as Results
from .results import load as load
from .results import rescored as rescored
from .results import heard as heard
from .results import write_scores as write_scores
from .results.leaderboard import leaderboard as leaderboard
from .results.run_comparison import compare_runs as compare_runs
from .results.audio_facts import facts as facts
from .results.audio_facts import reported as reported
from .results.audio_facts import with_facts as with_facts
from .results.audio_facts import fact_summary as fact_summary
from .results.audio_facts import write_facts as write_facts
from .fairness import score_table as score_table

# -- Rates and gaps: who is understood how well
from .fairness import rates as rates
from .fairness import gaps as gaps
from .fairness import bootstrap_gaps as bootstrap_gaps
from .fairness import simultaneous_bounds as simultaneous_bounds
from .fairness import metrics as metrics
from .fairness import spread as spread
from .fairness import intersections as intersections
from .fairness import crossed as crossed
from .fairness import binned as binned
from .fairness import borrowed as borrowed
from .fairness import label_sensitivity as label_sensitivity

# -- Changes: what a condition, an engine or a new run adds to a gap
from .fairness import gap_changes as gap_changes
from .fairness import dose_response as dose_response
from .fairness import dose_slopes as dose_slopes
from .fairness import compare as compare
from .fairness import compare_systems as compare_systems
from .fairness import text_differences as text_differences

# -- Adjustment: like with like
from .fairness import adjust as adjust
from .fairness import adjusted_gaps as adjusted_gaps
from .fairness import kitagawa as kitagawa
from .fairness import balance as balance
from .fairness import joint_model as joint_model

# -- Words: which ones fail, for whom
from .fairness import word_errors as word_errors
from .fairness import confusions as confusions
from .fairness import keyword_recall as keyword_recall
from .fairness import dialect_erasure as dialect_erasure
from .fairness import hallucinations as hallucinations
from .fairness import rates_without_flagged as rates_without_flagged
from .fairness.words.instability import instability as instability
from .fairness.words.human_ratings import with_ratings as with_ratings
from .fairness.words.human_ratings import human_ratings as human_ratings
from .transcripts.ratings import read_ratings as read_ratings
from .fairness import normaliser_band as normaliser_band
from .fairness import gaps_under as gaps_under
from .fairness import rescued as rescued

# -- Planning: how many speakers a study needs
from .fairness import PowerAssumptions as PowerAssumptions
from .fairness import power as power
from .fairness import power_of_corpus as power_of_corpus
from .fairness import speakers_needed as speakers_needed
from .fairness import equality as equality
from .fairness import equality_in_words as equality_in_words

# -- Figures: a table in, a picture with a text alternative out
from .figures import rate_heatmap as rate_heatmap
from .figures import rate_intervals as rate_intervals
from .figures import gap_intervals as gap_intervals
from .figures import gap_change_heatmap as gap_change_heatmap
from .figures import degradation_dumbbells as degradation_dumbbells
from .figures import sweep_map as sweep_map
from .figures import team_feature_map as team_feature_map
from .figures import dose_curves as dose_curves
from .figures import engine_rates as engine_rates
from .figures import paired_differences as paired_differences
from .figures import adjusted_intervals as adjusted_intervals
from .figures import split_bars as split_bars
from .figures import balance_plot as balance_plot
from .figures import confirmation_plot as confirmation_plot
from .figures import covariate_differences as covariate_differences
from .figures import speaker_spread as speaker_spread
from .figures import error_kinds as error_kinds
from .figures import failing_words as failing_words
from .figures import invented_rates as invented_rates
from .figures import normaliser_gaps as normaliser_gaps
from .figures import audit_plot as audit_plot
from .figures import headline as headline
from .figures import leaderboard_plot as leaderboard_plot
from .figures import exported as exported
from .notebook import show as show
from .notebook import browse as browse

# -- The service card
from .cards import build_card as build_card
from .cards import write_card as write_card
from .cards import verify_card as verify_card

# -- Bundles and claims: what outsiders check and state
from .cards import make_bundle as make_bundle
from .cards import verify_bundle as verify_bundle
from .cards import bundled_card as bundled_card
from .cards import ClaimsLedger as ClaimsLedger

# -- Errors and version
from .errors import WorkbenchError as WorkbenchError
from .version import __version__ as __version__
