"""Hidden matrices: which weights they are, and how a weight is taken apart into maps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.core.base import Domain, build
from inrbench.activations.core.hidden_matrices import HiddenMatrix, hidden_matrices
from inrbench.bench.config.plugins import Plugins

PLUGINS = Plugins()
SHAPE = (12, 16)

EXPECTED = {"relu": 2, "wire": 2, "wire-real": 2, "mfn": 2, "instant-ngp": 1, "grid": 0}


@pytest.mark.parametrize("name", EXPECTED)
def test_first_layers_heads_filters_and_tables_are_no_hidden_matrices(name: str) -> None:
    activation = PLUGINS.activations.get(name)()
    network = build(activation, Domain(2, 2, SHAPE), width=16, depth=3, seed=0)
    hidden = activation.hidden_matrices(network)
    assert len(hidden) == EXPECTED[name]
    assert all(matrix.maps(matrix.weight).shape[1] == matrix.weight.shape[1] for matrix in hidden)  # square maps
    assert {matrix.blocks for matrix in hidden} <= ({2} if name == "wire-real" else {1})


def test_the_maps_of_a_weight_are_views_of_it() -> None:
    stacked = HiddenMatrix(nn.Parameter(torch.arange(12.0).reshape(6, 2)), blocks=2)
    assert torch.equal(stacked.maps(stacked.weight)[1], torch.tensor([[6.0, 7.0], [8.0, 9.0], [10.0, 11.0]]))
    pairs = HiddenMatrix(nn.Parameter(torch.arange(8.0).reshape(2, 2, 2)))
    assert torch.equal(pairs.maps(pairs.weight)[0, 1], torch.tensor([4 + 5j, 6 + 7j]))
    with torch.no_grad():
        pairs.maps(pairs.weight)[0, 0, 0] = torch.tensor(9j)
    assert pairs.weight[0, 0].tolist() == [0.0, 9.0]


def test_a_network_that_does_not_tell_its_layers_is_refused() -> None:
    class Plain(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = super().forward(x)
            return out

    with pytest.raises(ValueError, match=r"Plain has no method stages\(\)"):
        hidden_matrices(Plain(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1)))
    assert hidden_matrices(Plain(nn.ReLU())) == []


def test_a_matrix_with_normalised_weights_is_none() -> None:
    """Its rows are directions times gains: an orthogonal step of the directions would not be one of the matrix."""
    activation = BwRelu(weight_norm=True)
    network = build(activation, Domain(2, 1, SHAPE), width=16, depth=3, seed=0)
    assert activation.hidden_matrices(network) == []


def test_a_network_of_one_layer_has_none() -> None:
    """Its only layer is the first one, however wide the encoding before it is."""
    for name in ("siren", "futon"):
        activation = PLUGINS.activations.get(name)()
        assert hidden_matrices(build(activation, Domain(2, 1, (16, 16)), width=8, depth=1, seed=0)) == []
