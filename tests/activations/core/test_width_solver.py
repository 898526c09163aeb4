"""Widths from a parameter budget: the nearest one is found, and a budget that no width reaches is an error."""

from __future__ import annotations

import pytest

from inrbench.activations.core.base import Activation, Domain
from inrbench.activations.core.width_solver import params_at, solve_width
from inrbench.activations.grid import Grid
from inrbench.activations.instant_ngp import InstantNgp
from inrbench.activations.siren import Siren
from tests.activations.plugins import EVERY

IMAGE = Domain(2, 1, (64, 64))


@pytest.mark.parametrize(("params", "out"), [(50_000, 1), (500_000, 3)])
@pytest.mark.parametrize("plugin", EVERY, ids=lambda plugin: plugin.name)
def test_the_nearest_width_meets_the_budget(plugin: type[Activation], params: int, out: int) -> None:
    domain = Domain(2, out, (256, 256))
    width = solve_width(plugin(), domain, 3, params)
    below, found, above = (params_at(plugin(), domain, width=w, depth=3) for w in (width - 1, width, width + 1))
    if plugin not in (Grid, InstantNgp):  # their sizes do not grow with every step of the width
        assert abs(found - params) <= min(abs(below - params), abs(above - params))
    assert abs(found / params - 1) <= 0.05


def test_solved_width_recovers_the_width() -> None:
    assert solve_width(Siren(), IMAGE, 3, 181_801) == 300
    assert solve_width(Siren(), IMAGE, 1, 5) == 1


@pytest.mark.parametrize(("params", "width", "reached"), [(45, 3, 37), (50, 4, 57), (47, 3, 37), (3, 1, 9)])
def test_a_budget_between_two_sizes_gets_the_nearest_and_of_two_the_smaller(
    params: int, width: int, reached: int
) -> None:
    assert solve_width(Siren(), IMAGE, 3, params) == width
    assert params_at(Siren(), IMAGE, width=width, depth=3) == reached


def test_a_budget_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        solve_width(Siren(), IMAGE, 3, 0)


class Constant(Siren):
    """A network that ignores its width."""

    name = "constant"

    def hidden_width(self, width: int) -> int:
        return 4


def test_a_network_that_ignores_its_width_is_an_error() -> None:
    with pytest.raises(ValueError, match="no width up to"):
        solve_width(Constant(), IMAGE, 3, 10_000)
