"""What a network is made of, if it is a chain of linear maps and nonlinearities that can be compiled whole.

`parts` finds it by looking, so no plugin has to say so. A nonlinearity is one of two things: a `Kernel`, whose slope is
written down, or the `forward` of a plugin in plain PyTorch, whose slope the compiler's process derives. Either goes
there by name: what stands here is how it is told, and how it is understood there (`functions`).
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from activations.core.aot import loaded
from activations.core.base import Activation, Pointwise
from activations.core.chain import Chain
from activations.core.kernel import compiling, recorded
from activations.core.linear import FirstLinear

Affine = Callable[[], tuple[Tensor, Tensor]]
"""Gives the matrix (out, in) and the bias (out,) of a linear map, differentiable in its parameters."""


@dataclass(frozen=True)
class Nonlinearity:
    """A nonlinearity as the compiler's process is told of it.

    Attributes:
        names: of the functions of a kernel, as `Kernel.sources` has them; or of a plugin's class, what its settings
            are that are no numbers, in JSON, and the names of those that are.
        files: that they stand in, in this order.
        constants: the numbers, which are arguments of the code: one code serves all.
        columns: of the pre-activation and of the value for each unit.
        derived: whether it is a plugin's `forward`.
    """

    names: tuple[str, ...]
    files: tuple[str, ...]
    constants: tuple[float, ...]
    columns: tuple[int, int]
    derived: bool


@dataclass(frozen=True)
class Layer:
    """nonlinearity(affine(x))."""

    affine: Affine
    nonlinearity: Nonlinearity


@dataclass(frozen=True)
class Parts:
    """A network in parts: encoding, if there is one, layers, linear head."""

    encoding: nn.Module | None
    layers: list[Layer]
    head: Affine


def parts(network: nn.Module) -> Parts | None:
    """The parts of a network, if a chain of linear maps and such nonlinearities is all there is to it; else None."""
    if not isinstance(network, Chain) or type(network).forward is not nn.Sequential.forward:
        return None
    if any(module._forward_hooks or module._forward_pre_hooks for module in network.modules()):
        return None
    encoding = network[0] if network.encoded else None
    if encoding is not None and next(encoding.parameters(), None) is not None:
        return None
    layers = [_layer(module) for module in network.layers]
    head = _affine(network.head)
    if head is None or None in layers:
        return None
    return Parts(encoding, cast(list[Layer], layers), head)


def _layer(module: nn.Module) -> Layer | None:
    if type(module) is not nn.Sequential or len(module) != 2:
        return None
    affine, nonlinearity = _affine(module[0]), None
    if affine is not None and not module[1].state_dict() and not any(True for _ in module[1].buffers()):
        nonlinearity = _kernel(module[1], len(affine()[1]))
        if nonlinearity is None and type(module[1]) is Pointwise:
            nonlinearity = _forward(module[1].activation)
    return None if affine is None or nonlinearity is None else Layer(affine, nonlinearity)


def _affine(module: nn.Module) -> Affine | None:
    if type(module) in (nn.Linear, FirstLinear):
        linear = cast(nn.Linear, module)
        return None if linear.bias is None else lambda: (linear.weight, linear.bias)
    affine = getattr(module, "affine", None)  # of ours a method; of torch's BatchNorm a flag
    return affine if callable(affine) else None


def _kernel(module: nn.Module, columns: int) -> Nonlinearity | None:
    """The kernel that is all a module does: it shows when the module is used."""
    z = torch.zeros(2, columns)
    try:
        with torch.no_grad(), compiling(False), recorded() as calls:
            out = module(z)
    except Exception:  # as below
        return None
    if len(calls) != 1 or calls[0].z is not z or calls[0].out is not out:
        return None
    kernel, constants = calls[0].kernel, calls[0].constants
    if any(isinstance(constant, Tensor) for constant in constants):  # a trained one
        return None
    names, files = zip(*((source.name, source.file) for source in kernel.sources), strict=True)
    return Nonlinearity(names, files, cast("tuple[float, ...]", constants), kernel.columns, derived=False)


def _forward(activation: Activation) -> Nonlinearity | None:
    """A plugin's `forward`, if it treats its numbers as PyTorch does: then they can be tensors as well."""
    cls, settings = type(activation), dict(activation)
    numbers = {name: value for name, value in settings.items() if isinstance(value, float)}
    others = {name: value for name, value in settings.items() if name not in numbers}
    z = torch.linspace(-3, 3, 101).reshape(1, -1)
    try:
        described = json.dumps(others)
        if not cls.__qualname__.isidentifier() or json.loads(described) != others:
            return None
        with torch.no_grad(), compiling(False):
            # Without values: whatever would take a number out of its tensor, math.sqrt for one, fails.
            empty = z.to("meta")
            shaped = _rebuilt(cls, others, numbers, "meta").forward(empty)
            expected, found = activation.forward(z), _rebuilt(cls, others, numbers, "cpu").forward(z)
        same = torch.allclose(found, expected, rtol=1e-4, atol=1e-5, equal_nan=True)
        if not same or (shaped.shape, shaped.dtype, shaped.device) != (empty.shape, empty.dtype, empty.device):
            return None
    except Exception:  # it is the plugin's own code, and has its chance in autograd
        return None
    names = (cls.__qualname__, described, *numbers)
    return Nonlinearity(names, (inspect.getfile(cls),), tuple(numbers.values()), (1, 1), derived=True)


def _rebuilt(cls: type[Activation], others: dict[str, Any], numbers: dict[str, float], device: str) -> Activation:
    tensors: dict[str, Any] = {name: torch.tensor(value, device=device) for name, value in numbers.items()}
    return cls.model_construct(**others, **tensors)


# -- in the compiler's process -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Functions:
    """Value and slope of a nonlinearity, with so many scalar tensors as last arguments.

    The value is one of pre-activations; the slope one of the arriving gradient, of pre-activations and of their values.
    """

    value: Callable[..., Tensor]
    slope: Callable[..., Tensor]
    scalars: int
    columns: tuple[int, int]


def functions(names: Sequence[str], files: Sequence[str], scalars: int, columns: Sequence[int]) -> Functions:
    """The functions of a `Nonlinearity`, by its attributes."""
    if len(files) == 1:
        value, by_z = _derived(cast(type[Activation], loaded(files[0], names[0])), json.loads(names[1]), names[2:])
        by_value = None
    else:
        value, by_z, by_value, *_ = *(loaded(file, name) for file, name in zip(files, names, strict=True)), None

    def slope(gradient: Tensor, z: Tensor, of_z: Tensor, *numbers: Tensor) -> Tensor:
        found: Tensor = by_z(gradient, z, *numbers) if by_value is None else by_value(gradient, z, of_z, *numbers)
        return found

    return Functions(value, slope, scalars, (columns[0], columns[1]))


def _derived(
    cls: type[Activation], others: dict[str, Any], names: Sequence[str]
) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    from torch.fx.experimental.proxy_tensor import make_fx

    def value(z: Tensor, *numbers: Any) -> Tensor:
        return cls.model_construct(**others, **dict(zip(names, numbers, strict=True))).forward(z)

    def slope(gradient: Tensor, z: Tensor, *numbers: Tensor) -> Tensor:
        with torch.enable_grad():
            z = z.detach().requires_grad_()
            return torch.autograd.grad(value(z, *numbers), z, gradient)[0]

    examples = (torch.rand(7, 5), torch.rand(7, 5), *(torch.rand(()) for _ in names))
    return value, make_fx(slope, tracing_mode="symbolic")(*examples)
