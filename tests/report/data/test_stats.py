"""Statistics: intervals and comparisons against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from inrbench.report.data.stats import Cells, Estimate, average, difference, estimate, interval, leaders, p_value


def half(values: list[float]) -> float:
    """The half-width of an interval that must be there."""
    found = interval(values)[1]
    assert found is not None
    return found


def estimated(cells: Cells) -> Estimate:
    """An estimate that must be there."""
    found = estimate(cells)
    assert found is not None
    return found


def gap(first: Cells, second: Cells) -> tuple[float, float | None]:
    """A difference that must be there."""
    found = difference(first, second)
    assert found is not None
    return found


def test_the_interval_is_students_t() -> None:
    values = [30.1, 31.4, 29.8, 30.9]
    mean, width = interval(values)[0], half(values)
    low, high = reference.t.interval(0.95, 3, loc=np.mean(values), scale=reference.sem(values))
    assert mean == pytest.approx(np.mean(values))
    assert (mean - width, mean + width) == pytest.approx((low, high))


def test_one_value_has_no_interval() -> None:
    assert interval([3.0]) == (3.0, None)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=8), st.floats(-100, 100))
def test_an_interval_moves_with_its_values(values: list[float], shift: float) -> None:
    shifted = [value + shift for value in values]
    assert interval(shifted)[0] == pytest.approx(interval(values)[0] + shift, abs=1e-9)
    assert half(shifted) == pytest.approx(half(values), abs=1e-6)


def test_signals_count_equally_and_the_interval_is_over_repeats() -> None:
    cells = {("a", 0): 10.0, ("a", 1): 12.0, ("b", 0): 30.0, ("b", 1): 34.0}
    found = estimated(cells)
    assert found.mean == 21.5
    assert found.half == pytest.approx(half([20.0, 23.0]))
    assert (found.n, found.signals) == (4, frozenset("ab"))


def test_a_repeat_that_lacks_a_signal_shifts_no_mean_and_enters_no_interval() -> None:
    cells = {("a", 0): 10.0, ("a", 1): 10.0, ("a", 2): 10.0, ("b", 0): 30.0, ("b", 1): 30.0}
    found = estimated(cells)
    assert found.mean == 20.0
    assert found.half == 0.0


def test_no_cells_no_estimate() -> None:
    assert estimate({}) is None
    assert average([None, None]) is None
    assert average([None, 2.0]) == 2.0


def repeats(values: list[float]) -> dict[tuple[str, int], float]:
    return {("a", repeat): value for repeat, value in enumerate(values)}


def separated(methods: dict[str, Cells], best: str) -> set[str]:
    """The methods of one signal that SciPy separates from the best, by Welch's test and Holm's definition."""
    values = {name: [*cells.values()] for name, cells in methods.items()}
    others = sorted(set(methods) - {best}, key=lambda name: _welch(values[best], values[name]))
    found = set()
    for place, name in enumerate(others):
        if _welch(values[best], values[name]) > 0.05 / (len(others) - place):
            break
        found.add(name)
    return found


def _welch(first: list[float], second: list[float]) -> float:
    return float(reference.ttest_ind(first, second, equal_var=False).pvalue)


def test_methods_are_separated_by_welch_s_test_with_holm_s_correction() -> None:
    generator = np.random.default_rng(0)
    sizes = set()
    for _ in range(50):
        methods: dict[str, Cells] = {
            f"m{index}": repeats([mean + generator.normal(0, 0.7) for _ in range(4)])
            for index, mean in enumerate(generator.normal(0, 3, size=7))
        }
        best, *others = leaders(methods, 1)
        order = sorted(methods, key=lambda name: -np.mean([*methods[name].values()]))
        assert best == order[0]
        close = [name not in separated(methods, best) for name in order[1:]]
        assert others == order[1 : 1 + [*close, False].index(False)]
        sizes.add(len(others))
    assert len(sizes) > 2


def test_over_two_signals_the_test_keeps_its_level() -> None:
    """Methods that are alike are separated in 5 % of the cases, however unlike the spreads of the signals are."""
    generator = np.random.default_rng(1)

    def cells() -> Cells:
        return {(name, r): centre + generator.normal(0, scale)
                for name, centre, scale in (("a", 0.0, 1.0), ("b", 30.0, 0.2)) for r in range(5)}  # fmt: skip

    rejected = np.mean([p_value(cells(), cells()) <= 0.05 for _ in range(3000)])
    assert 0.035 < rejected < 0.06


def some_repeated(generator: np.random.Generator, spread: float) -> Cells:
    """Six signals, two of them repeated."""
    pairs = [(name, repeat) for name in "abcdef" for repeat in range(2 if name in "ab" else 1)]
    return {(name, repeat): ord(name) + generator.normal(0, spread) for name, repeat in pairs}


def test_signals_with_one_repeat_have_the_spread_of_those_with_several() -> None:
    """One mean square of two degrees of freedom for each method, and the level is kept."""
    generator = np.random.default_rng(2)
    first, second = some_repeated(generator, 1.0), some_repeated(generator, 3.0)
    means, parts = [], []
    for cells in (first, second):
        per_signal = [np.mean([value for (name, _), value in cells.items() if name == own]) for own in "abcdef"]
        means.append(np.mean(per_signal))
        square = sum((cells[name, 0] - cells[name, 1]) ** 2 / 2 for name in "ab") / 2
        parts.append(square * (1 / 2 + 1 / 2 + 4) / 36)
    freedom = sum(parts) ** 2 / sum(part**2 / 2 for part in parts)
    t = abs(means[0] - means[1]) / math.sqrt(sum(parts))
    assert p_value(first, second) == pytest.approx(2 * reference.t.sf(t, freedom))
    pairs = ((some_repeated(generator, 1.0), some_repeated(generator, 3.0)) for _ in range(2000))
    assert 0.03 < np.mean([p_value(*pair) <= 0.05 for pair in pairs]) < 0.07


def test_a_method_far_behind_on_every_signal_is_separated() -> None:
    def cells(level: float) -> Cells:
        return {(name, r): level + 0.1 * r + i for i, name in enumerate("abcdef") for r in range(2 if i < 2 else 1)}

    assert leaders({"siren": cells(36.0), "finer": cells(35.98), "relu": cells(22.0)}, 1) == ["siren", "finer"]


def test_nobody_is_passed_over_for_a_worse_mean() -> None:
    """With three repeats a wild method was "tied" while one with a better mean was "next"."""
    methods = {
        "best": repeats([29.2, 29.4, 29.6]),
        "close": repeats([25.5, 25.8, 26.0]),
        "wild": repeats([18.6, 21.8, 25.0]),
        "few": {("a", 0): 24.0},
    }
    assert p_value(methods["best"], methods["wild"]) > 0.05
    assert leaders(methods, 1) == ["best"]


def test_direction_decides_who_leads() -> None:
    low, high = repeats([1.0, 1.1, 1.0]), repeats([2.0, 2.1, 2.0])
    assert leaders({"low": low, "high": high}, -1) == ["low"]
    assert leaders({"low": low, "high": high}, 1) == ["high"]
    assert leaders({"low": low, "high": high}, 0) == []


def test_with_one_repeat_the_best_stands_alone() -> None:
    assert leaders({"a": repeats([30.0]), "b": repeats([30.0001])}, 1) == ["b"]


def test_a_method_that_left_out_a_signal_does_not_lead() -> None:
    whole = {("easy", 0): 40.0, ("hard", 0): 20.0}
    assert leaders({"whole": whole, "part": {("easy", 0): 39.0}}, 1) == ["whole"]


def test_methods_without_a_common_repeat_are_not_compared() -> None:
    assert difference({("a", 0): 1.0}, {("a", 1): 1.0}) is None
    assert gap({("a", 0): 3.0}, {("a", 0): 1.0}) == (2.0, None)


def test_a_difference_is_that_of_the_means_where_some_signals_have_one_repeat() -> None:
    first = {("a", 0): 10.0, ("a", 1): 14.0, ("b", 0): 30.0}
    second = {("a", 0): 9.0, ("a", 1): 9.0, ("b", 0): 20.0}
    assert gap(first, second) == (estimated(first).mean - estimated(second).mean, None)
