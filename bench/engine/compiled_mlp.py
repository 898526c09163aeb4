"""An MLP, or an MLP of filters, as compiled functions: forward and backward pass over a block of rows.

One operation after another through autograd, a step spends its time on calls and on results that have left the
processor's cache. The passes of an MLP (`inrbench.bench.engine.capture`) are known in advance: `mlp.cpp` beside this
file takes a tile of rows through all layers at once. PyTorch's compiler writes the nonlinearities in C++ from their
Python functions, and all is compiled together. The code runs on one thread and without the interpreter's lock (GIL),
and several threads work on blocks of their own: that parallels better than dividing each product of a small block.

The code holds for any number of layers, rows, coordinates, units and channels; each set of nonlinearities has its own.
"""

from __future__ import annotations

import ctypes
import functools
import json
import threading
from collections.abc import Callable, Sequence
from ctypes import c_double, c_float, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inrbench.bench.engine import torch_internals
from inrbench.bench.engine.aot import CompilationError, compile_all, compile_to, load, scalar
from inrbench.bench.engine.capture import FEW, Affine, MLPSpec, Nonlinearity, examples, functions
from inrbench.bench.engine.code_cache import code_file
from inrbench.bench.engine.elementary import REPLACED
from inrbench.bench.engine.products import mkl_lacks_avx512

PASSES = Path(__file__).with_name("mlp.cpp")

TILE = 256
"""Rows that go through all layers at once; a multiple of 16.

Not measured on each machine: the number decides in which order the terms of a gradient are added. From 128 to 512 rows
make a difference of at most 5 % at widths of 28 to 300."""


