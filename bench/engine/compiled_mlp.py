"""An MLP, or an MLP of filters, as two compiled functions: forward and backward pass over a block of rows.

One layer after another through autograd, a step of a narrow network spends its time on calls. The passes of an MLP
(`inrbench.bench.engine.capture`) are known in advance, so that PyTorch's compiler makes one function of each. It runs
on one thread and without the interpreter's lock (GIL), and several threads work on blocks of their own: that parallels
better than the division of each product of a small block.

The code holds for any number of rows, coordinates, units and channels; each sequence of nonlinearities has its own.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from inrbench.bench.engine.aot import compile_all, compile_to, load, scalar
from inrbench.bench.engine.capture import Functions, Layer, MLPSpec, functions
from inrbench.bench.engine.code_cache import code_file
from inrbench.bench.engine.products import LIBRARIES, Products, faster_library
from inrbench.bench.engine.torch_internals import make_onednn_known_to_compiler


class CompiledMLP:
    """The compiled forward and backward pass of an MLP.

    Args:
        spec: of the network, whose parameters may change; see `refresh`.
        callers: number of threads that may run them at the same time.
        library: of the matrix products, see `inrbench.bench.engine.products`.

    Raises:
        CompilationError: if they cannot be compiled.
    """

    def __init__(self, spec: MLPSpec, callers: int, library: str) -> None:
        self._spec = spec
        passes = passes_of(spec, library)
        compile_all(passes)
        self._forward, self._backward = (load(each.path, callers) for each in passes)
        self._scalars = [scalar(constant) for layer in spec.layers for constant in layer.nonlinearity.constants]
        self._effective: list[Tensor] = []
        self._tensors: list[Tensor] = []
        self._skip: list[Tensor] = []
        self.refresh()

    def refresh(self) -> None:
        """Read the parameters as they are now."""
        affines = [affine for layer in self._spec.layers for affine in (layer.affine, layer.filter)]
        with torch.enable_grad():
            self._effective = [t for affine in (*affines, self._spec.head, self._spec.skip) if affine for t in affine()]
        tensors = [tensor.detach().contiguous() for tensor in self._effective]
        self._tensors, self._skip = (tensors[:-2], tensors[-2:]) if self._spec.skip else (tensors, [])

    @torch.no_grad()
    def forward(self, coords: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(N, d) coordinates to (N, C) values, and the tensors saved for `backward`; any thread may call it.

        Raises:
            ValueError: if the coordinates are not float32, or not of this network: compiled code has no checks.
        """
        x = coords if self._spec.encoding is None else self._spec.encoding(coords)
        features = self._tensors[0].shape[1]
        if x.dtype != torch.float32 or x.dim() != 2 or x.shape[1] != features:
            raise ValueError(f"{tuple(coords.shape)} coordinates in {coords.dtype} for a network of {features} inputs")
        x = x.contiguous()
        values, *saved = self._forward([x, *self._tensors, *self._scalars])
        if self._skip:
            matrix, bias = self._skip
            values += torch.addmm(bias, x, matrix.t())
        if self._spec.bounded:
            values = values.tanh_().add_(1).mul_(0.5)
            saved.append(values)
        return values, [x, *saved]

    @torch.no_grad()
    def backward(self, saved: list[Tensor], gradient: Tensor) -> list[Tensor]:
        """The gradient (N, C) at the values to gradients, whose sum goes to `add_gradients`; any thread may call it."""
        if self._spec.bounded:
            *saved, values = saved
            gradient = gradient * (2 * values * (1 - values))  # of (1 + tanh v) / 2
        gradient = gradient.float().contiguous()
        gradients = self._backward([gradient, *saved, *self._tensors[::2], *self._scalars])
        skip = [(saved[0].t() @ gradient).t().contiguous(), gradient.sum(0)] if self._skip else []
        return gradients + skip

    def add_gradients(self, gradients: list[Tensor]) -> None:
        """Add a sum of gradients to the parameters' ``grad``."""
        derived = []
        for tensor, gradient in zip(self._effective, gradients, strict=True):
            if tensor.is_leaf and tensor.requires_grad:
                tensor.grad = gradient if tensor.grad is None else tensor.grad + gradient
            elif tensor.requires_grad:
                derived.append((tensor, gradient))
        if derived:
            # Of a scalar, as in `AutogradEngine.backward`.
            products = [(tensor * gradient).sum() for tensor, gradient in derived]
            torch.stack(products).sum().backward()  # type: ignore[no-untyped-call]


Layers = Sequence[tuple[Functions, bool]]
"""Of each layer its nonlinearity, and whether that is a filter."""


def _run_forward(
    products: Products, layers: Layers, coords: Tensor, affine: Sequence[Tensor], scalars: Sequence[Tensor]
) -> Any:
    """The values, then of each layer the output of the map that a filter multiplies, if any, pre-activation, output."""
    x, saved, maps, rest = coords, [], list(affine), list(scalars)

    def mapped(x: Tensor) -> Tensor:
        matrix, bias = maps.pop(0), maps.pop(0)
        return products.affine(x, matrix, bias)

    for kernel, filtered in layers:
        constants, rest = rest[: kernel.scalars], rest[kernel.scalars :]
        linear = [mapped(x)] if filtered else []
        z = mapped(coords if filtered else x)
        y = kernel.value(z, *constants)
        x = linear[0] * y if filtered else y
        saved += [*linear, z, x]
    return mapped(x), *saved


