"""Poisson regression of errors with a gamma-distributed effect of each speaker: exact likelihood, no integration.

e_su ~ Poisson(n_su exp(x_su b) g_s), g_s ~ Gamma(a, a). With m_su = n_su exp(x_su b), M_s and Y_s their and the errors' sum
over the utterances of speaker s, up to a constant

    l = sum e ln m + sum_s [lnG(a + Y_s) - lnG(a) + a ln a - (a + Y_s) ln(a + M_s)]

Source: Hausman, Hall & Griliches 1984, Econometrica 52: 909-938. As a model of word errors with a random speaker: Liu, Veliche
& Peng 2021, arXiv 2109.09061 (a normal effect there).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from workbench.fairness.counts.sides import Floats, Whole, added_up

LARGEST_SHAPE = 1e4
"""Where speakers do not differ beyond chance the shape grows without end; here their rates differ by 1 %: as good as not."""
WIDEST_SE = 5.0
"""A standard error above this, of a column's standard deviation, means that the data say nothing of it (separation)."""


@dataclass(frozen=True, eq=False)
class SpeakerFit:
    """A fitted model: coefficients (the intercept first), the shape a of the speakers' effect, log-likelihood.

    ``sandwich``: speaker-robust covariance of the coefficients, H^-1 (sum_s u_s u_s') H^-1 G / (G - 1). ``left_out``: the
    coefficients with each speaker left out in turn (speakers in order of their codes), by one Newton step; their jackknife
    does not shrink, as the sandwich does, when few speakers carry a coefficient.
    """

    coefficients: Floats
    shape: float
    log_likelihood: float
    sandwich: Floats
    left_out: Floats
    n_speakers: int
    n_rows: int
    converged: bool


class _Data:
    """Rows of a model, added up per speaker where the likelihood needs it."""

    def __init__(self, errors: Floats, words: Floats, matrix: Floats, speaker: Whole) -> None:
        _, self.speaker = np.unique(speaker, return_inverse=True)
        self.g = int(self.speaker.max()) + 1
        self.errors, self.x = errors, matrix
        self.offset = np.log(words)
        self.y = self.sums(errors)

    def sums(self, values: Floats) -> Floats:
        return added_up(self.speaker, values, self.g)

    def per_speaker(self, matrix: Floats) -> Floats:
        return np.column_stack([self.sums(column) for column in matrix.T])

    def likelihood(self, parameters: Floats) -> tuple[float, Floats]:
        """Return l and its gradient in (b, ln a)."""
        beta, a = parameters[:-1], np.exp(parameters[-1])
        log_mean = self.offset + self.x @ beta
        mean = np.exp(log_mean)
        m = self.sums(mean)
        w = (a + self.y) / (a + m)
        value = (
            self.errors @ log_mean
            + (gammaln(a + self.y) - gammaln(a) + a * np.log(a) - (a + self.y) * np.log(a + m)).sum()
        )
        by_a = (digamma(a + self.y) - digamma(a) + np.log(a) + 1 - np.log(a + m) - w).sum()
        gradient = np.append(self.x.T @ (self.errors - mean * w[self.speaker]), a * by_a)
        return float(value), gradient

    def scores_and_information(self, parameters: Floats) -> tuple[Floats, Floats]:
        """Return each speaker's gradient (G x q) and minus second derivatives (G x q x q) in (b, ln a)."""
        beta, a = parameters[:-1], np.exp(parameters[-1])
        mean = np.exp(self.offset + self.x @ beta)
        m = self.sums(mean)
        w = (a + self.y) / (a + m)
        p = self.x.shape[1]
        by_a = digamma(a + self.y) - digamma(a) + np.log(a) + 1 - np.log(a + m) - w
        u = np.column_stack([self.per_speaker(self.x * (self.errors - mean * w[self.speaker])[:, None]), a * by_a])
        xm = self.per_speaker(self.x * mean[:, None])
        information = np.zeros((self.g, p + 1, p + 1))
        for j in range(p):
            information[:, j, :p] = w[:, None] * self.per_speaker(self.x * (mean * self.x[:, j])[:, None])
        information[:, :p, :p] -= (w / (a + m))[:, None, None] * xm[:, :, None] * xm[:, None, :]
        cross = a * xm * ((m - self.y) / (a + m) ** 2)[:, None]
        information[:, :p, p] = information[:, p, :p] = cross
        second = polygamma(1, a + self.y) - polygamma(1, a) + 1 / a - 1 / (a + m) - (m - self.y) / (a + m) ** 2
        information[:, p, p] = -(a * by_a + a * a * second)
        return u, information