class CompiledMLP:
    """The compiled passes of an MLP. Any number of threads may call them at the same time.

    Args:
        spec: of the network, whose parameters may change; see `refresh`.
        transposed: whether the transposed factor of a product is copied, for oneDNN, instead of a call of BLAS. None
            is what is faster on this machine.

    Raises:
        CompilationError: if they cannot be compiled.
    """

    def __init__(self, spec: MLPSpec, transposed: bool | None = None) -> None:
        code = MLPCode.of(spec)
        compile_all([code])
        self._spec, self._code, self._local = spec, _Code(load(code.path)), threading.local()
        layers = [affine for layer in spec.layers for affine in (layer.affine, layer.filter)]
        self._affines = [affine for affine in (*layers, spec.head, spec.skip) if affine]
        self._trained = [each for layer in spec.layers for each in layer.nonlinearity.trained]
        self._constants = [[scalar(each) for each in layer.nonlinearity.constants] for layer in spec.layers]
        self._read()
        try:
            multiply, sgemm = torch_internals.product_functions()
        except OSError as error:
            raise CompilationError(str(error)) from error
        if mkl_lacks_avx512() if transposed is None else transposed:
            sgemm = None
        self._network = _Network.of(spec, self._tensors, self._constants, code.numbers, (multiply, sgemm))
        self._address = ctypes.addressof(self._network)
        self._saved_floats = int(self._code.saved_of_row(self._address))
        self._work_floats = int(self._code.work(self._address, TILE))

    def refresh(self) -> None:
        """Read the parameters as they are now."""
        if [tensor.data_ptr() for tensor in self._effective] == self._leaves:
            return  # parameters that change in place
        self._read()
        self._network.point_to(self._tensors)

    def _read(self) -> None:
        with torch.enable_grad():
            self._effective = [*(tensor for affine in self._affines for tensor in affine()), *self._trained]
        self._tensors = [tensor.detach().contiguous() for tensor in self._effective]
        plain = all(tensor.is_leaf and tensor.is_contiguous() for tensor in self._effective)
        self._leaves = [tensor.data_ptr() for tensor in self._effective] if plain else []

    def new_gradients(self) -> Tensor:
        """Zeros, to which passes add the gradients of all maps, then of nonlinearities, one after another."""
        return torch.zeros(self._network.parameters)

    @torch.no_grad()
    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(N, d) coordinates to (N, C) values, and, if ``keep``, the tensors saved for `backward`.

        Raises:
            ValueError: if the coordinates are not float32, or not of this network: compiled code has no checks.
        """
        x = self._input(coords)
        rows = len(x)
        values = torch.empty(rows, self._network.head.rows)
        saved = torch.empty(-(-rows // TILE) * TILE * self._saved_floats) if keep else None
        pointer = None if saved is None else saved.data_ptr()
        work = self._work()
        self._code.forward(self._address, x.data_ptr(), values.data_ptr(), pointer, work, rows, TILE)
        return values, () if saved is None else (x, values, saved)

    @torch.no_grad()
    def backward(self, saved: tuple[Tensor, ...], gradient: Tensor, gradients: Tensor) -> None:
        """Add the gradients for a gradient (N, C) at the values to those of `new_gradients`."""
        x, values, of_layers = saved
        gradient = gradient.float().contiguous()
        self._code.backward(
            self._address, x.data_ptr(), values.data_ptr(), gradient.data_ptr(), of_layers.data_ptr(), self._work(),
            gradients.data_ptr(), len(x), TILE,
        )  # fmt: skip

    @torch.no_grad()
    def least_squares(self, coords: Tensor, targets: Tensor, scale: float, gradients: Tensor) -> float:
        """The sum S of the squared errors against (N, C) targets; adds the gradients of ``scale`` S.

        Raises:
            ValueError: as `forward`.
        """
        x, targets = self._input(coords), targets.contiguous()
        if targets.shape != (len(x), self._network.head.rows) or targets.dtype != torch.float32:
            raise ValueError(f"{tuple(targets.shape)} targets in {targets.dtype} for {len(x)} rows of values")
        total: float = self._code.least_squares(
            self._address, x.data_ptr(), targets.data_ptr(), scale, self._work(), gradients.data_ptr(), len(x),
            TILE,
        )  # fmt: skip
        return total

    def add_gradients(self, gradients: Tensor) -> None:
        """Add the gradients of all maps and nonlinearities to the parameters' ``grad``."""
        derived = []
        parts = torch_internals.parts_of(gradients, self._tensors)
        for tensor, gradient in zip(self._effective, parts, strict=True):
            if tensor.is_leaf and tensor.requires_grad:
                tensor.grad = gradient if tensor.grad is None else tensor.grad + gradient
            elif tensor.requires_grad:
                derived.append((tensor, gradient))
        if derived:
            # Of a scalar, as in `AutogradEngine.backward`.
            products = [(tensor * gradient).sum() for tensor, gradient in derived]
            torch.stack(products).sum().backward()  # type: ignore[no-untyped-call]

    def _input(self, coords: Tensor) -> Tensor:
        x = coords if self._spec.encoding is None else self._spec.encoding(coords)
        features = self._network.inputs
        if x.dtype != torch.float32 or x.dim() != 2 or x.shape[1] != features:
            raise ValueError(f"{tuple(coords.shape)} coordinates in {coords.dtype} for a network of {features} inputs")
        return x.contiguous()

    def _work(self) -> int:
        """The address of this thread's memory, always the same: fresh memory costs a page fault for every 4 KiB."""
        if not hasattr(self._local, "work"):
            self._local.work = torch.empty(self._work_floats)
        address: int = self._local.work.data_ptr()
        return address


# -- the structures of `mlp.cpp` ---------------------------------------------------------------------------------------


class _Affine(ctypes.Structure):
    _fields_ = (("matrix", c_void_p), ("bias", c_void_p), ("rows", c_int64), ("columns", c_int64), ("at", c_int64))


class _Layer(ctypes.Structure):
    _fields_ = (
        ("map", _Affine),
        ("filter", _Affine),
        ("function", c_int64),
        ("units", c_int64),
        ("width", c_int64),
        ("constants", ctypes.POINTER(c_void_p)),
        ("trained", c_int64),
        ("at", c_int64),
    )


