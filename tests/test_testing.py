"""`inrbench.testing`: what a package with plugins of its own calls in its tests."""

from __future__ import annotations

from collections.abc import Callable
from unittest import SkipTest

import pytest
import torch
from torch import Tensor, nn

from inrbench import Activation, Problem, Signal, testing
from inrbench.tasks.superres import SuperRes


class Sound(Activation):
    name, label, version = "sound", "Sound", 1

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z)


class Infinite(Sound):
    name = "infinite"

    def forward(self, z: Tensor) -> Tensor:
        return torch.sqrt(z)


class OwnNetwork(Sound):
    name = "own-network"

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return float("nan")

    def head(self, in_features: int, out_features: int) -> nn.Module:
        return nn.Linear(in_features, out_features)


@testing.parametrize_with_checks(Sound())
def test_each_check_is_a_test(check: Callable[[], None]) -> None:
    check()


def test_a_fault_is_an_assertion_that_names_the_check() -> None:
    with pytest.raises(AssertionError, match="not finite"):
        testing.checks(Infinite())["finite"]()
    with pytest.raises(AssertionError, match="failed  finite"):
        testing.assert_conforms(Infinite())
    testing.assert_conforms(Sound())


def test_a_check_that_does_not_apply_is_skipped() -> None:
    with pytest.raises(SkipTest, match="declares no value"):
        testing.checks(OwnNetwork())["init"]()


@testing.parametrize_with_checks(*SuperRes.small())
def test_each_check_of_a_task_is_a_test(check: Callable[[], None]) -> None:
    check()


def test_a_fault_of_a_task_is_an_assertion_too() -> None:
    class Fixed(SuperRes):
        def problem(self, signal: Signal, seed: int) -> Problem:
            return super().problem(signal, 0)

    with pytest.raises(AssertionError, match="all seeds give the same data, and random is True"):
        testing.checks(Fixed(size=(32, 48), noise=0.1))["random"]()
