"""The network of a job: penalties add up; widths follow from numbers of parameters (`test_run_job`)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Domain, build
from inrbench.activations.relu import Relu
from inrbench.bench.training.network import penalty_of


def test_both_penalties_together_are_their_sum() -> None:
    class Shrinking(Relu):
        def penalty(self, network: nn.Module) -> Tensor:
            return 3 * next(network.parameters()).square().sum()

    network = build(Shrinking(), Domain(2, 1, (8, 8)), width=8, depth=2, seed=0)
    own, norm = Shrinking().penalty(network), Shrinking().path_norm(network)
    assert norm is not None
    for weight, expected in ((None, own), (0.5, own + 0.5 * norm)):
        found = penalty_of(Shrinking(), weight)(network)
        assert found is not None
        torch.testing.assert_close(found, expected)
    assert penalty_of(Relu(), None)(network) is None