class _Network(ctypes.Structure):
    _fields_ = (
        ("layers", ctypes.POINTER(_Layer)),
        ("depth", c_int64),
        ("head", _Affine),
        ("skip", _Affine),
        ("bounded", c_int64),
        ("parameters", c_int64),
        ("multiply", c_void_p),
        ("sgemm", c_void_p),
    )
    trained: list[tuple[Any, int]]
    """Of what is trained of the nonlinearities: pointers, and the index among them."""

    @classmethod
    def of(
        cls,
        spec: MLPSpec,
        tensors: Sequence[Tensor],
        constants: Sequence[Sequence[Tensor]],
        numbers: Sequence[int],
        products: tuple[int, int | None],
    ) -> _Network:
        """The network with tensors in the order of `point_to`, and of each layer its function's number."""
        left, at = iter(tensors), 0

        def affine(there: Affine | None) -> _Affine:
            nonlocal at
            if there is None:
                return _Affine()
            matrix, bias = next(left), next(left)
            made = _Affine(None, None, *matrix.shape, at)
            at += matrix.numel() + bias.numel()
            return made

        layers = (_Layer * len(spec.layers))()
        for layer, into, number in zip(spec.layers, layers, numbers, strict=True):
            into.map, into.filter = affine(layer.affine), affine(layer.filter)
            of_z, of_y = layer.nonlinearity.columns
            into.function, into.units = number, (into.filter.rows or into.map.rows) // of_z
            into.width = of_y * into.units
        head, skip, slots = affine(spec.head), affine(spec.skip), []
        for layer, into, values in zip(spec.layers, layers, constants, strict=True):
            trained = [next(left) for _ in layer.nonlinearity.trained]
            count = len(values) + len(trained)
            into.constants = pointers = (c_void_p * count)(*(value.data_ptr() for value in values))
            slots += [(pointers, index) for index in range(len(values), count)]
            into.at, into.trained = at, sum(tensor.numel() for tensor in trained)
            at += into.trained
        made = cls(layers, len(layers), head, skip, spec.bounded, at, *products)
        made.trained = slots
        made.point_to(tensors)
        return made

    @property
    def inputs(self) -> int:
        """Columns of the input of the first layer."""
        columns: int = self.layers[0].map.columns
        return columns

    def point_to(self, tensors: Sequence[Tensor]) -> None:
        """Tensors of the same shapes: matrices and biases of all maps, then what is trained of nonlinearities."""
        layers = [affine for layer in self.layers[: self.depth] for affine in (layer.map, layer.filter)]
        affines = [affine for affine in (*layers, self.head, self.skip) if affine.rows]
        left = iter(tensors)
        for affine in affines:
            affine.matrix, affine.bias = next(left).data_ptr(), next(left).data_ptr()
        for pointers, index in self.trained:
            pointers[index] = next(left).data_ptr()


class _Code:
    """The functions of `mlp.cpp`, whose comments say what they do."""

    def __init__(self, library: ctypes.CDLL) -> None:
        pointer, size = c_void_p, c_int64
        self.saved_of_row = _function(library.saved_of_row, size, pointer)
        self.work = _function(library.work, size, pointer, size)
        self.forward = _function(library.forward, None, *[pointer] * 5, size, size)
        self.backward = _function(library.backward, None, *[pointer] * 7, size, size)
        self.least_squares = _function(
            library.least_squares, c_double, *[pointer] * 3, c_float, *[pointer] * 2, size, size
        )


