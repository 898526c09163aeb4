"""The path norm against the total variation of f', which is measured from values of f, and against loops in numpy.

The last part has a test for each mistake known in the published code of BW-ReLU's path norm, except for two: a layer
without a term of its own (mistake 1) and a kind of network without a value (mistake 6) would fail the formulas before.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.core.path_norm import path_quasi_norm
from inrbench.activations.core.spline_wavelet import LearnedWavelet
from inrbench.activations.finer import Finer
from inrbench.activations.gauss import Gauss
from inrbench.activations.mfn import Mfn
from inrbench.activations.relu import Relu
from inrbench.activations.relu_pe import ReluPe
from inrbench.activations.siren import Siren
from inrbench.activations.wire import Wire

LINE, PLANE = Domain(1, 1, (64,)), Domain(2, 2, (8, 8))


def net(activation: Activation, domain: Domain = PLANE, width: int = 6, depth: int = 3, seed: int = 0) -> nn.Module:
    return build(activation, domain, width=width, depth=depth, seed=seed).double()


def norm(activation: Activation, network: nn.Module) -> Tensor:
    value = activation.path_norm(network)
    assert value is not None
    return value


def linears(network: nn.Module) -> list[nn.Linear]:
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def matrices(network: nn.Module) -> list[np.ndarray]:
    return [linear.weight.detach().numpy() for linear in linears(network)]


def pair(w: np.ndarray, v: np.ndarray) -> float:
    """Σ_k ‖w[k,:]‖ ‖v[:,k]‖, unit by unit."""
    return float(sum(math.sqrt((w[k] ** 2).sum()) * math.sqrt((v[:, k] ** 2).sum()) for k in range(len(w))))


@torch.no_grad()
def spread_kinks(network: nn.Module, seed: int = 0) -> None:
    """Give a network of one hidden layer on the line slopes of ±0.5 … ±2 and kinks that are apart."""
    generator = torch.Generator().manual_seed(seed)
    first, head = linears(network)[:2]
    count = len(first.weight)
    size = 0.5 + 1.5 * torch.rand(count, generator=generator, dtype=torch.float64)
    first.weight.copy_((size * (-1) ** torch.arange(count)).unsqueeze(1))
    first.bias.copy_(torch.rand(count, generator=generator, dtype=torch.float64) * 2 - 1)
    head.weight.copy_(torch.randn(1, count, generator=generator, dtype=torch.float64) * 2)


@torch.no_grad()
def variation_of_slope(network: nn.Module, low: float, high: float, count: int = 300_001) -> float:
    """Total variation of f' on [low, high] from values of f alone: Σ |second differences| / step.

    A kink between two points shows in two neighbouring second differences of one sign, which add up to its jump.
    """
    x = torch.linspace(low, high, count, dtype=torch.float64).unsqueeze(1)
    f = network(x).squeeze(1)
    step = (high - low) / (count - 1)
    return float((f[2:] - 2 * f[1:-1] + f[:-2]).abs().sum() / step)


@pytest.mark.parametrize(
    "activation",
    [Relu(), BwRelu(c=1.0), BwRelu(c=10.0), BwRelu(c=3.0, skip=True), BwRelu(c=2.0, linear_layers=True)],
    ids=repr,
)
def test_one_layer_is_the_total_variation_of_the_slope_on_the_line(activation: Activation) -> None:
    network = net(activation, LINE, width=5, depth=1)
    spread_kinks(network)
    expected = norm(activation, network).item()
    # All kinks lie within ±10: |c x w + b| is at most 3 there with |w| >= 0.5 and |b| <= 1.
    assert variation_of_slope(network, -10, 10) == pytest.approx(expected, rel=1e-4)
    # On the domain it is an upper bound.
    assert variation_of_slope(network, -1, 1) < expected * (1 + 1e-4)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_deep_networks_pair_each_layer_with_the_next(depth: int) -> None:
    for activation, factor in ((Relu(), 1.0), (BwRelu(c=2.0), 32.0)):
        network = net(activation, depth=depth)
        expected = factor * sum(pair(w, v) for w, v in itertools.pairwise(matrices(network)))
        assert norm(activation, network).item() == pytest.approx(expected)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_linear_layers_are_each_layers_own_partner(depth: int) -> None:
    activation = BwRelu(c=2.0, linear_layers=True)
    network = net(activation, depth=depth)
    weights = matrices(network)
    assert len(weights) == 2 * depth
    expected = 32 * sum(pair(w, v) for w, v in zip(weights[::2], weights[1::2], strict=True))
    assert norm(activation, network).item() == pytest.approx(expected)


def steepest(network: nn.Module, seed: int = 0) -> float:
    """The largest spectral norm of the Jacobian met at random points."""
    x = torch.rand(300, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    x.requires_grad_()
    rows = [torch.autograd.grad(out.sum(), x, retain_graph=True)[0] for out in network(x).unbind(1)]
    return float(torch.linalg.matrix_norm(torch.stack(rows, dim=1), ord=2).max())


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_sum_bounds_the_lipschitz_constant_of_nets_with_linear_layers(depth: int) -> None:
    activation = BwRelu(c=4.0, linear_layers=True, init_scale=2.0)
    for seed in range(3):
        network = net(activation, depth=depth, seed=seed)
        bound = (norm(activation, network).item() / 6 / depth) ** depth
        assert 0 < steepest(network) <= bound


def test_each_term_bounds_the_lipschitz_constant_of_two_neighbouring_layers() -> None:
    for activation, slope in ((Relu(), 1.0), (BwRelu(c=4.0, init="centred"), 1 / 6)):
        network = net(activation, depth=2)
        w, v, _ = linears(network)
        two = nn.Sequential(w, network[0][1], v)  # type: ignore[index]
        factor = 1.0 if isinstance(activation, Relu) else 64.0
        bound = slope * factor * pair(w.weight.detach().numpy(), v.weight.detach().numpy())
        assert 0 < steepest(two) <= bound


def test_gradient_is_right_and_finite_at_zero() -> None:
    activation = BwRelu(c=2.0, learn_c="layer", weight_norm=True, linear_layers=True)
    network = net(activation, width=3, depth=2)
    parameters = dict(network.named_parameters())

    def value(*values: Tensor) -> Tensor:
        with torch.no_grad():
            for p, v in zip(parameters.values(), values, strict=True):
                p.copy_(v)
        return norm(activation, network)

    start = [p.detach().clone() for p in parameters.values()]
    gradients = torch.autograd.grad(norm(activation, network), list(parameters.values()), allow_unused=True)
    for index, (name, gradient) in enumerate(zip(parameters, gradients, strict=True)):
        if gradient is None:
            assert name.endswith("bias")
            continue
        direction = torch.randn(start[index].shape, dtype=torch.float64, generator=torch.Generator().manual_seed(index))
        ends = [[v + s * 1e-6 * direction if i == index else v for i, v in enumerate(start)] for s in (1, -1)]
        difference = (value(*ends[0]).item() - value(*ends[1]).item()) / 2e-6
        assert difference == pytest.approx(float((gradient * direction).sum()), rel=1e-5, abs=1e-7)

    relu = net(Relu(), depth=1)
    with torch.no_grad():
        linears(relu)[0].weight[0] = 0
    norm(Relu(), relu).backward()
    assert all(torch.isfinite(linear.weight.grad).all() for linear in linears(relu) if linear.weight.grad is not None)


def test_a_skip_is_affine_and_counts_nothing() -> None:
    with_skip, without = BwRelu(skip=True), BwRelu()
    assert norm(with_skip, net(with_skip)).item() == norm(without, net(without)).item()


def test_an_encoding_leaves_no_norm_in_the_coordinates() -> None:
    assert ReluPe().path_norm(net(ReluPe())) is None

    class Encoded(Relu):
        name = "encoded"

        def encoding(self, domain: Domain) -> nn.Module:
            return ReluPe().encoding(domain)

    assert Encoded().path_norm(net(Encoded())) is None


# -- one test for each mistake in the published code -------------------------------------------------------------------


def test_mistake_2_outgoing_weights_are_columns() -> None:
    """Rows of the next matrix are another unit's incoming weights. Renumbering the units must change nothing, and
    renumbering one matrix alone must."""
    activation = BwRelu()
    network = net(activation)
    before = norm(activation, network).item()
    order = torch.tensor([3, 0, 5, 1, 2, 4])
    first, second = linears(network)[:2]
    with torch.no_grad():
        second.weight.copy_(second.weight[:, order])
    assert norm(activation, network).item() != pytest.approx(before, rel=1e-6)
    with torch.no_grad():
        first.weight.copy_(first.weight[order])
    assert norm(activation, network).item() == pytest.approx(before)


def test_mistake_2_a_unit_without_outgoing_weights_counts_nothing() -> None:
    activation = BwRelu()
    network = net(activation)
    with torch.no_grad():
        linears(network)[1].weight[:, 2] = 0
    before = norm(activation, network).item()
    with torch.no_grad():
        linears(network)[0].weight[2] *= 100
    assert norm(activation, network).item() == pytest.approx(before)


@pytest.mark.parametrize("activation", [Relu(), BwRelu(), BwRelu(linear_layers=True)], ids=repr)
def test_mistake_3_the_head_is_the_last_layers_partner(activation: Activation) -> None:
    network = net(activation)
    before = norm(activation, network).item()
    w, head = matrices(network)[-2:]
    last = pair(w, head) * (1 if isinstance(activation, Relu) else 16 * 3)
    with torch.no_grad():
        linears(network)[-1].weight *= 3
    assert norm(activation, network).item() == pytest.approx(before + 2 * last)


@pytest.mark.parametrize(
    "activation", [Relu(), BwRelu(), BwRelu(weight_norm=True), BwRelu(learn_c="network")], ids=repr
)
def test_mistake_4_it_has_a_gradient_in_every_weight(activation: Activation) -> None:
    network = net(activation)
    norm(activation, network).backward()
    for name, p in network.named_parameters():
        if name.endswith("bias"):
            assert p.grad is None
        elif name.endswith("direction"):  # the norm of the effective row does not depend on it, but its columns do
            assert p.grad is not None
        else:
            assert p.grad is not None, name
            assert p.grad.abs().max() > 0, name


def trained(activation: Activation, penalty: float) -> tuple[float, float]:
    """Loss and norm after a short fit of a line's signal with the penalty in the loss."""
    network = net(activation, LINE, width=16, depth=2)
    x = torch.linspace(-1, 1, 40, dtype=torch.float64).unsqueeze(1)
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-2)
    for _ in range(30):
        optimiser.zero_grad()
        loss = (network(x) - torch.sin(4 * x)).square().mean()
        (loss + penalty * norm(activation, network)).backward()
        optimiser.step()
    return loss.item(), norm(activation, network).item()


