"""Graph capture: recognition of a network that is an MLP of linear maps and nonlinearities, or of filters.

`mlp_spec` inspects the modules, so that a plugin needs no declaration. A nonlinearity is the plain ``forward`` of a
plugin or of a module with trained parameters, or a `Kernel`; its derivatives are traced, unless the kernel has one. The
compiler runs in another process; a `Nonlinearity` therefore identifies functions by file and name, and `functions`
restores them there.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Pointwise, bounded
from inrbench.activations.core.kernel import Kernel, using
from inrbench.activations.core.linear import FirstLinear
from inrbench.activations.core.mlp import MLP, Filter, MultiplicativeFilterNetwork, Skip
from inrbench.activations.core.spline_wavelet import WAVELET, LearnedWavelet
from inrbench.bench.engine.aot import import_from
from inrbench.bench.engine.kernel_code import Recorder

if TYPE_CHECKING:
    from torch.fx import GraphModule

FEW = 60
"""Values of trained parameters that a compiled nonlinearity may have, those for each unit counted once."""

UNITS = -1
"""Stands for the number of units in a shape."""

Affine = Callable[[], tuple[Tensor, Tensor]]
"""Gives the matrix (out, in) and the bias (out,) of a linear map, differentiable in its parameters."""


@dataclass(frozen=True)
class Nonlinearity:
    """A nonlinearity in a form that can be sent to the compiler's process.

    Attributes:
        names: of a kernel, the names of its functions: value and, if there is one, VJP. Of a plugin or a module, the
            name of its class, its settings that are not numbers in JSON, and the names of those that are, then those of
            trained parameters.
        files: the files that define the functions, in this order, or the class.
        constants: the numbers, which are arguments of the code: one code serves all.
        columns: number of columns of the pre-activation and of the value for each unit.
        trained: parameters of a module, which are arguments after the constants.
        shapes: theirs, with `UNITS` where there is a value for each unit.
    """

    names: tuple[str, ...]
    files: tuple[str, ...]
    constants: tuple[float, ...]
    columns: tuple[int, int]
    trained: tuple[nn.Parameter, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Layer:
    """nonlinearity(affine(x)); with a filter affine(x) ⊙ nonlinearity(filter(coords)), coords the MLP's input."""

    affine: Affine
    nonlinearity: Nonlinearity
    filter: Affine | None = None


@dataclass(frozen=True)
class MLPSpec:
    """Specification of an MLP: encoding, if there is one, layers, linear head, and linear map beside them, if any.

    The first layer has no filter. Where it is ``bounded``, the values are (1 + tanh v) / 2 of all that.
    """

    encoding: Callable[[Tensor], Tensor] | None
    layers: list[Layer]
    head: Affine
    skip: Affine | None
    bounded: bool = False


def mlp_spec(network: nn.Module) -> MLPSpec | None:
    """The specification of a network that consists of an MLP of linear maps and such nonlinearities; else None."""
    if any(module._forward_pre_hooks for module in network.modules()):
        return None
    hooks = [hook for module in network.modules() for hook in module._forward_hooks.values()]
    if hooks and (hooks != [bounded] or not network._forward_hooks):
        return None
    spec = _unbounded_spec(network)
    return replace(spec, bounded=True) if spec and hooks else spec


def _unbounded_spec(network: nn.Module) -> MLPSpec | None:
    """The specification of a network without its output activation."""
    if type(network) is MultiplicativeFilterNetwork:
        return _filters(network)
    skip = None
    if type(network) is Skip:
        skip, network = _affine(network.linear), network.mlp
        if skip is None or network.encoded:
            return None
    if not isinstance(network, MLP) or type(network).forward is not nn.Sequential.forward:
        return None
    encoding = network[0] if network.encoded else None
    if encoding is not None and next(encoding.parameters(), None) is not None:
        return None
    layers = [_layer(module) for module in network.layers]
    head = _affine(network.head)
    if head is None or None in layers:
        return None
    return MLPSpec(encoding, cast(list[Layer], layers), head, skip)


def _filters(network: MultiplicativeFilterNetwork) -> MLPSpec | None:
    filters = [cast(Filter, module) for module in network.filters]
    lift, linears = filters[0].lift, [_affine(linear) for linear in network.linears]
    head = _affine(network.head)
    if head is None or None in linears or any(layer.lift is not lift for layer in filters):
        return None
    if any(type(layer).forward is not Filter.forward for layer in filters):
        return None
    first, *others = [(layer.affine, _named(layer.kernel, ())) for layer in filters]
    layers = [
        Layer(cast(Affine, linear), nonlinearity, affine)
        for linear, (affine, nonlinearity) in zip(linears, others, strict=True)
    ]
    return MLPSpec(lift, [Layer(*first), *layers], head, None)


