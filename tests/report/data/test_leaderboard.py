"""The leaderboard: each quantity against an independent computation, its coverage, and the limits that it states."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, mannwhitneyu, rankdata, t, ttest_rel

from inrbench.report.data.leaderboard import compare, leaderboard, wins
from inrbench.report.data.load import load
from inrbench.report.data.stats import holm
from tests.report.laboratory import Lab

METHODS = ["a", "b", "c", "d"]


def cases(tasks: int, signals: int = 1) -> list[tuple[str, str]]:
    return [(f"t{task}", f"s{signal}") for task in range(tasks) for signal in range(signals)]


@pytest.fixture
def scores() -> np.ndarray:
    """Four methods, five tasks with two signals each, three repeats, rounded so that some scores are equal."""
    generator = np.random.default_rng(3)
    return np.round(generator.normal([[[30.0]], [[31.0]], [[29.0]], [[30.0]]], 1.0, (4, 10, 3)), 0)


def test_the_mean_rank_and_its_interval_take_tasks_for_the_sample(scores: np.ndarray) -> None:
    board = compare(METHODS, cases(5, 2), scores)
    for place, name in enumerate(board.methods):
        of_tasks = []
        for task in range(5):
            ranks = [
                rankdata(-scores[:, 2 * task + signal, repeat])[METHODS.index(name)]
                for signal in range(2)
                for repeat in range(3)
            ]
            of_tasks.append(np.mean(ranks))
        low, high = t.interval(0.95, 4, np.mean(of_tasks), np.std(of_tasks, ddof=1) / np.sqrt(5))
        assert board.mean_rank.value[place] == pytest.approx(np.mean(of_tasks))
        assert board.mean_rank.low[place] == pytest.approx(max(low, 1))
        assert board.mean_rank.high[place] == pytest.approx(min(high, 4))
    assert board.mean_rank.value.tolist() == sorted(board.mean_rank.value)


def test_the_probability_of_improvement_is_the_mean_mann_whitney_u_over_cases_and_rivals(scores: np.ndarray) -> None:
    board = compare(METHODS, cases(5, 2), scores)
    for place, name in enumerate(board.methods):
        own = METHODS.index(name)
        expected = [
            mannwhitneyu(scores[own, case], scores[rival, case]).statistic / 9
            for rival in range(4)
            if rival != own
            for case in range(10)
        ]
        assert board.improvement.value[place] == pytest.approx(np.mean(expected))


def test_a_task_counts_once_however_many_signals_and_repeats_it_has() -> None:
    many = [("a", "1"), ("a", "2"), ("a", "3"), ("a", "4"), ("b", "1"), ("c", "1")]
    scores = np.array([[1.0, 1, 1, 1, 0, 0], [0.0, 0, 0, 0, 1, 1]])[..., None]
    board = compare(["x", "y"], many, scores)
    assert dict(zip(board.methods, board.mean_rank.value, strict=True)) == pytest.approx({"x": 5 / 3, "y": 4 / 3})
    assert wins(scores, many)[1, 0] == pytest.approx(2 / 3)
    twice = np.concatenate([scores, scores], axis=2)
    twice[:, 1:, 1] = np.nan  # one case has a second repeat
    again = compare(["x", "y"], many, twice)
    np.testing.assert_array_equal(again.mean_rank.value, board.mean_rank.value)
    assert again.repeats == (1, 2)


@pytest.mark.parametrize(("tasks", "signals", "repeats"), [(11, 2, 5), (11, 6, 1), (4, 1, 3)])
def test_intervals_cover_the_expected_rank_as_often_as_they_promise(tasks: int, signals: int, repeats: int) -> None:
    """Scores with parts of the task, the signal and the repeat, in the proportions measured between strong networks.

    Variances of 34, 20 and 24 are those of rank differences between the twelve best methods of the reference results.
    Methods are exchangeable, so that each has the expected rank (M + 1) / 2.
    """
    generator = np.random.default_rng(0)
    spread = np.sqrt([34.0, 20.0, 24.0])
    covered = []
    for _ in range(150):
        of_task = np.repeat(generator.normal(0, spread[0], (6, tasks)), signals, axis=1)
        of_signal = generator.normal(0, spread[1], (6, tasks * signals))
        scores = (of_task + of_signal)[..., None] + generator.normal(0, spread[2], (6, tasks * signals, repeats))
        rank = compare(list("abcdef"), cases(tasks, signals), scores).mean_rank
        covered += ((rank.low <= 3.5) & (rank.high >= 3.5)).tolist()
    assert 0.93 <= np.mean(covered) <= 0.985


def test_separated_methods_are_those_of_paired_t_tests_with_holm_s_correction() -> None:
    generator = np.random.default_rng(5)
    scores = generator.normal(np.arange(6)[:, None] * 0.45, 1.0, (6, 12))[..., None]
    names = list("abcdef")
    board = compare(names, cases(12), scores)
    ranks = rankdata(-scores[..., 0], axis=0)[[names.index(name) for name in board.methods]]
    p = [ttest_rel(ranks[0], ranks[rival]).pvalue for rival in range(1, 6)]
    ordered = sorted(range(5), key=lambda rival: p[rival])
    separated = set()
    for place, rival in enumerate(ordered):
        if p[rival] > 0.05 / (5 - place):
            break
        separated.add(board.methods[rival + 1])
    assert 0 < len(separated) < 5
    assert board.leading == set(board.methods) - separated
    for first, last in board.groups:
        assert last > first
        assert not any(begin <= first and last <= end for begin, end in {*board.groups} - {(first, last)})


def test_holm_s_procedure_stops_at_the_first_hypothesis_that_stands() -> None:
    assert holm(np.array([0.001, 0.04, 0.02, 0.02])).tolist() == [True, False, False, False]
    assert holm(np.array([0.04, 0.01, 0.02])).tolist() == [True, True, True]
    assert holm(np.array([])).tolist() == []


def test_methods_that_are_always_in_one_order_are_separated_and_equal_ones_are_not() -> None:
    always = np.arange(3.0)[:, None, None] * np.ones((1, 4, 1))
    board = compare(["a", "b", "c"], cases(4), always)
    assert (set(board.leading), [*board.groups]) == ({"c"}, [])
    equal = compare(["a", "b", "c"], cases(4), np.ones((3, 4, 1)))
    assert (set(equal.leading), [*equal.groups]) == ({"a", "b", "c"}, [(0, 2)])


def test_wins_are_paired_by_repeat() -> None:
    scores = np.tile([[[1.0, 5.0]], [[0.0, 4.0]]], (1, 3, 1))  # ahead in both repeats, though not over all pairs
    found = wins(scores, cases(3))
    assert (found[0, 1], found[1, 0]) == (1.0, 0.0)
    assert np.isnan(found[0, 0])
    assert compare(["a", "b"], cases(3), scores).improvement.value[0] == 0.75


def test_a_failed_run_ranks_last() -> None:
    scores = np.tile([[[30.0, -np.inf]], [[20.0, 21.0]], [[25.0, 24.0]]], (1, 3, 1))
    board = compare(["a", "b", "c"], cases(3), scores)
    assert dict(zip(board.methods, board.mean_rank.value, strict=True)) == {"a": 2.0, "b": 2.5, "c": 1.5}


def test_mean_ranks_give_the_statistic_of_friedman_s_test() -> None:
    scores = np.random.default_rng(1).normal(size=(4, 15, 1))
    board = compare(METHODS, cases(15), scores)
    k, n = 4, 15
    found = 12 * n / (k * (k + 1)) * (board.mean_rank.value**2).sum() - 3 * n * (k + 1)
    assert found == pytest.approx(friedmanchisquare(*scores[..., 0]).statistic)


@pytest.mark.parametrize(
    ("tasks", "signals", "repeats", "note"),
    [(1, 3, 2, "nothing follows for other tasks"), (3, 1, 2, "3 tasks are few"), (9, 1, 1, "spread between seeds")],
)
def test_what_few_tasks_or_one_repeat_cannot_show_is_stated(tasks: int, signals: int, repeats: int, note: str) -> None:
    scores = np.random.default_rng(0).normal(size=(2, tasks * signals, repeats))
    assert note in " ".join(compare(["a", "b"], cases(tasks, signals), scores).notes)
    assert compare(["a", "b"], cases(9), np.random.default_rng(0).normal(size=(2, 9, 2))).notes == []


def test_a_suite_is_compared_by_the_headline_of_each_task(lab: Lab) -> None:
    for task in ("image", "error", "ct"):
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
    # In the task of an error -20 is worse than -30, as in the others 20 dB are worse than 30.
    assert list(board.methods) == ["siren", "relu"]
    assert board.mean_rank.value.tolist() == [1.0, 2.0]
    assert set(board.cases) == {("error", "camera"), ("image", "camera"), ("ct", "camera")}
    assert any("gauss is left out: it has no run on 2 of 3 cases" in note for note in board.notes)


def test_fewer_than_three_cases_and_one_activation_against_itself_have_no_leaderboard(lab: Lab) -> None:
    for task in ("image", "ct", "denoise"):
        lab.job("siren", 30.0, task=task)
        lab.job("siren[omega0]", 20.0, task=task)
    assert leaderboard(load(lab.store)) is None
    for task in ("image", "ct"):
        lab.job("relu", 10.0, task=task)
    suite = load(lab.store)
    assert leaderboard(suite) is None
    lab.job("relu", 10.0, task="denoise")
    assert leaderboard(load(lab.store)) is not None


def test_cases_with_more_parameters_than_measured_values_do_not_count(lab: Lab) -> None:
    """They are named, and would otherwise turn the order round: there is nothing to choose between fits of so few."""
    tasks = {"image": 50_000, "ct": 49_921, "denoise": 60_000, "superres": 1_296}
    for task, measured in tasks.items():
        for method, level in (("siren", 30.0), ("relu", 20.0)):
            final = 100 - level if task == "superres" else level
            lab.job(method, final, task=task, measured=measured)
    board = leaderboard(load(lab.store))
    assert board is not None
    assert {task for task, _ in board.cases} == {"image", "ct", "denoise"}
    assert board.mean_rank.value.tolist() == [1.0, 2.0]
    (note,) = [note for note in board.notes if "parameters" in note]
    assert note.startswith("Not counted")
    assert note.endswith("superres/camera (49,921 and 1,296).")
    lab.job("gauss", 25.0, task="superres", signal="coffee", measured=1_296)  # a case that only one method has
    board = leaderboard(load(lab.store))
    assert board is not None
    assert len(board.methods) == 2


def test_cases_of_rows_without_the_number_of_measured_values_count_and_are_named(lab: Lab) -> None:
    for task in ("image", "ct", "superres"):
        lab.job("siren", 30.0, task=task)
        lab.job("relu", 20.0, task=task, measured=1_296 if task == "superres" else 60_000)
    board = leaderboard(load(lab.store))
    assert board is not None
    assert len(board.cases) == 3
    assert any(
        note.startswith("Counted: networks") and note.endswith("superres/camera (49,921 and 1,296).")
        for note in board.notes
    )


def test_there_is_no_leaderboard_of_such_cases_alone(lab: Lab) -> None:
    for task in ("image", "ct", "superres"):
        for method, level in (("siren", 30.0), ("relu", 20.0)):
            lab.job(method, level, task=task, measured=1_296 if task == "ct" else 60_000)
    assert leaderboard(load(lab.store)) is None
