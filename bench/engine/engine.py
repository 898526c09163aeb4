"""Engines: each evaluates a network and its gradient in blocks of rows. One is chosen when a job is set up.

In order of preference, on a CPU:

- ``mlp``: the network as compiled functions (`inrbench.bench.engine.compiled_mlp`), each thread on blocks of its own;
- ``autograd``: PyTorch's, each thread on blocks of its own. It is the only one where training needs derivatives of the
  network at its coordinates, which compiled code does not give. It is called ``autograd-onednn`` where matrix products
  are those of oneDNN (`inrbench.bench.engine.products`).

On a GPU there is one thread, and ``kernels`` is autograd with nonlinearities that went through ``torch.compile``.
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from inrbench.activations.core.kernel import PLAIN, KernelCode, using
from inrbench.bench.engine.aot import CompilationError
from inrbench.bench.engine.capture import MLPSpec, mlp_spec
from inrbench.bench.engine.compiled_mlp import CompiledMLP
from inrbench.bench.engine.kernel_code import TorchCompiled
from inrbench.bench.engine.precision import in_precision
from inrbench.bench.engine.products import library_of_linear, multiplied_by
from inrbench.bench.engine.torch_internals import untested
from inrbench.bench.machine.cache import cache_folder

TRIED = 64
"""Number of rows on which a compiled MLP is compared with autograd before it is used."""

NEAR_VALUES, NEAR_GRADIENTS = 1e-2, 1e-1
"""Tolerances of that comparison, as parts of the norm.

The one of gradients is wide because rounding decides on which side of a jump of the derivative a unit is."""


ALONE = 1e-3
"""Tolerance, as a part of the norm, for a row's value among other rows and without them."""

DROPOUT = (nn.Dropout, nn.AlphaDropout, nn.FeatureAlphaDropout)


class Engine(Protocol):
    """Evaluates a network and its gradient.

    Attributes:
        name: ``mlp``, ``autograd``, ``autograd-onednn`` or ``kernels``.
        network: the network; its parameters may change between two passes.
        threads: number of threads that may call `forward` and `backward` at the same time.
        precision: of matrix products, see `inrbench.bench.engine.precision`.
        rowwise: whether the value of a row is that of the row alone in training, so that blocks of rows may be
            evaluated one after another; not so with batch normalisation.
    """

    name: str
    network: nn.Module
    threads: int
    precision: str | None
    rowwise: bool

    def begin(self) -> None:
        """Read the parameters as they are now; sums of gradients start at zero."""

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Any]:
        """(N, d) coordinates to (N, C) values without a gradient, and what `backward` needs if ``keep``."""

    def backward(self, thread: int, saved: Any, gradient: Tensor) -> None:
        """Add the gradient of the parameters, for a gradient (N, C) at the values, to the sums of a thread."""

    def end(self) -> None:
        """Add the sums of all threads, in order, to the parameters' ``grad``."""


class AutogradEngine:
    """PyTorch's autograd, by default on one of our threads; PyTorch divides its own threads among the operations."""

    def __init__(
        self,
        network: nn.Module,
        threads: int = 1,
        code: KernelCode = PLAIN,
        precision: str | None = None,
        library: str = "blas",
        rowwise: bool = True,
    ) -> None:
        self.name = "kernels" if code is not PLAIN else "autograd" if library == "blas" else f"autograd-{library}"
        self.network, self.threads, self.precision, self.rowwise = network, threads, precision, rowwise
        self._code, self._library = code, library
        self._parameters = [p for p in network.parameters() if p.requires_grad]
        self._device = next((p.device for p in self._parameters), torch.device("cpu"))
        self._sums: list[list[Tensor | None]] = []

    def begin(self) -> None:
        self._sums = [[] for _ in range(self.threads)]

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Tensor]:
        # All of these are settings of the calling thread.
        with (
            torch.set_grad_enabled(keep),
            using(self._code),
            in_precision(self.precision, self._device),
            multiplied_by(self._library),
        ):
            output: Tensor = self.network(coords)
        return output.detach(), output

    def backward(self, thread: int, saved: Tensor, gradient: Tensor) -> None:
        with in_precision(self.precision, self._device):
            # Of a scalar: to compare the shape of a given gradient, PyTorch imports sympy, which takes a second.
            product = (saved * gradient.to(saved.dtype)).sum()
            gradients = torch.autograd.grad(product, self._parameters, allow_unused=True)
        sums = self._sums[thread]
        self._sums[thread] = _added(sums, list(gradients)) if sums else list(gradients)

    def end(self) -> None:
        total, *others = [sums for sums in self._sums if sums]
        for other in others:
            total = _added(total, other)
        assigned: set[int] = set()
        for parameter, gradient in zip(self._parameters, total, strict=True):
            if gradient is None:
                continue
            # Autograd returns one tensor for both terms of a sum, and views; fused optimisers need the layout of the
            # parameter.
            if gradient.data_ptr() in assigned or gradient.stride() != parameter.stride():
                gradient = torch.empty_like(parameter).copy_(gradient)
            assigned.add(gradient.data_ptr())
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient


