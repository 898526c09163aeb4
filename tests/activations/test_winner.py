"""WINNER: its spectral centroid against a sum written out, its noise, and what its weights may depend on."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.siren import Siren
from inrbench.activations.winner import Winner, noise_scales, spectral_centroid
from inrbench.bench.training.run_job import execute
from inrbench.tasks.signals.load import load_named
from tests.bench.config.layout import PLUGINS, lay_out


def centroid(line: list[float]) -> float:
    """2 Σ f |F(f)| / Σ |F(f)| over f = 0, 1/n, …, 1/2, each F(f) as its sum."""
    n = len(line)
    sizes = [abs(sum(v * cmath.exp(-2j * cmath.pi * k * i / n) for i, v in enumerate(line))) for k in range(n // 2 + 1)]
    return 2 * sum(k / n * size for k, size in enumerate(sizes)) / sum(sizes)


def linear_weights(activation: Activation, samples: Tensor | None = None, init: str = "plugin") -> list[Tensor]:
    domain = Domain(2, 1, (32, 32))
    network = build(activation, domain, width=256, depth=3, seed=0, init=init, samples=samples)
    return [module.weight.detach() for module in network.modules() if isinstance(module, nn.Linear)]


@pytest.mark.parametrize("shape", [(30,), (31,), (6, 8), (7, 5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_centroid_is_the_sum_written_out(shape: tuple[int, ...], channels: int) -> None:
    values = np.random.default_rng(0).random((*shape, channels)).astype(np.float32)
    scaled = 2 * values.astype(np.float64) - 1 if len(shape) == 2 else values.astype(np.float64)
    lines = [scaled[..., c].flatten().tolist() for c in range(channels)]
    expected = sum(map(centroid, lines)) / channels / channels
    assert spectral_centroid(torch.from_numpy(values)) == pytest.approx(expected, rel=1e-6)


def test_centroid_of_one_frequency_is_that_frequency() -> None:
    time = torch.arange(240, dtype=torch.float64)
    for periods in (3, 60, 120):  # the last one at Nyquist's limit
        tone = torch.cos(2 * math.pi * periods * time / 240)[:, None]
        assert spectral_centroid(tone) == pytest.approx(periods / 120, abs=1e-6)
        assert spectral_centroid(100 * tone) == pytest.approx(periods / 120, abs=1e-6)
    assert spectral_centroid(torch.full((8, 8, 1), 0.5)) == 0


def test_scales_are_those_of_the_published_code() -> None:
    tone = torch.cos(math.pi / 2 * torch.arange(240))[:, None]  # κ = 1/2
    assert noise_scales(tone) == pytest.approx((3500 * (1 - math.exp(-3.5)), 1.5), rel=1e-5)
    picture = 0.5 + 0.5 * tone.reshape(12, 20, 1)
    assert noise_scales(picture) == pytest.approx((50 * (1 - math.exp(-2.5)), 0.2), rel=1e-5)
    colour = picture.expand(-1, -1, 3)  # κ / C with κ = the mean centroid / C
    assert noise_scales(colour) == pytest.approx((50 * (1 - math.exp(-5 / 18)), 0.4 / 18), rel=1e-5)
    with pytest.raises(ValueError, match="no formula of its noise for 3 coordinates; set s0 and s1"):
        noise_scales(torch.rand(4, 4, 4, 1))


def test_noise_is_added_to_two_layers_alone() -> None:
    samples = torch.rand(32, 32, 1, generator=torch.Generator().manual_seed(1))
    siren, noisy = linear_weights(Siren(omega0=20.0)), linear_weights(Winner(omega0=20.0), samples)
    for weight, other, scale in zip(siren, noisy, (*noise_scales(samples), 0.0, 0.0), strict=True):
        noise = other - weight
        assert noise.std().item() == pytest.approx(scale / 20, rel=0.1)
        assert abs(noise.mean().item()) <= 0.1 * scale / 20


def test_scales_of_ones_own_go_before_those_of_the_measurements() -> None:
    samples = torch.rand(32, 32, 1)
    fixed = Winner(s0=12.0, s1=3.0)
    assert not fixed.adapts
    plain, seen, siren = linear_weights(fixed), linear_weights(fixed, samples), linear_weights(Siren())
    assert all(torch.equal(a, b) for a, b in zip(plain, seen, strict=True))
    assert (plain[0] - siren[0]).std().item() == pytest.approx(12 / 30, rel=0.1)
    half = linear_weights(Winner(s1=3.0), samples)
    assert (half[0] - siren[0]).std().item() == pytest.approx(noise_scales(samples)[0] / 30, rel=0.1)
    assert (half[1] - siren[1]).std().item() == pytest.approx(3 / 30, rel=0.1)


@pytest.mark.parametrize("init", ["torch", "variance"])
def test_other_initial_weights_are_not_adapted(init: str) -> None:
    samples = torch.rand(32, 32, 1)
    pairs = zip(linear_weights(Winner(), samples, init), linear_weights(Winner(), None, init), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_a_job_shows_it_the_noisy_measurements_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    job = lay_out("tasks: {denoise: {signals: [camera], size: 16}}\nactivations: {winner: {}}")[-1]
    problem = PLUGINS.tasks.create(job.task).problem(load_named(job.source, job.signal), job.data_seed)
    seen: list[tuple[Any, ...]] = []
    adapt = Winner.adapt

    def spy(self: Winner, network: nn.Module, *data: Any, **more: Any) -> None:
        seen.append((*data, more))
        adapt(self, network, *data)

    monkeypatch.setattr(Winner, "adapt", spy)
    outcome = execute(job, PLUGINS, torch.device("cpu"))
    assert outcome.status == "ok"
    ((samples, more),) = seen
    assert not more
    assert torch.equal(samples, problem.measured.reshape(16, 16, 1))
    assert not torch.equal(samples, problem.truth.reshape(16, 16, 1))
    assert samples.data_ptr() != problem.measured.data_ptr()