def _layer(module: nn.Module) -> Layer | None:
    if type(module) is not nn.Sequential or len(module) != 2 or (affine := _affine(module[0])) is None:
        return None
    function = module[1]
    if type(function) is LearnedWavelet:
        return Layer(_scaled(affine, function), _named(WAVELET, (1.0,)))
    nonlinearity, units = None, len(affine()[1])
    if any(True for _ in function.parameters()):
        nonlinearity = _trained(function, None) or _trained(function, units)
    elif not function.state_dict() and not any(True for _ in function.buffers()):
        nonlinearity = _kernel(function, units)
        if nonlinearity is None and type(function) is Pointwise:
            nonlinearity = _forward(function.activation)
    return Layer(affine, nonlinearity) if nonlinearity else None


def _affine(module: nn.Module) -> Affine | None:
    if type(module) in (nn.Linear, FirstLinear):
        linear = cast(nn.Linear, module)
        return None if linear.bias is None else lambda: (linear.weight, linear.bias)
    affine = getattr(module, "affine", None)  # of ours a method; of torch's BatchNorm a flag
    return affine if callable(affine) else None


def _scaled(affine: Affine, wavelet: LearnedWavelet) -> Affine:
    """The linear map c (Wx + b), differentiable in c as well."""

    def scaled() -> tuple[Tensor, Tensor]:
        matrix, bias = affine()
        return wavelet.c * matrix, wavelet.c * bias

    return scaled


def _kernel(function: Callable[[Tensor], Tensor], columns: int) -> Nonlinearity | None:
    """The nonlinearity of a function that calls one kernel and does nothing else, found by a trial call."""
    z, recorder = torch.linspace(-1, 1, 2 * columns).reshape(2, columns), Recorder()
    try:
        with torch.no_grad(), using(recorder):
            out = function(z)
    except Exception:  # as in `_forward`
        return None
    if len(recorder.calls) != 1:
        return None
    (call,) = recorder.calls
    kernel, constants = call.kernel, call.constants
    if not _same(call.z, z) or not _same(call.out, out) or any(isinstance(constant, Tensor) for constant in constants):
        return None
    if not torch.equal(out, kernel.value(z, *constants)):  # changed in place afterwards
        return None
    return _named(kernel, cast("tuple[float, ...]", constants))


def _named(kernel: Kernel, constants: tuple[float, ...]) -> Nonlinearity:
    sources = [function for function in (kernel.value, kernel.vjp) if function is not None]
    names, files = zip(*((function.__qualname__, inspect.getfile(function)) for function in sources), strict=True)
    return Nonlinearity(names, files, constants, kernel.columns)


def _same(one: Tensor, other: Any) -> bool:
    """Whether two tensors share all their memory."""
    return isinstance(other, Tensor) and (one.data_ptr(), one.shape) == (other.data_ptr(), other.shape)


def _trained(module: nn.Module, units: int | None) -> Nonlinearity | None:
    """The nonlinearity of a plugin's module with few trained parameters and nothing else inside.

    Args:
        units: as for `_forward`.
    """
    parameters = tuple(module.parameters())
    shapes = tuple(
        (*each.shape[:-1], UNITS) if units is not None and each.shape[-1:] == (units,) else tuple(each.shape)
        for each in parameters
    )
    values = sum(math.prod(map(abs, shape)) for shape in shapes)
    if values > FEW or [*module.children(), *module.buffers()] or type(module).__module__.startswith("torch."):
        return None
    if units is not None and not any(UNITS in shape for shape in shapes):
        return None
    found = _forward(module, units)
    return found and replace(found, trained=parameters, shapes=shapes)


def _forward(source: Activation | nn.Module, units: int | None = None) -> Nonlinearity | None:
    """The `forward` of a plugin or a module, if it is elementwise and its numbers may be tensors as well.

    Args:
        units: the number of columns, where a module has a function of its own for each.
    """
    cls = type(source)
    trained: dict[str, nn.Parameter] = {}
    if isinstance(source, nn.Module):
        usual = vars(nn.Module())
        settings = {name: value for name, value in vars(source).items() if name not in usual}
        trained = dict(source.named_parameters())
    else:
        settings = dict(source)
    numbers = {name: value for name, value in settings.items() if isinstance(value, float)}
    others = {name: value for name, value in settings.items() if name not in numbers}
    tensors = {**{name: torch.tensor(value) for name, value in numbers.items()}, **trained}
    columns = units or 101
    z = torch.linspace(-3, 3, 7 * columns).reshape(7, columns)
    every_other = (torch.arange(7)[:, None] + torch.arange(columns)) % 2 == 0  # in rows and in columns
    try:
        described = json.dumps(others)
        if not cls.__qualname__.isidentifier() or json.loads(described) != others:
            return None
        with torch.no_grad():
            # On tensors without values, code that takes a number out of its tensor (math.sqrt, a comparison) fails.
            empty = z.to("meta")
            shaped = _rebuilt(cls, others, {name: each.to("meta") for name, each in tensors.items()}).forward(empty)
            expected, rebuilt = source.forward(z), _rebuilt(cls, others, tensors).forward(z)
            one, other = (source.forward(torch.where(those, z, z + 1)) for those in (every_other, ~every_other))
            alike = [rebuilt, torch.where(every_other, one, other)]
            if units is None:
                alike.append(source.forward(z.t()).t())
        same = all(torch.allclose(each, expected, rtol=1e-4, atol=1e-5, equal_nan=True) for each in alike)
        if not same or (shaped.shape, shaped.dtype, shaped.device) != (empty.shape, empty.dtype, empty.device):
            return None
        file = inspect.getfile(cls)
    except Exception:  # code of a plugin; its errors show when autograd runs it
        return None
    names = (cls.__qualname__, described, *tensors)
    return Nonlinearity(names, (file,), tuple(numbers.values()), (1, 1))


