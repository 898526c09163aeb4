"""Spectra against independent computations: finite differences, closed forms, Parseval's theorem."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from inrbench.activations.core.base import Activation, Domain, build
from inrbench.bench.training import spectra
from inrbench.bench.training.run_job import execute
from inrbench.bench.training.spectra import decay, effective_rank, ntk_eigenvalues, power_spectrum
from inrbench.tasks.core.base import grid_coords
from tests.bench.training.jobs import CPU, PLUGINS, job, values


def by_differences(network: nn.Module, coords: torch.Tensor) -> np.ndarray[Any, Any]:
    """Eigenvalues of the kernel from central differences in every real trained number."""
    double = network.double()
    columns = []
    with torch.no_grad():
        for parameter in double.parameters():
            flat = torch.view_as_real(parameter).view(-1) if parameter.is_complex() else parameter.view(-1)
            for index in range(len(flat)):
                sides = []
                for step in (1e-6, -1e-6):
                    flat[index] += step
                    sides.append(double(coords.double()).flatten())
                    flat[index] -= step
                columns.append((sides[0] - sides[1]) / 2e-6)
    jacobian = torch.stack(columns, dim=1).numpy()
    found: np.ndarray[Any, Any] = np.linalg.svd(jacobian, compute_uv=False)
    size = jacobian.shape[0]
    return np.pad(found**2, (0, size - len(found)))


@pytest.mark.parametrize("name", ["siren", "wire", "bw-relu", "mfn", "staf", "rff"])
@pytest.mark.parametrize("channels", [1, 3])
def test_eigenvalues_are_those_of_finite_differences(name: str, channels: int) -> None:
    activation: Activation = PLUGINS.activations.get(name)()
    network = build(activation, Domain(2, channels, (5, 5)), width=6, depth=2, seed=1)
    coords = grid_coords((5, 5)) * 0.93 + 0.017  # no kink of a piecewise linear function within a step
    before = [p.clone() for p in network.parameters()]
    found = ntk_eigenvalues(network, coords)
    assert all(torch.equal(p, old) for p, old in zip(network.parameters(), before, strict=True))
    assert found.shape == (25 * channels,)
    assert (np.diff(found) <= 0).all()
    np.testing.assert_allclose(found, by_differences(network, coords), rtol=1e-5, atol=1e-6 * found[0])


def test_a_linear_model_has_its_closed_form() -> None:
    """f(x) = w·x + b has K = X Xᵀ + 1, whatever w and b are: three eigenvalues, the others zero."""
    coords = grid_coords((6, 7))
    expected = np.linalg.eigvalsh((coords @ coords.T + 1).double().numpy())[::-1]
    found = ntk_eigenvalues(nn.Linear(2, 1), coords)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found[2] > 1
    assert found[3] < 1e-9


def test_frozen_numbers_are_no_part_of_the_kernel() -> None:
    linear = nn.Linear(2, 1)
    linear.weight.requires_grad_(False)
    np.testing.assert_allclose(ntk_eigenvalues(linear, grid_coords((4, 4)))[:2], [16, 0], atol=1e-9)


def test_rows_that_do_not_fit_are_computed_again_to_the_same_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build(PLUGINS.activations.get("siren")(), Domain(2, 2, (8, 8)), width=8, depth=2, seed=0)
    coords = grid_coords((8, 8))
    whole = ntk_eigenvalues(network, coords)
    monkeypatch.setattr(spectra, "KEPT_BYTES", 8 * 7 * 2 * sum(p.numel() for p in network.parameters()))
    np.testing.assert_allclose(ntk_eigenvalues(network, coords), whole, rtol=1e-9, atol=1e-10 * whole[0])
    assert len(ntk_eigenvalues(network, grid_coords((30, 30)))) == 2 * spectra.FEWEST


def test_a_network_without_finite_derivatives_has_no_spectrum() -> None:
    linear = nn.Linear(2, 1)
    nn.init.constant_(linear.weight, math.inf)
    network = nn.Sequential(linear, nn.Softsign(), nn.Linear(1, 1))
    assert np.isnan(ntk_eigenvalues(network, grid_coords((3, 3)))).all()


def test_effective_rank_and_decay_of_known_spectra() -> None:
    assert effective_rank(np.array([3.0, 3.0, 3.0, 0.0])) == pytest.approx(3)
    assert effective_rank(np.array([5.0, 0.0])) == pytest.approx(1)
    assert effective_rank(np.zeros(3)) == 0
    index = np.arange(1, 101.0)
    assert decay(7 * index**-2.5) == pytest.approx(-2.5)
    assert decay(np.ones(9)) == pytest.approx(0, abs=1e-12)
    assert decay(np.where(index > 50, 1e-30, index**-1.0)) == pytest.approx(-1)  # rounding does not count
    assert math.isnan(decay(np.array([1.0, 0.0])))


def test_a_cosine_has_its_power_at_its_frequency_and_a_sixth_at_each_neighbour() -> None:
    x = (np.arange(64) + 0.5) / 64
    power = power_spectrum((0.7 + 2 * np.cos(2 * np.pi * 9 * x + 0.3))[:, None].astype(np.float32))
    assert power.shape == (33,)
    share = power / power.sum()
    assert share[8:11] == pytest.approx([1 / 6, 2 / 3, 1 / 6], abs=1e-6)
    assert power.sum() == pytest.approx(2 * 1.5, rel=1e-5)  # mean square 2, of the window 3/2


def test_a_plane_wave_is_found_at_the_length_of_its_frequency_in_any_direction() -> None:
    y, x = np.mgrid[:60, :80] + 0.5
    for down, across in ((3, 4), (0, 5), (5, 0)):
        wave = np.stack([np.sin(2 * np.pi * (down * y / 60 + across * x / 80))] * 2, axis=-1).astype(np.float32)
        power = power_spectrum(wave)
        assert power.argmax() == 5
        assert power[4:7].sum() == pytest.approx(power.sum(), rel=1e-4)
        assert power.sum() == pytest.approx(2 * 0.5 * 1.5**2, rel=1e-4)


def test_a_ramp_has_no_power_at_high_frequencies() -> None:
    ramp = np.linspace(-1, 1, 256, dtype=np.float32)[:, None]
    power = power_spectrum(ramp)
    assert power[30:].max() < 1e-7 * power.max()


def test_diagnostics_store_spectra_and_scores_at_the_start_and_at_the_end() -> None:
    declared = job(task="image", activation="siren", diagnostics=True, steps=30)
    outcome = execute(declared, PLUGINS, CPU)
    arrays = outcome.arrays[declared.job_id]
    shapes = {name: array.shape for name, array in arrays.items() if name.startswith(("ntk", "spectrum"))}
    points, bins = (spectra.POINTS,), (13,)
    assert shapes == {"ntk_start": points, "ntk_end": points, "spectrum_start": bins, "spectrum_end": bins,
                      "spectrum_truth": bins}  # fmt: skip
    for name in ("ntk_rank", "ntk_decay"):
        assert [score.step for score in outcome.scores if score.metric == name] == [0, 30]
    for moment, rank in zip(("start", "end"), values(outcome, "ntk_rank"), strict=True):
        assert rank == pytest.approx(effective_rank(arrays[f"ntk_{moment}"].astype(np.float64)), rel=1e-4)
    end = power_spectrum(arrays["reconstruction"])
    np.testing.assert_allclose(arrays["spectrum_end"], end, rtol=1e-4, atol=1e-9)
    assert not np.allclose(arrays["spectrum_start"], end)


def test_observing_changes_nothing_and_is_asked_for() -> None:
    plain, observed = (job(task="image", activation="wire", diagnostics=flag, steps=20) for flag in (None, True))
    without, found = (execute(each, PLUGINS, CPU).arrays[each.job_id] for each in (plain, observed))
    assert np.array_equal(without["reconstruction"], found["reconstruction"])
    assert not any(name.startswith(("ntk", "spectrum")) for name in without)