def _added(first: list[Tensor | None], second: list[Tensor | None]) -> list[Tensor | None]:
    """Sums of pairs; None where the network has not used a parameter. Nothing is overwritten: tensors may be shared."""
    return [b if a is None else a if b is None else a + b for a, b in zip(first, second, strict=True)]


class CompiledEngine:
    """A compiled MLP, each of our threads on one thread of the processor.

    Raises:
        CompilationError: if the MLP cannot be compiled.
    """

    def __init__(self, network: nn.Module, spec: MLPSpec, threads: int) -> None:
        self.name = "mlp"
        self.network, self.threads = network, threads
        self.precision: str | None = None
        self.rowwise = True
        self._mlp = CompiledMLP(spec)
        self._sums: list[Tensor] = []

    def begin(self) -> None:
        self._mlp.refresh()
        self._sums = [self._mlp.new_gradients() for _ in range(self.threads)]

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Any]:
        return self._mlp.forward(coords, keep=keep)

    def backward(self, thread: int, saved: tuple[Tensor, ...], gradient: Tensor) -> None:
        self._mlp.backward(saved, gradient, self._sums[thread])

    def least_squares(self, thread: int, coords: Tensor, targets: Tensor, scale: float) -> float:
        """The sum of the squared errors of a block; adds the gradient of ``scale`` times it to the sums of a thread.

        Instead of `forward` and `backward`: no intermediate result leaves the processor's cache.
        """
        return self._mlp.least_squares(coords, targets, scale, self._sums[thread])

    def end(self) -> None:
        total, *others = self._sums
        for other in others:
            total += other
        self._mlp.add_gradients(total)


def choose_engine(
    network: nn.Module, coords: Tensor, *, large: bool, precision: str | None = None, derivatives: bool = False
) -> Engine:
    """The fastest engine for a network on its device.

    Args:
        network: on its device.
        coords: coordinates that it will be evaluated at; on the first `TRIED` the choice is tested.
        large: whether the job is worth compilation and threads (`inrbench.bench.engine.block_size.should_compile`). The
            variable ``INRBENCH_COMPILE`` overrules it for compilation: 0 is never, 1 for every job.
        precision: of matrix products; only float32 is compiled as an MLP.
        derivatives: whether training needs derivatives of the network at its coordinates.

    Raises:
        ValueError: if training needs derivatives, and the value of a row depends on other rows.
    """
    compile_ = {"0": False, "1": True}.get(os.environ.get("INRBENCH_COMPILE", ""), large) and not derivatives
    sample = coords[:TRIED]
    rowwise = _is_rowwise(network, sample)
    if derivatives and not rowwise:
        raise ValueError(
            "the value of a row depends on other rows (batch normalisation?), so that derivatives at the coordinates "
            "are not those of a function; leave the activation out of this task"
        )
    if coords.device.type != "cpu":
        return AutogradEngine(network, 1, TorchCompiled() if compile_ else PLAIN, precision, rowwise=rowwise)
    processors = torch.get_num_threads()
    if compile_ and precision is None and rowwise:
        try:
            if (mlp := _compiled_engine(network, sample, processors)) is not None:
                return mlp
        except CompilationError as error:
            warn_once(f"training runs without compiled code and slower: {' '.join(str(error).split())[:300]}")
    # The many small operations of a double backward pass are not worth dividing among PyTorch's threads.
    threads = processors if (large or derivatives) and rowwise and _repeatable(network, sample) else 1
    library = library_of_linear(network) if large and precision is None and not derivatives else "blas"
    return AutogradEngine(network, threads, PLAIN, precision, library, rowwise)