def _run_backward(
    products: Products,
    layers: Layers,
    gradient: Tensor,
    saved: Sequence[Tensor],
    matrices: Sequence[Tensor],
    scalars: Sequence[Tensor],
) -> Any:
    """The gradients at matrix and bias of each layer and, after them, of its filter; then at those of the head."""
    left, maps, rest = list(saved), list(matrices), list(scalars)
    coords, gradients = saved[0], [products.transposed_times(gradient, left[-1]), gradient.sum(0)]

    def of_coords(gradient: Tensor) -> tuple[Tensor, Tensor]:
        # Of a linear map of the coordinates, which have few columns; see `inrbench.activations.core.linear`.
        return products.transposed_times(coords, gradient).t().contiguous(), gradient.sum(0)

    for number, (kernel, filtered) in reversed(list(enumerate(layers))):
        rest, constants = rest[: len(rest) - kernel.scalars], rest[len(rest) - kernel.scalars :]
        gradient = products.times(gradient, maps.pop())
        y, z = left.pop(), left.pop()
        if filtered:
            linear, y = left.pop(), kernel.value(z, *constants)
            at_filter, gradient = kernel.vjp(gradient * linear, z, y, *constants), gradient * y
            gradients = [*of_coords(at_filter), *gradients]
            maps.pop()
        else:
            gradient = kernel.vjp(gradient, z, y, *constants)
        if number:
            gradients = [products.transposed_times(gradient, left[-1]), gradient.sum(0), *gradients]
        else:
            gradients = [*of_coords(gradient), *gradients]
    return tuple(gradients)


@dataclass(frozen=True)
class Pass:
    """One pass of an MLP, to be compiled; a `inrbench.bench.engine.aot.Recipe`."""

    layers: Sequence[Layer]
    backward: bool
    library: str

    @functools.cached_property
    def path(self) -> Path:  # its key reads source files
        name = f"{'backward' if self.backward else 'forward'}-{self.layers[-1].nonlinearity.names[0].strip('_')}"
        shape = [(names, *others) for names, _, *others in self._described()]
        files = dict.fromkeys(file for layer in self.layers for file in layer.nonlinearity.files)
        return code_file(name, [json.dumps(shape), self.library], [*files, __file__])

    @property
    def command(self) -> list[str]:
        return [__name__, json.dumps(self.backward), self.library, json.dumps(self._described()), str(self.path)]

    def _described(self) -> list[tuple[Any, ...]]:
        pairs = [(layer.nonlinearity, layer.filter is not None) for layer in self.layers]
        return [(each.names, each.files, len(each.constants), each.columns, filtered) for each, filtered in pairs]


def passes_of(spec: MLPSpec, library: str) -> list[Pass]:
    """Forward and backward pass of an MLP with the matrix products of a library."""
    return [Pass(spec.layers, backward, library) for backward in (False, True)]


def library_of(spec: MLPSpec) -> str:
    """The library whose matrix products are faster for an MLP; all of its layers have as many units as the last."""
    return faster_library(spec.head()[0].shape[1])


def _compile(layers: Layers, backward: bool, library: str, path: Path) -> None:
    from torch.export import Dim

    products = LIBRARIES[library]
    if library == "onednn":
        make_onednn_known_to_compiler()

    class Module(nn.Module):
        def forward(self, tensors: list[Tensor], affine: list[Tensor], scalars: list[Tensor]) -> Any:
            if backward:
                return _run_backward(products, layers, tensors[0], tensors[1:], affine, scalars)
            return _run_forward(products, layers, tensors[0], affine, scalars)

    rows, inputs, units, channels = (Dim(name, min=2) for name in ("rows", "inputs", "units", "channels"))
    sizes = {rows: 1024, inputs: 6, units: 128, channels: 3}

    def like(*shape: tuple[int, Any]) -> tuple[Tensor, dict[int, Any]]:
        example = torch.rand([multiple * sizes[dim] for multiple, dim in shape])
        return example, {index: multiple * dim if multiple > 1 else dim for index, (multiple, dim) in enumerate(shape)}

    coords = like((1, rows), (1, inputs))
    x, maps, saved = (1, inputs), [], []
    for kernel, filtered in layers:
        z, y = ((columns, units) for columns in kernel.columns)
        maps += [(y, x), (z, (1, inputs))] if filtered else [(z, x)]
        saved += [like((1, rows), width) for width in ((y, z, y) if filtered else (z, y))]
        x = y
    affine = [example for out, into in (*maps, ((1, channels), x)) for example in (like(out, into), like(out))]
    tensors = [like((1, rows), (1, channels)), coords, *saved] if backward else [coords]
    scalars = [(torch.rand(()), None) for kernel, _ in layers for _ in range(kernel.scalars)]
    groups = tensors, affine[::2] if backward else affine, scalars
    examples, shapes = ([[pair[index] for pair in group] for group in groups] for index in (0, 1))
    compile_to(path, Module(), tuple(examples), tuple(shapes))


def compile_from(arguments: Sequence[str]) -> None:
    """Compile one pass by ``BACKWARD LIBRARY LAYERS PATH``, the first and the third in JSON."""
    backward, library, sent, path = arguments
    torch.set_num_threads(1)
    layers = [(functions(*names), filtered) for *names, filtered in json.loads(sent)]
    _compile(layers, json.loads(backward), library, Path(path))