@pytest.mark.parametrize("activation", [Relu(), BwRelu(linear_layers=True, learn_c="network")], ids=repr)
def test_mistake_5_a_penalty_lowers_the_norm(activation: Activation) -> None:
    """It never entered the loss of one script."""
    free_loss, free = trained(activation, 0.0)
    _, penalised = trained(activation, 1e-2)
    assert penalised < 0.7 * free
    assert free_loss < 0.5


def test_mistake_7_one_layer_with_linear_layers_is_one_layer() -> None:
    plain, linear = BwRelu(), BwRelu(linear_layers=True)
    networks = [net(activation, depth=1) for activation in (plain, linear)]
    assert norm(linear, networks[1]).item() == norm(plain, networks[0]).item()
    assert [p.shape for p in networks[0].parameters()] == [p.shape for p in networks[1].parameters()]


@pytest.mark.parametrize("how", ["network", "layer"])
def test_mistake_8_the_trained_c_counts_not_the_initial_one(how: Any) -> None:
    activation = BwRelu(c=3.0, learn_c=how)
    network = net(activation)
    wavelets = [module for module in network.modules() if isinstance(module, LearnedWavelet)]
    with torch.no_grad():
        for index, wavelet in enumerate(wavelets):
            wavelet.c.fill_(-5.0 if how == "network" else 1.0 + index)
    scales = [5.0] * 3 if how == "network" else [1.0, 2.0, 3.0]
    expected = 16 * sum(c * pair(w, v) for c, (w, v) in zip(scales, itertools.pairwise(matrices(network)), strict=True))
    value = norm(activation, network)
    assert value.item() == pytest.approx(expected)
    value.backward()
    gradient = wavelets[0].c.grad
    assert gradient is not None
    assert gradient.item() < 0 if how == "network" else gradient.item() > 0


