"""Generalised estimating equations: a second opinion on the speaker model, by another way of reasoning."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from workbench.extras import load_package
from workbench.fairness.counts.sides import Floats, Whole


class GeeFit(NamedTuple):
    """Coefficients, the intercept first; covariance; degrees of freedom of t: speakers less coefficients."""

    coefficients: Floats
    covariance: Floats
    df: int


def fit_gee(errors: Floats, words: Floats, columns: Floats, speaker: Whole) -> GeeFit:
    """Return the Poisson GEE with offset ln(words), exchangeable within speakers, bias-reduced covariance.

    NaN where statsmodels cannot fit it. Source: Liang & Zeger 1986; Mancl & DeRouen 2001 (bias reduction); statsmodels.
    statsmodels takes most of a second to import, so it is imported here.
    """
    genmod = "statsmodels.genmod"
    estimation, families, structures = (
        load_package(f"{genmod}.{name}") for name in ("generalized_estimating_equations", "families", "cov_struct")
    )

    matrix = np.column_stack([np.ones(len(errors)), columns])
    df = len(np.unique(speaker)) - matrix.shape[1]
    order = np.argsort(speaker, kind="stable")
    model = estimation.GEE(
        errors[order],
        matrix[order],
        groups=speaker[order],
        offset=np.log(words[order]),
        family=families.Poisson(),
        cov_struct=structures.Exchangeable(),
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what did not converge is NaN below
            result = model.fit(cov_type="bias_reduced")
            if not result.converged:
                raise ValueError
            return GeeFit(np.asarray(result.params), np.asarray(result.cov_params()), df)
    except (ValueError, np.linalg.LinAlgError):
        p = matrix.shape[1]
        return GeeFit(np.full(p, np.nan), np.full((p, p), np.nan), df)
