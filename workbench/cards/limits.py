"""What a card cannot say, found from its own facts. A limit names what was not measured; it never guesses at it."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.cards.headlines import model_names
from workbench.cards.model import Card
from workbench.cards.word_tables import few_figures
from workbench.engines.protocol import AUDIO_GOES_TO
from workbench.fairness.group_gaps.corpus_overlap import ACROSS
from workbench.fairness.group_rates.rates import ENOUGH_WORDS
from workbench.fairness.inference.verdicts import ALPHA, ENOUGH_SPEAKERS, SATURATED
from workbench.figures.plot_rows import listed
from workbench.figures.wording import counted, exact_points
from workbench.results.speech_fit import misfits
from workbench.schema import CLEAN, NOT_STATED

SHOWN = 8
"""So many names are listed before "and 3 more"."""


def limits(card: Card) -> tuple[str, ...]:
    """Return the limits of ``card``, one sentence or two each, the gravest first."""
    results = [
        *_voices(card),
        *_unfit(card),
        *_unfinished(card),
        *_hidden(card),
        *_small_groups(card),
        *_verdicts(card),
        *_varying(card),
        *_conditions(card),
        *_models(card),
        *_scoring(card),
        *_corpora(card),
    ]
    if any(row.difference is not None for row in card.gaps):
        results.append(
            "A gap is a difference, not a cause: the groups were compared as they are, and their recordings, texts and other "
            "attributes were not balanced."
        )
    if len(card.attributes) > 1:
        results.append(
            f"{listed(card.attributes).capitalize()} were compared one at a time; their intersections were not."
        )
    return tuple(results)


def _names(names: Sequence[str]) -> str:
    if len(names) <= SHOWN:
        return listed(names)
    return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"


def _voices(card: Card) -> list[str]:
    synthetic = [
        corpus.title or corpus.corpus_id
        for corpus in card.corpora
        if corpus.synthetic_voices and corpus.n_speakers_tested
    ]
    if not card.synthetic_voices:
        return []
    if not card.only_synthetic_voices:
        return [
            f"Synthetic voices ({_names(synthetic)}) and people are in the same figures: no figure here is about people alone."
        ]
    return [
        f"Synthetic voices ({_names(synthetic)}): the figures describe speech synthesisers. They say nothing about how people "
        "with these accents are served."
    ]


def _unfit(card: Card) -> list[str]:
    rates = card.rates_frame()
    return misfits(rates[rates["attribute"] == ""])


def _unfinished(card: Card) -> list[str]:
    run, result = card.run, []
    if run.state != "done":
        result.append(
            f"The run was not finished (state: {run.state}, {run.done:,} of {run.total:,} done): rates can change when it is."
        )
    if run.failed:
        result.append(
            f"{counted(run.failed, 'decoding')} of {run.total:,} failed. They are not in the rates; the section Failures has them by "
            "group."
        )
    return result


def _hidden(card: Card) -> list[str]:
    least = card.privacy.minimum_speakers
    return [
        f"Hidden ({name}): {_names(groups)}. Groups of fewer than {least} speakers are not shown. More groups are hidden where needed "
        "so that hidden values cannot be derived."
        for name, groups in card.privacy.hidden.items()
        if groups
    ]


def _small_groups(card: Card) -> list[str]:
    results = []
    rated = {(row.attribute, row.group) for row in card.rates if row.rate is not None}
    heard = [group for group in card.groups if (group.attribute, group.group) in rated]
    alone = [f"{item.group} ({item.attribute})" for item in heard if item.n_speakers == 1]
    if alone:
        results.append(
            f"1 speaker only: {_names(alone)}. Their rates are of that speaker; no interval and no verdict is given."
        )
    small = [
        item
        for item in heard
        if item.n_speakers > 1 and (item.n_speakers < ENOUGH_SPEAKERS or item.ref_words < ENOUGH_WORDS)
    ]
    few = []
    for attribute in dict.fromkeys(item.attribute for item in small):
        own = [item for item in small if item.attribute == attribute]
        every = len(own) == sum(item.attribute == attribute for item in heard) and len(own) > 1
        few += [f"every group of {attribute}"] if every else [f"{item.group} ({attribute})" for item in own]
    if few:
        results.append(
            f"Fewer than {ENOUGH_SPEAKERS} speakers or {ENOUGH_WORDS} words: {_names(few)}. Their rates describe these speakers; "
            "they do not establish the rate of the group."
        )
    mute = [f"{group.group} ({group.attribute})" for group in card.groups if group not in heard]
    if mute:
        results.append(f"No rate (nothing could be scored): {_names(mute)}.")
    unstated = [group for group in card.groups if group.group == NOT_STATED]
    results += [
        f"{counted(item.n_speakers, 'speaker')} did not state {item.attribute}; they are a group of their own ({NOT_STATED})."
        for item in unstated
    ]
    if any(row.evidence == "no speakers" for row in card.rates):
        results.append("It is not known who speaks: intervals are withheld.")
    return results


def _verdicts(card: Card) -> list[str]:
    results = []
    if card.choices.margin is not None:
        used, fixed = exact_points(card.method.margin), exact_points(card.method.margin_of_the_study)
        results.append(
            f"The margin of {used} was chosen for this card after the run; the study had fixed {fixed} before it. Verdicts under a "
            "margin that is chosen when the results can be known prove less."
        )
    shown = [row for row in card.gaps if row.verdict == "GAP"]
    chance = sum("chance" in row.doubt for row in shown)
    if chance:
        results.append(
            f"{chance:,} of {counted(len(shown), 'GAP verdict')} may be chance: each is significant by itself, but some are expected by "
            f"chance with so many groups, conditions and models compared (family-wise p of {ALPHA} or more)."
        )
    settled = [row for row in card.gaps if row.verdict in ("GAP", "EQUIVALENT")]
    few = sum("fewer" in row.doubt for row in settled)
    if few:
        results.append(
            f"Tentative, with fewer than {ENOUGH_SPEAKERS} speakers on one side: {few:,} of "
            f"{counted(len(settled), 'GAP or EQUIVALENT verdict')}. Such small samples do not represent the group."
        )
    full = sum(row.verdict == "SATURATED" for row in card.gaps)
    if full:
        results.append(
            f"{full:,} of {len(card.gaps):,} comparisons are SATURATED: {SATURATED}. No conclusion is possible there."
        )
    across = sum(ACROSS in row.reason for row in card.gaps)
    if across:
        results.append(
            f"{across:,} of {len(card.gaps):,} comparisons are between corpora: one side is only in one, the other only in others, so that "
            "recordings and texts differ as well."
        )
    n = sum(row.verdict == "INCONCLUSIVE" for row in card.gaps)
    if n:
        results.append(
            f"{n:,} of {len(card.gaps):,} comparisons are INCONCLUSIVE: neither a gap nor equality within "
            f"{exact_points(card.method.margin)} was found. This does not prove that the groups are equal."
        )
    return results


def _varying(card: Card) -> list[str]:
    compared = {row.attribute for row in card.gaps}
    unseen = {name for name in card.attributes if not any(group.attribute == name for group in card.groups)}
    return [
        f"Speakers are in more than one group of {name}: its rates are given, gaps between its groups are not."
        for name in card.attributes
        if name not in compared | unseen
    ]


def _conditions(card: Card) -> list[str]:
    results = []
    degraded = [condition for condition in card.conditions if condition.condition_id != CLEAN]
    if degraded:
        results.append(
            "Every condition but clean was added to the recordings by signal processing. The speakers were not recorded in these conditions (so there is no Lombard effect)."
        )
    if len(degraded) == len(card.conditions):
        results.append("Clean audio was not tested, so that nothing shows what the conditions change.")
    if card.conditions_not_tested:
        n = counted(len(card.conditions_not_tested), "condition")
        results.append(f"Not tested: {n} of the catalogue, listed in card.json.")
    return results


def _models(card: Card) -> list[str]:
    results, names = [], model_names([model.model_id for model in card.models])
    for model in card.models:
        heard = {row.condition_id for row in card.rates if row.model_id == model.model_id}
        missing = [condition.label for condition in card.conditions if condition.condition_id not in heard]
        if missing:
            results.append(f"{names[model.model_id]} was not tested in {_names(missing)}.")
        if to := model.options.get(AUDIO_GOES_TO):
            results.append(
                f"{names[model.model_id]} ran elsewhere: the audio was sent to {to}. The provider's model version cannot be verified."
            )
    return results


def _scoring(card: Card) -> list[str]:
    results = []
    if few_figures(card) and (card.changes or card.doses or card.speakers or card.kinds or card.band or card.events):
        results.append(
            f"{len(card.rates):,} rates are too many for every figure: only heat maps and intervals are drawn; card.json holds the "
            "numbers of the others."
        )
    results += [
        f"Scored under one normaliser ({card.method.normaliser_id}). Another one can change rates and gaps"
        + ("." if card.band else "; how much was not measured here.")
    ]
    empty = sum(row.n_empty_references for row in card.rates if not row.attribute)
    if empty:
        results.append(
            f"{counted(empty, 'utterance')} (counted once per model and condition) had an empty reference after normalisation and "
            "are not in the rates; the section Failures has the words invented on them."
        )
    return results


def _corpora(card: Card) -> list[str]:
    results = []
    for corpus in card.corpora:
        name = corpus.title or corpus.corpus_id
        unknown = [attribute.name for attribute in corpus.attributes if attribute.obtained == "unknown"]
        if unknown:
            results.append(f"{name} does not state how {listed(unknown)} was obtained.")
        if corpus.n_utterances_tested < corpus.n_utterances:
            results.append(
                f"Of {name}, {corpus.n_speakers_tested:,} of {counted(corpus.n_speakers, 'speaker')} and "
                f"{corpus.n_utterances_tested:,} of {counted(corpus.n_utterances, 'utterance')} were tested."
            )
        if corpus.n_dropped:
            results.append(f"{counted(corpus.n_dropped, 'row')} of {name} had problems and were left out.")
        if corpus.licence == NOT_STATED:
            results.append(f"{name} states no licence.")
    return results
