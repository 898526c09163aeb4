"""Several networks of one kind as one, so that a pass through all of them costs as many calls as through one of them.

The networks stay what they are. Their weights move into one vector, (K, …) for each parameter, which the networks
then look into: training the stack trains them, and each can be scored, diagnosed or saved for itself at any time.

Which modules can be stacked: `torch.nn.Linear`; whatever has no parameters and works on (K, N, n) as on (N, n), as
elementwise nonlinearities, encodings and containers do; and modules with ``stacks = True``, whose `forward` promises to
do so where each of their parameters has a leading K.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from activations.base import Activation
from activations.linear import FirstLinear, linear


class Unstackable(Exception):
    """The networks cannot be computed as one; the message says why."""


class Stack:
    """K networks as one.

    Args:
        networks: of the same structure, on one device, all their parameters real, trained and of one dtype. Their
            parameters become views of `values`.
        activations: what they were built from. A number in which these differ reaches `Activation.forward` as a tensor
            (K, 1, 1).

    Attributes:
        network: (K, N, d) coordinates -> (K, N, C) values.
        values: (P,), all weights: parameter after parameter, each for all K networks.
        gradient: (P,), where the backward passes of `network` add their gradients; nothing sets it to 0.
        owner: (P,), the index of the network that each value belongs to.

    Raises:
        Unstackable: if they are not like that. The networks are then as they were.
    """

    def __init__(self, networks: Sequence[nn.Module], activations: Sequence[Activation]) -> None:
        first = networks[0]
        names = [name for name, _ in first.named_parameters()]
        each = [[network.get_parameter(name) for network in networks] for name in names] if _alike(networks) else []
        if not each:
            raise Unstackable("the networks differ in more than their numbers")
        parameters = [parameter for row in each for parameter in row]
        if any(p.is_complex() or not p.requires_grad or p.dtype != parameters[0].dtype for p in parameters):
            raise Unstackable("parameters that are complex, frozen or of several dtypes")
        buffers = [dict(network.named_buffers()) for network in networks]
        if any(not torch.equal(value, other[name]) for name, value in buffers[0].items() for other in buffers[1:]):
            raise Unstackable("the networks have different buffers")
        self.network = copy.deepcopy(first)
        at = _numbers(activations, parameters[0])
        for module in self.network.modules():
            if isinstance(getattr(module, "activation", None), Activation):
                module.activation = at  # type: ignore[assignment]
        self.values = torch.cat([p.detach().flatten() for p in parameters])
        self.gradient = torch.zeros_like(self.values)
        sizes = torch.tensor([p.numel() for p in parameters])
        index = torch.arange(len(networks)).repeat(len(names))
        self.owner = torch.repeat_interleave(index, sizes).to(self.values.device)
        self._take_over(each)

    def _take_over(self, each: list[list[nn.Parameter]]) -> None:
        """Give the stacked network its parameters, then the networks theirs."""
        stacked: dict[int, nn.Parameter] = {}
        start = 0
        for parameter, row in zip(self.network.parameters(), each, strict=True):
            end = start + len(row) * parameter.numel()
            shape = (len(row), *parameter.shape)
            stacked[id(parameter)] = new = nn.Parameter(self.values[start:end].view(shape))
            new.grad = self.gradient[start:end].view(shape)
            start = end
        # The old parameters stay alive in the list until all are replaced: ids of freed ones would be used again.
        old = [
            (module, name, parameter)
            for module in self.network.modules()
            for name, parameter in module.named_parameters(recurse=False)
        ]
        for module, name, parameter in old:
            if type(module) not in (nn.Linear, FirstLinear) and not getattr(module, "stacks", False):
                raise Unstackable(f"{type(module).__name__} has parameters and no `stacks = True`")
            setattr(module, name, stacked[id(parameter)])
        for parent in list(self.network.modules()):
            for name, child in list(parent.named_children()):
                if type(child) is nn.Linear:
                    setattr(parent, name, _Linear(child))
        for row, new in zip(each, stacked.values(), strict=True):
            for alone, view in zip(row, new.detach(), strict=True):
                alone.data = view


class _Linear(nn.Module):
    """A linear layer whose parameters have a leading K."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias
        if layer.bias is None:
            raise Unstackable("a linear layer without a bias")

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


def _alike(networks: Sequence[nn.Module]) -> bool:
    """Whether networks consist of the same modules with parameters of the same shapes."""
    kinds = [
        (
            [type(module) for module in network.modules()],
            [(name, p.shape) for name, p in network.named_parameters()],
            [name for name, _ in network.named_buffers()],
        )
        for network in networks
    ]
    return all(kind == kinds[0] for kind in kinds)


def _numbers(activations: Sequence[Activation], like: Tensor) -> Activation:
    """An activation whose parameters are those of several: a tensor (K, 1, 1) where their numbers differ."""
    first = activations[0]
    values = {}
    for name in type(first).model_fields:
        each = [getattr(activation, name) for activation in activations]
        values[name] = each[0]
        if any(value != each[0] for value in each):
            if not all(isinstance(value, float) for value in each):
                raise Unstackable(f"{name} differs and is no number with a point")
            values[name] = torch.tensor(each, dtype=like.dtype, device=like.device).view(-1, 1, 1)
    return type(first).model_construct(**values)
