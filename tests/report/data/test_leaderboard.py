"""The leaderboard: each quantity against an independent computation, and the limits that it states."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap, friedmanchisquare, mannwhitneyu, trim_mean

from inrbench.report.data.leaderboard import LEVELS, compare, leaderboard, normalised, wins
from inrbench.report.data.load import load
from tests.report.laboratory import Lab

CASES = [("image", "camera"), ("image", "coins"), ("ct", "ct-small")]
METHODS = ["a", "b", "c", "d"]


@pytest.fixture
def scores() -> np.ndarray:
    """Four methods, three cases, five repeats, rounded so that some scores are equal."""
    generator = np.random.default_rng(3)
    return np.round(generator.normal([[[30.0]], [[31.0]], [[29.0]], [[30.0]]], 1.0, (4, 3, 5)), 0)


def between_worst_and_best(scores: np.ndarray) -> np.ndarray:
    """Scores with 0 for the least and 1 for the greatest mean of each case, one case at a time."""
    found = np.empty_like(scores)
    for case in range(scores.shape[1]):
        means = [np.mean(own[case]) for own in scores]
        found[:, case] = (scores[:, case] - min(means)) / (max(means) - min(means))
    return found


def test_the_probability_of_improvement_is_the_mean_mann_whitney_u_over_cases_and_rivals(scores: np.ndarray) -> None:
    board = compare(METHODS, CASES, scores, resamples=2)
    for place, name in enumerate(board.methods):
        own = METHODS.index(name)
        expected = [
            mannwhitneyu(scores[own, case], scores[rival, case]).statistic / 25
            for rival in range(4)
            if rival != own
            for case in range(3)
        ]
        assert board.improvement.value[place] == pytest.approx(np.mean(expected))


def test_the_interquartile_mean_and_the_profile_are_those_of_rliable(scores: np.ndarray) -> None:
    """The mean without a quarter of the runs at either end, and the share of runs above a level [arXiv 2108.13264]."""
    board = compare(METHODS, CASES, scores, resamples=2)
    expected = between_worst_and_best(scores)
    assert np.isin(expected, LEVELS).any()  # a run at a level is not above it
    for place, name in enumerate(board.methods):
        runs = expected[METHODS.index(name)].ravel()
        assert board.iqm.value[place] == pytest.approx(trim_mean(runs, 0.25))
        np.testing.assert_allclose(board.profile.value[place], [np.mean(runs > tau) for tau in LEVELS])


def test_ranks_share_ties_and_the_best_mean_rank_stands_first() -> None:
    scores = np.array([[[1.0]], [[3.0]], [[3.0]], [[0.0]]])
    board = compare(METHODS, CASES[:1], scores)
    assert list(board.methods) == ["b", "c", "a", "d"]
    assert board.mean_rank.value.tolist() == [1.5, 1.5, 3.0, 4.0]


def test_wins_are_paired_by_repeat() -> None:
    scores = np.array([[[1.0, 5.0]], [[0.0, 4.0]]])  # ahead in both repeats, though not over all pairs
    found = wins(scores)
    assert found[0, 1] == 1.0
    assert found[1, 0] == 0.0
    assert compare(["a", "b"], CASES[:1], scores, resamples=2).improvement.value[0] == 0.75


def test_normalised_scores_are_0_and_1_at_the_worst_and_the_best_mean_of_each_case(scores: np.ndarray) -> None:
    means = normalised(scores).mean(axis=2)
    np.testing.assert_allclose(means.min(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(means.max(axis=0), 1)
    np.testing.assert_allclose(normalised(7 * scores + 2), normalised(scores))
    assert (normalised(np.full((2, 1, 3), 4.0)) == 0.5).all()


def test_a_failed_run_ranks_last_and_never_counts_as_good() -> None:
    scores = np.array([[[30.0, -np.inf]], [[20.0, 21.0]], [[25.0, 24.0]]])
    board = compare(["a", "b", "c"], CASES[:1], scores, resamples=2)
    ranks = dict(zip(board.methods, board.mean_rank.value, strict=True))
    assert ranks == {"a": 2.0, "b": 2.5, "c": 1.5}
    assert normalised(scores)[0, 0, 1] == 0.0
    assert np.isfinite(board.iqm.value).all()


def test_intervals_cover_the_true_value_about_as_often_as_they_promise() -> None:
    generator = np.random.default_rng(0)
    covered = []
    for trial in range(60):
        effects = generator.normal(0.3, 1.0, 30)  # the difference between two methods in 30 cases
        scores = np.stack([effects, np.zeros(30)])[:, :, None]
        board = compare(["a", "b"], [("t", str(case)) for case in range(30)], scores, seed=trial, resamples=100)
        place = board.methods.index("a")
        assert board.improvement.low is not None
        assert board.improvement.high is not None
        covered.append(board.improvement.low[place] <= 0.6179 <= board.improvement.high[place])  # P(N(0.3, 1) > 0)
    assert 0.86 <= np.mean(covered) <= 1.0


@pytest.mark.parametrize(
    ("cases", "repeats", "note"), [(1, 1, "no interval"), (1, 3, "this case alone"), (3, 1, "spread between seeds")]
)
def test_what_one_case_or_one_repeat_cannot_show_is_stated(cases: int, repeats: int, note: str) -> None:
    scores = np.random.default_rng(0).normal(size=(2, cases, repeats))
    board = compare(["a", "b"], CASES[:cases], scores, resamples=20)
    assert note in " ".join(board.notes)
    assert (board.mean_rank.low is None) == (cases == repeats == 1)


def test_two_tasks_and_many_cases_need_no_note() -> None:
    scores = np.random.default_rng(0).normal(size=(2, 12, 2))
    cases = [(f"task{case % 2}", str(case)) for case in range(12)]
    assert compare(["a", "b"], cases, scores, resamples=2).notes == []
    assert "other tasks" in compare(["a", "b"], [("t", s) for _, s in cases], scores, resamples=2).notes[0]
    assert "too narrow" in compare(["a", "b"], cases[:4], scores[:, :4], resamples=2).notes[0]


def test_mean_ranks_give_the_statistic_of_friedman_s_test() -> None:
    scores = np.random.default_rng(1).normal(size=(4, 15, 1))
    board = compare(METHODS, [("t", str(case)) for case in range(15)], scores, resamples=2)
    k, n = 4, 15
    found = 12 * n / (k * (k + 1)) * (board.mean_rank.value**2).sum() - 3 * n * (k + 1)
    assert found == pytest.approx(friedmanchisquare(*scores[..., 0]).statistic)


def test_intervals_over_cases_are_those_of_scipy_s_bootstrap() -> None:
    scores = np.random.default_rng(2).normal(size=(2, 40, 1))
    board = compare(["a", "b"], [("t", str(case)) for case in range(40)], scores)
    won = (scores[0, :, 0] > scores[1, :, 0]).astype(float)
    expected = bootstrap((won,), np.mean, method="percentile", n_resamples=2000, rng=np.random.default_rng(5))
    place = board.methods.index("a")
    assert board.improvement.low is not None
    assert board.improvement.high is not None
    assert board.improvement.low[place] == pytest.approx(expected.confidence_interval.low, abs=0.03)
    assert board.improvement.high[place] == pytest.approx(expected.confidence_interval.high, abs=0.03)


def test_repeats_that_agree_narrow_nothing_but_repeats_that_differ_widen() -> None:
    same = np.repeat(np.random.default_rng(3).normal(size=(3, 1, 1)), 4, axis=2)
    board = compare(["a", "b", "c"], CASES[:1], same, resamples=50)
    assert board.mean_rank.low is not None
    assert board.mean_rank.high is not None
    np.testing.assert_array_equal(board.mean_rank.low, board.mean_rank.high)
    mixed = np.array([[[1.0, 3.0, 1.0, 3.0]], [[2.0, 2.0, 2.0, 2.0]]])
    board = compare(["a", "b"], CASES[:1], mixed, resamples=200)
    assert board.mean_rank.low is not None
    assert board.mean_rank.low[0] < 1.5


def test_a_suite_is_compared_by_the_headline_of_each_task(lab: Lab) -> None:
    for task in ("image", "error"):
        for method, level in (("siren", 30.0), ("relu", 20.0)):
            for repeat in range(2):
                lab.job(
                    method, level, task=task, repeat=repeat, metric="mse" if task == "error" else "psnr",
                    extra=[lab.score("mse", 100, -level, -1)] if task == "error" else (),
                )  # fmt: skip
    lab.job("gauss", 50.0, task="image")
    lab.job("tv", 60.0, task="image", kind="baseline")
    board = leaderboard(load(lab.store))
    assert board is not None
    # In the task of an error -20 is worse than -30, as in the other 20 dB are worse than 30.
    assert list(board.methods) == ["siren", "relu"]
    assert board.mean_rank.value.tolist() == [1.0, 2.0]
    assert board.cases == [("error", "camera"), ("image", "camera")]
    assert any("gauss is left out: it has no run on 1 of 2 cases" in note for note in board.notes)


def test_a_failed_run_of_a_suite_counts_as_the_worst(lab: Lab) -> None:
    lab.job("siren", 30.0)
    lab.job("relu", 20.0)
    lab.job("wire", status="diverged")
    board = leaderboard(load(lab.store))
    assert board is not None
    assert list(board.methods) == ["siren", "relu", "wire"]


def test_a_single_method_has_no_leaderboard(lab: Lab) -> None:
    lab.job("siren", 30.0)
    assert leaderboard(load(lab.store)) is None
