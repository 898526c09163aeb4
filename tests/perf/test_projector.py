"""The CT projector, forward and adjoint, against rotating one copy of the picture for each angle."""

from __future__ import annotations

import math

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor
from torch.nn import functional as F

from inrbench.tasks.core.radon import Radon, half_turn
from tests.perf.measure import Records, Stopwatch, fastest

SHAPES = {"ct-head": (256, 256), "chest": (326, 435)}
"""Grids of the paper's size, and of `make perf`'s other measurements."""

ANGLES, ROUNDS = 100, 7


def grids(shape: tuple[int, int]) -> Tensor:
    """Where each rotated copy looks into the picture, (angles, side, side, 2), in the units of `grid_sample`."""
    side = math.ceil(math.hypot(*shape))
    along = (torch.arange(side) + 0.5 - side / 2) * 2
    down, right = torch.meshgrid(along, along, indexing="ij")
    theta = torch.deg2rad(torch.from_numpy(half_turn(ANGLES)).float())[:, None, None]
    x, y = right * theta.cos() + down * theta.sin(), down * theta.cos() - right * theta.sin()
    return torch.stack((x / shape[1], y / shape[0]), dim=-1)


@pytest.mark.parametrize("name", SHAPES)
def test_projector(benchmark: BenchmarkFixture, records: Records, name: str) -> None:
    shape = SHAPES[name]
    operator, where = Radon(shape, half_turn(ANGLES)), grids(shape)
    picture = torch.rand(shape[0] * shape[1], 1)
    back = torch.rand(operator.out_rows, 1)

    def rotating() -> None:
        values = picture.clone().requires_grad_()
        copies = values.view(1, 1, *shape).expand(ANGLES, 1, *shape)
        sinogram = F.grid_sample(copies, where, align_corners=False).sum(dim=2)
        sinogram.backward(torch.ones_like(sinogram))

    def ours() -> None:
        operator.forward(picture)
        operator.adjoint(back)

    watch = Stopwatch(rotating=rotating)
    watch()
    ours()
    benchmark.pedantic(ours, setup=watch, rounds=ROUNDS)
    seconds = fastest(benchmark)
    row = {"grid": name, "shape": str(shape), "angles": ANGLES, "threads": torch.get_num_threads(), "step_s": seconds}
    records.add("projector", **row, rotating_s=watch.best("rotating"), gain=watch.best("rotating") / seconds)