def _rebuilt(cls: type[Any], others: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Any:
    """A plugin or a module with tensors for its numbers and its parameters."""
    if not issubclass(cls, nn.Module):
        return cls.model_construct(**others, **tensors)
    module = cls.__new__(cls)
    nn.Module.__init__(module)
    vars(module).update(others, **tensors)  # assigned, a tensor would have to be a parameter
    return module


# -- in the compiler's process -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Functions:
    """Value and VJP of a nonlinearity, with its constants and trained parameters as last arguments.

    The value is a function of pre-activations; the VJP is one of the gradient from above, of pre-activations and of
    their values. Where something is trained, it also gives the gradients of all trained values, (n,), and takes tensors
    as those of `examples`.
    """

    value: Callable[..., Tensor]
    vjp: Callable[..., Tensor | tuple[Tensor, ...]]


def functions(
    names: Sequence[str],
    files: Sequence[str],
    constants: int,
    columns: Sequence[int],
    trained: Sequence[Sequence[int]] = (),
) -> Functions:
    """The functions of a `Nonlinearity`, by its attributes.

    Args:
        constants: how many there are.
        trained: the shapes of trained parameters.
    """
    first: Any = import_from(files[0], names[0])
    value = _of_numbers(first, json.loads(names[1]), names[2:]) if isinstance(first, type) else first
    shapes = [*[()] * constants, *map(tuple, trained)]
    if len(files) > 1:
        return Functions(value, import_from(files[1], names[1]))
    return Functions(value, _derived(value, shapes, columns, constants))


def _of_numbers(cls: type[Any], others: Mapping[str, Any], names: Sequence[str]) -> Callable[..., Tensor]:
    """The `forward` of a plugin or a module as a function of pre-activations and of its numbers and parameters."""

    def value(z: Tensor, *numbers: Tensor) -> Tensor:
        of_z: Tensor = _rebuilt(cls, others, dict(zip(names, numbers, strict=True))).forward(z)
        return of_z

    return value


def _derived(
    value: Callable[..., Tensor], shapes: Sequence[tuple[int, ...]], columns: Sequence[int], constants: int
) -> Callable[..., tuple[Tensor, ...]]:
    """The VJP of a value for pre-activations and for all trained values, traced through autograd.

    Args:
        shapes: those of constants and trained parameters.
    """
    from torch.fx.experimental.proxy_tensor import make_fx

    def value_and_vjp(gradient: Tensor, z: Tensor, *numbers: Tensor) -> tuple[Tensor, ...]:
        fixed, leaves = numbers[:constants], [each.detach().requires_grad_() for each in (z, *numbers[constants:])]
        with torch.enable_grad():
            of_z = value(leaves[0], *fixed, *leaves[1:])
            of_leaves = torch.autograd.grad(of_z, leaves, gradient, materialize_grads=True)
        of_trained = [torch.cat([each.reshape(-1) for each in of_leaves[1:]])] if leaves[1:] else []
        return of_z, of_leaves[0], *of_trained

    return _by_value(make_fx(value_and_vjp, tracing_mode="symbolic")(*examples(7, 67, columns, shapes)[1:]))


def examples(rows: int, units: int, columns: Sequence[int], shapes: Sequence[Sequence[int]]) -> list[Tensor]:
    """Values, a gradient at them, pre-activations and tensors of shapes for a nonlinearity.

    They are flat, as in compiled code, which has one loop over all values, where no unit has anything of its own.
    """
    flat = tuple(columns) == (1, 1) and not any(UNITS in shape for shape in shapes)
    z, y = ((rows * units,) if flat else (rows, each * units) for each in columns)
    others = [[units if size == UNITS else size for size in shape] for shape in shapes]
    return [torch.rand(shape) for shape in (y, y, z, *others)]


def _by_value(traced: GraphModule) -> GraphModule:
    """(gradient, z, *numbers) to (value, *vjp) as (gradient, z, value, *numbers) to the VJP.

    The value has been kept, and the derivative of an exponential or of tanh needs nothing else.
    """
    graph = traced.graph
    _, z, *_ = graph.find_nodes(op="placeholder")
    (output,) = graph.find_nodes(op="output")
    value, *vjp = output.args[0]
    with graph.inserting_after(z):
        values = graph.placeholder("of_z")
    value.replace_all_uses_with(values)
    output.args = (tuple(vjp),)
    graph.eliminate_dead_code()
    traced.recompile()
    return traced
