"""MLPs and skip connections: their parts, features and values."""

from __future__ import annotations

import torch
from torch import nn

from inrbench.activations.core.base import Domain, build
from inrbench.activations.core.mlp import MLP, Skip
from inrbench.activations.relu import Relu
from inrbench.activations.relu_pe import ReluPe
from tests.activations.plugins import grid

IMAGE = Domain(2, 3, (16, 16))


def mlp(activation: Relu | ReluPe) -> MLP:
    network = build(activation, IMAGE, width=12, depth=3, seed=0)
    assert isinstance(network, MLP)
    return network


def test_features_are_the_outputs_of_the_layers_and_the_head_maps_the_last_ones_to_values() -> None:
    for activation in (Relu(), ReluPe()):
        network, x = mlp(activation), grid(8)
        features = network.features(x)
        assert [values.shape for values in features] == [(64, 12)] * 3
        for before, layer, after in zip(features, network.layers[1:], features[1:], strict=False):
            assert torch.equal(layer(before), after)
        assert torch.equal(network.head(features[-1]), network(x))
        assert network.encoded is isinstance(activation, ReluPe)
        assert network.mlp is network


def test_a_slice_of_a_chain_is_a_sequence_of_its_modules() -> None:
    network = mlp(ReluPe())
    part = network[:-1]
    assert isinstance(part, nn.Sequential)
    assert torch.equal(part(grid(8)), network.features(grid(8))[-1])


def test_a_skip_connection_adds_a_linear_map_of_the_coordinates() -> None:
    network, linear = mlp(Relu()), nn.Linear(2, 3)
    skip, x = Skip(network, linear), grid(8)
    torch.testing.assert_close(skip(x), network(x) + linear(x))
    assert list(skip.stages()) == ["1", "2", "3", "head", "skip"]
    for got, expected in zip(skip.features(x), network.features(x), strict=True):
        assert torch.equal(got, expected)