def _function(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    function.restype, function.argtypes = result, arguments
    called: Callable[..., Any] = function
    return called


# -- compilation -------------------------------------------------------------------------------------------------------

Described = tuple[tuple[str, ...], tuple[str, ...], int, tuple[int, int], tuple[tuple[int, ...], ...]]
"""Of a nonlinearity: names, files, number of constants, columns, shapes of what is trained."""


@dataclass(frozen=True)
class MLPCode:
    """The code of all MLPs with some nonlinearities; a `inrbench.bench.engine.aot.Recipe`.

    Attributes:
        nonlinearities: different ones.
        numbers: of each layer the number of its own.
    """

    nonlinearities: tuple[Described, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, spec: MLPSpec) -> MLPCode:
        """The code of an MLP."""
        of_layers = [_described(layer.nonlinearity) for layer in spec.layers]
        different = tuple(dict.fromkeys(of_layers))
        return cls(different, tuple(map(different.index, of_layers)))

    @functools.cached_property
    def path(self) -> Path:  # its key reads source files
        described = [(names, *others) for names, _, *others in self.nonlinearities]
        files = dict.fromkeys(file for _, files, *_ in self.nonlinearities for file in files)
        name = self.nonlinearities[-1][0][0].strip("_")
        return code_file(name, [json.dumps(described), PASSES.read_text()], [*files, __file__])

    @property
    def command(self) -> list[str]:
        return [__name__, json.dumps(self.nonlinearities), str(self.path)]


def _described(nonlinearity: Nonlinearity) -> Described:
    constants = len(nonlinearity.constants)
    return nonlinearity.names, nonlinearity.files, constants, nonlinearity.columns, nonlinearity.shapes


def compile_from(arguments: Sequence[str]) -> None:
    """Compile the code of an MLP by ``NONLINEARITIES PATH``, the first in JSON."""
    sent, path = arguments
    torch.set_num_threads(1)
    kernels = [_kernels(number, *described) for number, described in enumerate(json.loads(sent))]
    code = [torch_internals.HEADER, *(kernel.source for of_one in kernels for kernel in of_one.values())]
    for name, (given, filled) in PARAMETERS.items():
        parameters = ", ".join([*(f"const float* {each}" for each in given), *(f"float* {each}" for each in filled)])
        cases = "\n".join(f"case {number}: {{ {of_one[name].call} }} break;" for number, of_one in enumerate(kernels))
        code.append(
            f"static void {name}(int64_t function, {parameters}, const float* const* constants, "
            f"int64_t rows, int64_t units) {{ switch (function) {{\n{cases}\n}} }}"
        )
    compile_to(Path(path), "\n".join([*code, PASSES.read_text()]))


@dataclass(frozen=True)
class _Kernel:
    """A C++ function, and statements that call it with the variables of `mlp.cpp`."""

    source: str
    call: str


PARAMETERS = {"value": (("z",), ("out",)), "vjp": (("gradient", "z", "y"), ("out", "of_trained"))}
"""What the functions of `Functions` are given, before the constants, and what they fill; ``of_trained`` only where
something is trained."""

ROWS, UNITS = 1021, 61
"""Sizes of examples: primes above `FEW`, so that the numbers in a call tell what they are products of."""


def _kernels(
    number: int,
    names: Sequence[str],
    files: Sequence[str],
    constants: int,
    columns: Sequence[int],
    trained: Sequence[Sequence[int]],
) -> dict[str, _Kernel]:
    """The kernels of a nonlinearity, by the names of `Functions`."""
    found = functions(names, files, constants, columns, trained)
    y, gradient, z, *others = examples(ROWS, UNITS, columns, [*[()] * constants, *trained])
    numbers = {f"constants[{index}]": tensor for index, tensor in enumerate(others)}
    return {
        "value": _kernel("value", number, found.value, {"z": z, **numbers}),
        "vjp": _kernel("vjp", number, found.vjp, {"gradient": gradient, "z": z, "y": y, **numbers}),
    }


def _kernel(kind: str, number: int, function: Callable[..., Any], tensors: dict[str, Tensor]) -> _Kernel:
    """The kernel of a function of tensors, which are named as in `mlp.cpp`.

    Raises:
        NotImplementedError: if it needs memory for more than a few numbers.
    """
    name, (_, filled) = f"{kind}_{number}", PARAMETERS[kind]
    source, arguments, outs = torch_internals.generate(name, function, list(tensors.values()), REPLACED)
    named = {**tensors, **dict(zip(filled, outs, strict=False))}
    names = {tensor.untyped_storage().data_ptr(): each for each, tensor in named.items()}
    own: list[str] = []

    def variable(argument: Tensor | int) -> str:
        if not isinstance(argument, Tensor):
            by_rows, rest = divmod(argument, ROWS)
            return (
                "rows" if (by_rows, rest) == (1, 0) else f"rows * {_units(by_rows)}" if not rest else _units(argument)
            )
        memory = argument.untyped_storage()
        if memory.data_ptr() not in names:
            floats = memory.nbytes() // argument.element_size()
            if floats > FEW * UNITS:
                raise NotImplementedError(f"{name} needs memory of its own")
            names[memory.data_ptr()] = f"own{len(own)}"
            own.append(f"float own{len(own)}[{_units(floats)}]; ")
        units, rest = divmod(int(argument.storage_offset()), UNITS)
        return f"{names[memory.data_ptr()]} + {units} * units + {rest}"

    call = f"{name}({', '.join(map(variable, arguments))});"
    return _Kernel(source, "".join([*own, call]))


def _units(number: int) -> str:
    """A number up to `FEW`, or as a multiple of the units.

    Raises:
        NotImplementedError: if it is neither.
    """
    if 0 <= number <= FEW:
        return str(number)
    if number < 0 or number % UNITS:
        raise NotImplementedError(f"{number} in a kernel is no multiple of its units")
    return f"{number // UNITS} * units"
