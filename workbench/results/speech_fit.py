"""What is said where a recogniser does not fit the speech, and which one to try: the same words in app, CLI and card."""

from __future__ import annotations

import pandas as pd

from workbench.display_names import shown
from workbench.engines.models import larger_model
from workbench.fairness.counts.frames import unit_in
from workbench.fairness.group_rates.clean_speech import UNFIT, clean_rates, unfit
from workbench.text import UNIT_WORDS


def misfits(rates: pd.DataFrame) -> list[str]:
    """Return a sentence or two on each model that does not fit the speech; nothing of one that fits or was not tested clean.

    Parameters
    ----------
    rates : RATES by any attributes, of every model of the run
    """
    clean, rate = clean_rates(rates), _rate_name(rates)
    failing = [str(model) for model, value in clean.items() if unfit(value)]
    fitting = clean[~clean.map(unfit).astype("bool")].sort_values()
    if len(fitting):
        advice = f"In this run {shown().model(str(fitting.index[0])) or fitting.index[0]} fits better: {_percent(fitting.iloc[0])}."
    elif larger := larger_model(failing):
        advice = f"Try {larger} (python -m workbench models get {larger})."
    else:
        advice = "Try a model that was trained on speech of this kind."
    return [
        f"{shown().model(model) or model} does not fit this speech: its {rate} on clean speech is {_percent(clean[model])}, more than "
        f"{_percent(UNFIT)}. Gaps between groups then describe how it fails, not whom it serves. {advice}"
        for model in failing
    ]


def _rate_name(rates: pd.DataFrame) -> str:
    return UNIT_WORDS[unit_in(rates)][0].lower()


def _percent(rate: float) -> str:
    return f"{100 * rate:.0f}\N{NO-BREAK SPACE}%"