def log_likelihood(
    parameters: Floats, errors: Floats, words: Floats, matrix: Floats, speaker: Whole
) -> tuple[float, Floats]:
    """Return l of the module's formula, without its constant, and its gradient in (b, ln a)."""
    return _Data(errors, words, matrix, speaker).likelihood(parameters)


def fit_speaker_model(errors: Floats, words: Floats, columns: Floats, speaker: Whole) -> SpeakerFit:
    """Return the fit of errors in ``words`` reference words to ``columns`` (an intercept is put before them).

    Maximises l / rows by BFGS on columns scaled to a standard deviation of 1. Where speakers differ no more than chance
    the shape ends at :data:`LARGEST_SHAPE`. Not converged: every figure is NaN.

    Parameters
    ----------
    errors, words : [rows], words above 0; columns : [rows, p], without intercept, none constant or collinear;
    speaker : [rows] codes
    """
    n, p = columns.shape
    scale = columns.std(axis=0) if p else np.ones(0)
    centre = columns.mean(axis=0) if p else np.zeros(0)
    data = _Data(errors, words, np.column_stack([np.ones(n), (columns - centre) / scale]), speaker)
    estimate, free = _maximum(data)
    value, gradient = data.likelihood(estimate)
    u, information = (part[:, :free] for part in data.scores_and_information(estimate))
    information = information[:, :, :free]
    inverse = _solve(information.sum(axis=0), np.eye(free))
    unknown = inverse is None or not (np.abs(np.diag(inverse)[: p + 1]) < WIDEST_SE**2).all()
    if inverse is None or unknown or np.abs(gradient[:free]).max() > 1e-4 * max(1.0, errors.sum()):
        nothing, lost = np.full((p + 1, p + 1), np.nan), np.full((data.g, p + 1), np.nan)
        return SpeakerFit(lost[0], np.nan, np.nan, nothing, lost, data.g, n, False)
    back = np.eye(p + 1)
    back[1:, 1:] = np.diag(1 / scale)
    back[0, 1:] = -centre / scale
    sandwich = inverse @ (u.T @ u) @ inverse * data.g / max(data.g - 1, 1)
    without = np.linalg.pinv(information.sum(axis=0) - information, rcond=1e-10, hermitian=True)
    left_out = estimate[:-1] - np.einsum("sij,sj->si", without, u)[:, : p + 1]
    return SpeakerFit(
        back @ estimate[:-1],
        float(np.exp(estimate[-1])),
        value,
        back @ sandwich[: p + 1, : p + 1] @ back.T,
        left_out @ back.T,
        data.g,
        n,
        True,
    )


def _maximum(data: _Data) -> tuple[Floats, int]:
    """Return (b, ln a) of the greatest likelihood, and how many of them are free: not ln a where it is as good as endless."""
    from scipy.optimize import minimize

    n, p = data.x.shape
    top = np.log(LARGEST_SHAPE)
    start = np.zeros(p + 1)
    start[0] = np.log(max(data.errors.sum(), 0.5)) - np.log(np.exp(data.offset).sum())
    start[-1] = np.log(4.0)

    def objective(parameters: Floats) -> tuple[float, Floats]:
        value, gradient = data.likelihood(parameters)
        return -value / n, -gradient / n

    bounds = [(-30.0, 30.0)] * p + [(np.log(1e-3), top)]
    options = {"maxiter": 500, "gtol": 1e-4, "ftol": 1e-10}
    estimate = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    free = p + 1 if estimate[-1] < top - 1e-6 else p
    for _ in range(20):  # Newton to the last digit
        u, information = data.scores_and_information(estimate)
        step = _solve(information.sum(axis=0)[:free, :free], u.sum(axis=0)[:free])
        if step is not None and free > p and abs(step[-1]) > 1 >= np.abs(step[:-1]).max():
            free = p  # nothing tells this shape from a larger one
            continue
        if step is None or np.abs(step).max() > 1:
            break
        estimate = estimate + np.append(step, np.zeros(p + 1 - free))
        if np.abs(step).max() < 1e-10:
            break
    return estimate, free


def _solve(matrix: Floats, right: Floats) -> Floats | None:
    try:
        solved: Floats = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return solved if np.isfinite(solved).all() else None


def likelihood_ratio_p(full: SpeakerFit, reduced: SpeakerFit) -> float:
    """Return the p-value of the columns that ``full`` has and ``reduced`` lacks: 2 (l1 - l0) against chi-squared.

    Its size is right for balanced groups of ten speakers and more; below that use the permutation test of ``gaps``.
    Source: Wilks 1938.
    """
    from scipy.special import chdtrc

    columns = len(full.coefficients) - len(reduced.coefficients)
    return float(chdtrc(columns, max(0.0, 2 * (full.log_likelihood - reduced.log_likelihood))))
