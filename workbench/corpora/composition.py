"""Who is in a corpus: speakers, utterances, minutes and words of each group."""

from __future__ import annotations

import pandas as pd


def composition(utterances: pd.DataFrame, attribute: str) -> pd.DataFrame:
    """Return one row per group of an attribute, most speakers first: group, speakers, utterances, minutes, words.

    ``utterances`` : UTTERANCES; words are counted at white space. Equal speaker ids of two corpora are two people.
    """
    people = utterances["corpus_id"].astype("str") + "/" + utterances["speaker_id"].astype("str")
    counted = pd.DataFrame(
        {
            "group": utterances[attribute].astype("str"),
            "speaker": people,
            "seconds": utterances["duration_s"],
            "words": utterances["reference"].map(lambda text: len(str(text).split())),
        }
    )
    groups = counted.groupby("group", sort=True)
    result = groups.agg(
        speakers=("speaker", "nunique"),
        utterances=("speaker", "size"),
        seconds=("seconds", "sum"),
        words=("words", "sum"),
    ).reset_index()
    result = result.assign(minutes=result.pop("seconds") / 60)
    order = ["group", "speakers", "utterances", "minutes", "words"]
    return result[order].sort_values("speakers", ascending=False, kind="stable", ignore_index=True)