def test_mistake_8_the_factor_16_counts_and_biases_do_not() -> None:
    activation = BwRelu(c=1.0)
    network = net(activation, LINE, width=1, depth=1)
    with torch.no_grad():
        for linear in linears(network):
            linear.weight.fill_(1.0)
    assert norm(activation, network).item() == pytest.approx(16)
    with torch.no_grad():
        for linear in linears(network):
            linear.bias.add_(7.0)
    assert norm(activation, network).item() == pytest.approx(16)


def test_mistake_8_under_weight_norm_the_effective_weights_count() -> None:
    normed, plain = BwRelu(weight_norm=True), BwRelu()
    network = net(normed)
    before = norm(normed, network).item()
    assert before == pytest.approx(norm(plain, net(plain)).item(), rel=1e-6)
    with torch.no_grad():
        for name, p in network.named_parameters():
            if name.endswith("direction"):
                p.mul_(10.0)
    assert norm(normed, network).item() == pytest.approx(before)


@pytest.mark.parametrize("activation", [Siren(), Wire(), Gauss(), Finer(), Mfn(), ReluPe()], ids=repr)
def test_mistake_9_an_activation_without_the_norm_returns_none(activation: Activation) -> None:
    """None, so that a suite with a penalty can be refused; the code trained without any instead."""
    assert activation.path_norm(net(activation)) is None


