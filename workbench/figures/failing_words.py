"""Words that fail for a group: log-odds with intervals, the worst first."""

from __future__ import annotations

import math

import pandas as pd

from workbench.figures.adjustment_plots import against, comparison_rows, each
from workbench.figures.forest import Dot, Forest, Panel, Row
from workbench.figures.palette import looks
from workbench.figures.picture import Picture
from workbench.figures.renderers import picture_of
from workbench.figures.wording import clean_text, condition_label, model_label

MOST = 14
"""Words in one figure."""
EXPLORING = 0.1
"""A word whose p-value (Benjamini-Hochberg) is not below this may be chance; it is drawn as an outline."""


def failing_words(
    words: pd.DataFrame, group: str, *, model_id: str, condition_id: str, most: int = 10, caveat: str = ""
) -> Picture:
    """Return the words (or pairs of word and what was written) that fail most for a group, with 95 % intervals.

    Parameters
    ----------
    words : WORD_ERRORS or CONFUSIONS
    most : how many, at most 14
    caveat : what must be said wherever the figure shows

    Raises
    ------
    ScoringError : no rows of this group, model or condition
    """
    rows = comparison_rows(words, model_id=model_id, condition_id=condition_id, group=group)
    rows = rows.sort_values("z", ascending=False, kind="stable").head(min(most, MOST)).reset_index(drop=True)
    look = looks([group])[group]
    other = against(rows)
    dots, text = [], []
    for at, row in enumerate(each(rows)):
        counts = f"{row.errors} of {row.occurrences}, {other} {row.errors_reference} of {row.occurrences_reference}"
        chance = "" if row.p_adjusted < EXPLORING else "; may be chance"
        interval = f"95 % interval {_signed(row.ci_low)} to {_signed(row.ci_high)}"
        text.append(f"{_name(row)}: {counts}, log-odds {_signed(row.log_odds)} ({interval}{chance})")
        dots.append(Dot(at, row.log_odds, row.ci_low, row.ci_high, look, "", text[-1], tentative=bool(chance)))
    farthest = max((abs(end) for row in each(rows) for end in (row.ci_low, row.ci_high)), default=1.0)
    reach = float(min(max(math.ceil(farthest), 2), 8))
    pairs = "written" in rows.columns
    title = f"{'What is written instead of words' if pairs else 'Words'} said by {group}, against {other}"
    order = "Right of zero: more errors in this group. Below each word: errors/occurrences, this group then the others."
    outlined = "Outlined: may be chance with this many words." if any(dot.tentative for dot in dots) else ""
    label = condition_label(condition_id)
    return picture_of(
        Forest(
            title=title,
            subtitle=f"{model_label(model_id)}, {label}",
            alt=clean_text(
                " ".join(
                    filter(
                        None,
                        [
                            f"Points with intervals. {title}, {model_label(model_id)}, {label}.",
                            f"{'; '.join(text)}.",
                            order,
                            outlined,
                            caveat,
                        ],
                    )
                )
            ),
            rows=tuple(
                Row(_name(row), f"{row.errors}/{row.occurrences}, {row.errors_reference}/{row.occurrences_reference}")
                for row in each(rows)
            ),
            panels=(Panel("log-odds of an error", condition_id, tuple(dots)),),
            x_title="Log-odds of an error (0.7: twice the odds)",
            start=-reach,
            end=reach,
            band=None,
            notes=(" ".join(filter(None, ["Lines: 95 % intervals.", outlined])), order),
            caveat=caveat,
        ),
        rows,
    )


def _name(row: object) -> str:
    word, written = str(getattr(row, "word", "")), getattr(row, "written", None)
    return word if written is None else f"{word} → {written or '(nothing)'}"


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