@functools.cache
def warn_once(message: str) -> None:
    """Warn once in a process. (Python forgets which warnings it has shown whenever a library changes a filter.)"""
    warnings.warn(message, RuntimeWarning, stacklevel=3)


def _compiled_engine(network: nn.Module, coords: Tensor, threads: int) -> CompiledEngine | None:
    """The compiled MLP of a network; None if it is not an MLP in float32.

    Raises:
        CompilationError: if the MLP cannot be compiled, or does not agree with autograd.
    """
    spec = mlp_spec(network)
    if spec is None or any(tensor.dtype != torch.float32 for tensor in (coords, *network.parameters())):
        return None
    if (why := untested()) is not None:
        raise CompilationError(why)
    return _checked(CompiledEngine(network, spec, threads), coords)


def _checked(engine: CompiledEngine, coords: Tensor) -> CompiledEngine:
    """The engine, once its code has been compared with autograd.

    Raises:
        CompilationError: if it fails, or does not agree with autograd.
    """
    try:
        agrees = _agrees(engine.network, engine, coords)
    except Exception as error:  # of the code, or of the plugin: then it is raised again by autograd
        raise CompilationError(f"its code fails: {error}") from error
    if not agrees:
        raise CompilationError(f"its code does not agree with autograd; remove {cache_folder() / 'kernels'}")
    return engine


@torch.no_grad()
def _is_rowwise(network: nn.Module, coords: Tensor) -> bool:
    """Whether the first half of the values in training mode is that of the first half of the coordinates.

    Without dropout, whose random numbers are those of the row. Buffers and the generator are restored.
    """
    half = coords[: len(coords) // 2]
    drops = [module for module in network.modules() if isinstance(module, DROPOUT) and module.training]
    with restored(network):
        for module in drops:
            module.eval()
        whole, part = network(coords)[: len(half)].double(), network(half).double()
        for module in drops:
            module.train()
    error, size = float((whole - part).norm()), float(whole.norm())
    return not error > ALONE * size  # also where a value is not a number


@contextmanager
def restored(network: nn.Module) -> Iterator[None]:
    """Buffers of a network and PyTorch's generator on the CPU have their former values again afterwards."""
    buffers, generator = [buffer.clone() for buffer in network.buffers()], torch.get_rng_state()
    yield
    torch.set_rng_state(generator)
    with torch.no_grad():
        for buffer, before in zip(network.buffers(), buffers, strict=True):
            buffer.copy_(before)


def _repeatable(network: nn.Module, coords: Tensor) -> bool:
    """Whether a forward pass leaves no trace: no buffer changed, no random number drawn.

    Only such a pass can run on several threads and give the same bits each time. Buffers and generator are restored.
    """
    before, generator = [buffer.clone() for buffer in network.buffers()], torch.get_rng_state()
    with restored(network):
        with torch.no_grad():
            network(coords)
        same = torch.equal(generator, torch.get_rng_state())
        return same and all(map(torch.equal, network.buffers(), before))


def _agrees(network: nn.Module, engine: CompiledEngine, coords: Tensor) -> bool:
    """Whether values and gradients are those of autograd: a plugin may not be a pure function of its source."""
    parameters = list(network.parameters())
    before, results = [p.grad for p in parameters], []
    engines: tuple[Engine, Engine] = (AutogradEngine(network), engine)
    try:
        for tried in engines:
            for parameter in parameters:
                parameter.grad = None
            tried.begin()
            values, saved = tried.forward(coords)
            tried.backward(0, saved, torch.linspace(-1, 1, values.numel()).reshape(values.shape))
            tried.end()
            results.append([values, *(torch.zeros_like(p) if p.grad is None else p.grad for p in parameters)])
    finally:
        for parameter, grad in zip(parameters, before, strict=True):
            parameter.grad = grad
    for group, near in ((slice(0, 1), NEAR_VALUES), (slice(1, None), NEAR_GRADIENTS)):
        expected, other = (torch.cat([tensor.flatten() for tensor in result[group]]) for result in results)
        if bool((other - expected).norm() > near * expected.norm()):  # not so where autograd's is not a number
            return False
    return True