@pytest.mark.parametrize("c", [0.5, 10.0])
def test_mistake_10_the_c_of_the_norm_is_the_c_of_the_network(c: float) -> None:
    """One script printed a norm for c = 10 of a network that had c = 1: its steepest slope gives it away."""
    activation = BwRelu(c=c)
    network = net(activation, LINE, width=1, depth=1)
    with torch.no_grad():
        for linear in linears(network):
            linear.weight.fill_(1.0)
            linear.bias.zero_()
    x = torch.linspace(-1, 7, 100_001, dtype=torch.float64).unsqueeze(1)
    with torch.no_grad():
        slope = float((network(x).diff(dim=0) / x.diff(dim=0)).abs().max())
    assert slope == pytest.approx(8 / 3 * c, rel=1e-3)
    assert norm(activation, network).item() / slope == pytest.approx(6, rel=1e-3)


# -- the quasi-norm ----------------------------------------------------------------------------------------------------


def quasi_norm(activation: Activation, network: nn.Module) -> float:
    value = path_quasi_norm(network, norm(activation, network))
    assert value is not None
    return float(value.detach())


@pytest.mark.parametrize(("activation", "factor"), [(Relu(), 1.0), (BwRelu(c=2.0), 32.0)])
def test_the_quasi_norm_is_a_sum_over_paths(activation: Activation, factor: float) -> None:
    network = net(activation, width=4)
    first, second, third, head = matrices(network)
    total = 0.0
    for i, j, k in itertools.product(range(4), repeat=3):
        path = np.linalg.norm(first[i]) * abs(second[j, i]) * abs(third[k, j]) * np.linalg.norm(head[:, k])
        total += (factor**3 * path) ** 0.5  # p = 2 / 4
    assert quasi_norm(activation, network) == pytest.approx(total**2, rel=1e-12)


def test_with_one_hidden_layer_the_quasi_norm_is_the_path_norm() -> None:
    network = net(BwRelu(), depth=1)
    assert quasi_norm(BwRelu(), network) == pytest.approx(float(norm(BwRelu(), network).detach()), rel=1e-12)


@torch.no_grad()
def test_the_quasi_norm_is_that_of_the_function_of_a_relu_network() -> None:
    network = net(Relu())
    before, sum_before = quasi_norm(Relu(), network), float(norm(Relu(), network))
    first, second, *_ = linears(network)
    first.weight[0] *= 8
    first.bias[0] *= 8
    second.weight[:, 0] /= 8  # the same function
    assert quasi_norm(Relu(), network) == pytest.approx(before, rel=1e-12)
    assert float(norm(Relu(), network)) != pytest.approx(sum_before, rel=1e-3)


@torch.no_grad()
def test_a_network_of_zeros_has_the_quasi_norm_0() -> None:
    network = net(Relu())
    for linear in linears(network):
        linear.weight.zero_()
    assert quasi_norm(Relu(), network) == 0


@pytest.mark.parametrize("activation", [ReluPe(), Mfn()])
def test_without_a_path_norm_there_is_no_quasi_norm(activation: Activation) -> None:
    assert path_quasi_norm(net(activation), torch.tensor(1.0)) is None
