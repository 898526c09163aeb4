"""`inrbench.testing`: what a package with plugins of its own calls in its tests."""

from __future__ import annotations

from collections.abc import Callable
from unittest import SkipTest

import pytest
import torch
from torch import Tensor, nn

from inrbench import Activation, testing


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
