"""Whether two sides of a comparison share a corpus: where they do not, recordings, texts and people differ along with the group."""

from __future__ import annotations

import pandas as pd

from workbench.fairness.counts.cells import CELL

ACROSS = "compared across corpora"
"""How the note begins by which surfaces find it."""


def corpora_apart(speakers: pd.DataFrame, attribute: str, reference: str | None) -> dict[tuple[str, str, str], str]:
    """Return why a comparison is one of corpora as well, by model, condition and group; only of those that are.

    ``speakers`` : as ``counts.cells.speaker_sums`` makes them; ``reference`` None is all other groups. Nothing is said where
    there is one corpus, or where any corpus holds speakers of both sides.
    """
    if "corpus_id" not in speakers.columns or speakers["corpus_id"].nunique() < 2:
        return {}
    counted = speakers[speakers["ref_words"] > 0]
    result = {}
    for (model, condition), cell in counted.groupby(list(CELL), sort=False):
        corpora = {str(group): set(part["corpus_id"]) for group, part in cell.groupby(attribute, sort=False)}
        for group, own in corpora.items():
            if reference is None:
                others = set().union(*[those for name, those in corpora.items() if name != group])
            else:
                others = corpora.get(reference, set()) if group != reference else set()
            if others and not own & others:
                against = "the rest" if reference is None else reference
                result[str(model), str(condition), group] = (
                    f"{ACROSS}: {group} is only in {_listed(own)}, {against} only in {_listed(others)}, so that recordings and texts "
                    "differ as well"
                )
    return result


def _listed(names: set[str]) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:3]) + (f" and {len(ordered) - 3} more" if len(ordered) > 3 else "")
