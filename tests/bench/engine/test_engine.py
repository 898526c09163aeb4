"""Lanes: every row once, the same bits each time, the gradient of autograd, and an error is not lost in a thread."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from activations.core import kernel as kernels
from activations.core.base import Activation, Domain, build
from activations.core.kernel import compiling
from activations.siren import Siren
from bench.config.settings import Train
from bench.engine import engine as lanes
from bench.engine.engine import Autograd, Compiled, on_lanes, shares, way
from bench.training.descent import Descent, evaluate
from bench.training.objective import Objective
from tasks.core.base import Problem, grid_coords
from tasks.core.operators import AreaAverage, Identity, Operator


class Plain(Activation):
    """A plugin in plain PyTorch."""

    name, label, version = "plain", "plain", 1

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(z)


SHAPE = (24, 32)
COORDS = grid_coords(SHAPE)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def network(seed: int = 0) -> nn.Module:
    return build(Siren(), Domain(2, 2, SHAPE), width=16, depth=2, seed=seed)


def problem(operator: Operator) -> Problem:
    truth = torch.rand(768, 2, generator=torch.Generator().manual_seed(0))
    return Problem(grid_coords(SHAPE), operator, operator.forward(truth), truth, SHAPE)


OPERATORS = {"local": lambda: Identity(768), "mixed": lambda: AreaAverage(SHAPE, 4)}


@given(st.integers(1, 5000), st.integers(1, 1500), st.integers(1, 9))
def test_every_row_is_in_one_block(count: int, rows: int, number: int) -> None:
    blocks = shares(count, rows, number)
    assert len(blocks) == number
    flat = [row for lane in blocks for block in lane for row in range(block.start, block.stop)]
    assert flat == list(range(count))
    sizes = [block.stop - block.start for lane in blocks for block in lane]
    assert max(sizes) <= rows
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.needs_compiler
@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("operator", OPERATORS)
def test_two_lanes_give_the_gradient_of_autograd_and_the_same_bits_again(operator: str) -> None:
    case = problem(OPERATORS[operator]())

    def gradient(fast: bool) -> list[Tensor]:
        net = network()
        with compiling(fast):
            assert isinstance(way(net, case.coords), Compiled if fast else Autograd)
            Objective(case, 100).backward(net)
        return [p.grad for p in net.parameters() if p.grad is not None]

    plain, fast, again = gradient(False), gradient(True), gradient(True)
    scale = max(float(g.abs().max()) for g in plain)
    assert len(plain) == len(fast) == 6
    for one, two, three in zip(plain, fast, again, strict=True):
        assert float((one - two).abs().max()) < 1e-5 * scale
        assert torch.equal(two, three)


@pytest.mark.needs_compiler
@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("operator", OPERATORS)
def test_training_on_two_lanes_is_training(operator: str) -> None:
    case = problem(OPERATORS[operator]())
    found = {}
    for fast in (False, True):
        net = network()
        with compiling(fast):
            losses = [float(loss) for loss in Descent(net, Objective(case, 100), Train(steps=20, lr=1e-3))]
            found[fast] = losses, evaluate(net, case.coords, 100)
    assert found[True][0] == pytest.approx(found[False][0], rel=1e-3)
    torch.testing.assert_close(found[True][1], found[False][1], rtol=0, atol=1e-3)
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two_threads")
def test_lanes_are_threads_and_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def meet(lane: int) -> tuple[int, int]:
        meeting.wait()
        return lane, torch.get_num_threads()

    assert on_lanes(3, meet) == [(0, 1), (1, 1), (2, 1)]
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("failing", [0, 1])
def test_what_fails_on_a_lane_fails_when_all_have_ended(failing: int) -> None:
    ended = []

    def work(lane: int) -> None:
        if lane == failing:
            raise MemoryError(f"lane {lane}")
        ended.append(lane)

    with pytest.raises(MemoryError, match=f"lane {failing}"):
        on_lanes(2, work)
    assert ended == [1 - failing]


@pytest.mark.needs_compiler
def test_what_is_not_compiled_goes_by_autograd() -> None:
    assert isinstance(way(network(), COORDS), Autograd)
    with compiling(True):
        assert isinstance(way(network(), COORDS), Compiled)
        assert isinstance(way(network().double(), COORDS), Autograd)
        assert isinstance(way(nn.Linear(2, 1), COORDS), Autograd)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert isinstance(way(network(), COORDS), Autograd)


@pytest.mark.needs_compiler
@pytest.mark.parametrize("wrong", ["value", "slope"])
def test_code_that_leads_elsewhere_than_autograd_is_not_taken(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of a plugin would, which calls a function of another file that has changed."""
    real = lanes.Passes

    class Stale(real):  # type: ignore[misc, valid-type]
        def forward(self, coords: Tensor) -> tuple[Tensor, list[Tensor]]:
            values, kept = super().forward(coords)
            return (1.05 * values if wrong == "value" else values), kept

        def backward(self, kept: list[Tensor], gradient: Tensor) -> list[Tensor]:
            return super().backward(kept, gradient * (1.2 if wrong == "slope" else 1))

    monkeypatch.setitem(kernels._state, "broken", False)
    monkeypatch.setattr(lanes, "Passes", Stale)
    net = network()
    parameter = next(net.parameters())
    parameter.grad = torch.ones_like(parameter)
    with compiling(True), pytest.warns(RuntimeWarning, match="does not agree with autograd"):
        assert isinstance(way(net, COORDS), Autograd)
    assert torch.equal(parameter.grad, torch.ones_like(parameter))


@pytest.mark.needs_compiler
def test_a_plugin_that_cannot_be_compiled_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("odd plugin")

    net = build(Plain(), Domain(2, 2, SHAPE), width=16, depth=2, seed=0)
    with compiling(True):
        with monkeypatch.context() as patch:
            patch.setattr(lanes, "Compiled", fails)
            with pytest.warns(RuntimeWarning, match="odd plugin"):
                assert isinstance(way(net, COORDS), Autograd)
        assert isinstance(way(network(), COORDS), Compiled)


def test_without_a_compiler_it_is_said_once_and_training_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no compiler")

    monkeypatch.setitem(kernels._state, "broken", False)
    monkeypatch.setattr(lanes, "Compiled", fails)
    case = problem(Identity(768))
    with compiling(True):
        with pytest.warns(RuntimeWarning, match="no compiler"):
            Objective(case, 100).backward(network())
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            Objective(case, 100).backward(network())
