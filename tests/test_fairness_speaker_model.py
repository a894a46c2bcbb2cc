"""The speaker model: against numerical integration, finite differences, a planted truth, and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi2, gamma, poisson

from workbench.fairness.adjusted.gee import fit_gee
from workbench.fairness.adjusted.speaker_model import (
    LARGEST_SHAPE,
    _Data,
    fit_speaker_model,
    likelihood_ratio_p,
    log_likelihood,
)

SMALL = {
    "errors": np.array([2.0, 0, 5, 1, 3, 0, 4]),
    "words": np.array([10.0, 8, 20, 12, 9, 7, 15]),
    "matrix": np.column_stack([np.ones(7), [0.0, 0, 0, 1, 1, 1, 1], [0.2, -0.4, 0.1, 0.5, -0.3, 0.0, 0.4]]),
    "speaker": np.array([0, 0, 1, 2, 2, 3, 3]),
}
AT = np.array([-1.6, 0.3, 0.2, np.log(3.0)])


def integrated(parameters) -> float:
    """The log-likelihood with the speaker effect integrated numerically, speaker by speaker."""
    beta, a = parameters[:-1], np.exp(parameters[-1])
    mean = SMALL["words"] * np.exp(SMALL["matrix"] @ beta)
    total = 0.0
    for s in range(4):
        rows = SMALL["speaker"] == s

        def density(g, rows=rows):
            return np.prod(poisson.pmf(SMALL["errors"][rows], mean[rows] * g)) * gamma.pdf(g, a, scale=1 / a)

        total += np.log(quad(density, 0, 20, epsabs=1e-13, epsrel=1e-10, limit=200)[0])
    return total


def test_the_likelihood_is_the_integral_over_the_speakers():
    """Up to the constant ln e!, at two places."""
    elsewhere = AT + np.array([0.3, -0.5, 0.4, 0.6])
    ours = [log_likelihood(at, **SMALL)[0] for at in (AT, elsewhere)]
    constant = sum(np.log(np.arange(1, e + 1)).sum() for e in SMALL["errors"])
    assert ours[0] - constant == pytest.approx(integrated(AT), rel=1e-7)
    assert ours[1] - constant == pytest.approx(integrated(elsewhere), rel=1e-7)


def finite_differences(f, at, step=1e-6):
    """Central differences of a function of a vector, one row per coordinate."""
    return np.array([(f(at + step * unit) - f(at - step * unit)) / (2 * step) for unit in np.eye(len(at))])


def test_the_gradient_is_that_of_finite_differences():
    gradient = log_likelihood(AT, **SMALL)[1]
    assert gradient == pytest.approx(finite_differences(lambda at: log_likelihood(at, **SMALL)[0], AT), rel=1e-6)


def test_scores_and_information_add_up_to_the_derivatives():
    data = _Data(**SMALL)
    u, information = data.scores_and_information(AT)
    assert u.sum(axis=0) == pytest.approx(log_likelihood(AT, **SMALL)[1])
    second = finite_differences(lambda at: log_likelihood(at, **SMALL)[1], AT)
    assert -information.sum(axis=0) == pytest.approx(second, rel=1e-5, abs=1e-6)


def planted(seed=3, *, n_speakers=300, shape=4.0):
    """Errors with an interaction of .30 between group and condition."""
    rng = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(n_speakers), 24)
    group, condition = (speaker < n_speakers // 2) * 1.0, np.tile([0.0, 1.0], len(speaker) // 2)
    columns = np.column_stack([group, condition, group * condition, rng.normal(size=len(speaker))])
    words = rng.integers(3, 25, len(speaker)).astype(float)
    effect = rng.gamma(shape, 1 / shape, n_speakers)[speaker]
    mean = words * np.exp(-2 + columns @ [0.2, 0.5, 0.3, -0.15]) * effect
    return rng.poisson(mean).astype(float), words, columns, speaker


def test_a_planted_truth_is_recovered():
    errors, words, columns, speaker = planted()
    fit = fit_speaker_model(errors, words, columns, speaker)
    error = np.sqrt(np.diag(fit.sandwich))
    assert fit.converged and fit.n_speakers == 300
    assert (np.abs(fit.coefficients - [-2, 0.2, 0.5, 0.3, -0.15]) < 3 * error).all()
    assert fit.coefficients[3] == pytest.approx(0.3, abs=0.05)
    assert fit.shape == pytest.approx(4, rel=0.25)
    assert np.abs(log_likelihood(np.append(fit.coefficients, np.log(fit.shape)), errors, words, np.column_stack([np.ones(len(errors)), columns]), speaker)[1]).max() < 1e-5  # fmt: skip


def test_the_gee_says_the_same_by_other_means():
    errors, words, columns, speaker = planted()
    ours, theirs = fit_speaker_model(errors, words, columns, speaker), fit_gee(errors, words, columns, speaker)
    assert theirs.df == 300 - 5
    error = np.sqrt(np.diag(theirs.covariance))
    assert (np.abs(ours.coefficients - theirs.coefficients) < error).all()
    assert np.sqrt(np.diag(ours.sandwich))[1:] == pytest.approx(error[1:], rel=0.1)


def test_left_out_speakers_are_near_a_fit_without_them():
    errors, words, columns, speaker = planted(n_speakers=20)
    fit = fit_speaker_model(errors, words, columns, speaker)
    for s in (0, 7, 19):
        kept = speaker != s
        again = fit_speaker_model(errors[kept], words[kept], columns[kept], speaker[kept])
        assert fit.left_out[s] - fit.coefficients == pytest.approx(again.coefficients - fit.coefficients, abs=0.02)
        assert np.abs(again.coefficients - fit.coefficients).max() > 0.005


def test_without_columns_and_spread_the_rate_is_the_pooled_one():
    words = np.full(40, 50.0)
    errors = np.full(40, 5.0)
    fit = fit_speaker_model(errors, words, np.zeros((40, 0)), np.repeat(np.arange(8), 5))
    assert np.exp(fit.coefficients[0]) == pytest.approx(0.1)
    assert LARGEST_SHAPE / 10 < fit.shape <= LARGEST_SHAPE * (1 + 1e-9)


def test_scale_and_place_of_a_column_do_not_matter():
    errors, words, columns, speaker = planted(n_speakers=40)
    fit = fit_speaker_model(errors, words, columns, speaker)
    moved = fit_speaker_model(errors, words, columns * [1, 1, 1, 1000] + [0, 0, 0, 7], speaker)
    assert moved.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-10)
    assert moved.coefficients[1:4] == pytest.approx(fit.coefficients[1:4], abs=1e-6)
    assert moved.coefficients[4] * 1000 == pytest.approx(fit.coefficients[4], abs=1e-6)
    assert moved.sandwich[4, 4] * 1e6 == pytest.approx(fit.sandwich[4, 4], rel=1e-5)
    assert moved.coefficients[0] + 7 * moved.coefficients[4] == pytest.approx(fit.coefficients[0], abs=1e-6)


def test_the_likelihood_ratio_is_chi_squared():
    errors, words, columns, speaker = planted(n_speakers=40)
    full = fit_speaker_model(errors, words, columns, speaker)
    reduced = fit_speaker_model(errors, words, columns[:, :2], speaker)
    assert likelihood_ratio_p(full, reduced) == pytest.approx(
        chi2.sf(2 * (full.log_likelihood - reduced.log_likelihood), 2), rel=1e-6
    )


def test_what_cannot_be_fitted_is_missing():
    """One group without an error: its coefficient would run away."""
    errors = np.array([0.0, 0, 0, 0, 3, 2, 4, 1])
    fit = fit_speaker_model(errors, np.full(8, 10.0), np.repeat([1.0, 0.0], 4)[:, None], np.arange(8))
    assert not fit.converged and np.isnan(fit.coefficients).all() and np.isnan(fit.left_out).all()
