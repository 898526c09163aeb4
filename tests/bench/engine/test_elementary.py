"""Functions of compiled code: as accurate as the library's, and bounded wherever their argument is a number."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from inrbench.activations.core.base import Activation, Domain, build
from inrbench.bench.engine.capture import mlp_spec
from inrbench.bench.engine.compiled_mlp import CompiledMLP
from inrbench.bench.engine.elementary import LARGEST, SATURATION, cosine, sine, tanh

FUNCTIONS = [(sine, torch.sin), (cosine, torch.cos)]


@pytest.mark.parametrize(("ours", "exact"), FUNCTIONS)
def test_up_to_a_thousand_the_error_is_below_2e_7(
    ours: Callable[[Tensor], Tensor], exact: Callable[[Tensor], Tensor]
) -> None:
    quarters = torch.arange(-1273, 1273) * (math.pi / 2)  # where the range reduction changes, and the numbers around
    near = torch.cat([quarters, *(quarters.nextafter(torch.tensor(end)) for end in (-math.inf, math.inf))])
    x = torch.cat([torch.linspace(-1000, 1000, 1_000_001), near])
    assert float((ours(x).double() - exact(x.double())).abs().max()) < 2e-7


@pytest.mark.parametrize(("ours", "exact"), FUNCTIONS)
def test_beyond_the_error_is_below_the_distance_of_two_numbers(
    ours: Callable[[Tensor], Tensor], exact: Callable[[Tensor], Tensor]
) -> None:
    x = torch.logspace(3, math.log10(LARGEST), 100_001)[:-1]
    distance = (x.nextafter(torch.tensor(math.inf)) - x).double()
    assert bool(((ours(x).double() - exact(x.double())).abs() < distance + 2e-7).all())


@pytest.mark.parametrize("ours", [sine, cosine])
def test_it_is_bounded_for_numbers_and_no_number_for_others(ours: Callable[[Tensor], Tensor]) -> None:
    assert bool((ours(torch.tensor([5e6, -1e9, 1e20, 3e38])) == 0).all())
    assert bool(ours(torch.tensor([math.inf, -math.inf, math.nan])).isnan().all())


def test_tanh_has_a_relative_error_below_4e_7() -> None:
    ends = [torch.tensor(SATURATION).nextafter(torch.tensor(end)) for end in (0.0, math.inf)]
    x = torch.cat([torch.linspace(-12, 12, 1_000_001), torch.logspace(-38, 2, 100_001), torch.stack(ends)])
    x = x[x != 0]
    exact = torch.tanh(x.double())
    assert float((tanh(x).double() / exact - 1).abs().max()) < 4e-7


def test_tanh_is_at_most_1_and_no_number_only_for_what_is_none() -> None:
    x = torch.cat([torch.linspace(7, 12, 1_000_001), torch.tensor([1e20, 3e38, math.inf])])
    assert float(tanh(x).max()) == 1
    assert float(tanh(-x).min()) == -1
    assert bool((tanh(torch.tensor([math.inf, -math.inf, 0.0])) == torch.tensor([1.0, -1.0, 0.0])).all())
    assert bool(tanh(torch.tensor(math.nan)).isnan())


class Wave(Activation):
    """All of them in one."""

    name, label, version = "wave", "wave", 1

    scale: float = 2.0

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z * self.scale) + 2 * torch.cos(z) + torch.tanh(z)


@pytest.mark.needs_compiler
def test_compiled_code_is_as_accurate() -> None:
    network = build(Wave(), Domain(1, 1, (16,)), width=1, depth=1, seed=0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(float(parameter.dim() == 2))  # it is the function alone
    spec = mlp_spec(network)
    assert spec is not None
    z = torch.linspace(-500, 500, 100_001)
    found = CompiledMLP(spec).forward(z[:, None])[0][:, 0]
    exact = torch.sin(2 * z.double()) + 2 * torch.cos(z.double()) + torch.tanh(z.double())
    assert float((found - exact).abs().max()) < 1e-6
