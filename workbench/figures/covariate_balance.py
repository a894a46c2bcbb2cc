"""What else differs between a group and the others, before any condition: one panel per covariate."""

from __future__ import annotations

import pandas as pd

from workbench.fairness.adjusted.propensity import LARGE, LEVEL_OF_CONCERN
from workbench.figures.fact_names import covariate_name
from workbench.figures.forest import Dot, Forest, Panel, Row, scale
from workbench.figures.palette import looks
from workbench.figures.picture import Picture
from workbench.figures.plot_rows import listed, number_or_none
from workbench.figures.renderers import picture_of
from workbench.figures.wording import MINUS, clean_text

NOTE = (
    f"Hundredths of a standard deviation, group less its reference. Grey band: below {100 * LEVEL_OF_CONCERN:.0f} counts as "
    f"similar, {100 * LARGE:.0f} and more as very different."
)


def covariate_differences(balance: pd.DataFrame, attribute: str, *, caveat: str = "") -> Picture:
    """Return the standardised mean differences of every group in every covariate.

    Parameters
    ----------
    balance : rows with attribute, group, covariate and smd
    caveat : what must be said wherever the figure shows
    """
    rows = balance[balance["attribute"] == attribute].reset_index(drop=True)
    groups, covariates = sorted(rows["group"].unique()), list(dict.fromkeys(rows["covariate"]))
    look = looks(groups)
    panels = []
    for covariate in covariates:
        result = rows[rows["covariate"] == covariate].set_index("group")["smd"].to_dict()
        values = {group: number_or_none(result.get(group)) for group in groups}
        dots = [
            Dot(at, 100 * value, 100 * value, 100 * value, look[group], "", f"{group} {_hundredths(value)}")
            for at, (group, value) in enumerate(values.items())
            if value is not None
        ]
        panels.append(Panel(covariate_name(covariate), covariate, tuple(dots)))
    title = f"Other differences between {attribute} groups"
    sentences = [
        f"In {panel.title}: {listed([dot.hover for dot in panel.dots]) or 'not computed'}." for panel in panels
    ]
    reach = scale((dot.x for panel in panels for dot in panel.dots), [], least=30.0)
    return picture_of(
        Forest(
            title=title,
            subtitle="the recordings as they are, before any condition",
            alt=clean_text(" ".join(["Points.", f"{title}.", NOTE, *sentences, caveat])),
            rows=tuple(Row(group, "") for group in groups),
            panels=tuple(panels),
            x_title="Standardised mean difference (hundredths)",
            start=-reach,
            end=reach,
            band=100 * LEVEL_OF_CONCERN,
            notes=(NOTE,),
            caveat=caveat,
        ),
        rows,
    )


def _hundredths(value: float) -> str:
    return f"{100 * value:+.0f}".replace("-", MINUS)
