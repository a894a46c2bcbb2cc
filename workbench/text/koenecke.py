"""``koenecke2020``: the cleaning of Koenecke et al. (2020), Racial disparities in automated speech recognition, PNAS.

The rules are those of the study's published code, written anew and applied to both sides: markers of sounds go,
hyphens and apostrophes too (``don't`` becomes ``dont``), numbers are spelled out (years in pairs, ``101`` as *one oh
one*), about thirty words are written one way (``cuz`` cause, ``gonna`` going to, ``ok`` okay ...), names of states
become abbreviations, and fillers and swear words are removed. Three things differ from the code: it rewrites ``aks`` and
``busses`` in references of one corpus only, here both sides are treated alike; a year written in words (``two thousand
and ten``) is left as it is; and fillers go before words are joined, so that cleaning twice changes nothing more.

Source: the repository stanford-policylab/asr-disparities, ``src/transcript_cleaning_functions.py``.
"""

from __future__ import annotations

import re

from workbench.text.numbers import spell_out
from workbench.text.steps import remove_words, replace_words, step

SWEAR_WORDS = frozenset(
    [
        "nigga",
        "niggas",
        "shit",
        "bitch",
        "damn",
        "fuck",
        "fuckin",
        "fucking",
        "motherfuckin",
        "motherfucking",
    ]  # removed by the study
)
FILLERS = frozenset(["um", "uh", "mm", "hm", "ooh", "woo", "mhm", "huh", "ha"])
RELABELLED = {"busses": "buses", "aks": "ask", "aksing": "asking", "aksed": "asked"}
ONE_WAY = {
    "cuz": "cause", "ok": "okay", "o": "oh", "till": "til", "yup": "yep", "imma": "ima", "mister": "mr",
    "doctor": "dr", "gonna": "going to", "tryna": "trying to", "carryout": "carry out", "sawmill": "saw mill",
    "highschool": "high school", "worldclass": "world class", "saint": "st", "street": "st", "state": "st",
    "avenue": "ave", "road": "rd", "boulevard": "blvd", "theatre": "theater", "neighbour": "neighbor",
    "neighbours": "neighbors", "neighbourhood": "neighborhood", "programme": "program",
}  # fmt: skip
DIRECTIONS = {
    "N": "north", "E": "east", "S": "south", "W": "west", "NE": "northeast", "NW": "northwest", "SE": "southeast",
    "SW": "southwest",
}  # fmt: skip
JOINED = {
    "north east": "northeast", "north west": "northwest", "south east": "southeast", "south west": "southwest",
    "all right": "alright",
}  # fmt: skip
STATES = dict(
    pair.split(":")
    for pair in [
        "alabama:al",
        "alaska:ak",
        "arizona:az",
        "arkansas:ar",
        "california:ca",
        "colorado:co",
        "connecticut:ct",
        "delaware:de",
        "florida:fl",
        "georgia:ga",
        "hawaii:hi",
        "idaho:id",
        "illinois:il",
        "indiana:in",
        "iowa:ia",
        "kansas:ks",
        "kentucky:ky",
        "louisiana:la",
        "maine:me",
        "maryland:md",
        "massachusetts:ma",
        "michigan:mi",
        "minnesota:mn",
        "mississippi:ms",
        "missouri:mo",
        "montana:mt",
        "nebraska:ne",
        "nevada:nv",
        "new hampshire:nh",
        "new jersey:nj",
        "new mexico:nm",
        "new york:ny",
        "north carolina:nc",
        "north dakota:nd",
        "ohio:oh",
        "oklahoma:ok",
        "oregon:or",
        "pennsylvania:pa",
        "rhode island:ri",
        "south carolina:sc",
        "south dakota:sd",
        "tennessee:tn",
        "texas:tx",
        "utah:ut",
        "vermont:vt",
        "virginia:va",
        "washington:wa",
        "west virginia:wv",
        "wisconsin:wi",
        "wyoming:wy",
    ]
)

_DIGIT = "one|two|three|four|five|six|seven|eight|nine"
_OH = re.compile(rf"\b({_DIGIT}) hundred ({_DIGIT})\b(?! (?:thousand|million|hundred))")


def _markers(text: str) -> str:
    text = text.replace("%HESITATION", " ")
    text = re.sub(r"/(?:unintelligible|inaudible)/|/RD.*?/|/\?+/", "", text, flags=re.IGNORECASE)
    text = re.sub(r" ?<[^>]+>| ?\([^)]+\)| ?\{[^}]+\}| ?\[[^\]]+\]", "", text)
    return " ".join(word for word in text.split() if not any(bracket in word for bracket in "<>(){}[]"))


def _directions(text: str) -> str:
    return " ".join(DIRECTIONS.get(word, word) for word in text.split())


def _initials(text: str) -> str:
    return text.replace("T V", "TV").replace("D C", "DC")


def _symbols(text: str) -> str:
    text = text.replace("'", "").replace("’", "")
    return " ".join(re.sub(r"[^\s\w$]|_", " ", text).split())


def _numbers(text: str) -> str:
    return _OH.sub(r"\1 oh \2", " ".join(spell_out(text).replace("$", " dollars ").split()))


STEPS = (
    step("markers", 1, "hesitation marks, brackets and marks of what was not understood go", _markers),
    step("initials", 1, "T V and D C are one word each", _initials),
    step("symbols", 1, "apostrophes go, other symbols become a space, except $", _symbols),
    step("directions", 1, "N, SE ... become north, southeast ...", _directions),
    step("case", 1, "capital letters become small ones", str.lower),
    step("relabelled", 1, "aks becomes ask, busses buses", replace_words(RELABELLED)),
    step("numbers", 1, "numbers are spelled out; 1984 as a year, 101 as one oh one", _numbers),
    step("fillers", 1, "um, uh, mm, hm, ooh, woo, mhm, huh and ha go", remove_words(FILLERS)),
    step("swear_words", 1, "ten swear words go", remove_words(SWEAR_WORDS)),
    step("words", 1, "cuz becomes cause, gonna going to, ok okay, street st ...", replace_words(ONE_WAY)),
    step("states", 1, "names of states of the USA become their abbreviations", replace_words(STATES)),
    step("joined", 1, "north east becomes northeast, all right alright", replace_words(JOINED)),
)
