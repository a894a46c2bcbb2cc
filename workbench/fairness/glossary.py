"""The terms that pages, cards and documents use, each defined once; definitions of rules quote the rules themselves."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.fairness.group_rates.rates import ENOUGH_WORDS
from workbench.fairness.inference.verdicts import ENOUGH_SPEAKERS, RULES, SATURATED, TENTATIVE
from workbench.schema import NOT_STATED


@dataclass(frozen=True, slots=True)
class Term:
    """A term, what it means in a sentence or two, and the heading it stands under."""

    name: str
    meaning: str
    theme: str


_RATES = "Rates and gaps"
_VERDICTS = "Verdicts"
_TEXT = "Texts"
_DATA = "Data"
_SOUND = "Sound"
_METHOD = "Method"

_TERMS = (
    Term("WER", "Word error rate: words substituted, deleted or inserted, divided by the words of the reference. Inserted words count, so it can exceed 100 %.", _RATES),
    Term("CER", "Character error rate: the same as WER, counted in characters. Used for languages that are written without spaces; words in another script count as one.", _RATES),
    Term("substitution", "A word of the reference for which the recogniser wrote another word.", _RATES),
    Term("deletion", "A word of the reference for which the recogniser wrote nothing.", _RATES),
    Term("insertion", "A word that the recogniser wrote and nobody said.", _RATES),
    Term("gap", "The error rate of a group minus that of the people it is compared with, in percentage points.", _RATES),
    Term("ratio", "The error rate of a group divided by that of the people it is compared with.", _RATES),
    Term("degradation", "The error rate under a condition minus that of clean audio, for the same speech.", _RATES),
    Term("gap change", "How much a condition adds to a gap: the gap under the condition minus the gap in clean audio.", _RATES),
    Term("interval", "A 95 % confidence interval: how far the figure could move with other speakers of the same group. A wide interval means few speakers.", _RATES),
    Term("speaker-clustered", "The speaker is the independent unit: ten utterances of one person count as one voice, not ten.", _METHOD),
    Term("p-value", "How often chance alone would give a difference at least as large, if the groups were served alike.", _METHOD),
    Term("multiple comparisons", "With many groups and conditions some differences appear by chance. A firm gap holds after correcting for that.", _METHOD),
    Term("margin", "The largest gap that counts as equal. It is set before anybody looks at results.", _METHOD),
    Term("minimum detectable gap", "The smallest gap that a study with these speakers would find four times in five. Smaller gaps can exist and be missed.", _METHOD),
    Term("evidence", f"“Too small”: fewer than {ENOUGH_SPEAKERS} speakers or {ENOUGH_WORDS} words. Such figures describe these speakers, not the group.", _METHOD),
    Term("adjusted gap", "A gap after taking account of other differences between the groups, such as what was read or how it was recorded.", _METHOD),
    Term("SMD", "Standardised mean difference: how far two groups differ in a covariate, in standard deviations.", _METHOD),
    Term("propensity", "How likely a speaker is to belong to a group, given the covariates. Used to weight speakers so that groups become comparable.", _METHOD),
    *(Term(name, f"{rule[:1].upper()}{rule[1:]}.", _VERDICTS) for name, rule in RULES.items()),
    Term("firm", f"A verdict that is not tentative: at least {ENOUGH_SPEAKERS} speakers on each side and, for a GAP, a test that holds over all comparisons together.", _VERDICTS),
    Term("tentative", f"{TENTATIVE.partition(': ')[2][:1].upper()}{TENTATIVE.partition(': ')[2][1:]}.", _VERDICTS),
    Term("saturation", f"On a side {SATURATED}.", _VERDICTS),
    Term("reference", "What was said, as the corpus writes it.", _TEXT),
    Term("hypothesis", "What the recogniser wrote; also called transcript.", _TEXT),
    Term("normaliser", "Rules that are applied to reference and transcript before words are compared, for example for case, punctuation and numbers.", _TEXT),
    Term("corpus", "A collection of recorded speech with its texts and speakers.", _DATA),
    Term("manifest", "A table with one row per utterance: audio file, what was said, who spoke, and attributes of the speaker.", _DATA),
    Term("utterance", "One recording, or part of one, with its text.", _DATA),
    Term("attribute", "A property that the corpus declares for speakers or utterances, such as accent or gender. It is never guessed from the voice.", _DATA),
    Term("group", f"The speakers with one value of an attribute. “{NOT_STATED}” is a group of its own.", _DATA),
    Term("self-reported", "The speaker stated the attribute. “Annotated”: somebody else did.", _DATA),
    Term("condition", "What is done to the audio before the recogniser hears it: noise, a room, a microphone, a codec, a network.", _SOUND),
    Term("severity", "How strong a condition is: mild, typical, hard or extreme. Each level has a physical unit; clean is 0.", _SOUND),
    Term("SNR", "Signal-to-noise ratio in dB: the level of the speech (ITU-T P.56) minus that of the noise. 20 dB is quiet noise, 0 dB is noise as loud as the speech.", _SOUND),
    Term("RT60", "Reverberation time: how long a sound in a room takes to fall by 60 dB. A living room has about 0.4 s, a large hall more than 1 s.", _SOUND),
    Term("DRR", "Direct-to-reverberant ratio in dB: the sound that arrives straight from the speaker against that from the walls.", _SOUND),
    Term("STOI", "Short-time objective intelligibility, about 0 to 1: how intelligible audio is by comparison with the clean recording (Taal et al. 2011).", _SOUND),
    Term("SI-SDR", "Scale-invariant signal-to-distortion ratio in dB: how much of the audio is still the clean speech.", _SOUND),
    Term("dBov", "Level in dB relative to the overload point of the digital format. 0 is the loudest; speech is often at -26.", _SOUND),
    Term("codec", "A method that compresses audio for telephone, internet or storage, such as G.711, AMR or Opus.", _SOUND),
    Term("bandwidth", "The highest frequency that is left in the audio. Telephone speech ends near 3.4 kHz.", _SOUND),
    Term("real time", "Speed of a recogniser: at 2 times real time, one minute of audio takes half a minute.", _SOUND),
)  # fmt: skip
GLOSSARY: dict[str, Term] = {term.name: term for term in _TERMS}
"""Every term by its name, in the order in which the glossary lists them."""


def by_theme() -> dict[str, list[Term]]:
    """Return the terms under their headings."""
    result: dict[str, list[Term]] = {}
    for term in GLOSSARY.values():
        result.setdefault(term.theme, []).append(term)
    return result
