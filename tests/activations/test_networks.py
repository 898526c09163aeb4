"""RFF, WIRE's variants, FourierNet, BACON, STAF, FUTON, CAFE, MSA: outputs against numpy, initial weights, counts."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
import torch
from torch import nn

from inrbench.activations.bacon import Bacon, BandlimitedFilter, shares
from inrbench.activations.cafe import Cafe
from inrbench.activations.core.base import Activation, Domain, build, count_frozen, count_params
from inrbench.activations.core.width_solver import solve_width
from inrbench.activations.fouriernet import FourierNet
from inrbench.activations.futon import Futon
from inrbench.activations.msa import Msa
from inrbench.activations.rff import Rff
from inrbench.activations.staf import Staf, SumOfSines
from inrbench.activations.wire_2d import Wire2d
from inrbench.activations.wire_real import WireReal
from inrbench.bench.engine.capture import mlp_spec


def double(activation: Activation, d: int = 2, channels: int = 2, width: int = 12, depth: int = 3) -> nn.Module:
    return build(activation, Domain(d, channels, (64,) * d), width=width, depth=depth, seed=0).double()


def numbers(network: nn.Module) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in network.state_dict().items()}


def points(d: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (11, d))


def value(network: nn.Module, x: np.ndarray) -> np.ndarray:
    return np.asarray(network(torch.from_numpy(x)).detach().numpy())


def assert_gradients(network: nn.Module, d: int) -> None:
    """Gradients of all parameters against central differences along a random direction."""
    x = torch.from_numpy(points(d))
    parameters = list(network.parameters())
    generator = torch.Generator().manual_seed(1)
    directions = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in parameters]
    target = torch.randn(network(x).shape, generator=generator, dtype=torch.float64)
    gradients = torch.autograd.grad((network(x) * target).sum(), parameters)
    expected = sum(float((g * v).sum()) for g, v in zip(gradients, directions, strict=True))
    ends, h = [], 1e-6
    for sign in (1, -1):
        with torch.no_grad():
            for p, v in zip(parameters, directions, strict=True):
                p.add_(v, alpha=sign * h)
            ends.append(float((network(x) * target).sum()))
            for p, v in zip(parameters, directions, strict=True):
                p.sub_(v, alpha=sign * h)
    assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(expected, rel=1e-4, abs=1e-6)


# -- RFF ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 3])
def test_rff(d: int) -> None:
    network, x = double(Rff(sigma=3.0), d=d, depth=2), points(d)
    n = numbers(network)
    phase = 2 * np.pi * x @ n["0.frequencies"].T
    y = np.concatenate([np.sin(phase), np.cos(phase)], axis=1)
    for layer in ("1.0", "2.0"):
        y = np.maximum(y @ n[f"{layer}.weight"].T + n[f"{layer}.bias"], 0)
    np.testing.assert_allclose(value(network, x), y @ n["3.weight"].T + n["3.bias"], atol=1e-10)


def test_rff_frequencies_are_normal_frozen_saved_and_follow_the_width() -> None:
    domain = Domain(2, 3, (64, 64))
    network = build(Rff(sigma=7.0), domain, width=6_000, depth=1, seed=0)
    drawn = network.state_dict()["0.frequencies"]
    assert drawn.shape == (3_000, 2)
    assert drawn.std().item() == pytest.approx(7, rel=0.02)
    assert drawn.mean().item() == pytest.approx(0, abs=0.15)
    kurtosis = (drawn**4).mean() / drawn.square().mean() ** 2
    assert kurtosis.item() == pytest.approx(3, rel=0.1)
    assert count_frozen(network) == 6_000
    assert count_params(network) == (2 * 3_000 + 1) * 6_000 + 6_001 * 3
    assert not any("frequencies" in name for name, _ in network.named_parameters())


def test_rff_with_given_frequencies_and_with_trained_ones() -> None:
    domain = Domain(2, 1, (64, 64))
    fixed = build(Rff(frequencies=5), domain, width=32, depth=2, seed=0)
    assert count_params(fixed) == 11 * 32 + 33 * 32 + 33
    assert count_frozen(fixed) == 10
    trained = build(Rff(frequencies=5, train_frequencies=True), domain, width=32, depth=2, seed=0)
    assert count_params(trained) == count_params(fixed) + 10
    assert count_frozen(trained) == 0
    assert_gradients(trained.double(), 2)
    assert mlp_spec(fixed) is not None


# -- WIRE --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 3])
def test_wire_real(d: int) -> None:
    network, x = double(WireReal(omega0=5.0, s0=3.0), d=d), points(d)
    n, y = numbers(network), x
    units = 8  # ⌊12/√2⌋
    for layer in ("0.0", "1.0", "2.0"):
        weight, bias = n[f"{layer}.weight"], n[f"{layer}.bias"]
        z1, z2 = y @ weight[:units].T + bias[:units], y @ weight[units:].T + bias[units:]
        y = np.cos(5 * z1) * np.exp(-((3 * z2) ** 2))
    np.testing.assert_allclose(value(network, x), y @ n["3.weight"].T + n["3.bias"], atol=1e-12)
    assert_gradients(network, d)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_wire_2d(d: int) -> None:
    network, x = double(Wire2d(omega0=5.0, s0=3.0), d=d), points(d)
    n, units = numbers(network), 6

    def gabor(z: np.ndarray) -> np.ndarray:
        z1, z2 = z[:, :units], z[:, units:]
        return np.asarray(np.exp(5j * z1 - 9 * (np.abs(z1) ** 2 + np.abs(z2) ** 2)))

    y = gabor(x @ n["0.0.weight"].T + n["0.0.bias"])
    for layer in ("1.0", "2.0"):
        weight, bias = n[f"{layer}.weight"] @ [1, 1j], n[f"{layer}.bias"] @ [1, 1j]
        y = gabor(y @ weight.T + bias)
    out = y @ (n["3.weight"] @ [1, 1j]).T + n["3.bias"] @ [1, 1j]
    np.testing.assert_allclose(value(network, x), out.real, atol=1e-12)
    assert_gradients(network, d)


def test_wire_2d_vjp_is_that_of_its_value() -> None:
    from inrbench.activations import wire_2d

    z, grad = torch.randn(7, 8, dtype=torch.float64), torch.randn(7, 4, dtype=torch.float64)
    z.requires_grad_()
    a, c, b, d = z.chunk(4, dim=-1)
    y = torch.exp(1j * 3 * torch.complex(a, b) - 2 * (a * a + b * b + c * c + d * d))
    (expected,) = torch.autograd.grad((torch.cat((y.real, y.imag), -1) * grad).sum(), z)
    assert wire_2d.GABOR.vjp is not None
    value = torch.cat((y.real, y.imag), -1).detach()
    torch.testing.assert_close(wire_2d.GABOR.vjp(grad, z.detach(), value, 3.0, -2.0), expected)


def test_published_counts_of_wires_variants() -> None:
    domain = Domain(2, 3, (512, 512))
    assert count_params(build(Wire2d(), domain, width=256, depth=3, seed=0)) == 133_638
    assert count_params(build(WireReal(), domain, width=256, depth=4, seed=0)) == pytest.approx(199_300, rel=3e-4)


@pytest.mark.parametrize("activation", [WireReal(), Wire2d()], ids=lambda a: a.name)
def test_wires_variants_can_be_compiled(activation: Activation) -> None:
    assert mlp_spec(build(activation, Domain(2, 1, (64, 64)), width=16, depth=2, seed=0)) is not None


# -- multiplicative filter networks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("kind", ["fouriernet", "bacon"])
def test_recursion(kind: str, d: int) -> None:
    network, x = double(FourierNet() if kind == "fouriernet" else Bacon(), d=d, width=7), points(d)
    n = numbers(network)

    def sine(i: int) -> np.ndarray:
        if kind == "bacon":
            return np.asarray(np.sin(np.pi * x @ n[f"filters.{i}.cycles"].T + n[f"filters.{i}.phase"]))
        return np.asarray(np.sin(x @ n[f"filters.{i}.linear.weight"].T + n[f"filters.{i}.linear.bias"]))

    z = sine(0)
    for i in (1, 2):
        z = (z @ n[f"linears.{i - 1}.weight"].T + n[f"linears.{i - 1}.bias"]) * sine(i)
    np.testing.assert_allclose(value(network, x), z @ n["head.weight"].T + n["head.bias"], atol=1e-10)
    assert_gradients(network, d)


@pytest.mark.parametrize("depth", [1, 3, 4])
def test_fouriernet_counts_and_initial_weights(depth: int) -> None:
    network = build(FourierNet(), Domain(2, 3, (64, 64)), width=1000, depth=depth, seed=0)
    assert count_params(network) == depth * 3 * 1000 + (depth - 1) * 1001 * 1000 + 1001 * 3
    bound = 256 / math.sqrt(depth) / math.sqrt(2)
    for name, p in network.named_parameters():
        if name.startswith("filters") and name.endswith("weight"):
            assert 0.97 * bound < p.abs().max().item() <= bound
        if name.startswith("filters") and name.endswith("bias"):
            assert 3.1 < p.abs().max().item() <= math.pi


def test_bacons_published_shares() -> None:
    assert shares(5) == [1 / 8, 1 / 8, 1 / 4, 1 / 4, 1 / 4]
    for depth in (1, 2, 3, 8):
        assert sum(shares(depth)) == pytest.approx(1)


def test_bacons_spectrum_ends_at_its_band() -> None:
    # A band of 1/2 over 64 samples: the filters' 4, 4 and 8 cycles add up to 16. The network has period 2.
    network = double(Bacon(band=0.5), width=16, channels=1)
    samples = 128
    line = (2 * np.arange(samples) + 1) / samples - 1
    x = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    spectrum = np.abs(np.fft.fft2(value(network, x).reshape(samples, samples))) / samples**2
    cycles = np.abs(np.fft.fftfreq(samples, 1 / samples))
    inside = (cycles[:, None] <= 16) & (cycles[None, :] <= 16)
    assert spectrum[~inside].max() < 1e-12 < 1e-6 < spectrum[inside].max()


def test_bacon_counts_and_initial_weights() -> None:
    network = build(Bacon(), Domain(2, 3, (64, 32)), width=500, depth=5, seed=0)
    assert count_params(network) == 5 * 500 + 4 * 501 * 500 + 501 * 3
    assert count_frozen(network) == 5 * 500 * 2
    bound = math.sqrt(6 / 500)
    for name, p in network.named_parameters():
        if name.endswith("weight"):
            assert 0.97 * bound < p.abs().max().item() <= bound
        if name.endswith("phase"):
            assert 3.1 < p.abs().max().item() <= math.pi
    found = [f.cycles.abs().amax(0).tolist() for f in network.modules() if isinstance(f, BandlimitedFilter)]
    assert found == [[4, 2], [4, 2], [8, 4], [8, 4], [8, 4]]
    for filter_ in network.modules():
        if isinstance(filter_, BandlimitedFilter):  # every whole number of the band is drawn
            assert set(filter_.cycles[:, 1].tolist()) == set(
                range(-int(filter_.cycles[:, 1].max()), int(filter_.cycles[:, 1].max()) + 1)
            )


# -- STAF --------------------------------------------------------------------------------------------------------------


def test_staf() -> None:
    network, x = double(Staf(omega0=6.0, first_omega0=12.0)), points(2)
    n, y = numbers(network), x
    for layer in ("0", "1", "2"):
        z = y @ n[f"{layer}.0.weight"].T + n[f"{layer}.0.bias"]
        b, w, phi = (n[f"{layer}.1.{name}"] for name in ("amplitude", "frequency", "phase"))
        y = sum(b[i] * np.sin(w[i] * z + phi[i]) for i in range(5))
    np.testing.assert_allclose(value(network, x), y @ n["3.weight"].T + n["3.bias"], atol=1e-12)
    assert_gradients(network, 2)


def test_staf_counts_its_terms() -> None:
    network = build(Staf(), Domain(2, 3, (64, 64)), width=256, depth=4, seed=0)
    assert count_params(network) == 198_915 + 60


def test_staf_initial_numbers() -> None:
    sines = SumOfSines(20_000, 30.0)
    b, w, phi = (p.detach() for p in (sines.amplitude, sines.frequency, sines.phase))
    assert w.min() >= 0
    assert w.max() <= 30
    assert w.std().item() == pytest.approx(30 / math.sqrt(12), rel=0.02)
    assert phi.std().item() == pytest.approx(math.pi / math.sqrt(3), rel=0.02)
    assert b.mean().item() == pytest.approx(0, abs=1e-4)
    # b² is exponential with mean 1/(2 terms): its standard deviation is the same.
    assert b.square().mean().item() == pytest.approx(1 / 40_000, rel=0.03)
    assert b.square().std().item() == pytest.approx(1 / 40_000, rel=0.05)
    z = torch.rand(400) * 20 - 10
    assert sines(z).square().mean().item() == pytest.approx(1 / 4, rel=0.25)


def test_staf_has_a_first_frequency_of_its_own() -> None:
    network = build(Staf(omega0=5.0, first_omega0=500.0, terms=50), Domain(2, 1, (8, 8)), width=4, depth=2, seed=0)
    first, second = (module for module in network.modules() if isinstance(module, SumOfSines))
    assert 300 < first.frequency.max().item() <= 500
    assert 3 < second.frequency.max().item() <= 5


@pytest.mark.parametrize("activation", [Rff(), WireReal(), Wire2d(), FourierNet(), Bacon(), Staf()])
def test_budgets_are_met(activation: Activation) -> None:
    domain = Domain(2, 3, (96, 144))
    width = solve_width(activation, domain, 3, 19_203)
    network = build(activation, domain, width=width, depth=3, seed=0)
    assert count_params(network) == pytest.approx(19_203, rel=0.03)


# -- FUTON, CAFE, MSA ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("basis", ["sinc", "lanczos"])
def test_futon(d: int, basis: Literal["sinc", "lanczos"]) -> None:
    network, x = double(Futon(basis=basis, rank=5, centres=0.25), d=d), points(d)
    n = numbers(network)
    product = np.ones((len(x), 5))
    for axis in range(d):
        centres = (2 * np.arange(16) + 1) / 16 - 1
        t = (x[:, axis, None] - centres) * 16 / 2
        phi = np.sinc(t) * (np.sinc(t / 3) * (np.abs(t) < 3) if basis == "lanczos" else 1)
        phi /= np.sqrt((phi**2).sum(1, keepdims=True))
        product *= phi @ n[f"0.factors.{axis}"].T
    hidden = np.maximum(product @ n["1.0.weight"].T + n["1.0.bias"], 0)
    np.testing.assert_allclose(value(network, x), hidden @ n["2.weight"].T + n["2.bias"], atol=1e-10)
    assert_gradients(network, d)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_cafe(d: int) -> None:
    network, x = double(Cafe(sigma=2.0, frequencies=4, polynomials=5), d=d), points(d)
    n = numbers(network)
    phase = 2 * np.pi * x @ n["0.encoding.frequencies"].T
    polynomials = [np.cos(k * np.arccos(x)) for k in range(5)]  # another formula of Chebyshev's polynomials
    e = np.concatenate([np.sin(phase), np.cos(phase), *polynomials], axis=1)
    product = np.prod([e @ n[f"0.maps.{i}.weight"].T + n[f"0.maps.{i}.bias"] for i in range(3)], axis=0)
    hidden = np.maximum(product @ n["1.0.weight"].T + n["1.0.bias"], 0)
    np.testing.assert_allclose(value(network, x), hidden @ n["2.weight"].T + n["2.bias"], atol=1e-8)
    assert_gradients(network, d)


@pytest.mark.parametrize("divide", [True, False])
def test_msa(divide: bool) -> None:
    network, x = double(Msa(lowest=2.0, highest=32.0, divide=divide), width=5, depth=2), points(2)
    n = numbers(network)
    frequency = np.array([2.0, 4.0, 8.0, 16.0, 32.0])
    y = x
    for layer in ("0.0", "1.0"):
        y = np.sin(frequency * (y @ n[f"{layer}.weight"].T + n[f"{layer}.bias"])) / (frequency if divide else 1)
    np.testing.assert_allclose(value(network, x), y @ n["2.weight"].T + n["2.bias"], atol=1e-5)
    assert "1.1.frequency" not in n  # it follows from the configuration


def test_published_networks_have_the_published_numbers_of_parameters() -> None:
    kodak, volume, picture = Domain(2, 3, (512, 768)), Domain(3, 1, (256,) * 3), Domain(2, 3, (512, 512))
    assert count_params(build(Futon(rank=224), kodak, width=1, depth=1, seed=0)) == 194_435
    assert count_params(build(Futon(rank=218), volume, width=1, depth=1, seed=0)) == 131_673
    cafe = build(Cafe(frequencies=88, polynomials=30), picture, width=1, depth=1, seed=0)
    assert (count_params(cafe), count_frozen(cafe)) == (224_439, 176)


@pytest.mark.parametrize("activation", [Futon(), Cafe(), Cafe(maps=1)], ids=repr)
@pytest.mark.parametrize("domain", [Domain(2, 3, (48, 32)), Domain(1, 1, (256,)), Domain(3, 1, (24,) * 3)], ids=str)
def test_their_sizes_meet_a_budget(activation: Activation, domain: Domain) -> None:
    for budget in (1_700, 8_500):
        width = solve_width(activation, domain, 3, budget)
        assert count_params(build(activation, domain, width=width, depth=3, seed=0)) == pytest.approx(budget, rel=0.05)
